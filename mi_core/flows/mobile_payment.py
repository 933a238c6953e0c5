"""A bill paid by phone: 6201 fees, 6202 payment, 6301 or 6302 its result, 6203 refund, 6401 withdrawal before payment.

The centre is reached through an ``envelope-sm`` gateway (``[institutions.X.gateways.NAME]``). Every amount that comes back
is compared with the bill: an answer or a notification about another order or sum is never taken for a payment.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import secrets
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, Final

from mi_core.flows.flow import Flow
from mi_core.flows.messages import Fields, message, node
from mi_core.flows.order_state import DONE, OrderState, Payer, RefundedOrder, place_of
from mi_core.flows.paying import DEFINITE
from mi_core.flows.record import plain_values
from mi_core.flows.standing import Standing
from mi_core.model import Request, Response
from mi_core.money import amount
from mi_core.types import CHINA_TIME

if TYPE_CHECKING:
    from mi_core.inbound import Inbox

__all__ = ["MobilePayment"]

ALL, CASH, INSURED = "ALL", "CASH", "HI"
_ZERO: Final = Decimal("0.00")
_PERSON: Final = ("idNo", "userName", "idType")


class MobilePayment(Flow):
    """One order; ``key`` is the hospital's own order number (``medOrgOrd``), used for one order only.

    ::

        upload (6201) ─► pay (6202) ─► status (6301) | wait (6301, 6302) | notified ─► refund (6203)
                     └─► withdraw (6401)
    """

    kind: ClassVar[str] = "mobile_payment"
    title: ClassVar[tuple[str, str]] = ("移动支付", "mobile payment")

    async def upload(
        self, /, payer: Payer, rows: Sequence[Fields], diagnoses: Sequence[Fields], *, chrg_bchno: str, med_type: str,
        begntime: dt.datetime, mdtrt_id: str = "", **fields: Any,
    ) -> str:  # fmt: skip
        """6201; returns ``payOrdId``. ``rows`` of ``feedetailList``, ``diagnoses`` of ``diseinfoList``, ``fields`` of ``data``, all
        by wire name.

        The total is that of the rows; visit, person, batch and type of care are added to each row that does not say them.
        """
        async with self._step("upload"):
            order = self._content.get("order")
            if order is not None:
                if order["idNo"] != payer.certno:
                    raise self._refused(
                        "upload", "此订单号属于另一位参保人", "this key belongs to another person"
                    )
                return str(order["payOrdId"])
            self._free("upload")
            begun = self._content.get("doing")
            if begun is not None and begun["request"]["data"].get("idNo") != payer.certno:
                raise self._refused(
                    "upload", "此订单号属于另一位参保人", "this key belongs to another person"
                )
            if begun is None:
                each = {
                    "psnNo": payer.psn_no,
                    "chrgBchno": chrg_bchno,
                    "medType": med_type,
                    "mdtrtId": mdtrt_id or None,
                }
                known = {
                    **payer.fields(), "orgCodg": self.institution.code, "medOrgOrd": self.key, "medType": med_type,
                    "begntime": f"{begntime:%Y-%m-%d %H:%M:%S}", "mdtrtId": mdtrt_id or None, "chrgBchno": chrg_bchno,
                    "medfeeSumamt": sum((amount(row["detItemFeeSumamt"]) or _ZERO for row in rows), _ZERO),
                    "feedetailList": [{**each, **row} for row in rows], "diseinfoList": list(diagnoses),
                }  # fmt: skip
                await self._begin("upload", "6201", known, fields)
            return await self._upload(self._content["doing"])

    async def _upload(self, doing: Mapping[str, Any]) -> str:
        reply = await self._send(doing)
        sent, told = doing["request"]["data"], node(reply.to_dict(), "data")
        more = told.get("extData")
        order = {
            **{name: sent.get(name) for name in (*_PERSON, "ecToken", "chrgBchno")}, "total": sent["medfeeSumamt"],
            "payOrdId": told.get("payOrdId") or reply.meta.identifier, "payToken": told.get("payToken"),
            "mdtrtId": sent.get("mdtrtId") or (more.get("mdtrtId") if isinstance(more, Mapping) else None),
            "cashierUrl": told.get("cashierUrl"),
        }  # fmt: skip
        await self._note("upload", doing=None, order=order)
        return str(order["payOrdId"])

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

    async def status(self) -> OrderState:
        """6301: what the centre says now. Raises ``FlowStopped`` when it speaks of another order or sum."""
        async with self._step("status"):
            return await self._status()

    async def _status(self) -> OrderState:
        known = self._own_with_person(self._order("status"))
        told = await self.ask(message(self.institution, "6301", known))
        return await self._learned("status", node(told, "data"))

    async def wait(
        self, *, timeout: float = 60.0, every: float = 2.0, inbox: Inbox | None = None  # noqa: ASYNC109  # a limit of patience, not of a call
    ) -> OrderState:  # fmt: skip
        """Until the payment is known to have ended, or ``timeout`` seconds are over: then the last known state, not paid.

        Asks 6301 every ``every`` seconds; ``inbox``: looks before each question whether 6302 has come (:mod:`mi_core.inbound`).
        """
        clock = asyncio.get_running_loop().time
        until = clock() + timeout
        while True:
            async with self._step("wait"):
                state = await self._noticed(inbox) or await self._status()
            if state.ended or clock() + every > until:
                return state
            await asyncio.sleep(every)

    async def _noticed(self, inbox: Inbox | None) -> OrderState | None:
        """The payment that a notification told."""
        order = self._order("wait")
        if inbox is None:
            return None
        kept = await asyncio.to_thread(inbox.about, self.institution.code, "6302", str(order["payOrdId"]))
        if not kept:
            return None
        content = json.loads(kept[-1].content, parse_float=Decimal)
        return await self._learned("notified", {**content["data"], "ordStas": DONE})

    async def notified(self, /, notice: Request[Any]) -> OrderState:
        """6302 or 6204, as the inbound application gave it to its handler; may be told again.

        Raises ``FlowStopped`` when it speaks of another order or sum.
        """
        async with self._step("notified"):
            return await self._learned("notified", {**node(notice.to_dict(), "data"), "ordStas": DONE})

    async def _learned(self, step: str, told: Mapping[str, Any], **changes: Any) -> OrderState:
        """Compare with the bill, and note what is new. A notification says less than an answer and may come late."""
        state, order, before = OrderState.of(told), self._order(step), self._state()
        same = told.get("payOrdId") == order["payOrdId"] and told.get("medOrgOrd", self.key) == self.key
        if not same or not state.fits(Decimal(order["total"])):
            raise self._refused(
                step, f"中心回告的订单或金额与本单不符（本单 {order['total']} 元，回告 {state.total} 元），请人工核对",
                f"the centre speaks of another order or sum (ours {order['total']}, theirs {state.total}): a person must look",
            )  # fmt: skip
        if step == "notified" and before is not None and before.ended:
            return before
        noted = state.note()
        if noted != self._content.get("state") or changes:
            await self._note(step, state=noted, **changes)
        return state

    async def refund(
        self, /, kind: str = ALL, *, cash: Decimal | None = None, number: str = "", **fields: Any
    ) -> RefundedOrder:
        """6203. ``kind``: ``ALL``, ``HI`` (fund and account), ``CASH`` (all of it, or ``cash`` yuan). ``number`` tells refunds of one
        order apart (parts of the cash); ``fields`` by wire name (a newer ``ecToken``).

        Called again with the same ``kind`` and ``number``: the stored result, nothing is sent.
        """
        async with self._step("refund"):
            order, name = self._order("refund"), f"{self.key}-{number or kind}"[:40]
            doing = (self._content.get("refunds") or {}).get(name)
            asked = None if cash is None else plain_values(cash)
            if doing is None:
                self._free("refund")
                doing = self._content.get("doing")
            if doing is not None and (doing["name"] != name or doing.get("cash") != asked):
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

    async def _begin(self, step: str, code: str, known: Fields, given: Fields, **more: Any) -> dict[str, Any]:
        """Write down what is going to be sent."""
        request = message(self.institution, code, known, given)
        doing: dict[str, Any] = plain_values(
            {"step": step, "code": code, "request": request.to_dict(), **more}
        )
        await self._note(step, doing=doing)
        return doing

    async def _send(self, doing: Mapping[str, Any]) -> Response:
        """Send what was written down; after a definite no the step may be begun anew."""
        request = self.institution.interface(doing["code"]).request.from_dict(doing["request"])
        try:
            reply: Response = await self._call(request)
        except DEFINITE:
            await self._note(doing["step"], doing=None)
            raise
        return reply

    def _state(self) -> OrderState | None:
        known = self._content.get("state")
        return None if known is None else OrderState.noted(known)

    def _order(self, step: str) -> Mapping[str, Any]:
        order: Mapping[str, Any] | None = self._content.get("order")
        if order is None:
            raise self._refused(step, "尚未上传费用，请先 upload", "there is no order: upload first")
        if order.get("payToken") is None:
            raise self._refused(
                step, "6201 的答复未收到，支付 token 不可知，请用新订单号重新 upload",
                "the answer to 6201 was lost and its token is not known: upload under a new key",
            )  # fmt: skip
        return order

    def _own(self, order: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "payOrdId": order["payOrdId"],
            "payToken": order["payToken"],
            "orgCodg": self.institution.code,
        }

    def _own_with_person(self, order: Mapping[str, Any]) -> dict[str, Any]:
        return {**self._own(order), **{name: order[name] for name in _PERSON}}

    def _standing(self, content: Mapping[str, Any]) -> Standing:
        return place_of(content)

    async def _continue(self, step: str) -> None:
        going_on = {
            "upload": self._upload,
            "pay": self._pay,
            "refund": self._refund,
            "withdraw": self._withdraw,
        }
        await going_on[step](self._content["doing"])
