"""2206 quote and 2207 settlement: the same computation; only 2207 changes the books."""

from __future__ import annotations

import sqlite3
from decimal import Decimal
from typing import Final

import attrs

from mi_plugins.sandbox.bureau.amounts import money_fields, setldetail, setlinfo
from mi_plugins.sandbox.bureau.context import Call, Output, insurance_of, person_of, to_json, visit_of
from mi_plugins.sandbox.bureau.fees import batch_split
from mi_plugins.sandbox.bureau.people import check_certificate
from mi_plugins.sandbox.database import Books
from mi_plugins.sandbox.head import AREA
from mi_plugins.sandbox.money import ZERO, cents, yuan
from mi_plugins.sandbox.refusal import BureauRefusal
from mi_plugins.sandbox.reimbursement import AccountUse, Settlement, Standing, settle

__all__ = ["quote", "settle_batch"]

REGISTRATION_ONLY: Final = "12"
"""``med_type`` of a settlement of the registration alone; needs no 2203."""


@attrs.frozen
class _Reckoning:
    """Everything a quote finds out."""

    person: sqlite3.Row
    insurance: sqlite3.Row
    result: Settlement
    family_of: str | None
    balance: Decimal
    """Own balance after the settlement."""

    @property
    def family(self) -> Decimal:
        return self.result.account if self.family_of else ZERO


def quote(books: Books, call: Call) -> Output:
    """2206: what 2207 would pay. The four amounts of the reply go into 2207."""
    found = _reckon(books, call)
    money = money_fields(found.result, found.family, found.balance)
    return {
        "setlinfo": setlinfo(call, found.person, found.insurance, money, None),
        "setldetail": setldetail(found.result),
    }


def settle_batch(books: Books, call: Call) -> Output:
    """2207: settle the batch. The amounts sent must be those of the uploaded fees."""
    found = _reckon(books, call)
    split, data = found.result.split, call.data
    for name, label, expected in (
        ("fulamt_ownpay_amt", "全自费金额", split.own_pay), ("overlmt_selfpay", "超限价金额", split.over_limit),
        ("preselfpay_amt", "先行自付金额", split.pre_self_pay), ("inscp_scp_amt", "符合政策范围金额", split.in_scope),
    ):  # fmt: skip
        if Decimal(data[name]) != expected:
            raise BureauRefusal(f"{label}[{name}]与本批次试算结果不符，请重新预结算")
    setl_id = f"{AREA}S{books.next_number('settlement'):012d}"
    money = money_fields(found.result, found.family, found.balance)
    info = setlinfo(call, found.person, found.insurance, money, setl_id)
    detail = setldetail(found.result)
    _pay_from_account(books, found)
    _accumulate(books, call, found.result)
    books.run(
        "UPDATE fee SET setl_id = ? WHERE mdtrt_id = ? AND chrg_bchno = ?",
        setl_id,
        data["mdtrt_id"],
        data["chrg_bchno"],
    )
    stored = info | {"invono": data.get("invono")}
    _store(books, call, found, setl_id, to_json(stored), to_json(detail))
    return {"setlinfo": info, "setldetail": detail}


def _reckon(books: Books, call: Call) -> _Reckoning:
    data = call.data
    person = person_of(books, data["psn_no"])
    insurance = insurance_of(books, call, data["psn_no"], data["insutype"])
    visit = visit_of(books, call, data["mdtrt_id"], data["psn_no"])
    if person["certno"] != data["certno"]:
        raise BureauRefusal("证件号码[certno]与参保登记不一致")
    check_certificate(person, data["mdtrt_cert_type"], data["mdtrt_cert_no"], data.get("card_sn"))
    if visit["insutype"] != data["insutype"]:
        raise BureauRefusal("结算险种与挂号登记的险种不同")
    if insurance["status"] != "1":
        raise BureauRefusal("该险种当前处于暂停参保状态，不能结算")
    if data["med_type"] != REGISTRATION_ONLY and visit["med_type"] is None:
        raise BureauRefusal("尚未上传就诊信息，不能结算")
    if data["med_type"] != REGISTRATION_ONLY and visit["med_type"] != data["med_type"]:
        raise BureauRefusal("医疗类别[med_type]与已上传的就诊信息不同")
    split = batch_split(books, data["mdtrt_id"], data["chrg_bchno"])
    if Decimal(data["medfee_sumamt"]) != split.total:
        raise BureauRefusal(f"医疗费总额[medfee_sumamt]与已上传明细合计{split.total}不符")
    account, family_of = _account(books, person, insurance, data["acct_used_flag"])
    result = settle(
        split, _standing(books, call, insurance), call.institution.level, data["med_type"], account
    )
    own_left = yuan(insurance["balance"]) - (ZERO if family_of else result.account)
    return _Reckoning(person, insurance, result, family_of, own_left)


