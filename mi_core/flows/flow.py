"""What all flows share: a durable record, steps that may be called again, one error that says where things stand."""

from __future__ import annotations

import asyncio
import contextlib
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self
from weakref import WeakValueDictionary

import attrs

from mi_core.config import Institution, Operator
from mi_core.errors import (
    CallError,
    InvalidInput,
    MiError,
    NotSent,
    OutcomeUnknown,
    Refused,
    StoreError,
    VisitBusy,
)
from mi_core.flows.errors import FlowStopped
from mi_core.flows.record import FlowRecord, load, save
from mi_core.flows.standing import Standing
from mi_core.journal import AmountsDiffer, QuoteNeeded
from mi_core.model import Request, Response
from mi_core.pipeline import CallOptions, options_of
from mi_core.plugin.region import BASE_CLASSES

if TYPE_CHECKING:
    from mi_core.client import AsyncClient

__all__ = ["Flow"]

_at_work: WeakValueDictionary[tuple[int, str, str, str], asyncio.Lock] = WeakValueDictionary()
"""One step of a flow at a time in this process: the second caller gets what the first one did."""


class Flow(ABC):
    """One business of one patient, named by the caller's own ``key`` (the hospital's visit number, a receipt number).

    Make it anew whenever it is needed, in any process: each step first reads what was done. ``patience``: seconds that a
    step waits for the outcome of a call whose answer was lost, before it stops with :class:`FlowStopped`.
    """

    kind: ClassVar[str]
    """Part of the record's name; never changed."""
    title: ClassVar[tuple[str, str]]
    """For people, zh and en."""
    replaceable: ClassVar[tuple[str, ...]] = ("charge", "withdraw")
    """Steps that upload only: whatever became of them, doing them again does no harm."""

    def __init__(
        self, mi: AsyncClient, key: str, *, institution: str | None = None,
        operator: Operator | Mapping[str, str] | None = None, patience: float = 0.0,
    ) -> None:  # fmt: skip
        if not key.strip():
            raise ValueError("a flow needs the caller's key")
        self.mi, self.key, self.patience = mi, key.strip(), patience
        self._asked, self._operator = institution, operator
        self._record = FlowRecord("")
        self._seen_at = 0
        """When the record was known to be the newest (ms since 1970): what was taken back since is not done anew."""
        self._begun_before = False
        """The step at work found itself, or another one, unfinished."""

    @property
    def institution(self) -> Institution:
        """Where it takes place; complete once the client is open."""
        return self.mi.config.institution(self._asked)

    async def standing(self) -> Standing:
        """What stands at the bureau as far as is recorded, and which calls continue or take it back."""
        await self._load()
        return self._standing(self._content)

    async def resume(self) -> Standing:
        """Go on with the step that was begun and has not ended (after a crash, a time-out); where things stand then.

        Nothing happens when no step is unfinished. Raises :class:`FlowStopped`.
        """
        await self._load()
        begun = self._content.get("doing")
        if begun is not None:
            step = str(begun["step"])
            async with self._step(step):
                if (self._content.get("doing") or {}).get("step") == step:  # nobody has ended it meanwhile
                    await self._continue(step)
        return await self.standing()

    @abstractmethod
    def _standing(self, content: Mapping[str, Any]) -> Standing: ...

    @abstractmethod
    async def _continue(self, step: str) -> None:
        """Go on with the unfinished step, with what it wrote down when it began."""

    # What the steps are made of.

    async def _load(self) -> Self:
        await self.mi.open()
        self._seen_at = _now()
        self._record = await load(self.mi.journal, self.institution.code, *self._name)
        return self

    @property
    def _name(self) -> tuple[str, str]:
        """Kind and key of the record."""
        return self.kind, self.key

    @property
    def _label(self) -> str:
        """The flow in messages."""
        return self.key

    @property
    def _content(self) -> Mapping[str, Any]:
        return self._record.content

    @contextlib.asynccontextmanager
    async def _step(self, name: str) -> AsyncIterator[None]:
        """One step: alone in this process, on the newest record, and with its errors told as :class:`FlowStopped`."""
        try:
            await self.mi.open()
            place = (id(asyncio.get_running_loop()), self.institution.code, *self._name)
            lock = _at_work.get(place)
            if lock is None:
                lock = _at_work[place] = asyncio.Lock()
            async with lock:
                await self._load()
                self._begun_before = self._content.get("doing") is not None
                yield
        except FlowStopped:
            raise
        except MiError as error:
            raise self._stopped(name, error) from error

    def _free(self, name: str) -> None:
        """Before ``name`` does anything new: raises :class:`FlowStopped` while another step is unfinished."""
        begun = self._content.get("doing")
        if begun is not None and begun["step"] != name and begun["step"] not in self._may_interrupt(name):
            raise self._refused(
                name,
                f"上一步 {begun['step']} 尚未完成，请先调用 resume()",
                f"{begun['step']} has not ended: call resume() first",
            )

    def _may_interrupt(self, name: str) -> tuple[str, ...]:
        """Steps that ``name`` may take over unfinished."""
        return ()

    async def _note(self, step: str, **changes: Any) -> None:
        """Write down: durable when it returns."""
        now = _now()
        self._record = await save(self.mi.journal, self._record, self.kind, step, changes)
        self._seen_at = now

    async def _call(
        self,
        request: Request[Any],
        *,
        key: str | None = None,
        area: str | None = None,
        accepted: bool = False,
    ) -> Any:
        """Send; a call whose outcome is not known yet is waited for (``patience``), then its stored reply is returned."""
        options = self._options(key, area, accepted)
        try:
            return await self.mi.call_with(request, options)
        except (OutcomeUnknown, VisitBusy) as waiting:
            await self._waited(waiting)
            sent = waiting if isinstance(waiting, OutcomeUnknown) else None
        try:
            return await self.mi.call_with(request, options)
        except (AmountsDiffer, QuoteNeeded):
            raise
        except NotSent:
            if sent is None:
                raise
            raise sent from None  # it did leave, the first time: nobody may be told that nothing was sent

    async def _stored(
        self, request: Request[Any], *, key: str | None = None, area: str | None = None
    ) -> Any | None:
        """The stored reply of a call that was made and stands, else ``None``; nothing is ever sent.

        One whose outcome, or that of what takes it back, is not known yet is waited for (``patience``).
        """
        options = self._options(key, area)
        try:
            return await self.mi.done_before(request, options)
        except VisitBusy as waiting:
            await self._waited(waiting)
        return await self.mi.done_before(request, options)

    async def _waited(self, waiting: OutcomeUnknown | VisitBusy) -> None:
        """Until what ``waiting`` tells of has ended, or patience is over; raises it again where there is none."""
        if self.patience <= 0 or not waiting.operation_id:
            raise waiting
        try:
            await self.mi.wait_for(waiting.operation_id, timeout=self.patience)
        except StoreError:
            raise waiting from None  # an upload in flight: the journal does not know it

    def _options(self, key: str | None, area: str | None, accepted: bool = False) -> CallOptions:
        options = options_of(area, self._operator, key, None, self._asked, accepted)
        return attrs.evolve(options, asked_at=self._seen_at)

    async def ask(self, request: Request[Any], **more: Any) -> dict[str, Any]:
        """Send, and give the reply by wire name; a reply that is a list stands under ``rows``."""
        reply: Response = await self._call(request, **more)
        told: Any = reply.to_dict()
        return {"rows": told} if isinstance(told, (list, tuple)) else told

    def _stopped(self, step: str, cause: MiError) -> FlowStopped:
        where = cause.interface if isinstance(cause, CallError) else ""
        title = cause.title if isinstance(cause, CallError) else ""
        zh, en = cause.message("zh"), cause.message("en")
        named = f"（{where} {title}）" if where else ""
        document = self._document(where) if isinstance(cause, (InvalidInput, Refused)) else ("", "")
        return FlowStopped(
            f"{self.title[0]} {self._label} 停在 {step}{named}：{zh}{document[0]}",
            f"{self.title[1]} {self._label} stopped at {step}{f' ({where})' if where else ''}: {en}{document[1]}",
            flow=self.kind, key=self.key, step=step, standing=self._standing(self._content), interface=where,
            operation_id=cause.operation_id if isinstance(cause, CallError) else None, in_doubt=self._in_doubt(cause),
        )  # fmt: skip

    def _document(self, code: str) -> tuple[str, str]:
        """Whose document a message was made by, where the region has its own: its class, or that it is not known to have one."""
        region = self.institution.dialect
        if region is None or region.interfaces == BASE_CLASSES or not code:
            return "", ""
        found = self.institution.interface(code)
        if found.region == region.name:
            name = f"{region.interfaces}.{found.request.__name__}"
            return (
                f"\n  （{region.title}的字段：{name}）",
                f"\n  ({region.title_en} has fields of its own: {name})",
            )
        if region.described != "whole":
            return "", ""
        return (
            f"\n  （{region.title}的资料中没有不同于基础文档的 {code}，按基础文档办理；当地是否有此接口请向经办机构核实）",
            f"\n  (what is known of {region.title_en} has no {code} of its own, the base document was used: ask the local bureau "
            "whether it offers this interface)",
        )  # fmt: skip

    def _in_doubt(self, cause: MiError) -> bool:
        """Whether the step may have been done: an error that proves that *this* call was not sent proves nothing of an
        earlier one of the same step, and one of writing down comes after the call."""
        if isinstance(cause, OutcomeUnknown):
            return True
        begun = (self._content.get("doing") or {}).get("step")
        if begun in (None, *self.replaceable) or isinstance(cause, (Refused, InvalidInput, AmountsDiffer)):
            return False
        return self._begun_before or not isinstance(cause, CallError)

    def _refused(self, step: str, zh: str, en: str) -> FlowStopped:
        """Stopped before anything was sent, because the step does not fit what stands."""
        return FlowStopped(
            f"{self.title[0]} {self._label} 不能 {step}：{zh}", f"{self.title[1]} {self._label} cannot {step}: {en}",
            flow=self.kind, key=self.key, step=step, standing=self._standing(self._content),
        )  # fmt: skip


def _now() -> int:
    return time.time_ns() // 1_000_000
