"""What cannot even be read as HTTP is answered like everything else: one flat JSON error that says what to do.

The HTTP library answers such requests with its own English text, which quotes the bytes it did not like. A HIS meets this
when it writes Chinese into an address without percent-encoding it, or sends a header longer than is taken.
"""

from __future__ import annotations

import logging
from typing import Final

from aiohttp import hdrs, web
from aiohttp.http_exceptions import BadStatusLine, InvalidURLError, LineTooLong

from mi_core.errors import language
from mi_core.model.fields.writing import to_bytes
from mi_core.serve.problems import flat
from mi_core.serve.refusals import Refusal

__all__ = ["Protocol", "expectation", "whole_answer"]

_log: Final = logging.getLogger("mi_serve")
_HEAD: Final = {
    hdrs.SERVER: "mi", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}  # fmt: skip


class Protocol(web.RequestHandler):
    """The server's side of a connection; knows how to say that a request is no request."""

    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """The answer to what could not be parsed, and to what failed outside of every handler; ends the connection."""
        if request.writer.output_size > 0:
            raise ConnectionError("the reply has begun")
        refusal = _refusal(status, exc, message or "")
        _log.log(
            logging.ERROR if status >= 500 else logging.INFO,
            "no request of %s could be read: %s (%s)", request.remote or "-", refusal.code, type(exc).__name__,
        )  # fmt: skip
        body = to_bytes(flat(refusal, language()))
        response = web.Response(
            body=body,
            status=refusal.status,
            headers=_HEAD,
            content_type="application/json",
            charset="utf-8",
        )
        response.force_close()
        return response


def _refusal(status: int, exc: BaseException | None, message: str) -> Refusal:
    if status >= 500:
        return Refusal("error", "服务内部错误", "an internal error", status=500,
                       hint_zh="变更类业务请先查询其操作，再决定是否重做", hint_en="ask for the operation first")  # fmt: skip
    first = message.partition("\n")[0].lower()
    if isinstance(exc, LineTooLong) or "bytes when reading" in first:
        return Refusal(
            "too_long", "网址或某个请求头超过 8190 字节，未受理", "the address or a header has more than 8190 bytes", status=400,
            hint_zh="内容放在请求体中", hint_en="send what is long in the body",
        )  # fmt: skip
    blank = isinstance(exc, BadStatusLine) and "expected http/" in message.lower()  # a blank ends an address
    if isinstance(exc, InvalidURLError) or " url " in f" {first} " or blank:
        return Refusal(
            "bad_url", "网址中的汉字、空格等须先编码，未受理", "Chinese, blanks and the like must be percent-encoded in the address",
            status=400, field="url",
            hint_zh="按 UTF-8 或 GB18030 转为 %XX，如 阿 写作 %E9%98%BF 或 %B0%A2",
            hint_en="as %XX of UTF-8 or GB 18030",
        )  # fmt: skip
    if "https traffic" in first:
        return Refusal("bad_http", "此端口未启用 TLS", "no TLS on this port", status=400,
                       hint_zh="用 http:// 访问，或在 [serve] 配置证书", hint_en="use http://, or configure a certificate")  # fmt: skip
    why = "".join(c for c in first.rstrip(":") if c.isascii() and c.isprintable())[:80]
    return Refusal(
        "bad_http", f"不是有效的 HTTP 请求，未受理：{why}", f"no valid HTTP request: {why}", status=400,
        hint_zh="检查请求行、请求头与 Content-Length；每行以 CRLF 结束", hint_en="check request line, headers and Content-Length",
    )  # fmt: skip


def whole_answer(refusal: Refusal) -> bytes:
    """A whole HTTP answer as bytes, for a connection that nobody reads a request from."""
    body = to_bytes(flat(refusal, language()))
    head = (
        f"HTTP/1.1 {refusal.status} Service Unavailable\r\nContent-Type: application/json; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\nRetry-After: 5\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body


async def expectation(request: web.Request) -> None:
    """``Expect: 100-continue`` is answered, as .NET waits for it; any other expectation is nothing to refuse a bill for."""
    if request.version >= (1, 1) and request.headers.get(hdrs.EXPECT, "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # the reply itself has not begun
