"""An order of the mobile-payment centre: its fees uploaded (6201), and what the centre tells of it (6301, 6302, 6204).

Nothing here moves money; that does :mod:`mi_core.flows.mobile_payment`. Every amount that comes back is compared with the bill.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from mi_core.flows.flow import Flow
from mi_core.flows.messages import Fields, message, node
from mi_core.flows.order_state import DONE, OrderState, Payer, place_of
from mi_core.flows.paying import DEFINITE
from mi_core.flows.record import plain_values
from mi_core.flows.standing import Standing
from mi_core.model import Request, Response
from mi_core.money import amount

if TYPE_CHECKING:
    from mi_core.inbound import Inbox

__all__ = ["OrderSteps"]

_ZERO: Final = Decimal("0.00")
_PERSON: Final = ("idNo", "userName", "idType")


class OrderSteps(Flow):
    """The order of :class:`mi_core.flows.MobilePayment`. The record has ``order``, ``state`` and ``doing``."""

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
        return await self._keep(
            doing["request"]["data"], node(reply.to_dict(), "data"), reply.meta.identifier
        )

    async def _keep(self, sent: Mapping[str, Any], told: Mapping[str, Any], number: str | None) -> str:
        more = told.get("extData")
        order = {
            **{name: sent.get(name) for name in (*_PERSON, "ecToken", "chrgBchno")}, "total": sent["medfeeSumamt"],
            "payOrdId": told.get("payOrdId") or number, "payToken": told.get("payToken"),
            "mdtrtId": sent.get("mdtrtId") or (more.get("mdtrtId") if isinstance(more, Mapping) else None),
            "cashierUrl": told.get("cashierUrl"),
        }  # fmt: skip
        await self._note("upload", doing=None, order=order)
        return str(order["payOrdId"])

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
            told = node(notice.to_dict(), "data")
            if (
                self._content.get("order") is None
                and (self._content.get("doing") or {}).get("step") == "upload"
            ):
                await self._claim(self._content["doing"], told)
            return await self._learned("notified", {**told, "ordStas": DONE})

    async def _claim(self, doing: Mapping[str, Any], told: Mapping[str, Any]) -> None:
        """The answer to 6201 was lost, and the centre speaks of the order itself: that proves it, and names it.

        Its token stays unknown, so it cannot be asked for (6301) nor withdrawn (6401); a paid one is given back without it (6203).
        The journal leaves what nobody can ask for to people (``mi doubt``), who have its number now.
        """
        sent, number = doing["request"]["data"], told.get("payOrdId")
        if told.get("medOrgOrd") != self.key or not number:
            raise self._refused(
                "notified", "通知所指的不是本订单", "the notification speaks of another order"
            )
        if not OrderState.of({**told, "ordStas": DONE}).fits(Decimal(str(sent["medfeeSumamt"]))):
            raise self._refused(
                "notified", f"通知的金额与本单（{sent['medfeeSumamt']} 元）不符，请人工核对",
                f"the notification speaks of another sum than ours ({sent['medfeeSumamt']}): a person must look",
            )  # fmt: skip
        await self._keep(sent, {"payOrdId": number}, None)

    async def _learned(self, step: str, told: Mapping[str, Any], **changes: Any) -> OrderState:
        """Compare with the bill, and note what is new. A notification says less than an answer and may come late."""
        state, order, before = OrderState.of(told), self._order(step, token=step != "notified"), self._state()
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
        try:
            reply: Response = await self._call(self._request(doing))
        except DEFINITE:
            await self._note(doing["step"], doing=None)
            raise
        return reply

    def _request(self, doing: Mapping[str, Any]) -> Request[Any]:
        return self.institution.interface(doing["code"]).request.from_dict(doing["request"])

    def _state(self) -> OrderState | None:
        known = self._content.get("state")
        return None if known is None else OrderState.noted(known)

    def _order(self, step: str, *, token: bool = True) -> Mapping[str, Any]:
        """The order; with ``token`` only one that can be asked for, paid and withdrawn."""
        order: Mapping[str, Any] | None = self._content.get("order")
        if order is None:
            raise self._refused(step, "尚未上传费用，请先 upload", "there is no order: upload first")
        if token and order.get("payToken") is None:
            raise self._refused(
                step, "6201 的答复未收到，支付 token 不可知，不能查询、支付或撤销此订单；未支付的请用新订单号重新 upload",
                "the answer to 6201 was lost and its token is not known: this order cannot be asked for, paid or withdrawn; "
                "where it is not paid, upload under a new key",
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
