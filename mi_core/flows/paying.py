"""What flows with money share: the person and the visit in every message, and a settlement sent once."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from mi_core.errors import InvalidInput, MiError, Refused
from mi_core.flows.amounts import Amounts
from mi_core.flows.flow import Flow
from mi_core.flows.messages import Fields, message, node, rows_of
from mi_core.flows.patient import Insured, Patient
from mi_core.flows.record import plain_values
from mi_core.flows.results import Opened, Settlement
from mi_core.journal import AmountsDiffer, QuoteNeeded
from mi_core.model import Request

__all__ = ["DEFINITE", "QUOTED", "Paying"]

DEFINITE = (Refused, InvalidInput, AmountsDiffer)
"""After these it is certain that the call did nothing: the step may be begun anew with other content."""


QUOTED: Final = ("fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "inscp_scp_amt")
"""The amounts of a quote (2206, 2303) that its settlement sends back."""
After = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""Told what is noted of a settlement; gives what else is to be noted with it, in one breath."""


class Paying(Flow):
    """Base of the flows that settle. The record has ``person``, ``insured``, ``mdtrt_id``, ``med_type``, ``doing``."""

    @property
    def _insured(self) -> Insured:
        return Insured(**self._content["insured"])

    @property
    def _area(self) -> str | None:
        area: str = self._content["insured"]["insuplc_admdvs"]
        return area or None

    def _which(self, step: str) -> dict[str, str]:
        """Visit and person; raises ``FlowStopped`` while there is none."""
        if self._content.get("mdtrt_id") is None or self._content.get("abandoned"):
            raise self._refused(
                step, "尚未登记，请先 open 或 admit", "there is no visit yet: open or admit first"
            )
        return {"mdtrt_id": str(self._content["mdtrt_id"]), "psn_no": self._content["person"]["psn_no"]}

    def _known(self) -> dict[str, Any]:
        """What every message of the visit may ask for."""
        content = self._content
        visit = {"mdtrt_id": content["mdtrt_id"]} if content.get("mdtrt_id") is not None else {}
        area = {
            "mdtrtarea_admvs": self.institution.mdtrtarea_admvs,
            "cert_type": content["person"]["psn_cert_type"],
        }
        return {**content["person"], **content["insured"], **area, **visit, "med_type": content["med_type"]}

    def _message(self, code: str, known: Fields, given: Fields | None = None, **rows: Any) -> Request[Any]:
        return message(self.institution, code, {**self._known(), **known}, given, rows)

    def _again(self, code: str, request: Any) -> Request[Any]:
        """A request that was written down."""
        return self.institution.interface(code).request.from_dict(request)

    async def _opens(self, step: str, code: str, answer: str) -> None:
        """The registration (2201) or admission (2401) that was written down; ``answer``: the node that has ``mdtrt_id``."""
        request = self._again(code, self._content["doing"]["request"])
        try:
            told = await self.ask(request, area=self._area)
        except DEFINITE:
            await self._note(step, doing=None, person=None, insured=None)  # nothing stands: it is corrected
            raise
        await self._note(step, doing=None, mdtrt_id=node(told, answer)["mdtrt_id"])

    @property
    def _opened(self) -> Opened:
        place = self._insured.place(self.institution.mdtrtarea_admvs)
        return Opened(str(self._content["mdtrt_id"]), self._insured, place)

    def _same_person(self, step: str, patient: Patient) -> None:
        """A key that was used for somebody else is refused."""
        if patient.certno.strip().upper() != str(self._content["person"]["certno"]).strip().upper():
            raise self._refused(step, "此号已用于另一位参保人", "this key belongs to another person")

    async def _check_benefits(self, step: str, insured: Fields, med_type: str, begntime: object) -> None:
        """2001: raises ``FlowStopped`` when the person enjoys no benefits."""
        known = {
            **insured,
            "fixmedins_code": self.institution.code,
            "med_type": med_type,
            "begntime": begntime,
        }
        told = await self.ask(
            message(self.institution, "2001", known), area=insured["insuplc_admdvs"] or None
        )
        benefits = rows_of(told, "trtinfo")
        if any(row.get("trt_enjymnt_flag") == "1" for row in benefits):
            return
        why = "；".join(str(row["trt_chk_rslt"]) for row in benefits if row.get("trt_chk_rslt")) or "—"
        raise self._refused(
            step, f"2001 查询无可享受的待遇：{why}（仍要办理请给出 without_benefits=True）",
            f"2001 shows no benefits: {why} (pass without_benefits=True to go on)",
        )  # fmt: skip

    async def _pay(
        self, step: str, code: str, doing: Mapping[str, Any], *, accept: bool = False, after: After | None = None,
        requote: Callable[[], Awaitable[Any]] | None = None,
    ) -> Settlement:  # fmt: skip
        """Send the settlement ``doing["request"]`` (written down before), and note it as ``settled``, with what ``after`` says.

        ``requote``: quotes again and returns the new request; asked for when the journal knows that the first send was not
        executed.
        """
        if self._content.get("doing") != doing:
            await self._note(step, doing=doing)
        try:
            try:
                reply = await self._send(code, doing, accept)
            except QuoteNeeded:
                if requote is None:
                    raise
                doing = plain_values({**doing, "request": await requote()})
                await self._note(step, doing=doing)
                reply = await self._send(code, doing, accept)
        except DEFINITE as refusal:
            again = {k: v for k, v in doing.items() if k != "request"} if doing.get("refunded") else None
            await self._note(step, doing=again, **({"quote": None} if isinstance(refusal, Refused) else {}))
            raise
        settlement = self._settlement(reply)
        visit = node(reply.to_dict(), "setlinfo").get("mdtrt_id")
        settled = {
            **doing,
            "setl_id": settlement.setl_id,
            "mdtrt_id": visit,
            "amounts": settlement.amounts.to_dict(),
            "at": int(time.time()),
        }
        await self._note(
            step, doing=None, settled=settled, refunded=None, **(after(settled) if after else {})
        )
        return settlement

    async def _send(self, code: str, doing: Mapping[str, Any], accept: bool) -> Any:
        request = self._again(code, doing["request"])
        return await self._call(request, key=doing.get("key"), area=self._area, accepted=accept)

    def _same_total(self, amounts: Amounts, total: Any) -> None:
        """A quote is of the rows that were uploaded, to the cent; else rows of two uploads are mixed."""
        told = amounts.medfee_sumamt
        if told is not None and told != Decimal(str(total)):
            raise MiError(
                f"医保端预结算总额 {told} 与上传的明细合计 {total} 不符，未保存预结算",
                f"the bureau quoted a total of {told}, the rows that were uploaded are {total}: the quote is not kept",
                hint_zh="重新上传明细（先撤销原有明细）后再预结算", hint_en="withdraw the rows, upload them again, and quote again",
            )  # fmt: skip

    def _settlement(self, reply: Any) -> Settlement:
        info = node(reply.to_dict(), "setlinfo")
        return Settlement(str(info.get("setl_id") or reply.meta.identifier or ""), Amounts.of(info), reply)
