"""What became of a plugin, and where it comes from."""

from __future__ import annotations

import sys
from typing import Any, Literal

import attrs

from mi_core.plugin.allowing import Verdict

__all__ = ["PluginReport", "barred", "file_of"]


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
