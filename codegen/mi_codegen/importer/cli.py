"""``mi catalog import``: field tables -> catalogue documents, or a dialect's tables -> a region's overlay."""

from __future__ import annotations

import json
from pathlib import Path

import click

from mi_codegen.importer.dialect import DialectReport, import_dialect
from mi_codegen.importer.source import SourceError, read_tables
from mi_codegen.importer.update import Report, import_catalog
from mi_core.catalog import data_root, load_catalog
from mi_core.catalog.regions import BASE_REGION, read_region, region_folder
from mi_core.cli.text import print_json, t, working
from mi_core.errors import ConfigError, UnknownName

__all__ = ["import_tables"]


@click.command(
    "import",
    help=t(
        "从字段表更新接口目录；加 --against hunan 时，由某地的字段表写出该地区的修订层",
        "bring the catalogue up to date with field tables; with --against hunan: write a region's overlay from its tables",
    ),
)
@click.argument("tables", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--against", help=t("以此地区（hunan）为基础，TABLES 为某地的 JSON 文件", "the region (hunan) TABLES, a file, differs from")
)  # fmt: skip
@click.option(
    "--region", "region", help=t("与 --against 合用：地区名或其文件夹，默认与字段表同名", "with --against: the region's name or folder")
)  # fmt: skip
@click.option(
    "--output", type=click.Path(file_okay=False, path_type=Path),
    help=t("写入的目录文件夹（默认为自带目录）", "catalogue folder to write (default: the shipped one)"),
)  # fmt: skip
@click.option(
    "--document",
    default="HN-1.1.27",
    show_default=True,
    help=t("来源文件的名称", "name of the source document"),
)
@click.option("--dry-run", is_flag=True, help=t("只报告，不写文件", "report only, write nothing"))
@click.option("as_json", "--json", is_flag=True, help=t("输出 JSON", "print JSON"))
def import_tables(
    tables: Path, against: str | None, region: str | None, output: Path | None, document: str, dry_run: bool, as_json: bool
) -> None:  # fmt: skip
    """Import field tables; prints what changed and what a person must decide."""
    try:
        if against is not None:
            _dialect(tables, against, region, dry_run, as_json)
            return
        if not tables.is_dir():
            raise ConfigError(
                f"{tables} 不是文件夹", f"{tables} is no folder",
                hint_zh="导入整套字段表时给出文件夹；导入某地的字段表时加 --against hunan",
                hint_en="give the folder of the tables, or add --against hunan for a region's file",
            )  # fmt: skip
        report = import_catalog(read_tables(tables), output or data_root(), document, dry_run=dry_run)
    except SourceError as error:
        lines = "".join(f"\n  - {p}" for p in error.problems)
        raise ConfigError(
            f"字段表无法读取：{lines}", f"the field tables cannot be read:{lines}",
            hint_zh="改正后再导入；目录未改动", hint_en="correct them and import again; the catalogue is unchanged",
        ) from error  # fmt: skip
    if as_json:
        print_json(report.to_dict())
    else:
        _print(report, dry_run)


def _dialect(tables: Path, against: str, region: str | None, dry_run: bool, as_json: bool) -> None:
    if against != BASE_REGION:
        raise UnknownName(
            f"只能以 {BASE_REGION} 为基础", f"a dialect is written against {BASE_REGION} only",
            hint_zh=f"用 --against {BASE_REGION}；与其他地区比较用 mi catalog diff",
            hint_en=f"use --against {BASE_REGION}; to compare other regions use mi catalog diff",
        )  # fmt: skip
    folder = _folder(region or tables.stem, dry_run)
    with working(t("比较字段表", "comparing the tables")):
        report = import_dialect(tables, load_catalog(), read_region(folder), dry_run=dry_run)
    if as_json:
        print_json(report.to_dict())
    else:
        _print_dialect(report, folder, dry_run)


def _folder(region: str, dry_run: bool) -> Path:
    """The region's folder; an existing folder without ``region.json`` gets one to be completed by hand."""
    folder = Path(region)
    if folder.is_dir() and not (folder / "region.json").exists() and not dry_run:
        name = folder.resolve().name
        facts = {
            "name": name, "title": name, "titleEn": name, "described": "whole", "evidence": [f"tables of {name}"],
            "known": [], "unknown": [],
        }  # fmt: skip
        text = json.dumps(facts, ensure_ascii=False, indent=2)
        (folder / "region.json").write_text(text + "\n", encoding="utf-8", newline="\n")
    return region_folder(region)


def _print_dialect(report: DialectReport, folder: Path, dry_run: bool) -> None:
    if dry_run:
        click.echo(t("试运行，未写入任何文件", "dry run: nothing is written"))
    click.echo(
        t(
            f"{report.interfaces} 个接口，{report.entries} 处修订（其中人工 {report.curated} 处），新增接口 {len(report.added)}，"
            f"改写文件 {len(report.written)}",
            f"{report.interfaces} interfaces, {report.entries} entries ({report.curated} by people), {len(report.added)} "
            f"interfaces the base lacks, {len(report.written)} files written",
        )
    )
    _list(t("需要人工确定", "to be decided by a person"), report.curate)
    if report.written:
        click.echo(
            t(
                f"然后运行：mi catalog verify --write --region {folder}，mi catalog check --region {folder}，mi codegen",
                f"then run: mi catalog verify --write --region {folder}, mi catalog check --region {folder}, mi codegen",
            )
        )


def _print(report: Report, dry_run: bool) -> None:
    if dry_run:
        click.echo(t("试运行，未写入任何文件", "dry run: nothing is written"))
    click.echo(
        t(
            f"新增 {len(report.added)}，更新 {len(report.changed)}，不变 {report.unchanged}",
            f"added {len(report.added)}, updated {len(report.changed)}, unchanged {report.unchanged}",
        )
    )
    for title, lines in (
        (t("更新的文档", "updated documents"), report.changed),
        (t("来源中已没有（不会删除）", "no longer in the source (never deleted)"), report.missing),
        (t("失去依据的人工内容", "decisions that found no place"), report.dropped),
        (t("需要人工确定", "to be decided by a person"), report.curate),
    ):
        _list(title, lines)
    if report.added or report.changed:
        click.echo(
            t(
                "然后运行：mi catalog check，mi catalog verify --write",
                "then run: mi catalog check, mi catalog verify --write",
            )
        )


def _list(title: str, lines: list[str]) -> None:
    if lines:
        click.echo(f"{title}:")
        for line in lines:
            click.echo(f"  - {line}")
