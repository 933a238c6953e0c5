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
from typing import Any

import attrs
import pluggy
from pluggy import HookImpl

from mi_core._version import __version__
from mi_core.errors import PluginError
from mi_core.plugin.allowing import AllowList, read_allow_list
from mi_core.plugin.providers import GatewayFactory, StoreFactory, TransportFactory, ValidatorFactory
from mi_core.plugin.region import RegionFactory
from mi_core.plugin.registry import NameTaken, Registry
from mi_core.plugin.reports import PluginReport, barred, file_of
from mi_core.plugin.specs import HOOK_API, OLDEST_HOOK_API, PROJECT, MiHooks
from mi_core.plugin.values import CallSeen

__all__ = [
    "BUILT_IN",
    "GROUP",
    "PluginReport",
    "Plugins",
    "built_in_gateways",
    "built_in_regions",
    "load_plugins",
]

GROUP = "mi_core"
GATEWAYS = (
    "mi_plugins.gateways.csb",
    "mi_plugins.gateways.csb_seconds",
    "mi_plugins.gateways.tif",
    "mi_plugins.gateways.zj_ca",
    "mi_plugins.gateways.oauth_sm",
    "mi_plugins.gateways.envelope_sm",
    "mi_plugins.gateways.none",
    "mi_plugins.gateways.local_agent",
)
REGIONS = "mi_plugins.regions"
BUILT_IN = (
    *GATEWAYS,
    "mi_plugins.transports.aiohttp_transport",
    "mi_plugins.stores.memory",
    "mi_plugins.stores.sqlite_log",
    "mi_plugins.stores.servers",
    "mi_plugins.validators.catalogue",
    "mi_plugins.validators.mapping",
    REGIONS,
)
"""Modules of this distribution; they register through the same hooks as a third party's plugin."""

_LIFECYCLE = ("mi_observe_", "mi_modify_")
_TRANSPORTS_OWN = frozenset({
    "accept-encoding", "connection", "content-encoding", "content-length", "expect", "host", "te", "trailer",
    "transfer-encoding", "upgrade",
})  # fmt: skip

_log = logging.getLogger("mi_core.plugin")


@attrs.frozen
class Plugins:
    """Everything that plugins provide."""

    gateways: Registry[GatewayFactory]
    transports: Registry[TransportFactory]
    stores: Registry[StoreFactory]
    validators: Registry[ValidatorFactory]
    regions: Registry[RegionFactory]
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

    def origin(self, registry: Registry[Any], name: str) -> str:
        """Distribution and version of the plugin that brought a provider, for texts; of several in one, also which."""
        owner = registry.owners().get(name, "")
        report = next((r for r in self.reports if r.name == owner and r.status == "loaded"), None)
        if report is None:
            return owner
        own = "" if owner in (report.distribution, *BUILT_IN) else f" [{owner}]"
        return f"{report.distribution} {report.version}".strip() + own

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


def built_in_gateways() -> Registry[GatewayFactory]:
    """The gateways of this distribution, without looking for others."""
    registry: Registry[GatewayFactory] = Registry("gateway")
    for module in GATEWAYS:
        registry.owned_by(module)
        import_module(module).mi_register_gateways(registry)
    return registry


def built_in_regions() -> Registry[RegionFactory]:
    """The regions of this distribution, without looking for others; none of them is loaded."""
    registry: Registry[RegionFactory] = Registry("region")
    registry.owned_by(REGIONS)
    import_module(REGIONS).mi_register_regions(registry)
    return registry


def load_plugins(
    *, allow: Sequence[str] = (), strict: bool = False, extra: Iterable[tuple[str, Any]] = (), quiet: bool = False
) -> Plugins:  # fmt: skip
    """Load built-in and installed plugins. ``allow``: when not empty, only these distributions load; see
    :mod:`mi_core.plugin.allowing`.

    ``extra``: plugin objects given by the program itself, by name; they need no entry point and are always allowed.
    ``quiet``: what is left out is reported, not logged.
    Raises :class:`mi_core.errors.PluginError` for a broken plugin when ``strict``; a broken built-in always raises.
    """
    allowed = read_allow_list(allow)
    loading = _Loading(strict, quiet)
    for module in BUILT_IN:
        loading.add(module, "mi-core", __version__, lambda m=module: import_module(m), built_in=True)
    for point in sorted(entry_points(group=GROUP), key=lambda p: (p.dist.name if p.dist else "", p.name)):
        loading.add_entry_point(point, allowed)
    for name, plugin in extra:
        loading.add(name, name, "", lambda p=plugin: p)
    return loading.result()


