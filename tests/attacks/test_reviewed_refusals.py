"""What only looks like the gateway's own refusal must not end a settlement: it may have been executed."""

from __future__ import annotations

import json

import pytest

from mi_core.errors import GatewayRefused, MiError, OutcomeUnknown
from tests.core.calls import settlement
from tests.gateways.test_calls import OAUTH, Jilin, base, client
from tests.plugins.bad_server import Exchange, bad_server

DONE = b'{"infcode":"0","err_msg":null,"inf_refmsgid":"R1","output":""}'
BEARER = "WWW-Authenticate: Bearer\r\n"


@pytest.mark.parametrize(
    ("status", "extra", "body", "error"),
    [
        ("200 OK", "", b'{"code":401,"message":"x"}', OutcomeUnknown),
        ("200 OK", "", b'{"code":"401","message":"x"}', OutcomeUnknown),
        ("401 Unauthorized", "", b'{"code":401,"message":"x"}', OutcomeUnknown),
        ("401 Unauthorized", BEARER, DONE, OutcomeUnknown),
        ("401 Unauthorized", BEARER, b'{"error":"invalid_token"}', GatewayRefused),
    ],
)
async def test_jilin_refuses_by_a_bearer_challenge_only(
    status: str, extra: str, body: bytes, error: type[MiError]
) -> None:
    jilin = Jilin()

    async def answer(exchange: Exchange) -> None:
        if b"/auth/oauth/token" in exchange.head:
            await jilin(exchange)
        else:
            await exchange.answer(body, status=status, extra=extra)

    async with bad_server(answer) as server, client({**OAUTH, "url": base(server.url)}) as mi:
        with pytest.raises(error):
            await mi.call(settlement())


@pytest.mark.parametrize(("said", "error"), [("answered", OutcomeUnknown), ("not_called", GatewayRefused)])
async def test_only_the_agent_itself_knows_that_nothing_was_passed_on(
    said: str, error: type[MiError]
) -> None:
    answer = {"version": 1, "status": said, "message": '{"code":401,"message":"x"}', "reason": "busy"}

    async def agent(exchange: Exchange) -> None:
        await exchange.answer(json.dumps(answer).encode())

    local = {"profile": "local-agent", "agent_token": "t"}
    async with bad_server(agent) as server, client({**local, "url": server.url}) as mi:
        with pytest.raises(error):
            await mi.call(settlement())
