"""Filings (备案) of a person: transfer, chronic disease, designated institution, accident; with what the bureau has on file.

========== ====== ======= =======
filing     file   cancel  query
========== ====== ======= =======
transfer   2501   2502    5304
chronic    2503   2504    5301
designated 2505   2506    5302
accident   2507   –       –
========== ====== ======= =======

5303 (who is in hospital) goes with the stays: :meth:`InpatientStay.in_hospital`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, ClassVar, Final

import attrs

from mi_core.flows.flow import Flow
from mi_core.flows.messages import message, node, rows_of
from mi_core.flows.patient import Choice, Patient
from mi_core.flows.paying import DEFINITE
from mi_core.flows.person import identified
from mi_core.flows.record import plain_values
from mi_core.flows.standing import Place, Standing, standing_at
from mi_core.types import CHINA_TIME

__all__ = ["Filed", "Registration"]

_FILINGS: Final[Mapping[str, tuple[str, str, str, str]]] = {
    "transfer": ("2501", "5304", "转院备案", "transfer filing"),
    "chronic": ("2503", "5301", "慢特病备案", "chronic-disease filing"),
    "designated": ("2505", "5302", "定点备案", "designated-institution filing"),
    "accident": ("2507", "", "意外伤害备案", "accident filing"),
}
"""Kind -> interface, query, what it is called. What cancels it stands in the catalogue."""


@attrs.frozen
class Filed:
    """A filing at the bureau."""

    trt_dcla_detl_sn: str
    """待遇申报明细流水号: what cancels it asks for."""


class Registration(Flow):
    """One filing; ``key`` is the hospital's own number of it.

    ::

        file (1101, 2501 | 2503 | 2505 | 2507) ─► cancel (2502 | 2504 | 2506)
    """

    kind: ClassVar[str] = "registration"
    title: ClassVar[tuple[str, str]] = ("人员备案", "filing")

    async def file(
        self, /, what: str, patient: Patient, *, choose_row: Choice | str | None = None, **fields: Any
    ) -> Filed:
        """1101 → the filing. ``what``: ``transfer chronic designated accident``; ``fields`` of its message by wire name."""
        if what not in _FILINGS:
            raise ValueError(f"a filing is one of {', '.join(_FILINGS)}")
        async with self._step("file"):
            filed = self._content.get("filed")
            if filed is not None:
                if (filed["what"], filed["certno"]) != (what, patient.certno):
                    raise self._refused("file", "此号已用于另一份备案", "this key belongs to another filing")
                return Filed(filed["trt_dcla_detl_sn"])
            self._free("file")
            begun = self._content.get("doing")
            if begun is not None and (begun["what"], begun["person"]["certno"]) != (what, patient.certno):
                raise self._refused(
                    "file",
                    "另一份备案尚未完成，请先调用 resume()",
                    "another filing has not ended: call resume() first",
                )
            if begun is None:
                person, insured = await identified(self, patient, choose_row)
                area = {"insu_optins": insured["insuplc_admdvs"], "insu_admdvs": insured["insuplc_admdvs"]}
                request = message(self.institution, _FILINGS[what][0], {**person, **insured, **area}, fields)
                await self._note(
                    "file", cancelled=None,
                    doing={"step": "file", "what": what, "request": request.to_dict(), "person": person, "insured": insured},
                )  # fmt: skip
            return await self._file(self._content["doing"])

    async def _file(self, doing: Mapping[str, Any]) -> Filed:
        code = _FILINGS[doing["what"]][0]
        request = self.institution.interface(code).request.from_dict(doing["request"])
        try:
            reply = await self._call(request, area=doing["insured"]["insuplc_admdvs"] or None)
        except DEFINITE:
            await self._note("file", doing=None)  # nothing is on file
            raise
        number = str(node(reply.to_dict(), "result").get("trt_dcla_detl_sn") or reply.meta.identifier or "")
        person, insured = doing["person"], doing["insured"]
        filed = {
            "what": doing["what"], "trt_dcla_detl_sn": number, "certno": person["certno"], "psn_no": person["psn_no"],
            "area": insured["insuplc_admdvs"],
        }  # fmt: skip
        await self._note("file", doing=None, filed=filed)
        return Filed(number)

    async def cancel(self, /, *, memo: str = "", **more: Any) -> None:
        """Take the filing back. Refused for an accident filing: no interface cancels it."""
        async with self._step("cancel"):
            filed = self._content.get("filed")
            if self._content.get("cancelled") is not None and filed is None:
                return
            if filed is None:
                raise self._refused("cancel", "没有可撤销的备案", "nothing is on file")
            self._free("cancel")
            code = self.institution.interface(_FILINGS[filed["what"]][0]).behaviour.cancelled_by
            if code is None:
                raise self._refused("cancel", "此类备案没有撤销接口", "no interface cancels such a filing")
            known = {
                "trt_dcla_detl_sn": filed["trt_dcla_detl_sn"],
                "psn_no": filed["psn_no"],
                "memo": memo or None,
            }
            request = message(self.institution, code, known, more)
            await self._note(
                "cancel", doing=plain_values({"step": "cancel", "code": code, "request": request.to_dict()})
            )
            await self._cancel(self._content["doing"])

    async def _cancel(self, doing: Mapping[str, Any]) -> None:
        filed = self._content["filed"]
        request = self.institution.interface(doing["code"]).request.from_dict(doing["request"])
        try:
            await self._call(request, area=filed["area"] or None)
        except DEFINITE:
            await self._note("cancel", doing=None)  # it stays on file
            raise
        await self._note("cancel", doing=None, cancelled=filed, filed=None)

    async def on_file(self, /, what: str, patient: Patient, **fields: Any) -> list[dict[str, Any]]:
        """What the bureau has on file (5304, 5301, 5302), rows by wire name. Changes nothing.

        ``fields``: what the query asks for beside the person (5302 ``biz_appy_type``; 5304 ``begntime``, by default a year ago).
        """
        code = _FILINGS[what][1]
        if not code:
            raise ValueError(f"no query shows {what} filings")
        async with self._step("on_file"):
            person, insured = await identified(self, patient, fields.pop("choose_row", None))
            year = dt.datetime.combine(dt.datetime.now(CHINA_TIME).date() - dt.timedelta(days=366), dt.time())
            request = message(self.institution, code, {**person, "begntime": year}, fields)
            reply = await self.ask(request, area=insured["insuplc_admdvs"] or None)
            return rows_of(
                reply, next((name for name, value in reply.items() if isinstance(value, (list, tuple))), "")
            )

    def _standing(self, content: Mapping[str, Any]) -> Standing:
        found, doing = standing_at(_place(content), content), content.get("doing") or {}
        if doing.get("step") != "file":
            return found
        code, query = _FILINGS[doing["what"]][:2]
        zh = f"{query} 能查到备案但不给流水号" if query else "没有接口能查到此类备案"
        en = f"{query} shows the filing, but not its number" if query else "no interface shows such a filing"
        return attrs.evolve(
            found,
            zh=f"{found.zh}；若 {code} 的答复已丢失且未能自动查明：{zh}，请向经办机构问得待遇申报明细流水号，"
            "在 mi doubt 中定为已执行（--identifier），再调用 resume()",
            en=f"{found.en}; where the answer to {code} was lost and is not found out: {en}. Ask the bureau for the number "
            "(trt_dcla_detl_sn), say it in mi doubt (executed, --identifier), then resume()",
        )  # fmt: skip

    async def _continue(self, step: str) -> None:
        if step == "file":
            await self._file(self._content["doing"])
        else:
            await self._cancel(self._content["doing"])


def _place(content: Mapping[str, Any]) -> Place:
    filed = content.get("filed")
    if filed is not None:
        title, number = _FILINGS[filed["what"]][2:], filed["trt_dcla_detl_sn"]
        undo = "" if filed["what"] == "accident" else "cancel"
        return "filed", f"{title[0]}已登记（{number}）", f"{title[1]} on file ({number})", "", undo
    if content.get("cancelled") is not None:
        return "cancelled", "备案已撤销", "taken back", "", ""
    return "new", "未备案", "nothing is on file", "file", ""
