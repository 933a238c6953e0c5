"""How long a caller waits: ``Prefer: respond-async`` or ``Prefer: wait=SECONDS`` (RFC 7240), or ``?wait=SECONDS``."""

from __future__ import annotations

import re
from typing import Final

from aiohttp import web

from mi_core.serve.refusals import bad_request

__all__ = ["LONGEST", "patience_of", "wait_of"]

LONGEST: Final = 300.0
"""Seconds that one request may wait at most."""
_WAIT: Final = re.compile(r"wait\s*=\s*\"?([0-9]{1,6}(?:\.[0-9]{1,3})?)\"?", re.I)


def patience_of(request: web.Request) -> float | None:
    """Seconds until 202 is answered: 0 for ``respond-async``; ``None``: until the call has ended."""
    for preference in ",".join(request.headers.getall("Prefer", [])).replace(";", ",").split(","):
        text = preference.strip().lower()
        if text == "respond-async":
            return wait_of(request) or _waited(request) or 0.0
    return wait_of(request) or _waited(request)


def _waited(request: web.Request) -> float | None:
    found = _WAIT.search(",".join(request.headers.getall("Prefer", [])))
    return None if found is None else min(float(found[1]), LONGEST)


def wait_of(request: web.Request) -> float | None:
    """``?wait=``; raises for what is no number of seconds."""
    text = request.query.get("wait")
    if text is None:
        return None
    if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,3})?", text):
        raise bad_request(
            "wait 应为秒数",
            "wait takes seconds",
            field="wait",
            hint_zh="如 ?wait=30",
            hint_en="e.g. ?wait=30",
        )
    return min(float(text), LONGEST)
