"""``mi plugins``: what is installed, what was loaded, what was left out and why; the hooks a plugin may implement."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mi_core.cli.plugin_health import TO_DO, region_faults
from mi_core.cli.text import console, print_json, print_table, t
from mi_core.errors import ConfigError, UnknownName, language
from mi_core.plugin.reports import near_names, reports_of

if TYPE_CHECKING:
    from mi_core.plugin.manager import PluginReport, Plugins

__all__ = ["plugins"]

_MARK = {"loaded": "✓", "not allowed": "-", "left out": "✗", "broken": "✗"}
_KINDS = ("gateways", "transports", "stores", "validators", "regions")

_config = click.option(
    "--config",
    type=click.Path(dir_okay=False),
    help="配置文件，默认 mi.toml（只读其中的 [plugins]） / configuration file.",
)
_json = click.option("--json", "as_json", is_flag=True, help="输出 JSON / print JSON.")


@click.group(short_help="插件：来源、状态、接口参考 / plugins: where from, what state, hook reference")
def plugins() -> None:
    """插件的来源与状态，以及可用的接口。

    Where plugins come from, what became of them, and the hooks there are.
    """


@plugins.command("list", short_help="列出全部插件 / list all plugins")
@_config
@click.option("--all", "everything", is_flag=True, help="也列出自带的 / the built-in ones as well.")
@_json
def listed(config: str | None, everything: bool, as_json: bool) -> None:
    """列出插件：软件包与版本、是否加载、未加载的原因、名称冲突。退出码：0 正常，1 有插件损坏。

    List plugins: distribution and version, loaded or not and why, conflicts. Exit codes: 0 all right, 1 one is broken.
    """
    found = _load(config)
    rows = [_row(found, r) for r in found.reports if everything or as_json or r.distribution != "mi-core"]
    if as_json:
        print_json({"plugins": rows})
    else:
        built_in = sum(r.distribution == "mi-core" for r in found.reports)
        note = (
            None
            if everything
            else t(f"另有自带 {built_in} 个（--all）", f"and {built_in} built-in ones (--all)")
        )
        columns = [
            "",
            t("插件", "plugin"),
            t("软件包", "distribution"),
            t("提供", "provides"),
            t("说明", "remark"),
        ]
        print_table(t("插件", "Plugins"), columns, [_cells(row) for row in rows], caption=note)
    if any(r.status == "left out" for r in found.reports) or any(row["status"] == "broken" for row in rows):
        raise SystemExit(1)


@plugins.command(short_help="一个插件的全部情况 / everything about one plugin")
@click.argument("name")
@_config
@_json
def show(name: str, config: str | None, as_json: bool) -> None:
    """显示插件 NAME（插件名或软件包名）：来源、文件、提供的内容、实现的接口。

    Show plugin NAME (its own or its distribution's name): origin, file, what it provides, which hooks it implements.
    """
    found = _load(config)
    reports = _reports(found, name)
    if not reports and (told := _told_of_provider(found, name)):  # the name of something that a plugin brings
        reports = _bringing(found, name)
        for line in told if not as_json else ():
            click.echo(line)
    rows = [_row(found, report) for report in reports or _named(found, name)]
    if as_json:
        print_json({"plugins": rows})
        return
    words = {
        "name": t("插件", "plugin"), "distribution": t("软件包", "distribution"), "version": t("版本", "version"),
        "status": t("状态", "status"), "reason": t("原因", "reason"), "do": t("处理", "what to do"),
        "entry_point": t("入口", "entry point"), "file": t("文件", "file"), "provides": t("提供", "provides"),
        "hooks": t("实现的接口", "hooks"), "conflict": t("冲突", "conflict"),
    }  # fmt: skip
    for row in rows:
        shown = [(words[key], _text(value)) for key, value in row.items() if key in words and value]
        print_table("", [t("项目", "item"), t("内容", "content")], shown)


@plugins.command(short_help="为什么（没有）加载 / why it is loaded or not")
@click.argument("name")
@_config
def why(name: str, config: str | None) -> None:
    """说明插件、软件包或名称 NAME（如 csb）为什么可用或不可用，应怎样处理。退出码：0 可用，1 不可用。

    Say why a plugin, a distribution or a provider NAME (such as csb) can be used or not, and what to do. Exit codes: 0 it
    can, 1 it cannot.
    """
    found = _load(config)
    usable, told = True, _told_of_provider(found, name)
    reports = _reports(found, name) or (_bringing(found, name) if told else _named(found, name))
    for report in reports:
        faults = region_faults(found, report) if report.status == "loaded" else []
        usable = usable and report.status == "loaded" and not faults
        told += _told(found, report, faults)
    for line in told:
        click.echo(line)
    if not usable:
        raise SystemExit(1)


@plugins.command(short_help="接口参考 / hook reference")
@click.option(
    "--write", type=click.Path(file_okay=False, path_type=Path),
    help="写入此文件夹的 hooks.md 与 hooks.zh-CN.md / write both pages to this folder.",
)  # fmt: skip
def hooks(write: Path | None) -> None:
    """每个接口何时被调用、得到什么、抛出异常会怎样、自哪个 HOOK_API 起。

    Of every hook: when it is called, what it gets, what an exception does, since which HOOK_API.
    """
    from mi_core.plugin.reference import page

    if write is None:
        from rich.markdown import Markdown

        console().print(Markdown(page("en" if language() == "en" else "zh")))
        return
    try:
        write.mkdir(parents=True, exist_ok=True)
        (write / "hooks.md").write_text(page("en"), encoding="utf-8")
        (write / "hooks.zh-CN.md").write_text(page("zh"), encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"无法写入 {write}：{error.strerror}", f"cannot write to {write}: {error.strerror}"
        ) from None
    click.echo(t(f"已写入 {write}", f"written to {write}"))


def _load(path: str | None) -> Plugins:
    """Loaded as a client does it, with the configuration's allow-list, even where the rest of it has mistakes."""
    from mi_core.config.allowed import allowed_plugins
    from mi_core.plugin.manager import load_plugins

    return load_plugins(allow=allowed_plugins(path), quiet=True)


def _reports(found: Plugins, name: str) -> list[PluginReport]:
    return reports_of(found.reports, name)


def _named(found: Plugins, name: str) -> list[PluginReport]:
    reports = _reports(found, name)
    if not reports:
        near = ", ".join(near_names(found.reports, name))
        raise UnknownName(
            f"没有安装插件 {name}", f"no plugin {name} is installed",
            hint_zh=f"相近的：{near}" if near else "pip install 它，或用 mi plugins list 查看已安装的",
            hint_en=f"similar: {near}" if near else "pip install it; mi plugins list shows what is installed",
        )  # fmt: skip
    return reports


def _row(found: Plugins, report: PluginReport) -> dict[str, Any]:
    loaded = report.status == "loaded"
    faults = region_faults(found, report) if loaded else []
    return {
        "name": report.name,
        "distribution": report.distribution,
        "version": report.version,
        "status": "broken" if faults else report.status,
        "reason": t(report.reason, report.reason_en) or t("；", "; ").join(t(*fault) for fault in faults),
        "do": t(report.hint, report.hint_en) or (t(*TO_DO) if faults else ""),
        "conflict": report.conflict,
        "entry_point": report.entry_point,
        "file": report.file,
        "provides": _provided(found, report.name) if loaded else {},
        "hooks": _implemented(found, report.name) if loaded else [],
    }


def _provided(found: Plugins, name: str) -> dict[str, list[str]]:
    kinds = {kind: getattr(found, kind).owners() for kind in _KINDS}
    named = {kind: [n for n, owner in owners.items() if owner == name] for kind, owners in kinds.items()}
    return {kind: names for kind, names in named.items() if names}


def _implemented(found: Plugins, name: str) -> list[str]:
    plugin = found.manager.get_plugin(name)
    return sorted(caller.name for caller in found.manager.get_hookcallers(plugin) or ())


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{kind}: {', '.join(names)}" for kind, names in value.items())
    return ", ".join(value) if isinstance(value, list) else str(value)


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    remark = row["reason"] + (f" → {row['do']}" if row["do"] else "")
    provides = _text(row["provides"]) or ", ".join(row["hooks"])
    return (
        _MARK[row["status"]],
        row["name"],
        f"{row['distribution']} {row['version']}".strip(),
        provides,
        remark,
    )


def _bringing(found: Plugins, name: str) -> list[PluginReport]:
    """The plugins that bring a gateway, store … of that name."""
    owners = {getattr(found, kind).owners().get(name) for kind in _KINDS}
    return [report for report in found.reports if report.name in owners]


def _told_of_provider(found: Plugins, name: str) -> list[str]:
    """Who brings a gateway, store … of that name."""
    lines = []
    for kind in _KINDS:
        owner = getattr(found, kind).owners().get(name)
        if owner is not None:
            report = next(r for r in found.reports if r.name == owner)
            whose = f"{report.distribution} {report.version}".strip()
            lines.append(
                t(
                    f"{kind} {name}：由 {owner}（{whose}）提供",
                    f"{kind} {name}: provided by {owner} ({whose})",
                )
            )
    return lines


def _told(found: Plugins, report: PluginReport, faults: list[tuple[str, str]]) -> list[str]:
    whose = f"{report.name}（{report.distribution} {report.version}）"
    whose_en = f"{report.name} ({report.distribution} {report.version})"
    if report.status == "loaded":
        provides = _text(_provided(found, report.name)) or ", ".join(_implemented(found, report.name)) or "-"
        state = t(f"{whose} 已加载：{provides}", f"{whose_en} is loaded: {provides}")
        if not faults:
            return [state]
        wrong = t("，但不能使用：", ", but cannot be used:")
        return [state + wrong, *(f"  ✗ {t(*f)}" for f in faults), "  " + t(f"→ {TO_DO[0]}", f"-> {TO_DO[1]}")]
    lines = [t(f"{whose} 未加载：{report.reason}", f"{whose_en} is not loaded: {report.reason_en}")]
    if report.conflict:
        lines.append(
            t(
                f"  冲突：{report.name} 与 {report.conflict}",
                f"  conflict: {report.name} and {report.conflict}",
            )
        )
    if report.hint:
        lines.append("  " + t(f"→ {report.hint}", f"-> {report.hint_en}"))
    if report.file:
        lines.append(f"  {report.file}")
    return lines
