"""The registration of an outpatient visit: opened, its diagnoses told, withdrawn again; each step safe to be called again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from mi_core.flows.errors import FlowStopped
from mi_core.flows.messages import Fields, message
from mi_core.flows.outpatient_bill import ALL_BATCHES
from mi_core.flows.partial_refund import PartRefunds
from mi_core.flows.patient import Choice, Patient
from mi_core.flows.paying import DEFINITE
from mi_core.flows.person import identified
from mi_core.flows.record import plain_values
from mi_core.flows.results import Opened
from mi_core.types import CHINA_TIME

__all__ = ["Registered"]


class Registered(PartRefunds):
    """A visit's registration beside its own bill."""

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
        return self._opened

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
            charge=None, quote=None, settled=None, informed=None, refunded=None, bills=None, parting=None, restored=None,
            doing={"step": "open", "request": registration.to_dict()},
        )  # fmt: skip

    async def _register(self) -> None:
        await self._opens("open", "2201", "data")

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

    async def abandon(self) -> None:
        """2205 → 2202: the visit as if it had not been registered. Refused while one of its bills is settled."""
        async with self._step("abandon"):
            if self._content.get("settled") is not None:
                raise self._refused("abandon", "已结算，请先 refund", "it is settled: refund first")
            if self._content.get("mdtrt_id") is None or self._content.get("abandoned"):
                return
            self._free("abandon")
            await self._bills_are_free("abandon")
            await self._note("abandon", doing={"step": "abandon"})
            await self._abandon()

    async def _bills_are_free(self, step: str) -> None:
        """Raises ``FlowStopped`` where another bill of the visit is settled, or is just being settled."""

    async def _abandon(self) -> None:
        if self._content.get("bills") and not self._content["doing"].get("free"):
            try:
                await self._bills_are_free("abandon")  # none of them began between the look and the note
            except FlowStopped:
                await self._note("abandon", doing=None)
                raise
            await self._note("abandon", doing={"step": "abandon", "free": True})
        if self._content.get("charge") is not None or self._content.get("bills"):
            await self._withdraw(
                ALL_BATCHES, tolerant=True
            )  # perhaps cleared before a crash; what stands hinders 2202
            await self._note("abandon", charge=None, quote=None)
        try:
            await self._call(self._message("2202", {"ipt_otp_no": self.key}), area=self._area)
        except DEFINITE:
            await self._note("abandon", doing=None)  # the registration stands
            raise
        await self._note(
            "abandon",
            doing=None,
            abandoned=True,
            informed=None,
            refunded=None,
            parted=None,
            parting=None,
            restored=None,
        )

    async def _continue(self, step: str) -> None:
        match step:
            case "open":
                await self._register()
            case "abandon":
                await self._abandon()
            case _:
                await super()._continue(step)
