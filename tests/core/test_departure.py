"""The connection of a changing call is made while its row is written; its first byte waits for the row."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest

from mi_core import NotSent
from mi_core.errors import StoreError
from mi_core.journal import Journal
from mi_core.plugin import Sending, TransportFailure
from tests.core.calls import client, settled, settlement
from tests.plugins.bad_server import bad_server


class Door:
    """Listens, counts who comes and keeps what they say; never answers."""

    def __init__(self) -> None:
        self.came = asyncio.Event()
        self.left = asyncio.Event()
        self.said = bytearray()
        self.url = ""

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.came.set()
        with contextlib.suppress(ConnectionError):
            while piece := await reader.read(65536):
                self.said += piece
        self.left.set()
        writer.close()


@contextlib.asynccontextmanager
async def door() -> AsyncIterator[Door]:
    made = Door()
    server = await asyncio.start_server(made.meet, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/x"
    try:
        yield made
    finally:
        server.close()


async def test_the_connection_stands_and_nothing_is_said_until_the_row_is_on_disk(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real, written = Journal.begin, asyncio.Event()

    async def slow(self: Journal, *what: Any) -> Any:
        await written.wait()
        return await real(self, *what)

    monkeypatch.setattr(Journal, "begin", slow)
    async with door() as there, client(there.url) as mi:
        call = asyncio.ensure_future(mi.call(settlement(), deadline=30))
        await there.came.wait()
        for _ in range(20):
            await asyncio.sleep(0.005)
        assert there.said == b""
        written.set()
        async with asyncio.timeout(30):
            while b'"infno":"2207"' not in there.said:
                await asyncio.sleep(0.005)
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)


async def test_a_row_that_is_refused_leaves_nothing_but_a_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    async with door() as there, client(there.url) as mi:

        async def refuses(self: Journal, *what: Any) -> Any:
            await there.came.wait()
            raise StoreError("满", "full")

        monkeypatch.setattr(Journal, "begin", refuses)
        with pytest.raises(NotSent):
            await mi.call(settlement())
        await there.left.wait()
        assert there.said == b""


async def test_a_caller_who_goes_while_the_row_is_written_has_sent_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def never(self: Journal, *what: Any) -> Any:
        await asyncio.Event().wait()

    monkeypatch.setattr(Journal, "begin", never)
    async with door() as there, client(there.url) as mi:
        call = asyncio.ensure_future(mi.call(settlement(), deadline=30))
        await there.came.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await there.left.wait()
        assert there.said == b""


async def test_a_transport_that_does_not_wait_is_refused_its_first_byte() -> None:
    sending = Sending(may_leave=lambda: False)
    sending.promise()
    with pytest.raises(TransportFailure):
        sending.bytes_leave()
    assert sending.nothing_left


async def test_every_settlement_has_a_connection_of_its_own() -> None:
    async with bad_server(settled()) as server, client(server.url) as mi:
        for number in range(3):
            await mi.call(settlement(mdtrt_id=f"V{number}"))
        assert server.connections == 3
