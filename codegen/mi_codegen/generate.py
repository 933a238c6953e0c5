"""The whole way: load -> check -> passes -> render. What is wrong comes back as values; nothing is written here."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mi_codegen.check import check
from mi_codegen.ir import CodeModule, InterfaceModule, Output
from mi_codegen.load import Source, load, load_region
from mi_codegen.passes import code_module, interface_module
from mi_codegen.render import render, render_region
from mi_core.catalog import CatalogError, CatalogProblem
from mi_core.catalog.layers import layer_files
from mi_core.catalog.regions import read_region
from mi_core.model.spec import FieldSpec, InterfaceSpec

__all__ = ["generate", "generate_region", "package_of"]


def generate(
    catalog: Path | None = None, overlays: Sequence[str] = ("errata",)
) -> tuple[list[Output], list[CatalogProblem]]:
    """Every generated file, or every problem of the catalogue (then no file)."""
    source, problems = load(catalog, overlays)
    if source is None:
        return [], problems
    problems = check(source)
    if problems:
        return [], problems
    interfaces = [interface_module(spec, source) for spec in source.catalog.interfaces.values()]
    tables = [code_module(table, source) for table in source.catalog.code_tables.values()]
    return render(interfaces, tables), []


def generate_region(folder: Path, catalog: Path | None = None) -> tuple[list[Output], list[CatalogProblem]]:
    """The generated packages of a region's folder: only what differs from the base, or every problem."""
    try:
        read_region(folder)
    except CatalogError as error:
        return [], list(error.problems)
    if not layer_files(folder):
        return [], []  # the base as it is
    source, problems = load_region(folder, package_of(folder), catalog)
    if source is None:
        return [], problems
    problems = check(source)
    if problems:
        return [], problems
    return render_region(_modules(source), _tables(source), source), []


def _modules(source: Source) -> list[InterfaceModule]:
    """Interfaces whose effective document differs, that are added, or that are checked against another code table."""
    own = set(source.catalog.changed())
    out: list[InterfaceModule] = []
    for code, spec in source.catalog.interfaces.items():
        if code in own or source.own_tables & _tables_of(spec):
            out.append(interface_module(spec, source))
    return out


def _tables_of(spec: InterfaceSpec) -> set[str]:
    return {m.code_table for _, m in spec.input.walk() if isinstance(m, FieldSpec) and m.code_table}


def _tables(source: Source) -> list[CodeModule]:
    return [
        code_module(table, source)
        for key, table in source.catalog.code_tables.items()
        if key in source.own_tables
    ]


def package_of(folder: Path) -> str:
    """The dotted name of a package's folder: as many folders up as have an ``__init__.py``."""
    parts: list[str] = []
    here = folder.resolve()
    while (here / "__init__.py").is_file():
        parts.insert(0, here.name)
        here = here.parent
    return ".".join(parts) or folder.resolve().name
