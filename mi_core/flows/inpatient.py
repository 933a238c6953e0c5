"""A stay in hospital at the bureau: admission, daily fees, settlements, discharge, and every way back.

::

    admit ─► (change) ─► charge … ─► quote ─► settle (mid) … ─► discharge ─► quote ─► settle
    1101        2403       2301       2303      2304              2402        2303     2304
    2401
    back: refund (2305, the latest first) ─► cancel_discharge (2405) ─► withdraw (2302) ─► cancel_admission (2404);
          abandon does the last three
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from mi_core.flows.amounts import Amounts
from mi_core.flows.inpatient_standing import standing_of
from mi_core.flows.messages import Fields, message, node, rows_of
from mi_core.flows.patient import Choice, Patient
from mi_core.flows.paying import DEFINITE, QUOTED
from mi_core.flows.person import identified
from mi_core.flows.record import plain_values
from mi_core.flows.results import Opened, Quote, Refund, Settlement
from mi_core.flows.standing import Standing
from mi_core.flows.stay_fees import UPLOAD, StayFees
from mi_core.types import CHINA_TIME

__all__ = ["InpatientStay"]


class InpatientStay(StayFees):
    """A stay; ``key`` is the hospital's own number of it and is sent as ``ipt_no``.

    Fields of messages have their wire names; ``fields`` and ``more`` take any, e.g. those of a region. Every step may be
    called again, in any process: it returns what was done, or goes on where it stopped.
    """

    kind: ClassVar[str] = "inpatient"
    title: ClassVar[tuple[str, str]] = ("住院", "inpatient stay")
    settles: ClassVar[str] = "2304"

    async def admit(
        self, /, patient: Patient, diagnoses: Sequence[Fields], *, med_type: str, begntime: dt.datetime | None = None,
        choose_row: Choice | str | None = None, without_benefits: bool = False, **fields: Any,
    ) -> Opened:  # fmt: skip
        """1101 → choose the insurance row → 2001 → 2401. ``fields`` of 2401 (department, bed, doctor …)."""
        async with self._step("admit"):
            content = self._content
            if content.get("person") is not None and not content.get("abandoned"):
                self._same_person("admit", patient)
            if content.get("mdtrt_id") is None or content.get("abandoned"):
                self._free("admit")
                if content.get("doing") is None:
                    person, insured = await identified(self, patient, choose_row)
                    at = begntime or dt.datetime.now(CHINA_TIME).replace(tzinfo=None, microsecond=0)
                    if not without_benefits:
                        await self._check_benefits("admit", insured, med_type, at)
                    own = {"ipt_no": self.key, "ipt_otp_no": self.key, "begntime": at, "med_type": med_type}
                    place = {
                        "mdtrtarea_admvs": self.institution.mdtrtarea_admvs,
                        "cert_type": person["psn_cert_type"],
                    }
                    request = message(
                        self.institution, "2401", {**person, **insured, **place, **own}, fields,
                        {"diseinfo": [{"psn_no": person["psn_no"], **row} for row in diagnoses]},
                    )  # fmt: skip
                    await self._note(
                        "admit", person=person, insured=insured, med_type=med_type, abandoned=None, mdtrt_id=None,
                        discharged=None, settled=None, refunded=None, quote=None,
                        doing={"step": "admit", "request": request.to_dict(), "begntime": at},
                    )  # fmt: skip
                await self._admit()
            return self._opened

    async def _admit(self) -> None:
        await self._opens("admit", "2401", "result")

    async def change(self, /, *, diagnoses: Sequence[Fields] | None = None, **fields: Any) -> None:
        """2403: new information of the admission (another bed, another main diagnosis …), complete each time."""
        async with self._step("change"):
            which = self._which("change")
            self._free("change")
            rows = {} if diagnoses is None else {"diseinfo": [{**which, **row} for row in diagnoses]}
            numbers = {"ipt_no": self.key, "ipt_otp_no": self.key}
            request = message(self.institution, "2403", {**self._known(), **numbers}, fields, rows)
            await self._call(request, area=self._area)
            med_type = fields.get("med_type")
            if med_type is not None:
                await self._note("change", med_type=med_type)

    async def quote(
        self, /, *, acct_used_flag: str, mid: bool = False, psn_setlway: str = "01", **more: Any
    ) -> Quote:  # fmt: skip
        """2303 of everything that is not settled. ``mid``: for a mid-stay settlement. Changes nothing."""
        async with self._step("quote"):
            self._which("quote")
            self._free("quote")
            flags = {
                "acct_used_flag": acct_used_flag,
                "mid_setl_flag": "1" if mid else "0",
                "psn_setlway": psn_setlway,
            }
            return await self._quote({**flags, **more})

    async def _quote(self, asked: Fields) -> Quote:
        names, total = self._open_uploads()
        if not names:
            raise self._refused("quote", "没有待结算的费用", "there are no fees to settle")
        known = {"medfee_sumamt": total, **self._discharge_day(), **self._divided(names)}
        reply = await self._call(self._message("2303", known, asked), area=self._area)
        amounts = Amounts.of(node(reply.to_dict(), "setlinfo"))
        self._same_total(amounts, total)
        await self._note(
            "quote", quote={"asked": asked, "amounts": amounts.to_dict(), "uploads": names, "total": total}
        )
        return Quote(amounts, reply)

    async def settle(self, /, *, accept: bool = False, **more: Any) -> Settlement:
        """2304 with the amounts of the quote, mid-stay or final as it was quoted. Called again: the stored settlement.

        ``accept``: the cashier has seen that a new quote differs from a settlement that was sent and not executed.
        """
        async with self._step("settle"):
            begun, quote, settled = (self._content.get(name) for name in ("doing", "quote", "settled"))
            nothing_new = quote is None and not self._open_uploads()[0]
            if (
                begun is None
                and nothing_new
                and settled is not None
                and self._content.get("refunded") is None
            ):
                return await self._settled_before("settle", settled)
            self._free("settle")
            return await self._settle(begun or self._settling(more), accept)

    def _settling(self, more: Fields) -> dict[str, Any]:
        quote = self._content.get("quote")
        if quote is None:
            raise self._refused("settle", "尚未预结算，请先 quote", "there is no quote: quote first")
        amounts = {name: quote["amounts"].get(name) for name in QUOTED}
        known = {"medfee_sumamt": quote["total"], **self._discharge_day(), **quote["asked"], **amounts}
        number = int(self._content.get("bills") or 0) + 1
        request = self._message("2304", known, more).to_dict()
        found: dict[str, Any] = plain_values({
            "step": "settle", "request": request, "key": f"{self.kind} {self.key} {number}", "bill": number, "more": more,
            "asked": quote["asked"], "uploads": quote["uploads"], "mid": quote["asked"]["mid_setl_flag"] == "1",
        })  # fmt: skip
        return found

    async def _settle(self, doing: Mapping[str, Any], accept: bool = False) -> Settlement:
        async def requote() -> Any:
            await self._quote(doing["asked"])
            return self._settling(doing["more"])["request"]

        def after(settled: Mapping[str, Any]) -> Mapping[str, Any]:
            settlements = [*(self._content.get("settlements") or ()), settled]
            return {"settlements": settlements, "bills": doing["bill"], "quote": None}

        return await self._pay("settle", "2304", doing, accept=accept, requote=requote, after=after)

    async def refund(self, setl_id: str) -> Refund:
        """2305 of the latest settlement, which is named so that a repeated call does not take back the one before.

        Its fees are open again.
        """
        async with self._step("refund"):
            live, gone = self._content.get("settled") or {}, self._content.get("refunded") or {}
            if setl_id not in (live.get("setl_id"), gone.get("setl_id")):
                raise self._refused(
                    "refund", f"{setl_id} 不是最后一笔有效结算（{live.get('setl_id', '无')}）",
                    f"{setl_id} is not the latest settlement ({live.get('setl_id', 'none')})",
                )  # fmt: skip
            self._free("refund")
            return await self._refund({"step": "refund", "setl_id": setl_id})

    def _without(self, setl_id: object) -> dict[str, Any]:
        """The settlements that are left without that one."""
        left = [one for one in self._content.get("settlements") or () if one["setl_id"] != setl_id]
        return {"settlements": left or None, "settled": left[-1] if left else None}

    def _lost(self, settled: Mapping[str, Any]) -> Mapping[str, Any]:
        """Its uploads may be there or not: the next quote shows it, and ``withdraw`` takes either for an answer."""
        uploads = {f"{UPLOAD}{name}": {**self._uploads()[name], "lost": True} for name in settled["uploads"]}
        return {**self._without(settled["setl_id"]), **uploads}

    async def _refund(self, doing: Mapping[str, Any]) -> Refund:
        after = self._without(doing["setl_id"])
        return await self._take_back("refund", doing, after)

    async def discharge(
        self, /, diagnoses: Sequence[Fields], *, endtime: dt.datetime | None = None, **fields: Any
    ) -> None:
        """2402: the person leaves. ``fields`` of 2402 (``dscg_way``, department …). Again: nothing is sent."""
        async with self._step("discharge"):
            which = self._which("discharge")
            if self._content.get("discharged") is not None:
                return
            self._free("discharge")
            begun = self._content.get("doing")
            if begun is None:
                at = endtime or dt.datetime.now(CHINA_TIME).replace(tzinfo=None, microsecond=0)
                rows = {"diseinfo": [{**which, **row} for row in diagnoses]}
                request = self._message("2402", {"endtime": at}, fields, **rows).to_dict()
                await self._note("discharge", doing={"step": "discharge", "request": request, "endtime": at})
            await self._move("discharge", "2402")

    async def cancel_discharge(self) -> None:
        """2405: back in hospital. Refused by the bureau while the final settlement stands."""
        async with self._step("cancel_discharge"):
            self._which("cancel_discharge")
            if self._content.get("discharged") is None and self._content.get("doing") is None:
                return
            self._free("cancel_discharge")
            request = self._message("2405", {}).to_dict()
            await self._note("cancel_discharge", doing={"step": "cancel_discharge", "request": request})
            await self._move("cancel_discharge", "2405")

    async def _move(self, step: str, code: str) -> None:
        """2402 or 2405 as it was written down."""
        doing = self._content["doing"]
        try:
            await self._call(self._again(code, doing["request"]), area=self._area)
        except DEFINITE:
            await self._note(step, doing=None)
            raise
        discharged = {"endtime": doing["endtime"]} if code == "2402" else None
        await self._note(step, doing=None, discharged=discharged, quote=None)

    async def abandon(self) -> None:
        """2405 (after a discharge) → 2302 of all → 2404: as if never admitted. Refused while a settlement stands."""
        async with self._step("abandon"):
            if self._content.get("settlements"):
                raise self._refused("abandon", "有有效结算，请先 refund", "a settlement stands: refund first")
            if self._content.get("mdtrt_id") is None or self._content.get("abandoned"):
                return
            self._free("abandon")
            await self._note("abandon", doing={"step": "abandon"})
            await self._abandon()

    async def _abandon(self) -> None:
        try:
            if self._content.get("discharged") is not None:
                await self._call(self._message("2405", {}), area=self._area)
                await self._note("abandon", discharged=None)
            if self._uploads():
                await self._withdraw(
                    None, tolerant=True
                )  # withdrawn already, before a crash; else 2404 is refused
            await self._call(self._message("2404", {}), area=self._area)
        except DEFINITE:
            await self._note("abandon", doing=None)
            raise
        await self._note("abandon", doing=None, abandoned=True, quote=None, refunded=None)

    async def in_hospital(self, begntime: dt.datetime, endtime: dt.datetime) -> list[dict[str, Any]]:
        """5303: this person's stays begun in between that have not ended, by wire name. Changes nothing."""
        async with self._step("in_hospital"):
            psn_no = self._which("in_hospital")["psn_no"]
            known = {"psn_no": psn_no, "begntime": begntime, "endtime": endtime}
            return rows_of(await self.ask(message(self.institution, "5303", known), area=self._area), "data")

    def _discharge_day(self) -> dict[str, Any]:
        discharged = self._content.get("discharged")
        return {} if discharged is None else {"dscgTime": str(discharged["endtime"])[:10]}

    def _may_interrupt(self, name: str) -> tuple[str, ...]:
        return {
            "charge": ("charge",),
            "withdraw": ("charge", "withdraw"),
            "abandon": ("charge", "withdraw"),
            "cancel_discharge": ("charge", "withdraw"),  # only before the discharge can they go on
        }.get(name, ())

    def _recorded(self, content: Mapping[str, Any]) -> Standing:
        return standing_of(content)

    async def _continue(self, step: str) -> None:
        begun = self._content["doing"]
        match step:
            case "admit":
                await self._admit()
            case "charge":
                await self._charge(begun)
            case "withdraw":
                await self._withdrawn(begun["name"])
            case "settle":
                await self._settle(begun)
            case "refund":
                await self._refund(begun)
            case "discharge":
                await self._move("discharge", "2402")
            case "cancel_discharge":
                await self._move("cancel_discharge", "2405")
            case "abandon":
                await self._abandon()
