"""The steps of an outpatient visit, each safe to be called again; the whole of it: :mod:`mi_core.flows.outpatient`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from mi_core.errors import BureauRefused, MiError
from mi_core.flows.amounts import Amounts, sum_of
from mi_core.flows.batches import positives_first, uploads
from mi_core.flows.messages import Fields, message, node, rows_of
from mi_core.flows.outpatient_standing import standing_of
from mi_core.flows.patient import Choice, Patient
from mi_core.flows.paying import DEFINITE, QUOTED, Paying
from mi_core.flows.person import identified
from mi_core.flows.record import plain_values
from mi_core.flows.results import Charged, Opened, Quote, Refund, Settlement
from mi_core.flows.standing import Standing
from mi_core.types import CHINA_TIME

__all__ = ["OutpatientSteps"]

ALL_BATCHES: Final = "0000"
"""``chrg_bchno`` of 2205: every row that is not settled."""


class OutpatientSteps(Paying):
    """The steps of :class:`mi_core.flows.OutpatientVisit`."""

    async def open(
        self, /, patient: Patient, *, med_type: str, dept_code: str, dept_name: str, caty: str,
        atddr_no: str | None = None, dr_name: str | None = None, begntime: dt.datetime | None = None,
        choose_row: Choice | str | None = None, without_benefits: bool = False, **more: Any,
    ) -> Opened:  # fmt: skip
        """1101 → choose the insurance row → 2001 → 2201.

        ``choose_row``: which active insurance pays where there are several: an ``insutype``, or a function of the rows.
        ``without_benefits``: go on when 2001 says that the person enjoys none.
        """
        async with self._step("open"):
            return await self._open(patient, med_type, choose_row, without_benefits, {
                "begntime": begntime, "dept_code": dept_code, "dept_name": dept_name, "caty": caty, "atddr_no": atddr_no,
                "dr_name": dr_name, **more,
            })  # fmt: skip

    async def _open(
        self, patient: Patient, med_type: str, choice: Choice | str | None, without_benefits: bool, given: dict[str, Any]
    ) -> Opened:  # fmt: skip
        content = self._content
        if content.get("person") is not None and not content.get("abandoned"):
            self._same_person("open", patient)
        if content.get("mdtrt_id") is None or content.get("abandoned"):
            self._free("open")
            if content.get("doing") is None:
                await self._choose(patient, med_type, choice, without_benefits, given)
            await self._register()
        place = self._insured.place(self.institution.mdtrtarea_admvs)
        return Opened(str(self._content["mdtrt_id"]), self._insured, place)

    async def _choose(
        self, patient: Patient, med_type: str, choice: Choice | str | None, without_benefits: bool, given: dict[str, Any]
    ) -> None:  # fmt: skip
        person, insured = await identified(self, patient, choice)
        begntime = given.get("begntime") or dt.datetime.now(CHINA_TIME).replace(tzinfo=None, microsecond=0)
        asked = {**given, "begntime": begntime, "ipt_otp_no": self.key}
        if not without_benefits:
            await self._check_benefits("open", insured, med_type, begntime)
        registration = message(
            self.institution, "2201", {**person, **insured}, asked
        )  # refused here: nothing was written
        await self._note(
            "open", person=person, insured=insured, med_type=med_type, begntime=begntime, mdtrt_id=None, abandoned=None,
            charge=None, quote=None, settled=None, informed=None, refunded=None,
            doing={"step": "open", "request": registration.to_dict()},
        )  # fmt: skip

    async def _register(self) -> None:
        registration = self._again("2201", self._content["doing"]["request"])
        try:
            told = await self.ask(registration, area=self._area)
        except DEFINITE:
            await self._note("open", doing=None, person=None, insured=None)  # nothing stands: it is corrected
            raise
        await self._note("open", doing=None, mdtrt_id=node(told, "data")["mdtrt_id"])

    async def diagnose(
        self, /, diagnoses: Sequence[Fields], *, dise_codg: str | None = None, dise_name: str | None = None,
        interface: str | None = None, **more: Any,
    ) -> None:  # fmt: skip
        """2203: kind of care, disease, diagnoses (rows of ``diseinfo`` by wire name).

        ``interface``: by default what the region says, else 2203; ``"2203A"`` for a pharmacy.
        """
        async with self._step("diagnose"):
            known = {
                **self._which("diagnose"), "med_type": self._content["med_type"], "begntime": self._content["begntime"],
            }  # fmt: skip
            given = {"dise_codg": dise_codg, "dise_name": dise_name, **more}
            region = self.institution.dialect
            code = interface or (region.visit_upload if region is not None else "") or "2203"
            request = message(self.institution, code, known, given, {"diseinfo": diagnoses})
            informed = plain_values({"interface": code, "request": request.to_dict()})
            if self._content.get("informed") != informed:
                self._free("diagnose")
                await self._call(request, area=self._area)
                await self._note("diagnose", informed=informed)

    async def charge(self, rows: Sequence[Fields], *, chrg_bchno: str | None = None) -> Charged:
        """2205 (all leftovers) → 2204 in as few messages as the limits allow, charges before returns.

        ``rows`` of ``feedetail`` by wire name; visit, person and batch are filled in. They replace what was uploaded before.
        ``chrg_bchno``: the batch, by default the flow's key.
        """
        async with self._step("charge"):
            which = self._which("charge")
            batch = chrg_bchno or (self._content.get("charge") or {}).get("chrg_bchno") or self.key
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
        await self._clear(tolerant=before is None or not before.get("done"))
        result: list[Mapping[str, Any]] = []
        for request in requests:
            result += rows_of(await self.ask(request, area=self._area), "result")
        total = sum_of(charged["rows"])
        self._compare(result, charged["rows"], total)
        done = {**charged, "done": True, "messages": len(requests), "result": plain_values(result)}
        await self._note("charge", charge=done, **({"doing": None} if doing is None else {}))
        return self._charged

    async def _clear(self, *, tolerant: bool = False) -> None:
        """2205 of everything unsettled. ``tolerant``: there may be nothing (any more), which some call an error."""
        try:
            await self._call(self._message("2205", {"chrg_bchno": ALL_BATCHES}), area=self._area)
        except BureauRefused:
            if not tolerant:
                raise

    def _compare(self, result: Sequence[Mapping[str, Any]], rows: Sequence[Fields], total: Decimal) -> None:
        """What the bureau says it entered is what was sent, where it says so."""
        amounts = [row.get("det_item_fee_sumamt") for row in result]
        if len(amounts) == len(rows) and None not in amounts and sum_of(result) != total:
            raise MiError(
                f"医保端登记的明细合计 {sum_of(result)} 与上传的 {total} 不符", f"the bureau entered {sum_of(result)}, {total} was sent",
                hint_zh="重新调用 charge", hint_en="call charge again",
            )  # fmt: skip

    async def quote(self, /, *, acct_used_flag: str, psn_setlway: str = "01", **more: Any) -> Quote:
        """2206. ``acct_used_flag``: 0 no account, 1 the person's, 2 the family's (Hunan). Changes nothing."""
        async with self._step("quote"):
            if self._content.get("settled") is not None:
                raise self._refused("quote", "已结算", "it is settled")
            self._free("quote")
            return await self._quote({"acct_used_flag": acct_used_flag, "psn_setlway": psn_setlway, **more})

    async def _quote(self, asked: Fields) -> Quote:
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
            settled, begun = self._content.get("settled"), self._content.get("doing")
            self._free("settle")
            if settled is not None:
                return await self._settled_before("settle", "2207", settled)
            if begun is None:
                begun = self._settling(more, {"step": "settle"})
            return await self._settle("settle", begun, accept=accept)

    def _settling(self, more: Fields, doing: Mapping[str, Any]) -> dict[str, Any]:
        """What a settlement writes down before it is sent."""
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

    async def _settle(self, step: str, doing: Mapping[str, Any], **how: Any) -> Settlement:
        async def requote() -> Any:
            await self._quote(doing["asked"])
            return self._settling(doing["more"], {})["request"]

        return await self._pay(step, "2207", doing, requote=requote, **how)

    async def refund(self, setl_id: str | None = None) -> Refund:
        """2208: all of the settlement. The fees stay uploaded: then ``charge`` anew, ``settle`` again, or ``abandon``.

        ``setl_id``: the settlement that is meant; then a call that comes late never takes back a newer one.
        """
        async with self._step("refund"):
            live, gone = self._content.get("settled") or {}, self._content.get("refunded") or {}
            setl_id = setl_id or live.get("setl_id") or gone.get("setl_id")
            if setl_id is None or setl_id not in (live.get("setl_id"), gone.get("setl_id")):
                raise self._refused("refund", "没有可退的结算", "there is no such settlement")
            self._free("refund")
            return await self._take_back(
                "refund", "2208", {"step": "refund", "setl_id": setl_id}, {"parted": None}
            )

    async def abandon(self) -> None:
        """2205 → 2202: the visit as if it had not been registered. Refused while it is settled."""
        async with self._step("abandon"):
            if self._content.get("settled") is not None:
                raise self._refused("abandon", "已结算，请先 refund", "it is settled: refund first")
            if self._content.get("mdtrt_id") is None or self._content.get("abandoned"):
                return
            self._free("abandon")
            await self._note("abandon", doing={"step": "abandon"})
            await self._abandon()

    async def _abandon(self) -> None:
        if self._content.get("charge") is not None:
            await self._clear(tolerant=True)  # perhaps cleared before a crash; what stands hinders 2202
            await self._note("abandon", charge=None, quote=None)
        try:
            await self._call(self._message("2202", {"ipt_otp_no": self.key}), area=self._area)
        except DEFINITE:
            await self._note("abandon", doing=None)  # the registration stands
            raise
        await self._note("abandon", doing=None, abandoned=True, informed=None, refunded=None, parted=None)

    @property
    def _charged(self) -> Charged:
        charge = self._content["charge"]
        return Charged(
            len(charge["rows"]), sum_of(charge["rows"]), charge["messages"], tuple(charge["result"])
        )

    def _may_interrupt(self, name: str) -> tuple[str, ...]:
        """An upload may be replaced; so may what a partial refund has left uploaded: between its refund and its settlement."""
        if name not in ("charge", "abandon") or self._content.get("settled") is not None:
            return ()
        sent = (self._content.get("doing") or {}).get("request")  # its 2207 may have been executed
        return ("charge",) if sent else ("charge", "refund_part")

    def _standing(self, content: Mapping[str, Any]) -> Standing:
        return standing_of(content)

    async def _continue(self, step: str) -> None:
        begun = self._content["doing"]
        match step:
            case "open":
                await self._register()
            case "charge":
                charge = self._content["charge"]
                await self._charge({name: charge[name] for name in ("chrg_bchno", "rows")})
            case "settle":
                await self._settle("settle", begun)
            case "refund":
                await self._take_back("refund", "2208", begun, {"parted": None})
            case "abandon":
                await self._abandon()
