"""Our side of a day: what the journal has confirmed, what of it is still open. Blocking; call it in a thread."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import attrs

from mi_core.interfaces import by_code
from mi_core.journal import AttemptRecord, AttemptState, Journal
from mi_core.journal.states import OPEN_STATES
from mi_core.reconcile.rows import Flag, LocalRow, Unusable, local_row, setlinfo_of
from mi_core.types import CHINA_TIME, Effect

__all__ = [
    "EDGE", "Books", "Kind", "cancels_of", "day_of", "find_settlement", "is_settlement", "kind_of", "milliseconds", "read_books",
]  # fmt: skip

EDGE: Final = 24 * 3600 * 1000
"""Milliseconds: a message sent this long before or after a day may have been settled within it, late or by another clock."""
_PROOF: Final = "output.setlinfo.setl_id"
_CANCELLED: Final = """SELECT a.msgid FROM attempt a JOIN operation o ON o.id = a.operation_id
    WHERE a.institution = ? AND a.sent_at >= ? AND a.sent_at < ? AND a.state = 'CONFIRMED' AND o.cancelled_by IS NOT NULL"""
_BY_RESULT: Final = "SELECT msgid FROM attempt WHERE identifier_hash = ? AND state = 'CONFIRMED'"

Kind = tuple[str, str, str, str]
"""(interface, insutype, med_type, area of the insured): settlements of a kind are cleared alike."""


@attrs.frozen(kw_only=True)
class Books:
    """What the journal knows of the settlements around a day."""

    rows: tuple[LocalRow, ...]
    """Confirmed, of every day that was looked at."""
    unusable: tuple[Unusable, ...]
    attempts: Mapping[str, AttemptRecord] = attrs.field(repr=False)
    """Every settlement and refund sent, by msgid, whatever became of it."""
    unresolved: tuple[AttemptRecord, ...]
    """Open attempts of every kind sent in that time; also those that 3202 cannot tell."""

    def of(self, day: dt.date) -> tuple[LocalRow, ...]:
        """Confirmed and settled on ``day`` by the centre's clock."""
        return tuple(row for row in self.rows if row.day == day)

    def ways(self) -> frozenset[tuple[str, str]]:
        """(clearing type, clearing office) that occur."""
        return frozenset((row.clr_type, row.optins) for row in self.rows)

    def kinds(self) -> Mapping[Kind, frozenset[tuple[str, str]]]:
        """Under which clearing types and offices settlements of each kind were seen to be cleared."""
        found: dict[Kind, set[tuple[str, str]]] = {}
        for row in self.rows:
            found.setdefault(kind_of(self.attempts[row.msgid]), set()).add((row.clr_type, row.optins))
        return {kind: frozenset(ways) for kind, ways in found.items()}


def milliseconds(day: dt.date) -> int:
    """The beginning of a day in Beijing, milliseconds since 1970."""
    return int(dt.datetime.combine(day, dt.time(), CHINA_TIME).timestamp() * 1000)


def day_of(at: int) -> dt.date:
    """The day in Beijing."""
    return dt.datetime.fromtimestamp(at / 1000, CHINA_TIME).date()


def is_settlement(interface: str) -> bool:
    """Whether 3201 and 3202 count it: a settlement or refund that is proven by its ``setl_id``."""
    try:
        behaviour = by_code(interface).behaviour
    except KeyError:
        return False
    return behaviour.effect == Effect.MONEY.value and _PROOF in behaviour.proof


def cancels_of(interface: str) -> tuple[str, ...]:
    """The settlements that a refund takes back; empty for a settlement."""
    try:
        behaviour = by_code(interface).behaviour
    except KeyError:  # a region's own interface: the files of 3202 are not known to have it
        return ()
    return behaviour.cancels_all or ((behaviour.cancels,) if behaviour.cancels else ())


