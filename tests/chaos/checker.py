"""The independent checker: the figures from the centre's ledger, the journal and what the callers were told.

``doubled``      the centre did one business twice (two live settlements of a batch, two refunds of a settlement, two open
                 admissions or registrations of one number)
``orphan``       live at the centre; unknown, or recorded as without effect, here
``ghost``        recorded as done here; not there (or taken back there, and here nobody knows)
``open``         unresolved after the calm, or with people without a reason
``manual``       with people, with a reason
``untrue``       an answer that the two ledgers prove wrong
``msgid_reuse``  a message id used for two messages
``lost``         written ahead once, and gone from the journal (an attempt is append-only)
``cents``        difference between both sides' live outpatient settlements

``python -m tests.chaos.checker FOLDER`` checks what a run left behind (``--keep FOLDER``).
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Final

import attrs

from tests.chaos import ledgers
from tests.chaos.ledgers import LIVE, Attempt, Bureau, Journal, Told

__all__ = ["Figures", "check", "judge"]

WITHOUT_EFFECT: Final = frozenset({"NOT_SENT", "REJECTED", "NOT_EXECUTED", "REVERSED"})
BOOKED: Final = frozenset({"2201", "2202", "2207", "2208", "2401", "2404"})
"""Interfaces of the stories that change the centre's books and are journalled."""
BAD: Final = ("doubled", "orphan", "ghost", "open", "untrue", "msgid_reuse", "lost", "cents")


@attrs.frozen(kw_only=True)
class Figures:
    """One line; everything of :data:`BAD` must be 0."""

    ops: int = 0
    kills: int = 0
    in_doubt: int = 0
    executed_in_doubt: int = 0
    doubled: int = 0
    orphan: int = 0
    ghost: int = 0
    open: int = 0
    manual: int = 0
    untrue: int = 0
    msgid_reuse: int = 0
    lost: int = 0
    cents: int = 0

    @property
    def bad(self) -> tuple[str, ...]:
        """The figures that must be 0 and are not."""
        return tuple(name for name in BAD if getattr(self, name))

    def line(self, **more: object) -> str:
        """``name=value`` separated by blanks."""
        return " ".join(f"{name}={value}" for name, value in {**attrs.asdict(self), **more}.items())


def check(bureau_path: Path, place: str, folder: Path, *, since: int = 0, kills: int = 0) -> Figures:
    """Read everything and judge it."""
    return judge(
        ledgers.bureau(bureau_path, since), ledgers.journal(place), list(ledgers.told(folder)), kills
    )


def judge(bureau: Bureau, journal: Journal, told: Iterable[Told], kills: int = 0) -> Figures:
    """The figures."""
    done = {e.msgid for e in bureau.executions if e.infno in BOOKED and e.state == "done"}
    ever = {e.msgid for e in bureau.executions}
    attempts = {a.msgid: a for a in journal.attempts}
    told = list(told)
    return Figures(
        ops=len(journal.operations), kills=kills, in_doubt=len(journal.doubted),
        executed_in_doubt=len(journal.doubted & ever), doubled=_doubled(bureau),
        orphan=sum(_effectless(attempts.get(msgid)) for msgid in done) + _cancelled_here_only(bureau, journal),
        ghost=sum(a.state == "CONFIRMED" and a.interface in BOOKED and a.msgid not in done for a in journal.attempts)
        + _cancelled_there_only(bureau, journal),
        open=_open(journal), manual=sum(a.state == "MANUAL" for a in journal.attempts),
        untrue=_untrue(bureau, done, told), msgid_reuse=_reused(bureau) + sum(t.what == "clash" for t in told),
        lost=len(journal.sent - set(attempts)), cents=_cents(bureau, journal),
    )  # fmt: skip


def _effectless(attempt: Attempt | None) -> bool:
    return attempt is None or attempt.state in WITHOUT_EFFECT