class _Loading:
    """One run of :func:`load_plugins`."""

    def __init__(self, strict: bool, quiet: bool = False) -> None:
        self.strict, self.quiet = strict, quiet
        self.manager = pluggy.PluginManager(PROJECT)
        self.manager.add_hookspecs(MiHooks)
        self.registries: dict[str, Registry[Any]] = {
            "mi_register_gateways": Registry("gateway"),
            "mi_register_transports": Registry("transport"),
            "mi_register_stores": Registry("operation-log store"),
            "mi_register_validators": Registry("validator"),
            "mi_register_regions": Registry("region"),
        }
        self.reports: list[PluginReport] = []

    def add_entry_point(self, point: EntryPoint, allowed: AllowList) -> None:
        owner, version = (point.dist.name, point.dist.version) if point.dist else ("?", "")
        report = PluginReport(point.name, owner, version, "loaded", entry_point=point.value)
        verdict = allowed.verdict(owner, version)
        if verdict == "allowed":
            self._add(report, point.load)
            return
        self.reports.append(attrs.evolve(report, status="not allowed", **barred(owner, version, verdict)))

    def add(self, name: str, owner: str, version: str, load: Any, *, built_in: bool = False) -> None:
        self._add(PluginReport(name, owner, version, "loaded"), load, built_in=built_in)

    def _add(self, report: PluginReport, load: Any, *, built_in: bool = False) -> None:
        name = report.name
        if self.manager.has_plugin(name):
            self._left_out(report, NameTaken("plugin", name, self._whose(name)), fatal=self.strict)
            return
        try:
            plugin = load()
            report = attrs.evolve(report, file=file_of(plugin))
            self._register(name, plugin)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # SystemExit at import ends no program
            self._take_out(name)
            self._left_out(report, error, fatal=self.strict or built_in)
        else:
            self.reports.append(report)

    def _whose(self, name: str) -> str:
        """A loaded plugin with its distribution."""
        owner = next((r for r in self.reports if r.name == name and r.status == "loaded"), None)
        return (
            f"{name} ({owner.distribution} {owner.version})" if owner and owner.distribution != name else name
        )

    def _left_out(self, report: PluginReport, error: BaseException, *, fatal: bool) -> None:
        name, owner, version = report.name, report.distribution, report.version
        known = error if isinstance(error, PluginError) else None
        text = f"{type(error).__name__}: {error}"
        zh, en = (known.zh, known.en) if known else (text, text)
        if fatal:
            raise PluginError(
                f"插件 {name}（{owner} {version}）无法加载：{zh}",
                f"plugin {name} of {owner} {version} cannot be loaded: {error}",
                hint_zh=f"升级或卸载 {owner}；也可在 mi.toml 的 [plugins] allow 中不列它",
                hint_en=f"upgrade or uninstall {owner}, or leave it out of [plugins] allow in mi.toml",
            ) from error
        if not self.quiet:
            _log.warning("plugin %s of %s %s left out: %s", name, owner, version, error)
        conflict = self._whose(error.owner) if isinstance(error, NameTaken) else ""
        hints = (known.hint_zh, known.hint_en) if known else ("", "")
        self.reports.append(
            attrs.evolve(
                report, status="left out", reason=zh, reason_en=en, conflict=conflict, hint=hints[0], hint_en=hints[1]
            )
        )  # fmt: skip

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
            given = registry.opened_for(name)
            for impl in getattr(self.manager.hook, hook).get_hookimpls():
                if impl.plugin is plugin:
                    impl.function(*(given for _ in impl.argnames))

    def _take_out(self, name: str) -> None:
        plugin = self.manager.get_plugin(name)
        if plugin is not None:
            self.manager.unregister(plugin, name)
        for registry in self.registries.values():
            registry.forget(name)

    def result(self) -> Plugins:
        gateways, transports, stores, validators, regions = self.registries.values()
        return Plugins(gateways, transports, stores, validators, regions, tuple(self.reports), self.manager)