def _account(
    books: Books, person: sqlite3.Row, insurance: sqlite3.Row, flag: str
) -> tuple[AccountUse, str | None]:
    if flag == "1":
        return AccountUse("1", yuan(insurance["balance"])), None
    if flag != "2":
        return AccountUse(), None
    relative = books.one(
        "SELECT * FROM insurance WHERE psn_no = ? AND insutype = '310' AND status = '1'", person["sponsor"]
    )
    if relative is None:
        raise BureauRefusal("该人员没有绑定可用的共济账户")
    return AccountUse("2", yuan(relative["balance"])), relative["psn_no"]


def _standing(books: Books, call: Call, insurance: sqlite3.Row) -> Standing:
    used = books.one(
        "SELECT * FROM accumulation WHERE psn_no = ? AND insutype = ? AND year = ?",
        insurance["psn_no"], insurance["insutype"], call.now.year,
    )  # fmt: skip
    aid = books.one("SELECT 1 FROM person_identity WHERE psn_no = ? AND kind LIKE '23%'", insurance["psn_no"])
    standing = Standing(
        insutype=insurance["insutype"], retired=insurance["psn_type"] == "12", civil_servant=insurance["cvlserv"] == "1",
        medical_aid=aid is not None,
    )  # fmt: skip
    if used is None:
        return standing
    return attrs.evolve(
        standing, deductible_paid=yuan(used["deductible"]), pool_paid=yuan(used["pool"]), large_paid=yuan(used["large"]),
        own_burden=yuan(used["burden"]), aid_paid=yuan(used["aid"]),
    )  # fmt: skip


def _pay_from_account(books: Books, found: _Reckoning) -> None:
    amount = cents(found.result.account)
    if not amount:
        return
    if found.family_of:
        books.run(
            "UPDATE insurance SET balance = balance - ? WHERE psn_no = ? AND insutype = '310' AND status = '1'",
            amount,
            found.family_of,
        )
        return
    row = found.insurance
    books.run(
        "UPDATE insurance SET balance = balance - ? WHERE psn_no = ? AND insutype = ? AND area = ?",
        amount, row["psn_no"], row["insutype"], row["area"],
    )  # fmt: skip


def _accumulate(books: Books, call: Call, result: Settlement) -> None:
    books.run(
        "INSERT INTO accumulation VALUES (?,?,?,?,?,?,?,?) ON CONFLICT DO UPDATE SET deductible = deductible + excluded.deductible,"
        " pool = pool + excluded.pool, large = large + excluded.large, burden = burden + excluded.burden, aid = aid + excluded.aid",
        call.data["psn_no"], call.data["insutype"], call.now.year, cents(result.deductible), cents(result.pool),
        cents(result.large), cents(result.own_burden), cents(result.aid),
    )  # fmt: skip


def _store(books: Books, call: Call, found: _Reckoning, setl_id: str, info: str, detail: str) -> None:
    data, result = call.data, found.result
    books.run(
        "INSERT INTO settlement VALUES (?,'settlement','settled',NULL,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        setl_id, call.msgid, call.institution.code, data["psn_no"], data["insutype"], call.area, call.now.year, data["mdtrt_id"],
        data["chrg_bchno"], call.time, cents(result.split.total), cents(result.fund), cents(result.person), cents(result.hospital),
        cents(result.account), cents(found.family), found.family_of, cents(result.cash), cents(result.deductible), cents(result.pool),
        cents(result.large), cents(result.own_burden), cents(result.aid), info, detail, call.opter, call.opter_name,
    )  # fmt: skip
