"""The asynchronous client: typed request in, typed reply out."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

import attrs

from mi_core.config import Config, Institution, Operator, load_config
from mi_core.errors import ConfigError, InvalidInput, MiError, OutcomeUnknown
from mi_core.journal import Alarm, AttemptState, Journal
from mi_core.journal.opening import open_journal
from mi_core.model import Problem, Request, Response
from mi_core.overload import Gate, GatewayState
from mi_core.pipeline import CallOptions, Runtime, options_of, people, run_call
from mi_core.plugin import Transport
from mi_core.plugin.manager import Plugins, load_plugins
from mi_core.refusal_lists import RefusalLists
from mi_core.settling import outcome_of
from mi_core.signin import SignIn, Station, station_for

if TYPE_CHECKING:
    from mi_core.files import Downloaded
    from mi_core.interfaces.i9101_file_upload import FileUploadResponse
    from mi_core.journal import OperationState
    from mi_core.reconcile import DayReport, Scope
    from mi_core.recovery import Line, Recovery

__all__ = ["AsyncClient", "BoundClient"]

CLOSING_PATIENCE = 2.0
"""Seconds that closing waits for calls under way to be recorded."""

R = TypeVar("R", bound=Response)


class AsyncClient:
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
        self._recovery: Recovery | None = None
        self._refusals: RefusalLists | None = None
        self._tell: Callable[[Alarm], None] | None = None
        self._background: tuple[asyncio.Event, tuple[asyncio.Task[None], ...]] | None = None
        self._home: tuple[int, asyncio.AbstractEventLoop] | None = None
        """Process and loop its connections and its log belong to."""

    @classmethod
    def from_config(cls, path: str | Path | None = None, **overrides: Any) -> Self:
        """Read ``mi.toml``, ``MI_*`` variables and keywords (later ones win); raises ``ConfigError`` with all mistakes."""
        return cls(load_config(path, **overrides))

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

        Raises ``InvalidInput`` also for unknown fields and an unknown ``code``.
        """
        reply: Response = await self._call(request_from(code, data), options_of(**options))
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
            _be_request(request)
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
        await people.complete_row(runtime.store, attempt.msgid, decided.state)
        return True

    async def upload_file(
        self, source: bytes | str | Path, filename: str = "", **options: Any
    ) -> FileUploadResponse:
        """Send a file (9101); its ``file_qury_no`` goes into the interface that reads it. See :func:`mi_core.files.upload`."""
        from mi_core.files import upload

        chosen = options_of(**options)
        code = self.config.institution(chosen.institution).code
        return await upload(self._call, source, filename, code=code, options=chosen)

    async def download_file(
        self, file_qury_no: str, filename: str, *, to: str | Path, catalogue: bool = False, **options: Any
    ) -> Downloaded:
        """Fetch a ZIP (9102) to the path ``to``; ``catalogue`` for the files of 13xx. See :func:`mi_core.files.download`."""
        from mi_core.files import CATALOGUE, download

        chosen = options_of(**options)
        owner = CATALOGUE if catalogue else self.config.institution(chosen.institution).code
        return await download(self._call, file_qury_no, filename, to, owner=owner, options=chosen)

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

    async def wait_for(self, operation_id: str, *, timeout: float = 60.0) -> OperationState:  # noqa: ASYNC109  # a limit of patience, not of a call
        """Find out what became of a call in doubt: returns when it has ended, people are needed, or time is over.

        The returned state is ``OPEN`` when ``timeout`` seconds were not enough. Raises ``StoreError`` for an unknown name.
        """
        return await outcome_of(self.recovery, self.journal, operation_id, timeout)

    @property
    def recovery(self) -> Recovery:
        """What resolves calls in doubt (:mod:`mi_core.recovery`); runs in the background unless ``recover = false``."""
        if self._recovery is None:
            from mi_core.recovery import Recovery

            self._recovery = Recovery(
                self.journal, self.config, self._call, on_progress=self._resolved, on_alarm=self._alarm
            )
        return self._recovery

    @property
    def journal(self) -> Journal:
        """The journal of the open client."""
        if self._runtime is None:
            raise ConfigError(
                "客户端尚未打开", "the client is not open", hint_zh="用 async with", hint_en="use: async with"
            )
        return self._runtime.journal

    async def open(self) -> Self:
        """Load plugins and open the operation log now instead of with the first call; raises what is wrong with them."""
        await self._open()
        return self

    async def close(self) -> None:
        """Take no new calls, wait for changing calls under way (``[limits] drain``), close connections and the log."""
        self._closed = True
        if self._runtime is not None:
            self._runtime.gate.close_intake()
            await self._runtime.gate.drain(self.config.limits.drain)
        await self._sign_in.close()
        runtime, self._runtime = self._runtime, None
        if runtime is not None:
            runtime.closed.set()
            await runtime.transport.close()
            await self._ended(runtime)
            await asyncio.gather(*runtime.later, return_exceptions=True)
            await runtime.store.close()
            await asyncio.to_thread(runtime.journal.close)

    async def _end_background(self) -> None:
        """A question that recovery has under way is dropped; a reversal is in doubt then and sent again later."""
        if self._background is not None:
            stop, tasks = self._background
            self._background = None
            stop.set()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _alarm(self, alarm: Alarm) -> None:
        """Recovery cannot go on: whoever watches for alarms is told."""
        if self._tell is not None:
            self._tell(alarm)

    def _resolved(self, line: Line) -> None:
        """Recovery found an outcome: the log's row learns it, whoever waits or not."""
        runtime = self._runtime
        if runtime is None or not line.resolved:
            return
        task = asyncio.ensure_future(people.complete_row(runtime.store, line.msgid, line.after))
        runtime.later.add(task)
        task.add_done_callback(runtime.later.discard)

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
        _be_request(request)
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
            if self._recovery is not None:
                self._recovery.nudge()
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
            self._runtime = await asyncio.shield(self._opening)
            self._start_background()
        return self._runtime

    def _start_background(self) -> None:
        if self.config.journal.recover and self._background is None:
            assert self._refusals is not None
            stop = asyncio.Event()
            work = self.recovery.run(stop), self._refusals.follow(stop)
            self._background = (stop, tuple(asyncio.ensure_future(one) for one in work))

    async def _build(self) -> Runtime:
        config = self.config
        self._home = (os.getpid(), asyncio.get_running_loop())
        plugins = self._plugins or load_plugins(allow=config.plugins.allow, strict=config.plugins.strict)
        gateways = {
            code: plugins.gateways[i.gateway.profile](i.gateway) for code, i in config.institutions.items()
        }
        store = plugins.stores[config.store.operation_log.partition("://")[0]](config.store)
        first = next(iter(config.institutions.values()))
        self._station = await _station(first.gateway.url)
        await store.open()
        try:
            self._tell = _alarm_of(plugins)
            journal = await asyncio.to_thread(open_journal, config, on_alarm=self._tell)
        except BaseException:
            await store.close()
            raise
        refusals = RefusalLists(config, journal)
        try:
            await asyncio.to_thread(refusals.read)
        except BaseException:
            await asyncio.to_thread(journal.close)
            await store.close()
            raise
        self._refusals = refusals
        gate = Gate(
            {code: i.gateway.url for code, i in config.institutions.items()}, config.limits,
            pool=config.transport.pool, probe=lambda url: _answers(transport, url), on_change=_gateway_alarm_of(plugins),
        )  # fmt: skip
        transport = plugins.transports[config.transport.kind](
            attrs.evolve(config.transport, pool=gate.connections)
        )
        return Runtime(
            config=config,
            plugins=plugins,
            store=store,
            transport=transport,
            gateways=gateways,
            validators=tuple(factory() for _, factory in plugins.validators.items()),
            refusals=refusals,
            sign_numbers=self._sign_in,
            journal=journal,
            gate=gate,
            client_ip=self._station.ip,
        )

    async def _fetch_sign_number(self, institution: Institution, operator: Operator) -> str:
        """9001; the reply's node differs by region, the field does not."""
        assert self._station is not None
        row = {
            "opter_no": operator.id,
            "mac": institution.sign_in_mac or self._station.mac,
            "ip": institution.sign_in_ip or self._station.ip,
        }
        request = request_from("9001", {"signIn": row})
        options = CallOptions(operator=operator, institution=institution.code)
        reply = await self._call(request, options)
        number = _find(reply.to_dict(), "sign_no")
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


