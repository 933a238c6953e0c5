"""What a hostile caller, a hostile page and a careless operator try; each of these once worked."""

from __future__ import annotations

import asyncio
import gzip
import logging
import os
import socket
import ssl
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from mi_core.serve.guard import OPEN, guard
from mi_core.serve.running import Running
from mi_core.serve.service import SERVICE, Service
from mi_core.serve.tokens import TokenFile
from tests.serve.kit import FIRST, Served, configuration, person, raw_exchange, start

HERE = f"/v1/institutions/{FIRST}"
NAME = "诸葛稀名"


@pytest.mark.parametrize("name", [NAME, "zhuge", "990101"])
def test_a_name_in_the_place_of_an_interface_is_not_logged(served: Served, name: str) -> None:
    for path in (f"/openapi/{quote(name)}.json", f"/notifications/{quote(name)}/1"):
        assert served.get(path).status == 404
    assert served.call(quote(name), person()).status == 404
    assert name not in served.log and "POST /v1/institutions/{institution}/calls/{infno}" in served.log


def test_a_second_word_about_packing_is_read_as_well(served: Served) -> None:
    """The parser unpacks for any of the headers; the check used to read the first."""
    body = gzip.compress(b'{"input": {}}')
    head = (
        f"POST {HERE}/calls/1101 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Encoding: identity\r\n"
        f"Authorization: Bearer {served.tokens['operator']}\r\nContent-Type: application/json\r\n"
        f"Content-Encoding: gzip\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    assert raw_exchange(served.port, head.encode() + body).startswith(b"HTTP/1.1 415 ")


@pytest.mark.skipif(os.name != "posix", reason="rights of files are posix's")
def test_nobody_else_reads_our_files(served: Served) -> None:
    names = {"mi.serve.db", "mi.serve.db-wal", "mi.serve.db-shm", "mi.serve.tokens", "mi.serve.tokens.lock"}
    modes = {name: (served.folder / name).stat().st_mode & 0o777 for name in names}
    assert modes == dict.fromkeys(names, 0o600)


def test_an_error_names_files_without_their_folders(sandbox: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "mi.catalogues.db").write_bytes(b"no database" * 100)
    (tmp_path / "mi.toml").write_text(configuration(sandbox), encoding="utf-8")
    served = start(tmp_path, sandbox)
    try:
        answer = served.get("/lookup/drug?q=a")
        assert (answer.status, answer.json["code"]) == (503, "store")
        assert "…/mi.catalogues.db" in answer.json["message"] and str(tmp_path) not in str(answer.json)
    finally:
        served.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_many_who_read_slowly_do_not_fill_the_memory(served: Served) -> None:
    """Anybody may ask for the documentation's scripts (1.7 MB); 60 copies waiting for their readers were 100 MB."""

    def memory() -> int:
        lines = Path(f"/proc/{served.process.pid}/status").read_text().splitlines()
        return int(next(line.split()[1] for line in lines if line.startswith("VmRSS"))) // 1024

    path = "/docs/swagger-ui-bundle.js"
    assert len(served.ask("GET", path, token=None).body) > 1_500_000
    before, lines = memory(), []
    try:
        for _ in range(60):
            line = socket.socket()
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            line.settimeout(60)
            line.connect(("127.0.0.1", served.port))
            line.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            lines.append(line)
        assert {line.recv(1, socket.MSG_PEEK) for line in lines} == {b"H"}
        assert memory() - before < 40, f"{memory() - before} MB more"
    finally:
        for line in lines:
            line.close()


def test_who_opens_a_line_and_never_greets_is_closed(sandbox: dict[str, Any], tmp_path: Path) -> None:
    """Slow loris before TLS has begun: no other watch sees such a line."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "serve.key", "-out", "serve.pem", "-days", "2",
         "-subj", "/CN=localhost"],
        cwd=tmp_path, check=True, capture_output=True,
    )  # fmt: skip
    served = start(
        tmp_path, sandbox, '\n[serve]\ntls_cert = "serve.pem"\ntls_key = "serve.key"\nbody_seconds = 1.0\n'
    )
    try:
        with socket.create_connection(("127.0.0.1", served.port), timeout=30) as line:
            assert line.recv(100) == b""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        with (
            socket.create_connection(("127.0.0.1", served.port), timeout=30) as line,
            context.wrap_socket(line) as secure,
        ):
            assert secure.version() == "TLSv1.2"
    finally:
        served.stop()


def test_a_revoked_token_does_not_come_back_with_another_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "mi.serve.tokens"
    TokenFile(place).new("旧", ["auditor"], ["*"])
    adding, go = TokenFile(place), threading.Event()
    write, reached = adding._write, threading.Event()

    def slowly(tokens: Any) -> None:
        reached.set()
        go.wait(0.5)  # the other change must wait for this one, not the other way round
        write(tokens)

    monkeypatch.setattr(adding, "_write", slowly)
    first = threading.Thread(target=adding.new, args=("新", ["auditor"], ["*"]))
    first.start()
    assert reached.wait(30)
    TokenFile(place).revoke("旧")
    go.set()
    first.join()
    assert [token.name for token in TokenFile(place).tokens()] == ["新"]


async def test_the_text_of_an_unexpected_error_is_for_no_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def clumsy(_: web.Request) -> web.Response:
        try:
            raise ValueError(f"no number: {NAME}")
        except ValueError:
            raise KeyError(NAME)  # noqa: B904  # as it happens: the first error is its context

    app = web.Application(middlewares=[guard])
    client: Any = SimpleNamespace(config=SimpleNamespace(institutions={}))
    keys: Any = None
    app[SERVICE] = Service(client, TokenFile(tmp_path / "t"), keys, frozenset({"127.0.0.1"}), frozenset())
    app[OPEN] = frozenset({clumsy})
    app.router.add_get("/clumsy", clumsy)
    async with TestClient(TestServer(app)) as caller, caller.get("/clumsy") as reply:
        assert reply.status == 500 and NAME not in await reply.text()

    async def call() -> dict[str, Any]:
        raise ValueError(NAME)

    work = Running().begin("o1", FIRST, "1101", "desk", call())
    assert await work.wait(None)
    await asyncio.sleep(0)
    errors = [one.getMessage() for one in caplog.records if one.levelno >= logging.ERROR]
    assert len(errors) == 2 and NAME not in caplog.text
    assert (
        "KeyError (test_hostile_callers.py:" in errors[0]
        and "after ValueError (test_hostile_callers.py:" in errors[0]
    )
    assert errors[1].startswith("1101 o1 ended with ValueError (test_hostile_callers.py:")
