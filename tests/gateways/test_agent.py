"""The reference agent with a library compiled here: texts, buffers, return codes, hanging and crashing libraries."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from mi_core.errors import ConfigError, GatewayRefused, OutcomeUnknown, ReplyUnreadable
from mi_plugins.agent.server import create_app
from mi_plugins.agent.settings import AgentSettings, LibrarySettings
from mi_plugins.agent.texts import decoded, encoded
from tests.core.calls import PSN, query, settlement
from tests.gateways.test_calls import client

TOKEN = "t" * 40
SOURCE = Path(__file__).with_name("vendor.c")
Answer = Callable[..., Any]


@pytest.fixture(scope="session")
def libraries(tmp_path_factory: pytest.TempPathFactory) -> dict[bool, str]:
    """The library for narrow and for wide texts."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        if os.environ.get("MI_REQUIRE_SERVICES") == "1":
            pytest.fail("gcc (or cc) is not installed")
        pytest.skip("gcc (or cc) is not installed")
    folder = tmp_path_factory.mktemp("vendor")
    made = {}
    for wide in (False, True):
        target = folder / f"vendor{wide:d}.so"
        command = [
            compiler,
            "-shared",
            "-fPIC",
            *(["-DWIDE"] if wide else []),
            "-o",
            str(target),
            str(SOURCE),
        ]
        subprocess.run(command, check=True)
        made[wide] = str(target)
    return made


@asynccontextmanager
async def agent(
    path: str, *, more: dict[str, Any] | None = None, **library: Any
) -> AsyncIterator[TestServer]:
    settings = AgentSettings(
        library=LibrarySettings(path=path, **library), token=TOKEN, **{"timeout": 30.0, **(more or {})}
    )
    async with TestServer(create_app(settings)) as server:
        yield server


async def ask(server: TestServer, infno: str, message: str = "{}", **headers: str) -> dict[str, Any]:
    body = json.dumps({"version": 1, "infno": infno, "message": message}).encode()
    sent = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json", **headers}
    async with (
        aiohttp.ClientSession() as session,
        session.post(server.make_url("/call"), data=body, headers=sent) as reply,
    ):
        return {"http": reply.status, **await reply.json()}


NAMES = '{"name":"张三 㐂 𠮷 €","n":1.50}'
"""A common name, one outside GBK, one outside the basic plane, a sign that Windows has in its own place."""


@pytest.mark.parametrize(
    ("encoding", "wide", "unit"),
    [
        ("gbk", False, "bytes"),
        ("gb18030", False, "bytes"),
        ("utf-8", False, "bytes"),
        ("utf-16", True, "characters"),
    ],
)
async def test_no_character_is_lost(libraries: dict[bool, str], encoding: str, wide: bool, unit: str) -> None:
    async with agent(libraries[wide], encoding=encoding, unit=unit) as server:
        answer = await ask(server, "1101", NAMES)
    assert (answer["status"], answer["return_code"]) == ("answered", 0)
    assert json.loads(answer["message"]) == json.loads(NAMES)


def test_texts() -> None:
    assert (
        encoded('"㐂𠮷"', "gbk") == b'"\\u3402\\ud842\\udfb7"\0'
    )  # what GBK lacks, as JSON says it in ASCII
    assert encoded('"㐂"', "gb18030") != encoded('"㐂"', "gbk")
    assert decoded("㐂".encode("gb18030") + b"\0rest", "gbk") == "㐂"
    assert decoded("a".encode("utf-16-le") + b"\0\0", "utf-16") == "a" and decoded(b"ab", "gbk") is None
    assert decoded("Ā".encode("utf-16-le") + b"\0\0", "utf-16") == "Ā"  # its low byte is a zero
    with pytest.raises(ValueError, match="zero"):
        encoded("a\0b", "gbk")


async def test_other_arguments_and_codes(libraries: dict[bool, str]) -> None:
    async with agent(
        libraries[False], function="exchange", arguments=("input", "output", "size*"), ok=(1,)
    ) as server:
        assert (await ask(server, "1101", '"x"'))["message"] == '"x"'
    async with agent(
        libraries[False], function="exchange", arguments=("input", "output", "size*"), ok=(0, 1), buffer=256
    ) as server:
        answer = await ask(server, "1101", "y" * 256)
        assert (answer["status"], answer["reason"]) == ("unknown", "the buffer is too small for the reply")
        assert (await ask(server, "1101", "y" * 255))["status"] == "answered"


@pytest.mark.parametrize(
    ("infno", "status", "reason"),
    [
        ("fails", "failed", None),
        ("full", "unknown", "the reply fills the buffer without an end"),
        ("bytes", "unknown", "the reply is not in the library's encoding"),
        ("overrun", "unknown", "the library wrote beyond its buffer"),
        ("crash", "unknown", "the library's process ended"),
        ("exit", "unknown", "the library's process ended"),
    ],
)
async def test_a_library_that_misbehaves(
    libraries: dict[bool, str], infno: str, status: str, reason: str | None
) -> None:
    async with agent(libraries[False]) as server:
        answer = await ask(server, infno)
        assert (answer["http"], answer["status"], answer.get("reason")) == (200, status, reason)
        assert (await ask(server, "1101", '"after"'))[
            "message"
        ] == '"after"'  # the next call finds a library again
        told = await ask(server, "count")
    assert told["message"] == ("3" if infno in ("fails", "full", "bytes") else "2")


