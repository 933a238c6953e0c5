"""What ``mi catalog`` shows and checks of regions: differences, locks, problems of their overlays."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import attrs
import click

from mi_core.catalog import Catalog, CatalogError, CatalogProblem, data_root
from mi_core.catalog.references import reference_problems
from mi_core.catalog.region_compare import RegionDifference, compare_regions
from mi_core.catalog.region_lock import REGION_LOCK, region_lock_problems, write_region_lock
from mi_core.catalog.regions import read_region, region_catalog, region_folder, shipped_regions
from mi_core.catalog.schema_check import schema_problems
from mi_core.cli.catalog_view import FOLD
from mi_core.cli.text import print_json, print_table, t
from mi_core.errors import UnknownName

__all__ = [
    "catalog_of",
    "chosen_regions",
    "folder_of",
    "is_region",
    "need_two_regions",
    "problems_of",
    "region_option",
    "show_difference",
    "verify_regions",
]

region_option = click.option(
    "region", "--region", help=t("地区名，或含 region.json 的文件夹", "a region's name, or the folder with its region.json")
)  # fmt: skip

_KINDS = {
    "interface added": "新增接口", "interface removed": "没有此接口", "moved": "节点改名", "added": "新增字段", "removed": "没有",
    "changed": "不同", "unsaid": "本地未列", "codes": "代码不同", "behaviour": "办理规则不同",
}  # fmt: skip


def is_region(word: str) -> bool:
    """Whether a word names a region (and no interface): a shipped one, a plugin's or a folder."""
    return (
        word in shipped_regions()
        or (Path(word) / "region.json").is_file()
        or _plugin_folder(word) is not None
    )


def folder_of(region: str) -> Path:
    """The folder of a region by its name (a shipped one, a plugin's) or path; raises :class:`UnknownName`."""
    if region in shipped_regions() or (Path(region) / "region.json").is_file():
        return region_folder(region)
    return _plugin_folder(region) or region_folder(region)


def _plugin_folder(name: str) -> Path | None:
    """Where a region of that name lies that an installed plugin brings; plugins are loaded for a likely name only."""
    from mi_core.config.regions import known_regions

    if not re.fullmatch("[a-z][a-z0-9_]*", name):
        return None
    known = known_regions()
    return known[name]().folder if name in known else None


def need_two_regions(a: str, b: str) -> None:
    """Raise :class:`UnknownName` when one of two words is a region and the other is none."""
    first, second = is_region(a), is_region(b)
    if first == second:
        return
    region, word = (a, b) if first else (b, a)
    raise UnknownName(
        f"{region} 是地区，而 {word} 不是", f"{region} is a region, {word} is none",
        hint_zh="两个都给地区（mi regions list）或都给接口编号", hint_en="give two regions (mi regions list) or two interfaces",
    )  # fmt: skip


def catalog_of(region: str | None, root: Path | None) -> Catalog:
    """The catalogue, as a region has it when one is named."""
    return Catalog(root or data_root()) if region is None else region_catalog(folder_of(region), root)


def chosen_regions(region: str | None, root: Path | None) -> list[Path]:
    """The folders to look at: the named one; else the shipped ones, unless another catalogue is meant."""
    if region is not None:
        return [folder_of(region)]
    return [region_folder(name) for name in shipped_regions()] if root is None else []


def problems_of(folder: Path, root: Path | None) -> list[CatalogProblem]:
    """Everything that is wrong with a region: its facts, overlays, references, schemas and lock."""
    try:
        read_region(folder)
        loaded = region_catalog(folder, root)
        found = loaded.problems()
    except CatalogError as error:
        return list(error.problems)
    if found:
        return found
    return [
        *reference_problems(loaded),
        *schema_problems(loaded),
        *verify_regions([folder], root, write=False),
    ]


def verify_regions(folders: list[Path], root: Path | None, *, write: bool) -> list[CatalogProblem]:
    """Compare (or write anew) the locks of regions. A folder without overlays needs none."""
    out: list[CatalogProblem] = []
    for folder in folders:
        if not (folder / "overlay").is_dir() and not (folder / REGION_LOCK).exists():
            continue
        if write:
            write_region_lock(folder, root)
        out += region_lock_problems(folder, root)
    return out


def show_difference(a: str, b: str, only: str | None, brief: bool, as_json: bool, root: Path | None) -> None:
    """What differs from region ``a`` to region ``b``."""
    before, after = region_catalog(folder_of(a), root), region_catalog(folder_of(b), root)
    if only is not None and only not in before.interfaces and only not in after.interfaces:
        raise UnknownName(f"没有接口 {only}", f"there is no interface {only}")
    found = compare_regions(before, after, only)
    if as_json:
        print_json([attrs.asdict(d) for d in found])
        return
    first, second = Path(a).name, Path(b).name
    title = f"{first} ↔ {second}: {len({d.interface for d in found})} " + t("个接口", "interfaces")
    if brief:
        _brief(title, found)
        return
    print_table(
        title,
        [t("接口", "interface"), t("差异", "kind"), (t("字段", "field"), FOLD), t("名称", "label"), first, second],
        [
            (d.interface, t(_KINDS[d.kind], d.kind), d.path or d.title, d.label, _said(d, 0), _said(d, 1))
            for d in found
        ],
    )  # fmt: skip


def _brief(title: str, found: list[RegionDifference]) -> None:
    kinds: Counter[tuple[str, str]] = Counter((d.interface, d.kind) for d in found)
    titles = {d.interface: d.title for d in found}
    print_table(
        title,
        [t("接口", "interface"), t("名称", "title"), t("差异", "differences")],
        [
            (
                code,
                name,
                t("、", ", ").join(
                    f"{t(zh, kind)} {kinds[code, kind]}" for kind, zh in _KINDS.items() if kinds[code, kind]
                ),
            )
            for code, name in titles.items()
        ],
    )


def _said(difference: RegionDifference, side: int) -> str:
    mine, other = (difference.before, difference.after)[:: -1 if side else 1]
    if mine is None:
        return "" if difference.kind == "behaviour" else "—"
    differing = [v for k, v in mine.items() if v and k != "label" and (other is None or other.get(k) != v)]
    return " ".join(differing) or "·"
