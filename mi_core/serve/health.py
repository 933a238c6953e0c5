"""``/health/live`` and ``/health/ready``: a word for every probe, the reasons for who has a token."""

from __future__ import annotations

import asyncio
import time
from typing import Any, Final

import attrs
from aiohttp import web

from mi_core.errors import MiError
from mi_core.serve.bodies import answer
from mi_core.serve.roles import allowed
from mi_core.serve.service import CALLER, SERVICE, Service, lang_of

__all__ = ["live", "ready"]

_FRESH: Final = 1.0
"""Seconds for which a look at journal and log holds: probes without a token must not keep them busy."""


async def live(request: web.Request) -> web.Response:
    """The process answers."""
    return answer(request, {"status": "live"})


async def ready(request: web.Request) -> web.Response:
    """It can take calls: journal and log work, a gateway answers, it is not stopping."""
    service = request.app[SERVICE]
    parts = await _parts(service, lang_of(request) == "en")
    well = all(part["ok"] for part in parts.values())
    body: dict[str, Any] = {"status": "ready" if well else "not_ready"}
    token = CALLER.get()
    if token is not None and allowed(token.roles, "state"):
        body |= {"parts": parts, "gateways": [attrs.asdict(state) for state in service.client.gateways]}
    return answer(request, body, 200 if well else 503, {} if well else {"Retry-After": "5"})


async def _parts(service: Service, english: bool) -> dict[str, dict[str, Any]]:
    journal = await asyncio.to_thread(_journal, service)
    states = service.client.gateways
    down = [state for state in states if state.breaker != "closed"]
    return {
        "service": _part(not service.closing.is_set(), "正在停止", "stopping", english),
        "journal": _part(journal is None, journal or "", journal or "", english),
        "log": await _log(service, english),
        "gateway": _part(
            len(down) < len(states) or not states, "网关连续无应答", "no gateway answers", english
        ),
    }


def _part(ok: bool, zh: str, en: str, english: bool) -> dict[str, Any]:
    return {"ok": ok, "message": "" if ok else en if english else zh}


def _journal(service: Service) -> str | None:
    """Why it cannot be used, if it cannot."""
    poisoned = service.client.journal.poisoned
    if poisoned:
        return poisoned
    try:
        service.client.journal.read.unresolved(limit=1)
    except MiError as error:
        return error.en
    return None


async def _log(service: Service, english: bool) -> dict[str, Any]:
    kept = service.looked.get("log")
    now = time.monotonic()
    if kept is not None and now - kept[0] < _FRESH:
        return kept[1]
    try:
        await service.client.check_log()
        part = _part(True, "", "", english)
    except MiError as error:
        part = _part(False, error.zh, error.en, english)
    service.looked["log"] = (now, part)
    return part
