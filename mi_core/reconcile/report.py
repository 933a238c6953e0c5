"""What came out of reconciling a day: values, and the one rule that says BALANCED. Nothing here asks or writes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

import attrs

from mi_core.journal import AttemptRecord
from mi_core.reconcile.matrix import Action, Centre, Local
from mi_core.reconcile.rows import Unusable
from mi_core.reconcile.totals import GroupResult, Way

__all__ = ["AGREEING", "Applied", "Case", "DayReport", "Money", "OpenCall"]

AGREEING: Final = frozenset({Action.NOTHING, Action.CLOSE})
"""Actions that are no difference."""


@attrs.frozen
class Money:
    """Total, fund and account payment of one settlement, yuan; ``None``: not told."""

    total: Decimal | None
    fund: Decimal | None
    account: Decimal | None


@attrs.frozen(kw_only=True)
class Case:
    """One message on which something is to be done."""

    action: Action
    local: Local
    centre: Centre
    msgid: str | None
    operation_id: str | None = None
    interface: str | None = None
    setl_id: str | None = None
    mdtrt_id: str | None = None
    here: Money | None = None
    there: Money | None = None
    memo: str | None = None
    """The centre's own word."""
    clr_type: str = ""
    optins: str = ""
    evidence: bytes | None = attrs.field(default=None, repr=False)


@attrs.frozen
class OpenCall:
    """A call of the day that is not resolved: the day cannot be balanced before it is."""

    msgid: str
    operation_id: str
    interface: str
    state: str
    sent_at: int
    """Milliseconds since 1970."""

    @classmethod
    def of(cls, attempt: AttemptRecord) -> OpenCall:
        """Of a journalled attempt."""
        return cls(
            attempt.msgid, attempt.operation_id, attempt.interface, attempt.state.value, attempt.sent_at
        )


@attrs.frozen
class Applied:
    """What was written to the journal. ``done`` is false when another worker owns the attempt: recovery goes on there."""

    msgid: str
    what: str
    """The state it went to, or ``seen``."""
    done: bool
    reason: str = ""


@attrs.frozen(kw_only=True)
class DayReport:
    """Everything that reconciling a day found."""

    institution: str
    day: dt.date
    at: int
    """When it was done, milliseconds since 1970."""
    over: bool
    """Nothing of the day can still come; before that a balance is provisional."""
    groups: tuple[GroupResult, ...]
    cases: tuple[Case, ...]
    """All differences, and what agrees although it was open."""
    unusable: tuple[Unusable, ...]
    unresolved: tuple[OpenCall, ...]
    contradicted: tuple[str, ...]
    """Message ids of the day that were recorded as without effect and seen alive."""
    failures: Mapping[Way, str]
    """Clearing types and offices whose details (3202) could not be compared, with the reason."""
    applied: tuple[Applied, ...] = ()
    closed: int = 0
    """Tombstones closed."""
    dry_run: bool = True

    @property
    def differences(self) -> tuple[Case, ...]:
        """The cases that are no agreement."""
        return tuple(case for case in self.cases if case.action not in AGREEING)

    @property
    def balanced(self) -> bool:
        """3201 agrees with every group that it compares, and nothing of the day is in doubt, unidentified or unexplained."""
        told = any(group.verdict == "even" for group in self.groups)
        agrees = told and all(group.settled for group in self.groups)
        return agrees and not (
            self.differences or self.unusable or self.unresolved or self.contradicted or self.failures
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; amounts are text."""
        return {
            "institution": self.institution, "day": self.day.isoformat(), "balanced": self.balanced, "over": self.over,
            "dry_run": self.dry_run,
            "groups": [
                {"insutype": g.group.insutype, "clr_type": g.group.clr_type, "setl_optins": g.group.optins,
                 "refd_setl_flag": g.group.flag, "verdict": g.verdict, "told": g.told, "count": g.here.count,
                 "medfee_sumamt": g.here.total, "fund_pay_sumamt": g.here.fund, "acct_pay": g.here.account}
                for g in self.groups
            ],
            "cases": [_plain(case) for case in self.cases],
            "unusable": [
                {"msgid": u.msgid, "operation_id": u.operation_id, "interface": u.interface, "lacking": list(u.lacking)}
                for u in self.unusable
            ],
            "unresolved": [attrs.asdict(one) for one in self.unresolved],
            "contradicted": list(self.contradicted),
            "failures": [{"clr_type": w[0], "setl_optins": w[1], "why": why} for w, why in self.failures.items()],
            "applied": [attrs.asdict(one) for one in self.applied], "tombstones_closed": self.closed,
        }  # fmt: skip


def _plain(case: Case) -> dict[str, Any]:
    money = {
        side: None if value is None else attrs.asdict(value)
        for side, value in (("here", case.here), ("there", case.there))
    }
    return {
        "action": case.action.value, "local": case.local.value, "centre": case.centre.value, "msgid": case.msgid,
        "operation_id": case.operation_id, "interface": case.interface, "setl_id": case.setl_id, "mdtrt_id": case.mdtrt_id,
        "memo": case.memo, "clr_type": case.clr_type, "setl_optins": case.optins, **money,
    }  # fmt: skip
