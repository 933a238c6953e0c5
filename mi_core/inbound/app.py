"""The HTTP side: an aiohttp application that can stand alone or be mounted below a path of another.

``POST /<institution>/<name>`` (``POST /<name>`` when one institution is configured), where ``<name>`` is what the gateway's
platform appends (``rxChkInfoCallback`` for 7108, ``rxSetlInfoCallback`` for 7109) or the interface's code.

=======  =============================================================================================================
200      dealt with, now or before: the acknowledgement of the interface's document (``success`` true), in an envelope
401      not verified (a plain word, nothing is signed for strangers)
404      no such address; 413, 415: too large, compressed
409      a notification of this key came before with other content: a person must look; ``success`` false
422      not what the document says; ``success`` false
503      the handler raised, or another one is at it, or the record cannot be written: send it again; ``success`` false
=======  =============================================================================================================
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import inspect
import logging
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final, cast

import attrs
import msgspec
from aiohttp import web

from mi_core.config import Config, Institution
from mi_core.config.regions import with_regions
from mi_core.errors import ConfigError, StoreError
from mi_core.inbound.inbox import Claim, Inbox
from mi_core.inbound.notification import Handler, Notification, Unfit, essence_of, key_of, read
from mi_core.masking import scrub
from mi_core.model import Interface
from mi_core.pipeline.serving import Gateways
from mi_core.plugin import InboundGateway, TransportFailure
from mi_core.plugin.manager import Plugins, load_plugins
from mi_core.types import CHINA_TIME

__all__ = ["INBOX", "inbound_app"]

INBOX: Final = web.AppKey("mi_inbox", Inbox)
"""Where the application keeps its record: ``app[INBOX].about(…)``."""
BODY: Final = 1024 * 1024
"""Bytes of a message. A notification of 40,000 characters in an envelope stays below half of it."""
READING: Final = 30.0
"""Seconds for the body to come."""
OPENING: Final = 2
"""Messages that are decrypted and verified at the same time."""
_log = logging.getLogger("mi_core.inbound")
_encode = msgspec.json.Encoder().encode


def inbound_app(
    config: Config, handler: Handler, *, plugins: Plugins | None = None, record: Path | None = None,
    body_limit: int = BODY, lease: float = 60.0, keep_days: int = 400,
) -> web.Application:  # fmt: skip
    """The application. ``handler`` gets each :class:`Notification` after its signature and content were checked.

    What is promised: a notification whose handler returned is on record before it is acknowledged, so it is never handled
    again, however often it comes; one whose handler raised, or was killed, comes again and is handled again, with the
    same ``key`` and ``again`` set (at least once, until a handler returns). ``record``: the file, by default
    ``mi.inbound.db`` beside the journal; handled ones are forgotten after ``keep_days``. ``lease``: seconds without a sign
    of life after which a handler in another process counts as dead.

    Raises ``ConfigError`` when no institution has a gateway that receives, ``PluginError``, ``StoreError``.
    """
    loaded = plugins or load_plugins(allow=config.plugins.allow, strict=config.plugins.strict)
    config = with_regions(config, loaded.regions)
    gateways = Gateways.build(config.institutions, loaded)
    if not any(hasattr(served.auth, "receive") for served in gateways):
        raise ConfigError(
            "没有配置可接收通知的网关", "no gateway that receives notifications is configured",
            hint_zh="在 [institutions.X.gateways.名称] 中为电子处方与移动支付中心配置 envelope-sm 网关",
            hint_en="configure an envelope-sm gateway for the centres in [institutions.X.gateways.NAME]",
        )  # fmt: skip
    desk = _Desk(config, gateways, handler, Inbox.of(config, record, lease=lease), body_limit, lease)
    app = web.Application()
    app[INBOX] = desk.inbox
    app.router.add_post("/{institution}/{name}", desk.take)
    if len(config.institutions) == 1:
        app.router.add_post("/{name}", desk.take)
    keep = dt.timedelta(days=keep_days)

    async def running(_: web.Application) -> AsyncIterator[None]:
        await asyncio.to_thread(desk.inbox.forget, _now_ms() - round(keep.total_seconds() * 1000))
        yield
        await asyncio.gather(*desk.at_work, return_exceptions=True)
        desk.inbox.close()

    app.cleanup_ctx.append(running)
    return app


@attrs.frozen(eq=False)
class _Place:
    """Where a message was sent to."""

    institution: Institution
    interface: Interface[Any]
    gateway: InboundGateway


@attrs.define(eq=False)
class _Desk:
    config: Config
    gateways: Gateways
    handler: Handler
    inbox: Inbox
    body_limit: int
    lease: float
    at_work: set[asyncio.Task[bool]] = attrs.field(factory=set)
    opening: asyncio.Semaphore = attrs.field(factory=lambda: asyncio.Semaphore(OPENING))

    async def take(self, request: web.Request) -> web.Response:
        """One delivery."""
        place = self._place(request)
        if place is None:
            return _plain(404, request, "", "no such address")
        code = place.interface.code
        if any(v.lower() != "identity" for v in request.headers.getall("Content-Encoding", ())):
            return _plain(415, request, code, "compressed body")
        body = await _body(request, self.body_limit)
        if body is None:
            return _plain(413, request, code, "body too large or too slow")
        try:
            # beside the loop, and few at a time: anybody may send what takes long to refuse
            async with self.opening:
                content = await asyncio.to_thread(place.gateway.receive, body)
        except TransportFailure as failure:
            return _plain(401, request, code, failure.evidence)
        except Exception as error:  # a plugin's fault is no reason to believe the message
            return _plain(401, request, code, f"unopened: {type(error).__name__}")
        try:
            typed, problems = read(place.interface, content)
        except Unfit as unfit:
            return _answer(place, 422, "通知内容不符合接口规范", request, unfit.rules)
        key = key_of(place.interface, typed)
        notification = Notification(
            institution=place.institution.code,
            request=typed,
            key="",
            received_at=_moment(_now_ms()),
            problems=problems,
        )
        try:
            claim = await asyncio.to_thread(
                self.inbox.begin,
                place.institution.code,
                code,
                key,
                content,
                essence_of(typed),
                now_ms=_now_ms(),
            )
        except StoreError as error:
            _log.error("%s: the record cannot be written: %s", code, error.en)
            return _answer(place, 503, "暂时无法记录，请重新发送", request, "record")
        return await self._handled(request, place, notification, claim)

    async def _handled(
        self, request: web.Request, place: _Place, notification: Notification, claim: Claim
    ) -> web.Response:
        if claim.verdict == "handled":
            return _answer(place, 200, "成功")
        if claim.verdict == "busy":
            return _answer(place, 503, "正在处理，请稍后重新发送", request, "another handler is at it")
        if claim.verdict == "conflict":
            _log.error("%s %s: other content than before under the same key", place.interface.code, claim.id)
            return _answer(place, 409, "同一通知的内容与此前不一致", request, "conflict")
        notification = attrs.evolve(
            notification, key=claim.id, received_at=_moment(claim.received_ms), again=claim.begun > 0
        )
        # A task of its own: it ends, and is recorded, although the sender hangs up.
        work = asyncio.create_task(self._work(notification))
        self.at_work.add(work)
        work.add_done_callback(self.at_work.discard)
        if await asyncio.shield(work):
            return _answer(place, 200, "成功")
        return _answer(place, 503, "处理未完成，请重新发送", request, "handler failed")

    async def _work(self, notification: Notification) -> bool:
        """Run the handler and record that it returned."""
        beat = asyncio.create_task(self._beat(notification.key))
        try:
            if inspect.iscoroutinefunction(self.handler):
                await self.handler(notification)
            else:
                result = await asyncio.to_thread(self.handler, notification)
                if inspect.isawaitable(result):
                    await result
            await asyncio.to_thread(self.inbox.done, notification.key, now_ms=_now_ms())
        except Exception as error:  # whatever it is: not dealt with
            # no traceback and no text: they may hold what the notification says
            _log.error(
                "%s %s: handler failed: %s", notification.interface, notification.key, type(error).__name__
            )
            with contextlib.suppress(StoreError):
                await asyncio.to_thread(self.inbox.failed, notification.key)
            return False
        finally:
            beat.cancel()
        return True

    async def _beat(self, name: str) -> None:
        """While the handler works, its claim does not run out."""
        while True:
            await asyncio.sleep(self.lease / 3)
            with contextlib.suppress(StoreError):
                await asyncio.to_thread(self.inbox.still, name, now_ms=_now_ms())

    def _place(self, request: web.Request) -> _Place | None:
        named = request.match_info.get("institution")
        found = self.config.institutions
        institution = found.get(named) if named is not None else next(iter(found.values()))
        return None if institution is None else self._interface(institution, request.match_info["name"])

    def _interface(self, institution: Institution, name: str) -> _Place | None:
        """The inbound interface of that name at the institution, with the gateway that serves it."""
        for served in self.gateways:
            known = getattr(served.auth, "inbound", {})
            code = next((code for code, path in known.items() if path == name), name)
            try:
                interface = institution.interface(code)
            except KeyError:
                continue
            auth = self.gateways.of(institution, code).auth
            if interface.behaviour.direction == "inbound" and hasattr(auth, "receive"):
                return _Place(institution, interface, cast("InboundGateway", auth))
        return None


async def _body(request: web.Request, limit: int) -> bytes | None:
    """The whole body, ``None`` when it is too large or does not come."""
    if (request.content_length or 0) > limit:
        return None
    parts, size = [], 0
    try:
        async with asyncio.timeout(READING):
            async for part in request.content.iter_any():
                size += len(part)
                if size > limit:
                    return None
                parts.append(part)
    except TimeoutError:
        return None
    return b"".join(parts)


def _answer(
    place: _Place, status: int, text: str, request: web.Request | None = None, why: str = ""
) -> web.Response:
    """The acknowledgement of the interface's document, signed."""
    accepted = status == 200
    if request is not None:
        _tell(request, place.interface.code, status, why)
    data: dict[str, Any] = {"success": accepted, "message": text}
    told = {m for node in place.interface.response.__members__ for m in _names(node)}
    kept = {name: value for name, value in data.items() if not told or name in told}
    body = place.gateway.acknowledge(_encode({"data": kept}), _now_ms(), accepted=accepted, text=text)
    headers = {"Content-Type": "application/json; charset=utf-8"}
    if status == 503:
        headers["Retry-After"] = "5"
    return web.Response(body=body, status=status, headers=headers)


def _names(node: Any) -> set[str]:
    return {f.wire for f in getattr(node, "row").__members__} if hasattr(node, "row") else set()  # noqa: B009  # only nodes have rows


def _plain(status: int, request: web.Request, code: str, why: str) -> web.Response:
    _tell(request, code, status, why)
    return web.Response(status=status, text="refused")


def _tell(request: web.Request, code: str, status: int, why: str) -> None:
    """Whom and why, never what: no name, no number, no token."""
    _log.warning(
        "notification %s refused with %d from %s: %s", code or "?", status, request.remote, scrub(why)
    )


def _now_ms() -> int:
    return int(time.time() * 1000)


def _moment(ms: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(ms / 1000, CHINA_TIME).replace(tzinfo=None, microsecond=0)
