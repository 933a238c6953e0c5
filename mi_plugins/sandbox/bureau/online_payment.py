"""The mobile-payment centre: 6201 fee upload, 6202 pay, 6301 query, 6401 withdrawal before payment (6203: :mod:`online_refund`).

An order is reckoned when its fees come (state 1) and paid from fund and account by 6202: 6 when nothing is left to pay in
cash, else 4 until the cash is there too (:func:`~mi_plugins.sandbox.bureau.online_orders.take_cash`, told by
6204). A payment is told by 6302. With
``Settings.payment_seconds`` an order shows 2 for that long. A payment is a settlement in the bureau's books like any other; its
``msgid`` is the centre's own. An order without ``mdtrtId`` is given a visit
(told in ``extData``), which its withdrawal cancels.
"""

from __future__ import annotations

import re
import secrets
import sqlite3
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

import attrs

from mi_plugins.sandbox.bureau.context import (
    Call,
    Output,
    VisitKind,
    from_json,
    insurance_row,
    move_visit,
    person_of,
    to_json,
    visit_of,
)
from mi_plugins.sandbox.bureau.desk import Desk
from mi_plugins.sandbox.bureau.fees import batch_split, enter_fee, price
from mi_plugins.sandbox.bureau.notices import owe
from mi_plugins.sandbox.bureau.online_orders import (
    DONE,
    INSURED_PART,
    PAID,
    RECKONED,
    WITHDRAWN,
    move_order,
    order_row,
    payment_notice,
    state_of,
    the_order,
    trace_time,
)  # fmt: skip
from mi_plugins.sandbox.bureau.people import INPATIENT_CARE
from mi_plugins.sandbox.bureau.posting import post
from mi_plugins.sandbox.bureau.reckoning import Claimant, Reckoning, check_total, reckon
from mi_plugins.sandbox.bureau.visits import open_visit
from mi_plugins.sandbox.database import Books
from mi_plugins.sandbox.head import AREA
from mi_plugins.sandbox.money import cents, yuan
from mi_plugins.sandbox.refusal import BureauRefusal

__all__ = ["DESKS", "as_centre"]

CENTRE: Final = "MPC990100000"
"""Sender in the message ids of the centre's own settlements: reconciliation shows them as another sender's."""


def upload_fees(books: Books, call: Call) -> Output:
    """6201: keep the fees, reckon them, open the order."""
    data = call.data
    if data["orgCodg"] != call.institution.code:
        raise BureauRefusal(f"机构编码[orgCodg]{data['orgCodg']}未在移动支付中心登记")
    person = person_of(books, data["psnNo"])
    _check_person(person, data)
    if data["ecToken"] != person["token"]:
        raise BureauRefusal("电子凭证授权[ecToken]与人员不符")
    known = books.one(
        "SELECT state FROM pay_order WHERE institution = ? AND med_org_ord = ? AND state <> ?",
        call.institution.code, data["medOrgOrd"], WITHDRAWN,
    )  # fmt: skip
    if known is not None and not call.allow_repeats:
        raise BureauRefusal(f"医疗机构订单号[medOrgOrd]{data['medOrgOrd']}已使用")
    insurance = _insurance(books, person, data)
    own_visit, call = not data.get("mdtrtId"), as_centre(books, call, insurance)
    mdtrt_id = _visit(books, call, data)
    rows = [_snake(row) for row in data["feedetailList"]]
    _check_rows(data, rows)
    for row in rows:
        enter_fee(books, call, mdtrt_id, price(row), batch=data["chrgBchno"])
    found = _reckon(books, call, Claimant(person, insurance), mdtrt_id, data)
    order_id, result = f"{AREA}P{books.next_number('pay_order'):012d}", found.result
    token = secrets.token_hex(16)
    books.enter("pay_order", {
        "pay_ord_id": order_id, "pay_token": token, "med_org_ord": data["medOrgOrd"], "institution": call.institution.code,
        "psn_no": person["psn_no"], "insutype": insurance["insutype"], "area": insurance["area"], "mdtrt_id": mdtrt_id,
        "own_visit": int(own_visit), "chrg_bchno": data["chrgBchno"], "state": RECKONED, "content": to_json(dict(data)),
        "total": cents(result.split.total), "fund": cents(result.fund), "account": cents(result.account), "cash": cents(result.cash),
        "opened": call.time, "changed": call.time,
    })  # fmt: skip
    return {
        "data": {
            "payOrdId": order_id,
            "payToken": token,
            "cashierUrl": None,
            "extData": {"mdtrtId": mdtrt_id} if own_visit else None,
        }
    }


