"""Sending with a transport under test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from mi_core.plugin import HttpReply, HttpRequest, Sending, TransportFailure, TransportSettings
from mi_plugins.transports.aiohttp_transport import AiohttpTransport

BODY = '{"a":"张"}'.encode()
Make = Callable[..., AiohttpTransport]


@pytest.fixture
async def make() -> AsyncIterator[Make]:
    made: list[AiohttpTransport] = []

    def build(**settings: Any) -> AiohttpTransport:
        made.append(AiohttpTransport(TransportSettings(**settings)))
        return made[-1]

    yield build
    for transport in made:
        await transport.close()


async def send(
    transport: AiohttpTransport, url: str, *, seconds: float = 5.0, sending: Sending | None = None
) -> HttpReply:
    deadline = asyncio.get_running_loop().time() + seconds
    request = HttpRequest(url, {"X-Mine": "1"}, BODY)
    return await transport.send(
        request, deadline=deadline, sending=sending if sending is not None else Sending()
    )


async def fails(
    transport: AiohttpTransport, url: str, *, seconds: float = 5.0
) -> tuple[TransportFailure, bool]:
    sending = Sending()
    with pytest.raises(TransportFailure) as caught:
        await send(transport, url, seconds=seconds, sending=sending)
    return caught.value, sending.nothing_left
