"""``pytest --mi-plugin``: our own plugins keep the contract, and every way to break it is told by the check that is meant for it."""

from __future__ import annotations

import asyncio
import inspect
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import attrs
import pytest

from mi_core.model import Problem
from mi_core.plugin import (
    HttpReply,
    HttpRequest,
    OperationRecord,
    ProbeReply,
    StoreSettings,
    TransportFailure,
    hookimpl,
)
from mi_core.plugin.manager import BUILT_IN, load_plugins
from mi_core.testing.conformance import (
    NotApplicable,
    Subject,
    checks_of,
    gateways,
    hooks,
    stores,
    transports,
    validators,
)
from mi_plugins.stores.memory import MemoryLog
from mi_plugins.transports.aiohttp_transport import AiohttpTransport
from tests.cli.shell import ROOT, environment
from tests.kit.broken_gateways import (
    Asking,
    Chatty,
    Gateway,
    InTheAddress,
    OwnClock,
    Raising,
    Relative,
    Rounded,
    Rounding,
    Silent,
    Splitting,
    Texting,
    Wandering,
    WrongToken,
)

OURS = [name for name in BUILT_IN if "regions" not in name and "servers" not in name]
"""Regions are compared with their sources elsewhere; logs on servers need servers (tests/stores)."""


def subject_of(*, name: str = "mine", counterpart: Any = None, **plugin: Any) -> Subject:
    """A plugin made of the given hooks, as it is loaded."""
    holder = SimpleNamespace(**{hook: hookimpl(function) for hook, function in plugin.items()})
    plugins = load_plugins(extra=[(name, holder)])
    return Subject(next(r for r in plugins.reports if r.name == name), plugins, counterpart)


def run(check: Callable[..., Any], *arguments: Any, folder: Path | None = None) -> None:
    done = check(*arguments, *((folder,) if folder is not None else ()))
    if inspect.isawaitable(done):
        asyncio.run(_awaited(done))


async def _awaited(done: Any) -> None:
    await done


@pytest.mark.parametrize("name", OURS)
def test_our_own_plugins_keep_the_contract(name: str, tmp_path: Path) -> None:
    plugins = load_plugins()
    whole = Subject(next(r for r in plugins.reports if r.name == name), plugins)
    checked = 0
    for number, check in enumerate(checks_of(whole)):
        folder = tmp_path / str(number)
        folder.mkdir()
        try:
            run(check.run, folder)
            checked += 1
        except NotApplicable:
            continue
    assert checked >= 2


READS = SimpleNamespace(gateway_read=lambda name, settings, request: request.body)
BROKEN_GATEWAYS = [
    (Rounding, gateways.the_message_arrives_unchanged, READS), (Relative, gateways.a_message_is_sealed_into_a_post, None),
    (Splitting, gateways.a_message_is_sealed_into_a_post, None), (OwnClock, gateways.the_time_is_the_callers_in_one_unit, None),
    (Rounded, gateways.the_time_is_the_callers_in_one_unit, None), (Chatty, gateways.no_secret_is_shown, None),
    (InTheAddress, gateways.no_secret_is_shown, None), (Raising, gateways.false_replies_are_refused_in_its_own_words, None),
    (Texting, gateways.false_replies_are_refused_in_its_own_words, None),
    (Asking, gateways.it_touches_neither_network_nor_processes, None),
    (Wandering, gateways.the_same_message_at_the_same_time_goes_to_the_same_address, None),
    (WrongToken, gateways.a_token_is_asked_for_and_read, None), (Silent, gateways.its_settings_are_described, None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "check", "counterpart"), BROKEN_GATEWAYS, ids=lambda v: getattr(v, "__name__", "")
)
def test_a_gateway_that_breaks_the_contract_is_told(kind: Any, check: Any, counterpart: Any) -> None:
    whole = subject_of(
        counterpart=counterpart, mi_register_gateways=lambda registry: registry.add("mine", kind)
    )
    with pytest.raises(AssertionError):
        run(check, whole, "mine", kind)


def test_a_plain_gateway_passes_them_all() -> None:
    whole = subject_of(counterpart=READS, mi_register_gateways=lambda registry: registry.add("mine", Gateway))
    for check in gateways.CHECKS:
        try:
            run(check, whole, "mine", Gateway)
        except NotApplicable as reason:
            assert check in (gateways.its_settings_are_described, gateways.a_token_is_asked_for_and_read), (
                reason
            )


class Forgetful(MemoryLog):
    async def get(self, operation_id: str) -> OperationRecord | None:
        return None


