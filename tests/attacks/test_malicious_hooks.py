"""Hooks that write into what they are given, block, call back, interrupt or steal: the call stays true, nothing is sent twice."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mi_core import AsyncClient, MiError, NotSent, OutcomeUnknown, VisitBusy
from mi_core.journal import AttemptState
from mi_core.plugin import CallSeen, hookimpl
from mi_core.plugin.manager import load_plugins
from tests.attacks.malice import Evil, judged, named
from tests.attacks.test_lifetimes import served
from tests.cli.shell import ROOT, environment
from tests.core.calls import client, settled, settlement, with_plugins
from tests.plugins.bad_server import BadServer, bad_server


class Watch:
    """A plugin of one lifecycle hook."""

    def __init__(self, **does: Any) -> None:
        self.does = does

    def _do(self, hook: str, *arguments: Any) -> Any:
        return self.does[hook](*arguments) if hook in self.does else None

    @hookimpl
    def mi_observe_before_send(self, call: CallSeen) -> None:
        self._do("before_send", call)

    @hookimpl
    def mi_observe_after_call(self, call: CallSeen) -> None:
        self._do("after_call", call)

    @hookimpl
    def mi_observe_discrepancy(self, call: CallSeen, discrepancy: Any) -> None:
        self._do("discrepancy", call, discrepancy)

    @hookimpl
    def mi_observe_alarm(self, kind: str) -> None:
        self._do("alarm", kind)

    @hookimpl
    def mi_modify_http_headers(self, headers: Any) -> Any:
        return self._do("headers", headers)


async def watched(watch: Watch, **reply: Any) -> tuple[str, BadServer]:
    async with (
        bad_server(settled(**reply)) as server,
        client(server.url, plugins=with_plugins(("w", watch))) as mi,
    ):
        return await judged(mi, server), server


def rewrite(call: CallSeen) -> None:
    for name, value in (
        ("msgid", "X" * 30),
        ("operation_id", "stolen"),
        ("interface", "1101"),
        ("effect", "query"),
    ):
        object.__setattr__(call, name, value)


@pytest.mark.parametrize("hook", ["before_send", "after_call"])
async def test_what_a_hook_writes_into_what_it_is_given_changes_nothing(hook: str) -> None:
    told, server = await watched(Watch(**{hook: rewrite}))
    assert told == "confirmed"
    assert json.loads(server.requests[0])["msgid"] != "X" * 30
    assert json.loads(server.requests[0])["infno"] == "2207"


async def test_the_journal_knows_the_true_call_whatever_a_hook_writes() -> None:
    plugins = with_plugins(("w", Watch(before_send=rewrite, after_call=rewrite)))
    async with bad_server(settled()) as server, client(server.url, plugins=plugins) as mi:
        reply = await mi.call(settlement())
        msgid = json.loads(server.requests[0])["msgid"]
        assert reply.meta.msgid == msgid
        assert reply.meta.operation_id is not None
        attempt = mi.journal.read.attempt(msgid)
        assert attempt is not None
        assert attempt.state is AttemptState.CONFIRMED and attempt.interface == "2207"


def block(seconds: float) -> Callable[..., None]:
    return lambda *_: time.sleep(seconds)


@pytest.mark.parametrize("hook", ["before_send", "after_call", "headers"])
async def test_a_hook_that_blocks_costs_time_and_nothing_else(hook: str) -> None:
    assert (await watched(Watch(**{hook: block(0.2)})))[0] == "confirmed"


async def test_a_hook_that_blocks_beyond_the_deadline_leaves_a_true_answer() -> None:
    plugins = with_plugins(("w", Watch(before_send=block(0.6))))
    async with bad_server(settled()) as server, client(server.url, plugins=plugins) as mi:
        try:
            await mi.call(settlement(), deadline=0.3)
            told = "confirmed"
        except (NotSent, OutcomeUnknown) as error:
            told = type(error).__name__
            if isinstance(error, NotSent):
                assert server.requests == []
        with pytest.raises(MiError) if told == "OutcomeUnknown" else pytest.MonkeyPatch.context():
            await mi.call(settlement(), deadline=5)
        assert len(server.requests) <= 1


def odd_mapping() -> Any:
    class Odd(dict[str, str]):
        def items(self) -> Any:
            raise SystemExit(3)

    return Odd()


@pytest.mark.parametrize(
    "headers",
    [5, "text", [("a", "b")], object(), lambda: None, {5: "x"}, {"a": b"x"}, odd_mapping()],
    ids=named,
)
async def test_headers_of_a_wrong_kind_are_left_out(headers: Any) -> None:
    assert (await watched(Watch(headers=lambda _: headers)))[0] == "confirmed"


async def test_headers_changed_after_they_were_given_change_nothing() -> None:
    kept: dict[str, str] = {}

    def give(headers: Any) -> dict[str, str]:
        kept.update({"X-Trace": "1"})
        return kept

    def later(*_: Any) -> None:
        kept["X-Trace"] = "1\r\nX-Evil: 1"

    told, server = await watched(Watch(headers=give, before_send=later, after_call=later))
    assert told == "confirmed" and b"x-evil" not in server.heads[0].lower()


async def test_the_headers_a_hook_sees_are_its_own_copy() -> None:
    def spoil(headers: Any) -> None:
        headers.clear()
        headers["_api_signature"] = "forged"

    told, server = await watched(Watch(headers=spoil))
    assert told == "confirmed" and b"forged" not in server.heads[0]


async def test_a_hook_that_settles_the_same_bill_again_gets_no_second_settlement() -> None:
    inner: list[asyncio.Future[Any]] = []
    holder: list[AsyncClient] = []

    def again(*_: Any) -> None:
        if len(inner) < 3:
            inner.append(asyncio.ensure_future(holder[0].call(settlement(), deadline=1)))

    plugins = with_plugins(("w", Watch(before_send=again, after_call=again)))
    async with bad_server(settled()) as server, client(server.url, plugins=plugins) as mi:
        holder.append(mi)
        assert (await mi.call(settlement(), deadline=5)).setlinfo.setl_id == "S1"
        results = await asyncio.gather(*inner, return_exceptions=True)
        assert len(server.requests) == 1
        assert all(isinstance(r, VisitBusy) or r.meta.repeated for r in results), results


RECURSING = """
import sys
from mi_core import Client
from mi_core.errors import ConfigError
from mi_core.plugin import hookimpl
from tests.core.calls import config, settlement, with_plugins

