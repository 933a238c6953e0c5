"""The error tree.

One base, :class:`MiError`. Every error says what happened, what to do next, and — where a call was involved — which
interface, message id and institution it was, and reaches the raw reply. ``str(error)`` follows ``MI_LANG`` (Chinese by
default); ``error.message("en")`` asks for one language.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mi_core.model.problem import Problem

__all__ = [
    "BureauRefused", "CallError", "ConfigError", "GatewayRefused", "GatewayUnreachable", "InvalidInput", "MiError",
    "NotSent", "OutcomeUnknown", "PluginError", "Refused", "ReplyUnreadable", "StoreError", "UnknownName", "VisitBusy", "language",
]  # fmt: skip


def language() -> str:
    """``zh`` (default) or ``en``, from the environment variable ``MI_LANG``."""
    return "en" if os.environ.get("MI_LANG", "").lower().startswith("en") else "zh"


class MiError(Exception):
    """Base of all errors of the framework. ``zh``/``en``: what happened; ``hint_zh``/``hint_en``: what to do next."""

    code = "error"
    """Stable, machine-readable name of the kind of error."""

    def __init__(self, zh: str, en: str, *, hint_zh: str = "", hint_en: str = "") -> None:
        super().__init__(zh)
        self.zh, self.en, self.hint_zh, self.hint_en = zh, en, hint_zh, hint_en

    def message(self, lang: str | None = None) -> str:
        """What happened and what to do, in ``zh`` or ``en``."""
        english = (lang or language()) == "en"
        text, hint = (self.en, self.hint_en) if english else (self.zh, self.hint_zh)
        mark = "\n  -> " if english else "\n  → "
        return text + (mark + hint if hint else "")

    def __str__(self) -> str:
        return self.message()


class ConfigError(MiError):
    """The configuration is missing, incomplete or contradicts itself; nothing was started."""

    code = "config"


class UnknownName(MiError):
    """An interface, code table or code was asked for by a name that does not exist; the hint names the closest."""

    code = "unknown_name"


class PluginError(MiError):
    """A plugin could not be loaded or broke its contract; names the distribution."""

    code = "plugin"


class StoreError(MiError):
    """An operation log or journal cannot be written. Money calls fail closed: nothing is sent."""

    code = "store"


class CallError(MiError):
    """Base of everything that can go wrong with one call.

    ``warnings``: what validation noticed about the request without refusing it, e.g. a wrong checksum.
    """

    code = "call"

    def __init__(
        self, zh: str, en: str, *, hint_zh: str = "", hint_en: str = "",
        interface: str = "", title: str = "", msgid: str | None = None, institution: str = "",
        raw: bytes | None = None, operation_id: str | None = None, status: int | None = None,
        warnings: Sequence[Problem] = (),
    ) -> None:  # fmt: skip
        super().__init__(zh, en, hint_zh=hint_zh, hint_en=hint_en)
        self.warnings: tuple[Problem, ...] = tuple(warnings)
        self.interface, self.title, self.msgid = interface, title, msgid
        self.institution, self.raw, self.operation_id, self.status = institution, raw, operation_id, status

    def message(self, lang: str | None = None) -> str:
        """As :meth:`MiError.message`, headed by the interface and followed by the message id."""
        name = f"{self.interface} {self.title}".strip()
        head = f"[{name}] " if name else ""
        tail = f"\n  msgid {self.msgid}" if self.msgid else ""
        noticed = "".join(f"\n  ! {p.message(lang or language())}" for p in self.warnings)
        return head + super().message(lang) + tail + noticed


class InvalidInput(CallError):
    """The request is wrong; nothing was sent. ``problems`` lists everything that is wrong, not only the first."""

    code = "invalid_input"

    def __init__(
        self, problems: Sequence[Problem], *, interface: str = "", title: str = "", institution: str = ""
    ) -> None:
        n = sum(1 for p in problems if p.severity == "error")
        super().__init__(
            f"请求有 {n} 处错误，未发送", f"the request has {n} problem(s), nothing was sent",
            hint_zh="按下面各条修改后重新调用", hint_en="correct the fields listed and call again",
            interface=interface, title=title, institution=institution,
        )  # fmt: skip
        self.problems: tuple[Problem, ...] = tuple(problems)

    def message(self, lang: str | None = None) -> str:
        lang = lang or language()
        return super().message(lang) + "".join(f"\n  - {p.message(lang)}" for p in self.problems)


class NotSent(CallError):
    """It is proven that nothing left this machine; calling again is safe."""

    code = "not_sent"


class GatewayUnreachable(NotSent):
    """The gateway could not be reached before any byte of the request left (DNS, refused, TLS, connect time-out)."""

    code = "gateway_unreachable"


class VisitBusy(NotSent):
    """Another changing call of the same visit is still unresolved; ``operation_id`` names it."""

    code = "visit_busy"


class Refused(CallError):
    """The other side said no, and it is certain that nothing was done; ``reason`` is its own text (``""``: it gave none)."""

    code = "refused"

    def __init__(self, zh: str, en: str, *, reason: str = "", **where: object) -> None:
        super().__init__(zh, en, **where)  # type: ignore[arg-type]  # keyword pass-through to CallError, checked there
        self.reason = reason


class GatewayRefused(Refused):
    """The gateway refused the message before the bureau saw it (signature, time window, unknown user …)."""

    code = "gateway_refused"


class BureauRefused(Refused):
    """The bureau refused with ``infcode`` -1 (or another failure code of a query)."""

    code = "bureau_refused"

    def __init__(self, zh: str, en: str, *, reason: str = "", infcode: str = "-1", **where: object) -> None:
        super().__init__(zh, en, reason=reason, **where)
        self.infcode = infcode


class ReplyUnreadable(CallError):
    """A query or upload was answered with something that is no reply; asking again is safe for queries."""

    code = "reply_unreadable"


class OutcomeUnknown(CallError):
    """A changing call was sent and it is not known whether the bureau executed it.

    It is **never** sent again by the framework. ``evidence`` says what was seen (``timeout``, ``http 502`` …);
    ``resolve_with`` lists the interfaces that can tell the outcome, in order.
    """

    code = "outcome_unknown"

    def __init__(
        self, zh: str, en: str, *, evidence: str = "", resolve_with: Sequence[str] = (), likely_refused: bool = False,
        **where: object,
    ) -> None:  # fmt: skip
        super().__init__(zh, en, **where)  # type: ignore[arg-type]  # keyword pass-through to CallError, checked there
        self.evidence, self.resolve_with, self.likely_refused = evidence, tuple(resolve_with), likely_refused