def pay(books: Books, call: Call) -> Output:
    """6202: settle; fund and account pay, cash is left to the person."""
    data = call.data
    order = the_order(books, data["payOrdId"], data["orgCodg"], data["payToken"])
    if data["mdtrtId"] != order["mdtrt_id"] or data.get("chrgBchno") not in (None, "", order["chrg_bchno"]):
        raise BureauRefusal("就诊ID[mdtrtId]或收费批次号[chrgBchno]与订单不符")
    if order["state"] != RECKONED and not (order["state"] in PAID and call.allow_repeats):
        raise BureauRefusal(f"订单当前状态{order['state']}，不能支付")
    person, insurance = person_of(books, order["psn_no"]), insurance_row(books, order)
    call, asked = as_centre(books, call, insurance), from_json(order["content"])
    found = _reckon(books, call, Claimant(person, insurance), order["mdtrt_id"], asked)
    settled = post(books, call, found, order["mdtrt_id"], batch=order["chrg_bchno"])["setlinfo"]["setl_id"]
    books.run(
        "UPDATE fee SET setl_id = ? WHERE mdtrt_id = ? AND chrg_bchno = ?", settled, order["mdtrt_id"], order["chrg_bchno"]
    )  # fmt: skip
    result = found.result
    shows = call.stamp + round(call.payment_seconds * 1000)
    books.run(
        "UPDATE pay_order SET state = ?, setl_id = ?, paid_at = ?, revs_token = ?, fund = ?, account = ?, cash = ?, changed = ?"
        " WHERE pay_ord_id = ?",
        INSURED_PART if result.cash else DONE, settled, shows, secrets.token_hex(16), cents(result.fund), cents(result.account),
        cents(result.cash), call.time, order["pay_ord_id"],
    )  # fmt: skip
    order = order_row(books, order["pay_ord_id"])
    owe(
        books,
        "6302",
        order["pay_ord_id"],
        order["institution"],
        payment_notice(books, order),
        now=call.now,
        due=shows,
    )
    return {"data": _state_and_amounts(order, call.stamp) | {"extData": None}}


def query(books: Books, call: Call) -> Output:
    """6301: state and amounts; ``revsToken`` once it is paid."""
    data = call.data
    order = the_order(books, data["payOrdId"], data["orgCodg"], data["payToken"])
    _check_person(person_of(books, order["psn_no"]), data)
    state = state_of(order, call.stamp)
    return {"data": _state_and_amounts(order, call.stamp) | {
        "callType": "2", "medOrgOrd": order["med_org_ord"], "traceTime": trace_time(order), "orgCodg": order["institution"],
        "orgName": books.institutions[order["institution"]].name, "setlType": "ALL",
        "revsToken": order["revs_token"] if state in PAID else None, "extData": None,
    }}  # fmt: skip


def withdraw(books: Books, call: Call) -> Output:
    """6401: only before the payment; the fees go, and the visit that the centre opened."""
    data = call.data
    order = the_order(books, data["payOrdId"], data["orgCodg"], data["payToken"])
    _check_person(person_of(books, order["psn_no"]), data)
    if order["state"] != RECKONED:
        raise BureauRefusal(f"订单当前状态{order['state']}，不能撤销")
    books.run(
        "DELETE FROM fee WHERE mdtrt_id = ? AND chrg_bchno = ? AND setl_id IS NULL", order["mdtrt_id"], order["chrg_bchno"]
    )  # fmt: skip
    if order["own_visit"]:
        move_visit(books, call, order["mdtrt_id"], "cancelled")
    move_order(books, order, WITHDRAWN, time=call.time)
    return {"data": {"success": True}}


