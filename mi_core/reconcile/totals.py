"""3201: our totals against the centre's, group by group.

A group is (insutype, clr_type, setl_optins, refund flag) of one day. Groups in which we have nothing are asked too, as
zero: what the centre has and we know nothing of shows nowhere else.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final, Literal

import attrs

from mi_core.codes.insutype import Insutype
from mi_core.config import Institution
from mi_core.errors import BureauRefused, MiError, NotSent
from mi_core.files import Call
from mi_core.pipeline import CallOptions
from mi_core.pipeline.raw import find
from mi_core.reconcile.rows import Flag, LocalRow
from mi_core.regions import filled
from mi_core.types import UNSET

__all__ = ["ALWAYS", "Group", "GroupResult", "Totals", "Way", "compare_totals", "groups_of"]

Way = tuple[str, str]
"""(clearing type, clearing office)."""
ALWAYS: Final = ("11", "21", "41")
"""Clearing types that are asked about even where none was seen: outpatient, inpatient, pharmacy."""
AT_ONCE: Final = 4
Verdict = Literal["even", "uneven", "untold", "unknown"]


@attrs.frozen
class Totals:
    """Sums over settlements; amounts yuan with their signs."""

    count: int
    total: Decimal
    fund: Decimal
    account: Decimal
    cash: Decimal

    @classmethod
    def of(cls, rows: Iterable[LocalRow]) -> Totals:
        """The sums of ``rows``, exact."""
        found = tuple(rows)
        zero = Decimal("0.00")
        return cls(
            len(found), sum((r.total for r in found), zero), sum((r.fund for r in found), zero),
            sum((r.account for r in found), zero), sum((r.cash for r in found), zero),
        )  # fmt: skip


@attrs.frozen
class Group:
    """What one 3201 asks about."""

    insutype: str
    clr_type: str
    optins: str
    flag: Flag | None
    """``None``: both, for groups in which we have nothing."""

    @property
    def way(self) -> Way:
        """What one 3202 would ask about."""
        return (self.clr_type, self.optins)

    def has(self, row: LocalRow) -> bool:
        """Whether a settlement belongs to it."""
        mine = (row.insutype, row.clr_type, row.optins) == (self.insutype, self.clr_type, self.optins)
        return mine and self.flag in (None, row.flag)


@attrs.frozen
class GroupResult:
    """What the centre said of a group."""

    group: Group
    here: Totals
    verdict: Verdict
    """``even``, ``uneven``; ``untold``: the bureau refuses to compare a group in which we have nothing; ``unknown``:
    no usable answer."""
    told: str = ""
    """The centre's or the error's own words."""

    @property
    def settled(self) -> bool:
        """Nothing speaks against the day being balanced."""
        return self.verdict in ("even", "untold")


def groups_of(rows: Sequence[LocalRow], ways: Iterable[Way], insutypes: Iterable[str] = ()) -> list[Group]:
    """Every group to ask: ours by refund flag, and all other insurances under each clearing type and office."""
    ours = {(row.insutype, row.clr_type, row.optins) for row in rows}
    every = {*(insutypes or Insutype.__labels__), *(row.insutype for row in rows)}
    asked_ways = {*ways, *((clr, office) for _, clr, office in ours)}
    found: list[Group] = []
    for clr_type, optins in sorted(asked_ways):
        for insutype in sorted(every):
            flags: tuple[Flag | None, ...] = ("0", "1") if (insutype, clr_type, optins) in ours else (None,)
            found += [Group(insutype, clr_type, optins, flag) for flag in flags]
    return found


async def compare_totals(
    call: Call, institution: Institution, day: dt.date, rows: Sequence[LocalRow], groups: Iterable[Group]
) -> tuple[GroupResult, ...]:
    """Ask for each group. Raises :class:`NotSent` when the bureau cannot be reached at all."""
    places = asyncio.Semaphore(AT_ONCE)

    async def ask(group: Group) -> GroupResult:
        async with places:
            here = Totals.of(row for row in rows if group.has(row))
            return await _ask(call, institution, day, group, here)

    tasks = [asyncio.ensure_future(ask(group)) for group in groups]
    try:
        return tuple(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()


async def _ask(call: Call, institution: Institution, day: dt.date, group: Group, here: Totals) -> GroupResult:
    """The office and the payments of the insured have other field codes in some regions (``clr_optins``, ``cash_payamt``)."""
    known = {
        "insutype": group.insutype, "clr_type": group.clr_type, "setl_optins": group.optins, "clr_optins": group.optins,
        "stmt_begndate": day, "stmt_enddate": day, "medfee_sumamt": here.total, "fund_pay_sumamt": here.fund,
        "acct_pay": here.account, "cash_payamt": here.cash, "fixmedins_setl_cnt": here.count,
        "refd_setl_flag": UNSET if group.flag is None else group.flag, "fixmedins_refd_setl_flag": group.flag or "0",
    }  # fmt: skip
    try:
        request = filled(institution.interface("3201"), known)
        reply = await call(request, CallOptions(institution=institution.code, lane="bulk"))
    except NotSent:
        raise
    except BureauRefused as refusal:
        return GroupResult(group, here, "unknown" if here.count else "untold", refusal.reason)
    except MiError as error:
        return GroupResult(group, here, "unknown", error.message())
    told = reply.to_dict()
    verdicts: dict[str, Verdict] = {"0": "even", "1": "uneven"}
    verdict = verdicts.get(str(find(told, "stmt_rslt")), "unknown")
    return GroupResult(group, here, verdict, find(told, "stmt_rslt_dscr") or "")
