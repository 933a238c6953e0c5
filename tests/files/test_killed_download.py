"""A download whose process is killed: the next call goes on with it while the file is the same, else it begins anew."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mi_core.errors import MiError
from mi_core.files import BadFile
from mi_core.files.parts import kept_bytes, open_part
from tests.cli.shell import COMMAND, HOSPITAL, configure, environment
from tests.core import calls
from tests.files.test_moving import FILE, TAG, Ranged
from tests.plugins.bad_server import Exchange, bad_server, reply

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")


class Stalling(Ranged):
    """Stops in the middle of the first reply, for as long as the test takes."""

    def __init__(self, after: int, **how: object) -> None:
        super().__init__(**how)  # type: ignore[arg-type]  # the same keywords
        self.after, self.stalled, self.over = after, asyncio.Event(), asyncio.Event()

    async def __call__(self, exchange: Exchange) -> None:
        if self.stalled.is_set():
            await super().__call__(exchange)
            return
        extra = f"Accept-Ranges: bytes\r\nETag: {self.tag}\r\n" if self.offers else ""
        head = (
            f"HTTP/1.1 200 OK\r\nContent-Length: {len(FILE)}\r\nContent-Type: application/zip\r\n{extra}\r\n"
        )
        exchange.writer.write(head.encode() + FILE[: self.after])
        await exchange.writer.drain()
        self.stalled.set()
        await self.over.wait()


async def killed(server_side: Stalling, url: str, folder: Path) -> None:
    """``mi files download`` in a process of its own, killed once a piece of the file is on its disk."""
    configure(folder, url)
    process = await asyncio.create_subprocess_exec(
        *COMMAND, "files", "download", "77", "a.zip", "--to", "a.zip", cwd=folder, env=environment(),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    async with asyncio.timeout(90):
        await server_side.stalled.wait()
        while kept_bytes(folder / "a.zip", "77", "a.zip", HOSPITAL) < 1024 * 1024:
            assert process.returncode is None
            await asyncio.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    await process.wait()
    server_side.over.set()


@pytest.mark.parametrize("what", ["same", "another", "no ranges"])
async def test_a_process_that_was_killed(what: str, tmp_path: Path) -> None:
    server_side = Stalling(2_500_000, offers=what != "no ranges")
    async with bad_server(server_side) as server:
        await killed(server_side, server.url, tmp_path)
        assert not (tmp_path / "a.zip").exists()
        if what == "another":
            server_side.tag = '"v2"'
        done = await asyncio.to_thread(
            subprocess.run, [*COMMAND, "files", "download", "77", "a.zip", "--to", "a.zip", "--json"], cwd=tmp_path,
            env=environment(), capture_output=True, timeout=90,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    assert (tmp_path / "a.zip").read_bytes() == FILE
    (asked,) = server_side.asked
    resumed = json.loads(done.stdout)["resumed"]
    if what == "same":
        assert int(asked) == resumed >= 1024 * 1024 - 1
    else:
        assert (asked != "") is (what == "another"), "what nobody offered is not asked for"
    assert [path.name for path in tmp_path.iterdir() if ".part" in path.name] == []


async def test_a_call_that_failed_keeps_what_it_has_for_the_next(tmp_path: Path) -> None:
    """The connection breaks until the deadline; a later call fetches the rest. A file of another number begins anew."""
    server_side = Ranged(1_500_000, *[0] * 200)
    async with bad_server(server_side) as server, calls.client(server.url) as mi:
        with pytest.raises(MiError):
            await mi.download_file("1", "a.zip", to=tmp_path / "a.zip", deadline=1.5)
        kept = kept_bytes(tmp_path / "a.zip", "1", "a.zip", mi.config.institution().code)
        assert kept >= 1024 * 1024
        server_side.breaks.clear()
        server_side.asked.clear()
        other = await mi.download_file("2", "a.zip", to=tmp_path / "a.zip")
        assert other.resumed == 0 and server_side.asked == [""]
        got = await mi.download_file("1", "a.zip", to=tmp_path / "a.zip")
    assert got.resumed == kept - 1 and server_side.asked[1] == str(kept - 1) and got.path.read_bytes() == FILE
    assert sorted(path.name for path in tmp_path.iterdir() if "zip" in path.name) == ["a.zip"]


async def test_what_was_kept_and_is_wrong_is_fetched_anew(tmp_path: Path) -> None:
    """A power cut left zeros where bytes were promised: the archive's checksums tell, and the file comes from its beginning."""
    server_side = Ranged(1_500_000, *[0] * 200)
    async with bad_server(server_side) as server, calls.client(server.url) as mi:
        with pytest.raises(MiError):
            await mi.download_file("1", "a.zip", to=tmp_path / "a.zip", deadline=1.5)
        (part,) = tmp_path.glob(".a.zip.*.part")
        content = bytearray(part.read_bytes())
        content[900_000:1_000_000] = bytes(100_000)
        part.write_bytes(content)
        server_side.breaks.clear()
        server_side.asked.clear()
        got = await mi.download_file("1", "a.zip", to=tmp_path / "a.zip")
    assert (
        server_side.asked == [str(len(content) - 1), ""]
        and got.resumed == 0
        and got.path.read_bytes() == FILE
    )


