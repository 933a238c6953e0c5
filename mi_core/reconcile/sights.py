"""What a line of 3202 means for a message of ours. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final

from mi_core.interfaces import by_code
from mi_core.journal import AttemptRecord, Finding, Sight
from mi_core.model.fields import Field, Node
from mi_core.reconcile.books import cancels_of
from mi_core.reconcile.matrix import Centre
from mi_core.reconcile.rows import CentreRow, LocalRow, evidence_of

__all__ = ["centre_of", "centre_of_attempt", "finding_of", "lacking"]

_SIGHTS: Final = {
    Centre.SAME: Sight.FOUND, Centre.ALIVE: Sight.FOUND, Centre.BLANK: Sight.UNIDENTIFIED, Centre.REFUNDED: Sight.REFUNDED,
    Centre.AMOUNTS: Sight.CONTRADICTION, Centre.OTHER: Sight.CONTRADICTION, Centre.ABSENT: Sight.ABSENT,
}  # fmt: skip
_GIVEN: Final = frozenset({
    "setl_id", "mdtrt_id", "psn_no", "medins_setl_id", "clr_type", "clr_optins", "medfee_sumamt", "fund_pay_sumamt", "acct_pay",
})  # fmt: skip


def centre_of(row: CentreRow, ours: LocalRow) -> Centre:
    """A line against a confirmed settlement of ours. Our own comparison, not only the centre's verdict, decides."""
    if not row.there:
        return Centre.ABSENT
    if row.setl_id is None:
        return Centre.BLANK
    if (row.psn_no, row.mdtrt_id, row.setl_id) != (ours.psn_no, ours.mdtrt_id, ours.setl_id):
        return Centre.OTHER
    if row.flag is not None and row.flag != ours.flag:
        return Centre.REFUNDED if row.flag == "1" else Centre.ALIVE
    here, there = (ours.total, ours.fund, ours.account), (row.total, row.fund, row.account)
    if any(theirs is not None and theirs != own for own, theirs in zip(here, there, strict=True)):
        return Centre.AMOUNTS
    return Centre.SAME if row.agrees else Centre.OTHER


def centre_of_attempt(row: CentreRow, attempt: AttemptRecord) -> Centre:
    """A line against a message of ours whose result we do not know."""
    if not row.there:
        return Centre.ABSENT
    if row.setl_id is None:
        return Centre.BLANK
    if attempt.psn_no and row.psn_no is not None and row.psn_no != attempt.psn_no:
        return Centre.OTHER
    asked = _total_asked(attempt)
    if asked is not None and row.total is not None and row.total != asked:
        return Centre.AMOUNTS
    if row.flag == "1" and not cancels_of(attempt.interface):
        return Centre.REFUNDED
    return Centre.SAME


def _total_asked(attempt: AttemptRecord) -> Decimal | None:
    for path, value in attempt.amounts.items():
        if path.rpartition(".")[2] == "medfee_sumamt" and not cancels_of(attempt.interface):
            return value
    return None


def finding_of(
    attempt: AttemptRecord, rows: Sequence[CentreRow], *, complete: bool, asked_at: int, day_closed: bool
) -> Finding:
    """What all lines with this message's id say together. ``complete``: absence proves something."""
    named = [row for row in rows if row.there]
    if len(named) > 1:
        return Finding(
            sight=Sight.CONTRADICTION, source="recon", asked_at=asked_at, response=evidence_of(named[0])
        )
    if not named:
        sight = Sight.ABSENT if complete else Sight.UNKNOWN
        return Finding(sight=sight, source="recon", asked_at=asked_at, day_closed=complete and day_closed)
    row = named[0]
    centre = centre_of_attempt(row, attempt)
    found = _SIGHTS[centre] is Sight.FOUND
    return Finding(
        sight=_SIGHTS[centre], source="recon", asked_at=asked_at, identifier=row.setl_id if found else None,
        response=evidence_of(row), missing=lacking(attempt.interface) if found else (), day_closed=day_closed,
    )  # fmt: skip


def lacking(interface: str) -> tuple[str, ...]:
    """Fields of the interface's ``setlinfo`` that a line of 3202 does not have."""
    return tuple(name for name in _fields(by_code(interface).response.__members__) if name not in _GIVEN)


def _fields(members: Iterable[object]) -> list[str]:
    node = next((one for one in members if isinstance(one, Node) and one.wire == "setlinfo"), None)
    return [] if node is None else [one.wire for one in node.row.__members__ if isinstance(one, Field)]
