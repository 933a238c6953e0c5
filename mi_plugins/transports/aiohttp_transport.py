"""HTTP by aiohttp: a pool, one send per call, no redirect, no retry, no decompression, a counter on what comes back.

What left is not guessed: aiohttp's tracing tells when the head of the request is about to be written. Everything that
fails before (name, refused, TLS, waiting for the pool) is proven not sent; everything after may have left.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import ssl
from email.utils import parsedate_to_datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from mi_core.plugin import (
    HttpReply,
    HttpRequest,
    ProbeReply,
    Registry,
    Sending,
    TransportFactory,
    TransportFailure,
    TransportSettings,
    hookimpl,
)

if TYPE_CHECKING:
    import aiohttp

__all__ = ["AiohttpTransport"]

_CHUNK = 64 * 1024
_SENDING = "sending"


class AiohttpTransport:
    """One connection pool; belongs to one event loop. aiohttp is imported with the first send."""

    def __init__(self, settings: TransportSettings) -> None:
        self._settings = settings
        self._session: aiohttp.ClientSession | None = None

    async def send(self, request: HttpRequest, *, deadline: float, sending: Sending) -> HttpReply:
        """POST once and read the whole reply; see :class:`mi_core.plugin.Transport`."""
        sending.promise()
        try:
            async with asyncio.timeout_at(deadline):
                return await self._post(self._open(), request, sending)
        except TimeoutError as error:
            raise TransportFailure(
                "timeout" if not sending.nothing_left else "connect timeout", str(error)
            ) from error

    async def _post(
        self, session: aiohttp.ClientSession, request: HttpRequest, sending: Sending
    ) -> HttpReply:
        import aiohttp

        try:
            async with session.post(
                request.url,
                data=request.body,
                headers={**request.headers, "Accept-Encoding": "identity"},
                allow_redirects=False,
                proxy=self._settings.proxy or None,
                trace_request_ctx={_SENDING: sending},
            ) as response:
                return await self._read(response)
        except aiohttp.ClientError as error:
            raise TransportFailure(_evidence(error), type(error).__name__) from error
        except (OSError, ValueError) as error:
            if isinstance(error, TimeoutError):
                raise
            raise TransportFailure("connection error", type(error).__name__) from error

    async def _read(self, response: aiohttp.ClientResponse) -> HttpReply:
        """The body as it came, counted while it comes; a compressed one is not opened (decompression bombs)."""
        import aiohttp

        body = bytearray()
        try:
            async for chunk in response.content.iter_chunked(_CHUNK):
                body += chunk
                if len(body) > self._settings.max_reply:
                    raise TransportFailure(
                        "reply too large",
                        f"more than {self._settings.max_reply} bytes",
                        status=response.status,
                    )
        except (aiohttp.ClientError, OSError) as error:
            if isinstance(error, TimeoutError):
                raise
            raise TransportFailure(
                "reply truncated", type(error).__name__, status=response.status, raw=bytes(body)
            ) from error
        encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
        if encoding not in ("", "identity"):
            raise TransportFailure(
                f"content encoding {encoding[:20]}", status=response.status, raw=bytes(body)
            )
        return HttpReply(response.status, dict(response.headers), bytes(body))

    async def probe(self, url: str, *, timeout: float) -> ProbeReply:  # noqa: ASYNC109  # the interface's own name
        """HEAD: any status is a sign of life."""
        import aiohttp

        try:
            async with (
                asyncio.timeout(timeout),
                self._open().head(url, allow_redirects=False, proxy=self._settings.proxy or None) as response,
            ):
                return ProbeReply(response.status, _date(response.headers.get("Date")))
        except TimeoutError as error:
            raise TransportFailure("timeout", str(error)) from error
        except aiohttp.ClientError as error:
            raise TransportFailure(_evidence(error), str(error)) from error
        except (OSError, ValueError) as error:
            raise TransportFailure("connection error", str(error)) from error

    async def close(self) -> None:
        """Close the pool. A later send opens a new one."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            import aiohttp

            tracing = aiohttp.TraceConfig()
            tracing.on_request_headers_sent.append(_headers_sent)
            connector = aiohttp.TCPConnector(
                limit=self._settings.pool,
                keepalive_timeout=self._settings.keepalive,
                ssl=_tls(self._settings),
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=self._settings.connect_timeout),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
                trace_configs=[tracing],
            )
        return self._session


async def _headers_sent(_session: aiohttp.ClientSession, context: SimpleNamespace, _params: Any) -> None:
    """aiohttp calls this before the head is written to the socket."""
    given = context.trace_request_ctx
    if given is not None:
        given[_SENDING].bytes_leave()


def _tls(settings: TransportSettings) -> ssl.SSLContext | bool:
    """Certificates are always verified; a private CA replaces the system's list. ``True``: aiohttp's own default."""
    if settings.ca_file is None and settings.client_cert is None:
        return True
    try:
        context = ssl.create_default_context(cafile=settings.ca_file)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if settings.client_cert and settings.client_key:
            context.load_cert_chain(settings.client_cert, settings.client_key)
    except OSError as error:  # ssl.SSLError is one
        raise TransportFailure("tls configuration", str(error)) from error
    return context


def _evidence(error: Exception) -> str:
    """A short stable name for what aiohttp raised; most telling first."""
    import aiohttp

    kinds: tuple[tuple[type[Exception], str], ...] = (
        (aiohttp.ClientConnectorCertificateError, "tls certificate"),
        (aiohttp.ClientSSLError, "tls"),
        (aiohttp.ClientConnectorDNSError, "dns"),
        (aiohttp.ClientProxyConnectionError, "proxy unreachable"),
        (aiohttp.ClientHttpProxyError, "proxy refused"),
        (aiohttp.ConnectionTimeoutError, "connect timeout"),
        (aiohttp.ClientConnectorError, "connection refused"),
        (aiohttp.ServerDisconnectedError, "connection closed"),
        (aiohttp.ServerTimeoutError, "timeout"),
        (aiohttp.ClientOSError, "connection reset"),
        (aiohttp.ClientPayloadError, "reply truncated"),
        (aiohttp.InvalidURL, "invalid url"),
        (aiohttp.ClientResponseError, "not http"),
    )
    return next((name for kind, name in kinds if isinstance(error, kind)), "connection error")


def _date(text: str | None) -> dt.datetime | None:
    try:
        return parsedate_to_datetime(text) if text else None
    except ValueError:
        return None


@hookimpl
def mi_register_transports(registry: Registry[TransportFactory]) -> None:
    """The one that is used unless a plugin's is configured."""
    registry.add("aiohttp", AiohttpTransport)
