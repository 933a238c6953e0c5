"""A gateway inside the test's own process: nothing listens, nothing leaves the machine, every message is checked.

::

    gateway = FakeGateway()
    gateway.on("2207").reply(setlinfo__fund_pay_sumamt=Decimal("100"))
    with gateway.client() as mi:
        reply = mi.call(settlement)
    assert gateway.sends("2207") == 1

It takes the place of transport and gateway profile; validation, message ids, journal, classification and retry are
the real ones. How a profile signs is tested with the conformance suite and the sandbox.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any

import attrs

from mi_core.config import (
    Config,
    Institution,
    JournalSettings,
    LimitSettings,
    Operator,
    require_test_environment,
)
from mi_core.errors import UnknownName
from mi_core.model import Interface
from mi_core.plugin import (
    GatewayAuth,
    GatewayFactory,
    GatewaySettings,
    HttpReply,
    HttpRequest,
    ProbeReply,
    Registry,
    Sending,
    StoreSettings,
    Transport,
    TransportFactory,
    TransportFailure,
    TransportSettings,
    hookimpl,
)
from mi_core.plugin.manager import Plugins, load_plugins
from mi_core.plugin.region import BASE_REGION
from mi_core.testing.examples import Target, interface_of
from mi_core.testing.naming import region_named
from mi_core.testing.script import FakeGatewayError, Script, Seen, perform, read_message

if TYPE_CHECKING:
    from mi_core.client import AsyncClient
    from mi_core.sync import Client

__all__ = ["FakeGateway", "FakeGatewayError", "Seen"]

NAME = "fake"
INSTITUTION = "H43000000001"
_CODE = "X-Interface"


class FakeGateway:
    """Answers as scripted, keeps what was sent, and says what went wrong when the client is closed.

    One object serves any number of clients, synchronous and asynchronous, in any thread. ``region``: the dialect it
    speaks (``"guangzhou"``); codes then mean that region's interfaces, and :meth:`config` has an institution there.
    """

    def __init__(self, *, region: str = "") -> None:
        self._region = None if region in ("", BASE_REGION) else region_named(region)
        self._scripts: dict[str, Script] = {}
        self._lock = threading.Lock()
        self._url = f"http://127.0.0.1:9/{uuid.uuid4().hex}"  # its own journal: no visit of another test is in doubt here
        self.seen: list[Seen] = []
        """Every message that left, in order. Those that failed before a byte left are not in it."""
        self.failures: list[str] = []
        """What does not fit: unexpected calls, messages that break the catalogue."""

    def on(self, target: Target) -> Script:
        """The script of an interface (class, ``INTERFACE`` or code); each method of it adds a step, the last one stays.

        Raises ``UnknownName`` for a code that does not exist.
        """
        interface = interface_of(target, self._region)
        script = self._scripts.get(interface.code)
        if script is None:
            script = self._scripts[interface.code] = Script(interface)
        elif script.interface is not interface:
            raise FakeGatewayError(
                f"{interface.code} is scripted already, with the classes of another region"
            )
        return script

    def sends(self, target: Target | None = None) -> int:
        """How many messages (of an interface) left the client. Raises ``UnknownName`` for a code that does not exist."""
        if target is None:
            return len(self.seen)
        scripted = isinstance(target, str) and target in self._scripts
        code = str(target) if scripted else interface_of(target, self._region).code
        return sum(seen.code == code for seen in self.seen)

    def verify(self) -> None:
        """Raise :class:`FakeGatewayError` with everything that does not fit; the clients made here do so when they close."""
        if self.failures:
            raise FakeGatewayError("\n".join(self.failures))

    def config(self, base: Config | None = None, **institution: Any) -> Config:
        """A complete configuration, or ``base`` (of a test environment) with this gateway in the place of its own.

        ``institution``: fields of :class:`mi_core.config.Institution` to change, e.g. ``refusals=("*余额不足*",)``.
        """
        if base is not None:
            require_test_environment(base, "FakeGateway")
            institutions = {code: self._served(i, institution) for code, i in base.institutions.items()}
            return attrs.evolve(
                base, institutions=institutions, transport=attrs.evolve(base.transport, kind=NAME)
            )
        own = Institution(
            code=INSTITUTION, name="示例医院", mdtrtarea_admvs="439900", sign_in=False, **self._spoken(),
            operator=Operator(id="001", name="收费员"), gateway=GatewaySettings(NAME, self._url),
        )  # fmt: skip
        own = attrs.evolve(own, **institution)
        return Config(
            environment="test",
            institutions={own.code: own},
            transport=TransportSettings(kind=NAME),
            store=StoreSettings("memory"),
            journal=JournalSettings(path="memory", recover=False),
            limits=LimitSettings(adaptive=False, failures=1000),
        )

    def _spoken(self) -> dict[str, Any]:
        return {} if self._region is None else {"region": self._region.name, "dialect": self._region}

    def _served(self, institution: Institution, changes: Mapping[str, Any]) -> Institution:
        gateway = GatewaySettings(NAME, self._url)
        return attrs.evolve(institution, gateway=gateway, gateways={}, **changes)

    def plugins(self, *more: tuple[str, Any]) -> Plugins:
        """The installed plugins, ``more`` of your own by name, and this gateway."""
        return load_plugins(extra=[*more, ("fake-gateway", _Provider(self))])

    @asynccontextmanager
    async def async_client(
        self, *, config: Config | None = None, plugins: Plugins | None = None
    ) -> AsyncIterator[AsyncClient]:
        """An open :class:`mi_core.AsyncClient`; what did not fit is raised when it closes."""
        from mi_core.client import AsyncClient

        with self._verified():
            async with AsyncClient(config or self.config(), plugins=plugins or self.plugins()) as client:
                yield client

    @contextmanager
    def client(self, *, config: Config | None = None, plugins: Plugins | None = None) -> Iterator[Client]:
        """As :meth:`async_client`, synchronous."""
        from mi_core.sync import Client

        with (
            self._verified(),
            Client(config or self.config(), plugins=plugins or self.plugins()) as client,
        ):
            yield client

    @contextmanager
    def _verified(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            if self.failures:
                raise FakeGatewayError("\n".join(self.failures)) from error
            raise
        self.verify()

    async def receive(self, http: HttpRequest, sending: Sending) -> HttpReply:
        """One message: checked, counted and answered; used by the transport."""
        sending.promise()
        code = http.headers[_CODE]
        script = self._scripts.get(code)
        try:
            if script is None:
                raise FakeGatewayError(self._unexpected(code))
            seen = self._read(http, code, script.interface)
            step = script.step()
        except FakeGatewayError as error:
            raise self._fail(str(error)) from error
        return await perform(step, seen, sending, lambda: self._count(seen))

    def _read(self, http: HttpRequest, code: str, interface: Interface[Any]) -> Seen:
        message = read_message(http.body)
        bare = "infno" not in message and "input" not in message
        content = message if bare else message.pop("input", {})
        head: dict[str, Any] = {} if bare else message
        request, problems = interface.request_from_dict(content)
        beside = {"required"} if http.file is not None else set()  # its content does not stand in the message
        wrong = [p.message("en") for p in problems if p.severity == "error" and p.rule not in beside]
        if head and head.get("infno") != code:
            wrong.append(f"the head says {head.get('infno')}")
        if wrong:
            raise FakeGatewayError(
                f"the message of {code} {interface.title} breaks the catalogue: {'; '.join(wrong)}"
            )
        return Seen(code, str(head.get("msgid", "")), content, head, request, http)

    def _unexpected(self, code: str) -> str:
        try:
            title = f" {interface_of(code, self._region).title}"
        except UnknownName:  # of another region
            title = ""
        known = ", ".join(self._scripts) or "nothing"
        return f'unexpected call of {code}{title} (scripted: {known}); expect it with gateway.on("{code}").reply()'

    def _fail(self, text: str) -> TransportFailure:
        with self._lock:
            if text not in self.failures:  # a query is tried again
                self.failures.append(text)
        return TransportFailure("not scripted", text)

    def _count(self, seen: Seen) -> None:
        with self._lock:
            self.seen.append(seen)


class _Provider:
    """The plugin: a transport and a gateway profile, both named ``fake``."""

    def __init__(self, gateway: FakeGateway) -> None:
        self.gateway = gateway

    @hookimpl
    def mi_register_transports(self, registry: Registry[TransportFactory]) -> None:
        """The transport hands every message over."""
        registry.add(NAME, self._transport)

    def _transport(self, _settings: TransportSettings) -> Transport:
        return _FakeTransport(self.gateway)

    @hookimpl
    def mi_register_gateways(self, registry: Registry[GatewayFactory]) -> None:
        """The profile leaves messages as they are."""
        registry.add(NAME, _open_gateway)


@attrs.frozen
class _OpenGateway:
    """Signs nothing and speaks every envelope."""

    url: str
    envelopes = frozenset({"national", "none", "order"})

    def seal(self, infno: str, body: bytes, now_ms: int) -> HttpRequest:
        return HttpRequest(self.url, {_CODE: infno}, body)

    def open(self, reply: HttpReply) -> bytes:
        return reply.body


def _open_gateway(settings: GatewaySettings) -> GatewayAuth:
    return _OpenGateway(settings.url)


@attrs.frozen
class _FakeTransport:
    gateway: FakeGateway
    carries_files = True

    async def send(self, request: HttpRequest, *, deadline: float, sending: Sending) -> HttpReply:
        return await self.gateway.receive(request, sending)

    async def probe(self, url: str, *, timeout: float) -> ProbeReply:  # noqa: ASYNC109  # the interface's own name
        return ProbeReply(200)

    async def close(self) -> None:
        return None
