"""A partial refund: everything is taken back, then what stays is settled anew: 2208 → 2205 → 2204 → 2206 → 2207.

Only the new quote (2206) knows what fund, account and cash will pay of what stays, and it can be had only after 2208. So the
step may have to stop in between; then the record (``parting``) keeps the settlement as it was, the standing says what the patient
is to get back, and there are two ways on: ``refund_part`` again (or ``settle``), and ``restore``, which settles all rows again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import attrs

from mi_core.flows.amounts import Amounts, sum_of
from mi_core.flows.batches import uploads
from mi_core.flows.messages import Fields
from mi_core.flows.outpatient_bill import BillSteps
from mi_core.flows.record import plain_values
from mi_core.flows.results import PartRefund, PartRefunded, Quote, Settlement

__all__ = ["Agree", "PartRefunds"]

Agree = Callable[[Quote, Amounts], bool]
"""Asked with the new quote and the first settlement's amounts, before anything is settled."""
_PLAN = ("setl_id", "keep", "removed", "changed", "before", "asked", "more", "rows", "chrg_bchno")
_SPLIT = ("medfee_sumamt", "fund_pay_sumamt", "acct_pay", "psn_cash_pay")


class PartRefunds(BillSteps):
    """Partial refunds of a bill, and the way back from one that stopped."""

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
        begun = (
            doing
            if doing.get("step") == "refund_part"
            else done
            if "settled" in self._content
            else self._parting
        )
        if not begun.get("keep"):
            return None
        rows = self._filled(keep)
        if rows != begun["keep"]:
            return None
        return PartRefund(
            begun["setl_id"], tuple(rows), tuple(begun["removed"]), tuple(begun["changed"]), Amounts.of(begun["before"]),
            sum_of(rows),
        )  # fmt: skip

    @property
    def _parting(self) -> Mapping[str, Any]:
        """The partial refund that has taken back its settlement and has not ended; empty when there is none."""
        doing = self._content.get("doing") or {}
        kept: Mapping[str, Any] = doing if doing.get("refunded") and doing.get("keep") else {}
        found: Mapping[str, Any] = self._content.get("parting") or kept
        return found

    def _filled(self, keep: Sequence[Fields]) -> list[dict[str, Any]]:
        filled = {**self._which("plan_refund"), "chrg_bchno": self._content["charge"]["chrg_bchno"]}
        rows: list[dict[str, Any]] = plain_values([{**row, **filled} for row in keep])
        return rows

    def _plan(
        self, settled: Mapping[str, Any], charge: Mapping[str, Any], keep: Sequence[Fields]
    ) -> PartRefund:
        rows = self._filled(keep)
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

        ``agree``: asked with the new quote before it is settled. When it says no, or a call after 2208 is refused, the flow stops
        with the first settlement taken back; the error's ``standing`` says what the patient is to get back (``pay_back``).
        Then: the same ``plan`` again, ``settle`` (agreed after all), :meth:`restore`, or ``charge`` of other rows.
        """
        async with self._step("refund_part"):
            done, settled = self._content.get("parted"), self._content.get("settled")
            self._free("refund_part")
            if done is not None and done["setl_id"] == plan.setl_id and settled is not None:
                return self._parted(done, await self._settled_before("refund_part", settled))
            begun = self._content.get("doing")
            begun = begun if begun is not None and begun["step"] == "refund_part" else None
            if begun is not None and (begun["setl_id"] != plan.setl_id or begun["keep"] != list(plan.keep)):
                if not await self._untouched(begun):
                    raise self._refused(
                        "refund_part",
                        "另一部分退费尚未完成，请先调用 resume()",
                        "another partial refund has not ended: call resume() first",
                    )
                begun = None
            if begun is None:
                begun = self._begun(plan, agree is not None)
            return await self._refund_part(begun, agree)

    def _begun(self, plan: PartRefund, agree: bool) -> dict[str, Any]:
        """What is written down of a plan, with ``refunded`` when its settlement is taken back already."""
        settled, parting = self._content.get("settled"), self._parting
        if (
            settled is None
            and parting
            and (parting["setl_id"], parting["keep"]) == (plan.setl_id, list(plan.keep))
        ):
            return {"step": "refund_part", **parting, "agree": agree, "refunded": True}
        if settled is None or settled["setl_id"] != plan.setl_id:
            raise self._refused(
                "refund_part",
                "结算已变化，请重新 plan_refund",
                "the settlement is another one: plan_refund again",
            )
        charge = self._content["charge"]
        self._plan(settled, charge, plan.keep)
        begun: dict[str, Any] = plain_values({
            "step": "refund_part", "setl_id": plan.setl_id, "keep": plan.keep, "before": settled["amounts"],
            "removed": plan.removed, "changed": plan.changed, "asked": settled["asked"], "more": settled["more"],
            "rows": charge["rows"], "chrg_bchno": charge["chrg_bchno"], "agree": agree,
        })  # fmt: skip
        return begun

    async def _untouched(self, begun: Mapping[str, Any]) -> bool:
        """Whether nothing was taken back for a partial refund that was begun: then another plan may replace it."""
        if begun.get("refunded"):
            return False
        return await self._stored(self._cancel(begun["setl_id"]), area=self._area) is None

    async def _refund_part(self, begun: Mapping[str, Any], agree: Agree | None = None) -> PartRefunded:
        """``begun`` is what the record says: with ``refunded`` 2208 is done, with ``request`` 2207 was about to be sent."""
        if not begun.get("refunded"):
            refunded = {**begun, "refunded": True}
            parting = {name: begun[name] for name in _PLAN if name in begun}
            after = {"doing": refunded, "parted": None, "restored": None, "parting": parting}
            await self._take_back("refund_part", begun, after)
            begun = refunded
        if not begun.get("request"):
            if begun.get("agree") and agree is None:
                raise self._refused(
                    "refund_part",
                    "新的预结算须经同意：请用同一 plan 与 agree 再次调用 refund_part，或用 restore 恢复原明细的结算",
                    "the new quote is to be agreed to: call refund_part again with the same plan and agree, or restore()",
                )
            begun = await self._resettling(begun, begun["keep"], agree)
        settlement = await self._settle("refund_part", begun, accept="agreed" in begun)
        return self._parted(self._content["parted"], settlement)

    async def _resettling(
        self, begun: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], agree: Agree | None
    ) -> dict[str, Any]:
        """Upload ``rows``, quote, have it agreed to; what is written down before 2207."""
        step, charge = str(begun["step"]), self._content["charge"]
        if not charge.get("done") or charge["rows"] != list(rows):
            await self._charge({"chrg_bchno": charge["chrg_bchno"], "rows": list(rows)}, begun)
        quote = await self._quote(begun["asked"])
        if agree is not None and not agree(quote, Amounts.of(begun["before"])):
            await self._note(step, doing=None)
            raise self._refused(
                step,
                "新的预结算未获同意，明细尚未结算",
                "the new quote was not agreed to: the rows are not settled",
            )
        agreed = {} if agree is None else {"agreed": quote.amounts.to_dict()}
        return self._settling(begun["more"], {**begun, **agreed})

    async def _agreed_still(self, step: str, doing: Mapping[str, Any], quote: Quote) -> None:
        agreed = doing.get("agreed")
        if agreed is None or _same_split(Amounts.of(plain_values(agreed)), quote.amounts):
            return
        await self._note(
            step, doing={name: doing[name] for name in doing if name not in ("request", "agreed")}
        )
        raise self._refused(
            step, f"前一次结算未执行，重新预结算与已同意的不同（{quote.amounts.words('zh')}），须重新同意",
            f"the settlement was not executed and the new quote is not what was agreed to ({quote.amounts.words('en')})",
        )  # fmt: skip

    async def restore(self, *, agree: Agree | None = None) -> Settlement:
        """Undo a partial refund that stopped after 2208: the rows as they were are uploaded, quoted and settled again.

        A quote that differs from the first settlement is settled only when ``agree`` says so; else the flow stops before 2207
        (then ``settle``). Called again: the stored settlement, nothing is sent.
        """
        async with self._step("restore"):
            settled = self._content.get("settled")
            self._free("restore")
            if settled is not None and self._content.get("restored"):
                return await self._settled_before("restore", settled)
            begun = self._content.get("doing") or {}
            if begun.get("step") != "restore":
                parting = self._parting
                if settled is not None or not parting.get("rows"):
                    raise self._refused(
                        "restore",
                        "没有中途停下的部分退费",
                        "there is no partial refund that stopped half way",
                    )
                begun = {"step": "restore", **parting, "refunded": True}
                await self._note("restore", doing=begun)
            return await self._restore(begun, agree)

    async def _restore(self, begun: Mapping[str, Any], agree: Agree | None = None) -> Settlement:
        if not begun.get("request"):
            before = Amounts.of(begun["before"])

            def as_it_was(quote: Quote, was: Amounts) -> bool:
                return _same_split(quote.amounts, before) or (agree is not None and agree(quote, was))

            begun = await self._resettling(begun, begun["rows"], as_it_was)
        return await self._settle("restore", begun, accept="agreed" in begun)

    def _ended(self) -> Mapping[str, Any]:
        """A settlement of what was to stay ends the partial refund, whichever step sent it."""
        parting, rows = self._parting, self._content["charge"]["rows"]
        if not parting:
            return {"parted": None}
        parted = {name: parting[name] for name in ("setl_id", "before", "keep", "removed", "changed")}
        return {
            "parting": None,
            "parted": parted if rows == parting["keep"] else None,
            "restored": True if rows == parting.get("rows") else None,
        }

    def _parted(self, parted: Mapping[str, Any], settlement: Settlement) -> PartRefunded:
        before = Amounts.of(parted["before"])
        given_back = attrs.evolve(before - settlement.amounts, balc=None)  # a balance is no payment
        return PartRefunded(settlement, before, given_back)

    async def _continue(self, step: str) -> None:
        match step:
            case "refund_part":
                await self._refund_part(self._content["doing"])
            case "restore":
                await self._restore(self._content["doing"])
            case _:
                await super()._continue(step)


def _same_split(one: Amounts, other: Amounts) -> bool:
    """Whether fund, account and cash pay the same; an amount that one of them does not tell is not the same."""
    pairs = [(getattr(one, name), getattr(other, name)) for name in _SPLIT]
    return all(mine is not None and mine == theirs for mine, theirs in pairs)
