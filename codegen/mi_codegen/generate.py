"""The whole way: load -> check -> passes -> render. What is wrong comes back as values; nothing is written here."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mi_codegen.check import check
from mi_codegen.ir import Output
from mi_codegen.load import load
from mi_codegen.passes import code_module, interface_module
from mi_codegen.render import render
from mi_core.catalog import CatalogProblem

__all__ = ["generate"]


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
