"""What was dealt with stays dealt with: over restarts, kills at the worst moments, two processes, a lost acknowledgement."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from mi_core.errors import StoreError
from mi_core.inbound import Inbox
from tests.inbound.receiver import (
    HOSPITAL,
    NAME,
    PAID,
    REVIEWED,
    TOKEN,
    Desk,
    Line,
    receiving,
    settings_of,
)

ROOT = Path(__file__).resolve().parents[2]


@asynccontextmanager
async def process(folder: Path, lease: float, moment: str = "") -> AsyncIterator[Line]:
    """The worker until its input closes, or until it dies."""
    arguments = [
        sys.executable,
        "-m",
        "tests.inbound.worker",
        str(folder),
        str(lease),
        *([moment] if moment else []),
    ]
    running = await asyncio.create_subprocess_exec(
        *arguments, cwd=ROOT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )  # fmt: skip
    assert running.stdin is not None and running.stdout is not None
    try:
        url = (await running.stdout.readline()).decode().strip()
        async with aiohttp.ClientSession() as session:
            yield Line(session, url)
    finally:
        running.stdin.close()
        await running.wait()


async def until_acknowledged(line: Line) -> int:
    """As the platform does: again and again. Returns how often it was sent."""
    async with asyncio.timeout(60):
        for number in range(1, 10_000):
            if (await line.tell("6302", PAID))[0] == 200:
                return number
            await asyncio.sleep(0.05)
    raise AssertionError


@pytest.mark.parametrize(
    ("moment", "runs"),
    [("before", ["True"]), ("within", ["False", "True"]), ("after", ["False"])],
    ids=["before", "within", "after"],
)
async def test_killed(tmp_path: Path, moment: str, runs: list[str]) -> None:
    """At least once until a handler returned; then never again. Its key stays the same, so that it can tell."""
    with contextlib.suppress(aiohttp.ClientError):
        async with process(tmp_path, 0.5, moment) as line:
            await line.tell("6302", PAID)
    async with process(tmp_path, 0.5) as line:
        await until_acknowledged(line)
        assert (await line.tell("6302", PAID))[0] == 200
    lines = [one.split() for one in (tmp_path / "handled.txt").read_text(encoding="utf-8").splitlines()]
    assert [again for _, again in lines] == runs and len({key for key, _ in lines}) == 1


async def test_a_restart_remembers(tmp_path: Path) -> None:
    desk = Desk()
    for _ in range(2):
        async with receiving(settings_of(tmp_path), desk.handle) as line:
            assert (await line.tell("6302", PAID))[0] == 200
    assert len(desk.got) == 1


async def test_two_processes_share_the_record(tmp_path: Path) -> None:
    """While one handles, the other asks to come again; then it knows that it is done."""
    desk, second = Desk(), Desk()
    desk.may_end.clear()
    config = settings_of(tmp_path)
    async with receiving(config, desk.handle) as line, receiving(config, second.handle) as other:
        first = asyncio.create_task(line.tell("6302", PAID))
        await desk.began.wait()
        assert (await other.tell("6302", PAID))[0] == 503
        desk.may_end.set()
        assert (await first)[0] == 200
        assert (await other.tell("6302", PAID))[0] == 200
    assert len(desk.got) == 1 and second.got == []


def test_a_claim_holds_as_long_as_there_are_signs_of_life(tmp_path: Path) -> None:
    config = settings_of(tmp_path)
    one, other = Inbox.of(config, lease=10.0), Inbox.of(config, lease=10.0)

    def begin(inbox: Inbox, at: int) -> tuple[str, int]:
        claim = inbox.begin(HOSPITAL, "6302", ["P1"], b"{}", b"{}", now_ms=at)
        return claim.verdict, claim.begun

    assert begin(one, 0) == ("handle", 0)
    name = one.begin(HOSPITAL, "6302", ["P1"], b"{}", b"{}", now_ms=1).id
    assert begin(other, 9_999)[0] == "busy"
    one.still(name, now_ms=9_000)
    assert begin(other, 18_999)[0] == "busy"
    other.still(name, now_ms=18_000)
    assert begin(other, 19_000) == ("handle", 1), "the first is dead: nobody else can prolong its claim"
    one.failed(name)
    assert begin(one, 19_001)[0] == "busy", "nor give it up"
    other.failed(name)
    assert begin(one, 19_002) == ("handle", 2)
    assert one.begin(HOSPITAL, "6302", ["P1"], b"{}", b"{other}", now_ms=19_003).verdict == "conflict"
    one.close()
    other.close()


async def test_a_record_that_cannot_be_written_acknowledges_nothing(tmp_path: Path) -> None:
    desk = Desk()
    async with receiving(settings_of(tmp_path), desk.handle) as line:
        with sqlite3.connect(tmp_path / "mi.inbound.db") as other:
            other.execute("DROP TABLE notification")
        other.close()
        assert await line.tell("6302", PAID) == (503, "暂时无法记录，请重新发送")
    assert desk.got == []


async def test_nothing_personal_lies_in_the_file(tmp_path: Path) -> None:
    desk = Desk()
    config = settings_of(tmp_path)
    async with receiving(config, desk.handle) as line:
        await line.tell("6302", PAID)
        await line.tell("7108", REVIEWED)
    stored = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    for text in (TOKEN, NAME, PAID["payOrdId"], PAID["medOrgOrd"], REVIEWED["hiRxno"]):
        assert str(text).encode() not in stored
    inbox = Inbox.of(config)
    (kept,) = inbox.about(HOSPITAL, "6302", str(PAID["payOrdId"]))
    assert kept.handled and TOKEN.encode() in kept.content and TOKEN not in repr(kept)
    assert (
        inbox.about(HOSPITAL, "6302", "another")
        == []
        == inbox.about("H43000000002", "6302", str(PAID["payOrdId"]))
    )
    inbox.close()


def test_what_is_old_is_forgotten(tmp_path: Path) -> None:
    inbox = Inbox.of(settings_of(tmp_path))
    for number, at in ((1, 1_000), (2, 5_000), (3, 2_000)):
        claim = inbox.begin(HOSPITAL, "6302", [f"P{number}"], b"{}", b"{}", now_ms=at)
        if number < 3:
            inbox.done(claim.id, now_ms=at)
    assert inbox.forget(3_000) == 1
    kept = [bool(inbox.about(HOSPITAL, "6302", f"P{number}")) for number in (1, 2, 3)]
    assert kept == [False, True, True], "what nobody has dealt with is kept"
    inbox.close()


def test_changed_bytes_and_newer_files_are_noticed(tmp_path: Path) -> None:
    config = settings_of(tmp_path)
    inbox = Inbox.of(config)
    inbox.begin(HOSPITAL, "6302", ["P1"], b"{}", b"{}", now_ms=1)
    inbox.close()
    with sqlite3.connect(tmp_path / "mi.inbound.db") as other:
        other.execute(
            "UPDATE notification SET content_ct = substr(content_ct, 1, 20) || x'00' || substr(content_ct, 22)"
        )
    inbox = Inbox.of(config)
    with pytest.raises(StoreError):
        inbox.about(HOSPITAL, "6302", "P1")
    inbox.close()
    with sqlite3.connect(tmp_path / "mi.inbound.db") as other:
        other.execute("PRAGMA user_version = 99")
    other.close()
    with pytest.raises(StoreError, match="99"):
        Inbox.of(config)


async def test_a_journal_in_memory_keeps_notifications_there_too(tmp_path: Path) -> None:
    desk = Desk()
    async with receiving(settings_of(tmp_path, journal="memory"), desk.handle) as line:
        assert [(await line.tell("6302", PAID))[0] for _ in range(2)] == [200, 200]
    assert len(desk.got) == 1 and list(tmp_path.iterdir()) == []
