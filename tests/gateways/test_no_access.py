"""HTTP 401 and 403 without an envelope: what a gateway says of wrong keys, or a proxy of a wrong address."""

from __future__ import annotations

import pytest

from mi_core.errors import GatewayRefused, NotSent, OutcomeUnknown, ReplyUnreadable
from mi_core.types import Outcome
from tests.core.calls import query, settlement
from tests.gateways.test_calls import client
from tests.plugins.bad_server import Exchange, Fault, bad_server

TIF = {"profile": "tif", "paas_id": "p", "paas_token": "t"}
OPERATOR = {"sign_in": True}


def said(status: str, body: bytes) -> Fault:
    async def answer(exchange: Exchange) -> None:
        await exchange.answer(body, status=status)

    return answer


@pytest.mark.parametrize(
    "body", [b"the signature is wrong 990101199001019996", b'{"error":"the signature is wrong"}']
)
@pytest.mark.parametrize("status", ["401 Unauthorized", "403 Forbidden"])
async def test_a_read_is_refused_at_once_and_the_gateway_is_not_dead(status: str, body: bytes) -> None:
    async with bad_server(said(status, body)) as server, client({**TIF, "url": server.url}) as mi:
        for _ in range(12):
            with pytest.raises(GatewayRefused) as caught:
                await mi.call(query())
        assert len(server.requests) == 12  # neither repeated nor held back
        assert mi._runtime is not None
        row = (await mi._runtime.store.find())[0]
    text = caught.value.message("en")
    assert (
        f"refused (HTTP {status[:3]}): " in text and "the signature is wrong" in text and "[gateway]" in text
    )
    assert "safe" not in text and "990101199001019996" not in text and caught.value.status == int(status[:3])
    assert row.end is not None and row.end.outcome is Outcome.REJECTED


@pytest.mark.parametrize("status", ["401 Unauthorized", "403 Forbidden"])
async def test_a_changing_call_stays_in_doubt(status: str) -> None:
    async with bad_server(said(status, b"no")) as server, client({**TIF, "url": server.url}) as mi:
        with pytest.raises(OutcomeUnknown, match=f"http {status[:3]}"):
            await mi.call(settlement())
        assert len(server.requests) == 1


async def test_only_an_answer_without_an_envelope_is_the_gateway_s() -> None:
    body = b'{"infcode":"0","output":{"setlinfo":{"setl_id":"S1"}}}'
    async with bad_server(said("403 Forbidden", body)) as server, client({**TIF, "url": server.url}) as mi:
        with pytest.raises(ReplyUnreadable, match="http 403"):
            await mi.call(query())


async def test_the_sign_in_says_what_the_gateway_said() -> None:
    async with (
        bad_server(said("401 Unauthorized", b"bad token")) as server,
        client({**TIF, "url": server.url}, **OPERATOR) as mi,
    ):
        with pytest.raises(NotSent) as caught:
            await mi.call(settlement())
    assert "HTTP 401" in caught.value.en and "bad token" in caught.value.en
    assert len(server.requests) == 1


async def test_a_sign_in_that_lacks_its_account_names_the_keys() -> None:
    async with bad_server(said("200 OK", b"{}")) as server:
        async with client({**TIF, "url": server.url}, region="guangzhou", **OPERATOR) as mi:
            with pytest.raises(NotSent) as caught:
                await mi.call(query())
        assert not server.requests
    for lang in ("zh", "en"):
        text = caught.value.message(lang)
        assert "userid" in text and "[institutions." in text
        assert "sign_in_userid" in text and "sign_in_password" in text