def _state_and_amounts(order: sqlite3.Row, stamp: int) -> dict[str, Any]:
    return {
        "payOrdId": order["pay_ord_id"], "ordStas": state_of(order, stamp), "feeSumamt": yuan(order["total"]),
        "ownPayAmt": yuan(order["cash"]), "psnAcctPay": yuan(order["account"]), "fundPay": yuan(order["fund"]),
    }  # fmt: skip


def _check_person(person: sqlite3.Row, data: Mapping[str, Any]) -> None:
    if (person["certno"], person["name"]) != (data["idNo"], data["userName"]):
        raise BureauRefusal("证件号码[idNo]或用户姓名[userName]与参保登记不一致")


def _insurance(books: Books, person: sqlite3.Row, data: Mapping[str, Any]) -> sqlite3.Row:
    row = books.one(
        "SELECT * FROM insurance WHERE psn_no = ? AND insutype = ? AND (? = '' OR area = ?) ORDER BY status, position",
        person["psn_no"], data["insutype"], data.get("insuCode") or "", data.get("insuCode") or "",
    )  # fmt: skip
    if row is None or row["status"] != "1":
        raise BureauRefusal(f"该人员没有可用的险种{data['insutype']}参保记录")
    return row


def as_centre(books: Books, call: Call, insurance: sqlite3.Row) -> Call:
    """The call as the centre forwards it to the bureau: with a message id, area and operator."""
    number = books.next_number("centre_message") % 10_000
    return attrs.evolve(
        call,
        msgid=f"{CENTRE}{call.now:%Y%m%d%H%M%S}{number:04d}",
        area=insurance["area"],
        opter="mpc",
        opter_name="移动支付中心",
    )


def _visit(books: Books, call: Call, data: Mapping[str, Any]) -> str:
    if data.get("mdtrtId"):
        kind: VisitKind = "inpatient" if data["medType"].startswith(INPATIENT_CARE) else "outpatient"
        row = visit_of(books, call, data["mdtrtId"], data["psnNo"], kind)
        if row["insutype"] != data["insutype"] or row["med_type"] not in (None, data["medType"]):
            raise BureauRefusal("险种或医疗类别与就诊登记不同")
        mdtrt_id: str = row["mdtrt_id"]
        return mdtrt_id
    if call.institution.is_pharmacy or data["medType"].startswith(INPATIENT_CARE):
        raise BureauRefusal("就诊ID[mdtrtId]为空时只能由中心代办门诊登记")
    registration = {
        "psn_no": data["psnNo"], "insutype": data["insutype"], "begntime": data["begntime"], "mdtrt_cert_type": "01",
        "dept_name": data["deptName"], "dr_name": data.get("drName"), "dise_codg": data["diseCodg"], "dise_name": data.get("diseName"),
    }  # fmt: skip
    return open_visit(books, call, "outpatient", registration, data["iptOtpNo"], data["medType"])


def _snake(row: Mapping[str, Any]) -> dict[str, Any]:
    """``detItemFeeSumamt`` → ``det_item_fee_sumamt``: the fee fields of 2204."""
    return {re.sub(r"[A-Z]", lambda m: f"_{m[0].lower()}", name): value for name, value in row.items()}


def _check_rows(data: Mapping[str, Any], rows: list[dict[str, Any]]) -> None:
    if any(row["chrg_bchno"] != data["chrgBchno"] or row["psn_no"] != data["psnNo"] for row in rows):
        raise BureauRefusal("费用明细的收费批次号或人员编号与订单不同")


def _reckon(
    books: Books, call: Call, claimant: Claimant, mdtrt_id: str, data: Mapping[str, Any]
) -> Reckoning:
    split = batch_split(books, call, mdtrt_id, data["chrgBchno"])
    check_total({"medfee_sumamt": Decimal(data["medfeeSumamt"])}, split)
    asked = {"acct_used_flag": data.get("acctUsedFlag") or "0", "mdtrt_cert_type": "01"}
    return reckon(books, call, claimant, split, asked, med_type=data["medType"])


DESKS: Final[Mapping[str, Desk]] = {
    "6201": Desk(upload_fees),
    "6202": Desk(pay),
    "6301": Desk(query, writes=False),
    "6401": Desk(withdraw),
}
