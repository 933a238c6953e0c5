"""The asynchronous client: typed request in, typed reply out."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

import attrs

from mi_core.background import Background
from mi_core.building import build
from mi_core.config import Config, Institution, Operator, load_config
from mi_core.errors import ConfigError, MiError, OutcomeUnknown
from mi_core.model import Request, Response
from mi_core.pipeline import CallOptions, Runtime, options_of, run_call
from mi_core.pipeline.raw import be_request, find, request_from
from mi_core.plugin.manager import Plugins
from mi_core.plugin.region import BASE_REGION
from mi_core.regions import filled
from mi_core.services import Services, not_open
from mi_core.signin import SignIn, Station
from mi_core.types import CHINA_TIME

if TYPE_CHECKING:
    from mi_core.recovery import Recovery

__all__ = ["AsyncClient", "BoundClient", "configured"]

CLOSING_PATIENCE = 2.0
"""Seconds that closing waits for calls under way to be recorded."""

R = TypeVar("R", bound=Response)


class AsyncClient(Services):
    """Sends typed requests to the gateways of the configured institutions.

    Use as ``async with AsyncClient.from_config("mi.toml") as mi``. One client serves many tasks of one event loop.
    """

    def __init__(self, config: Config, *, plugins: Plugins | None = None) -> None:
        self.config = config
        self._plugins = plugins
        self._runtime: Runtime | None = None
        self._opening: asyncio.Task[Runtime] | None = None
        self._sign_in = SignIn(self._fetch_sign_number)
        self._station: Station | None = None
        self._closed = False
        self._background: Background | None = None
        self._home: tuple[int, asyncio.AbstractEventLoop] | None = None
        """Process and loop its connections and its log belong to."""

    @classmethod
    def from_config(
        cls, path: str | Path | None = None, *, plugins: Plugins | Mapping[str, Any] | None = None, **overrides: Any
    ) -> Self:  # fmt: skip
        """Read ``mi.toml``, ``MI_*`` variables and keywords (later ones win); raises ``ConfigError`` with all mistakes.

        ``plugins``: loaded ones (a test's, a recorder's) instead of the installed, or the keys of ``[plugins]``.
        """
        config, loaded = configured(path, plugins, overrides)
        return cls(config, plugins=loaded)

    async def call(
        self, request: Request[R], *, insuplc_admdvs: str | None = None,
        operator: Operator | Mapping[str, str] | None = None, operation_key: str | None = None,
        deadline: float | None = None, institution: str | None = None, amounts_accepted: bool = False,
    ) -> R:  # fmt: skip
        """Send one request and return its typed reply; anything else is an error of :mod:`mi_core.errors`.

        ``insuplc_admdvs``: area of the insured (from the chosen row of 1101). ``operator``: other than the configured one.
        ``operation_key``: the caller's own name of this operation, kept in the log; required where nothing in the request
        tells a repeated submission (2304, 2102). ``deadline``: seconds for all of it. ``amounts_accepted``: the cashier
        has seen that a new quote differs from a settlement that was sent before and not executed.

        A settlement that was done already is not sent again: its stored reply comes back with ``meta.repeated``.
        """
        options = options_of(insuplc_admdvs, operator, operation_key, deadline, institution, amounts_accepted)
        return await self._call(request, options)

    async def call_raw(self, code: str, data: Mapping[str, Any], **options: Any) -> dict[str, Any]:
        """As :meth:`call` for code without our types: ``input`` by wire names in, ``output`` as plain values out.

        The names are those of the institution's region; ``input`` as the base specification has it is taken as well, and
        ``output`` then comes in its form. Raises ``InvalidInput`` also for unknown fields and an unknown ``code``.
        """
        chosen = options_of(**options)
        institution = self.config.institution(chosen.institution)
        if institution.dialect is None and institution.region != BASE_REGION:
            await self._open()  # a configuration made by the program: its region is found with the plugins
            institution = self.config.institution(chosen.institution)
        reply: Response = await self._call(request_from(code, data, institution), chosen)
        return reply.to_dict()

    async def call_many(
        self, requests: Iterable[Request[R]], *, concurrency: int = 8, **options: Any
    ) -> list[R | MiError]:
        """Send many, ``concurrency`` at a time (at most ``[limits] bulk``). Results in order; a failed one is its error,
        the others go on."""
        if concurrency < 1:
            raise ValueError("concurrency is at least 1")
        chosen = attrs.evolve(options_of(**options), lane="bulk")
        queue = list(requests)
        for request in queue:
            be_request(request)
        results: list[R | MiError] = cast("list[R | MiError]", [None] * len(queue))
        places = iter(range(len(queue)))

        async def work() -> None:
            for place in places:
                try:
                    results[place] = await self._call(queue[place], chosen)
                except MiError as error:
                    results[place] = error

        async with asyncio.TaskGroup() as group:
            for _ in range(min(concurrency, len(queue), self.config.limits.bulk)):
                group.create_task(work())
        return results

    def bound(self, **options: Any) -> BoundClient:
        """The same client with some keywords of :meth:`call` fixed; shares everything else."""
        options_of(**options)
        return BoundClient(self, options)

    @property
    def recovery(self) -> Recovery:
        """What resolves calls in doubt (:mod:`mi_core.recovery`); runs in the background unless ``recover = false``."""
        if self._background is None:
            raise not_open()
        return self._background.recovery

    async def open(self) -> Self:
        """Load plugins and open the operation log now instead of with the first call; raises what is wrong with them."""
        await self._open()
        return self

    async def close(self) -> None:
        """Take no new calls, wait for changing calls under way (``[limits] drain``), close connections and the log."""
        self._closed = True
        if self._home is not None and self._home[0] != os.getpid():
            return  # a forked child: connections, log and journal are its parent's
        if self._opening is not None and not self._opening.done():
            await asyncio.gather(self._opening, return_exceptions=True)
        if self._runtime is not None:
            self._runtime.gate.close_intake()
            await self._runtime.gate.drain(self.config.limits.drain)
        if self._background is not None:
            await self._background.end()
        await self._sign_in.close()
        runtime, self._runtime = self._runtime, None
        if runtime is not None:
            runtime.closed.set()
            await runtime.transport.close()
            await self._ended(runtime)
            await asyncio.gather(*runtime.later, return_exceptions=True)
            await runtime.store.close()
            await asyncio.to_thread(runtime.journal.close)

    async def _ended(self, runtime: Runtime) -> None:
        """Calls whose connection was taken away complete their rows before the log is closed."""
        until = asyncio.get_running_loop().time() + CLOSING_PATIENCE
        while runtime.in_flight and asyncio.get_running_loop().time() < until:  # noqa: ASYNC110  # a set has no event to wait for
            await asyncio.sleep(0.005)

    async def __aenter__(self) -> Self:
        return await self.open()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _call(self, request: Request[R], options: CallOptions) -> R:
        be_request(request)
        runtime = self._runtime or await self._open()
        if (
            self._home is None
            or self._home[0] != os.getpid()
            or self._home[1] is not asyncio.get_running_loop()
        ):
            raise _elsewhere()
        try:
            return cast("R", await run_call(runtime, request, options))
        except OutcomeUnknown:
            if self._background is not None:
                self._background.nudge()
            raise

    async def _open(self) -> Runtime:
        """The runtime, built once by whoever comes first."""
        if self._closed:
            raise ConfigError(
                "客户端已关闭", "the client is closed", hint_zh="新建一个客户端", hint_en="make a new client"
            )
        if self._runtime is None:
            if self._opening is None or self._opening.done():
                self._opening = asyncio.ensure_future(self._build())
                self._opening.add_done_callback(_retrieved)
            return await asyncio.shield(self._opening)
        return self._runtime

    async def _build(self) -> Runtime:
        self._home = (os.getpid(), asyncio.get_running_loop())
        built = await build(self.config, self._plugins, self._sign_in)
        self._station, self._runtime, self.config = built.station, built.runtime, built.runtime.config
        self._background = Background(built, self.config, self._call)
        return built.runtime

    async def _fetch_sign_number(self, institution: Institution, operator: Operator) -> str:
        """9001; what it asks for, and the node of its reply, differ by region."""
        assert self._station is not None
        request = filled(institution.interface("9001"), {
            "opter_no": operator.id,
            "mac": institution.sign_in_mac or self._station.mac,
            "ip": institution.sign_in_ip or self._station.ip,
            "userid": institution.sign_in_userid,
            "password": institution.sign_in_password.reveal(),
            "currenttime": dt.datetime.now(CHINA_TIME).replace(microsecond=0, tzinfo=None),
        })  # fmt: skip
        options = CallOptions(operator=operator, institution=institution.code)
        reply = await self._call(request, options)
        number = find(reply.to_dict(), "sign_no")
        if not number:
            raise MiError("签到回参没有 sign_no", "the sign-in reply has no sign_no")
        return str(number)


@attrs.frozen
class BoundClient:
    """A client with fixed call options; a keyword of a call still wins."""

    client: AsyncClient
    options: Mapping[str, Any]

    async def call(self, request: Request[R], **options: Any) -> R:
        """See :meth:`AsyncClient.call`."""
        return await self.client.call(request, **{**self.options, **options})

    async def call_raw(self, code: str, data: Mapping[str, Any], **options: Any) -> dict[str, Any]:
        """See :meth:`AsyncClient.call_raw`."""
        return await self.client.call_raw(code, data, **{**self.options, **options})

    async def call_many(
        self, requests: Iterable[Request[R]], *, concurrency: int = 8, **options: Any
    ) -> list[R | MiError]:
        """See :meth:`AsyncClient.call_many`."""
        return await self.client.call_many(requests, concurrency=concurrency, **{**self.options, **options})

    def bound(self, **options: Any) -> BoundClient:
        """Fix more."""
        return self.client.bound(**{**self.options, **options})


def _elsewhere() -> ConfigError:
    return ConfigError(
        "客户端属于另一个事件循环或另一个进程，未发送", "the client belongs to another event loop or process, nothing was sent",
        hint_zh="每个事件循环、每个进程（fork 之后）各建一个客户端", hint_en="make one client per event loop and per process (after fork)",
    )  # fmt: skip


def _retrieved(task: asyncio.Task[Runtime]) -> None:
    """Whoever waited may have been cancelled; the next caller builds again, so nothing is lost."""
    if not task.cancelled():
        task.exception()


def configured(
    path: str | Path | None, plugins: Plugins | Mapping[str, Any] | None, overrides: Mapping[str, Any]
) -> tuple[Config, Plugins | None]:
    """What ``from_config`` is given, as what a client is made of."""
    if plugins is None or isinstance(plugins, Plugins):
        return load_config(path, **overrides), plugins
    return load_config(path, plugins=plugins, **overrides), None
