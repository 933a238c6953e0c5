"""The reimbursement model of the sandbox: pure functions on ``Decimal`` yuan, no state.

It is a model of no real city, but it has every term that a real settlement has, and its amounts hold to the cent.

**Item** (:func:`split_item`), for each fee row:

1. Grade 03 (丙类), or an item whose limited use was not approved: the whole amount is own pay (``fulamt_ownpay_amt``).
2. Otherwise what exceeds price ceiling × quantity is over-limit (``overlmt_selfpay``; of consumables the hospital bears
   half of that: ``hosp_part_amt``).
3. Grade 02 (乙类): the pre-self-pay ratio of the rest is paid first by the person (``preselfpay_amt``). Grade 01: none.
4. What remains is within the policy's scope (``inscp_scp_amt``).

**Settlement** (:func:`settle`), for the sum of a batch:

1. Deductible (outpatient: of the year, none for rescue 1301 and chronic disease 14; inpatient: of the stay, so that
   a mid-stay settlement uses it up for the next one): ``act_pay_dedc``.
2. Pool (``hifp_pay``) = ratio × (scope − deductible), at most what is left of the year's cap.
   Ratio by insurance and hospital level (:data:`POLICIES`, :data:`INPATIENT`), +5 % for the retired, +10 % for chronic
   disease 14, never above 95 %. Outpatient and inpatient care have a cap each.
3. Employees (310): of what the cap cut off the large-amount subsidy pays 80 % (``hifob_pay``).
   Residents (390): of the year's own burden within the scope, above a line of 3,000, serious-illness insurance pays 60 % (``hifmi_pay``).
4. Civil servants (310 with flag): 50 % of what is left of the scope (``cvlserv_pay``).
5. People on medical aid: 70 % of what is then left, at most 3,000 a year (``maf_pay``).
6. Person = total − fund − hospital. The account (own or family) pays of it all but the own-pay items; cash the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final, Literal

import attrs

from mi_plugins.sandbox.money import ZERO, rounded

__all__ = [
    "CHRONIC", "INPATIENT", "NO_DEDUCTIBLE", "POLICIES", "AccountUse", "Care", "FundShare", "Level", "Policy", "Settlement", "Split",
    "Standing", "settle", "split_item",
]  # fmt: skip

Level = Literal[1, 2, 3]
"""Level of the institution: 1 (and below), 2, 3."""

Care = Literal["outpatient", "inpatient"]
"""Pharmacies count as outpatient care."""

CHRONIC: Final = "14"
NO_DEDUCTIBLE: Final = frozenset({"1301", CHRONIC})
LARGE_RATIO: Final = Decimal("0.80")
LARGE_CAP: Final = Decimal("100000.00")
ILLNESS_LINE: Final = Decimal("3000.00")
ILLNESS_RATIO: Final = Decimal("0.60")
CIVIL_RATIO: Final = Decimal("0.50")
AID_RATIO: Final = Decimal("0.70")
AID_CAP: Final = Decimal("3000.00")
HOSPITAL_SHARE: Final = Decimal("0.50")


@attrs.frozen
class Policy:
    """What an insurance type promises for one kind of care; the cap counts per calendar year."""

    deductible: Mapping[Level, Decimal]
    deductible_retired: Mapping[Level, Decimal]
    ratio: Mapping[Level, Decimal]
    cap: Decimal
    fund: str
    """Code of table ``fund_pay_type`` of the pool."""


def _levels(first: str, second: str, third: str) -> Mapping[Level, Decimal]:
    return {1: Decimal(first), 2: Decimal(second), 3: Decimal(third)}


_YEARLY: Final = _levels("200.00", "200.00", "200.00")
_YEARLY_RETIRED: Final = _levels("150.00", "150.00", "150.00")
_YEARLY_RESIDENT: Final = _levels("100.00", "100.00", "100.00")
_STAY: Final = _levels("300.00", "600.00", "1100.00")
_STAY_RESIDENT: Final = _levels("200.00", "500.00", "900.00")

POLICIES: Final[Mapping[str, Policy]] = {
    "310": Policy(_YEARLY, _YEARLY_RETIRED, _levels("0.80", "0.70", "0.60"), Decimal("6000.00"), "310102"),
    "390": Policy(
        _YEARLY_RESIDENT, _YEARLY_RESIDENT, _levels("0.70", "0.60", "0.50"), Decimal("1200.00"), "390102"
    ),
}
"""Outpatient care by insurance type."""

INPATIENT: Final[Mapping[str, Policy]] = {
    "310": Policy(_STAY, _STAY, _levels("0.92", "0.90", "0.87"), Decimal("150000.00"), "310100"),
    "390": Policy(
        _STAY_RESIDENT, _STAY_RESIDENT, _levels("0.85", "0.75", "0.65"), Decimal("120000.00"), "390100"
    ),
}
"""Inpatient care by insurance type; the deductible is one stay's."""


@attrs.frozen
class Split:
    """How the amount of an item, or of a batch of items, is divided."""

    total: Decimal = ZERO
    own_pay: Decimal = ZERO
    over_limit: Decimal = ZERO
    pre_self_pay: Decimal = ZERO
    in_scope: Decimal = ZERO
    hospital: Decimal = ZERO
    """Part of ``over_limit`` that the hospital bears."""