class Again:
    @hookimpl
    def mi_observe_before_send(self, call):
        try:
            mi.call(settlement(mdtrt_id="V2"))
        except ConfigError as error:
            print("refused", error.en)

mi = Client(config(sys.argv[1]), plugins=with_plugins(("again", Again())))
print(mi.call(settlement(), deadline=5).setlinfo.setl_id)
mi.close()
"""


def test_a_hook_that_waits_for_the_synchronous_client_is_refused_instead_of_hanging() -> None:
    with served(settled()) as server:
        done = subprocess.run(
            [sys.executable, "-c", RECURSING, server.url], capture_output=True, text=True, timeout=60, check=False,
            env=environment(), cwd=ROOT,
        )  # fmt: skip
        assert done.stdout.splitlines()[0].startswith("refused a plugin called the client"), done.stderr
        assert done.stdout.splitlines()[1] == "S1"
        assert len(server.requests) == 1


INTERRUPTED = """
import sys
from mi_core import Client
from mi_core.plugin import hookimpl
from tests.core.calls import config, settlement, with_plugins
url, folder, hook = sys.argv[1:]

class Stop:
    @hookimpl
    def mi_observe_before_send(self, call):
        if hook == "before_send": raise KeyboardInterrupt
    @hookimpl
    def mi_observe_after_call(self, call):
        if hook == "after_call": raise KeyboardInterrupt