def read_books(journal: Journal, institution: str, first: dt.date, last: dt.date) -> Books:
    """Everything sent from a day before ``first`` to a day after ``last``."""
    start, end = milliseconds(first) - EDGE, milliseconds(last + dt.timedelta(days=1)) + EDGE
    sent = journal.read.between(institution, start, end)
    cancelled = journal.read.ask(
        lambda rows, _: {str(row[0]) for row in rows(_CANCELLED, (institution, start, end))}
    )
    attempts = {one.msgid: one for one in sent if is_settlement(one.interface)}
    rows: list[LocalRow] = []
    unusable: list[Unusable] = []
    for one in attempts.values():
        if one.state is AttemptState.CONFIRMED:
            row = _row(journal, one, attempts, one.msgid in cancelled)
            rows.append(row) if isinstance(row, LocalRow) else unusable.append(row)
    return Books(
        rows=tuple(sorted(rows, key=lambda row: (row.day, row.setl_id))), unusable=tuple(unusable), attempts=attempts,
        unresolved=tuple(one for one in sent if one.state in OPEN_STATES),
    )  # fmt: skip


def _row(
    journal: Journal, attempt: AttemptRecord, known: Mapping[str, AttemptRecord], cancelled: bool
) -> LocalRow | Unusable:
    info = setlinfo_of(attempt)
    more = _asked(attempt)
    taken_back = cancels_of(attempt.interface)
    if taken_back and not (info.get("insutype") and info.get("clr_type") and info.get("clr_optins")):
        original = find_settlement(journal, attempt, known.values())
        if original is not None:
            said = setlinfo_of(original)
            more = {
                **{n: str(said.get(n) or "") for n in ("insutype", "clr_type", "clr_optins")}, "psn_no": original.psn_no or "",
                **{name: value for name, value in more.items() if value},
            }  # fmt: skip
    flag: Flag = "1" if taken_back or cancelled else "0"
    return local_row(attempt, info, more, flag=flag, sent_day=day_of(attempt.sent_at))


def find_settlement(
    journal: Journal, refund: AttemptRecord, known: Iterable[AttemptRecord] = ()
) -> AttemptRecord | None:
    """The confirmed settlement that a refund takes back, whenever it was sent."""
    wanted, interfaces = _asked(refund).get("init_setl_id") or "", cancels_of(refund.interface)
    if not wanted:
        return None
    for one in known:
        if one.identifier == wanted and one.interface in interfaces and one.state is AttemptState.CONFIRMED:
            return one
    ring = journal.read.ring
    hashes = [
        digest
        for code in interfaces
        for digest in ring.digests(f"result {refund.institution} {code} {wanted}")
    ]
    found = journal.read.ask(
        lambda rows, _: [str(row[0]) for digest in hashes for row in rows(_BY_RESULT, (digest,))]
    )
    return journal.read.attempt(found[0]) if found else None


def kind_of(attempt: AttemptRecord) -> Kind:
    """How the settlement of an attempt is cleared, as far as its request tells."""
    asked = _asked(attempt)
    return (
        attempt.interface,
        asked.get("insutype", ""),
        asked.get("med_type", ""),
        attempt.insuplc_admdvs,
    )


def _asked(attempt: AttemptRecord) -> dict[str, str]:
    """Scalars of the request's ``input`` by name, nearest to the top first; a refund's own ``setl_id`` is the other's."""
    try:
        content = json.loads(attempt.request).get("input")
    except (ValueError, AttributeError, RecursionError):
        return {}
    wanted = {"psn_no", "mdtrt_id", "insutype", "med_type", "setl_id"}
    found: dict[str, str] = {}
    for name, value in _scalars([content]):
        if name in wanted and value and name not in found:
            found[name] = value
    if "setl_id" in found:
        found["init_setl_id"] = found.pop("setl_id")
    if attempt.psn_no:
        found.setdefault("psn_no", attempt.psn_no)
    return found


def _scalars(waiting: Sequence[Any]) -> Iterator[tuple[str, str]]:
    """Level by level; rows of lists (fee details) are not looked into."""
    while waiting:
        below: list[Any] = []
        for one in waiting:
            if isinstance(one, dict):
                for name, value in one.items():
                    if isinstance(value, dict):
                        below.append(value)
                    elif isinstance(value, str):
                        yield name, value
        waiting = below
