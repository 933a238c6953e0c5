"""Proxies and certificates on real sockets."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.plugins import bad_server as bad
from tests.plugins.bad_server import bad_server
from tests.plugins.sends import Make, fails, make, send

__all__ = ["make"]


async def test_proxy(make: Make, unused_tcp_port: int) -> None:
    async with bad_server(bad.reply({"infcode": 0})) as proxy:
        transport = make(proxy=proxy.url.removesuffix("/csb"))
        reply = await send(transport, "http://gateway.invalid/csb")
        assert reply.status == 200 and proxy.heads[0].startswith(b"POST http://gateway.invalid/csb ")
    failure, nothing_left = await fails(
        make(proxy=f"http://127.0.0.1:{unused_tcp_port}"), "http://gateway.invalid/csb"
    )
    assert nothing_left and failure.evidence == "proxy unreachable"


async def test_refusing_proxy_of_a_tls_gateway_is_proven_not_sent(make: Make) -> None:
    async with bad_server(bad.bad_gateway) as proxy:
        transport = make(proxy=proxy.url.removesuffix("/csb"))
        failure, nothing_left = await fails(transport, "https://gateway.invalid/csb")
        assert nothing_left and failure.evidence == "proxy refused"
        assert proxy.heads[0].startswith(b"CONNECT gateway.invalid:443")


def certificate(folder: Path, name: str, signer: str | None = None) -> tuple[Path, Path]:
    """A key and a certificate for 127.0.0.1 by openssl; self-signed, or by ``signer``."""
    key, cert = folder / f"{name}.key", folder / f"{name}.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
               "-keyout", str(key), "-out", str(cert), "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1"]  # fmt: skip
    if signer:
        command += ["-CA", str(folder / f"{signer}.pem"), "-CAkey", str(folder / f"{signer}.key")]
    subprocess.run(command, check=True, capture_output=True)
    return cert, key


@pytest.fixture
async def tls_server(tmp_path: Path) -> AsyncIterator[tuple[str, Path, list[bytes]]]:
    ca, _ = certificate(tmp_path, "ca")
    cert, key = certificate(tmp_path, "server", "ca")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=ca)
    context.load_cert_chain(cert, key)
    context.verify_mode = ssl.CERT_OPTIONAL
    seen: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            seen.append(await reader.readuntil(b"\r\n\r\n"))
            peer = writer.get_extra_info("peercert")
            writer.write(
                b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\n"
                + (b"Y" if peer else b"N")
            )
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            pass
        finally:
            writer.close()

    listener = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    async with listener:
        yield f"https://127.0.0.1:{listener.sockets[0].getsockname()[1]}/", tmp_path, seen


async def test_private_ca_and_client_certificate(
    make: Make, tls_server: tuple[str, Path, list[bytes]]
) -> None:
    url, folder, seen = tls_server
    failure, nothing_left = await fails(make(), url)
    assert nothing_left and failure.evidence == "tls certificate" and seen == []
    assert (await send(make(ca_file=folder / "ca.pem"), url)).body == b"N"
    cert, key = certificate(folder, "client", "ca")
    transport = make(ca_file=folder / "ca.pem", client_cert=cert, client_key=key)
    assert (await send(transport, url)).body == b"Y"


async def test_damaged_ca_file_is_proven_not_sent(make: Make, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    failure, nothing_left = await fails(make(ca_file=tmp_path / "ca.pem"), "https://127.0.0.1:1/")
    assert nothing_left and failure.evidence == "tls configuration"