async def test_a_library_that_hangs_is_ended(libraries: dict[bool, str]) -> None:
    async with agent(libraries[False], more={"timeout": 1.0}) as server:
        answer = await ask(server, "hang")
        assert (answer["status"], answer["reason"]) == ("unknown", "timeout")
        assert (await ask(server, "count"))["message"] == "1"  # a new process


async def test_one_call_at_a_time(
    libraries: dict[bool, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = tmp_path / "calls"
    monkeypatch.setenv("VENDOR_CALLS", str(calls))
    async with agent(libraries[False], more={"waiting": 2, "patience": 20.0}) as server:
        await ask(server, "count")  # the library is loaded
        busy = asyncio.ensure_future(ask(server, "slow", '"1"'))
        while len(calls.read_bytes()) < 2:
            await asyncio.sleep(0.01)
        answers = await asyncio.gather(busy, *(ask(server, "1101", f'"{n}"') for n in range(4)))
    told = sorted(a["status"] for a in answers)
    assert told == ["answered"] * 3 + ["not_called"] * 2
    assert {a["reason"] for a in answers if a["status"] == "not_called"} == {"busy"}
    assert len(calls.read_bytes()) == 4


async def test_nobody_waits_any_more(
    libraries: dict[bool, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A caller who gave up while the call was queued: the library must not execute it afterwards."""
    calls = tmp_path / "calls"
    monkeypatch.setenv("VENDOR_CALLS", str(calls))
    async with agent(libraries[False], more={"timeout": 2.0}) as server:
        hanging = asyncio.ensure_future(ask(server, "hang"))
        while not calls.exists():
            await asyncio.sleep(0.01)
        gone = asyncio.ensure_future(ask(server, "1101"))
        await asyncio.sleep(0.2)
        gone.cancel()
        await asyncio.gather(gone, return_exceptions=True)
        assert (await hanging)["reason"] == "timeout"
        assert (await ask(server, "count"))["message"] == "1"
    assert len(calls.read_bytes()) == 2


async def test_init(libraries: dict[bool, str]) -> None:
    async with agent(libraries[False], init="init") as server:
        assert (await ask(server, "ready"))["message"] == "1"


@pytest.mark.parametrize(
    ("library", "said", "hint"),
    [
        ({"path": "/nowhere/vendor.so"}, "/nowhere/vendor.so: cannot open", "word size"),
        ({"path": __file__}, "test_agent.py", "word size"),
        ({"function": "absent"}, "undefined symbol: absent", "--function"),
        ({"init": "absent"}, "undefined symbol: absent", "--init"),
        ({"init": "init_fails"}, "init_fails returned 7", "--init"),
        ({"init": "init_crashes"}, "the process ended", "vendor"),
    ],
    ids=["missing", "no-library", "function", "init", "init-code", "init-crash"],
)
async def test_a_library_that_cannot_be_used_is_told_at_the_start(
    libraries: dict[bool, str], library: dict[str, Any], said: str, hint: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        async with agent(**{"path": libraries[False], **library}):
            pass
    assert said in refused.value.message("en") and hint in refused.value.hint_en


async def test_a_library_that_is_gone_later(libraries: dict[bool, str], tmp_path: Path) -> None:
    """It was there at the start and is not when it must be loaded again: certain that nothing was called."""
    path = tmp_path / "vendor.so"
    shutil.copy(libraries[False], path)
    async with agent(str(path)) as server:
        assert (await ask(server, "1101", '"x"'))["message"] == '"x"'
        path.unlink()
        assert (await ask(server, "crash"))["status"] == "unknown"
        answer = await ask(server, "1101")
        assert answer["status"] == "not_called" and "cannot be used" in answer["reason"]


async def test_only_our_callers(libraries: dict[bool, str]) -> None:
    async with agent(libraries[False]) as server:
        for status, headers in (
            (401, {"Authorization": "Bearer wrong"}), (401, {"Authorization": ""}), (403, {"Host": "evil.example"}),
            (415, {"Content-Type": "text/plain"}),
        ):  # fmt: skip
            answer = await ask(server, "1101", **headers)
            assert (answer["http"], answer["status"]) == (status, "not_called")
        assert (await ask(server, "22 07"))["http"] == 400
        assert (await ask(server, "count"))["message"] == "1"


def test_settings_that_make_no_sense() -> None:
    for wrong in ({"arguments": ("input",)}, {"arguments": ("input", "output", "x")}, {"encoding": "big5"}):
        with pytest.raises(ConfigError):
            LibrarySettings(path="x", **wrong)


async def test_a_settlement_through_the_library(
    libraries: dict[bool, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = {
        "setl_id": "S1", "psn_no": PSN, "mdtrt_id": "V1", "psn_name": "张㐂", "medfee_sumamt": 128.5, "fund_pay_sumamt": 100,
        "psn_part_amt": "28.50", "hosp_part_amt": 0, "acct_pay": 8.5, "psn_cash_pay": 20,
    }  # fmt: skip
    content = {"infcode": 0, "err_msg": "", "output": {"setlinfo": info, "setldetail": []}}
    (tmp_path / "reply").write_bytes(json.dumps(content, ensure_ascii=False).encode("gb18030"))
    monkeypatch.setenv("VENDOR_REPLY", str(tmp_path / "reply"))
    async with agent(libraries[False]) as server:
        one = {"profile": "local-agent", "url": str(server.make_url("/call")), "agent_token": TOKEN}
        async with client(one) as mi:
            reply = await mi.call(settlement())
            assert reply.setlinfo.fund_pay_sumamt == 100 and reply.setlinfo.psn_name == "张㐂"
            assert (await mi.call(settlement())).meta.repeated


async def test_what_the_agent_says_decides_the_outcome(libraries: dict[bool, str], tmp_path: Path) -> None:
    async with agent(libraries[False]) as server:
        one = {"profile": "local-agent", "url": str(server.make_url("/call")), "agent_token": TOKEN}
        async with client(one) as mi:
            with pytest.raises(OutcomeUnknown):  # an answer (the library echoes), but none of a bureau
                await mi.call(settlement())
            with pytest.raises(ReplyUnreadable):
                await mi.call(query())
        async with client({**one, "agent_token": "another"}) as mi:
            with pytest.raises(GatewayRefused, match="wrong token"):  # certain: the library was not called
                await mi.call(settlement(mdtrt_id="V2"))
    path = tmp_path / "vendor.so"
    shutil.copy(libraries[False], path)
    async with (
        agent(str(path)) as server,
        client({**one, "url": str(server.make_url("/call"))}) as mi,
    ):
        path.unlink()
        assert (await ask(server, "crash"))["status"] == "unknown"  # another's call took the library down
        with pytest.raises(GatewayRefused, match="cannot be used"):
            await mi.call(settlement(mdtrt_id="V3"))


def command(*options: str) -> list[str]:
    return [sys.executable, "-W", "error", "-m", "mi_plugins.agent", *options]


ENVIRONMENT = {**os.environ, "MI_LANG": "en", "PYTHONUNBUFFERED": "1"}


def test_the_command(libraries: dict[bool, str], tmp_path: Path) -> None:
    """``mi agent`` as a process of its own: makes its token, tells its real address, stops on a signal."""
    start = command("--library", libraries[False], "--port", "0")
    with subprocess.Popen(start, cwd=tmp_path, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT) as process:
        assert process.stdout is not None
        told = re.search(r"local agent: http://127\.0\.0\.1:([1-9]\d*)/call", process.stdout.readline())
        assert told is not None
        token = tmp_path / "agent.token"
        assert token.stat().st_mode & 0o077 == 0 and len(token.read_text().strip()) > 40
        taken = subprocess.run(
            command("--library", libraries[False], "--port", told[1]),
            cwd=tmp_path, capture_output=True, text=True, env=ENVIRONMENT, timeout=60,
        )  # fmt: skip
        assert taken.returncode == 2 and f"cannot listen on 127.0.0.1:{told[1]}" in taken.stderr
        assert "--port" in taken.stderr and "Traceback" not in taken.stderr
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
    token.write_text("short")
    again = subprocess.run(start, cwd=tmp_path, capture_output=True, text=True, env=ENVIRONMENT, timeout=60)
    assert again.returncode == 2 and "too short" in again.stderr


def test_the_command_with_a_wrong_library(libraries: dict[bool, str], tmp_path: Path) -> None:
    for options, text in (
        (("--library", "/nowhere/vendor.so"), "/nowhere/vendor.so cannot be used"),
        (("--library", libraries[False], "--function", "abwesend"), "undefined symbol: abwesend"),
    ):
        done = subprocess.run(
            command(*options, "--port", "0"), cwd=tmp_path, capture_output=True, text=True, env=ENVIRONMENT, timeout=60
        )  # fmt: skip
        assert (done.returncode, done.stdout) == (2, "") and text in done.stderr
        assert "Traceback" not in done.stderr


async def test_callers_on_other_machines_need_a_name(libraries: dict[bool, str], tmp_path: Path) -> None:
    start = command("--library", libraries[False], "--port", "0", "--name", "HIS-Server")
    process = await asyncio.create_subprocess_exec(
        *start, cwd=tmp_path, stdout=subprocess.PIPE, env=ENVIRONMENT
    )
    try:
        assert process.stdout is not None
        url = (await process.stdout.readline()).decode().split()[2].rstrip(",")
        sent = {"Authorization": f"Bearer {(tmp_path / 'agent.token').read_text().strip()}"}
        body = {"version": 1, "infno": "count", "message": "{}"}
        async with aiohttp.ClientSession() as session:
            for host, status in (("his-server:8791", 200), ("other:8791", 403)):
                async with session.post(url, json=body, headers={**sent, "Host": host}) as reply:
                    assert (host, reply.status) == (host, status)
    finally:
        process.terminate()
        assert await process.wait() == 0
