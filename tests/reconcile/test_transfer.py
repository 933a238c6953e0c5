"""9101 and 9102 by the client, at the sandbox and at servers that misbehave."""

from __future__ import annotations

import asyncio
import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from mi_core import BureauRefused, Client
from mi_core.errors import ConfigError, GatewayUnreachable, InvalidInput, NotSent, ReplyUnreadable
from mi_core.files import BadFile, Downloaded, Limits, download, make_table, read_table
from mi_core.pipeline import CallOptions
from mi_core.plugin import HttpRequest, SaveTo, Sending, TransportFailure, TransportSettings
from mi_plugins.transports.aiohttp_transport import AiohttpTransport
from tests.core import calls
from tests.plugins import bad_server as bad
from tests.plugins.bad_server import Exchange, bad_server
from tests.reconcile.kit import HOSPITAL, Town
from tests.reconcile.zips import GOOD, HOSTILE, zipped

FILE = make_table("a.txt", [("张三", "1"), ("李四", None)])


async def test_up_and_down_again(town: Town, tmp_path: Path) -> None:
    sent = await town.mi.upload_file(FILE, "明细.zip")
    assert sent.file_qury_no and sent.filename == "明细.zip" and sent.fixmedins_code == HOSPITAL
    to = tmp_path / "back.zip"
    got = await town.mi.download_file(sent.file_qury_no, "明细.zip", to=to)
    assert (got.path, got.size) == (to, len(FILE)) and to.read_bytes() == FILE
    assert got.msgid and got.msgid.startswith(HOSPITAL)
    assert read_table(to, 2) == [("张三", "1"), ("李四", None)]
    source = tmp_path / "source.zip"
    source.write_bytes(zipped(("x.txt", os.urandom(3_000_000))))
    again = await town.mi.upload_file(source)
    assert again.filename == "source.zip" and again.file_qury_no != sent.file_qury_no
    await town.mi.download_file(str(again.file_qury_no), "source.zip", to=str(to))
    assert to.read_bytes() == source.read_bytes(), "replaced by the new one"
    assert sorted(p.name for p in tmp_path.iterdir() if p.name.endswith(".part")) == []


async def test_what_is_logged(town: Town, tmp_path: Path) -> None:
    sent = await town.mi.upload_file(FILE, "a.zip")
    await town.mi.download_file(str(sent.file_qury_no), "a.zip", to=tmp_path / "a.zip")
    rows = {row.start.api_code: row for row in await town.mi._runtime.store.find(limit=10)}  # type: ignore[union-attr]  # open
    up, down = rows["9101"], rows["9102"]
    assert json.loads(up.start.request)["input"] == {
        "fsUploadIn": {"filename": "a.zip", "fixmedins_code": HOSPITAL}
    }
    assert down.end is not None and down.end.status == "success" and down.end.response is not None
    assert json.loads(down.end.response)["output"] == {"bytes": len(FILE)}


async def test_refusals_come_as_errors(town: Town, tmp_path: Path) -> None:
    to = tmp_path / "a.zip"
    to.write_bytes(b"old")
    for number, name, catalogue, text in (("1", "a.zip", False, "不存在"), ("1", "a.zip", True, "不存在")):
        with pytest.raises(BureauRefused, match=text):
            await town.mi.download_file(number, name, to=to, catalogue=catalogue)
    sent = await town.mi.upload_file(FILE, "a.zip")
    with pytest.raises(BureauRefused, match="须为"):
        await town.mi.download_file(str(sent.file_qury_no), "a.zip", to=to, catalogue=True)
    assert to.read_bytes() == b"old", "nothing is replaced by a refusal"
    with pytest.raises(InvalidInput):
        await town.mi.upload_file(FILE, "x" * 201)
    with pytest.raises(InvalidInput):
        await town.mi.upload_file(FILE)
    for source in (b"", tmp_path / "none", tmp_path):
        with pytest.raises(BadFile, match=r"没有文件|为 0 字节"):
            await town.mi.upload_file(source, "a.zip")
    with pytest.raises(ConfigError, match="不能写入"):
        await town.mi.download_file("1", "a.zip", to=tmp_path / "nowhere" / "a.zip")