class Overwriting(MemoryLog):
    def begin_later(self, start: Any) -> None:
        self._rows[start.operation_id] = OperationRecord(start, None)


class Reopening(MemoryLog):
    async def end(self, end: Any) -> None:
        row = self._rows.get(end.operation_id)
        if row is not None:
            self._rows[end.operation_id] = OperationRecord(row.start, end)


class Inventing(MemoryLog):
    async def end(self, end: Any) -> None:
        from tests.plugins.rows import start

        self._rows[end.operation_id] = OperationRecord(start(operation_id=end.operation_id), end)


class Oldest(MemoryLog):
    async def find(self, **wanted: Any) -> list[OperationRecord]:
        return list(reversed(await super().find(**wanted)))


class Dumping(MemoryLog):
    def __init__(self, settings: StoreSettings) -> None:
        super().__init__(settings)
        self.path = Path(settings.operation_log.partition("///")[2])

    def begin_later(self, start: Any) -> None:
        super().begin_later(start)
        self.path.write_bytes(start.request)


class Half(MemoryLog):
    flush: Any = property()


BROKEN_STORES = [
    (Forgetful, stores.a_row_is_begun_completed_and_read_back), (Overwriting, stores.an_operation_is_begun_once),
    (Reopening, stores.the_same_end_changes_nothing_and_another_is_refused), (Inventing, stores.an_end_without_a_row_adds_none),
    (Oldest, stores.rows_are_found_by_person_visit_message_and_status), (MemoryLog, stores.what_was_begun_is_there_after_a_restart),
    (Dumping, stores.nobodys_data_stands_in_clear_on_the_disk), (Half, stores.what_is_handed_over_is_written_in_order),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "check"), BROKEN_STORES, ids=lambda v: getattr(v, "__name__", ""))
def test_a_log_that_breaks_the_contract_is_told(kind: Any, check: Any, tmp_path: Path) -> None:
    whole = subject_of(mi_register_stores=lambda registry: registry.add("mine", kind))
    with pytest.raises(AssertionError):
        run(check, whole, "mine", kind, folder=tmp_path)


class Twice(AiohttpTransport):
    async def send(self, request: HttpRequest, *, deadline: float, sending: Any) -> HttpReply:
        try:
            return await super().send(request, deadline=deadline, sending=sending)
        except TransportFailure:
            return await super().send(request, deadline=deadline, sending=sending)


class Denying(AiohttpTransport):
    async def send(self, request: HttpRequest, *, deadline: float, sending: Any) -> HttpReply:
        from mi_core.plugin import Sending

        sending.promise()
        return await super().send(request, deadline=deadline, sending=Sending())


class Blunt(AiohttpTransport):
    async def send(self, request: HttpRequest, *, deadline: float, sending: Any) -> HttpReply:
        try:
            return await super().send(request, deadline=deadline, sending=sending)
        except TransportFailure:
            raise RuntimeError("no") from None


class Unlimited(AiohttpTransport):
    def __init__(self, settings: Any) -> None:
        super().__init__(attrs.evolve(settings, max_reply=10**9))


class Heedless(AiohttpTransport):
    async def send(self, request: HttpRequest, *, deadline: float, sending: Any) -> HttpReply:
        from mi_core.plugin import Sending

        return await super().send(request, deadline=deadline, sending=Sending())


class Posting(AiohttpTransport):
    async def probe(self, url: str, *, timeout: float) -> ProbeReply:  # noqa: ASYNC109  # the interface's own name
        from mi_core.plugin import Sending

        deadline = asyncio.get_running_loop().time() + timeout
        reply = await self.send(HttpRequest(url, {}, b"{}"), deadline=deadline, sending=Sending())
        return ProbeReply(reply.status)


class Inventive(AiohttpTransport):
    async def send(self, request: HttpRequest, *, deadline: float, sending: Any) -> HttpReply:
        try:
            return await super().send(request, deadline=deadline, sending=sending)
        except TransportFailure:
            return HttpReply(200, {}, b"{}")


BROKEN_TRANSPORTS = [
    (Twice, transports.one_call_is_one_send_whatever_comes), (Denying, transports.bytes_arrive_and_come_back_as_they_are),
    (Denying, transports.one_call_is_one_send_whatever_comes), (Blunt, transports.one_call_is_one_send_whatever_comes),
    (Unlimited, transports.more_than_the_limit_is_a_failure), (Heedless, transports.it_sends_nothing_when_the_right_is_lost),
    (Posting, transports.a_sign_of_life_is_any_status), (Inventive, transports.where_nobody_listens_nothing_left),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "check"), BROKEN_TRANSPORTS, ids=lambda v: getattr(v, "__name__", ""))
