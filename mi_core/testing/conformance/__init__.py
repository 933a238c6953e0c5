"""The contract of every kind of provider, as checks that a plugin runs against itself: ``pytest --mi-plugin NAME``.

What a check needs and cannot guess stands in a module named by ``--mi-counterpart``; each of its functions is optional:

``settings(kind, name, folder)``
    Settings for the provider ``name`` of ``kind`` (``gateway transport store``), ``None`` for the ones made here: from
    the gateway's ``settings_class`` with its examples and secrets of our own, a store below ``folder``.
``gateway_read(name, settings, request)``
    The message in a sealed request, as the other side reads it.
``gateway_answer(name, settings, request, body)``
    The ``HttpReply`` that carries ``body``, as the other side would seal it.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import attrs

from mi_core.errors import PluginError
from mi_core.plugin.manager import PluginReport, Plugins, load_plugins
from mi_core.plugin.reports import near_names, reports_of

__all__ = ["Check", "NotApplicable", "Subject", "checks_of", "subject"]


class NotApplicable(Exception):
    """The check says nothing about this provider; the text says why, or what to give."""


@attrs.frozen
class Subject:
    """The plugin that is looked at."""

    report: PluginReport
    plugins: Plugins
    counterpart: ModuleType | None = None

    def providers(self, kind: str) -> Iterator[tuple[str, Any]]:
        """Name and factory of everything the plugin registered in ``gateways``, ``stores`` …"""
        registry = getattr(self.plugins, kind, None)
        if registry is not None:
            owners = registry.owners()
            yield from (
                (name, factory) for name, factory in registry.items() if owners[name] == self.report.name
            )

    def given(self, function: str, *arguments: Any) -> Any:
        """What the counterpart says; ``None`` without one."""
        known = getattr(self.counterpart, function, None)
        return None if known is None else known(*arguments)

    @property
    def plugin(self) -> Any:
        """The plugin's module or object."""
        return self.plugins.manager.get_plugin(self.report.name)


@attrs.frozen
class Check:
    """One thing that is looked at. ``run`` gets an empty folder; it raises ``AssertionError`` or :class:`NotApplicable`."""

    name: str
    run: Callable[[Path], Awaitable[None] | None]


def subject(name: str, counterpart: ModuleType | None = None) -> Subject:
    """The installed plugin of that entry point or distribution name; raises :class:`PluginError` when it is not there."""
    plugins = load_plugins()
    found = reports_of(plugins.reports, name)
    if not found:
        known = ", ".join(near_names(plugins.reports, name))
        raise PluginError(
            f"没有安装插件 {name}", f"no plugin {name} is installed",
            hint_zh=f"{f'是否指 {known}；' if known else ''}在插件的文件夹中运行 pip install -e .，mi plugins list 列出已安装的",
            hint_en=f"{f'did you mean {known}? ' if known else ''}run pip install -e . in the plugin's folder; mi plugins list shows"
            " what is installed",
        )  # fmt: skip
    return Subject(found[0], plugins, counterpart)


def checks_of(whole: Subject) -> Iterator[Check]:
    """Every check that concerns the plugin."""
    from mi_core.testing.conformance import gateways, hooks, regions, stores, transports, validators

    yield from _each("plugin", whole, (whole,), hooks.CHECKS)
    if whole.report.status != "loaded":
        return
    for kind, checks in (
        ("gateways", gateways.CHECKS), ("transports", transports.CHECKS), ("stores", stores.CHECKS),
        ("validators", validators.CHECKS), ("regions", regions.CHECKS),
    ):  # fmt: skip
        for name, factory in whole.providers(kind):
            yield from _each(f"{kind.removesuffix('s')} {name}", whole, (whole, name, factory), checks)


def _each(
    about: str, whole: Subject, arguments: tuple[Any, ...], checks: tuple[Callable[..., Any], ...]
) -> Iterator[Check]:
    for check in checks:
        title = check.__name__.replace("_", " ")
        wants_folder = "folder" in inspect.signature(check).parameters

        def run(folder: Path, check: Any = check, wants: bool = wants_folder) -> Any:
            return check(*arguments, folder) if wants else check(*arguments)

        yield Check(f"{about}: {title}", run)
