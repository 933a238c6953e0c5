"""An outpatient visit at the bureau, from the certificate at the counter to the receipt, and every way back.

::

    open ─► diagnose ─► charge ─► quote ─► settle ─► refund ──► (charge …) or abandon
     1101      2203       2205      2206     2207      2208
     2001     (2203A)     2204                         refund_part: 2208 ─► 2205 ─► 2204 ─► 2206 ─► 2207
     2201                          abandon: 2205 ─► 2202                (stopped half way: restore)

A visit may have several bills (收费批次): the visit's own, and any number of :meth:`OutpatientVisit.bill`. Each is uploaded,
quoted, settled and refunded for itself, in any order and by several tills at once.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar, Final, Self

import attrs

from mi_core.flows.outpatient_bill import ALL_BATCHES
from mi_core.flows.outpatient_registration import Registered
from mi_core.flows.partial_refund import PartRefunds
from mi_core.flows.record import FlowBusy, FlowRecord, load, save
from mi_core.flows.standing import Standing

__all__ = ["OutpatientBill", "OutpatientVisit"]

_SHARED: Final = ("person", "insured", "med_type", "begntime", "mdtrt_id", "abandoned", "informed")
"""What a bill knows from the visit's record; all else is its own."""
_LONGEST: Final = 30
"""Characters of ``chrg_bchno``."""
_TRIES: Final = 20
"""Times that a bill is entered in the visit's record while others write there."""
_UPLOADING: Final = ("charge", "withdraw", "refund_part", "restore")
"""Steps that have settled nothing as long as they have written down no 2207."""


class OutpatientVisit(Registered):
    """An outpatient visit; ``key`` is the hospital's own number of it and is sent as ``ipt_otp_no``.

    Fields of messages have their wire names; ``more`` takes further ones, e.g. those of a region (``mdtrt_mode``).
    Every step may be called again, in any process: it returns what was done, or goes on where it stopped.
    """

    kind: ClassVar[str] = "outpatient"
    title: ClassVar[tuple[str, str]] = ("门诊就诊", "outpatient visit")

    def bill(self, chrg_bchno: str) -> OutpatientBill:
        """Another bill of this visit under its own batch number, e.g. the pharmacy's beside the laboratory's.

        From its first ``charge`` on every bill of the visit clears (2205) only its own rows.
        """
        if not chrg_bchno.strip() or len(chrg_bchno.strip()) > _LONGEST or chrg_bchno.strip() == ALL_BATCHES:
            raise ValueError(f"a bill's chrg_bchno has 1 to {_LONGEST} characters and is not {ALL_BATCHES}")
        return OutpatientBill(self, chrg_bchno.strip())

    async def _bills_are_free(self, step: str) -> None:
        for name in self._content.get("bills") or ():
            content = await _content_of_bill(self, name)
            if content.get("settled") is not None:
                raise self._refused(
                    step,
                    f"账单 {name} 已结算，请先 refund",
                    f"bill {name} is settled: refund it first",
                )
            begun = content.get("doing")
            if begun is not None and (begun["step"] not in _UPLOADING or begun.get("request")):
                raise self._refused(
                    step,
                    f"账单 {name} 的 {begun['step']} 尚未完成，请先对它调用 resume()",
                    f"{begun['step']} of bill {name} has not ended: call its resume() first",
                )

    def _recorded(self, content: Mapping[str, Any]) -> Standing:
        found, bills = super()._recorded(content), content.get("bills")
        if not bills or content.get("abandoned"):
            return found
        names = "、".join(bills)
        return attrs.evolve(
            found, zh=f"{found.zh}；另有账单 {names}", en=f"{found.en}; other bills: {', '.join(bills)}"
        )


