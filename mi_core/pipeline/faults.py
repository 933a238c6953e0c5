"""A plugin that failed in the middle of a call: who it was and what it said, fit for people to read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, Final, TypeVar

import attrs

from mi_core.errors import MiError, PluginError
from mi_core.masking import scrub
from mi_core.plugin import Registry, Secret
from mi_core.plugin.manager import Plugins

__all__ = ["Fault", "fault_of", "provided", "said"]

S = TypeVar("S")
T = TypeVar("T")
_KINDS: Final = {
    "gateway": ("网关方式", "gateway profile"), "transport": ("传输方式", "transport"), "store": ("操作日志", "operation log"),
}  # fmt: skip

_SHOWN = 200
_KEY_LIKE = r"(?=[A-Za-z+=_-]*[0-9])[A-Za-z0-9+=_-]{20,}"
"""A run of letters and digits that may be a key, a token or part of one."""


@attrs.frozen(eq=False)
class Fault:
    """What is told of it; ``cause`` is chained to the error of the call."""

    zh: str
    en: str
    cause: BaseException = attrs.field(repr=False)


def fault_of(kind: str, name: str, origin: str, error: BaseException, settings: Any = None) -> Fault:
    """``kind``: of the registry; ``origin``: the plugin; ``settings``: what it was given, whose secrets are not shown."""
    zh, en = _KINDS.get(kind, (kind, kind))
    by_zh, by_en = (f"（插件 {origin}）", f" (plugin {origin})") if origin else ("", "")
    text = said(error, settings)
    return Fault(f"{zh} {name}{by_zh}出错：{text}", f"{en} {name}{by_en} failed: {text}", error)


def provided(plugins: Plugins, registry: Registry[Callable[[S], T]], name: str, settings: S) -> T:
    """What a plugin makes of its settings. Raises ``PluginError`` for an unknown name and for a plugin that fails, or the
    ``MiError`` that it raises itself."""
    factory = registry[name]
    try:
        return factory(settings)
    except (MiError, KeyboardInterrupt):
        raise
    except BaseException as error:  # a plugin's SystemExit ends no program
        fault = fault_of(registry.kind, name, plugins.origin(registry, name), error, settings)
        raise PluginError(
            fault.zh, fault.en, hint_zh="核对它的配置；mi plugins list 查看该插件",
            hint_en="check its configuration; mi plugins list shows the plugin",
        ) from error  # fmt: skip


def said(error: BaseException, settings: Any = None) -> str:
    """Kind and text of an exception without personal data and secrets: plugins put into it what they like."""
    kind = type(error).__name__
    try:
        text = " ".join(str(error).split())
    except BaseException:  # a plugin's exception, whose text is code of its own
        return kind
    for secret in _secrets(settings):
        text = text.replace(secret, "******")
    text = re.sub(_KEY_LIKE, "******", scrub(text))
    return f"{kind}: {text[:_SHOWN]}" if text else kind


def _secrets(settings: Any) -> Iterable[str]:
    names = [a.name for a in attrs.fields(type(settings))] if attrs.has(type(settings)) else ()
    values = (getattr(settings, name, None) for name in names)
    found = [value.reveal() for value in values if isinstance(value, Secret)]
    return sorted((text for text in found if len(text) >= 4), key=len, reverse=True)
