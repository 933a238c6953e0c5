"""First stage: the catalogue as values, or everything that keeps it from being one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import attrs

from mi_core.catalog import Catalog, CatalogError, CatalogProblem, load_catalog
from mi_core.catalog.files import digest
from mi_core.catalog.references import reference_problems

__all__ = ["Source", "load", "load_region"]


@attrs.frozen
class Source:
    """The loaded catalogue and the digest of every document."""

    catalog: Catalog
    interface_digests: dict[str, str]
    table_digests: dict[str, str]
    region: str = ""
    """Name of the region whose package is generated; empty for the base."""
    package: str = "mi_core"
    own_tables: frozenset[str] = frozenset()
    """Code tables that the region adds or changes."""

    @property
    def interfaces_package(self) -> str:
        """The package of the generated modules."""
        return f"{self.package}.interfaces"

    def codes_package(self, key: str) -> str:
        """The package that has the class of a code table."""
        return f"{self.package}.codes" if key in self.own_tables else "mi_core.codes"


def load(
    root: Path | None, overlays: Sequence[str] = ("errata",)
) -> tuple[Source | None, list[CatalogProblem]]:
    """Read the catalogue in ``root`` (default: the shipped one)."""
    try:
        catalog = load_catalog(root, overlays)
    except CatalogError as error:
        return None, list(error.problems)
    return Source(catalog, catalog.digests(), _tables(catalog)), []


def load_region(
    folder: Path, package: str, root: Path | None = None
) -> tuple[Source | None, list[CatalogProblem]]:
    """The catalogue as a region's folder has it; a name that an overlay lets dangle is a problem here already."""
    try:
        catalog = load_catalog(root, extra=(folder,))
        problems = reference_problems(catalog)
    except CatalogError as error:
        return None, list(error.problems)
    if problems:
        return None, problems
    tables, below = _tables(catalog), _tables(Catalog(catalog.root, catalog.overlay_names))
    own = frozenset(key for key, value in tables.items() if below.get(key) != value)
    return Source(catalog, catalog.digests(), tables, folder.resolve().name, package, own), []


def _tables(catalog: Catalog) -> dict[str, str]:
    return {key: digest(catalog.code_table_document(key)) for key in catalog.code_tables}
