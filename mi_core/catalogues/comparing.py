"""The bureau's dictionaries (1901) against our code tables: what is new, changed or missing, and an overlay of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import attrs

from mi_core.catalog import Catalog
from mi_core.catalog.regions import region_catalog
from mi_core.catalogues.catalogue import Catalogue
from mi_core.catalogues.entry import DictionaryCode
from mi_core.model import CodeTable

__all__ = ["Differences", "TableDifference", "differences", "overlay_of"]

_NAME: Final = "dictionaries"


@attrs.frozen(kw_only=True)
class TableDifference:
    """One code table whose dictionary differs."""

    type: str
    title: str
    new: Mapping[str, str]
    """Codes that only the bureau has, with their labels."""
    changed: Mapping[str, tuple[str, str]]
    """Our label and the bureau's."""
    missing: Mapping[str, str]
    """Codes that only we have, or that the bureau has withdrawn. They stay: earlier business carries them."""

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        return not (self.new or self.changed or self.missing)


@attrs.frozen(kw_only=True)
class Differences:
    """Everything that differs."""

    region: str
    tables: tuple[TableDifference, ...]
    """Only those that differ."""
    compared: int
    unknown: tuple[str, ...]
    """Our tables that the bureau has no dictionary for."""
    foreign: tuple[str, ...]
    """Dictionaries here that we have no table for."""


async def differences(catalogue: Catalogue) -> Differences:
    """Compare what :func:`~mi_core.catalogues.sync_dictionaries` brought with the code tables of the institution's region."""
    region = catalogue.institution.region
    tables = region_catalog(region).code_tables
    here = await catalogue.dictionary_types()
    found = []
    for type_ in here:
        if type_ in tables:
            found.append(_difference(tables[type_], await catalogue.dictionary(type_, withdrawn=True)))
    return Differences(
        region=region, tables=tuple(one for one in found if not one.same), compared=len(found),
        unknown=tuple(sorted(key for key in tables if "#" not in key and key not in here)),
        foreign=tuple(type_ for type_ in here if type_ not in tables),
    )  # fmt: skip


def _difference(table: CodeTable, codes: list[DictionaryCode]) -> TableDifference:
    theirs = {one.value: one.label for one in codes if one.valid}
    ours = table.codes
    return TableDifference(
        type=table.key, title=table.title,
        new={value: label for value, label in theirs.items() if value not in ours and label},
        changed={v: (ours[v], label) for v, label in theirs.items() if v in ours and label and label != ours[v]},
        missing={value: label for value, label in ours.items() if value not in theirs},
    )  # fmt: skip


def overlay_of(found: Differences, *, day: str) -> dict[str, Any]:
    """An overlay (``schema/catalog/overlay.schema.json``) with the new codes and changed labels; nothing is removed.

    ``day``: when the dictionaries were asked for; goes into the evidence.
    """
    catalog = region_catalog(found.region)
    entries = [entry for table in found.tables for entry in _entries(catalog, table, day)]
    return {"name": _NAME, "title": f"1901 {found.region} {day}", "entries": entries}


def _entries(catalog: Catalog, table: TableDifference, day: str) -> Iterator[dict[str, Any]]:
    document, evidence = f"code_tables/{table.type}", f"1901 type={table.type}, {day}"
    for value, label in table.new.items():
        yield {
            "document": document, "op": "add", "pointer": "/oneOf/-", "value": {"const": value, "title": label},
            "reason": "The bureau's dictionary has this code.", "evidence": evidence,
        }  # fmt: skip
    for value, (_, label) in table.changed.items():
        pointer = f"/oneOf/@{value}/title"
        entry = {
            "document": document, "op": "replace", "pointer": pointer, "value": label,
            "reason": "The bureau's dictionary names it so.", "evidence": evidence,
        }  # fmt: skip
        over = next((o.name for o in catalog.overlays for e in o.of(document) if e.pointer == pointer), None)
        yield {**entry, **({"over": over} if over else {})}
