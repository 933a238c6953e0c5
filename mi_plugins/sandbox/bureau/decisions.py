"""What waits for a decision of the bureau, and how it is decided: by the clock, or on demand.

An application to leave a group (3602), an appeal (3702), its discussion (3703) and an appeal against a bed check (9605)
are granted when the centre's clock is a day further (``mi sandbox clock +1d``), unless ``mi sandbox trigger decide NUMBER``
granted or (``--refuse``) refused it before. An opinion comes with it. Everything else that is uploaded counts at once.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import attrs

from mi_plugins.sandbox.bureau.context import Call, clock_text
from mi_plugins.sandbox.bureau.records import Record, keep, live_anywhere, of_kinds
from mi_plugins.sandbox.database import Books
from mi_plugins.sandbox.refusal import WrongOrder

__all__ = [
    "APPEAL", "BED_APPEAL", "DECIDED_AFTER", "DISCUSSION", "EXIT", "OFFICER", "Decision", "decide", "decision_of", "name_of",
    "undecided",
]  # fmt: skip

EXIT, APPEAL, DISCUSSION, BED_APPEAL = "group exit", "appeal", "appeal discussion", "bed appeal"
DECIDED_AFTER: Final = dt.timedelta(days=1)
OFFICER: Final = "沙箱审核员"
"""Who decides. Nobody of that name exists."""
_DECISION: Final = "decision"
_OPINIONS: Final = {True: "沙箱审核：同意", False: "沙箱审核：不同意"}


@attrs.frozen
class Decision:
    """What became of an application."""

    passed: bool
    at: str
    """``yyyy-MM-dd HH:mm:ss``."""
    opinion: str


def decision_of(books: Books, now: dt.datetime, application: Record) -> Decision | None:
    """``None`` while it waits."""
    made = live_anywhere(books, _DECISION, (application.rid,))
    if made is not None:
        said = made.content
        return Decision(said["passed"] == "1", made.at, said["opinion"])
    due = dt.datetime.fromisoformat(application.at) + DECIDED_AFTER
    return Decision(True, clock_text(due), _OPINIONS[True]) if due <= now else None


def undecided(books: Books, now: dt.datetime) -> list[Record]:
    """What waits, oldest first."""
    found = of_kinds(books, (EXIT, APPEAL, DISCUSSION, BED_APPEAL))
    return [one for one in found if decision_of(books, now, one) is None]


def name_of(application: Record) -> str:
    """The number by which the institution knows it: of the document, the bed check plan, or the application itself."""
    said = application.content
    return str(said.get("docId") or said.get("plan_id") or application.rid)


def decide(books: Books, call: Call, number: str, *, passed: bool, opinion: str = "") -> dict[str, Any]:
    """Decide what waits under that number (of the application, its settlement, document or plan). Raises ``WrongOrder``."""
    for one in undecided(books, call.now):
        if number in (one.rid, name_of(one), one.setl_id):
            content = {"passed": "1" if passed else "0", "opinion": opinion or _OPINIONS[passed]}
            keep(books, call, _DECISION, (one.rid,), content)
            return {"decided": name_of(one), "kind": one.kind, **content}
    raise WrongOrder(
        f"没有等待审核的申请 {number}（mi sandbox waiting 列出等待中的事项）",
        f"nothing of number {number} waits for a decision (mi sandbox waiting lists what does)",
    )
