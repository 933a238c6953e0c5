"""A client for questions only: its gateway profile is watched, its clock can be set back, and nothing but queries leaves."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import time
from collections.abc import AsyncIterator, Mapping
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any, Final

import attrs

from mi_core.client import AsyncClient
from mi_core.config import Config
from mi_core.errors import CallError, ConfigError
from mi_core.interfaces import by_code
from mi_core.masking import scrub
from mi_core.model import Request
from mi_core.pipeline import CallOptions
from mi_core.pipeline.raw import request_from
from mi_core.plugin import GatewayAuth, GatewayFactory, GatewaySettings, HttpReply, HttpRequest, Registry
from mi_core.plugin.manager import load_plugins

__all__ = ["MAX_SENDS", "Line", "Seen", "open_line"]

MAX_SENDS: Final = 80
"""Messages of one probe, repeats included."""
MAX_WORDS: Final = 200
"""Characters of a refusal that are kept."""
SIGN_IN: Final = "9001"


class _NoQuestion(Exception):
    """Something that is no query was about to be signed, or there were too many."""


@attrs.frozen
class Seen:
    """What came of one question."""

    code: str
    reached: bool
    """The centre answered (``infcode`` stands in the reply); otherwise only the gateway did, or nobody."""
    reply: Mapping[str, Any] | None = attrs.field(default=None, repr=False)
    """The whole reply, numbers exact; ``None`` when it was no JSON object."""
    status: int | None = None
    kind: str = ""
    """``Content-Type``."""
    skew: float | None = None
    """Seconds that the gateway's clock (``Date``) is ahead of this one."""
    refusal: str = ""
    """The other side's own words, identity numbers and phones masked."""
    elapsed: float = 0.0
    """Seconds until the answer was there, repeats included."""

    @property
    def succeeded(self) -> bool:
        """``infcode`` 0 in any form."""
        return self.reached and self.reply is not None and str(self.reply.get("infcode")) == "0"


@attrs.define
class _Watch:
    """What the watched profile shares with the line."""

    sign_in: bool
    back: float = 0.0
    """Seconds that the signature's clock is set back."""
    sends: int = 0
    last: tuple[HttpReply, bytes, float] | None = None
    """The last reply: as it came, opened, and when."""

    def start(self, back: float) -> None:
        """Another question begins."""
        self.back, self.last = back, None


class _Watched:
    """A gateway profile with another clock; everything it has beside ``seal`` and ``open`` is its own."""

    def __init__(self, inner: GatewayAuth, watch: _Watch) -> None:
        self._inner, self._watch = inner, watch

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def seal(self, infno: str, body: bytes, now_ms: int) -> HttpRequest:
        signing_in = infno == SIGN_IN and self._watch.sign_in
        if by_code(infno).behaviour.effect != "query" and not signing_in:
            raise _NoQuestion(infno)
        self._watch.sends += 1
        if self._watch.sends > MAX_SENDS:
            raise _NoQuestion(f"more than {MAX_SENDS} messages")
        back = 0.0 if signing_in else self._watch.back
        return self._inner.seal(infno, body, now_ms - round(back * 1000))

    def open(self, reply: HttpReply) -> bytes:
        self._watch.last = (reply, reply.body, time.time())
        opened = self._inner.open(reply)
        self._watch.last = (reply, opened, time.time())
        return opened


@attrs.frozen
class _Factory:
    inner: GatewayFactory
    watch: _Watch

    def __call__(self, settings: GatewaySettings) -> GatewayAuth:
        return _Watched(self.inner(settings), self.watch)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


class Line:
    """Asks, and keeps everything that was seen."""

    def __init__(self, client: AsyncClient, institution: str, watch: _Watch) -> None:
        self._client, self._watch = client, watch
        self.institution = client.config.institution(institution)
        self.seen: list[Seen] = []

    async def ask(
        self, code: str, data: Mapping[str, Any], *, back: float = 0.0, blank: tuple[str, ...] = ()
    ) -> Seen:
        """Send one query, signed ``back`` seconds ago. A refusal is an answer; raises only when nothing could be asked.

        ``blank``: pointers of fields that are sent empty although they are required; ``data`` has any value there.
        """
        self._watch.start(back)
        whole: Any = request_from(code, data)
        request: Request[Any] = attrs.evolve(whole, **{path.rpartition("/")[2]: "" for path in blank})
        options = CallOptions(institution=self.institution.code, blank=blank)
        started, refused = time.monotonic(), False
        try:
            await self._client._call(request, options)
        except CallError:
            if self._watch.last is None:
                raise
            refused = True
        finally:
            self._watch.back = 0.0
        elapsed = time.monotonic() - started
        if self._watch.last is None:
            seen = Seen(code, reached=False, elapsed=elapsed)
        else:
            seen = attrs.evolve(_seen(code, *self._watch.last, refused=refused), elapsed=elapsed)
        self.seen.append(seen)
        return seen


@contextlib.asynccontextmanager
async def open_line(
    config: Config, institution: str | None = None, *, sign_in: bool = False
) -> AsyncIterator[Line]:
    """A line to the test gateway of ``institution``; raises ``ConfigError`` for a production configuration.

    ``sign_in``: fetch a sign-in number (9001) first, where the configuration says so. Without it nothing but queries
    leaves.
    """
    if config.environment == "production":
        raise ConfigError(
            "mi probe 只用于测试环境，当前配置为正式环境",
            "mi probe is for test gateways; this configuration is of production",
            hint_zh="换用测试环境的配置文件",
            hint_en="use the configuration of a test environment",
        )
    one = config.institution(institution)
    watch = _Watch(sign_in=sign_in and one.sign_in)
    loaded = load_plugins(allow=config.plugins.allow, strict=config.plugins.strict)
    gateways: Registry[GatewayFactory] = Registry("gateway")
    for name, factory in loaded.gateways.items():
        gateways.add(name, _Factory(factory, watch))
    quiet = attrs.evolve(
        config,
        institutions={one.code: attrs.evolve(one, sign_in=watch.sign_in)},
        journal=attrs.evolve(config.journal, recover=False),
    )
    async with AsyncClient(quiet, plugins=attrs.evolve(loaded, gateways=gateways)) as client:
        yield Line(client, one.code, watch)


def _seen(code: str, http: HttpReply, opened: bytes, when: float, *, refused: bool) -> Seen:
    try:
        content = json.loads(opened, parse_float=Decimal)
    except (ValueError, RecursionError):
        content = None
    reply = content if isinstance(content, dict) else None
    words = _words(reply, opened) if refused else ""
    return Seen(
        code, reached=reply is not None and "infcode" in reply, reply=reply, status=http.status,
        kind=_header(http, "content-type"), skew=_skew(_header(http, "date"), when), refusal=scrub(words)[:MAX_WORDS],
    )  # fmt: skip


def _words(reply: Mapping[str, Any] | None, opened: bytes) -> str:
    """The text of a refusal, by its usual names; of a page that is no JSON its beginning."""
    if reply is None:
        return opened[:MAX_WORDS].decode(errors="replace")
    return next((str(reply[name]) for name in ("err_msg", "message") if reply.get(name)), "")


def _header(http: HttpReply, name: str) -> str:
    return next((value for key, value in http.headers.items() if key.lower() == name), "")


def _skew(date: str, when: float) -> float | None:
    try:
        theirs = parsedate_to_datetime(date)
    except ValueError:
        return None
    if theirs.tzinfo is None:
        theirs = theirs.replace(tzinfo=dt.UTC)
    return theirs.timestamp() - when
