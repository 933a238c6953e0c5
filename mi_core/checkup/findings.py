"""One thing that ``mi doctor`` looked at."""

from __future__ import annotations

from typing import Literal

import attrs

from mi_core.errors import MiError

__all__ = ["Finding", "failed"]


@attrs.frozen
class Finding:
    """One thing that was looked at."""

    name_zh: str
    name_en: str
    status: Literal["ok", "warning", "error", "skipped"]
    zh: str
    en: str
    do_zh: str = ""
    do_en: str = ""


def failed(zh: str, en: str, error: MiError) -> Finding:
    """A framework error as a finding: what happened, and what to do."""
    details_zh, details_en = error.message("zh"), error.message("en")
    return Finding(
        zh, en, "error", error.zh + _rest(details_zh, error.hint_zh), error.en + _rest(details_en, error.hint_en),
        error.hint_zh, error.hint_en,
    )  # fmt: skip


def _rest(message: str, hint: str) -> str:
    """What a message lists below its hint (single mistakes)."""
    return message.partition(hint)[2] if hint else ""
