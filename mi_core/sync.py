"""The synchronous client: the same calls from any thread, on an event loop of its own in its own thread."""

from __future__ import annotations

import asyncio
import concurrent.futures
import datetime as dt
import os
import threading
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

import attrs

from mi_core.client import AsyncClient, configured
from mi_core.config import Config, Operator
from mi_core.errors import ConfigError, MiError
from mi_core.model import Request, Response
from mi_core.plugin.manager import Plugins

if TYPE_CHECKING:
    from mi_core.files import Downloaded
    from mi_core.interfaces.i9101_file_upload import FileUploadResponse
    from mi_core.journal import Journal, OperationState
    from mi_core.reconcile import DayReport, Scope

__all__ = ["BoundSyncClient", "Client"]

R = TypeVar("R", bound=Response)
T = TypeVar("T")


class Client:
    """As :class:`mi_core.AsyncClient`, blocking. May be shared by threads; also works inside a running loop's threads.

    Called directly in a coroutine it blocks that loop: use ``AsyncClient`` there, or ``asyncio.to_thread``.
    """

    def __init__(self, config: Config, *, plugins: Plugins | None = None) -> None:
        self.config = config
        self._client = AsyncClient(config, plugins=plugins)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._closed = False
        self._pid = os.getpid()

    @classmethod
    def from_config(
        cls, path: str | Path | None = None, *, plugins: Plugins | Mapping[str, Any] | None = None, **overrides: Any
    ) -> Self:  # fmt: skip
        """See :meth:`mi_core.AsyncClient.from_config`."""
        config, loaded = configured(path, plugins, overrides)
        return cls(config, plugins=loaded)

    def call(
        self, request: Request[R], *, insuplc_admdvs: str | None = None,
        operator: Operator | Mapping[str, str] | None = None, operation_key: str | None = None,
        deadline: float | None = None, institution: str | None = None, amounts_accepted: bool = False,
    ) -> R:  # fmt: skip
        """See :meth:`mi_core.AsyncClient.call`."""
        return self._wait(
            self._client.call(
                request, insuplc_admdvs=insuplc_admdvs, operator=operator, operation_key=operation_key,
                deadline=deadline, institution=institution, amounts_accepted=amounts_accepted,
            )
        )  # fmt: skip

    def call_raw(self, code: str, data: Mapping[str, Any], **options: Any) -> dict[str, Any]:
        """See :meth:`mi_core.AsyncClient.call_raw`."""
        return self._wait(self._client.call_raw(code, data, **options))

    def call_many(
        self, requests: Iterable[Request[R]], *, concurrency: int = 8, **options: Any
    ) -> list[R | MiError]:
        """See :meth:`mi_core.AsyncClient.call_many`."""
        return self._wait(self._client.call_many(requests, concurrency=concurrency, **options))

    def bound(self, **options: Any) -> BoundSyncClient:
        """See :meth:`mi_core.AsyncClient.bound`."""
        self._client.bound(**options)
        return BoundSyncClient(self, options)

    def resolve(
        self, operation_id: str, *, executed: bool, by: str | Sequence[str] = (), identifier: str | None = None,
        reason: str = "",
    ) -> None:  # fmt: skip
        """See :meth:`mi_core.AsyncClient.resolve`."""
        self._wait(
            self._client.resolve(operation_id, executed=executed, by=by, identifier=identifier, reason=reason)
        )

    def wait_for(self, operation_id: str, *, timeout: float = 60.0) -> OperationState:
        """See :meth:`mi_core.AsyncClient.wait_for`."""
        return self._wait(self._client.wait_for(operation_id, timeout=timeout))

    @property
    def journal(self) -> Journal:
        """See :attr:`mi_core.AsyncClient.journal`; its reader may be used from any thread."""
        return self._client.journal

    def upload_file(
        self, source: bytes | str | Path, filename: str = "", **options: Any
    ) -> FileUploadResponse:
        """See :meth:`mi_core.AsyncClient.upload_file`."""
        return self._wait(self._client.upload_file(source, filename, **options))

    def download_file(
        self, file_qury_no: str, filename: str, *, to: str | Path, catalogue: bool = False, **options: Any
    ) -> Downloaded:
        """See :meth:`mi_core.AsyncClient.download_file`."""
        work = self._client.download_file(file_qury_no, filename, to=to, catalogue=catalogue, **options)
        return self._wait(work)

    def reconcile(
        self, day: dt.date, *, institution: str | None = None, apply: bool = False, scope: Scope | None = None
    ) -> DayReport:
        """See :meth:`mi_core.AsyncClient.reconcile`."""
        return self._wait(self._client.reconcile(day, institution=institution, apply=apply, scope=scope))

    def run(self, work: Callable[[AsyncClient], Coroutine[Any, Any, T]]) -> T:
        """Run a coroutine that uses the asynchronous client behind this one, on its loop, and wait for its result."""
        return self._wait(work(self._client))

    def open(self) -> Self:
        """See :meth:`mi_core.AsyncClient.open`. If it fails the client is closed: no thread is left behind."""
        try:
            self._wait(self._client.open())
        except BaseException:
            self.close()
            raise
        return self

    def close(self) -> None:
        """Close connections and the log, then end the thread. Safe to call twice and from any thread."""
        with self._starting:
            self._closed = True
            loop, thread = self._loop, self._thread
            self._loop = self._thread = None
        if loop is None or thread is None or self._pid != os.getpid():
            return  # after a fork there is no thread to end, and all it holds is the parent's
        try:
            asyncio.run_coroutine_threadsafe(self._client.close(), loop).result()
        finally:
            loop.call_soon_threadsafe(loop.stop)
            thread.join()

    def __enter__(self) -> Self:
        return self.open()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        """Run ``work`` on the client's loop. An interrupt (Ctrl-C) cancels it there, so that it is recorded."""
        try:
            if threading.current_thread() is self._thread:
                raise _from_within()
            loop = self._running()
        except BaseException:
            work.close()
            raise
        future: concurrent.futures.Future[T] = asyncio.run_coroutine_threadsafe(work, loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def _running(self) -> asyncio.AbstractEventLoop:
        if self._loop is not None and self._pid != os.getpid():
            raise ConfigError(
                "客户端在 fork 之前打开，不能在子进程中使用，未发送", "the client was opened before a fork, nothing was sent",
                hint_zh="在子进程中新建客户端", hint_en="make a new client in the child process",
            )  # fmt: skip
        with self._starting:
            if self._closed:
                raise ConfigError(
                    "客户端已关闭",
                    "the client is closed",
                    hint_zh="新建一个客户端",
                    hint_en="make a new client",
                )
            if self._loop is None:
                self._pid = os.getpid()
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(
                    target=_serve, args=(self._loop,), name="mi-client", daemon=True
                )
                self._thread.start()
            return self._loop


def _from_within() -> ConfigError:
    """A hook or a validator runs on the client's own thread; waiting there for another call would never end."""
    return ConfigError(
        "不能在插件的接口中调用客户端，未发送", "a plugin called the client from within a call, nothing was sent",
        hint_zh="在插件中另起线程，或在业务代码中调用", hint_en="call it from a thread of its own, or from the program itself",
    )  # fmt: skip


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    """The thread: run until stopped, then end what is left and close."""
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.run_until_complete(loop.shutdown_default_executor())
    finally:
        loop.close()


@attrs.frozen
class BoundSyncClient:
    """A synchronous client with fixed call options; a keyword of a call still wins."""

    client: Client
    options: Mapping[str, Any]

    def call(self, request: Request[R], **options: Any) -> R:
        """See :meth:`Client.call`."""
        return self.client.call(request, **{**self.options, **options})

    def call_raw(self, code: str, data: Mapping[str, Any], **options: Any) -> dict[str, Any]:
        """See :meth:`Client.call_raw`."""
        return self.client.call_raw(code, data, **{**self.options, **options})

    def call_many(
        self, requests: Iterable[Request[R]], *, concurrency: int = 8, **options: Any
    ) -> list[R | MiError]:
        """See :meth:`Client.call_many`."""
        return self.client.call_many(requests, concurrency=concurrency, **{**self.options, **options})

    def bound(self, **options: Any) -> BoundSyncClient:
        """Fix more."""
        return self.client.bound(**{**self.options, **options})
