"""What a settlement would pay: the computation behind every quote and settlement, whichever interface asks."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import attrs

from mi_plugins.sandbox.bureau.context import Call, insurance_of, person_of
from mi_plugins.sandbox.bureau.people import check_certificate
from mi_plugins.sandbox.database import Books
from mi_plugins.sandbox.money import ZERO, yuan
from mi_plugins.sandbox.refusal import BureauRefusal
from mi_plugins.sandbox.reimbursement import AccountUse, Care, Settlement, Split, Standing, settle

__all__ = ["Claimant", "Reckoning", "check_amounts", "check_total", "identify", "reckon"]


@attrs.frozen
class Claimant:
    """The person with the insurance that pays."""

    person: sqlite3.Row
    insurance: sqlite3.Row


@attrs.frozen
class Reckoning:
    """Everything a quote finds out."""

    claimant: Claimant
    care: Care
    med_type: str
    certificate: str
    """``mdtrt_cert_type``."""
    result: Settlement
    family_of: str | None
    balance: Decimal
    """Own balance after the settlement."""

    @property
    def family(self) -> Decimal:
        """The part of the account payment that comes from a relative's account."""
        return self.result.account if self.family_of else ZERO


def identify(books: Books, call: Call, data: Mapping[str, Any]) -> Claimant:
    """The person of a quote or settlement; refuses a wrong certificate or voucher, or a paused insurance."""
    person = person_of(books, data["psn_no"])
    insurance = insurance_of(books, call, data["psn_no"], data["insutype"])
    if person["certno"] != data["certno"]:
        raise BureauRefusal("证件号码[certno]与参保登记不一致")
    check_certificate(person, data["mdtrt_cert_type"], data.get("mdtrt_cert_no"), data.get("card_sn"))
    if insurance["status"] != "1":
        raise BureauRefusal("该险种当前处于暂停参保状态，不能结算")
    return Claimant(person, insurance)


def check_total(data: Mapping[str, Any], split: Split) -> None:
    """The total sent is that of the fees."""
    if Decimal(data["medfee_sumamt"]) != split.total:
        raise BureauRefusal(f"医疗费总额[medfee_sumamt]与已上传明细合计{split.total}不符")


def check_amounts(data: Mapping[str, Any], split: Split) -> None:
    """The four amounts of a quote, as far as they were sent, are those of the fees."""
    for name, label, expected in (
        ("fulamt_ownpay_amt", "全自费金额", split.own_pay), ("overlmt_selfpay", "超限价金额", split.over_limit),
        ("preselfpay_amt", "先行自付金额", split.pre_self_pay), ("inscp_scp_amt", "符合政策范围金额", split.in_scope),
    ):  # fmt: skip
        if data.get(name) not in (None, "") and Decimal(data[name]) != expected:
            raise BureauRefusal(f"{label}[{name}]与本次试算结果不符，请重新预结算")


def reckon(
    books: Books, call: Call, claimant: Claimant, split: Split, data: Mapping[str, Any], *, med_type: str, stay: str | None = None
) -> Reckoning:  # fmt: skip
    """Divide the fees among funds, account and cash. ``stay`` = ``mdtrt_id`` of inpatient care, ``None`` for other care."""
    care: Care = "outpatient" if stay is None else "inpatient"
    account, family_of = _account(books, claimant, data.get("acct_used_flag") or "0")
    standing = _standing(books, call, claimant.insurance, care)
    if stay is not None:
        standing = attrs.evolve(standing, deductible_paid=_deductible_of_stay(books, stay))
    result = settle(split, standing, call.institution.level, med_type, account, care)
    own_left = yuan(claimant.insurance["balance"]) - (ZERO if family_of else result.account)
    return Reckoning(claimant, care, med_type, data["mdtrt_cert_type"], result, family_of, own_left)


def _account(books: Books, claimant: Claimant, flag: str) -> tuple[AccountUse, str | None]:
    if flag == "1":
        return AccountUse("1", yuan(claimant.insurance["balance"])), None
    if flag != "2":
        return AccountUse(), None
    relative = books.one(
        "SELECT * FROM insurance WHERE psn_no = ? AND insutype = '310' AND status = '1'",
        claimant.person["sponsor"],
    )
    if relative is None:
        raise BureauRefusal("该人员没有绑定可用的共济账户")
    return AccountUse("2", yuan(relative["balance"])), relative["psn_no"]


def _standing(books: Books, call: Call, insurance: sqlite3.Row, care: Care) -> Standing:
    used = books.one(
        "SELECT sum(CASE WHEN care = ? THEN deductible ELSE 0 END) AS deductible, sum(CASE WHEN care = ? THEN pool ELSE 0 END) AS pool,"
        " sum(large) AS large, sum(burden) AS burden, sum(aid) AS aid, count(*) AS rows"
        " FROM accumulation WHERE psn_no = ? AND insutype = ? AND year = ?",
        care, care, insurance["psn_no"], insurance["insutype"], call.now.year,
    )  # fmt: skip
    aid = books.one("SELECT 1 FROM person_identity WHERE psn_no = ? AND kind LIKE '23%'", insurance["psn_no"])
    standing = Standing(
        insutype=insurance["insutype"], retired=insurance["psn_type"] == "12", civil_servant=insurance["cvlserv"] == "1",
        medical_aid=aid is not None,
    )  # fmt: skip
    if used is None or not used["rows"]:
        return standing
    return attrs.evolve(
        standing, deductible_paid=yuan(used["deductible"]), pool_paid=yuan(used["pool"]), large_paid=yuan(used["large"]),
        own_burden=yuan(used["burden"]), aid_paid=yuan(used["aid"]),
    )  # fmt: skip


def _deductible_of_stay(books: Books, mdtrt_id: str) -> Decimal:
    row = books.one(
        "SELECT coalesce(sum(deductible), 0) AS paid FROM settlement WHERE mdtrt_id = ? AND kind = 'settlement' AND state = 'settled'",
        mdtrt_id,
    )
    assert row is not None
    return yuan(row["paid"])
