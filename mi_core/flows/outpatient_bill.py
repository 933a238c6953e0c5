"""One bill (收费批次) of an outpatient visit: uploaded, quoted, settled, refunded; each step safe to be called again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from mi_core.errors import BureauRefused
from mi_core.flows.amounts import Amounts, entered_as_sent, sum_of
from mi_core.flows.batches import positives_first, uploads
from mi_core.flows.messages import Fields, node, rows_of
from mi_core.flows.outpatient_standing import standing_of
from mi_core.flows.paying import QUOTED
from mi_core.flows.record import plain_values
from mi_core.flows.results import Charged, Quote, Refund, Settlement
from mi_core.flows.settled import Settled
from mi_core.flows.standing import Standing

__all__ = ["ALL_BATCHES", "BillSteps"]

ALL_BATCHES: Final = "0000"
"""``chrg_bchno`` of 2205: every row of the visit that is not settled, of whatever bill (remark of its table)."""
_NOT_PARTED: Final = {"parted": None, "restored": None}
"""Noted with a refund: what was said of an earlier partial refund holds no more."""


class BillSteps(Settled):
    """The steps of a bill. The record has ``charge quote settled refunded doing`` …"""

    settles: ClassVar[str] = "2207"

    async def charge(self, rows: Sequence[Fields], *, chrg_bchno: str | None = None) -> Charged:
        """2205 (leftovers) → 2204 in as few messages as the limits allow, charges before returns.

        ``rows`` of ``feedetail`` by wire name; visit, person and batch are filled in. They replace what was uploaded before.
        ``chrg_bchno``: the batch, by default the flow's key.
        """
        async with self._step("charge"):
            which = self._which("charge")
            batch = self._batch(chrg_bchno)
            charged = plain_values(
                {"chrg_bchno": batch, "rows": [{**row, **which, "chrg_bchno": batch} for row in rows]}
            )
            if self._content.get("settled") is not None:
                if self._content["charge"]["rows"] == charged["rows"]:
                    return self._charged
                raise self._refused(
                    "charge",
                    "已结算，请先 refund 或 refund_part",
                    "it is settled: refund or refund_part first",
                )
            return await self._charge(charged)

    def _batch(self, asked: str | None) -> str:
        """The bill's ``chrg_bchno``; never that of another bill of the visit."""
        batch: str = asked or (self._content.get("charge") or {}).get("chrg_bchno") or self.key
        if batch == ALL_BATCHES or batch in (self._content.get("bills") or ()):
            raise self._refused(
                "charge", f"收费批次号 {batch} 不可用或已属于本次就诊的另一账单",
                f"batch {batch} cannot be used, or is another bill's of this visit",
            )  # fmt: skip
        return batch

    async def _charge(self, charged: Mapping[str, Any], doing: Mapping[str, Any] | None = None) -> Charged:
        before = self._content.get("charge")
        if before is not None and before.get("done") and before["rows"] == charged["rows"] and doing is None:
            return self._charged
        if doing is None:
            self._free("charge")
        requests = list(
            uploads(
                self.institution, "2204", "feedetail", positives_first(charged["rows"], "det_item_fee_sumamt")
            )
        )
        await self._note(
            "charge", charge={**charged, "done": False}, quote=None, doing=doing or {"step": "charge"}
        )
        await self._clear(before, charged)
        result: list[Mapping[str, Any]] = []
        for request in requests:
            result += rows_of(await self.ask(request, area=self._area), "result")
        entered_as_sent(result, charged["rows"], "重新调用 charge", "call charge again")
        done = {**charged, "done": True, "messages": len(requests), "result": plain_values(result)}
        await self._note("charge", charge=done, **({"doing": None} if doing is None else {}))
        return self._charged

    async def _clear(self, before: Mapping[str, Any] | None, charged: Mapping[str, Any]) -> None:
        """2205 before an upload: of all leftovers while this is the visit's only bill, else of this bill's batches alone."""
        sure = before is not None and bool(before.get("done"))
        if self._alone:
            await self._withdraw(ALL_BATCHES, tolerant=not sure)
            return
        for batch in dict.fromkeys([charged["chrg_bchno"], (before or charged)["chrg_bchno"]]):
            await self._withdraw(batch, tolerant=not sure or batch != (before or charged)["chrg_bchno"])

    @property
    def _alone(self) -> bool:
        """Whether the visit has no other bill, as far as the record says."""
        return not self._content.get("bills")

    async def _withdraw(self, batch: str, *, tolerant: bool = False) -> None:
        """2205. ``tolerant``: there may be nothing (any more), which some call an error."""
        try:
            await self._call(self._message("2205", {"chrg_bchno": batch}), area=self._area)
        except BureauRefused:
            if not tolerant:
                raise

    async def quote(self, /, *, acct_used_flag: str, psn_setlway: str = "01", **more: Any) -> Quote:
        """2206. ``acct_used_flag``: 0 no account, 1 the person's, 2 the family's (Hunan). Changes nothing."""
        async with self._step("quote"):
            if self._content.get("settled") is not None:
                raise self._refused("quote", "已结算", "it is settled")
            self._free("quote")
            return await self._quote({"acct_used_flag": acct_used_flag, "psn_setlway": psn_setlway, **more})

    async def _quote(self, asked: Fields) -> Quote:
        self._which("quote")
        charge = self._content.get("charge")
        if charge is None or not charge.get("done"):
            raise self._refused(
                "quote", "费用明细尚未上传完成，请先 charge", "the fees are not uploaded: charge first"
            )
        total = sum_of(charge["rows"])
        known = {"medfee_sumamt": total, "chrg_bchno": charge["chrg_bchno"]}
        reply = await self._call(self._message("2206", known, asked), area=self._area)
        amounts = Amounts.of(node(reply.to_dict(), "setlinfo"))
        self._same_total(amounts, total)
        await self._note("quote", quote={"asked": plain_values(asked), "amounts": amounts.to_dict()})
        return Quote(amounts, reply)

    async def settle(self, /, *, accept: bool = False, **more: Any) -> Settlement:
        """2207 with the amounts of the quote. Called again: the stored settlement, nothing is sent.

        ``accept``: the cashier has seen that a new quote differs from a settlement that was sent and not executed.
        ``more``: ``invono``, or what a region demands of 2207 beside 2206.
        """
        async with self._step("settle"):
            if (done := await self._already("settle")) is not None:
                return done
            begun = self._content.get("doing")
            if begun is None:
                begun = self._settling(more, {"step": "settle"})
            return await self._settle("settle", begun, accept=accept)

    def _settling(self, more: Fields, doing: Mapping[str, Any]) -> dict[str, Any]:
        """What a settlement writes down before it is sent."""
        self._which("settle")
        quote, charge = self._content.get("quote"), self._content.get("charge")
        if quote is None or charge is None:
            raise self._refused("settle", "尚未预结算，请先 quote", "there is no quote: quote first")
        known = {
            "medfee_sumamt": sum_of(charge["rows"]), "chrg_bchno": charge["chrg_bchno"], **quote["asked"],
            **{name: quote["amounts"].get(name) for name in QUOTED},
        }  # fmt: skip
        request = self._message("2207", known, more).to_dict()
        found: dict[str, Any] = plain_values(
            {**doing, "request": request, "asked": quote["asked"], "more": more}
        )
        return found

    async def _settle(self, step: str, doing: Mapping[str, Any], *, accept: bool = False) -> Settlement:
        async def requote() -> Any:
            await self._agreed_still(step, doing, await self._quote(doing["asked"]))
            return self._settling(doing["more"], {})["request"]

        return await self._pay(
            step, "2207", doing, accept=accept, requote=requote, after=lambda _settled: self._ended()
        )

    async def _agreed_still(self, step: str, doing: Mapping[str, Any], quote: Quote) -> None:
        """Raises ``FlowStopped`` where a new quote is not what was agreed to before the first send."""

    def _ended(self) -> Mapping[str, Any]:
        """What is noted with a settlement."""
        return {}

    async def refund(self, setl_id: str | None = None) -> Refund:
        """2208: all of the settlement. The fees stay uploaded: then ``charge`` anew, ``settle`` again, or ``abandon``.

        ``setl_id``: the settlement that is meant; then a call that comes late never takes back a newer one.
        """
        async with self._step("refund"):
            setl_id = self._which_settlement("refund", setl_id)
            self._free("refund")
            return await self._take_back("refund", {"step": "refund", "setl_id": setl_id}, _NOT_PARTED)

    def _lost(self, settled: Mapping[str, Any]) -> Mapping[str, Any]:
        charge = self._content.get("charge")
        again = None if charge is None else {**charge, "done": False, "lost": True}
        return {"charge": again, **_NOT_PARTED}

    @property
    def _charged(self) -> Charged:
        charge = self._content["charge"]
        return Charged(
            len(charge["rows"]), sum_of(charge["rows"]), charge["messages"], tuple(charge["result"])
        )

    def _may_interrupt(self, name: str) -> tuple[str, ...]:
        """An upload may be replaced; so may what a partial refund has left uploaded: between its refund and its settlement."""
        if (
            name not in ("charge", "abandon", "refund_part", "restore")
            or self._content.get("settled") is not None
        ):
            return ()
        sent = (self._content.get("doing") or {}).get("request")  # its 2207 may have been executed
        return ("charge",) if sent else ("charge", "refund_part", "restore")

    def _recorded(self, content: Mapping[str, Any]) -> Standing:
        return standing_of(content)

    async def _continue(self, step: str) -> None:
        begun = self._content["doing"]
        match step:
            case "charge":
                charge = self._content["charge"]
                await self._charge({name: charge[name] for name in ("chrg_bchno", "rows")})
            case "settle":
                await self._settle("settle", begun)
            case "refund":
                await self._take_back("refund", begun, _NOT_PARTED)
