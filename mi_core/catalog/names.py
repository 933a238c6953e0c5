"""``names.json``: the frozen English names. A name that users have imported never changes with a new source text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

import attrs

from mi_core.catalog.problems import CatalogProblem

__all__ = ["Names", "name_problems", "read_names"]

_SLUG, _CLASS = re.compile(r"[a-z][a-z0-9_]*"), re.compile(r"[A-Z][A-Za-z0-9]*")
_KEYS = frozenset({"slug", "className", "nodes"})


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


def name_problems(raw: Any, file: str) -> Iterator[CatalogProblem]:
    """What keeps a parsed ``names.json`` (of the catalogue or a layer) from being read, each with its place."""
    items = raw.get("interfaces") if isinstance(raw, dict) else None
    if not isinstance(items, dict):
        yield CatalogProblem(
            file, "", '应为 {"interfaces": {交易编号: …}}', 'must be {"interfaces": {code: …}}'
        )
        return
    for key in sorted(raw.keys() - {"interfaces"}):
        yield CatalogProblem(file, f"/{key}", "未知键", "unknown key")
    for code, item in items.items():
        place = f"/interfaces/{code}"
        if not isinstance(item, dict):
            yield CatalogProblem(
                file,
                place,
                "应为含 slug、className、nodes 的对象",
                "must be an object of slug, className, nodes",
            )
            continue
        for key in sorted(item.keys() - _KEYS):
            yield CatalogProblem(file, f"{place}/{key}", "未知键", "unknown key")
        if ("slug" in item) != ("className" in item):
            yield CatalogProblem(
                file, place, "slug 与 className 须同时给出", "slug and className come together"
            )
        named = {"slug": (item.get("slug", "x"), _SLUG), "className": (item.get("className", "X"), _CLASS)}
        nodes = item.get("nodes", {})
        if isinstance(nodes, dict):
            named |= {f"nodes/{path}": (name, _CLASS) for path, name in nodes.items()}
        else:
            yield CatalogProblem(
                file, f"{place}/nodes", "应为 {节点路径: 类名}", "must be {path of a node: class}"
            )
        for key, (name, form) in named.items():
            if not isinstance(name, str) or not form.fullmatch(name):
                yield CatalogProblem(
                    file, f"{place}/{key}", f"{name!r} 不是有效的名称（{form.pattern}）", f"{name!r} is no name ({form.pattern})"
                )  # fmt: skip
