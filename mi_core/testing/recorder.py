"""Exchanges with a real (test) gateway, kept without persons and secrets, and played again without one.

::

    with Recorder("visit.json") as recorder, recorder.client("mi.toml") as mi:
        ...                                   # calls as always; the file is written when the block ends

    gateway = replay("visit.json")            # a FakeGateway that answers the same, in the same order
    with gateway.client() as mi:
        ...

A client that is made elsewhere listens with ``Client.from_config("mi.toml", plugins=recorder.plugins())``.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import attrs
import msgspec

from mi_core.catalog import load_catalog
from mi_core.catalog.regions import region_catalog
from mi_core.config import Config, load_config, require_test_environment
from mi_core.errors import ConfigError
from mi_core.plugin import HttpReply, HttpRequest, Registry, Sending, TransportFailure
from mi_core.plugin.manager import Plugins, load_plugins
from mi_core.plugin.region import BASE_REGION
from mi_core.testing.examples import to_json
from mi_core.testing.naming import region_named
from mi_core.testing.replaying import FORMAT, MESSAGE_ID
from mi_core.testing.scrubbing import Scrubber

if TYPE_CHECKING:
    from mi_core.client import AsyncClient
    from mi_core.sync import Client

__all__ = ["Recorder"]

_WAITING = 1000


class Recorder:
    """Watches what clients send and receive. The file is written when the ``with`` block ends, or by :meth:`save`.

    ``region``: the region that answers (``"guangzhou"``), by default that of the institutions given to :meth:`client`,
    else the base; what its catalogue does not know is not written.
    """

    def __init__(self, path: str | Path, *, region: str = "") -> None:
        self.path = Path(path)
        self.exchanges: list[dict[str, Any]] = []
        self.region = ""
        self._speak(region)
        self._sealed: OrderedDict[int, tuple[bytes, str, bytes]] = OrderedDict()
        self._answered: OrderedDict[int, tuple[HttpReply, str, bytes]] = OrderedDict()
        self._lock = threading.Lock()

    @contextmanager
    def client(self, config: str | Path | Config | None = None, **overrides: Any) -> Iterator[Client]:
        """An open :class:`mi_core.Client` that is listened to; arguments as of ``Client.from_config``, or a ``Config``.

        Raises ``ConfigError``, also for a production environment.
        """
        from mi_core.sync import Client

        loaded = self._listening(config, overrides)
        with Client(loaded, plugins=self._installed(loaded)) as client:
            yield client

    @asynccontextmanager
    async def async_client(
        self, config: str | Path | Config | None = None, **overrides: Any
    ) -> AsyncIterator[AsyncClient]:
        """As :meth:`client`, an :class:`mi_core.AsyncClient`."""
        from mi_core.client import AsyncClient

        loaded = self._listening(config, overrides)
        async with AsyncClient(loaded, plugins=self._installed(loaded)) as client:
            yield client

    def _listening(self, config: str | Path | Config | None, overrides: Mapping[str, Any]) -> Config:
        loaded = config if isinstance(config, Config) else load_config(config, **overrides)
        require_test_environment(loaded, "Recorder")
        spoken = {institution.region for institution in loaded.institutions.values()}
        if not self.exchanges and len(spoken) == 1:
            self._speak(spoken.pop())
        elif spoken != {self.region or BASE_REGION}:
            raise ConfigError(
                "一个录制文件只能对应一个地区", "a recording is of one region",
                hint_zh="每个地区各用一个 Recorder", hint_en="use a Recorder for each region",
            )  # fmt: skip
        return loaded

    def _installed(self, config: Config) -> Plugins:
        return self.plugins(load_plugins(allow=config.plugins.allow, strict=config.plugins.strict))

    def _speak(self, region: str) -> None:
        self.region = "" if region == BASE_REGION else region
        folder = region_named(self.region).folder if self.region else None
        self._catalog = load_catalog() if folder is None else region_catalog(folder)
        self._scrubber = Scrubber(self._catalog.code_tables)

    def plugins(self, base: Plugins | None = None) -> Plugins:
        """``base`` (default: the installed ones) with ears at every gateway profile and transport."""
        base = base or load_plugins()
        return attrs.evolve(
            base,
            gateways=_wrapped(base.gateways, lambda inner: _GatewayEar(inner, self)),
            transports=_wrapped(base.transports, lambda inner: _TransportEar(inner, self)),
        )

    def save(self) -> None:
        """Write what was heard so far; numbers exact."""
        content = {
            "format": FORMAT, "catalogue": self._catalog.version, "region": self.region or BASE_REGION,
            "exchanges": self.exchanges,
        }  # fmt: skip
        self.path.write_bytes(msgspec.json.format(to_json(content), indent=1) + b"\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.save()

    def sealed(self, code: str, body: bytes, http: HttpRequest) -> None:
        """The plain message behind what is about to leave."""
        with self._lock:
            self._sealed[id(http.body)] = (http.body, code, body)
            _bounded(self._sealed)

    def failed(self, http: HttpRequest, sending: Sending, evidence: str) -> None:
        """No whole reply came."""
        with self._lock:
            known = self._sealed.pop(id(http.body), None)
            if known is not None:
                end = {"failure": evidence, "left": not sending.nothing_left}
                self._keep(known[1], known[2], end)

    def answered(self, http: HttpRequest, reply: HttpReply) -> None:
        """A reply came; what it says is known when the profile has opened it."""
        with self._lock:
            known = self._sealed.pop(id(http.body), None)
            if known is not None:
                self._answered[id(reply)] = (reply, known[1], known[2])
                _bounded(self._answered)

    def opened(self, reply: HttpReply, body: bytes | None) -> None:
        """The plain reply, or nothing when the profile would not open it."""
        with self._lock:
            known = self._answered.pop(id(reply), None)
            if known is not None:
                _, code, message = known
                msgid = str(_loads(message).get("msgid") or "")
                self._keep(code, message, {"status": reply.status, **self._told(code, body or b"", msgid)})

    def _keep(self, code: str, message: bytes, end: dict[str, Any]) -> None:
        content = _loads(message)
        spec = self._catalog.interfaces.get(code)
        asked = content.get("input", content)
        request = None if spec is None else self._scrubber.row(spec.input, asked)
        self.exchanges.append({"interface": code, "request": request, "reply": end})

    def _told(self, code: str, body: bytes, msgid: str) -> dict[str, Any]:
        content = _loads(body)
        if not content:
            return {"unreadable": True}
        spec = self._catalog.interfaces.get(code)
        if "infcode" not in content and "output" not in content and "code" in content:
            return {"gateway": str(content["code"])[:12], "message": self._line(content.get("message"))}
        if spec is None:
            return {"unreadable": True}
        bare = spec.behaviour.envelope == "none"
        output = content if bare else content.get("output")
        if isinstance(output, str) and output.strip():
            output = _loads(output.encode())
        scrubbed = self._scrubber.row(spec.output, output)
        told = {"output": _replaced(scrubbed, msgid)}
        if not bare:
            told["infcode"] = str(content.get("infcode"))[:12]
            told["err_msg"] = self._line(content.get("err_msg"))
        return told

    def _line(self, text: Any) -> str:
        return self._scrubber.text(text) if isinstance(text, str) else ""


def _bounded(waiting: OrderedDict[int, Any]) -> None:
    while len(waiting) > _WAITING:
        waiting.popitem(last=False)


def _loads(body: bytes) -> dict[str, Any]:
    try:
        content = json.loads(body, parse_float=Decimal)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _replaced(tree: Any, msgid: str) -> Any:
    if isinstance(tree, Mapping):
        return {k: _replaced(v, msgid) for k, v in tree.items()}
    if isinstance(tree, list):
        return [_replaced(v, msgid) for v in tree]
    return MESSAGE_ID if msgid and tree == msgid else tree


def _wrapped(registry: Registry[Any], ear: Callable[[Any], Any]) -> Registry[Any]:
    wrapped: Registry[Any] = Registry(registry.kind)
    owners = registry.owners()
    for name, factory in registry.items():
        wrapped.owned_by(owners[name])
        wrapped.add(name, _Factory(factory, ear))
    return wrapped


class _Ear:
    """Passes everything on that it does not listen to."""

    def __init__(self, inner: Any, recorder: Recorder) -> None:
        self._inner, self._recorder = inner, recorder

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class _Factory:
    """A factory whose products have an ear; its own attributes (``settings_class``) stay visible."""

    def __init__(self, inner: Any, ear: Callable[[Any], Any]) -> None:
        self._inner, self._ear = inner, ear

    def __call__(self, settings: Any) -> Any:
        return self._ear(self._inner(settings))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class _GatewayEar(_Ear):
    def seal(self, infno: str, body: bytes, now_ms: int) -> HttpRequest:
        http: HttpRequest = self._inner.seal(infno, body, now_ms)
        self._recorder.sealed(infno, body, http)
        return http

    def open(self, reply: HttpReply) -> bytes:
        try:
            body: bytes = self._inner.open(reply)
        except BaseException:
            self._recorder.opened(reply, None)
            raise
        self._recorder.opened(reply, body)
        return body


class _TransportEar(_Ear):
    async def send(self, request: HttpRequest, *, deadline: float, sending: Sending) -> HttpReply:
        try:
            reply: HttpReply = await self._inner.send(request, deadline=deadline, sending=sending)
        except TransportFailure as failure:
            self._recorder.failed(request, sending, failure.evidence)
            raise
        except BaseException as error:
            self._recorder.failed(request, sending, type(error).__name__)
            raise
        self._recorder.answered(request, reply)
        return reply
