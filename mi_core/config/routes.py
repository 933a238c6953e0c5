"""The gateways of one institution: the main one, and further ones for some interfaces (``[institutions.X.gateways.<name>]``)."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import attrs

from mi_core.config import keys
from mi_core.config.model import Route
from mi_core.config.profiles import Profile, profile_of, unknown_profile
from mi_core.errors import PluginError
from mi_core.plugin import GatewaySettings

if TYPE_CHECKING:
    from mi_core.config.load import Reader

__all__ = ["gateway_of", "overlap", "routes_of"]


def gateway_of(reader: Reader, path: tuple[str, ...]) -> tuple[Profile, dict[str, Any]]:
    """The profile that a gateway's table names, and its values by key; what is wrong is told to ``reader``."""
    profile = _profile(reader, path)
    return profile, _values(reader, path, profile.section)


def routes_of(reader: Reader, path: tuple[str, ...]) -> dict[str, Route]:
    """The further gateways by name. No interface may be served by two of them."""
    routes: dict[str, Route] = {}
    if path in reader.tree.values and reader.tree.values[path] != {}:
        reader.wrong(path, "应为表（[…]），不是单个值", "must be a table, not a value")
    served: list[tuple[str, str]] = []
    for name in reader.tree.children(path):
        here = (*path, name)
        profile = _profile(reader, here)
        route = attrs.evolve(keys.ROUTE, required=not profile.serves)
        values = _values(reader, here, keys.Section((*profile.section.keys, route)))
        interfaces = values.pop("interfaces", profile.serves)
        for pattern in interfaces:
            for other, earlier in served:
                if overlap(pattern, earlier):
                    reader.wrong(
                        (*here, "interfaces"),
                        f"{pattern} 与网关 {other} 的 {earlier} 重叠：一个交易只能由一个网关办理",
                        f"{pattern} overlaps {earlier} of gateway {other}: one gateway serves an interface",
                    )
        served += [(name, pattern) for pattern in interfaces]
        if not reader.mistakes:
            routes[name] = Route(gateway=profile.settings(**values), interfaces=interfaces)
    return routes


def _profile(reader: Reader, path: tuple[str, ...]) -> Profile:
    name = reader.tree.values.get((*path, "profile"))
    try:
        return profile_of(name if isinstance(name, str) else "", reader.allow)
    except PluginError as error:
        reader.wrong((*path, "profile"), error.zh, error.en)
        return Profile(GatewaySettings, keys.GATEWAY)


def _values(reader: Reader, path: tuple[str, ...], section: keys.Section) -> dict[str, Any]:
    """The table's values. Where they do not fit because nobody knows the profile, that is the mistake, not its keys.

    A name that nobody knows is none as long as the general keys fit: the program may bring the plugin itself.
    """
    before = len(reader.mistakes)
    values = reader.section(path, section)
    name = reader.tree.values.get((*path, "profile"))
    if len(reader.mistakes) > before and isinstance(name, str) and name:
        with contextlib.suppress(PluginError):  # told already
            if (why := unknown_profile(name, reader.allow)) is not None:
                del reader.mistakes[before:]
                reader.wrong((*path, "profile"), *why)
    return values


def overlap(a: str, b: str) -> bool:
    """Whether two patterns name a common interface."""
    stem, other = a.removesuffix("*"), b.removesuffix("*")
    if a.endswith("*") and b.endswith("*"):
        return stem.startswith(other) or other.startswith(stem)
    return (
        other.startswith(stem) if a.endswith("*") else stem.startswith(other) if b.endswith("*") else a == b
    )
