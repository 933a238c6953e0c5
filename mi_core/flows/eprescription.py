"""An electronic prescription at the hospital's side: 7101 check, 7102 signature, 7103 upload, 7104 revocation, 7105–7107 queries.

What the pharmacy does with it (7206, 7207) is asked for (7106, 7107) or told by 7108 and 7109. Over the e-prescription
centre's own gateway (``envelope-sm``) or the national one, as the institution is configured.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Final

from mi_core.codes.rx_chk_stas_codg import RxChkStasCodg
from mi_core.codes.rx_used_stas_codg import RxUsedStasCodg
from mi_core.errors import BureauRefused, NotSent
from mi_core.flows.flow import Flow
from mi_core.flows.messages import Fields, message, node
from mi_core.flows.paying import DEFINITE
from mi_core.flows.prescription_state import PrescriptionState, place_of
from mi_core.flows.record import plain_values
from mi_core.flows.standing import Standing
from mi_core.model import Request
from mi_core.model.record import fields_of
from mi_core.scalars import parse_moment

__all__ = ["EPrescription", "renumbered"]

_SIGNED: Final = 20
"""How many fields of 7103 are signed: its table's first ones (note of 7102 ``originalValue``)."""
_HERBS: Final = frozenset({"2", "4", "6", "9"})
"""``rx_type_code`` of Chinese herbs, whose ``rxDrugCnt`` counts doses."""


def renumbered(number: str, attempt: int) -> str:
    """``hospRxno`` of a further try, when the answer to 7101 was lost: a number may be used once, and nobody tells whether it was."""
    return number if attempt == 1 else f"{number}-{attempt}"