def test_a_transport_that_breaks_the_contract_is_told(kind: Any, check: Any) -> None:
    whole = subject_of(mi_register_transports=lambda registry: registry.add("mine", kind))
    with pytest.raises(AssertionError):
        run(check, whole, "mine", kind)


def changing(interface: Any, request: Any) -> list[Problem]:
    if interface.code == "2207":
        object.__setattr__(request, "chrg_bchno", "other")
    return []


def fussy(interface: Any, request: Any) -> list[Problem]:
    return [request.psn_no][:0]


def untold(interface: Any, request: Any) -> Any:
    return [Problem("/a", "a", "", "", "", "")]


def counting() -> Any:
    seen: list[str] = []

    def check(interface: Any, request: Any) -> list[Problem]:
        seen.append(interface.code)
        return [Problem("/a", "a", "甲", "rule", f"第 {len(seen)} 次", f"call {len(seen)}")]

    return check


BROKEN_VALIDATORS = [
    (lambda: changing, validators.it_bears_every_interface_and_changes_no_request),
    (lambda: fussy, validators.it_bears_every_interface_and_changes_no_request),
    (lambda: untold, validators.it_bears_every_interface_and_changes_no_request),
    (counting, validators.it_says_the_same_of_the_same_request),
]


@pytest.mark.parametrize(
    ("make", "check"), BROKEN_VALIDATORS, ids=["changes", "needs psn_no", "says nothing", "counts"]
)
def test_a_validator_that_breaks_the_contract_is_told(make: Any, check: Any) -> None:
    def factory() -> Any:
        return SimpleNamespace(check=make())

    whole = subject_of(mi_register_validators=lambda registry: registry.add("mine", factory))
    with pytest.raises(AssertionError):
        run(check, whole, "mine", factory)


def test_a_plugin_states_its_api_and_its_hooks_are_tried() -> None:
    with pytest.raises(AssertionError, match="MI_HOOK_API"):
        hooks.it_states_its_hook_api(subject_of())
    with pytest.raises(ZeroDivisionError):
        hooks.its_lifecycle_hooks_return_soon_and_raise_nothing(
            subject_of(mi_observe_after_call=lambda call: 1 / 0)
        )
    with pytest.raises(AssertionError, match="took longer"):
        slow = subject_of(mi_observe_alarm=lambda kind: time.sleep(hooks.SOON + 0.1))
        hooks.its_lifecycle_hooks_return_soon_and_raise_nothing(slow)
    with pytest.raises(AssertionError, match="header texts"):
        hooks.its_lifecycle_hooks_return_soon_and_raise_nothing(
            subject_of(mi_modify_http_headers=lambda headers: {"a": 5})
        )


def test_every_lifecycle_hook_is_tried_with_its_own_arguments() -> None:
    from mi_core.plugin.reference import HOOKS

    lifecycle = {name: hook for name, hook in HOOKS.items() if not name.startswith("mi_register_")}
    assert {name: set(sample) for name, sample in hooks.SAMPLES.items()} == {
        name: set(hook.arguments) for name, hook in lifecycle.items()
    }


def pytest_run(place: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "mi_core.testing.pytest_plugin", "-p", "no:cacheprovider", *arguments],
        cwd=place, env=environment(), capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def test_the_option_collects_the_checks_and_choosing_works(tmp_path: Path) -> None:
    done = pytest_run(tmp_path, "--mi-plugin", "mi_plugins.gateways.csb", "-k", "secret or repr or loads")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout and "deselected" in done.stdout


def test_a_plugin_that_is_not_installed_is_a_clear_mistake(tmp_path: Path) -> None:
    done = pytest_run(tmp_path, "--mi-plugin", "nobody")
    assert done.returncode == 4
    assert "没有安装插件 nobody" in done.stderr and "pip install -e ." in done.stderr
    assert "Traceback" not in done.stderr


def test_without_the_option_nothing_of_ours_is_imported(tmp_path: Path) -> None:
    (tmp_path / "test_x.py").write_text(
        "import sys\ndef test_x():\n    assert 'mi_core.testing.conformance' not in sys.modules\n    assert 'msgspec' not in sys.modules\n"
    )
    done = pytest_run(tmp_path, "-W", "error", "-p", "no:asyncio")
    assert done.returncode == 0, done.stdout
    assert str(ROOT) not in done.stdout
