"""Bytes in, bytes out: UTF-8 or GB 18030, strict JSON, exact amounts.

Requests pass the front parser of replies (:mod:`mi_core.wire.front`): no duplicate keys, no NaN, depth 32, 16 MB, numbers
of at most 40 digits, ``Decimal`` instead of floats. Replies carry decimals in plain notation. GB 18030 holds all of
Unicode, so that a rare name (王㐂) survives both ways; ``gbk`` and ``gb2312`` are taken as GB 18030.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from aiohttp import web

from mi_core.model.fields.writing import to_bytes
from mi_core.scalars import plain
from mi_core.serve.refusals import Refusal, bad_request, not_json
from mi_core.wire.front import LARGEST, ReplyMalformed, check_front

__all__ = ["LARGEST", "answer", "canonical", "charset_of", "plain_content", "read_json", "reply_charset"]

_CHARSETS: Final[Mapping[str, str]] = {
    "utf-8": "utf-8", "utf8": "utf-8", "us-ascii": "utf-8", "ascii": "utf-8",
    "gb18030": "gb18030", "gbk": "gb18030", "gb2312": "gb18030", "cp936": "gb18030",
}  # fmt: skip
_CHARSET: Final = re.compile(r"charset\s*=\s*\"?([A-Za-z0-9_-]+)", re.I)
_TYPES: Final = ("application/json", "text/json", "text/plain", "application/octet-stream", "")
"""What old HTTP libraries call JSON; never what a web form sends, which a browser posts anywhere without asking."""


def charset_of(text: str) -> str | None:
    """The codec that a ``Content-Type`` or ``Accept`` names; ``None``: none. Raises :class:`Refusal` for another one."""
    found = _CHARSET.search(text)
    if found is None:
        return None
    codec = _CHARSETS.get(found[1].lower())
    if codec is None:
        raise Refusal(
            "charset", f"不支持字符集 {found[1][:40]}", f"the character set {found[1][:40]} is not supported",
            hint_zh="用 utf-8 或 gb18030", hint_en="use utf-8 or gb18030", status=415, field="Content-Type",
        )  # fmt: skip
    return codec


def reply_charset(request: web.Request) -> str:
    """What the caller can read: ``charset`` of ``Accept``, else of the request's body, else UTF-8."""
    for name in ("Accept", "Accept-Charset", "Content-Type"):
        value = request.headers.get(name, "")
        if name == "Accept-Charset":
            value = (
                f"charset={value.partition(',')[0].partition(';')[0].strip()}"
                if value not in ("", "*")
                else ""
            )
        try:
            codec = charset_of(value)
        except Refusal:
            continue  # the error itself has to be written in something
        if codec is not None:
            return codec
    return "utf-8"


async def read_json(request: web.Request, seconds: float, *, empty: bool = False) -> dict[str, Any]:
    """The body as a JSON object with exact numbers. ``empty``: none at all is an empty object. Raises :class:`Refusal`
    (400, 408, 413, 415)."""
    kind = request.headers.get("Content-Type", "")
    if kind.partition(";")[0].strip().lower() not in _TYPES:
        raise Refusal(
            "content_type", "Content-Type 应为 application/json", "application/json expected", status=415,
            hint_zh="Content-Type: application/json 或 application/json; charset=gb18030",
            hint_en="Content-Type: application/json, or application/json; charset=gb18030", field="Content-Type",
        )  # fmt: skip
    codec = charset_of(kind) or "utf-8"
    body = await _read(request, seconds)
    if empty and not body.strip():
        return {}
    if codec != "utf-8":
        try:
            body = body.decode(codec).encode()
        except UnicodeError:
            raise not_json(f"it is not {codec}") from None
    elif not _is_utf8(body):
        raise Refusal(
            "bad_json", "请求体不是 UTF-8，未受理", "the body is not UTF-8", status=400, field="Content-Type",
            hint_zh="用 GBK、GB18030 的程序请写 Content-Type: application/json; charset=gb18030",
            hint_en="where it is GBK or GB 18030 send Content-Type: application/json; charset=gb18030",
        )  # fmt: skip
    try:
        value = check_front(body.removeprefix(b"\xef\xbb\xbf")).value
    except ReplyMalformed as wrong:
        raise not_json(_own_words(wrong.reason)) from None
    if not isinstance(value, dict):
        raise not_json("an object is expected")
    return value


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _own_words(reason: str) -> str:
    """The parser speaks of replies; its positions may quote nothing of the content."""
    return reason.replace("the reply", "the body").replace("(byte", "(at byte")


async def _read(request: web.Request, seconds: float) -> bytes:
    if (request.content_length or 0) > LARGEST:
        raise web.HTTPRequestEntityTooLarge(LARGEST, request.content_length or 0)
    # every header: the parser unpacks for any of them, also for the second of two
    if any(v.lower() != "identity" for v in request.headers.getall("Content-Encoding", ())):
        raise Refusal("content_encoding", "不接受压缩的请求体", "compressed bodies are not taken", status=415)
    try:
        async with asyncio.timeout(seconds):
            return await request.read()
    except TimeoutError:
        raise Refusal(
            "slow",
            f"{seconds:g} 秒内没有收完请求",
            f"the request did not come within {seconds:g} s",
            status=408,
        ) from None
    except web.RequestPayloadError:
        raise bad_request("请求体不完整", "the body is not complete") from None


def answer(
    request: web.Request, content: Any, status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    """JSON in the caller's character set."""
    codec = reply_charset(request)
    body = to_bytes(plain_content(content))
    if codec != "utf-8":
        body = body.decode().encode(codec)
    return web.Response(
        body=body, status=status, headers=headers, content_type="application/json", charset=codec
    )


def plain_content(value: Any) -> Any:
    """Dates as the wire writes them."""
    if isinstance(value, dt.datetime):
        return value.isoformat(" ", "seconds" if not value.microsecond else "milliseconds")
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): plain_content(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain_content(item) for item in value]
    return value


def canonical(value: Any) -> bytes:
    """The same content always as the same bytes: keys sorted, ``128.5`` and ``128.50`` alike."""
    return to_bytes(_sorted(value))


def _sorted(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _sorted(value[key]) for key in sorted(value)}
    if isinstance(value, list | tuple):
        return [_sorted(item) for item in value]
    if isinstance(value, Decimal):
        text = plain(value)
        return f"#{text.rstrip('0').rstrip('.') if '.' in text else text}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"#{value}"
    return value
