"""Gateways, transports, validators and logs that lie, change, or end the program: one settlement stays one, money fails closed.

Real client, real HTTP, real journal; see :func:`tests.attacks.malice.judged` for what is asserted after each attack.
"""

from __future__ import annotations

import json
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from mi_core import NotSent, OutcomeUnknown, VisitBusy
from mi_core.errors import StoreError
from mi_core.interfaces import OutpatientSettlementRequest
from mi_core.plugin import HttpReply, HttpRequest, hookimpl
from tests.attacks.malice import RAISED, Evil, judged, named, stop
from tests.core.calls import client, settled, settlement, with_plugins
from tests.plugins.bad_server import bad_server


class Gate:
    """A gateway profile whose methods are given."""

    def __init__(self, seal: Any = None, unseal: Any = None) -> None:
        self.seal, self.unseal = seal, unseal

    @hookimpl
    def mi_register_gateways(self, registry: Any) -> None:
        def make(settings: Any) -> Any:
            return SimpleNamespace(
                seal=self.seal or (lambda infno, body, now_ms: HttpRequest(settings.url, {}, body)),
                open=self.unseal or (lambda reply: reply.body),
            )

        registry.add("mine", make)


async def through_gateway(gate: Gate) -> str:
    async with bad_server(settled()) as server:
        institution = {"gateway": {"profile": "mine", "url": server.url}}
        async with client(server.url, plugins=with_plugins(("gate", gate)), institution=institution) as mi:
            return await judged(mi, server)


@pytest.mark.parametrize("kind", RAISED, ids=lambda k: k.__name__)
async def test_a_gateway_that_ends_the_program_while_it_signs_sends_nothing(
    kind: type[BaseException],
) -> None:
    assert await through_gateway(Gate(seal=stop(kind))) == "NotSent"


@pytest.mark.parametrize("kind", RAISED, ids=lambda k: k.__name__)
async def test_a_gateway_that_ends_the_program_while_it_opens_the_reply_leaves_it_in_doubt(
    kind: type[BaseException],
) -> None:
    assert await through_gateway(Gate(unseal=stop(kind))) == "OutcomeUnknown"


@pytest.mark.parametrize("sealed", [None, 5, "text", b"bytes", {"url": "x"}, object()], ids=named)
async def test_what_is_sealed_into_something_else_is_not_sent(sealed: Any) -> None:
    assert await through_gateway(Gate(seal=lambda *_: sealed)) == "NotSent"


@pytest.mark.parametrize(
    "opened", [None, 5, "text", {"infcode": 0}, object(), bytearray(b"x"), b"", b"{}"], ids=named
)
async def test_what_is_opened_as_something_else_is_no_proof(opened: Any) -> None:
    assert await through_gateway(Gate(unseal=lambda _: opened)) == "OutcomeUnknown"


class Carrier:
    """A transport that answers without sending."""

    def __init__(self, answer: Any) -> None:
        self.answer, self.sends = answer, 0

    async def send(self, request: HttpRequest, *, deadline: float, sending: Any) -> Any:
        self.sends += 1
        if isinstance(self.answer, type):
            raise self.answer("plugin")
        return self.answer

    async def close(self) -> None:
        return None

    @hookimpl
    def mi_register_transports(self, registry: Any) -> None:
        registry.add("mine", lambda settings: self)


FALSE_REPLIES = [
    None, 5, HttpReply("200", {}, b"{}"), HttpReply(200, None, "{}"), HttpReply(200, {}, None), HttpReply(None, {}, b""), SystemExit, Evil,  # type: ignore[arg-type]  # wrong on purpose
    GeneratorExit,
]  # fmt: skip


@pytest.mark.parametrize("answer", FALSE_REPLIES, ids=named)
async def test_a_transport_that_lies_or_ends_the_program_leaves_it_in_doubt(answer: Any) -> None:
    carrier = Carrier(answer)
    plugins = with_plugins(("mine", carrier))
    async with client("http://127.0.0.1:9/", plugins=plugins, transport={"kind": "mine"}) as mi:
        with pytest.raises(OutcomeUnknown):
            await mi.call(settlement(), deadline=2)
        with pytest.raises(VisitBusy):
            await mi.call(settlement(), deadline=2)
    assert carrier.sends == 1


