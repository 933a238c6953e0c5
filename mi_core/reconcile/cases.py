"""From 3202's lines to cases: each line finds its message, msgid first. Pure but for the look-up it is given."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from mi_core.journal import AttemptRecord, Finding, Sight
from mi_core.journal.msgids import prefix_of
from mi_core.reconcile.matrix import Action, Centre, Local, judge
from mi_core.reconcile.report import Case, Money
from mi_core.reconcile.rows import CentreRow, LocalRow, evidence_of
from mi_core.reconcile.sights import centre_of, centre_of_attempt

__all__ = ["Find", "cases_of", "open_case"]

Find = Callable[[str], AttemptRecord | None]
"""The journalled attempt of a msgid."""
_SENDER: Final = 12
"""Characters of a message id that name the institution."""
_OF_SIGHT: Final[Mapping[Sight, Centre]] = {
    Sight.FOUND: Centre.SAME, Sight.UNIDENTIFIED: Centre.BLANK, Sight.ABSENT: Centre.ABSENT, Sight.REFUNDED: Centre.REFUNDED,
    Sight.CONTRADICTION: Centre.OTHER,
}  # fmt: skip


def cases_of(
    lines: Iterable[CentreRow], rows: Iterable[LocalRow], institution: str, find: Find
) -> list[Case]:
    """Every line that is not plain agreement. ``rows``: what we sent to be compared."""
    by_msgid: dict[str, LocalRow] = {}
    by_setl_id: dict[str, LocalRow] = {}
    for row in rows:
        by_msgid[row.msgid] = by_setl_id[row.setl_id] = row
    cases = [_case(line, by_msgid, by_setl_id, institution, find) for line in lines]
    return [case for case in cases if case.action is not Action.NOTHING]


def _case(
    line: CentreRow, by_msgid: Mapping[str, LocalRow], by_setl_id: Mapping[str, LocalRow], institution: str, find: Find
) -> Case:  # fmt: skip
    ours = by_msgid.get(line.msgid or "")
    if ours is None and line.msgid is None:
        ours = by_setl_id.get(line.setl_id or "")
    if ours is not None:
        return _of_ours(line, ours)
    attempt = find(line.msgid) if line.msgid else None
    if attempt is not None and attempt.institution == institution:
        local = Local.of(attempt.state)
        return _built(line, local, centre_of_attempt(line, attempt), attempt)
    same = by_setl_id.get(line.setl_id or "")
    if same is not None:  # our settlement under a message id that is not the one that made it
        return _of_ours(line, same, Centre.OTHER)
    own = line.msgid is not None and line.msgid[:_SENDER] in _senders(institution)
    return _built(
        line, Local.UNKNOWN if own else Local.FOREIGN, Centre.REFUNDED if line.flag == "1" else Centre.SAME
    )


def _senders(institution: str) -> tuple[str, str]:
    """The beginnings of an institution's message ids: ours, and as other systems may pad a short code."""
    return (prefix_of(institution), institution.ljust(_SENDER))


def _of_ours(line: CentreRow, ours: LocalRow, centre: Centre | None = None) -> Case:
    sight = centre or centre_of(line, ours)
    return Case(
        action=judge(Local.CONFIRMED, sight), local=Local.CONFIRMED, centre=sight, msgid=ours.msgid,
        operation_id=ours.operation_id, interface=ours.interface, setl_id=ours.setl_id, mdtrt_id=ours.mdtrt_id,
        here=Money(ours.total, ours.fund, ours.account), there=_money(line), memo=line.memo, clr_type=line.clr_type,
        optins=line.optins, evidence=evidence_of(line),
    )  # fmt: skip


def _built(line: CentreRow, local: Local, centre: Centre, attempt: AttemptRecord | None = None) -> Case:
    return Case(
        action=judge(local, centre), local=local, centre=centre, msgid=line.msgid,
        operation_id=None if attempt is None else attempt.operation_id,
        interface=None if attempt is None else attempt.interface, setl_id=line.setl_id, mdtrt_id=line.mdtrt_id,
        there=_money(line), memo=line.memo, clr_type=line.clr_type, optins=line.optins, evidence=evidence_of(line),
    )  # fmt: skip


def open_case(attempt: AttemptRecord, found: Finding) -> Case | None:
    """An unresolved message as 3202 saw it; ``None`` when 3202 could not tell."""
    if found.sight is Sight.UNKNOWN:
        return None
    local, centre = Local.of(attempt.state), _OF_SIGHT[found.sight]
    return Case(
        action=judge(local, centre), local=local, centre=centre, msgid=attempt.msgid, operation_id=attempt.operation_id,
        interface=attempt.interface, setl_id=found.identifier, evidence=found.response,
    )  # fmt: skip


def _money(line: CentreRow) -> Money | None:
    return Money(line.total, line.fund, line.account) if line.there else None
