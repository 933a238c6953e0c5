"""What the journal has seen of an attempt's fate, as far as it speaks for one end or another.

A person's decision is checked against it: none contradicts evidence silently.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, Literal

import attrs

from mi_core.journal.database import Row
from mi_core.journal.states import AttemptState

__all__ = ["Clue", "Rows", "against", "clues"]

Rows = Callable[[str, Sequence[Any]], list[Row]]
"""Ask the database, inside a transaction or a snapshot."""

Says = Literal["executed", "absent", "reversed", "unclear"]


@attrs.frozen
class Clue:
    """One observation. ``kind`` is a stable name: ``infcode 0``, ``unidentified``, ``seen``, ``reversal`` …"""

    says: Says
    kind: str
    source: str
    at: int
    """Milliseconds."""


_ATTEMPT: Final = "SELECT infcode, state, sent_at, operation_id, evidence FROM attempt WHERE msgid = ?"
_EVENTS: Final = """SELECT at, kind, to_state, data FROM event WHERE operation_id = ? AND msgid = ?
    ORDER BY at, writer, seq"""
_REVERSALS: Final = "SELECT msgid, ended_at, source FROM attempt WHERE reverses = ? AND state = 'CONFIRMED'"
_SIGHTS: Final[dict[str, Says]] = {
    "found": "executed", "unidentified": "executed", "refunded": "reversed", "absent": "absent",
    "contradiction": "unclear",
}  # fmt: skip


def clues(rows: Rows, msgid: str) -> list[Clue]:
    """Everything that was seen of an attempt, in time order; empty for an unknown one."""
    found = rows(_ATTEMPT, (msgid,))
    if not found:
        return []
    infcode, _, sent_at, operation_id, evidence = found[0]
    out: list[Clue] = []
    if infcode == "0" and not str(evidence).startswith("no success"):  # its own status says that it failed
        out.append(Clue("executed", "infcode 0", evidence or "reply", int(sent_at)))
    for at, kind, to_state, data in rows(_EVENTS, (operation_id, msgid)):
        out += _of_event(int(at), str(kind), to_state, data)
    for _, ended_at, source in rows(_REVERSALS, (msgid,)):
        if source in ("reply", "late", "query", "recon", "person"):
            out.append(Clue("reversed", "reversal", str(source), int(ended_at or 0)))
    return sorted(out, key=lambda clue: clue.at)


def _of_event(at: int, kind: str, to_state: str | None, text: str) -> Iterable[Clue]:
    data = json.loads(text)
    source = str(data.get("source", ""))
    if kind == "seen":
        taken_back = data.get("sight") == "refunded"
        kind = "refunded" if taken_back else "seen"
        yield Clue(
            "reversed" if taken_back else "executed" if data.get("executed") else "absent", kind, source, at
        )
    elif kind == "moved" and to_state == AttemptState.EXECUTED_UNIDENTIFIED.value:
        yield Clue("executed", "unidentified", source, at)
    elif says := _SIGHTS.get(str(data.get("sight", ""))):
        yield Clue(says, str(data["sight"]), source, at)


def against(seen: Sequence[Clue], to: AttemptState) -> list[Clue]:
    """The clues that speak against ending in ``to``.

    "Absent" of a query alone speaks against nothing: the fence decides that. Of 3202 it does until something is seen
    there, and so does a reversal.
    """
    if to is AttemptState.NOT_EXECUTED:
        return [clue for clue in seen if clue.says in ("executed", "unclear")]
    if to is AttemptState.CONFIRMED:
        found = max((clue.at for clue in seen if clue.says == "executed"), default=-1)
        absent = [c for c in seen if c.says == "absent" and c.source == "recon" and c.at > found]
        return [c for c in seen if c.says == "reversed"] + absent
    if to is AttemptState.REVERSED:
        last = max((clue.at for clue in seen if clue.says == "reversed"), default=-1)
        return [clue for clue in seen if clue.says == "executed" and clue.at > last]
    return []
