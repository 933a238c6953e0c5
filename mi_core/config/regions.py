"""The region of an institution: found by its name, and what it says beneath the institution's own configuration."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from mi_core.config.model import Config, Institution
from mi_core.errors import ConfigError, MiError
from mi_core.plugin import Region, RegionFactory, Registry
from mi_core.plugin.manager import built_in_regions, load_plugins
from mi_core.plugin.region import BASE_REGION

if TYPE_CHECKING:
    from mi_core.config.load import Reader

__all__ = [
    "beneath",
    "check_head_extras",
    "known_regions",
    "region_named",
    "region_of",
    "usual_gateway",
    "with_regions",
]


def known_regions(allow: Sequence[str] = ()) -> Registry[RegionFactory]:
    """Every region by name: the built-in ones and those of installed plugins."""
    return load_plugins(allow=allow, quiet=True).regions


def region_named(name: str, regions: Registry[RegionFactory]) -> Region:
    """The region of that name; raises ``ConfigError`` naming the known ones."""
    if name not in regions:
        known = "、".join(sorted(regions))
        raise ConfigError(
            f"没有地区 {name}；可用：{known}", f"there is no region {name}; known: {known.replace('、', ', ')}",
            hint_zh="其他地区须安装相应插件（mi regions list）", hint_en="others come with their plugin (mi regions list)",
        )  # fmt: skip
    return regions[name]()


def region_of(reader: Reader, here: tuple[str, ...]) -> Region | None:
    """The region that an institution's table names, ``None`` for the base. A wrong one is told to ``reader``."""
    name = reader.tree.values.get((*here, "region"), BASE_REGION)
    if name == BASE_REGION or not isinstance(name, str):
        return None
    try:
        built_in = built_in_regions()
        return region_named(name, built_in if name in built_in else known_regions(reader.allow))
    except MiError as error:
        reader.wrong((*here, "region"), error.zh, error.en)
        return None


def usual_gateway(reader: Reader, here: tuple[str, ...], region: Region | None) -> None:
    """The gateway profile of the region, where the institution names none."""
    place = (*here, "gateway", "profile")
    if region is not None and region.gateway and place not in reader.tree.values:
        reader.tree.put(place, region.gateway, f"region {region.name}")


def beneath(region: Region | None, own: Mapping[str, Any], recovery: Mapping[str, Any]) -> tuple[Any, Any]:
    """The keys of an institution and of its recovery, with the region's where they say nothing."""
    if region is None:
        return own, recovery
    given: dict[str, Any] = {
        "infver": region.infver,
        "recer_sys_code": region.recer_sys_code,
        "refusals": region.refusals,
    }
    asked: dict[str, Any] = {
        "reversible": region.reversible,
        "query_without_setl_id": region.query_without_setl_id,
    }
    return _joined(given, own), _joined(asked, recovery)


def _joined(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in below.items() if value not in ("", (), None)} | dict(above)


def check_head_extras(
    reader: Reader, here: tuple[str, ...], extras: Collection[str], region: Region | None, profiles: Collection[str]
) -> None:  # fmt: skip
    """A field of the head that neither the region nor a gateway profile of the institution has is a mistake."""
    known = {*profiles, *(() if region is None else region.head_extras)}
    for name in extras:
        if name not in known:
            listed = "、".join(sorted(known)) or "-"
            reader.wrong(
                (*here, "head_extras", name),
                f"本地区与网关方式都没有此附加报文头；可用：{listed}",
                f"neither the region nor the gateway profile has such a field of the head; known: {listed.replace('、', ', ')}",
            )


def with_regions(config: Config, regions: Registry[RegionFactory]) -> Config:
    """The configuration with every institution's region resolved, by a client's own plugins where they have it."""
    if all(one.region == BASE_REGION for one in config.institutions.values()):
        return config
    return attrs.evolve(
        config, institutions={code: _resolved(i, regions) for code, i in config.institutions.items()}
    )


def _resolved(institution: Institution, regions: Registry[RegionFactory]) -> Institution:
    name, known = institution.region, institution.dialect
    if name == BASE_REGION or (name not in regions and known is not None):
        return institution
    return attrs.evolve(institution, dialect=region_named(name, regions))