plugins = with_plugins(("stop", Stop())) if hook else None
mi = Client(config(url, journal={"path": folder + "/j.db"}), plugins=plugins)
try:
    print("repeated" if mi.call(settlement(), deadline=3).meta.repeated else "confirmed", flush=True)
except Exception as error:
    print(type(error).__name__, flush=True)
"""


@pytest.mark.parametrize("hook", ["before_send", "after_call"])
def test_an_interrupt_in_a_hook_loses_and_doubles_nothing(hook: str, tmp_path: Path) -> None:
    """It is let through, because it may be the operator's; what was under way is in the journal."""
    with served(settled()) as server:

        def run(at: str) -> str:
            try:
                done = subprocess.run(
                    [sys.executable, "-c", INTERRUPTED, server.url, str(tmp_path), at], capture_output=True, text=True,
                    timeout=15, check=False, env=environment(), cwd=ROOT,
                )  # fmt: skip
            except subprocess.TimeoutExpired:
                return "killed"
            return done.stdout.strip()

        run(hook)
        arrived = len(server.requests)
        assert arrived == (0 if hook == "before_send" else 1)
        second = run("")
        assert second in (
            ("VisitBusy", "confirmed") if hook == "before_send" else ("repeated", "VisitBusy")
        ), second
        assert len(server.requests) <= 1


class Thief:
    """Takes another's name by taking the other out first."""

    def __init__(self) -> None:
        self.tried: list[str] = []

    @hookimpl
    def mi_register_gateways(self, registry: Any) -> None:
        for attack in ("forget", "owned_by"):
            try:
                getattr(registry, attack)("mi_plugins.gateways.csb")
            except AttributeError:
                self.tried.append(attack)
        for name in ("_providers", "_owners"):
            getattr(registry, name, {}).clear()
        registry.add("csb", lambda settings: None)


def test_no_plugin_takes_out_anothers_provider() -> None:
    thief = Thief()
    plugins = load_plugins(extra=[("thief", thief)])
    assert thief.tried == ["forget", "owned_by"]
    assert plugins.gateways.owners()["csb"] == "mi_plugins.gateways.csb"
    report = next(r for r in plugins.reports if r.name == "thief")
    assert report.status == "left out" and report.conflict.startswith("mi_plugins.gateways.csb")


def reachable(start: Any, depth: int = 4) -> list[Any]:
    """Everything that ordinary attribute access leads to from a value."""
    found, waiting = [], [(start, 0)]
    while waiting:
        value, level = waiting.pop()
        found.append(value)
        if level < depth and not isinstance(value, (str, bytes, int, float, type(None))):
            names = [
                n for n in dir(value) if not n.startswith("__") and not callable(getattr(value, n, None))
            ]
            waiting += [(getattr(value, n, None), level + 1) for n in names]
    return found


async def test_what_hooks_are_given_leads_to_no_key_journal_or_amount() -> None:
    given: list[Any] = []
    watch = Watch(before_send=given.append, after_call=given.append, headers=lambda h: given.append(dict(h)))
    assert (await watched(watch))[0] == "confirmed"
    shown = " ".join(repr(v) for value in given for v in reachable(value))
    for secret in ("test-ak", "test-sk", settlement().psn_no, settlement().certno, "128.5", "Journal"):
        assert str(secret) not in shown


@pytest.mark.parametrize("kind", [SystemExit, Evil, asyncio.CancelledError])
def test_a_plugin_that_ends_the_program_when_it_is_loaded_is_left_out(kind: type[BaseException]) -> None:
    class Ending:
        @hookimpl
        def mi_register_gateways(self, registry: Any) -> None:
            registry.add("half", print)
            raise kind("plugin")

    plugins = load_plugins(extra=[("ending", Ending())])
    assert "half" not in plugins.gateways
    assert next(r for r in plugins.reports if r.name == "ending").status == "left out"
