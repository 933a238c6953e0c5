"""Finds, checks and loads plugins: the built-in ones by name, others by the entry-point group ``mi_core``.

A broken plugin is told by the name of its distribution and left out as a whole; ``strict`` makes it an error.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from inspect import iscoroutinefunction
from typing import Any, Literal

import attrs
import pluggy
from pluggy import HookImpl

from mi_core._version import __version__
from mi_core.errors import PluginError
from mi_core.plugin.providers import GatewayFactory, StoreFactory, TransportFactory, ValidatorFactory
from mi_core.plugin.registry import Registry
from mi_core.plugin.specs import HOOK_API, OLDEST_HOOK_API, PROJECT, MiHooks
from mi_core.plugin.values import CallSeen

__all__ = ["BUILT_IN", "GROUP", "PluginReport", "Plugins", "load_plugins"]

GROUP = "mi_core"
BUILT_IN = (
    "mi_plugins.gateways.csb",
    "mi_plugins.gateways.none",
    "mi_plugins.transports.aiohttp_transport",
    "mi_plugins.stores.memory",
    "mi_plugins.stores.sqlite_log",
    "mi_plugins.stores.servers",
    "mi_plugins.validators.catalogue",
)
"""Modules of this distribution; they register through the same hooks as a third party's plugin."""

_LIFECYCLE = ("mi_observe_", "mi_modify_")
_TRANSPORTS_OWN = frozenset({
    "accept-encoding", "connection", "content-encoding", "content-length", "expect", "host", "te", "trailer",
    "transfer-encoding", "upgrade",
})  # fmt: skip

_log = logging.getLogger("mi_core.plugin")


@attrs.frozen
class PluginReport:
    """What became of one plugin."""

    name: str
    distribution: str
    version: str
    status: Literal["loaded", "not allowed", "left out"]
    reason: str = ""


@attrs.frozen
class Plugins:
    """Everything that plugins provide."""

    gateways: Registry[GatewayFactory]
    transports: Registry[TransportFactory]
    stores: Registry[StoreFactory]
    validators: Registry[ValidatorFactory]
    reports: tuple[PluginReport, ...]
    manager: pluggy.PluginManager = attrs.field(repr=False)
    _hooks: Mapping[str, tuple[HookImpl, ...]] = attrs.field(init=False, repr=False)
    """Lifecycle hook -> who implements it, in calling order; looked up once, because every call asks."""

    @_hooks.default
    def _implementations(self) -> Mapping[str, tuple[HookImpl, ...]]:
        callers = vars(self.manager.hook).items()
        return {
            name: tuple(reversed(c.get_hookimpls())) for name, c in callers if name.startswith(_LIFECYCLE)
        }

    def observed(self, hook: str) -> bool:
        """Whether anybody implements ``mi_observe_<hook>``."""
        return bool(self._hooks[f"mi_observe_{hook}"])

    @property
    def adds_headers(self) -> bool:
        """Whether anybody implements ``mi_modify_http_headers``."""
        return bool(self._hooks["mi_modify_http_headers"])

    def observe(self, hook: str, **arguments: Any) -> None:
        """Call ``mi_observe_<hook>`` of every plugin; what they return or raise has no effect on the call."""
        for impl in self._hooks[f"mi_observe_{hook}"]:
            try:
                impl.function(*(arguments[name] for name in impl.argnames))
            except KeyboardInterrupt:
                raise
            except BaseException:  # SystemExit ends no client, CancelledError no call
                _log.exception("plugin %s: mi_observe_%s raised", impl.plugin_name, hook)

    def headers(self, call: CallSeen, own: Mapping[str, str]) -> Mapping[str, str]:
        """``own`` headers with what ``mi_modify_http_headers`` adds, chained; ``own`` are never changed or dropped."""
        impls = self._hooks["mi_modify_http_headers"]
        if not impls:
            return own
        taken = _TRANSPORTS_OWN | {name.lower() for name in own}
        added: dict[str, str] = {}
        for impl in impls:
            offered: dict[str, Any] = {"call": call, "headers": {**added, **dict.fromkeys(own, "******")}}
            try:
                result: Any = impl.function(*(offered[name] for name in impl.argnames))
                if result is not None:
                    added = {
                        _header_name(k): _header_value(v) for k, v in result.items() if k.lower() not in taken
                    }
            except KeyboardInterrupt:
                raise
            except BaseException:
                _log.exception("plugin %s: mi_modify_http_headers raised, left out", impl.plugin_name)
        return {**added, **own}


def _header_name(name: object) -> str:
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", name):
        raise TypeError("a header name is a token")
    return name


def _header_value(value: object) -> str:
    if not isinstance(value, str) or any(ord(c) < 32 or ord(c) == 127 for c in value):
        raise TypeError("a header value is a text without control characters")
    return value


