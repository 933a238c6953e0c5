"""What became of a plugin, and where it comes from."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from typing import Any, Literal

import attrs

from mi_core.plugin.allowing import Verdict

__all__ = ["PluginReport", "barred", "canonical", "file_of", "near_names", "reports_of"]


@attrs.frozen
class PluginReport:
    """What became of one plugin."""

    name: str
    distribution: str
    version: str
    status: Literal["loaded", "not allowed", "left out"]
    reason: str = ""
    reason_en: str = ""
    entry_point: str = ""
    """``module:attribute`` of an installed plugin; empty for a built-in one and for one the program gave."""
    file: str = ""
    """The module's file, where it could be imported."""
    conflict: str = ""
    """The plugin that has the name that this one wanted, too."""
    hint: str = ""
    hint_en: str = ""


def barred(owner: str, version: str, verdict: Verdict) -> dict[str, str]:
    """What a report says of a distribution that the allow-list does not let in."""
    if verdict == "other version":
        zh, en = (
            f"[plugins] allow 不允许 {owner} {version}",
            f"[plugins] allow names another version than {owner} {version}",
        )
    else:
        zh, en = f"[plugins] allow 没有列出 {owner}", f"[plugins] allow does not name {owner}"
    hint_zh, hint_en = (
        f'要使用它，在 mi.toml 的 [plugins] allow 中加入 "{owner}=={version}"',
        f'to use it add "{owner}=={version}" to [plugins] allow',
    )
    return {"reason": zh, "reason_en": en, "hint": hint_zh, "hint_en": hint_en}


def file_of(plugin: Any) -> str:
    """Where its code is; an object's is its class's."""
    module = plugin if hasattr(plugin, "__file__") else sys.modules.get(type(plugin).__module__)
    return str(getattr(module, "__file__", "") or "")


def canonical(name: str) -> str:
    """A distribution's name as package indexes compare it: ``hospital_x`` and ``Hospital-X`` are one."""
    return re.sub(r"[-_.]+", "-", name).lower()


def reports_of(reports: Sequence[PluginReport], name: str) -> list[PluginReport]:
    """Those of the plugin of that name, else those of the distribution, hyphens and underscores being the same."""
    own = canonical(name)
    return (
        [r for r in reports if r.name == name]
        or [r for r in reports if r.distribution == name]
        or [r for r in reports if own in (canonical(r.name), canonical(r.distribution))]
    )


def near_names(reports: Sequence[PluginReport], name: str) -> list[str]:
    """Names of plugins and distributions that may be meant."""
    from difflib import get_close_matches

    known = dict.fromkeys([*(r.name for r in reports), *(r.distribution for r in reports)])
    return get_close_matches(name, list(known), 3, 0.5)