class EPrescription(Flow):
    """One prescription; ``key`` is the hospital's own number of it (``hospRxno``).

    ::

        check (7101) ─► issue (7102, 7103) ─► state (7105), review (7106), taking (7107) | notified (7108, 7109)
                                          └─► revoke (7104)
    """

    kind: ClassVar[str] = "eprescription"
    title: ClassVar[tuple[str, str]] = ("电子处方", "electronic prescription")
    renumber: Callable[[str, int], str] = staticmethod(renumbered)

    async def check(
        self, /, visit: Fields, drugs: Sequence[Fields], diagnoses: Sequence[Fields], *, insuplc_admdvs: str = "", **fields: Any
    ) -> str:  # fmt: skip
        """7101; returns ``hiRxno``. ``visit`` of ``mdtrtinfo``, ``drugs`` of ``rxdrugdetail``, ``diagnoses`` of ``diseinfo``, ``fields``
        of ``data``, all by wire name.

        Added where it is not said: the institution, the number, ``valiEndTime``, and ``rxDrugCnt`` (but of herbs). When the
        answer is lost, calling again checks it once more under :attr:`renumber`: an unissued check binds nobody.
        """
        async with self._step("check"):
            checked = self._content.get("checked")
            if checked is not None:
                if checked["certno"] != visit.get("certno"):
                    raise self._refused(
                        "check", "此处方号属于另一位患者", "this key belongs to another patient"
                    )
                return str(checked["hiRxno"])
            self._free("check")
            lost = (self._content.get("doing") or {}).get("attempt") or self._content.get("lost") or 0
            attempt = int(lost) + 1
            number = self.renumber(self.key, attempt)
            known = {
                "hospRxno": number, "valiEndTime": _until(fields), "rxdrugdetail": list(drugs), "diseinfo": list(diagnoses),
                **({} if fields.get("rxTypeCode") in _HERBS else {"rxDrugCnt": len(drugs)}),
                "mdtrtinfo": {"fixmedinsCode": self.institution.code, "fixmedinsName": self.institution.name, **visit},
            }  # fmt: skip
            request = message(self.institution, "7101", known, fields)
            await self._note("check", doing={"step": "check", "attempt": attempt}, lost=attempt - 1)
            told = await self._data(request, "check", insuplc_admdvs or None)
            patient = request.to_dict()["data"]["mdtrtinfo"]
            kept = (
                "mdtrtId",
                "patnName",
                "psnCertType",
                "certno",
                "fixmedinsName",
                "fixmedinsCode",
                "drCode",
                "prscDrName",
            )
            await self._note(
                "check", doing=None, revoked=None,
                checked={
                    **{name: patient.get(name) for name in kept}, "hospRxno": number, "area": insuplc_admdvs,
                    "hiRxno": told.get("hiRxno"), "rxTraceCode": told.get("rxTraceCode"),
                },
            )  # fmt: skip
            return str(told.get("hiRxno"))

    async def issue(self, /, file: bytes, **pharmacist: Any) -> PrescriptionState:
        """7102 and 7103: have it signed and hand it to the centre; from then on a pharmacy can see it.

        ``file``: PDF or OFD. ``pharmacist``: ``pharDeptName pharDeptCode pharCode pharName pharChkTime`` … of 7103 by wire name.
        Called again: nothing is sent, or after a lost answer 7105 is asked first.
        """
        async with self._step("issue"):
            checked = self._checked("issue")
            if self._content.get("issued") is not None:
                return await self._state("issue")
            self._free("issue")
            if self._content.get("doing") is not None and (found := await self._found()) is not None:
                return found
            interface = self.institution.interface("7103")
            known = {name: value for name, value in checked.items() if name not in ("hospRxno", "area")}
            draft = {**known, **plain_values(pharmacist)}
            names = [f.wire for f in fields_of(interface.request)][:_SIGNED]
            said = {name: str(draft[name]) for name in names if draft.get(name) not in (None, "")}
            await self._note("issue", doing={"step": "issue"})
            signed = await self._data(message(self.institution, "7102", {
                "fixmedinsCode": checked["fixmedinsCode"], "originalValue": _base64(json.dumps(said, ensure_ascii=False).encode()),
                "originalRxFile": _base64(file),
            }), "issue")  # fmt: skip
            more = {name: value for name, value in pharmacist.items() if name not in said}
            request = message(
                self.institution,
                "7103",
                {**said, "rxFile": signed["rxFile"], "signDigest": signed["signDigest"]},
                more,
            )
            told = await self._data(request, "issue")
            await self._note("issue", doing=None, issued=True)
            return PrescriptionState.of(told)

    async def _found(self) -> PrescriptionState | None:
        """What 7105 shows after an answer to 7103 was lost; ``None`` when the centre does not have it."""
        try:
            state = await self._state("issue")
        except BureauRefused:
            return None
        await self._note("issue", doing=None, issued=True)
        return state

    async def revoke(self, /, reason: str, *, at: dt.datetime, **doctor: Any) -> PrescriptionState:
        """7104, which may be repeated. ``doctor``: ``undoDrName undoDrCertType undoDrCertno`` … by wire name."""
        async with self._step("revoke"):
            checked = self._checked("revoke")
            if self._content.get("revoked") is not None:
                return await self._state("revoke")
            self._free("revoke")
            if self._content.get("issued") is None:
                raise self._refused(
                    "revoke", "处方尚未上传，无须撤销", "it was not issued, there is nothing to revoke"
                )
            known = {
                **{name: checked[name] for name in ("hiRxno", "fixmedinsCode", "drCode")}, "undoRea": reason, "undoTime": at
            }  # fmt: skip
            request = message(self.institution, "7104", known, doctor)
            await self._note("revoke", doing=plain_values({"step": "revoke", "request": request.to_dict()}))
            return await self._revoke(self._content["doing"])

    async def _revoke(self, doing: Mapping[str, Any]) -> PrescriptionState:
        request = self.institution.interface("7104").request.from_dict(doing["request"])
        told = await self._data(request, "revoke")
        await self._note("revoke", doing=None, revoked=True)
        return PrescriptionState.of(told)

    async def state(self) -> PrescriptionState:
        """7105: whether it is valid and used."""
        async with self._step("state"):
            return await self._state("state")

    async def _state(self, step: str) -> PrescriptionState:
        told = await self._query("7105", step)
        return PrescriptionState.of(told)

    async def review(self) -> dict[str, Any]:
        """7106: what the pharmacist said, by wire name. The centre refuses while nobody has (``FlowStopped``)."""
        async with self._step("review"):
            return await self._reviewed(await self._query("7106", "review"))

    async def taking(self) -> dict[str, Any]:
        """7107: when it was settled, and the drugs that were taken (``seltdelts``). The centre refuses while there are none."""
        async with self._step("taking"):
            return await self._taken(await self._query("7107", "taking"))

    async def notified(self, /, notice: Request[Any]) -> dict[str, Any]:
        """7108 or 7109, as the inbound application gave it to its handler; may be told again. Raises ``FlowStopped`` for another
        prescription's."""
        async with self._step("notified"):
            told, checked = node(notice.to_dict(), "data"), self._checked("notified")
            if told.get("hiRxno") != checked["hiRxno"]:
                raise self._refused(
                    "notified", "通知所指的不是本处方", "the notification speaks of another prescription"
                )
            if "rxChkStasCodg" in told:
                return await self._reviewed(told)
            return await self._taken(told)

    async def _reviewed(self, told: dict[str, Any]) -> dict[str, Any]:
        passed = told.get("rxChkStasCodg") == RxChkStasCodg.审核通过
        if self._content.get("reviewed") != passed:
            await self._note("review", reviewed=passed)
        return told

    async def _taken(self, told: dict[str, Any]) -> dict[str, Any]:
        if told.get("rxUsedStasCodg") == RxUsedStasCodg.已使用 and not self._content.get("taken"):
            await self._note("taking", taken=True)
        return told

    async def _query(self, code: str, step: str) -> dict[str, Any]:
        checked = self._checked(step)
        known = {
            name: checked[name] for name in ("fixmedinsCode", "hiRxno", "mdtrtId", "psnCertType", "certno")
        }
        request = message(self.institution, code, {**known, "psnName": checked["patnName"]})
        return node(await self.ask(request, area=checked["area"] or None), "data")

    async def _data(self, request: Request[Any], step: str, area: str | None = None) -> dict[str, Any]:
        """Send an upload; after a definite no, or when nothing left, the step may be begun anew."""
        where = area or (self._content.get("checked") or {}).get("area") or None
        try:
            return node(await self.ask(request, area=where), "data")
        except (*DEFINITE, NotSent):
            await self._note(step, doing=None)
            raise

    def _checked(self, step: str) -> Mapping[str, Any]:
        checked: Mapping[str, Any] | None = self._content.get("checked")
        if checked is None:
            raise self._refused(step, "处方尚未预核验，请先 check", "it was not checked: check first")
        return checked

    def _standing(self, content: Mapping[str, Any]) -> Standing:
        return place_of(content)

    async def _continue(self, step: str) -> None:
        """A check, and the file of an issue, are the caller's to give again; what 7105 can tell is asked here."""
        if step == "revoke":
            await self._revoke(self._content["doing"])
        elif step == "check" or await self._found() is None:
            raise self._refused(step, f"请再次调用 {step}()", f"call {step}() again")


def _until(fields: Fields) -> dt.datetime | None:
    """开方时间+处方有效天数 (note of ``valiEndTime``)."""
    written, days = fields.get("prscTime"), fields.get("valiDays")
    if isinstance(written, str):
        written = parse_moment(written)
    return (
        written + dt.timedelta(days=int(days))
        if isinstance(written, dt.datetime) and days is not None
        else None
    )


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
