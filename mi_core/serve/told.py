"""What a caller was told, kept for whoever asks again: a reply, or an error in both languages."""

from __future__ import annotations

from typing import Any, Final

import attrs
from aiohttp import web

from mi_core.errors import MiError
from mi_core.model.fields.writing import to_bytes
from mi_core.serve.bodies import answer, plain_content
from mi_core.serve.problems import flat, status_of
from mi_core.serve.service import lang_of
from mi_core.wire.front import ReplyMalformed, check_front

__all__ = ["Told", "kept_error", "kept_reply", "told_error", "told_of"]

_REPLAYED: Final = {"Idempotency-Replayed": "true"}
_ANEW: Final = {
    "zh": "此编号的结果已定，本次未发送；确需再办请用新的 Idempotency-Key",
    "en": "the outcome of this key stands and nothing was sent now; to do it again use a new Idempotency-Key",
}


@attrs.frozen
class Told:
    """An answer as it was given. ``body`` of a reply holds no text that depends on the caller's language."""

    status: int
    body: dict[str, Any] = attrs.field(repr=False)
    english: dict[str, Any] | None = attrs.field(default=None, repr=False)
    """The same error in English; ``None`` for a reply."""

    @property
    def final(self) -> bool:
        """It will not be another answer later."""
        return self.status != 504

    def error(self, lang: str) -> dict[str, Any] | None:
        """The flat error, if it is one."""
        return None if self.english is None else self.english if lang == "en" else self.body

    def again(self, request: web.Request) -> web.Response:
        """The answer to the same request under the same key."""
        lang = lang_of(request)
        error = self.error(lang)
        if error is None:
            return answer(request, {**self.body, "repeated": True}, self.status, _REPLAYED)
        hints = [error["hint"], _ANEW[lang] if self.final else ""]
        hint = ("; " if lang == "en" else "；").join(hint for hint in hints if hint)
        return answer(request, {**error, "hint": hint}, self.status, _REPLAYED)


def kept_reply(body: dict[str, Any]) -> bytes:
    """A reply as it is kept: amounts exact."""
    return to_bytes(plain_content({"status": 200, "body": body}))


def told_error(error: MiError, operation: str) -> Told:
    """An error as its caller is told it, naming the operation that can be asked for."""
    zh, en = (
        {**(body := flat(error, lang)), "operation": body["operation"] or operation} for lang in ("zh", "en")
    )
    return Told(status_of(error), zh, en)


def kept_error(error: MiError, operation: str) -> bytes:
    """An error as it is kept."""
    told = told_error(error, operation)
    return to_bytes(plain_content({"status": told.status, "zh": told.body, "en": told.english}))


def told_of(kept: bytes | None) -> Told | None:
    """What was kept; ``None`` where nothing was, or more than anybody can be sent."""
    if kept is None:
        return None
    try:
        value: Any = check_front(kept).value
    except ReplyMalformed:
        return None
    status = int(value["status"])
    return Told(status, value["body"]) if "body" in value else Told(status, value["zh"], value["en"])
