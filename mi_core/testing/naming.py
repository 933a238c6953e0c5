"""What a test may call an interface, a region and a member of a message, and what is said of a name that does not exist."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mi_core.errors import UnknownName
from mi_core.model import FieldSpec, Interface, InterfaceSpec, NodeSpec
from mi_core.plugin import Region

__all__ = ["interface_named", "member_named", "region_named"]


def region_named(name: str) -> Region:
    """A region by its name, shipped or of an installed plugin. Raises ``ConfigError`` naming the known ones."""
    from mi_core.config.regions import known_regions, region_named

    return region_named(name, known_regions())


def interface_named(code: str, region: Region | None = None) -> Interface[Any]:
    """The interface of that code, of the base or of ``region``. Raises ``UnknownName`` with those it may be."""
    from mi_core.interfaces import by_code

    try:
        return by_code(code) if region is None else region.by_code(code)
    except KeyError:
        raise _unknown_code(code, region) from None


def _unknown_code(code: str, region: Region | None) -> UnknownName:
    from mi_core.catalog import load_catalog
    from mi_core.catalog.regions import region_catalog

    folder = None if region is None else region.folder
    catalog = load_catalog() if folder is None else region_catalog(folder)
    titles = {c: spec.title for c, spec in catalog.interfaces.items()}
    near = [c for c in titles if c.casefold() == code.casefold()] or _near(code, titles)
    by_title = [c for c, title in titles.items() if code and code in title][:3]
    listed = "、".join(f"{c} {titles[c]}" for c in near or by_title)
    where, there = (f"地区 {region.name} ", f"in {region.name}") if region else ("", "in the catalogue")
    return UnknownName(
        f"{where}没有接口 {code}", f"there is no interface {code} {there}",
        hint_zh=f"是否指 {listed}" if listed else "用 mi catalog search 查找；地区特有的接口请给出该地区的类",
        hint_en=f"did you mean {listed.replace('、', ', ')}?" if listed
        else "look for it with mi catalog search; one that only a region has is named by that region's class",
    )  # fmt: skip


def member_named(spec: InterfaceSpec, steps: list[str]) -> None:
    """Raise ``UnknownName`` unless the interface's reply has this member, given by the names on its way."""
    node: Any = spec.output
    for place, name in enumerate(steps):
        known = {m.code: m for m in node.members} if isinstance(node, NodeSpec) else {}
        if name not in known:
            way = ".".join([spec.code, "output", *steps[:place]])
            near = ", ".join(_near(name, known)) or ", ".join(list(known)[:8])
            raise UnknownName(
                f"{way} 中没有 {name}", f"{way} has no {name}",
                hint_zh=f"是否指 {near}；mi catalog show {spec.code} 列出全部" if near else f"mi catalog show {spec.code} 列出全部",
                hint_en=f"did you mean {near}? mi catalog show {spec.code} lists all" if near else f"see: mi catalog show {spec.code}",
            )  # fmt: skip
        node = known[name]
    assert isinstance(node, FieldSpec | NodeSpec)


def _near(name: str, known: Iterable[str]) -> list[str]:
    from difflib import get_close_matches

    return get_close_matches(name, list(known), 3, 0.6)
