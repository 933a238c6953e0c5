"""Exchanges with a real (test) gateway, kept without persons and secrets, and played again without one.

::

    with Recorder("visit.json") as recorder, Client(config, plugins=recorder.plugins()) as mi:
        ...                                   # calls as always
    gateway = replay("visit.json")            # a FakeGateway that answers the same, in the same order
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import attrs
import msgspec

from mi_core.catalog import Catalog, load_catalog
from mi_core.plugin import HttpReply, HttpRequest, Registry, Sending, TransportFailure
from mi_core.plugin.manager import Plugins, load_plugins
from mi_core.testing.examples import to_json
from mi_core.testing.gateway import FakeGateway
from mi_core.testing.replaying import follow
from mi_core.testing.scrubbing import Scrubber

__all__ = ["FORMAT", "Recorder", "replay"]

FORMAT = 1
MESSAGE_ID = "MSGID"
"""Stands for the message's own id, which a replay puts back."""
_WAITING = 1000


class Recorder:
    """Watches what clients send and receive. The file is written when the ``with`` block ends, or by :meth:`save`.

    ``catalog``: of the region that answers, by default the shipped one; what it does not know is not written.
    """

    def __init__(self, path: str | Path, *, catalog: Catalog | None = None) -> None:
        self.path = Path(path)
        self.exchanges: list[dict[str, Any]] = []
        self._catalog = catalog or load_catalog()
        self._scrubber = Scrubber(self._catalog.code_tables)
        self._sealed: OrderedDict[int, tuple[bytes, str, bytes]] = OrderedDict()
        self._answered: OrderedDict[int, tuple[HttpReply, str, bytes]] = OrderedDict()
        self._lock = threading.Lock()

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
        content = {"format": FORMAT, "catalogue": self._catalog.version, "exchanges": self.exchanges}
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


def replay(source: str | Path) -> FakeGateway:
    """A fake gateway that answers as recorded, each interface in its order; the persons are those of the new calls.

    Raises ``ValueError`` for a file that is no recording.
    """
    content = json.loads(Path(source).read_bytes(), parse_float=Decimal)
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ValueError(f"{source} is no recording of format {FORMAT}")
    gateway = FakeGateway()
    for exchange in content["exchanges"]:
        follow(gateway.on(exchange["interface"]), exchange, MESSAGE_ID)
    return gateway


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