async def test_a_part_that_is_whole_and_one_that_the_server_forgot(tmp_path: Path) -> None:
    target = tmp_path / "a.zip"

    async def forgotten(exchange: Exchange) -> None:
        ranged = re.search(rb"(?i)\r\nrange:", exchange.head)
        asked.append(bool(ranged))
        if ranged:
            await exchange.answer(b"", status="416 Range Not Satisfiable")
        else:
            await exchange.answer(FILE, extra="Content-Type: application/zip\r\n")

    def left_behind(content: bytes, owner: str) -> None:
        part = open_part(target, "1", "a.zip", owner)
        part.path.write_bytes(content)
        part.partial.size, part.partial.validator = len(content), TAG
        part.note()
        part.close()

    asked: list[bool] = []
    whole = Ranged()
    async with bad_server(whole) as server, calls.client(server.url) as mi:
        owner = mi.config.institution().code
        left_behind(FILE, owner)
        got = await mi.download_file("1", "a.zip", to=target)
        assert got.resumed == len(FILE) - 1 and whole.asked == [str(len(FILE) - 1)]
    left_behind(FILE[:2_000_000], owner)
    async with bad_server(forgotten) as server, calls.client(server.url) as mi:
        assert (await mi.download_file("1", "a.zip", to=target)).path.read_bytes() == FILE
    assert asked[0] and not asked[-1]
    left_behind(FILE[:2_000_000], owner)
    refusal = reply({"infcode": -1, "err_msg": "文件查询号不存在"})
    async with bad_server(refusal) as server, calls.client(server.url) as mi:
        with pytest.raises(MiError, match="文件查询号不存在"):
            await mi.download_file("1", "a.zip", to=target)
    assert kept_bytes(target, "1", "a.zip", owner) == 0


async def test_two_at_once_do_not_share_a_part(tmp_path: Path) -> None:
    first, second = (open_part(tmp_path / "a.zip", "1", "a.zip", "H") for _ in range(2))
    assert first.path != second.path
    for part in (first, second):
        part.path.write_bytes(b"12345")
        part.partial.size, part.partial.validator = 5, TAG
        part.note()
        part.close()
    assert first.path.exists() and not second.path.exists()
    third = open_part(tmp_path / "a.zip", "1", "a.zip", "H")
    assert (third.path, third.resumed, third.partial.validator) == (first.path, 4, TAG)
    third.drop()
    third.close()
    assert list(tmp_path.iterdir()) == []


async def test_a_file_that_is_no_archive_is_not_kept(tmp_path: Path) -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.answer(
            b"PK34" * 400_000,
            extra=f"Content-Type: application/zip\r\nAccept-Ranges: bytes\r\nETag: {TAG}\r\n",
        )

    async with bad_server(answer) as server, calls.client(server.url) as mi:
        with pytest.raises(BadFile):
            await mi.download_file("1", "a.zip", to=tmp_path / "a.zip")
    assert [path for path in tmp_path.iterdir() if "zip" in path.name] == []