class Check:
    def __init__(self, check: Any) -> None:
        self.check = check

    @hookimpl
    def mi_register_validators(self, registry: Any) -> None:
        registry.add("mine", lambda: self)


async def checked(check: Any, request: OutpatientSettlementRequest | None = None) -> str:
    async with (
        bad_server(settled()) as server,
        client(server.url, plugins=with_plugins(("c", Check(check)))) as mi,
    ):
        return await judged(mi, server, request)


@pytest.mark.parametrize("kind", RAISED, ids=lambda k: k.__name__)
async def test_a_validator_that_ends_the_program_stops_the_call(kind: type[BaseException]) -> None:
    assert await checked(stop(kind)) == "NotSent"


@pytest.mark.parametrize("found", [None, 5, [object()], ["text"], "text", [None]], ids=named)
async def test_a_validator_that_returns_something_else_stops_the_call(found: Any) -> None:
    assert await checked(lambda interface, request: found) == "NotSent"


def set_amount(interface: Any, request: Any) -> list[Any]:
    request.medfee_sumamt = Decimal("1")
    return []


def force_amount(interface: Any, request: Any) -> list[Any]:
    object.__setattr__(request, "medfee_sumamt", Decimal("1"))
    return []


def force_visit(interface: Any, request: Any) -> list[Any]:
    object.__setattr__(request, "mdtrt_id", "V2")
    return []


def make_it_unsendable(interface: Any, request: Any) -> list[Any]:
    object.__setattr__(request, "medfee_sumamt", object())
    return []


@pytest.mark.parametrize("change", [set_amount, force_amount, force_visit, make_it_unsendable])
async def test_a_validator_cannot_change_amounts_or_visits(change: Any) -> None:
    assert await checked(change) == "NotSent"


async def test_a_validator_cannot_empty_a_list_of_the_request() -> None:
    from mi_core.testing import examples

    request: Any = examples.valid("2204")

    def empties(interface: Any, seen: Any) -> list[Any]:
        if interface.code == "2204":
            seen.feedetail.append(seen.feedetail[0])
        return []

    async with (
        bad_server(settled()) as server,
        client(server.url, plugins=with_plugins(("c", Check(empties)))) as mi,
    ):
        with pytest.raises(NotSent, match="改动"):
            await mi.call(request)
        assert server.requests == []


async def test_a_validator_cannot_let_a_wrong_request_pass() -> None:
    """Its findings are joined to the catalogue's; it cannot take any away."""
    assert await checked(lambda interface, request: [], settlement(psn_no="")) == "InvalidInput"


class Log:
    """An operation log that takes everything apart."""

    def __init__(self, **does: Any) -> None:
        self.does = does

    @hookimpl
    def mi_register_stores(self, registry: Any) -> None:
        registry.add("mine", lambda settings: self)

    async def open(self) -> None:
        return None

    async def close(self) -> None:
        return None

    async def begin(self, start: Any) -> Any:
        return self._do("begin", start)

    async def end(self, end: Any) -> Any:
        return self._do("end", end)

    async def get(self, operation_id: str) -> None:
        return None

    async def find(self, **_: Any) -> list[Any]:
        return []

    def _do(self, name: str, value: Any) -> Any:
        return self.does[name](value) if name in self.does else None


def forge(start: Any) -> None:
    for name, value in (("msgid", "X" * 30), ("request", b"{}"), ("operation_id", "stolen")):
        object.__setattr__(start, name, value)


@pytest.mark.parametrize(
    "does",
    [{"begin": forge}, {"end": forge}, {"end": stop(StoreError)}, {"end": stop(RuntimeError)}],
    ids=named,
)
async def test_a_log_that_forges_or_fails_afterwards_changes_no_settlement(does: Any) -> None:
    plugins = with_plugins(("log", Log(**does)))
    async with bad_server(settled()) as server:
        async with client(server.url, plugins=plugins, store={"operation_log": "mine://x"}) as mi:
            assert await judged(mi, server) == "confirmed"
        assert json.loads(server.requests[0])["msgid"] != "X" * 30
