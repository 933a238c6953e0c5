"""Files on their way: how much has moved, what they are (SHA-256), and going on where a transfer broke."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

import pytest

from mi_core.cli.exits import exit_code
from mi_core.errors import MiError, ReplyUnreadable
from mi_core.files import BadFile, BadInputFile, make_table
from mi_core.mapping.items import ItemFaults
from mi_core.plugin import (
    FilePart,
    HttpRequest,
    Partial,
    SaveTo,
    Sending,
    TransportFailure,
    TransportSettings,
)
from mi_core.uploads import ResultFileError
from mi_plugins.transports.aiohttp_transport import AiohttpTransport
from tests.core import calls
from tests.plugins.bad_server import Exchange, bad_server, reply
from tests.reconcile.zips import zipped

FILE = zipped(("a.txt", os.urandom(3_500_000)))
TAG = '"v1"'


class Ranged:
    """A server of one file that breaks off at given places; ``offers``: goes on from there when asked."""

    def __init__(self, *breaks: int, offers: bool = True, tag: str = TAG, tags: tuple[str, ...] = ()) -> None:
        self.breaks, self.offers, self.tag, self.tags, self.asked = (
            list(breaks),
            offers,
            tag,
            list(tags),
            list[str](),
        )

    async def __call__(self, exchange: Exchange) -> None:
        head = exchange.head.decode()
        asked = re.search(r"(?i)\r\nrange: bytes=(\d+)-", head)
        condition = re.search(r"(?i)\r\nif-range: (\S+)", head)
        tag = self.tags.pop(0) if self.tags else self.tag
        start = int(asked[1]) if asked and self.offers and condition and condition[1] == tag else 0
        self.asked.append(asked[1] if asked else "")
        extra = "Content-Type: application/zip\r\n" + (
            f"Accept-Ranges: bytes\r\nETag: {tag}\r\n" if self.offers else ""
        )
        status = "206 Partial Content" if start else "200 OK"
        extra += f"Content-Range: bytes {start}-{len(FILE) - 1}/{len(FILE)}\r\n" if start else ""
        until = self.breaks.pop(0) if self.breaks else len(FILE)
        exchange.writer.write(
            f"HTTP/1.1 {status}\r\nContent-Length: {len(FILE) - start}\r\n{extra}\r\n".encode()
        )
        exchange.writer.write(FILE[start:until])
        await exchange.writer.drain()
        exchange.writer.close()


@pytest.mark.parametrize("offers", [True, False], ids=["ranges", "whole"])
async def test_a_transfer_that_breaks_twice(offers: bool, tmp_path: Path) -> None:
    server_side, moved = Ranged(1_200_000, 2_600_000, offers=offers), list[tuple[int, int | None]]()
    async with bad_server(server_side) as server, calls.client(server.url) as mi:
        got = await mi.download_file("1", "a.zip", to=tmp_path / "a.zip", progress=lambda *m: moved.append(m))
    assert got.path.read_bytes() == FILE and got.sha256 == hashlib.sha256(FILE).hexdigest()
    assert moved[-1] == (len(FILE), len(FILE))
    first, *later = server_side.asked
    assert first == "" and len(later) == 2
    if offers:
        assert all(0 < int(start) <= 2_600_000 for start in later) and int(later[0]) >= 1024 * 1024
    else:
        assert later == ["", ""], "nothing is asked for that nobody offered"
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".part"] == []


async def test_another_file_meanwhile_comes_from_its_beginning(tmp_path: Path) -> None:
    server_side = Ranged(1_200_000, tags=('"v1"', '"v2"'))
    async with bad_server(server_side) as server, calls.client(server.url) as mi:
        got = await mi.download_file("1", "a.zip", to=tmp_path / "a.zip")
    assert got.path.read_bytes() == FILE and server_side.asked[1] != "", (
        "it was asked for the rest, and sent all of it"
    )


@pytest.mark.parametrize(
    "tag, start", [('W/"weak"', "0-9/10"), (TAG, "5-9/10"), (TAG, "")], ids=["weak", "elsewhere", "silent"]
)
async def test_what_is_not_exactly_the_rest_is_not_joined(tag: str, start: str, tmp_path: Path) -> None:
    async def answer(exchange: Exchange) -> None:
        told = f"Content-Range: bytes {start}\r\n" if start else ""
        head = f"HTTP/1.1 206 Partial Content\r\nContent-Length: 3\r\nContent-Type: application/zip\r\nETag: {tag}\r\n{told}\r\n"
        exchange.writer.write(head.encode() + b"xyz")
        exchange.writer.close()

    partial = Partial(4, TAG)
    save = SaveTo(tmp_path / "part", 100, partial=partial)
    save.path.write_bytes(b"PK34")
    transport = AiohttpTransport(TransportSettings())
    async with bad_server(answer) as server:
        import asyncio

        request = HttpRequest(server.url, {}, b"{}", save=save)
        with pytest.raises(TransportFailure, match="another part"):
            await transport.send(request, deadline=asyncio.get_running_loop().time() + 5, sending=Sending())
    await transport.close()
    assert partial.size == 0 and save.path.read_bytes() == b"PK34"


async def test_a_part_that_nobody_asked_for_is_no_file(tmp_path: Path) -> None:
    async def answer(exchange: Exchange) -> None:
        exchange.writer.write(
            b"HTTP/1.1 206 Partial Content\r\nContent-Length: 4\r\nContent-Type: application/zip\r\n\r\nPK34"
        )
        exchange.writer.close()

    async with bad_server(answer) as server, calls.client(server.url) as mi:
        with pytest.raises(ReplyUnreadable):
            await mi.download_file("1", "a.zip", to=tmp_path / "a.zip", deadline=2.0)
    assert [path for path in tmp_path.iterdir() if "zip" in path.name] == []


async def test_an_upload_tells_how_far_it_is(tmp_path: Path) -> None:
    source, moved = tmp_path / "a.zip", list[tuple[int, int | None]]()
    source.write_bytes(FILE)
    async with (
        bad_server(reply({"infcode": 0, "output": {"file_qury_no": "1"}})) as server,
        calls.client(server.url) as mi,
    ):
        await mi.upload_file(source, progress=lambda *m: moved.append(m))
    assert moved[-1] == (len(FILE), len(FILE)) and len(moved) > 2
    assert moved == sorted(moved) and FILE in server.requests[0]
    assert FilePart("a", b"x", lambda *_: None) == FilePart("a", b"x"), "what is told changes no message"


async def test_a_file_that_is_not_there_is_called_so(tmp_path: Path) -> None:
    empty = tmp_path / "empty.zip"
    empty.touch()
    async with bad_server(reply({})) as server, calls.client(server.url) as mi:
        with pytest.raises(BadInputFile, match=r"没有文件 .*none\.zip"):
            await mi.upload_file(tmp_path / "none.zip")
        with pytest.raises(BadInputFile, match="没有文件"):
            await mi.upload_file(tmp_path)
        with pytest.raises(BadInputFile, match="为 0 字节"):
            await mi.upload_file(empty)
    assert server.requests == []


@pytest.mark.parametrize(
    ("error", "code"),
    [(BadInputFile("甲", "a"), 3), (ItemFaults("x", [(2, "甲", "a")]), 3), (BadFile("甲", "a"), 7), (ResultFileError("甲", "a"), 2)],
    ids=["table", "items", "download", "result"],
)  # fmt: skip
def test_a_script_can_tell_whose_file_is_wrong(error: MiError, code: int) -> None:
    assert exit_code(error) == code


def test_a_table_reads_back_in_nfc() -> None:
    from mi_core.files import read_table

    rows = [("e\u0301", None, "王㐂"), ("a", "\u0301b", "null")]
    assert read_table(make_table("a.txt", rows), 3) == [("é", None, "王㐂"), ("a", "\u0301b", None)]