@attrs.frozen
class Standing:
    """Where a person stands before a settlement: insurance, and what was used up this year."""

    insutype: str
    retired: bool = False
    civil_servant: bool = False
    medical_aid: bool = False
    deductible_paid: Decimal = ZERO
    """Of this year; for inpatient care of this stay."""
    pool_paid: Decimal = ZERO
    large_paid: Decimal = ZERO
    own_burden: Decimal = ZERO
    """Own burden within the scope (before serious-illness insurance)."""
    aid_paid: Decimal = ZERO


@attrs.frozen
class AccountUse:
    """Which account may pay and how much is in it: ``0`` none, ``1`` own, ``2`` a family member's (``acct_used_flag``)."""

    flag: str = "0"
    balance: Decimal = ZERO


@attrs.frozen
class FundShare:
    """One row of ``setldetail``."""

    fund: str
    paid: Decimal
    payable_limit: Decimal
    """What the fund could at most have paid (``crt_payb_lmt_amt``)."""


@attrs.frozen
class Settlement:
    """All amounts of a settlement; what it adds to the year's accumulations is among them."""

    split: Split
    deductible: Decimal
    ratio: Decimal
    pool: Decimal
    large: Decimal
    illness: Decimal
    civil: Decimal
    aid: Decimal
    own_burden: Decimal
    fund: Decimal
    person: Decimal
    account: Decimal
    cash: Decimal
    hospital: Decimal
    shares: tuple[FundShare, ...]


def split_item(
    amount: Decimal, quantity: Decimal, grade: str, *, pre_self_pay_ratio: Decimal = ZERO, ceiling: Decimal | None = None,
    own_pay: bool = False, consumable: bool = False,
) -> Split:  # fmt: skip
    """Divide one fee row. ``ceiling`` is per unit; negative rows (corrections) are divided like positive ones."""
    if own_pay or grade == "03":
        return Split(total=amount, own_pay=amount)
    over = ZERO
    if ceiling is not None:
        allowed = rounded(ceiling * quantity)
        if abs(amount) > abs(allowed):
            over = amount - allowed
    rest = amount - over
    pre = rounded(rest * pre_self_pay_ratio) if grade == "02" else ZERO
    hospital = rounded(over * HOSPITAL_SHARE) if consumable else ZERO
    return Split(amount, ZERO, over, pre, rest - pre, hospital)


def settle(
    split: Split,
    standing: Standing,
    level: Level,
    med_type: str,
    account: AccountUse,
    care: Care = "outpatient",
) -> Settlement:
    """Compute a settlement. Raises ``KeyError`` for an insurance type without a policy."""
    policy = (POLICIES if care == "outpatient" else INPATIENT)[standing.insutype]
    scope = split.in_scope
    full = (policy.deductible_retired if standing.retired else policy.deductible)[level]
    open_deductible = ZERO if med_type in NO_DEDUCTIBLE else max(ZERO, full - standing.deductible_paid)
    deductible = min(scope, open_deductible)
    ratio = (
        policy.ratio[level]
        + (Decimal("0.05") if standing.retired else 0)
        + (Decimal("0.10") if med_type == CHRONIC else 0)
    )
    ratio = min(ratio, Decimal("0.95"))

    promised = rounded((scope - deductible) * ratio)
    cap_left = max(ZERO, policy.cap - standing.pool_paid)
    pool = min(promised, cap_left)
    shares = [FundShare(policy.fund, pool, cap_left)]

    large = illness = civil = aid = ZERO
    own_burden = scope - pool
    if standing.insutype == "310":
        large_left = max(ZERO, LARGE_CAP - standing.large_paid)
        large = min(rounded((promised - pool) * LARGE_RATIO), large_left)
        own_burden -= large
        if large:
            shares.append(FundShare("330100", large, large_left))
    else:
        above = max(ZERO, standing.own_burden + own_burden - ILLNESS_LINE) - max(
            ZERO, standing.own_burden - ILLNESS_LINE
        )
        illness = rounded(above * ILLNESS_RATIO)
        if illness:
            shares.append(FundShare("390200", illness, above))
    left = scope - pool - large - illness
    if standing.civil_servant:
        civil = rounded(left * CIVIL_RATIO)
        left -= civil
        shares.append(FundShare("320100", civil, civil))
    if standing.medical_aid:
        aid_left = max(ZERO, AID_CAP - standing.aid_paid)
        aid = min(rounded(left * AID_RATIO), aid_left)
        shares.append(FundShare("610100", aid, aid_left))

    fund = pool + large + illness + civil + aid
    person = split.total - fund - split.hospital
    paid_by_account = ZERO if account.flag == "0" else min(account.balance, person - split.own_pay)
    return Settlement(
        split=split, deductible=deductible, ratio=ratio, pool=pool, large=large, illness=illness, civil=civil, aid=aid,
        own_burden=own_burden, fund=fund, person=person, account=paid_by_account, cash=person - paid_by_account,
        hospital=split.hospital, shares=tuple(shares),
    )  # fmt: skip
