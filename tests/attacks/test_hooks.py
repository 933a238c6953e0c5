"""Hooks that raise what is no ``Exception``, block, lie about headers, or call back: the call stays true."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mi_core import OutcomeUnknown
from mi_core.plugin import CallSeen, hookimpl
from tests.attacks.test_lifetimes import served
from tests.core.calls import client, settled, settlement, with_plugins
from tests.plugins.bad_server import bad_server

RAISED = [
    SystemExit,
    asyncio.CancelledError,
    GeneratorExit,
    KeyError,
    RecursionError,
    MemoryError,
    StopIteration,
    StopAsyncIteration,
    TimeoutError,
]


class Watch:
    """Raises at one hook."""

    def __init__(self, at: str, kind: type[BaseException]) -> None:
        self.at, self.kind = at, kind

    def _maybe(self, at: str) -> None:
        if at == self.at:
            raise self.kind("plugin")

    @hookimpl
    def mi_observe_before_send(self, call: CallSeen) -> None:
        self._maybe("before_send")

    @hookimpl
    def mi_observe_after_call(self, call: CallSeen) -> None:
        self._maybe("after_call")

    @hookimpl
    def mi_observe_discrepancy(self, call: CallSeen) -> None:
        self._maybe("discrepancy")

    @hookimpl
    def mi_modify_http_headers(self, call: CallSeen, headers: Any) -> Any:
        self._maybe("headers")
        return None


@pytest.mark.parametrize("at", ["before_send", "headers", "after_call", "discrepancy"])
@pytest.mark.parametrize("kind", [k for k in RAISED if k is not SystemExit], ids=lambda k: k.__name__)
async def test_what_a_hook_raises_has_no_effect(at: str, kind: type[BaseException]) -> None:
    plugins = with_plugins(("watch", Watch(at, kind)))
    async with bad_server(settled(fund_pay_sumamt=1)) as server, client(server.url, plugins=plugins) as mi:
        reply = await asyncio.wait_for(mi.call(settlement()), 2)
        assert reply.setlinfo.setl_id == "S1" and len(server.requests) == 1


EXITING = """
import sys
from mi_core import Client
from tests.attacks.test_hooks import Watch
from tests.core.calls import config, settlement, with_plugins
url, at = sys.argv[1:]
mi = Client(config(url), plugins=with_plugins(("watch", Watch(at, SystemExit))))
print(mi.call(settlement(), deadline=1).setlinfo.setl_id)
mi.close()
"""


@pytest.mark.parametrize("at", ["before_send", "after_call"])
def test_a_hook_that_exits_ends_neither_the_clients_thread_nor_the_reply(at: str) -> None:
    with served(settled()) as server:
        done = subprocess.run(
            [sys.executable, "-c", EXITING, server.url, at], capture_output=True, text=True, timeout=60, check=False,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        )  # fmt: skip
        assert done.stdout.strip() == "S1", done.stderr[-300:]


class Headers:
    def __init__(self, **headers: str) -> None:
        self.headers = {k.replace("__", "-"): v for k, v in headers.items()}
        self.seen: dict[str, str] = {}

    @hookimpl
    def mi_modify_http_headers(self, headers: Any) -> Any:
        self.seen = dict(headers)
        return self.headers


OFFERED = {
    "X__Trace": "1", "_API_SIGNATURE": "x", "content__TYPE": "text/x", "Content__Length": "1", "Transfer__Encoding": "chunked",
    "Content__Encoding": "gzip", "Expect": "100-continue", "Host": "evil", "Connection": "close", "Accept__Encoding": "gzip",
    "Upgrade": "h2c", "TE": "trailers", "Trailer": "x",
}  # fmt: skip


@pytest.mark.parametrize("name", OFFERED)
async def test_headers_of_a_plugin_cannot_change_how_the_message_travels(name: str) -> None:
    plugin = Headers(**{name: OFFERED[name]})
    async with (
        bad_server(settled()) as server,
        client(server.url, plugins=with_plugins(("h", plugin))) as mi,
    ):
        reply = await mi.call(settlement(), deadline=0.5)
        assert reply.setlinfo.setl_id == "S1"
    head = server.heads[0].decode().lower()
    json.loads(server.requests[0])
    assert ("x-trace: 1" in head) is (name == "X__Trace")
    for framing in (
        "content-encoding",
        "expect:",
        "transfer-encoding",
        "upgrade:",
        "evil",
        "\nte:",
        "trailer",
    ):
        assert framing not in head
    assert head.count("_api_signature") == 1 and "accept-encoding: identity" in head


async def test_hooks_see_no_key_and_no_signature() -> None:
    """They could sign or repeat a message with them."""
    plugin = Headers()
    async with bad_server(settled()) as server, client(server.url, plugins=with_plugins(("h", plugin))) as mi:
        await mi.call(settlement())
    shown = repr(plugin.seen)
    assert "test-ak" not in shown and "test-sk" not in shown
    assert not any(v for k, v in plugin.seen.items() if "signature" in k.lower() and len(v) > 8)
    del server


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "a\x00", "长"])
async def test_header_values_cannot_split_the_request(value: str) -> None:
    plugin = Headers(X__A=value)
    async with bad_server(settled()) as server, client(server.url, plugins=with_plugins(("h", plugin))) as mi:
        try:
            await mi.call(settlement(), deadline=0.5)
        except OutcomeUnknown as error:
            raise AssertionError("it was not sent, or it was sent well") from error
        assert len(server.requests) == 1 and b"x-evil" not in server.heads[0].lower()


@pytest.mark.parametrize("name", ["X A", "X:B", "X\r\nY", ""])
async def test_header_names_cannot_split_the_request(name: str) -> None:
    plugin = Headers()
    plugin.headers = {name: "1"}
    async with bad_server(settled()) as server, client(server.url, plugins=with_plugins(("h", plugin))) as mi:
        await mi.call(settlement(), deadline=0.5)
        assert len(server.requests) == 1
