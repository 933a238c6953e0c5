"""``mi codegen``: write the typed classes from the catalogue, or check that they are what it says."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

import mi_core
from mi_codegen.generate import generate
from mi_codegen.write import Difference, compare, write
from mi_core.cli.text import working
from mi_core.errors import language

__all__ = ["codegen"]

KINDS = {"changed": "内容不同", "missing": "缺少文件", "orphan": "多余文件"}


@click.command(
    help="由接口目录生成 mi_core/interfaces 与 mi_core/codes / write the typed classes from the catalogue."
)
@click.option(
    "--check", "check_only", is_flag=True, help="只比较，不写入；有差别时退出码为 1 / compare only."
)
@click.option(
    "--catalog",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="接口目录 / catalogue folder.",
)
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    help="输出目录，默认 mi_core / output folder.",
)
@click.option(
    "--overlay", "overlays", multiple=True, default=("errata",), show_default=True, help="修订层 / overlay."
)
@click.option("--json", "as_json", is_flag=True, help="以 JSON 输出 / print JSON.")
def codegen(
    check_only: bool, catalog: Path | None, output: Path | None, overlays: tuple[str, ...], as_json: bool
) -> None:
    """Exit code 0: in order or written · 1: ``--check`` found differences · 2: the catalogue has problems."""
    folder = output or Path(mi_core.__file__).parent
    with working("generating" if language() == "en" else "生成中"):
        files, problems = generate(catalog, overlays)
    if problems:
        for problem in problems:
            click.echo(problem.message(), err=True)
        sys.exit(2)
    differences = compare(files, folder) if check_only else write(files, folder)
    _tell(differences, len(files), check_only, as_json)
    if check_only and differences:
        sys.exit(1)


def _tell(differences: list[Difference], total: int, check_only: bool, as_json: bool) -> None:
    english = language() == "en"
    if as_json:
        found = [{"path": d.path, "kind": d.kind} for d in differences]
        click.echo(json.dumps({"files": total, "differences": found}, ensure_ascii=False))
        return
    for difference in differences if check_only or len(differences) <= 40 else ():
        kind = difference.kind if english else KINDS[difference.kind]
        click.echo(f"{kind}: {difference.path}")
    if check_only and differences:
        click.echo(
            f"{len(differences)} of {total} files differ; run: mi codegen"
            if english
            else f"{total} 个文件中有 {len(differences)} 个与目录不符，请运行 mi codegen"
        )
        return
    if check_only:
        click.echo(f"{total} files are as the catalogue says" if english else f"{total} 个文件与接口目录一致")
    else:
        n = len(differences)
        click.echo(f"{n} of {total} files written" if english else f"共 {total} 个文件，写入 {n} 个")
