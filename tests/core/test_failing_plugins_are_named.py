"""A plugin that fails in the middle of a call: the error says which one it was and what it said, and the state is right."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import attrs
import pytest

from mi_core import AsyncClient, MiError, NotSent, OutcomeUnknown, PluginError, ReplyUnreadable, VisitBusy
from mi_core.errors import GatewayUnreachable
from mi_core.plugin import GatewaySettings, HttpReply, HttpRequest, Secret, TransportFailure, hookimpl
from mi_core.plugin.manager import Plugins
from tests.core.calls import client, query, settled, settlement, with_plugins
from tests.plugins.bad_server import bad_server

PASSWORD = "p4ssw0rd"


class HospitalX:
    """A gateway, a transport and a log of a distribution ``hospital-x 1.2``; ``raises`` says where it fails."""

    def __init__(self, **raises: BaseException) -> None:
        self.raises = raises

    def at(self, place: str) -> None:
        if place in self.raises:
            raise self.raises[place]

    @hookimpl
    def mi_register_gateways(self, registry: Any) -> None:
        def make(settings: GatewaySettings) -> Any:
            self.at("make")

            def seal(infno: str, body: bytes, now_ms: int) -> HttpRequest:
                self.at("seal")
                return HttpRequest(settings.url, {}, body)

            def opened(reply: HttpReply) -> bytes:
                self.at("open")
                return reply.body

            def token_request(now_ms: int) -> HttpRequest:
                self.at("token")
                raise AssertionError

            tokens = {"token_request": token_request} if "token" in self.raises else {}
            return SimpleNamespace(seal=seal, open=opened, **tokens)

        registry.add("mine", make)

    @hookimpl
    def mi_register_transports(self, registry: Any) -> None:
        def make(settings: Any) -> Any:
            self.at("make_transport")
            return self

        registry.add("mine", make)

    async def send(self, request: HttpRequest, *, deadline: float, sending: Any) -> Any:
        if "promised" in self.raises:
            sending.promise()  # to say when bytes leave; without it nobody knows
        self.at("send")

    async def close(self) -> None:
        return None


def installed(plugin: HospitalX) -> Plugins:
    """As if it came from a distribution of its own."""
    found = with_plugins(("mine", plugin))
    reports = tuple(
        attrs.evolve(r, distribution="hospital-x", version="1.2") if r.name == "mine" else r
        for r in found.reports
    )
    return attrs.evolve(found, reports=reports)


def through(plugin: HospitalX, url: str, **more: Any) -> AsyncClient:
    institution = {"gateway": {"profile": "mine", "url": url}}
    return client(url, plugins=installed(plugin), institution=institution, **more)


def names_it(error: MiError, text: str, cause: BaseException) -> None:
    assert "mine" in error.zh and "（插件 hospital-x 1.2 [mine]）" in error.zh
    assert "mine (plugin hospital-x 1.2 [mine]) failed" in error.en
    assert text in error.zh and text in error.en
    assert error.__cause__ is cause


async def test_signing() -> None:
    cause = ZeroDivisionError("证书 no. 7 过期")
    async with bad_server(settled()) as server, through(HospitalX(seal=cause), server.url) as mi:
        with pytest.raises(NotSent) as caught:
            await mi.call(settlement())
        assert server.connections == 0
    names_it(caught.value, "ZeroDivisionError: 证书 no. 7 过期", cause)


async def test_opening_a_settlements_reply_leaves_it_in_doubt() -> None:
    cause = RuntimeError("no such curve")
    async with bad_server(settled()) as server, through(HospitalX(open=cause), server.url) as mi:
        with pytest.raises(OutcomeUnknown) as caught:
            await mi.call(settlement())
        names_it(caught.value, "RuntimeError: no such curve", cause)
        assert caught.value.raw and caught.value.evidence == "unopened: RuntimeError"
        with pytest.raises(VisitBusy):
            await mi.call(settlement())
        assert len(server.requests) == 1


async def test_opening_a_querys_reply() -> None:
    cause = SystemExit("bye")
    async with bad_server(settled()) as server, through(HospitalX(open=cause), server.url) as mi:
        with pytest.raises(ReplyUnreadable) as caught:
            await mi.call(query(), deadline=1)
        names_it(caught.value, "SystemExit: bye", cause)


async def test_a_transport() -> None:
    for place, kind in (("promised", GatewayUnreachable), ("", OutcomeUnknown)):
        cause = ValueError("socket of the moon")
        plugin = HospitalX(send=cause, **({place: cause} if place else {}))
        async with through(plugin, "http://127.0.0.1:9/", transport={"kind": "mine"}) as mi:
            with pytest.raises(kind) as caught:
                await mi.call(settlement(), deadline=2)
        names_it(caught.value, "ValueError: socket of the moon", cause)


async def test_a_token() -> None:
    cause = LookupError("which token")
    async with bad_server(settled()) as server, through(HospitalX(token=cause), server.url) as mi:
        with pytest.raises(NotSent) as caught:
            await mi.call(settlement())
        assert server.connections == 0
    names_it(caught.value, "LookupError: which token", cause)


async def test_what_cannot_be_made_at_all() -> None:
    for place, more in (("make", {}), ("make_transport", {"transport": {"kind": "mine"}})):
        cause = OSError("licence server")
        with pytest.raises(PluginError) as caught:
            async with through(HospitalX(**{place: cause}), "http://127.0.0.1:9/", **more):
                pass
        names_it(caught.value, "OSError: licence server", cause)


@attrs.frozen
class Settings:
    url: str = "http://127.0.0.1:9/"
    password: Secret = attrs.field(factory=lambda: Secret(PASSWORD))


class Unprintable(Exception):
    def __str__(self) -> str:
        raise SystemExit


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (ValueError(f"login with {PASSWORD} refused"), "ValueError: login with ****** refused"),
        (
            ValueError("key 59276e27d506861a16680f3ad9c02dccef3cc1fa is weak"),
            "ValueError: key ****** is weak",
        ),
        (ValueError("person 430000199001011238"), "ValueError: person 430***********1238"),
        (ValueError("two\nlines\x1b[31m"), "ValueError: two lines\\u001b[31m"),
        (ValueError(), "ValueError"),
        (Unprintable(), "Unprintable"),
        (ValueError("x " * 1000), "ValueError: " + "x " * 100),
    ],
    ids=["secret", "key", "person", "control", "empty", "unprintable", "long"],
)
def test_what_is_shown_of_a_plugins_words(error: Exception, shown: str) -> None:
    from mi_core.pipeline.faults import said

    assert said(error, Settings()) == shown


def test_a_transport_failure_is_no_fault_of_a_plugin() -> None:
    """``TransportFailure`` is how a plugin says that the other side failed; it names nobody."""
    from mi_core.pipeline.serving import Served
    from mi_core.pipeline.tokens import why_no_token

    served = Served("H1", GatewaySettings("mine", "http://127.0.0.1:9/"), auth=SimpleNamespace())
    failure = TransportFailure("no token", "HTTP 400: invalid_grant", status=400)
    assert why_no_token(served, failure) == ("no token: HTTP 400: invalid_grant",) * 2
