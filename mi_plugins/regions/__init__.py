"""Regions: what differs from the base, as overlays (data), generated packages and defaults. See ``interface_catalog/README.md``.

Each folder is a plugin of the shape that a third party's has. A client that does not name a region does not load it: here
only the names are registered, and a region's own hook is asked when an institution names it.
"""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import Final

from mi_core.plugin import Region, RegionFactory, Registry, hookimpl

__all__ = ["SHIPPED"]

SHIPPED: Final = ("hunan", "chongqing", "foshan", "guangzhou", "jiangsu", "jilin", "shenzhen", "zhejiang")
"""The base first."""


@hookimpl
def mi_register_regions(registry: Registry[RegionFactory]) -> None:
    for name in SHIPPED:
        registry.add(name, partial(_shipped, name))


def _shipped(name: str) -> Region:
    own: Registry[RegionFactory] = Registry("region")
    import_module(f"{__name__}.{name}").mi_register_regions(own)
    return own[name]()
