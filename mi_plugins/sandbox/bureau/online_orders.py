"""Orders of the mobile-payment centre: lookup, states by ``ordStas``, and what is told of them (6302, 6204)."""

from __future__ import annotations

import datetime as dt
import sqlite3
from typing import Any, Final

from mi_core.types import CHINA_TIME
from mi_plugins.sandbox.bureau.context import clock_text
from mi_plugins.sandbox.database import Books
from mi_plugins.sandbox.money import yuan
from mi_plugins.sandbox.refusal import BureauRefusal, WrongOrder

__all__ = [
    "DONE", "INSURED_PART", "PAID", "PAYING", "RECKONED", "WITHDRAWN", "move_order", "order_row", "payment_notice", "state_of",
    "synchronisation", "take_cash", "the_order", "trace_time",
]  # fmt: skip

RECKONED, PAYING, INSURED_PART, DONE, WITHDRAWN = "1", "2", "4", "6", "12"
PAID: Final = ("3", "4", "5", "6")
"""States in which fund and account have paid."""
THIRD_PARTY: Final = "SANDBOX"
"""``thdPayType``: how the cash was paid."""


def move_order(books: Books, order: sqlite3.Row, state: str, *, time: str) -> None:
    """Move an order to ``state``."""
    books.run(
        "UPDATE pay_order SET state = ?, changed = ? WHERE pay_ord_id = ?",
        state,
        time,
        order["pay_ord_id"],
    )


def take_cash(books: Books, pay_ord_id: str, *, time: str) -> sqlite3.Row:
    """The person paid what was left in cash: state 6. Raises ``ValueError`` for an order that does not wait for it."""
    changed = books.run(
        "UPDATE pay_order SET state = ?, changed = ? WHERE pay_ord_id = ? AND state = ?",
        DONE, time, pay_ord_id, INSURED_PART,
    )  # fmt: skip
    if not changed:
        raise WrongOrder(f"订单 {pay_ord_id} 没有待付的现金", f"order {pay_ord_id} does not wait for cash")
    return order_row(books, pay_ord_id)


def payment_notice(books: Books, order: sqlite3.Row) -> dict[str, Any]:
    """6302: paid."""
    at = trace_time(order)
    return {
        "payOrdId": order["pay_ord_id"], "callType": "02", "medOrgOrd": order["med_org_ord"], "traceTime": at,
        "feeSumamt": yuan(order["total"]), "ownpayAmt": yuan(order["cash"]), "psnAcctPay": yuan(order["account"]),
        "fundPay": yuan(order["fund"]), "hiChrgTime": at[11:].replace(":", ""), "hiDocSn": order["setl_id"],
        "hiRgstSn": order["mdtrt_id"], "orgName": books.institutions[order["institution"]].name, "setlType": "ALL",
        "revsToken": order["revs_token"],
    }  # fmt: skip


def synchronisation(order: sqlite3.Row) -> dict[str, Any]:
    """6204: the order with how the cash was paid."""
    return {
        "payOrdId": order["pay_ord_id"], "medOrgOrd": order["med_org_ord"], "feeSumamt": yuan(order["total"]),
        "ownPayAmt": yuan(order["cash"]), "psnAcctPay": yuan(order["account"]), "fundPay": yuan(order["fund"]),
        "thdPayType": THIRD_PARTY,
    }  # fmt: skip


def the_order(
    books: Books, pay_ord_id: str, institution: str | None = None, token: str | None = None
) -> sqlite3.Row:
    """The order; refuses an unknown or foreign one, or a wrong token."""
    order = books.one("SELECT * FROM pay_order WHERE pay_ord_id = ?", pay_ord_id)
    if order is None or institution not in (None, order["institution"]):
        raise BureauRefusal(f"本机构没有支付订单{pay_ord_id}")
    if token not in (None, order["pay_token"]):
        raise BureauRefusal("支付token[payToken]与订单不符")
    return order


def state_of(order: sqlite3.Row, stamp: int) -> str:
    """A code of ``ordStas``: a payment shows only after a while (``Settings.payment_seconds``)."""
    state: str = order["state"]
    return PAYING if state in PAID and order["paid_at"] > stamp else state


def trace_time(order: sqlite3.Row) -> str:
    """When it was paid; before that, when it was opened."""
    if order["paid_at"] is None:
        return str(order["opened"])
    return clock_text(dt.datetime.fromtimestamp(order["paid_at"] / 1000, CHINA_TIME))


def order_row(books: Books, pay_ord_id: str) -> sqlite3.Row:
    row = books.one("SELECT * FROM pay_order WHERE pay_ord_id = ?", pay_ord_id)
    assert row is not None
    return row
