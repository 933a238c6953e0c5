"""What a client offers beside calls: outcomes found out or decided, files, a day reconciled."""

from __future__ import annotations

import asyncio
import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from mi_core.config import Config
from mi_core.errors import ConfigError
from mi_core.journal import AttemptState, Journal
from mi_core.model import Request, Response
from mi_core.pipeline import CallOptions, Runtime, late_outcomes, options_of
from mi_core.settling import outcome_of

if TYPE_CHECKING:
    from mi_core.files import Downloaded
    from mi_core.interfaces.i9101_file_upload import FileUploadResponse
    from mi_core.journal import OperationState
    from mi_core.overload.state import GatewayState
    from mi_core.plugin import OperationRecord
    from mi_core.plugin.values import Moved
    from mi_core.reconcile import DayReport, Scope
    from mi_core.recovery import Recovery

__all__ = ["Services", "not_open"]

R = TypeVar("R", bound=Response)


class Services(ABC):
    """Base of the client; the modules behind each method are imported when they are first needed."""

    config: Config
    _runtime: Runtime | None

    @property
    @abstractmethod
    def recovery(self) -> Recovery:
        """What resolves calls in doubt."""

    @abstractmethod
    async def _open(self) -> Runtime: ...

    @abstractmethod
    async def _call(self, request: Request[R], options: CallOptions) -> R: ...

    @property
    def journal(self) -> Journal:
        """The journal of the open client."""
        if self._runtime is None:
            raise not_open()
        return self._runtime.journal

    @property
    def gateways(self) -> tuple[GatewayState, ...]:
        """Every gateway now: its breaker and its lanes."""
        if self._runtime is None:
            raise not_open()
        return self._runtime.gate.state()

    async def call_with(self, request: Request[R], options: CallOptions) -> R:
        """One call with its options as one value: for programs that hand calls on and name them (``operation_id``)."""
        return await self._call(request, options)

    async def done_before(self, request: Request[R], options: CallOptions) -> R | None:
        """The stored reply of a changing call that was done and stands, else ``None``. Unlike a call it never sends.

        Raises ``VisitBusy`` while it, or what takes it back, is unresolved.
        """
        from mi_core.pipeline.done_before import done_before

        return cast("R | None", await done_before(await self._open(), request, options))

    async def check_log(self) -> None:
        """Raise ``StoreError`` while the operation log cannot be asked; nothing for a log that cannot tell."""
        runtime = await self._open()
        states = getattr(runtime.store, "states", None)
        if states is not None:
            await states(["-"])

    async def resolve(
        self, operation_id: str, *, executed: bool, by: str | Sequence[str] = (), identifier: str | None = None,
        reason: str = "", against_evidence: bool = False,
    ) -> bool:  # fmt: skip
        """Say what a call in doubt came to, after people found it out; frees its visit and completes its log row.

        ``by``: who decides, by default the configured operator. *Not executed* allows to send again, so it needs two
        different persons, as leaving MANUAL does: ``False`` is returned while the second one is missing. *Executed* needs
        ``identifier``, the ``setl_id`` (or other proof) that was found. Raises ``MoveRefused``, ``DecisionRefused``,
        ``PersonRefused``, ``UnknownName``. People at a desk use ``mi doubt``.
        """
        from mi_core.desk.deciding import resolve_together

        runtime = await self._open()
        attempt, decided = await asyncio.to_thread(
            resolve_together, runtime.journal, self.config, operation_id,
            AttemptState.CONFIRMED if executed else AttemptState.NOT_EXECUTED, (by,) if isinstance(by, str) else tuple(by),
            reason=reason or ("found to be executed" if executed else "found not to be executed"),
            identifier=identifier, against_evidence=against_evidence,
        )  # fmt: skip
        if decided.state is None:
            return False
        await late_outcomes.complete_row(runtime.store, attempt.msgid, decided.state)
        return True

    async def upload_file(
        self, source: bytes | str | Path, filename: str = "", *, progress: Moved | None = None, **options: Any
    ) -> FileUploadResponse:
        """Send a file (9101); its ``file_qury_no`` goes into the interface that reads it. See :func:`mi_core.files.upload`."""
        from mi_core.files import upload

        chosen = options_of(**options)
        code = self.config.institution(chosen.institution).code
        return await upload(self._call, source, filename, code=code, options=chosen, progress=progress)

    async def download_file(
        self, file_qury_no: str, filename: str, *, to: str | Path, catalogue: bool = False,
        progress: Moved | None = None, **options: Any,
    ) -> Downloaded:  # fmt: skip
        """Fetch a ZIP (9102) to the path ``to``; ``catalogue`` for the files of 13xx. See :func:`mi_core.files.download`."""
        from mi_core.files import CATALOGUE, download

        chosen = options_of(**options)
        owner = CATALOGUE if catalogue else self.config.institution(chosen.institution).code
        return await download(
            self._call, file_qury_no, filename, to, owner=owner, options=chosen, progress=progress
        )

    async def reconcile(
        self, day: dt.date, *, institution: str | None = None, apply: bool = False, scope: Scope | None = None
    ) -> DayReport:
        """Reconcile a day (3201, 3202) with the journal; ``apply`` also writes down what follows.

        Nothing is reversed. See :func:`mi_core.reconcile.reconcile_day`.
        """
        from mi_core.reconcile import Scope, reconcile_day

        runtime = await self._open()
        return await reconcile_day(
            self._call, runtime.journal, self.config, institution, day, apply=apply, scope=scope or Scope()
        )

    async def operations(
        self,
        *,
        psn_no: str | None = None,
        mdtrt_id: str | None = None,
        msgid: str | None = None,
        limit: int = 100,
    ) -> list[OperationRecord]:
        """Rows of the operation log with their messages (personal data), newest first."""
        runtime = await self._open()
        return await runtime.store.find(psn_no=psn_no, mdtrt_id=mdtrt_id, msgid=msgid, limit=limit)

    async def wait_for(self, operation_id: str, *, timeout: float = 60.0) -> OperationState:  # noqa: ASYNC109  # a limit of patience, not of a call
        """Find out what became of a call in doubt: returns when it has ended, people are needed, or time is over.

        The returned state is ``OPEN`` when ``timeout`` seconds were not enough. Raises ``StoreError`` for an unknown name.
        """
        return await outcome_of(self.recovery, self.journal, operation_id, timeout)


def not_open() -> ConfigError:
    """The client has to be opened first."""
    return ConfigError(
        "客户端尚未打开", "the client is not open", hint_zh="用 async with", hint_en="use: async with"
    )
