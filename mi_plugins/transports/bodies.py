"""Bodies that are no plain message: a file beside the message, and a reply that is a file and goes to the disk.

Imported with the first send, because it needs aiohttp.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Final

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
        return request.body, {**request.headers, **_rest(request.save)}
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
        return part.content.open("rb") if part.progress is None else io.BufferedReader(_Told(part))
    except OSError as error:
        raise TransportFailure("file unreadable", error.strerror or type(error).__name__) from error


class _Told(io.FileIO):
    """A file that tells how much of it was read."""

    def __init__(self, part: FilePart) -> None:
        assert isinstance(part.content, Path)
        super().__init__(part.content)
        self._progress, self._size, self._read = part.progress, part.content.stat().st_size, 0

    def readinto(self, buffer: Any, /) -> int | None:
        read = super().readinto(buffer)
        if read and self._progress is not None:
            self._read += read
            self._progress(min(self._read, self._size), self._size)
        return read


def _rest(save: SaveTo | None) -> Mapping[str, str]:
    """Ask for the rest of a file of which a part is here; a server that knows no ranges sends all of it."""
    if save is None or save.partial is None or not save.partial.size:
        return {}
    return {"Range": f"bytes={save.partial.size}-", "If-Range": save.partial.validator}


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
            size = await _save(request.save, bytes(body), pieces, response)
            return HttpReply(
                200, response.headers, b"", saved=size
            )  # also after the rest (206): it is whole now
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


async def _save(
    save: SaveTo, beginning: bytes, pieces: AsyncIterator[bytes], response: aiohttp.ClientResponse
) -> int:
    """Write what comes; the disk works in a thread, so that other calls of the loop go on. Returns the file's size."""
    start = _start(save, response)
    whole = None if response.content_length is None else start + response.content_length
    size, waiting, kept = start + len(beginning), bytearray(beginning), start
    _remember(save, response, kept)
    try:
        with save.path.open("r+b" if start else "wb") as file:
            file.truncate(start)
            file.seek(start)
            while True:
                if size > save.limit:
                    text = f"more than {save.limit} bytes"
                    raise TransportFailure("file too large", text, status=response.status)
                piece = await anext(pieces, b"")
                waiting += piece
                size += len(piece)
                if len(waiting) >= _BUFFER or not piece:
                    kept += await asyncio.to_thread(file.write, bytes(waiting))
                    waiting.clear()
                    _remember(save, response, kept)
                    if save.progress is not None:
                        save.progress(size, whole)
                if not piece:
                    return size
    except OSError as error:
        if isinstance(error, TimeoutError):
            raise
        raise TransportFailure("file not written", error.strerror or type(error).__name__) from error
    finally:
        _remember(save, response, kept)


def _start(save: SaveTo, response: aiohttp.ClientResponse) -> int:
    """Where the reply's bytes begin in the file: at 0, or where the part that is here ends."""
    if response.status != 206 or save.partial is None:
        return 0
    told = response.headers.get("Content-Range", "").replace(" ", "").lower()
    tag = response.headers.get("ETag", save.partial.validator)
    if tag != save.partial.validator or not told.removeprefix("bytes").startswith(f"{save.partial.size}-"):
        save.partial.size = 0
        raise TransportFailure("another part of the file", told[:100], status=206)
    return save.partial.size


def _remember(save: SaveTo, response: aiohttp.ClientResponse, kept: int) -> None:
    """What an attempt that follows may go on from, if the server offers that (with a strong ``ETag``)."""
    if save.partial is None:
        return
    tag = response.headers.get("ETag", "")
    offered = response.status == 206 or response.headers.get("Accept-Ranges", "").strip().lower() == "bytes"
    whole = offered and tag.startswith('"')
    save.partial.size, save.partial.validator = (kept, tag) if whole else (0, "")


def _uncompressed(response: aiohttp.ClientResponse, raw: bytes) -> None:
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("", "identity"):
        raise TransportFailure(f"content encoding {encoding[:20]}", status=response.status, raw=raw)