async def test_a_catalogue_file(town: Town, tmp_path: Path) -> None:
    given = (await town.call("1301", {"data": {"ver": "F001"}})).to_dict()
    to = tmp_path / "c.zip"
    got = await town.mi.download_file(given["file_qury_no"], given["filename"], to=to, catalogue=True)
    assert got.size == to.stat().st_size > 100


async def test_a_damaged_file_replaces_nothing(town: Town, tmp_path: Path) -> None:
    sent = await town.mi.upload_file(b"PK no zip", "a.zip")
    to = tmp_path / "a.zip"
    with pytest.raises(BadFile, match="ZIP"):
        await town.mi.download_file(str(sent.file_qury_no), "a.zip", to=to)
    assert [p.name for p in tmp_path.iterdir() if "zip" in p.name] == []


def test_the_synchronous_client(tmp_path: Path) -> None:
    async def serve(stop: asyncio.Event, ready: asyncio.Future[str]) -> None:
        async with bad_server(raw(GOOD)) as server:
            ready.set_result(server.url)
            await stop.wait()

    async def main() -> Downloaded:
        stop, ready = asyncio.Event(), asyncio.get_running_loop().create_future()
        task = asyncio.ensure_future(serve(stop, ready))
        url = await ready

        def work() -> Downloaded:
            with Client(calls.config(url)) as mi:
                return mi.download_file("1", "a.zip", to=tmp_path / "a.zip")

        got = await asyncio.to_thread(work)
        stop.set()
        await task
        return got

    assert asyncio.run(main()).size == len(GOOD)


def raw(content: bytes, kind: str = "application/octet-stream", *, length: int | None = None) -> bad.Fault:
    async def fault(exchange: Exchange) -> None:
        await exchange.answer(content, extra=f"Content-Type: {kind}\r\n", length=length)
        if length is not None:
            exchange.writer.close()

    return fault


@pytest.mark.parametrize("kind", HOSTILE)
async def test_hostile_downloads(kind: str, tmp_path: Path) -> None:
    content, _ = HOSTILE[kind]
    to = tmp_path / "a.zip"
    async with bad_server(raw(content)) as server, calls.client(server.url) as mi:
        with pytest.raises((BadFile, ReplyUnreadable)):
            await mi.download_file("1", "a.zip", to=to)
            read_table(to, 2)
    assert [p for p in tmp_path.iterdir() if p.suffix == ".part"] == []


async def test_a_refusal_under_any_content_type(tmp_path: Path) -> None:
    refusal = json.dumps({"infcode": -1, "err_msg": "文件已过期", "output": None}).encode()
    for kind in ("application/json", "application/octet-stream", "text/plain"):
        async with (
            bad_server(raw(b"\xef\xbb\xbf " + refusal, kind)) as server,
            calls.client(server.url) as mi,
        ):
            with pytest.raises((BureauRefused, ReplyUnreadable)) as caught:
                await mi.download_file("1", "a.zip", to=tmp_path / "a.zip")
            assert caught.type is ReplyUnreadable or "文件已过期" in str(caught.value)
        async with bad_server(raw(refusal, kind)) as server, calls.client(server.url) as mi:
            with pytest.raises(BureauRefused, match="文件已过期"):
                await mi.download_file("1", "a.zip", to=tmp_path / "a.zip")