def request_from(code: object, data: object) -> Request[Any]:
    """The typed request of interface ``code`` from wire names; raises ``InvalidInput`` with all problems."""
    from mi_core.interfaces import by_code

    infno = str(code)
    try:
        interface = by_code(infno)
    except KeyError:
        problem = Problem(path="", field="infno", label="交易编号", rule="unknown",
                          zh=f"没有接口 {infno}；用 mi catalog list 查看", en=f"no interface {infno}; see: mi catalog list")  # fmt: skip
        raise InvalidInput([problem], interface=infno) from None
    if not isinstance(data, Mapping):
        problem = Problem(path="", field="input", label="交易输入", rule="type",
                          zh="应为按字段名的字典", en="a dict by wire names expected")  # fmt: skip
        raise InvalidInput([problem], interface=interface.code, title=interface.title)
    return interface.request.from_dict(data)


def _be_request(request: object) -> None:
    if not isinstance(request, Request):
        raise TypeError(
            f"call takes a request of mi_core.interfaces, not {type(request).__name__}; for dicts use call_raw"
        )


def _elsewhere() -> ConfigError:
    return ConfigError(
        "客户端属于另一个事件循环或另一个进程，未发送", "the client belongs to another event loop or process, nothing was sent",
        hint_zh="每个事件循环、每个进程（fork 之后）各建一个客户端", hint_en="make one client per event loop and per process (after fork)",
    )  # fmt: skip


