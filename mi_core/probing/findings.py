"""What was found out, for people and as a section of the configuration."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator
from typing import Final

import attrs

from mi_core.errors import language

__all__ = ["Finding", "as_toml"]

_NAMES: Final = ("acceptance", "query_without_setl_id")
"""Keys of ``[institutions.X.recovery]`` that a probe can prove."""


@attrs.frozen
class Finding:
    """One answer. ``value`` is ``None`` when it could not be found out; ``how`` says how it was, or why not."""

    name: str
    """Stable: ``acceptance``, ``amounts`` …"""
    zh: str
    en: str
    value: object
    how_zh: str
    how_en: str

    @property
    def title(self) -> str:
        """What was asked, in the operator's language."""
        return self.en if language() == "en" else self.zh

    @property
    def how(self) -> str:
        """How it was found out, in the operator's language."""
        return self.how_en if language() == "en" else self.how_zh


def as_toml(findings: Iterable[Finding], institution: str, url: str, when: dt.datetime) -> str:
    """The section ``[institutions.X.recovery]`` with what was proven; everything else stands beside it as a comment."""
    known = list(findings)
    lines = [
        f"# mi probe {when:%Y-%m-%d %H:%M}, {url}",
        f"[institutions.{institution}.recovery]",
        *(line for one in known if one.name in _NAMES and one.value is not None for line in _key(one)),
        "",
        *(line for one in known if one.name not in _NAMES or one.value is None for line in _comment(one)),
    ]
    return "\n".join(lines) + "\n"


def _key(one: Finding) -> Iterator[str]:
    yield f"{one.name} = {_written(one.value)}  # {one.how}"


def _comment(one: Finding) -> Iterator[str]:
    yield f"# {one.title}: {'?' if one.value is None else _written(one.value)}"
    yield f"#   {one.how}"


def _written(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