def _doubled(bureau: Bureau) -> int:
    """Overlapping lives of one business, and second refunds."""
    lives: dict[tuple[str, ...], list[tuple[int, int]]] = defaultdict(list)
    refunds: Counter[str] = Counter()
    for one in bureau.settlements:
        if one.kind == "refund":
            refunds[str(one.refund_of)] += 1
        else:
            lives[one.mdtrt_id, one.batch].append((one.since, one.until))
    for visit in bureau.visits:
        lives[visit.business].append((visit.since, visit.until))
    return sum(_overlaps(spans) for spans in lives.values()) + sum(n - 1 for n in refunds.values())


def _overlaps(spans: list[tuple[int, int]]) -> int:
    found, end = 0, 0
    for since, until in sorted(spans):
        found += since < end
        end = max(end, until)
    return found


def _taken_back(journal: Journal) -> dict[str, bool]:
    """For each confirmed outpatient settlement, whether the journal knows of its refund."""
    operations = {o.id: o for o in journal.operations}
    return {
        a.msgid: operations[a.operation].cancelled_by is not None
        for a in journal.attempts
        if a.interface == "2207" and a.state == "CONFIRMED"
    }


def _cancelled_here_only(bureau: Bureau, journal: Journal) -> int:
    back = _taken_back(journal)
    return sum(
        s.kind == "settlement" and s.until == LIVE and back.get(s.msgid, False) for s in bureau.settlements
    )


def _cancelled_there_only(bureau: Bureau, journal: Journal) -> int:
    back = _taken_back(journal)
    return sum(
        s.kind == "settlement" and s.state == "refunded" and not back.get(s.msgid, True)
        for s in bureau.settlements
    )


def _open(journal: Journal) -> int:
    unresolved = sum(a.open and (a.state != "MANUAL" or not a.reason) for a in journal.attempts)
    held = {a.operation for a in journal.attempts if a.open}
    return unresolved + sum(o.state == "OPEN" and o.id not in held for o in journal.operations)


def _reused(bureau: Bureau) -> int:
    counted = Counter(e.msgid for e in bureau.executions)
    return sum(n - 1 for n in counted.values())


def _untrue(bureau: Bureau, done: set[str], told: list[Told]) -> int:
    """Told done: it is there, under the id and amount that were told, and nobody reversed it. Told not done: it is not."""
    by_msgid = {s.msgid: s for s in bureau.settlements}
    visits = {v.msgid: v.mdtrt_id for v in bureau.visits}
    wrong = 0
    for one in told:
        if one.what in ("refused", "unsent") and one.msgid:
            wrong += one.msgid in done
        elif one.what == "confirmed":
            settled = by_msgid.get(one.msgid)
            wrong += (
                one.msgid not in done
                or (
                    settled is not None
                    and one.infno == "2207"
                    and (settled.setl_id, settled.total) != (one.identifier, one.total)
                )
                or (one.infno in ("2201", "2401") and visits.get(one.msgid) != one.identifier)
            )
    return wrong


def _cents(bureau: Bureau, journal: Journal) -> int:
    """Live outpatient settlements in fen: there minus here."""
    there = sum(s.total for s in bureau.settlements if s.kind == "settlement" and s.until == LIVE)
    live = {a.operation for a in journal.attempts if a.interface == "2207" and a.state == "CONFIRMED"}
    here = sum(_fen(o.amounts) for o in journal.operations if o.id in live and o.cancelled_by is None)
    return there - here


def _fen(amounts: str) -> int:
    found = re.search(r"medfee_sumamt=([0-9.]+)", amounts)
    return int(Decimal(found.group(1)) * 100) if found else 0


if __name__ == "__main__":
    left = Path(sys.argv[1])
    said = json.loads((left / "run.json").read_text())
    figures = check(left / "bureau.db", said["place"], left, since=said["since"])
    print(figures.line())
    raise SystemExit(bool(figures.bad))
