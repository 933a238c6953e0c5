"""What the handlers share, and what every handler asks first: who is it, may they, does it exist for them."""

from __future__ import annotations

import asyncio
import datetime as dt
from contextvars import ContextVar
from pathlib import Path
from typing import Any, Final

import attrs
from aiohttp import web

from mi_core.client import AsyncClient
from mi_core.config import Config, Institution
from mi_core.errors import language
from mi_core.serve.keys import Keys
from mi_core.serve.patience import Doors
from mi_core.serve.rates import Rates
from mi_core.serve.refusals import NotAllowed, no_such_thing
from mi_core.serve.roles import ROLE_WORDS, allowed
from mi_core.serve.running import Running
from mi_core.serve.tokens import Token, TokenFile
from mi_core.types import CHINA_TIME

__all__ = ["CALLER", "SERVICE", "Service", "beside", "institution_of", "lang_of", "need", "token_of"]


@attrs.frozen(eq=False)
class Service:
    """One running service."""

    client: AsyncClient
    tokens: TokenFile
    keys: Keys
    hosts: frozenset[str]
    origins: frozenset[str]
    running: Running = attrs.field(factory=Running)
    rates: Rates = attrs.field(factory=lambda: Rates(50.0))
    strangers: Rates = attrs.field(factory=lambda: Rates(5.0))
    """Requests without a valid token, per address."""
    closing: asyncio.Event = attrs.field(factory=asyncio.Event)
    """Set when the service ends: nothing new is taken."""

    doors: list[Doors] = attrs.field(factory=list, repr=False)
    """Watches over connections, where the service listens itself."""
    looked: dict[str, tuple[float, dict[str, Any]]] = attrs.field(factory=dict, repr=False)
    """What was found out a moment ago, and when (monotonic)."""

    @property
    def config(self) -> Config:
        """The configuration, regions resolved."""
        return self.client.config


SERVICE: Final = web.AppKey("service", Service)
CALLER: Final[ContextVar[Token | None]] = ContextVar("caller", default=None)
"""The token of the request that is being handled; the guard sets it for each."""


def beside(config: Config, name: str) -> Path:
    """A file named in ``[serve]``: relative names are beside ``mi.toml``, or in the current folder without one."""
    folder = config.source.resolve().parent if config.source is not None else Path.cwd()
    return folder / name


def today() -> dt.date:
    """Beijing's day."""
    return dt.datetime.now(CHINA_TIME).date()


def token_of() -> Token:
    """The token that the guard has accepted."""
    token = CALLER.get()
    assert token is not None
    return token


def need(right: str) -> Token:
    """The token, if one of its roles has the right; raises :class:`NotAllowed`."""
    token = token_of()
    if not allowed(token.roles, right):
        zh = "、".join(ROLE_WORDS[role][0] for role in token.roles)
        raise NotAllowed(
            "not_allowed", f"该令牌的角色（{zh}）不能这样做", f"the roles of this token ({', '.join(token.roles)}) do not include this",
            hint_zh="换用有此权限的令牌", hint_en="use a token that may",
        )  # fmt: skip
    return token


def institution_of(request: web.Request) -> Institution:
    """The institution of the path; one that the token may not see does not exist."""
    code = request.match_info["institution"]
    known = request.app[SERVICE].config.institutions
    if code not in known or not token_of().may_see(code):
        raise no_such_thing()
    return known[code]


def lang_of(request: web.Request) -> str:
    """``en`` where the caller prefers it, else the service's own language."""
    asked = request.headers.get("Accept-Language", "").strip().lower()
    return "en" if asked.startswith("en") else "zh" if asked.startswith("zh") else language()
