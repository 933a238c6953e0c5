"""``mi catalog import TABLES_DIR``: field tables -> catalogue documents, keeping what people decided."""

from __future__ import annotations

from pathlib import Path

import click

from mi_codegen.importer.source import SourceError, read_tables
from mi_codegen.importer.update import Report, import_catalog
from mi_core.catalog import data_root
from mi_core.cli.text import print_json, t
from mi_core.errors import ConfigError

__all__ = ["import_tables"]


@click.command(
    "import",
    help=t(
        "从字段表（interfaces.json、dictionaries.json、envelope.json）更新接口目录",
        "bring the catalogue up to date with field tables (interfaces.json, dictionaries.json, envelope.json)",
    ),
)
@click.argument("tables_dir", type=click.Path(exists=True, file_okay=False, path_type=Path))
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
def import_tables(tables_dir: Path, output: Path | None, document: str, dry_run: bool, as_json: bool) -> None:
    """Import field tables; prints what changed and what a person must decide."""
    try:
        tables = read_tables(tables_dir)
    except SourceError as error:
        lines = "".join(f"\n  - {p}" for p in error.problems)
        raise ConfigError(
            f"字段表无法读取：{lines}", f"the field tables cannot be read:{lines}",
            hint_zh="改正后再导入；目录未改动", hint_en="correct them and import again; the catalogue is unchanged",
        ) from error  # fmt: skip
    report = import_catalog(tables, output or data_root(), document, dry_run=dry_run)
    if as_json:
        print_json(report.to_dict())
    else:
        _print(report, dry_run)


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
        if lines:
            click.echo(f"{title}:")
            for line in lines:
                click.echo(f"  - {line}")
    if report.added or report.changed:
        click.echo(
            t(
                "然后运行：mi catalog check，mi catalog verify --write",
                "then run: mi catalog check, mi catalog verify --write",
            )
        )
