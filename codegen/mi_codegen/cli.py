"""``mi codegen``: write the typed classes from the catalogue, or check that they are what it says."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import attrs
import click

import mi_core
from mi_codegen.generate import generate, generate_region
from mi_codegen.ir import Output
from mi_codegen.write import Difference, compare, write
from mi_core.catalog import CatalogProblem
from mi_core.catalog.regions import region_folder, shipped_regions
from mi_core.cli.text import working
from mi_core.errors import UnknownName, language

__all__ = ["codegen"]

KINDS = {"changed": "内容不同", "missing": "缺少文件", "orphan": "多余文件"}


@attrs.frozen
class _Part:
    """One folder with generated packages."""

    folder: Path
    label: str
    """Put before the paths that are reported; empty for the base."""
    files: list[Output]


@click.command(
    help="由接口目录生成 mi_core 与各地区的类型（interfaces、codes） / write the typed classes from the catalogue."
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
    help="输出目录，默认 mi_core；指定后不生成地区 / output folder; no regions then.",
)
@click.option(
    "--overlay", "overlays", multiple=True, default=("errata",), show_default=True, help="修订层 / overlay."
)
@click.option(
    "--plugin",
    "plugins",
    multiple=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="只生成此插件的地区（含 region.json 的文件夹，可为其上层） / only the regions of this plugin.",
)
@click.option("--json", "as_json", is_flag=True, help="以 JSON 输出 / print JSON.")
def codegen(
    check_only: bool, catalog: Path | None, output: Path | None, overlays: tuple[str, ...],
    plugins: tuple[Path, ...], as_json: bool,
) -> None:  # fmt: skip
    """Exit code 0: in order or written · 1: ``--check`` found differences · 2: the catalogue has problems."""
    parts: list[_Part] = []
    problems: list[CatalogProblem] = []
    with working("generating" if language() == "en" else "生成中"):
        if not plugins:
            files, problems = generate(catalog, overlays)
            parts.append(_Part(output or Path(mi_core.__file__).parent, "", files))
        regions = _plugin_folders(plugins) if plugins else _shipped(catalog, output)
        for folder in regions if not problems else ():
            files, found = generate_region(folder, catalog)
            problems += found
            parts.append(_Part(folder, folder.name, files))
    if problems:
        for problem in problems:
            click.echo(problem.message(), err=True)
        sys.exit(2)
    differences = [d for part in parts for d in _settle(part, check_only)]
    command = " ".join(["mi codegen", *(f"--plugin {plugin}" for plugin in plugins)])
    _tell(differences, sum(len(p.files) for p in parts), check_only, as_json, command)
    if check_only and differences:
        sys.exit(1)


def _shipped(catalog: Path | None, output: Path | None) -> list[Path]:
    if catalog is not None or output is not None:
        return []
    return [region_folder(name) for name in shipped_regions()]


def _plugin_folders(plugins: tuple[Path, ...]) -> list[Path]:
    """Every folder with a ``region.json`` at or below the given ones; hidden folders and environments are passed by."""
    found: list[Path] = []
    for plugin in plugins:
        here = list(_below(plugin.resolve()))
        if not here:
            raise UnknownName(
                f"{plugin} 中没有 region.json", f"there is no region.json in {plugin}",
                hint_zh="给出地区的文件夹或它的上层文件夹", hint_en="give the region's folder or one above it",
            )  # fmt: skip
        found += here
    return found


def _below(folder: Path) -> Iterator[Path]:
    if (folder / "region.json").is_file():
        yield folder
    for child in sorted(folder.iterdir()):
        passed = child.name.startswith(".") or child.name in ("__pycache__", "build", "dist", "node_modules")
        if child.is_dir() and not child.is_symlink() and not passed and not (child / "pyvenv.cfg").exists():
            yield from _below(child)


def _settle(part: _Part, check_only: bool) -> list[Difference]:
    found = compare(part.files, part.folder) if check_only else write(part.files, part.folder)
    return [attrs.evolve(d, path=f"{part.label}/{d.path}") for d in found] if part.label else found


def _tell(differences: list[Difference], total: int, check_only: bool, as_json: bool, command: str) -> None:
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
            f"{len(differences)} of {total} files differ; run: {command}"
            if english
            else f"{total} 个文件中有 {len(differences)} 个与目录不符，请运行 {command}"
        )
        return
    if check_only:
        click.echo(f"{total} files are as the catalogue says" if english else f"{total} 个文件与接口目录一致")
    else:
        n = len(differences)
        click.echo(f"{n} of {total} files written" if english else f"共 {total} 个文件，写入 {n} 个")
