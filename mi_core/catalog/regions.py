"""Regions as data: where their folders lie, what ``region.json`` says, and the catalogue as one region has it.

A region's folder is a layer (:mod:`mi_core.catalog.layers`) with a ``region.json`` beside it. The shipped ones lie in
``mi_plugins/regions``, which is looked for beside this package and never imported.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import attrs

from mi_core.catalog.catalog import DEFAULT_OVERLAYS, Catalog
from mi_core.catalog.files import read_json
from mi_core.catalog.paths import data_root
from mi_core.catalog.problems import CatalogError, CatalogProblem
from mi_core.errors import UnknownName

__all__ = [
    "BASE_REGION",
    "DESCRIBED",
    "Fact",
    "RegionData",
    "read_region",
    "region_catalog",
    "region_folder",
    "shipped_regions",
]

BASE_REGION = "hunan"
"""The region whose tables the catalogue itself transcribes: it needs no overlay."""

DESCRIBED = ("base", "whole", "partial")
"""What ``described`` may say."""

_KEYS = frozenset(
    {"name", "title", "titleEn", "described", "evidence", "defaults", "known", "unknown", "import"}
)


def _frozen(value: Mapping[str, Any]) -> Mapping[str, Any]:
    return MappingProxyType(dict(value))


@attrs.frozen
class Fact:
    """Something that is known of a region with its evidence, or something that is not (then without)."""

    zh: str
    en: str
    evidence: str = ""


@attrs.frozen
class RegionData:
    """What ``region.json`` says. ``described``: ``base``, ``whole`` (a dialect with all its tables) or ``partial``."""

    name: str
    title: str
    title_en: str
    described: str
    folder: Path
    evidence: tuple[str, ...] = ()
    defaults: Mapping[str, Any] = attrs.field(factory=dict, converter=_frozen)
    """What the runtime takes for an institution of the region; a missing key is not known."""
    known: tuple[Fact, ...] = ()
    unknown: tuple[Fact, ...] = ()
    decisions: Mapping[str, Any] = attrs.field(factory=dict, converter=_frozen)
    """``import``: what people decided for the tool that writes the overlays."""


def _regions_folder() -> Path:
    return Path(__file__).resolve().parents[2] / "mi_plugins" / "regions"


def shipped_regions() -> tuple[str, ...]:
    """Names of the regions that come with the package, the base first; the same in a checkout and in a wheel."""
    names = sorted(path.parent.name for path in _regions_folder().glob("*/region.json"))
    return tuple(sorted(names, key=lambda name: name != BASE_REGION))


def region_folder(region: str | Path) -> Path:
    """The folder of a shipped region, or the given folder; raises :class:`UnknownName` when it is no region's."""
    folder = region if isinstance(region, Path) else _regions_folder() / region
    if isinstance(region, str) and region not in shipped_regions():
        folder = Path(region)
    if not (folder / "region.json").is_file():
        known = "、".join(shipped_regions())
        raise UnknownName(
            f"没有地区 {region}", f"there is no region {region}",
            hint_zh=f"自带的地区：{known}；插件的地区请给出含 region.json 的文件夹",
            hint_en=f"shipped: {known.replace('、', ', ')}; for a plugin's give the folder with its region.json",
        )  # fmt: skip
    return folder.resolve()


def read_region(region: str | Path) -> RegionData:
    """The facts of a region; raises :class:`CatalogError` when the file is not sound."""
    folder = region_folder(region)
    raw = read_json(folder / "region.json", folder)
    file = f"{folder.name}/region.json"
    wrong = _faults(raw, folder.name)
    if folder.name in shipped_regions() and not _is_shipped(folder):
        wrong.append(
            ("name", "与自带的地区同名，请另取名称", "is the name of a region that is shipped: take another")
        )
    if wrong:
        raise CatalogError([CatalogProblem(file, f"/{key}", zh, en) for key, zh, en in wrong])
    return RegionData(
        raw["name"], raw["title"], raw["titleEn"], raw["described"], folder, tuple(raw["evidence"]),
        raw.get("defaults", {}), _facts(raw.get("known", ())), _facts(raw.get("unknown", ())), raw.get("import", {}),
    )  # fmt: skip


def _is_shipped(folder: Path) -> bool:
    return folder.parent == _regions_folder().resolve()


def _facts(raw: Any) -> tuple[Fact, ...]:
    return tuple(Fact(item["zh"], item["en"], item.get("evidence", "")) for item in raw)


def _faults(raw: Any, name: str) -> list[tuple[str, str, str]]:
    if not isinstance(raw, dict):
        return [("", "应为对象", "must be an object")]
    out = [
        (key, f"缺少 {key}", f"{key} is missing")
        for key in ("name", "title", "titleEn", "described")
        if not isinstance(raw.get(key), str)
    ]
    evidence = raw.get("evidence")
    if not isinstance(evidence, list) or not all(isinstance(one, str) for one in evidence):
        out.append(("evidence", "缺少 evidence 文本列表", "the list evidence, of texts, is missing"))
    if isinstance(raw.get("described"), str) and raw["described"] not in DESCRIBED:
        listed = ", ".join(DESCRIBED)
        out.append(("described", f"{raw['described']!r} 无效，应为 {listed} 之一",
                    f"is {raw['described']!r}, must be one of {listed}"))  # fmt: skip
    out += [
        (key, "应为对象", "must be an object")
        for key in ("defaults", "import")
        if not isinstance(raw.get(key, {}), dict)
    ]
    out += [
        (key, "应为含文本 zh 与 en（及 evidence）的列表", "must be a list of texts zh and en (and evidence)")
        for key in ("known", "unknown")
        if not _are_facts(raw.get(key, []))
    ]
    out += [(key, "未知键", "unknown key") for key in sorted(raw.keys() - _KEYS)]
    if raw.get("name") not in (None, name):
        out.append(("name", f"应与文件夹 {name} 同名", f"must be the folder's name {name}"))
    return out


def _are_facts(raw: Any) -> bool:
    return isinstance(raw, list) and all(
        isinstance(one, dict)
        and {"zh", "en"} <= one.keys() <= {"zh", "en", "evidence"}
        and all(isinstance(text, str) for text in one.values())
        for one in raw
    )


def region_catalog(region: str | Path, root: Path | None = None) -> Catalog:
    """The catalogue as a region has it, read as far as it is asked for. Cached for the shipped catalogue."""
    folder = region_folder(region)
    return _cached(folder) if root is None else Catalog(root, DEFAULT_OVERLAYS, (folder,))


@lru_cache(maxsize=16)
def _cached(folder: Path) -> Catalog:
    return Catalog(data_root(), DEFAULT_OVERLAYS, (folder,))
