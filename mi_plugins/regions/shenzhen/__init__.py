"""The region shenzhen: its overlays, its classes."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from mi_core.plugin import Region, RegionFactory, Registry, hookimpl


@hookimpl
def mi_register_regions(registry: Registry[RegionFactory]) -> None:
    registry.add("shenzhen", partial(Region.at, Path(__file__).parent, __name__))
