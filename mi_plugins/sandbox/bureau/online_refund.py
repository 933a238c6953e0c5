"""6203: an order's money back, from the fund and account (HI), in cash (CASH), or both (ALL).

Order state after it, by ``ordStas``: all back 7; the insured part only 8; the cash only, all 9 or a part 10; the insured
part and a part of the cash 11. The amounts must be those of the order.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from mi_plugins.sandbox.bureau.context import Call, Output, insurance_row, person_of
from mi_plugins.sandbox.bureau.desk import Desk
from mi_plugins.sandbox.bureau.online_orders import move_order, state_of, the_order
from mi_plugins.sandbox.bureau.online_payment import as_centre
from mi_plugins.sandbox.bureau.posting import post_refund
from mi_plugins.sandbox.database import Books
from mi_plugins.sandbox.head import AREA
from mi_plugins.sandbox.money import cents, yuan
from mi_plugins.sandbox.refusal import BureauRefusal

__all__ = ["DESKS", "refund"]

ALL, CASH, INSURED = "ALL", "CASH", "HI"
REFUNDABLE: Final = ("3", "4", "5", "6", "8", "9", "10", "11")
_HI_BACK: Final = ("7", "8", "11")


def refund(books: Books, call: Call) -> Output:
    """Give back what ``refdType`` says; refuses other amounts than the order's."""
    data = call.data
    order, kind = the_order(books, data["payOrdId"]), data["refdType"]
    if kind not in (ALL, CASH, INSURED):
        raise BureauRefusal("退费类型[refdType]只能是ALL、CASH、HI")
    if data["ecToken"] != person_of(books, order["psn_no"])["token"]:
        raise BureauRefusal("电子凭证授权[ecToken]与人员不符")
    if state_of(order, call.stamp) not in REFUNDABLE:
        raise BureauRefusal(f"订单当前状态{order['state']}，不能退费")
    used = books.one(
        "SELECT 1 FROM pay_refund WHERE pay_ord_id = ? AND app_refd_sn = ?",
        order["pay_ord_id"],
        data["appRefdSn"],
    )
    if used is not None:
        raise BureauRefusal(f"应用退款流水号[appRefdSn]{data['appRefdSn']}已使用")
    cash, insured = _check_amounts(order, data, kind), kind != CASH
    if insured and order["state"] in _HI_BACK:
        raise BureauRefusal("该订单的医保部分已退，不能再退")
    if insured:
        _give_back(books, call, order)
    back = order["cash_refunded"] + cash
    books.run("UPDATE pay_order SET cash_refunded = ? WHERE pay_ord_id = ?", back, order["pay_ord_id"])
    move_order(books, order, _state(order, insured or order["state"] in _HI_BACK, back), time=call.time)
    number = f"{AREA}B{books.next_number('pay_refund'):012d}"
    books.enter("pay_refund", {
        "refd_sn": number, "app_refd_sn": data["appRefdSn"], "pay_ord_id": order["pay_ord_id"], "kind": kind, "amount": cash,
        "at": call.time,
    })  # fmt: skip
    fund = f"{AREA}H{number[-12:]}" if insured else None
    return {"data": {
        "refdSn": number, "hiFefdSn": fund, "hiTrnsDate": f"{call.now:%Y%m%d}" if insured else None,
        "hiTrnsTime": f"{call.now:%H%M%S}" if insured else None, "refStatus": "SUCC", "extData": None,
    }}  # fmt: skip


def _check_amounts(order: sqlite3.Row, data: Mapping[str, Any], kind: str) -> int:
    """Refuses amounts that are not the order's; returns the cash to give back, in cents."""
    left = order["cash"] - order["cash_refunded"]
    cash = cents(Decimal(data["cashRefdAmt"]))
    wanted = {
        "totlRefdAmt": ("总退费金额", order["total"]),
        "psnAcctRefdAmt": ("医保个人账户支付", order["account"] if kind != CASH else 0),
        "fundRefdAmt": ("基金支付", order["fund"] if kind != CASH else 0),
    }
    for name, (label, amount) in wanted.items():
        if data.get(name) not in (None, "") and cents(Decimal(data[name])) != amount:
            raise BureauRefusal(f"{label}[{name}]应为{yuan(amount)}")
    if kind == INSURED and cash:
        raise BureauRefusal("只退医保时现金退费金额[cashRefdAmt]应为0")
    if kind == ALL and cash != left:
        raise BureauRefusal(f"全部退费时现金退费金额[cashRefdAmt]应为{yuan(left)}")
    if kind == CASH and not 0 < cash <= left:
        raise BureauRefusal(f"现金退费金额[cashRefdAmt]须大于0，至多{yuan(left)}")
    return cash


def _give_back(books: Books, call: Call, order: sqlite3.Row) -> None:
    row = books.one("SELECT * FROM settlement WHERE setl_id = ?", order["setl_id"])
    assert row is not None
    post_refund(books, as_centre(books, call, insurance_row(books, order)), row)


def _state(order: sqlite3.Row, insured_back: bool, cash_back: int) -> str:
    if cash_back == order["cash"]:
        return "7" if insured_back else "9"
    if insured_back:
        return "11" if cash_back else "8"
    return "10"


DESKS: Final[Mapping[str, Desk]] = {"6203": Desk(refund)}
