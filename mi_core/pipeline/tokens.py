"""Tokens of gateways that need one: fetched once for all who wait, kept until they expire, forgotten when refused."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import attrs

from mi_core.errors import NotSent
from mi_core.pipeline.faults import said
from mi_core.plugin import Sending, Token, TokenGateway, Transport, TransportFailure

if TYPE_CHECKING:
    from mi_core.pipeline.contexts import InputCtx
    from mi_core.pipeline.serving import Served

__all__ = ["TokenKeeper", "token_headers", "why_no_token"]

_PATIENCE: Final = 30.0
"""Seconds to fetch a token."""
_MARGIN: Final = 30.0
"""Seconds before its end after which a token is not used for new messages; half its life when that is less."""


@attrs.define(eq=False)
class TokenKeeper:
    """The token of one gateway. Belongs to the event loop that uses it."""

    _gateway: TokenGateway
    _token: Token | None = attrs.field(default=None, init=False)
    _until: float = attrs.field(default=0.0, init=False)
    """On the loop's clock, so that nobody's change of the time makes an old token new."""
    _fetching: asyncio.Task[Token] | None = attrs.field(default=None, init=False)

    async def headers(self, transport: Transport) -> Mapping[str, str]:
        """The headers of a token that is valid now. Raises ``TransportFailure`` or ``TimeoutError`` when there is none."""
        if self._token is not None and asyncio.get_running_loop().time() < self._until:
            return self._token.headers
        task = self._fetching
        if task is None or task.done():
            task = self._fetching = asyncio.ensure_future(self._fetch(transport))
            task.add_done_callback(_retrieved)
        return (await asyncio.shield(task)).headers

    def refused(self, headers: Mapping[str, str]) -> None:
        """The gateway did not take this token: the next message gets a new one."""
        if self._token is not None and self._token.headers == headers:
            self._token = None

    async def _fetch(self, transport: Transport) -> Token:
        loop = asyncio.get_running_loop()
        now, started = int(time.time() * 1000), loop.time()
        async with asyncio.timeout(_PATIENCE):
            request = self._gateway.token_request(now)
            reply = await transport.send(request, deadline=started + _PATIENCE, sending=Sending())
        token = self._gateway.token_reply(reply, now)
        life = (token.expires_at - now) / 1000
        self._token, self._until = token, started + life - min(_MARGIN, life / 2)
        return token


async def token_headers(asked: InputCtx, transport: Transport) -> Mapping[str, str] | None:
    """Headers of the token that the call's gateway needs, ``None`` where it needs none. Raises ``NotSent``."""
    tokens = asked.served.tokens
    if tokens is None:
        return None
    try:
        async with asyncio.timeout_at(asked.deadline):
            return await tokens.headers(transport)
    except Exception as error:  # also what a faulty plugin raises: nothing has left
        zh, en = why_no_token(asked.served, error)
        status = error.status if isinstance(error, TransportFailure) else None
        raise NotSent(
            f"未取得网关令牌（{zh}），本次调用未发送", f"no token from the gateway ({en}), this call was not sent",
            hint_zh="检查令牌地址、客户端编号与口令，运行 mi doctor；恢复后可重新调用",
            hint_en="check the token's address, client id and passwords, run: mi doctor; then call again",
            status=status, **asked.where(),
        ) from error  # fmt: skip


def why_no_token(served: Served, error: BaseException) -> tuple[str, str]:
    """What is told: the other side's own words with what is secret masked, or which plugin failed."""
    if isinstance(error, TransportFailure):
        text = said(error, served.settings).partition(": ")[2]
        return text, text
    if isinstance(error, TimeoutError):
        return "超过时限没有回应", "timeout"
    fault = served.fault(error)
    return fault.zh, fault.en


def _retrieved(task: asyncio.Task[Token]) -> None:
    """Every waiter may have been cancelled; the next one tries again."""
    if not task.cancelled():
        task.exception()
