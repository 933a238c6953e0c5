"""Bodies that are no plain message: a file beside the message, and a reply that is a file and goes to the disk.

Imported with the first send, because it needs aiohttp.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import BinaryIO, Final

import aiohttp

from mi_core.plugin import FilePart, HttpReply, HttpRequest, SaveTo, TransportFailure

__all__ = ["content_of", "receive"]

_ENOUGH: Final = 4
"""Bytes after which it can be told whether a reply is a file."""
_BUFFER: Final = 1024 * 1024
"""Bytes that are handed to the disk at once, in a thread."""


def content_of(request: HttpRequest) -> tuple[bytes | aiohttp.FormData, Mapping[str, str]]:
    """What aiohttp sends for ``request``, and its headers. A file makes its own ``Content-Type``.

    Raises ``TransportFailure`` when the file cannot be read; nothing has left then.
    """
    if request.file is None:
        return request.body, request.headers
    form = aiohttp.FormData()
    form.add_field("jsonStr", request.body.decode("utf-8"), content_type="text/plain; charset=utf-8")
    form.add_field(
        "file",
        _opened(request.file),
        filename=request.file.filename,
        content_type="application/octet-stream",
    )
    return form, {name: value for name, value in request.headers.items() if name.lower() != "content-type"}


def _opened(part: FilePart) -> bytes | BinaryIO:
    """aiohttp reads a file in pieces while it sends, and closes it."""
    if isinstance(part.content, bytes):
        return part.content
    try:
        return part.content.open("rb")
    except OSError as error:
        raise TransportFailure("file unreadable", error.strerror or type(error).__name__) from error


async def receive(response: aiohttp.ClientResponse, request: HttpRequest, max_reply: int) -> HttpReply:
    """The reply, counted while it comes; a compressed one is not opened (decompression bombs)."""
    pieces = _pieces(response)
    body = bytearray()
    if request.save is not None:
        async for piece in pieces:
            body += piece
            if len(body) >= _ENOUGH:
                break
        kind = response.headers.get("Content-Type", "")
        if request.save.is_file(response.status, kind, bytes(body)):
            _uncompressed(response, b"")
            size = await _save(request.save, bytes(body), pieces, response.status)
            return HttpReply(response.status, response.headers, b"", saved=size)
    try:
        async for piece in pieces:
            body += piece
            if len(body) > max_reply:
                raise TransportFailure(
                    "reply too large", f"more than {max_reply} bytes", status=response.status
                )
    except TransportFailure as failure:
        if failure.evidence == "reply truncated":
            failure.raw = bytes(body)
        raise
    _uncompressed(response, bytes(body))
    return HttpReply(response.status, response.headers, bytes(body))


async def _pieces(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    try:
        while piece := await response.content.readany():
            yield piece
    except (aiohttp.ClientError, OSError) as error:
        if isinstance(error, TimeoutError):
            raise
        raise TransportFailure("reply truncated", type(error).__name__, status=response.status) from error


async def _save(save: SaveTo, beginning: bytes, pieces: AsyncIterator[bytes], status: int) -> int:
    """Write what comes; the disk works in a thread, so that other calls of the loop go on."""
    size, waiting = len(beginning), bytearray(beginning)
    try:
        with save.path.open("wb") as file:
            while True:
                if size > save.limit:
                    raise TransportFailure("file too large", f"more than {save.limit} bytes", status=status)
                piece = await anext(pieces, b"")
                waiting += piece
                size += len(piece)
                if len(waiting) >= _BUFFER or not piece:
                    await asyncio.to_thread(file.write, bytes(waiting))
                    waiting.clear()
                if not piece:
                    return size
    except OSError as error:
        if isinstance(error, TimeoutError):
            raise
        raise TransportFailure("file not written", error.strerror or type(error).__name__) from error


def _uncompressed(response: aiohttp.ClientResponse, raw: bytes) -> None:
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("", "identity"):
        raise TransportFailure(f"content encoding {encoding[:20]}", status=response.status, raw=raw)
