"""A bill paid by phone: 6201 fees, 6202 payment, 6301 or 6302 its result, 6203 refund, 6401 withdrawal before payment.

The centre is reached through an ``envelope-sm`` gateway (``[institutions.X.gateways.NAME]``). Every amount that comes back
is compared with the bill: an answer or a notification about another order or sum is never taken for a payment.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar, Final

from mi_core.flows.messages import node
from mi_core.flows.mobile_order import OrderSteps
from mi_core.flows.order_state import OrderState, RefundedOrder
from mi_core.flows.record import plain_values
from mi_core.types import CHINA_TIME

__all__ = ["MobilePayment"]

ALL, CASH, INSURED = "ALL", "CASH", "HI"
_LONGEST: Final = 40
"""Characters of ``appRefdSn``."""
_ZERO: Final = Decimal("0.00")


class MobilePayment(OrderSteps):
    """One order; ``key`` is the hospital's own order number (``medOrgOrd``), used for one order only.

    ::

        upload (6201) ─► pay (6202) ─► status (6301) | wait (6301, 6302) | notified ─► refund (6203)
                     └─► withdraw (6401)
    """

    kind: ClassVar[str] = "mobile_payment"
    title: ClassVar[tuple[str, str]] = ("移动支付", "mobile payment")

    async def pay(self, /, **fields: Any) -> OrderState:
        """6202. ``fields`` by wire name: ``payAuthNo``, or ``ecAuthCode ecChnlAppId ecChnlUserId``; ``mdtrtId`` when 6201 had
        none and the centre, which then registers, did not tell it.

        The result may be in progress: then :meth:`wait`. Called again: what is known, nothing is sent.
        """
        async with self._step("pay"):
            state = self._state()
            if (
                self._content.get("refunds")
                or self._content.get("withdrawn")
                or (state is not None and state.over)
            ):
                raise self._refused(
                    "pay",
                    "订单已退费或撤销，请用新订单号",
                    "it was given back or withdrawn: use a new key",
                )
            if state is not None and (state.paid or state.paying):
                return state
            self._free("pay")
            order = self._order("pay")
            if self._content.get("doing") is None:
                serial = f"{self.key[:20]}-{secrets.token_hex(8)}"
                known = {
                    **self._own(order), "orgBizSer": serial, "mdtrtId": order.get("mdtrtId"), "chrgBchno": order["chrgBchno"]
                }  # fmt: skip
                await self._begin("pay", "6202", known, fields)
            return await self._pay(self._content["doing"])

    async def _pay(self, doing: Mapping[str, Any]) -> OrderState:
        reply = await self._send(doing)
        return await self._learned("pay", node(reply.to_dict(), "data"), doing=None)

    async def refund(
        self, /, kind: str = ALL, *, cash: Decimal | None = None, number: str = "", **fields: Any
    ) -> RefundedOrder:
        """6203. ``kind``: ``ALL``, ``HI`` (fund and account), ``CASH`` (all of it, or ``cash`` yuan). ``number`` tells refunds of one
        order apart (parts of the cash); ``fields`` by wire name (a newer ``ecToken``).

        Called again with the same ``kind`` and ``number``: the stored result, nothing is sent.
        """
        async with self._step("refund"):
            order, name = self._order("refund", token=False), _refund_number(self.key, number or kind)
            doing = (self._content.get("refunds") or {}).get(name)
            asked = None if cash is None else plain_values(cash)
            if doing is None:
                self._free("refund")
                doing = self._content.get("doing")
            begun = (
                None
                if doing is None
                else (doing["name"], doing["request"]["data"]["refdType"], doing.get("cash"))
            )
            if doing is not None and begun != (name, kind, asked):
                raise self._refused(
                    "refund",
                    f"退费 {doing['name']} 的内容不同；未完成的请先 resume()，另一笔退费请用另一 number",
                    f"refund {doing['name']} has other content: resume() it if it has not ended, or use another number",
                )
            if doing is None:
                state = self._state()
                if state is None or not state.refundable:
                    raise self._refused(
                        "refund", "尚未支付，没有可退的金额", "it is not paid, there is nothing to give back"
                    )
                insured = kind != CASH
                known = {
                    "payOrdId": order["payOrdId"], "appRefdSn": name, "appRefdTime": f"{dt.datetime.now(CHINA_TIME):%Y%m%d%H%M%S}",
                    "totlRefdAmt": state.total, "psnAcctRefdAmt": state.account if insured else _ZERO,
                    "fundRefdAmt": state.fund if insured else _ZERO, "ecToken": order["ecToken"], "refdType": kind,
                    "cashRefdAmt": cash if cash is not None else _ZERO if kind == INSURED else state.cash,
                }  # fmt: skip
                doing = await self._begin("refund", "6203", known, fields, name=name, cash=asked)
            return await self._refund(doing)

    async def _refund(self, doing: Mapping[str, Any]) -> RefundedOrder:
        name, refunds = str(doing["name"]), dict(self._content.get("refunds") or {})
        reply = await self._send(doing)
        if name not in refunds:
            await self._note("refund", doing=None, refunds={**refunds, name: doing})
        return RefundedOrder(name, node(reply.to_dict(), "data").get("refdSn"), reply)

    async def withdraw(self) -> None:
        """6401: take the order back before it is paid. Called again: nothing happens."""
        async with self._step("withdraw"):
            order, state = self._order("withdraw"), self._state()
            if self._content.get("withdrawn"):
                return
            if state is not None and state.refundable:
                raise self._refused("withdraw", "订单已支付，只能退费", "it is paid: refund it")
            self._free("withdraw")
            if self._content.get("doing") is None:
                await self._begin("withdraw", "6401", self._own_with_person(order), {})
            await self._withdraw(self._content["doing"])

    async def _withdraw(self, doing: Mapping[str, Any]) -> None:
        await self._send(doing)
        await self._note("withdraw", doing=None, withdrawn=True)

    async def _continue(self, step: str) -> None:
        going_on = {
            "upload": self._upload,
            "pay": self._pay,
            "refund": self._refund,
            "withdraw": self._withdraw,
        }
        await going_on[step](self._content["doing"])


def _refund_number(key: str, which: str) -> str:
    """``appRefdSn``: another one for each refund of each order, also where both numbers together are too long for it."""
    name = f"{key}-{which}"
    if len(name) <= _LONGEST:
        return name
    return f"{key[:23]}-{hashlib.sha256(name.encode()).hexdigest()[:16]}"