def load_plugins(
    *, allow: Sequence[str] = (), strict: bool = False, extra: Iterable[tuple[str, Any]] = ()
) -> Plugins:
    """Load built-in and installed plugins. ``allow``: when not empty, only these distributions (or plugin names) load.

    ``extra``: plugin objects given by the program itself, by name; they need no entry point and are always allowed.
    Raises :class:`mi_core.errors.PluginError` for a broken plugin when ``strict``; a broken built-in always raises.
    """
    loading = _Loading(strict)
    for module in BUILT_IN:
        loading.add(module, "mi-core", __version__, lambda m=module: import_module(m), built_in=True)
    for point in sorted(entry_points(group=GROUP), key=lambda p: (p.dist.name if p.dist else "", p.name)):
        loading.add_entry_point(point, allow)
    for name, plugin in extra:
        loading.add(name, name, "", lambda p=plugin: p)
    return loading.result()


class _Loading:
    """One run of :func:`load_plugins`."""

    def __init__(self, strict: bool) -> None:
        self.strict = strict
        self.manager = pluggy.PluginManager(PROJECT)
        self.manager.add_hookspecs(MiHooks)
        self.registries: dict[str, Registry[Any]] = {
            "mi_register_gateways": Registry("gateway"),
            "mi_register_transports": Registry("transport"),
            "mi_register_stores": Registry("operation-log store"),
            "mi_register_validators": Registry("validator"),
        }
        self.reports: list[PluginReport] = []

    def add_entry_point(self, point: EntryPoint, allow: Sequence[str]) -> None:
        owner, version = (point.dist.name, point.dist.version) if point.dist else ("?", "")
        if allow and not {point.name, owner, f"{owner}=={version}"} & set(allow):
            reason = f"[plugins] allow does not name {owner}"
            self.reports.append(PluginReport(point.name, owner, version, "not allowed", reason))
            return
        self.add(point.name, owner, version, point.load)

    def add(self, name: str, owner: str, version: str, load: Any, *, built_in: bool = False) -> None:
        if self.manager.has_plugin(name):
            taken = PluginError(f"名称 {name} 已被占用", f"the name {name} is taken")
            self._left_out(name, owner, version, taken, fatal=self.strict)
            return
        try:
            self._register(name, load())
        except (Exception, SystemExit) as error:
            self._take_out(name)
            self._left_out(name, owner, version, error, fatal=self.strict or built_in)
        else:
            self.reports.append(PluginReport(name, owner, version, "loaded"))

    def _left_out(self, name: str, owner: str, version: str, error: BaseException, *, fatal: bool) -> None:
        reason = error.zh if isinstance(error, PluginError) else f"{type(error).__name__}: {error}"
        if fatal:
            raise PluginError(
                f"插件 {name}（{owner} {version}）无法加载：{reason}",
                f"plugin {name} of {owner} {version} cannot be loaded: {error}",
                hint_zh=f"升级或卸载 {owner}；也可在 mi.toml 的 [plugins] allow 中不列它",
                hint_en=f"upgrade or uninstall {owner}, or leave it out of [plugins] allow in mi.toml",
            ) from error
        _log.warning("plugin %s of %s %s left out: %s", name, owner, version, error)
        self.reports.append(PluginReport(name, owner, version, "left out", reason))

    def _register(self, name: str, plugin: Any) -> None:
        needed = getattr(plugin, "MI_HOOK_API", HOOK_API)
        if not isinstance(needed, int) or not OLDEST_HOOK_API <= needed <= HOOK_API:
            raise PluginError(
                f"需要 HOOK_API {needed}，本版本支持 {OLDEST_HOOK_API}–{HOOK_API}",
                f"needs HOOK_API {needed}, this version supports {OLDEST_HOOK_API} to {HOOK_API}",
            )
        self.manager.register(plugin, name)
        self.manager.check_pending()
        for caller in self.manager.get_hookcallers(plugin) or ():
            if any(i.plugin is plugin and iscoroutinefunction(i.function) for i in caller.get_hookimpls()):
                raise PluginError(f"{caller.name} 不能是 async 函数", f"{caller.name} must not be async")
        for hook, registry in self.registries.items():
            registry.owned_by(name)
            for impl in getattr(self.manager.hook, hook).get_hookimpls():
                if impl.plugin is plugin:
                    impl.function(*(registry for _ in impl.argnames))

    def _take_out(self, name: str) -> None:
        plugin = self.manager.get_plugin(name)
        if plugin is not None:
            self.manager.unregister(plugin, name)
        for registry in self.registries.values():
            registry.forget(name)

    def result(self) -> Plugins:
        gateways, transports, stores, validators = self.registries.values()
        return Plugins(gateways, transports, stores, validators, tuple(self.reports), self.manager)
