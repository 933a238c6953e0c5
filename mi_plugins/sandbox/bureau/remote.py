"""Purchases of people insured elsewhere (2161–2181).

2166 makes an order that is pushed to the person; the person pays it in an app (``mi sandbox trigger pay-order NUMBER``):
the account pays as far as it goes, cash the rest. Until then 2170 tells it and 2167 cancels it, afterwards 2171 tells it
and 2163 refunds it. 2181 undoes the order (1106), the payment (1107) or the refund (1203). The social security number
is the one of the identity card.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from mi_plugins.sandbox.bureau.context import Call, Output, person_of
from mi_plugins.sandbox.bureau.desk import Desk
from mi_plugins.sandbox.bureau.records import Record, find, keep, live, withdraw
from mi_plugins.sandbox.database import Books
from mi_plugins.sandbox.head import AREA
from mi_plugins.sandbox.money import CENT, ZERO, cents, yuan
from mi_plugins.sandbox.refusal import BureauRefusal

__all__ = ["DESKS", "ORDER", "PAID", "order_place", "pay_order"]

ORDER, PAID, REFUND = "remote order", "remote payment", "remote refund"


def _person(books: Books, ssn: str) -> sqlite3.Row:
    row = books.one("SELECT * FROM person WHERE certno = ?", ssn)
    if row is None:
        raise BureauRefusal("按所给社会保障号未检索到参保登记")
    return row


def _insurance(books: Books, psn_no: str, area: str) -> sqlite3.Row:
    row = books.one(
        "SELECT * FROM insurance WHERE psn_no = ? AND area = ? AND status = '1' ORDER BY position",
        psn_no,
        area,
    )
    if row is None:
        raise BureauRefusal(f"该人员在参保地{area}没有正常的参保记录")
    return row


def _who(books: Books, call: Call) -> Output:
    """2161."""
    asked = call.input["n_input"]
    _own(call, asked)
    person = _person(books, asked["ssn"])
    insurance = _insurance(books, person["psn_no"], asked["insuplc"])
    return {
        "n_output": _identity(person, insurance)
        | {"ssn": person["certno"], "acct_balc": yuan(insurance["balance"])}
    }


def _identity(person: sqlite3.Row, insurance: sqlite3.Row) -> dict[str, Any]:
    return {
        "psn_no": person["psn_no"], "psn_name": person["name"], "certno": person["certno"], "gend": person["gend"],
        "brdy": person["brdy"], "psn_type": insurance["psn_type"], "insutype": insurance["insutype"],
        "emp_name": insurance["employer"] or None, "insuplc_admdvs": insurance["area"],
        "outmed_fundmgt_optins_fulname": f"沙箱医保局（{insurance['area']}）",
    }  # fmt: skip


def _own(call: Call, asked: Mapping[str, Any]) -> None:
    if asked.get("fixmedins_code") not in (None, "", call.institution.code):
        raise BureauRefusal("定点机构编码不是本机构")


def _order(books: Books, call: Call) -> Output:
    """2166: an order, when its rows add up and its number was not used before."""
    asked = call.input["n_input"]
    _own(call, asked)
    person = person_of(books, asked["psn_no"])
    if (person["certno"], person["name"]) != (asked["ssn"], asked["psn_name"]):
        raise BureauRefusal("社会保障号或姓名与参保登记不一致")
    insurance = _insurance(books, asked["psn_no"], asked["insuplc"])
    _check_rows(asked)
    if not call.allow_repeats:
        for one in find(books, call, (ORDER, PAID, REFUND)):
            if one.content["mdtrtsn"] == asked["mdtrtsn"]:
                raise BureauRefusal(f"就诊顺序号{asked['mdtrtsn']}已使用")
    said = {
        **asked,
        **_identity(person, insurance),
        "area": insurance["area"],
        "out_type": _out_type(insurance["area"]),
    }
    number = f"{AREA}Y{books.next_number('remote order'):012d}"
    keep(books, call, ORDER, (number,), said | {"mdtrt_regno": number})
    return {
        "n_output": {"mdtrt_regno": number, "prmmsg": "已推送，请参保人在手机上支付", "push_flag": "true"}
    }


def _check_rows(asked: Mapping[str, Any]) -> None:
    total = ZERO
    for row in asked["feedetl"]:
        if abs(Decimal(row["pric"]) * Decimal(row["cnt"]) - Decimal(row["amt"])) > CENT:
            raise BureauRefusal(f"明细{row['feedetl_sn']}的单价×数量与金额相差超过0.01")
        total += Decimal(row["amt"])
    if total != Decimal(asked["medfee_sumamt"]):
        raise BureauRefusal(f"明细合计{total:f}与医疗费总额不符")


def _out_type(area: str) -> str:
    """Table ``out_type``: at home, elsewhere in the province, from another province."""
    return "0" if area[:4] == AREA[:4] else "1" if area[:2] == AREA[:2] else "2"


def _pay(books: Books, call: Call, order: Record) -> None:
    said = order.content
    insurance = _insurance(books, said["psn_no"], said["area"])
    total = cents(Decimal(said["medfee_sumamt"]))
    account = max(min(insurance["balance"], total), 0)
    _move(books, said, -account)
    withdraw(books, call, order)
    amounts = {"acct_payamt": yuan(account), "psn_cashpay": yuan(total - account), "paid_at": call.time}
    keep(books, call, PAID, (said["mdtrt_regno"],), {**said, **amounts})


def _move(books: Books, said: Mapping[str, Any], amount: int) -> None:
    books.run(
        "UPDATE insurance SET balance = balance + ? WHERE psn_no = ? AND area = ? AND insutype = ?",
        amount, said["psn_no"], said["area"], said["insutype"],
    )  # fmt: skip


def pay_order(books: Books, call: Call, number: str) -> None:
    """The person pays an order in the app. Refuses one that is not open."""
    _pay(books, call, _there(books, call, ORDER, number))


def order_place(books: Books, number: str) -> str:
    """The institution that made an order that is open. Refuses when there is none."""
    row = books.one(
        "SELECT institution FROM record WHERE kind = ? AND key = ? AND state = 'live'", ORDER, f'["{number}"]'
    )
    if row is None:
        raise BureauRefusal(f"没有待支付的就诊登记号{number}")
    return str(row["institution"])


def _there(books: Books, call: Call, kind: str, number: str) -> Record:
    found = live(books, call, kind, (number,))
    if found is None:
        raise BureauRefusal(f"本机构没有可办理的就诊登记号{number}")
    return found


def _refund(books: Books, call: Call) -> Output:
    """2163: the whole of a paid order."""
    asked = call.input["n_input"]
    _own(call, asked)
    paid = _there(books, call, PAID, asked["mdtrt_regno"])
    _give_back(books, call, paid)
    keep(books, call, REFUND, (asked["mdtrt_regno"],), paid.content)
    return {"n_output": dict(paid.content) | {"prmmsg": "已退费"}}


def _give_back(books: Books, call: Call, paid: Record) -> None:
    _move(books, paid.content, cents(Decimal(paid.content["acct_payamt"])))
    withdraw(books, call, paid)


def _cancel(books: Books, call: Call) -> Output:
    """2167: an order that is not paid."""
    asked = call.input["n_input"]
    _own(call, asked)
    withdraw(books, call, _there(books, call, ORDER, asked["mdtrt_regno"]))
    return None


def _reverse(books: Books, call: Call) -> Output:
    """2181: as if it had not been done."""
    asked = call.input["n_input"]
    _own(call, asked)
    number = asked["mdtrt_regno"]
    kind = {"1106": ORDER, "1107": PAID, "1203": REFUND}[asked["status"]]
    found = _there(books, call, kind, number)
    if found.content["certno"] != asked["ssn"]:
        raise BureauRefusal("社会保障号与该就诊登记号的不一致")
    if kind == PAID:
        _give_back(books, call, found)
        return None
    withdraw(books, call, found)
    if kind == REFUND:
        _move(books, found.content, -cents(Decimal(found.content["acct_payamt"])))
        keep(books, call, PAID, (number,), found.content)
    return None


def _of_person(books: Books, call: Call, kind: str) -> list[dict[str, Any]]:
    asked = call.input["n_input"]
    _own(call, asked)
    psn_no = _person(books, asked["ssn"])["psn_no"]
    return [
        {**one.content, "ssn": one.content["certno"]} for one in find(books, call, (kind,), psn_no=psn_no)
    ]


def _orders(books: Books, call: Call) -> Output:
    """2170: what is not paid yet."""
    return {"n_output": _of_person(books, call, ORDER)}


def _payments(books: Books, call: Call) -> Output:
    """2171: what is paid; the rows only when there is one."""
    asked = call.input["n_input"]
    if not (asked.get("mdtrt_regno") or asked.get("start_date")):
        raise BureauRefusal("就诊登记号与查询购药开始日期至少提供一项")
    rows = [one for one in _of_person(books, call, PAID) if _chosen(one, asked)]
    if len(rows) != 1:
        rows = [{**one, "feedetl": []} for one in rows]
    return {"n_output": rows}


def _chosen(one: Mapping[str, Any], asked: Mapping[str, Any]) -> bool:
    number, kind = asked.get("mdtrt_regno"), asked.get("out_type")
    first, last = asked.get("start_date") or "", asked.get("end_date") or "9999-12-31"
    fits = number in (None, "", one["mdtrt_regno"]) and kind in (None, "", one["out_type"])
    return fits and str(first)[:10] <= str(one["paid_at"])[:10] <= str(last)[:10]


DESKS: Final[Mapping[str, Desk]] = {
    "2161": Desk(_who, writes=False, partial=True),
    "2166": Desk(_order, partial=True),
    "2163": Desk(_refund, partial=True),
    "2167": Desk(_cancel),
    "2170": Desk(_orders, writes=False, partial=True),
    "2171": Desk(_payments, writes=False, partial=True),
    "2181": Desk(_reverse),
}
