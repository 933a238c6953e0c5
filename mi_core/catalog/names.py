"""``names.json``: the frozen English names. A name that users have imported never changes with a new source text."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import attrs

__all__ = ["Names", "read_names"]


def _frozen(value: Mapping[str, Any]) -> Mapping[str, Any]:
    return MappingProxyType(dict(value))


@attrs.frozen
class Names:
    """Interface code -> slug and class name; node path -> class name of its rows. Order is the specification's."""

    slugs: Mapping[str, str] = attrs.field(converter=_frozen)
    classes: Mapping[str, str] = attrs.field(converter=_frozen)
    nodes: Mapping[str, Mapping[str, str]] = attrs.field(converter=_frozen)

    def node_class(self, interface: str, path: str) -> str:
        """Class name of the rows of a node, e.g. ``("2203", "input.diseinfo")`` -> ``Diagnosis``.

        Raises :class:`KeyError` for a node that has no name yet.
        """
        return self.nodes[interface][path]


def read_names(raw: Any) -> Names:
    """From the parsed file ``{"interfaces": {code: {"slug", "className", "nodes": {path: class}}}}``."""
    items: Mapping[str, Mapping[str, Any]] = raw["interfaces"]
    return Names(
        {code: item["slug"] for code, item in items.items()},
        {code: item["className"] for code, item in items.items()},
        {code: _frozen(item.get("nodes", {})) for code, item in items.items()},
    )
