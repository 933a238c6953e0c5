"""``mi regions``: which regional dialects there are, what is known of each and what is not."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from mi_core.cli.plugin_health import TO_DO, fault_of_region
from mi_core.cli.text import print_error, print_json, print_table, t
from mi_core.errors import MiError, PluginError
from mi_core.plugin.manager import REGIONS

if TYPE_CHECKING:
    from mi_core.catalog.regions import RegionData
    from mi_core.plugin import Region, RegionFactory, Registry

__all__ = ["regions"]

_DESCRIBED = {
    "base": ("通用规范", "the base"),
    "whole": ("完整方言", "a whole dialect"),
    "partial": ("部分已知", "known in part"),
}


@click.group(short_help="地区规范 / regional dialects")
def regions() -> None:
    """地区规范：差异、依据、已知与未知。

    Regional dialects: what differs, by which evidence, what is known and what is not.
    """


@regions.command("list", short_help="列出地区 / list the regions")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON / print JSON.")
def list_regions(as_json: bool) -> None:
    """列出自带的与插件提供的地区。

    List the regions that are shipped and those that plugins bring.
    """
    known = _known()
    found = [_summary_or_fault(name, known[name], owner) for name, owner in known.owners().items()]
    if as_json:
        print_json(found)
        return
    columns = [t("名称", "name"), t("地区", "region"), t("描述程度", "described"), t("网关", "gateway")]
    numbers = [(t("有差异", "changed"), {"justify": "right"}), (t("新增", "added"), {"justify": "right"})]
    rows = [
        (r["name"], t(r["title"], r["titleEn"]), t(*_DESCRIBED[r["described"]]), r["gateway"] or "-", len(r["changed"]), len(r["added"]))
        if "error" not in r else (r["name"], "-", t("有错误", "broken"), "-", "-", "-")
        for r in found
    ]  # fmt: skip
    caption = t("详情：mi regions show 名称", "details: mi regions show NAME")
    print_table(t("地区规范", "Regions"), [*columns, *numbers], rows, caption=caption)
    for broken in (r for r in found if "error" in r):
        print_error(f"{broken['name']} ({broken['from']}): {broken['error']}")


@regions.command("show", short_help="一个地区的已知与未知 / what is known of a region")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON / print JSON.")
def show_region(name: str, as_json: bool) -> None:
    """地区 NAME 的依据、默认值、已知与未知，以及有差异和新增的接口。

    Evidence and defaults of region NAME, what is known and what is not, the interfaces that differ or are added.
    """
    from mi_core.config.regions import region_named

    known = _known()
    region = region_named(name, known)
    owner = known.owners()[name]
    fault = None if owner == REGIONS else fault_of_region(name, known[name])
    if fault is not None:
        raise PluginError(
            f"地区 {name} 不能使用：{fault[0]}", f"the region {name} cannot be used: {fault[1]}", hint_zh=TO_DO[0], hint_en=TO_DO[1]
        )  # fmt: skip
    facts = _facts(region)
    report = {**_summary(region, known.owners()[name]), **_told(facts)}
    if as_json:
        print_json(report)
        return
    _print(report, facts)


def _known() -> Registry[RegionFactory]:
    from mi_core.config.regions import known_regions

    return known_regions()


def _facts(region: Region) -> RegionData | None:
    from mi_core.catalog.regions import read_region

    return None if region.folder is None else read_region(region.folder)


def _summary(region: Region, owner: str) -> dict[str, Any]:
    changed, added = _codes(region)
    return {
        "name": region.name, "title": region.title, "titleEn": region.title_en, "described": region.described,
        "gateway": region.gateway, "from": owner, "interfaces": region.interfaces, "changed": changed, "added": added,
    }  # fmt: skip


def _summary_or_fault(name: str, factory: RegionFactory, owner: str) -> dict[str, Any]:
    """One broken region must not hide the others: ``error`` says what is wrong with it."""
    fault = None if owner == REGIONS else fault_of_region(name, factory)  # ours are checked by our tests
    if fault is not None:
        return {"name": name, "from": owner, "error": t(*fault)}
    try:
        return _summary(factory(), owner)
    except Exception as error:  # a plugin's own code: whatever it raises is told beside its region
        told = error.message() if isinstance(error, MiError) else f"{type(error).__name__}: {error}"
        return {"name": name, "from": owner, "error": told}


def _codes(region: Region) -> tuple[list[str], list[str]]:
    """Interfaces with classes of their own: those that the base has too, those that it lacks. Nothing of them is loaded."""
    from mi_core.interfaces import ALL_CODES

    own = getattr(import_module(region.interfaces), "OWN_CODES", ())
    return [c for c in own if c in ALL_CODES], [c for c in own if c not in ALL_CODES]


def _told(facts: RegionData | None) -> dict[str, Any]:
    if facts is None:
        return {"evidence": [], "defaults": {}, "known": [], "unknown": []}
    return {
        "evidence": list(facts.evidence), "defaults": dict(facts.defaults),
        "known": [{"zh": f.zh, "en": f.en, "evidence": f.evidence} for f in facts.known],
        "unknown": [{"zh": f.zh, "en": f.en} for f in facts.unknown],
    }  # fmt: skip


def _print(report: Mapping[str, Any], facts: RegionData | None) -> None:
    say = click.echo
    say(f"{report['name']}  {t(report['title'], report['titleEn'])}  ({t(*_DESCRIBED[report['described']])})")
    say(t(f"来源：{report['from']}", f"from: {report['from']}"))
    if report["gateway"]:
        say(t(f"通常的网关方式：{report['gateway']}", f"usual gateway profile: {report['gateway']}"))
    if report["changed"] or report["added"]:
        n, m, package = len(report["changed"]), len(report["added"]), report["interfaces"]
        say(
            t(
                f"接口：{n} 个有差异，{m} 个新增；类在 {package}",
                f"interfaces: {n} differ, {m} are added; classes in {package}",
            )
        )
        _listed(t("有差异", "differ"), report["changed"])
        _listed(t("新增", "added"), report["added"])
    else:
        say(t("接口：与通用规范相同", "interfaces: those of the base"))
    _section(
        t("默认值（配置优先）", "defaults (the configuration wins)"),
        [f"{k} = {v}" for k, v in report["defaults"].items()],
    )
    _section(t("依据", "evidence"), report["evidence"])
    if facts is not None:
        _section(
            t("已知", "known"),
            [f"{t(f.zh, f.en)}" + (f"  [{f.evidence}]" if f.evidence else "") for f in facts.known],
        )
        _section(t("未知", "not known"), [t(f.zh, f.en) for f in facts.unknown])
    code = (report["changed"] or report["added"] or [""])[0]
    if code:
        say(
            t(
                f"逐项差异：mi catalog diff hunan {report['name']}",
                f"every difference: mi catalog diff hunan {report['name']}",
            )
        )


def _listed(title: str, codes: list[str]) -> None:
    if codes:
        click.echo(f"  {title}: {' '.join(codes)}")


def _section(title: str, lines: list[str]) -> None:
    if lines:
        click.echo(f"{title}:")
        for line in lines:
            click.echo(f"  - {line}")