def _retrieved(task: asyncio.Task[Runtime]) -> None:
    """Whoever waited may have been cancelled; the next caller builds again, so nothing is lost."""
    if not task.cancelled():
        task.exception()


def _alarm_of(plugins: Plugins) -> Callable[[Alarm], None]:
    """The journal's alarms go to every plugin that watches for them."""

    def tell(alarm: Alarm) -> None:
        plugins.observe(
            "alarm", kind=alarm.kind, msgid=alarm.msgid, operation_id=alarm.operation_id, detail=alarm.detail
        )

    return tell


def _gateway_alarm_of(plugins: Plugins) -> Callable[[GatewayState], None]:
    """A gateway that went away, or is back, is an alarm as well."""

    def tell(gateway: GatewayState) -> None:
        down = gateway.breaker != "closed"
        plugins.observe(
            "alarm",
            kind="gateway_down" if down else "gateway_back",
            msgid=None,
            operation_id=None,
            detail=gateway.url,
        )

    return tell


async def _answers(transport: Transport, url: str) -> bool:
    """A sign of life; a proxy's or balancer's word that nobody is behind it is none."""
    return (await transport.probe(url, timeout=5.0)).status < 500


async def _station(url: str) -> Station:
    """This machine; a name server that does not answer costs two seconds and the address, not the call."""
    try:
        return await asyncio.wait_for(asyncio.to_thread(station_for, url), 2.0)
    except TimeoutError:
        return Station("", "127.0.0.1")


def _find(value: Any, name: str) -> Any:
    """The first value under ``name`` anywhere in a plain tree."""
    if isinstance(value, Mapping):
        return value.get(name) or next((f for v in value.values() if (f := _find(v, name))), None)
    if isinstance(value, list | tuple):
        return next((f for v in value if (f := _find(v, name))), None)
    return None
