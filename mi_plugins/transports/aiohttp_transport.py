"""HTTP by aiohttp: a pool, one send per call, no redirect, no retry, no decompression, a counter on what comes back.

What left is not guessed: the connector tells when the request has a connection (see ``connector``). Everything that
fails before (name, refused, TLS, waiting for the pool) is proven not sent; everything after may have left.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import ssl
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

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


class AiohttpTransport:
    """One connection pool; belongs to one event loop. aiohttp is imported when one is made, not within a call's deadline."""

    keeps_deadline = True
    awaits_clearance = True
    carries_files = True

    def __init__(self, settings: TransportSettings) -> None:
        from mi_plugins.transports.connector import TellingConnector

        self._connector = TellingConnector
        self._settings = settings
        self._session: aiohttp.ClientSession | None = None
        self._single: aiohttp.ClientSession | None = None
        """Connections that serve one request: a late copy of another reply cannot come on them."""

    async def send(self, request: HttpRequest, *, deadline: float, sending: Sending) -> HttpReply:
        """POST once and read the whole reply; see :class:`mi_core.plugin.Transport`."""
        try:
            session = self._open(single=request.single) if request.single else self._session or self._open()
        except TransportFailure:
            sending.promise()
            raise
        try:
            async with asyncio.timeout_at(deadline):
                return await self._post(session, request, sending)
        except TimeoutError as error:
            raise TransportFailure(
                "timeout" if not sending.nothing_left else "connect timeout", str(error)
            ) from error

    async def _post(
        self, session: aiohttp.ClientSession, request: HttpRequest, sending: Sending
    ) -> HttpReply:
        import aiohttp

        from mi_plugins.transports.bodies import content_of, receive
        from mi_plugins.transports.connector import CURRENT

        mark = CURRENT.set(sending)
        try:
            try:
                content, headers = content_of(request)
            except TransportFailure:
                sending.promise()
                raise
            async with session.post(
                request.url,
                data=content,
                headers={**headers, "Accept-Encoding": "identity"},
                allow_redirects=False,
                proxy=self._settings.proxy or None,
            ) as response:
                return await receive(response, request, self._settings.max_reply)
        except aiohttp.InvalidURL as error:
            sending.promise()  # raised before there is anything to connect to
            raise TransportFailure(_evidence(error), type(error).__name__) from error
        except aiohttp.ClientError as error:
            raise TransportFailure(_evidence(error), type(error).__name__) from error
        except (OSError, ValueError) as error:
            if isinstance(error, TimeoutError):
                raise
            raise TransportFailure("connection error", type(error).__name__) from error
        finally:
            CURRENT.reset(mark)

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
        sessions, self._session, self._single = (self._session, self._single), None, None
        for session in sessions:
            if session is not None:
                await session.close()

    def _open(self, *, single: bool = False) -> aiohttp.ClientSession:
        made = self._single if single else self._session
        if made is None:
            import aiohttp

            connector = self._connector(
                limit=self._settings.pool,
                **({"force_close": True} if single else {"keepalive_timeout": self._settings.keepalive}),
                ssl=_tls(self._settings),
            )
            made = aiohttp.ClientSession(
                connector=connector,
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=self._settings.connect_timeout),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
            )
            if single:
                self._single = made
            else:
                self._session = made
        return made


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
