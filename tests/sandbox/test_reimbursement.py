"""The model holds to the cent for any amounts (property tests), and the documented examples."""

from __future__ import annotations

from decimal import Decimal

import attrs
from hypothesis import given
from hypothesis import strategies as st

from mi_plugins.sandbox.money import cents, rounded, yuan
from mi_plugins.sandbox.reimbursement import (
    AID_CAP,
    INPATIENT,
    POLICIES,
    AccountUse,
    Care,
    Level,
    Settlement,
    Split,
    Standing,
    settle,
    split_item,
)

D = Decimal
ZERO = D("0.00")
amounts = st.integers(0, 5_000_000).map(yuan)
items = st.builds(
    split_item,
    amounts, st.decimals("0.0001", "9999", places=4), st.sampled_from(["01", "02", "03"]),
    pre_self_pay_ratio=st.decimals(0, 1, places=4), ceiling=st.none() | st.decimals("0.000001", "5000", places=6),
    own_pay=st.booleans(), consumable=st.booleans(),
)  # fmt: skip
standings = st.builds(
    Standing,
    st.sampled_from(["310", "390"]),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    amounts,
    amounts,
    amounts,
    amounts,
    amounts,
)
levels: st.SearchStrategy[Level] = st.sampled_from([1, 2, 3])
uses = st.builds(AccountUse, st.sampled_from(["0", "1", "2"]), amounts)
cares: st.SearchStrategy[Care] = st.sampled_from(["outpatient", "inpatient"])
settlements = st.builds(
    settle,
    st.lists(items, max_size=6).map(lambda rows: total(rows)),
    standings,
    levels,
    st.sampled_from(["11", "14", "1301"]),
    uses,
    cares,
)


def total(rows: list[Split]) -> Split:
    return Split(*(sum((getattr(row, f.name) for row in rows), ZERO) for f in attrs.fields(Split)))


@given(items)
def test_an_item_is_divided_without_rest(split: Split) -> None:
    assert split.total == split.own_pay + split.over_limit + split.pre_self_pay + split.in_scope
    assert ZERO <= split.hospital <= split.over_limit
    assert min(attrs.astuple(split)) >= 0
    for part in attrs.astuple(split):
        cents(part)


@given(
    amounts,
    st.decimals("0.0001", "999", places=4),
    st.sampled_from(["01", "02", "03"]),
    st.decimals("0.01", "99", places=2),
)
def test_a_correction_cancels_its_row(amount: Decimal, count: Decimal, grade: str, ceiling: Decimal) -> None:
    def split(sign: int) -> Split:
        return split_item(
            sign * amount, sign * count, grade, pre_self_pay_ratio=D("0.15"), ceiling=ceiling, consumable=True
        )

    assert set(attrs.astuple(total([split(1), split(-1)]))) == {ZERO}


@given(settlements)
def test_identities_of_a_settlement(s: Settlement) -> None:
    assert s.split.total == s.fund + s.person + s.hospital
    assert s.person == s.account + s.cash
    assert s.fund == s.pool + s.large + s.illness + s.civil + s.aid == sum(share.paid for share in s.shares)
    parts = (
        s.deductible,
        s.pool,
        s.large,
        s.illness,
        s.civil,
        s.aid,
        s.fund,
        s.person,
        s.account,
        s.cash,
        s.hospital,
    )
    assert min(parts) >= 0
    assert s.fund <= s.split.in_scope - (s.deductible if not (s.illness or s.civil or s.aid) else 0)
    for part in parts:
        assert cents(part) == part * 100
    assert ZERO < s.ratio < 1


@given(settlements)
def test_own_pay_is_never_paid_by_the_account(s: Settlement) -> None:
    assert s.cash >= s.split.own_pay


@given(amounts, standings, levels, cares)
def test_limits_are_kept(scope: Decimal, standing: Standing, level: Level, care: Care) -> None:
    s = settle(Split(total=scope, in_scope=scope), standing, level, "11", AccountUse(), care)
    policy = (POLICIES if care == "outpatient" else INPATIENT)[standing.insutype]
    assert s.deductible <= policy.deductible[level]
    assert s.pool <= max(ZERO, policy.cap - standing.pool_paid)
    assert s.aid <= max(ZERO, AID_CAP - standing.aid_paid)
    assert all(share.paid <= share.payable_limit for share in s.shares)
    assert s.account == 0


@given(amounts, amounts, standings)
def test_more_fees_never_pay_less(scope: Decimal, more: Decimal, standing: Standing) -> None:
    def pool(amount: Decimal) -> Decimal:
        return settle(Split(total=amount, in_scope=amount), standing, 2, "11", AccountUse()).pool

    assert pool(scope) <= pool(scope + more)


def test_documented_examples() -> None:
    thousand = Split(total=D("1000.00"), in_scope=D("1000.00"))
    worker = Standing("310")
    assert settle(thousand, worker, 3, "11", AccountUse()).pool == D("480.00")  # (1000 - 200) x 60 %
    assert settle(thousand, worker, 3, "14", AccountUse()).pool == D("700.00")  # no deductible, + 10 %
    stay = settle(
        Split(total=D("9000.00"), in_scope=D("9000.00")), worker, 3, "2101", AccountUse(), "inpatient"
    )
    assert (stay.deductible, stay.pool) == (D("1100.00"), D("6873.00"))  # (9000 - 1100) x 87 %
    retired = attrs.evolve(worker, retired=True)
    assert settle(thousand, retired, 1, "11", AccountUse()).pool == D("722.50")  # (1000 - 150) x 85 %
    civil = settle(thousand, attrs.evolve(worker, civil_servant=True), 3, "11", AccountUse("1", D("50.00")))
    assert (civil.civil, civil.account, civil.cash) == (D("260.00"), D("50.00"), D("210.00"))
    ill = settle(
        thousand,
        Standing("390", pool_paid=D("1200.00"), deductible_paid=D("100.00"), own_burden=D("2500.00")),
        1,
        "11",
        AccountUse(),
    )
    assert (ill.pool, ill.illness) == (ZERO, D("300.00"))  # 60 % of the 500 above the line of 3,000


def test_rounding_is_half_away_from_zero() -> None:
    assert (rounded(D("0.005")), rounded(D("-0.005"))) == (D("0.01"), D("-0.01"))
    assert str(yuan(0)) == "0.00" and cents(D("12.50")) == 1250
