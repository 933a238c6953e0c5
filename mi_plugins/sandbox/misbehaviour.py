"""Replies as they leave, in order or as a fault wants them on the wire."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
from aiohttp import web

from mi_plugins.sandbox.bureau.reconciliation import without_ids
from mi_plugins.sandbox.catalogue_file import CatalogueFile
from mi_plugins.sandbox.faults import Fault
from mi_plugins.sandbox.keys import LATE, OFFICE

__all__ = ["Answer", "as_json", "misbehave", "render"]

Answer = dict[str, Any] | bytes | CatalogueFile
"""A reply, or a file (9102)."""

_JSON_HEADERS: Final = {"Content-Type": "application/json; charset=utf-8"}
_FILE_HEADERS: Final = {"Content-Type": "application/octet-stream"}
_HTML: Final = (
    b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
)
_encoder = msgspec.json.Encoder(decimal_format="number")


def as_json(content: object, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """A JSON reply; decimals keep their decimals."""
    all_headers = _JSON_HEADERS if not headers else {**_JSON_HEADERS, **headers}
    return web.Response(body=_encoder.encode(content), status=status, headers=all_headers)


async def render(request: web.Request, answer: Answer) -> web.StreamResponse:
    """A reply in order. A catalogue's file is made by a thread while it leaves."""
    if isinstance(answer, CatalogueFile):
        response = web.StreamResponse(headers=_FILE_HEADERS)
        await response.prepare(request)
        chunks = answer.chunks()
        while (chunk := await asyncio.to_thread(next, chunks, None)) is not None:
            if chunk:
                await response.write(chunk)
        return response
    if isinstance(answer, bytes):
        return web.Response(body=answer, headers=_FILE_HEADERS)
    return as_json(answer)


async def misbehave(
    request: web.Request, fault: Fault, execute: Callable[[], Answer], refusal: dict[str, Any]
) -> web.StreamResponse:
    """Call ``execute`` when and if the fault has it executed, and reply, or not, as the fault wants."""
    kind = fault.fault
    answer = await _executed(request, fault, execute)
    if isinstance(answer, CatalogueFile):
        answer = await asyncio.to_thread(answer.whole)
    if kind == "hang":
        await asyncio.sleep(fault.seconds)
    if kind in ("drop_before", "drop_after"):
        return _cut(request)
    if kind == "http_502":
        return web.Response(status=502, body=_HTML, content_type="text/html")
    if kind == "html_200":
        return web.Response(body=_HTML, content_type="text/html")
    if kind == "redirect":
        return web.Response(status=307, headers={"Location": str(request.rel_url)})
    if kind == "unlisted_refusal":
        return as_json(refusal)
    if answer is None:
        return _cut(request)
    return _bent(kind, answer)


async def _executed(request: web.Request, fault: Fault, execute: Callable[[], Answer]) -> Answer | None:
    if fault.fault == "late":
        now, limit = asyncio.get_running_loop().time, request.app[OFFICE].settings.processing
        taken = now()

        async def later() -> Answer | None:
            await asyncio.sleep(fault.seconds)
            # On a busy machine the sleep may be longer than asked for; the limit must be true all the same.
            return execute() if limit is None or now() - taken <= limit else None

        # A task of its own: it executes even when the caller hangs up and its handler is cancelled.
        late = asyncio.create_task(later())
        request.app[LATE].tasks.add(late)
        late.add_done_callback(request.app[LATE].tasks.discard)
        return await asyncio.shield(late)
    return execute() if fault.executes else None


def _bent(kind: str, answer: dict[str, Any] | bytes) -> web.Response:
    if isinstance(answer, bytes):
        body, headers = without_ids(answer) if kind == "blank_ids" else answer, _FILE_HEADERS
        if kind == "bad_zip":
            middle = len(body) // 2
            body = (
                body[:middle] + bytes(255 - one for one in body[middle : middle + 16]) + body[middle + 16 :]
            )
    else:
        if kind == "infcode_string":
            name = "infcode" if "infcode" in answer else "code"
            answer = {**answer, name: str(answer[name])}
        body, headers = _encoder.encode(answer), _JSON_HEADERS
        if kind == "duplicate_keys":
            body = body[:-1] + b',"infcode":-1}'
        elif kind == "gbk":
            body = body.decode().encode("gb18030")
    if kind == "truncated":
        body = body[: len(body) // 2]
    return web.Response(body=body, headers=headers)


def _cut(request: web.Request) -> web.StreamResponse:
    """Close the connection without an answer."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
