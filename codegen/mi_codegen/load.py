"""First stage: the catalogue as values, or everything that keeps it from being one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import attrs

from mi_core.catalog import Catalog, CatalogError, CatalogProblem, load_catalog
from mi_core.catalog.files import digest

__all__ = ["Source", "load"]


@attrs.frozen
class Source:
    """The loaded catalogue and the digest of every document."""

    catalog: Catalog
    interface_digests: dict[str, str]
    table_digests: dict[str, str]


def load(
    root: Path | None, overlays: Sequence[str] = ("errata",)
) -> tuple[Source | None, list[CatalogProblem]]:
    """Read the catalogue in ``root`` (default: the shipped one)."""
    try:
        catalog = load_catalog(root, overlays)
    except CatalogError as error:
        return None, list(error.problems)
    tables = {key: digest(catalog.code_table_document(key)) for key in catalog.code_tables}
    return Source(catalog, catalog.digests(), tables), []
