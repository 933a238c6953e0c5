"""An outpatient visit at the bureau, from the certificate at the counter to the receipt, and every way back.

::

    open ─► diagnose ─► charge ─► quote ─► settle ─► refund ──► (charge …) or abandon
     1101      2203       2205      2206     2207      2208
     2001     (2203A)     2204                         refund_part: 2208 ─► 2205 ─► 2204 ─► 2206 ─► 2207
     2201                          abandon: 2205 ─► 2202
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar

import attrs

from mi_core.flows.amounts import Amounts, sum_of
from mi_core.flows.batches import uploads
from mi_core.flows.messages import Fields
from mi_core.flows.outpatient_steps import OutpatientSteps
from mi_core.flows.record import plain_values
from mi_core.flows.results import PartRefund, PartRefunded, Quote, Settlement

__all__ = ["OutpatientVisit"]

Agree = Callable[[Quote, Amounts], bool]
"""Asked with the new quote and the first settlement's amounts, before what stays is settled."""


class OutpatientVisit(OutpatientSteps):
    """An outpatient visit; ``key`` is the hospital's own number of it and is sent as ``ipt_otp_no``.

    Fields of messages have their wire names; ``more`` takes further ones, e.g. those of a region (``mdtrt_mode``).
    Every step may be called again, in any process: it returns what was done, or goes on where it stopped.
    """

    kind: ClassVar[str] = "outpatient"
    title: ClassVar[tuple[str, str]] = ("门诊就诊", "outpatient visit")

    async def plan_refund(self, keep: Sequence[Fields]) -> PartRefund:
        """What a partial refund that leaves the rows ``keep`` would do. Sends nothing.

        A row that stays in part is given with its smaller quantity and amount under its own ``feedetl_sn``.
        """
        async with self._step("plan_refund"):
            if (known := self._planned(keep)) is not None:
                return known
            settled, charge = self._content.get("settled"), self._content.get("charge")
            if settled is None or charge is None:
                raise self._refused("plan_refund", "没有可退的结算", "there is no settlement")
            return self._plan(settled, charge, keep)

    def _planned(self, keep: Sequence[Fields]) -> PartRefund | None:
        """The plan of the partial refund that is under way, or was done last, where it leaves these very rows."""
        doing, done = self._content.get("doing") or {}, self._content.get("parted") or {}
        begun = doing if doing.get("step") == "refund_part" else done if "settled" in self._content else {}
        if not begun.get("keep"):
            return None
        filled = {**self._which("plan_refund"), "chrg_bchno": self._content["charge"]["chrg_bchno"]}
        rows = plain_values([{**row, **filled} for row in keep])
        if rows != begun["keep"]:
            return None
        return PartRefund(
            begun["setl_id"], tuple(rows), tuple(begun["removed"]), tuple(begun["changed"]), Amounts.of(begun["before"]),
            sum_of(rows),
        )  # fmt: skip

    def _plan(
        self, settled: Mapping[str, Any], charge: Mapping[str, Any], keep: Sequence[Fields]
    ) -> PartRefund:
        filled = {**self._which("plan_refund"), "chrg_bchno": charge["chrg_bchno"]}
        rows = plain_values([{**row, **filled} for row in keep])
        old = {str(row["feedetl_sn"]): Decimal(str(row["det_item_fee_sumamt"])) for row in charge["rows"]}
        new = {str(row["feedetl_sn"]): Decimal(str(row["det_item_fee_sumamt"])) for row in rows}
        before = Amounts.of(settled["amounts"])
        plan = PartRefund(
            settled["setl_id"], tuple(rows), tuple(n for n in old if n not in new),
            tuple(n for n in old if n in new and old[n] != new[n]), before, sum_of(rows),
        )  # fmt: skip
        if not rows:
            raise self._refused(
                "plan_refund", "没有要保留的明细，请用 refund", "nothing is to stay: use refund"
            )
        list(
            uploads(self.institution, "2204", "feedetail", rows)
        )  # wrong rows are found before anything is taken back
        if len(new) != len(rows):
            raise self._refused("plan_refund", "同一明细给出了两次", "a row is given twice")
        if strange := [n for n in new if n not in old]:
            raise self._refused(
                "plan_refund",
                f"原结算中没有这些明细：{'、'.join(strange)}",
                f"not in the settlement: {', '.join(strange)}",
            )
        if plan.difference <= 0 or not plan.total > 0:
            raise self._refused(
                "plan_refund",
                "保留的金额应小于原结算且大于 0",
                "what stays must be less than what was settled, and not nothing",
            )
        return plan

    async def refund_part(self, plan: PartRefund, *, agree: Agree | None = None) -> PartRefunded:
        """2208 → 2205 → 2204 of what stays → 2206 → 2207, as :meth:`plan_refund` has shown.

        ``agree``: asked with the new quote before it is settled; when it says no, the flow stops with what stays uploaded
        and not settled (then ``settle``, or ``charge`` anew).
        """
        async with self._step("refund_part"):
            done, settled = self._content.get("parted"), self._content.get("settled")
            self._free("refund_part")
            if done is not None and done["setl_id"] == plan.setl_id and settled is not None:
                return self._parted(done, await self._settled_before("refund_part", "2207", settled))
            begun = self._content.get("doing")
            if begun is not None and (begun["setl_id"] != plan.setl_id or begun["keep"] != list(plan.keep)):
                if not await self._untouched(begun):
                    raise self._refused(
                        "refund_part",
                        "另一部分退费尚未完成，请先调用 resume()",
                        "another partial refund has not ended: call resume() first",
                    )
                begun = None
            if begun is None:
                if settled is None or settled["setl_id"] != plan.setl_id:
                    raise self._refused(
                        "refund_part",
                        "结算已变化，请重新 plan_refund",
                        "the settlement is another one: plan_refund again",
                    )
                self._plan(settled, self._content["charge"], plan.keep)
                begun = plain_values({
                    "step": "refund_part", "setl_id": plan.setl_id, "keep": plan.keep, "before": settled["amounts"],
                    "removed": plan.removed, "changed": plan.changed, "asked": settled["asked"], "more": settled["more"],
                    "agree": agree is not None,
                })  # fmt: skip
            return await self._refund_part(begun, agree)

    async def _untouched(self, begun: Mapping[str, Any]) -> bool:
        """Whether nothing was taken back for a partial refund that was begun: then another plan may replace it."""
        if begun.get("refunded"):
            return False
        return (
            await self._stored(self._message("2208", {"setl_id": begun["setl_id"]}), area=self._area) is None
        )

    async def _refund_part(self, begun: Mapping[str, Any], agree: Agree | None = None) -> PartRefunded:
        """``begun`` is what the record says: with ``refunded`` 2208 is done, with ``request`` 2207 was about to be sent."""
        if not begun.get("refunded"):
            refunded = {**begun, "refunded": True}
            await self._take_back("refund_part", "2208", begun, {"doing": refunded, "parted": None})
            begun = refunded
        before = Amounts.of(begun["before"])
        if not begun.get("request"):
            if begun.get("agree") and agree is None:
                raise self._refused(
                    "refund_part",
                    "新的预结算须经同意：请用同一 plan 与 agree 再次调用 refund_part，或用 charge 重新上传",
                    "the new quote is to be agreed to: call refund_part again with the same plan and agree, or charge",
                )
            charge = self._content["charge"]
            if not charge.get("done") or charge["rows"] != begun["keep"]:
                await self._charge({"chrg_bchno": charge["chrg_bchno"], "rows": begun["keep"]}, begun)
            quote = await self._quote(begun["asked"])
            if agree is not None and not agree(quote, before):
                await self._note("refund_part", doing=None)
                raise self._refused(
                    "refund_part",
                    "新的预结算未获同意，保留的明细尚未结算",
                    "the new quote was not agreed to: what stays is not settled",
                )
            begun = self._settling(begun["more"], begun)
        parted = {name: begun[name] for name in ("setl_id", "before", "keep", "removed", "changed")}
        settlement = await self._settle("refund_part", begun, after=lambda _settled: {"parted": parted})
        return self._parted(parted, settlement)

    def _parted(self, parted: Mapping[str, Any], settlement: Settlement) -> PartRefunded:
        before = Amounts.of(parted["before"])
        given_back = attrs.evolve(before - settlement.amounts, balc=None)  # a balance is no payment
        return PartRefunded(settlement, before, given_back)

    async def _continue(self, step: str) -> None:
        if step == "refund_part":
            await self._refund_part(self._content["doing"])
        else:
            await super()._continue(step)
