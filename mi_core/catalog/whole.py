"""Everything that is wrong with a catalogue as a whole: each document, and whether documents and names belong together."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mi_core.catalog.problems import CatalogError, CatalogProblem

if TYPE_CHECKING:
    from mi_core.catalog.catalog import Catalog

__all__ = ["everything_wrong"]


def everything_wrong(catalog: Catalog) -> list[CatalogProblem]:
    """Read all documents and report every problem; empty when the catalogue can be used."""
    out: list[CatalogProblem] = []

    def attempt(read: Callable[[], object]) -> None:
        try:
            read()
        except CatalogError as error:
            out.extend(error.problems)

    attempt(lambda: catalog.overlays)
    attempt(lambda: catalog.names)
    if out:
        return out
    for code in catalog.interfaces:
        attempt(lambda code=code: catalog.interfaces[code])  # type: ignore[misc]  # mypy cannot infer a lambda's default
    before = len(out)
    attempt(lambda: list(catalog.code_tables))
    for key in catalog.code_tables if len(out) == before else ():
        attempt(lambda key=key: catalog.code_tables[key])  # type: ignore[misc]  # as above
    for head in ("envelope_request", "envelope_response", "gateway_headers"):
        attempt(lambda head=head: getattr(catalog, head))  # type: ignore[misc]  # as above
    return out or _belonging(catalog)


def _belonging(catalog: Catalog) -> list[CatalogProblem]:
    known = {*catalog.interfaces, "envelope", *(f"code_tables/{k}" for k in catalog.code_tables)}
    out = [
        CatalogProblem(
            o.file, e.pointer, f"文档 {e.document} 不存在", f"there is no document {e.document}", e.index
        )
        for o in catalog.overlays
        for e in o.entries
        if e.document not in known
    ]
    named = catalog.names.slugs
    out += [
        CatalogProblem("names.json", f"/interfaces/{code}", "没有英文名称", "has no English name")
        for code in catalog.interfaces
        if code not in named
    ]
    out += [
        CatalogProblem("names.json", f"/interfaces/{code}", "没有对应的文档", "has no document")
        for code in named
        if code not in catalog.interfaces
    ]
    return out