async def test_reads_are_repeated_and_uploads_are_not(tmp_path: Path) -> None:
    flaky = calls.in_turn(raw(GOOD, length=len(GOOD) + 50), bad.bad_gateway, raw(GOOD))
    options: dict[str, Any] = {"institution": {"timeouts": {"download": 20.0, "upload": 2.0}}}
    async with bad_server(flaky) as server, calls.client(server.url, **options) as mi:
        got = await mi.download_file("1", "a.zip", to=tmp_path / "a.zip")
        assert got.size == len(GOOD) and len(server.requests) == 3
    async with bad_server(bad.drop_after_reading) as server, calls.client(server.url, **options) as mi:
        with pytest.raises(ReplyUnreadable):
            await mi.upload_file(FILE, "a.zip")
        assert len(server.requests) == 1
    async with calls.client("http://127.0.0.1:9/csb", **options) as mi:
        with pytest.raises(GatewayUnreachable):
            await mi.upload_file(FILE, "a.zip")


async def test_the_body_is_multipart_with_the_message_as_it_is() -> None:
    async with (
        bad_server(bad.reply({"infcode": 0, "output": {"file_qury_no": "1"}})) as server,
        calls.client(server.url) as mi,
    ):
        await mi.upload_file(b"PK\x00\xff", '明"细\r\n.zip'.replace("\r\n", ""))
    head, body = server.heads[0].decode().lower(), server.requests[0]
    assert "content-type: multipart/form-data; boundary=" in head and "_api_signature: " in head
    assert "application/json" not in head and b"PK\x00\xff" in body
    message = body.split(b"\r\n\r\n", 1)[1].split(b"\r\n--", 1)[0]
    assert json.loads(message)["infno"] == "9101" and b'name="jsonStr"' in body and b'name="file"' in body


async def test_limits_of_a_download(tmp_path: Path) -> None:
    save = SaveTo(tmp_path / "part", 100_000)
    transport = AiohttpTransport(TransportSettings())
    loop = asyncio.get_running_loop()

    async def send(fault: bad.Fault, seconds: float = 5.0) -> Any:
        async with bad_server(fault) as server:
            request = HttpRequest(server.url, {}, b"{}", save=save)
            return await transport.send(request, deadline=loop.time() + seconds, sending=Sending())

    reply = await send(raw(b"PK" + b"x" * 99_998))
    assert (reply.saved, reply.body) == (100_000, b"") and save.path.stat().st_size == 100_000
    with pytest.raises(TransportFailure, match="file too large"):
        await send(raw(b"PK" + b"x" * 99_999))
    with pytest.raises(TransportFailure, match="reply truncated"):
        await send(raw(b"PK" + b"x" * 1000, length=5000))

    async def drip(exchange: Exchange) -> None:
        exchange.writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 90000\r\n\r\nPK34")
        while True:
            exchange.writer.write(b"x")
            await exchange.writer.drain()
            await asyncio.sleep(0.05)

    started = time.monotonic()
    with pytest.raises(TransportFailure, match="timeout"):
        await send(drip, seconds=0.5)
    assert time.monotonic() - started < 3, "a total deadline, however slowly bytes drip"
    zipped_reply = raw(b"PK" + b"x" * 100)

    async def encoded(exchange: Exchange) -> None:
        await exchange.answer(b"PK34", extra="Content-Encoding: gzip\r\nContent-Type: application/zip\r\n")

    with pytest.raises(TransportFailure, match="content encoding gzip"):
        await send(encoded)
    save = SaveTo(tmp_path / "nowhere" / "part", 100_000)
    with pytest.raises(TransportFailure, match="file not written"):
        await send(zipped_reply)
    await transport.close()


async def test_a_limit_for_one_download(town: Town, tmp_path: Path) -> None:
    sent = await town.mi.upload_file(zipped(("a.txt", os.urandom(5000))), "a.zip")
    with pytest.raises(ReplyUnreadable, match="file too large"):
        await download(
            town.mi._call, str(sent.file_qury_no), "a.zip", tmp_path / "a.zip", owner=HOSPITAL, limits=Limits(unpacked=4000),
            options=CallOptions(deadline=2.0),
        )  # fmt: skip


async def test_a_transport_that_knows_no_files_sends_nothing(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(AiohttpTransport, "carries_files", False)
    with pytest.raises(NotSent, match="transport without files"):
        await town.mi.upload_file(FILE, "a.zip")