class OutpatientBill(PartRefunds):
    """One more bill of a visit (:meth:`OutpatientVisit.bill`): ``charge quote settle refund plan_refund refund_part restore``.

    It has a record of its own, so several tills work on several bills of a visit at once; the journal lets the bureau see one
    changing call of the visit at a time. ``open``, ``diagnose`` and ``abandon`` are the visit's.
    """

    kind: ClassVar[str] = OutpatientVisit.kind
    title: ClassVar[tuple[str, str]] = OutpatientVisit.title

    def __init__(self, visit: OutpatientVisit, chrg_bchno: str) -> None:
        super().__init__(
            visit.mi, visit.key, institution=visit._asked, operator=visit._operator, patience=visit.patience
        )
        self.chrg_bchno = chrg_bchno
        self._visit = FlowRecord("")

    @property
    def _name(self) -> tuple[str, str]:
        return _bill_name(self.key, self.chrg_bchno)

    @property
    def _label(self) -> str:
        return f"{self.key}/{self.chrg_bchno}"

    async def _load(self) -> Self:
        await super()._load()
        self._visit = await load(self.mi.journal, self.institution.code, self.kind, self.key)
        return self

    @property
    def _content(self) -> Mapping[str, Any]:
        shared = {name: self._visit.content[name] for name in _SHARED if name in self._visit.content}
        return {**shared, **_own(self._record, shared.get("mdtrt_id"))}

    async def _note(self, step: str, **changes: Any) -> None:
        begins = changes.get("doing") is not None and self._content.get("doing") is None
        await self._enter(step)
        visit = self._visit.content["mdtrt_id"]
        if (
            self._record.content.get("visit") != visit
        ):  # the key was registered anew since: nothing of then is left
            changes = {**dict.fromkeys(self._record.content), **changes, "visit": visit}
        await super()._note(step, **changes)
        if begins:
            self._visit = await load(self.mi.journal, self.institution.code, self.kind, self.key)
            if self._closing:
                await super()._note(step, doing=None)
                raise self._being_withdrawn(step)

    async def _enter(self, step: str) -> None:
        """The visit's record names the bill before it does anything, so that no other bill's clean-up takes its rows."""
        for _ in range(_TRIES):
            content = self._visit.content
            bills, own = content.get("bills") or [], content.get("charge")
            if self.chrg_bchno in bills:
                return
            if self._closing:
                raise self._being_withdrawn(step)
            if own is not None and own["chrg_bchno"] == self.chrg_bchno:
                raise self._refused(
                    step,
                    f"收费批次号 {self.chrg_bchno} 已是本次就诊自身的账单",
                    f"batch {self.chrg_bchno} is the visit's own bill",
                )
            if own is not None and not own.get("done"):
                raise self._refused(
                    step, "就诊自身账单的明细正在上传，请稍后重试；若已中断，请先对就诊调用 resume()",
                    "the visit's own bill is being uploaded: try again in a moment, or resume() the visit if that has stopped",
                )  # fmt: skip
            try:
                self._visit = await save(
                    self.mi.journal, self._visit, self.kind, "bill", {"bills": [*bills, self.chrg_bchno]}
                )
            except FlowBusy:
                self._visit = await load(self.mi.journal, self.institution.code, self.kind, self.key)
            else:
                return
        raise self._refused(
            step, "就诊正被其他程序频繁修改，请稍后重试", "others keep writing to the visit: try again"
        )

    @property
    def _closing(self) -> bool:
        visit = self._visit.content
        return bool(visit.get("abandoned")) or (visit.get("doing") or {}).get("step") == "abandon"

    def _being_withdrawn(self, step: str) -> Exception:
        return self._refused(step, "挂号正在撤销或已撤销", "the registration is being withdrawn, or was")

    def _which(self, step: str) -> dict[str, str]:
        if self._closing:
            raise self._being_withdrawn(step)
        return super()._which(step)

    def _batch(self, asked: str | None) -> str:
        if asked not in (None, self.chrg_bchno):
            raise self._refused(
                "charge", f"本账单的收费批次号是 {self.chrg_bchno}", f"this bill's batch is {self.chrg_bchno}"
            )
        return self.chrg_bchno

    @property
    def _alone(self) -> bool:
        return False

    async def withdraw(self) -> None:
        """2205 of this bill's rows: as if it had not been uploaded; the visit and its other bills stay as they are."""
        async with self._step("withdraw"):
            if self._content.get("settled") is not None:
                raise self._refused("withdraw", "已结算，请先 refund", "it is settled: refund first")
            self._which("withdraw")
            if self._content.get("charge") is None:
                return
            self._free("withdraw")
            await self._note("withdraw", doing={"step": "withdraw"})
            await self._withdrawn()

    async def _withdrawn(self) -> None:
        await self._withdraw(self.chrg_bchno, tolerant=True)
        await self._note("withdraw", doing=None, charge=None, quote=None, parting=None, restored=None)

    def _may_interrupt(self, name: str) -> tuple[str, ...]:
        return super()._may_interrupt("charge" if name == "withdraw" else name)

    def _recorded(self, content: Mapping[str, Any]) -> Standing:
        found = super()._recorded(content)
        return attrs.evolve(found, undo_step="withdraw") if found.undo_step == "abandon" else found

    async def _continue(self, step: str) -> None:
        if step == "withdraw":
            await self._withdrawn()
        else:
            await super()._continue(step)


def _bill_name(key: str, chrg_bchno: str) -> tuple[str, str]:
    """Kind and key of a bill's record."""
    return "outpatient bill", json.dumps([key, chrg_bchno], ensure_ascii=False)


def _own(record: FlowRecord, mdtrt_id: object) -> Mapping[str, Any]:
    """A bill's record where it speaks of this registration of the visit."""
    return record.content if record.content.get("visit") == mdtrt_id else {}


async def _content_of_bill(visit: OutpatientVisit, chrg_bchno: str) -> Mapping[str, Any]:
    record = await load(visit.mi.journal, visit.institution.code, *_bill_name(visit.key, chrg_bchno))
    return _own(record, visit._content.get("mdtrt_id"))
