"""Where it is decided whether bytes may have left: the connector that hands a request its connection.

Imported with the first transport, because it needs aiohttp. A request gets its connection here or not at all, so everything
before is proven not sent. Should a future aiohttp go another way, nothing is ever promised and every failure counts as
*may have left*.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING

import aiohttp

from mi_core.plugin import Sending

if TYPE_CHECKING:
    from aiohttp.client_reqrep import ClientRequest
    from aiohttp.connector import Connection
    from aiohttp.tracing import Trace

__all__ = ["CURRENT", "TellingConnector"]

CURRENT: ContextVar[Sending | None] = ContextVar("mi_sending", default=None)
"""The send under way in this task."""


class TellingConnector(aiohttp.TCPConnector):
    """aiohttp's own connector; tells the send under way what is proven."""

    async def connect(
        self,
        req: ClientRequest,
        traces: list[Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109  # aiohttp's
    ) -> Connection:
        """A free connection, or a new one (name, TCP, proxy, TLS); waits for a place in the pool."""
        sending = CURRENT.get()
        if sending is None:
            return await super().connect(req, traces=traces, timeout=timeout)
        sending.promise()
        connection = await super().connect(req, traces=traces, timeout=timeout)
        try:
            await sending.cleared()
        except BaseException:
            connection.close()
            raise
        while connection.protocol is not None and connection.protocol.should_close:
            connection.close()  # something came while it was idle or waited: it would be taken for the reply to this request
            connection = await super().connect(req, traces=traces, timeout=timeout)
        try:
            sending.bytes_leave()
        except BaseException:
            connection.close()
            raise
        return connection
