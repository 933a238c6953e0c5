"""A settlement that stands: given again, taken back once, and found taken back by somebody else.

Another system of the hospital, or the bureau's own desk, may take a settlement back behind a flow's back. So the bureau is
asked (:mod:`mi_core.flows.bureau_state`) before a reversal is sent and whenever the flow is resumed; what it says is noted and
told, no second reversal is sent, and :meth:`Settled.take_over` makes the record and the journal agree with the bureau.
"""

from __future__ import annotations

import asyncio
import time
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

import attrs

from mi_core.errors import CallError
from mi_core.flows.amounts import Amounts
from mi_core.flows.bureau_state import AtBureau, at_bureau
from mi_core.flows.messages import node
from mi_core.flows.paying import DEFINITE, Paying
from mi_core.flows.results import Refund, Settlement
from mi_core.flows.standing import Standing
from mi_core.journal import QuoteNeeded
from mi_core.journal.elsewhere import taken_back_elsewhere
from mi_core.model import Request, Response

__all__ = ["Settled"]


class Settled(Paying):
    """Base of the flows whose settlements can be taken back. The record has ``settled``, ``refunded`` and ``gone``: what the
    bureau was seen to have taken back although nothing here did."""

    settles: ClassVar[str]
    """The interface of the settlement; what cancels it stands in the catalogue."""

    async def resume(self) -> Standing:
        """Go on with the step that was begun and has not ended (after a crash, a time-out); where things stand then.

        The bureau is asked whether the settlement still stands (``Standing.asked``): stage ``taken_back_elsewhere`` when it does
        not, then :meth:`take_over`. Where no answer comes the standing is the record's. Raises :class:`FlowStopped`.
        """
        await super().resume()
        if self._content.get("settled") is None or self._content.get("doing") is not None:
            return await self.standing()
        async with self._step("resume"):
            settled = self._content.get("settled")
            if settled is None or self._content.get("doing") is not None:
                return self._standing(self._content)
            try:
                seen = await self._seen(settled)
            except CallError:
                return self._standing(self._content)
            if seen.state in ("stands", "taken_back"):
                await self._note_gone("resume", settled, seen)
            return attrs.evolve(self._standing(self._content), asked=seen.state in ("stands", "taken_back"))

    async def take_over(self) -> Standing:
        """Accept that the bureau has taken the settlement back without this flow: it is asked once more, then record and journal
        say so, and the business can go on (``charge``, ``quote`` …). Sends no call that changes anything. Again: nothing.

        Money that the patient has paid or got back in between is the cashier's to settle by hand. Raises :class:`FlowStopped`
        when the bureau says that it stands, or cannot tell.
        """
        async with self._step("take_over"):
            settled = self._content.get("settled")
            if settled is None and (self._content.get("refunded") or {}).get("elsewhere"):
                return self._standing(self._content)
            if settled is None:
                raise self._refused("take_over", "没有结算可核对", "there is no settlement")
            self._free("take_over")
            seen = await self._seen(settled)
            if seen.state != "taken_back":
                raise self._not_taken_back(settled, seen)
            reply = await self._stored(
                self._again(self.settles, settled["request"]), key=settled.get("key"), area=self._area
            )
            if reply is not None and await self._adopted("take_over", settled, reply):
                return self._standing(self._content)
            if reply is not None and reply.meta.msgid:
                await self._tell_journal(reply.meta.msgid, seen.evidence)
            refunded = {"setl_id": settled["setl_id"], "mdtrt_id": settled.get("mdtrt_id"), "elsewhere": True}
            await self._note(
                "take_over", **{"settled": None, "quote": None, "gone": None, "refunded": refunded, **self._lost(settled)}
            )  # fmt: skip
            return self._standing(self._content)

    def _lost(self, settled: Mapping[str, Any]) -> Mapping[str, Any]:
        """What else is to be noted when ``settled`` turns out to be taken back: nobody knows what became of its fees."""
        return {}

    async def _tell_journal(self, msgid: str, evidence: bytes) -> None:
        journal = self.mi.journal
        ring = journal.read.ring
        await asyncio.to_thread(journal.wait, lambda tx: taken_back_elsewhere(tx, ring, msgid, evidence))

    def _which_settlement(self, step: str, setl_id: str | None) -> str:
        """The settlement that a refund means: the live one, or the one taken back last."""
        live, gone = (
            str((self._content.get(name) or {}).get("setl_id") or "") for name in ("settled", "refunded")
        )
        found = setl_id or live or gone
        if not found or found not in (live, gone):
            raise self._refused(step, "没有可退的结算", "there is no such settlement")
        return found

    def _cancel(self, setl_id: str) -> Request[Any]:
        """The message that takes a settlement back. Raises ``FlowStopped`` where the region has none."""
        code = self.institution.interface(self.settles).behaviour.cancelled_by
        if code is None:
            raise self._refused(
                "refund", "本地区没有撤销此类结算的接口", "no interface takes such a settlement back here"
            )
        return self._message(code, {"setl_id": setl_id})

    async def _seen(self, settled: Mapping[str, Any]) -> AtBureau:
        async def ask(request: Request[Any]) -> Response:
            reply: Response = await self._call(request, area=self._area)
            return reply

        return await at_bureau(self.institution, self._cancel(str(settled["setl_id"])), ask)

    async def _note_gone(self, step: str, settled: Mapping[str, Any], seen: AtBureau, **changes: Any) -> None:
        """Write down what the bureau says, where that is news."""
        gone = (
            {"setl_id": settled["setl_id"], "told_by": seen.interface} if seen.state == "taken_back" else None
        )
        if gone != self._content.get("gone") or changes:
            await self._note(step, gone=gone, **changes)

    def _free(self, name: str) -> None:
        super()._free(name)
        gone = self._content.get("gone")
        if (
            gone is not None
            and self._content.get("settled") is not None
            and name not in ("refund", "take_over")
        ):
            raise self._refused(
                name, f"结算 {gone['setl_id']} 在医保端已被撤销，请先核对并调用 take_over 登记",
                f"the bureau has taken settlement {gone['setl_id']} back: look, then call take_over first",
            )  # fmt: skip

    async def _already(self, step: str) -> Settlement | None:
        """The settlement that stands, for a step that would settle; ``None``: there is none, and nothing else is under way."""
        self._free(step)
        settled = self._content.get("settled")
        return None if settled is None else await self._settled_before(step, settled)

    async def _settled_before(self, step: str, settled: Mapping[str, Any]) -> Settlement:
        """The stored result of a settlement that stands. Nothing is sent: also not when it was taken back elsewhere."""
        reply = await self._stored(
            self._again(self.settles, settled["request"]), key=settled.get("key"), area=self._area
        )
        if reply is not None and await self._adopted(step, settled, reply):
            return self._settlement(reply)
        if reply is None or self._content.get("gone"):
            setl_id = settled["setl_id"]
            raise self._refused(
                step, f"结算 {setl_id} 已在本流程之外撤销，不再有效；调用 take_over（或 refund）登记其撤销",
                f"settlement {setl_id} was taken back outside of this flow and stands no more: call take_over (or refund) to note it",
            )  # fmt: skip
        return self._settlement(reply)

    async def _take_back(
        self, step: str, doing: Mapping[str, Any], after: Mapping[str, Any] | None = None
    ) -> Refund:  # fmt: skip
        """Take back the settlement ``doing["setl_id"]`` and note it as ``refunded``, with ``after``; again: the stored reply.

        Unless the journal has this reversal already the bureau is asked first whether there is anything to take back.
        """
        setl_id = str(doing["setl_id"])
        settled = self._content.get("settled")
        live = settled is not None and settled["setl_id"] == setl_id
        request = self._cancel(setl_id)
        if await self._stored(request, area=self._area) is None:
            if settled is None or not live:
                raise self._refused(
                    step, f"结算 {setl_id} 已登记为由他处撤销，没有可退的金额",
                    f"settlement {setl_id} is noted as taken back elsewhere, there is nothing to give back",
                )  # fmt: skip
            await self._check_it_stands(step, settled)
        elif live:
            await self._check_nothing_instead(step, settled or {})
        if live and self._content.get("doing") != doing:
            await self._note(step, doing=doing)
        try:
            reply = await self._call(request, area=self._area)
        except DEFINITE:
            await self._note(step, doing=None)  # the settlement stands as before
            raise
        amounts = Amounts.of(node(reply.to_dict(), "setlinfo"))
        if live:
            refunded = {
                "setl_id": setl_id,
                "mdtrt_id": (settled or {}).get("mdtrt_id"),
                "amounts": amounts.to_dict(),
            }
            await self._note(
                step,
                **{
                    "doing": None,
                    "settled": None,
                    "gone": None,
                    "quote": None,
                    "refunded": refunded,
                    **(after or {}),
                },
            )
        return Refund(setl_id, amounts, reply)

    async def _adopted(self, step: str, settled: Mapping[str, Any], reply: Any) -> bool:
        """Whether the journal's settlement of this very bill is another one than the record's: plain calls beside the flow took
        the record's back and settled anew. That one is written down as what stands."""
        found = self._settlement(reply)
        if not found.setl_id or found.setl_id == settled["setl_id"]:
            return False
        visit = node(reply.to_dict(), "setlinfo").get("mdtrt_id") or settled.get("mdtrt_id")
        newer = {
            "setl_id": found.setl_id,
            "mdtrt_id": visit,
            "amounts": found.amounts.to_dict(),
            "at": int(time.time()),
        }
        await self._note(step, gone=None, settled={**settled, **newer})
        return True

    async def _check_nothing_instead(self, step: str, settled: Mapping[str, Any]) -> None:
        """The journal has taken ``settled`` back: this flow, before a crash, or plain calls, which may have settled anew since."""
        try:
            reply = await self._stored(
                self._again(self.settles, settled["request"]), key=settled.get("key"), area=self._area
            )
        except QuoteNeeded:  # that was tried, and not executed
            return
        if reply is not None and await self._adopted(step, settled, reply):
            old, new = settled["setl_id"], self._content["settled"]["setl_id"]
            raise self._refused(
                step, f"结算 {old} 已在本流程之外撤销，并已重新结算为 {new}；请核对患者是否已退款，要撤销 {new} 请再次调用 {step}",
                f"settlement {old} was taken back outside of this flow and settled anew as {new}: see whether the patient got the "
                f"money; to take {new} back call {step} again",
            )  # fmt: skip

    async def _check_it_stands(self, step: str, settled: Mapping[str, Any]) -> None:
        """Before a first reversal. An answer that says nothing lets it pass: the bureau itself takes back only what stands."""
        seen = await self._seen(settled)
        setl_id, paid = settled["setl_id"], Amounts.of(settled["amounts"])
        if seen.state == "taken_back":
            await self._note_gone(step, settled, seen, doing=None)
            raise self._refused(
                step,
                f"结算 {setl_id} 在医保端已被撤销（{seen.interface} 查询），不是本流程办理的，没有再次发送撤销；"
                f"原结算：{paid.words('zh')}。请先核对患者是否已退款，再调用 take_over 登记",
                f"the bureau ({seen.interface}) has taken settlement {setl_id} back already, not through this flow; no second "
                f"reversal was sent. It was: {paid.words('en')}. See whether the patient got the money, then call take_over",
            )
        if seen.state == "absent" and self._beyond_lag(settled):
            raise self._refused(
                step, f"医保端查不到结算 {setl_id}（{seen.interface}），没有发送撤销；请对账（mi reconcile）后由人工处理",
                f"the bureau ({seen.interface}) does not know settlement {setl_id}, no reversal was sent: reconcile the day "
                "(mi reconcile) and let a person decide",
            )  # fmt: skip

    def _beyond_lag(self, settled: Mapping[str, Any]) -> bool:
        """Whether a query must show the settlement by now; where nobody knows how long that takes, time proves nothing."""
        lag = self.institution.recovery.replica_lag
        return lag is not None and time.time() - float(settled.get("at") or 0) > lag

    def _not_taken_back(self, settled: Mapping[str, Any], seen: AtBureau) -> Exception:
        setl_id = settled["setl_id"]
        if seen.state == "stands":
            return self._refused(
                "take_over", f"医保端显示结算 {setl_id} 有效，无须登记撤销",
                f"the bureau says that settlement {setl_id} stands: there is nothing to take over",
            )  # fmt: skip
        return self._refused(
            "take_over", f"医保端没有说明结算 {setl_id} 是否已撤销，不能登记；请对账（mi reconcile）后由人工处理",
            f"the bureau does not say whether settlement {setl_id} was taken back: reconcile the day (mi reconcile)",
        )  # fmt: skip

    def _standing(self, content: Mapping[str, Any]) -> Standing:
        found, gone = self._recorded(content), content.get("gone")
        if gone is None or content.get("settled") is None or found.unfinished:
            return found
        setl_id = str(gone["setl_id"])
        return attrs.evolve(
            found, stage="taken_back_elsewhere", next_step="take_over", undo_step="",
            zh=f"{found.zh}，但医保端（{gone['told_by']}）显示结算 {setl_id} 已被撤销，不是本流程办理的",
            en=f"{found.en}, but the bureau ({gone['told_by']}) has taken settlement {setl_id} back, not through this flow",
            setl_ids=tuple(one for one in found.setl_ids if one != setl_id),
        )  # fmt: skip

    @abstractmethod
    def _recorded(self, content: Mapping[str, Any]) -> Standing:
        """Where things stand as far as this flow did them."""
