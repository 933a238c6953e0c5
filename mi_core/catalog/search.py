"""Finding interfaces, fields and code tables by a word: code, wire name, Chinese label or English name."""

from __future__ import annotations

from typing import Literal

import attrs

from mi_core.catalog.catalog import Catalog
from mi_core.catalog.compare import fields_of

__all__ = ["Hit", "search"]


@attrs.frozen
class Hit:
    """One find. ``interface`` is empty for a code table."""

    kind: Literal["interface", "field", "code_table", "code"]
    interface: str
    name: str
    label: str


def search(catalog: Catalog, word: str) -> list[Hit]:
    """Hits in catalogue order: interfaces first, then fields, then code tables and their codes. Case is ignored."""
    needle = word.casefold().strip()
    if not needle:
        return []

    def fits(*texts: str) -> bool:
        return any(needle in text.casefold() for text in texts)

    interfaces: list[Hit] = []
    fields: list[Hit] = []
    codes: list[Hit] = []
    for spec in catalog.interfaces.values():
        if fits(spec.code, spec.title, spec.chapter_title, spec.slug, spec.class_name, spec.description):
            interfaces.append(Hit("interface", spec.code, spec.class_name, spec.title))
        for path, member in fields_of(spec).items():
            if fits(member.code, member.label):
                fields.append(Hit("field", spec.code, path, member.label))
    for key, table in catalog.code_tables.items():
        if fits(key, table.title, table.class_name):
            codes.append(Hit("code_table", "", key, table.title))
        codes.extend(
            Hit("code", "", f"{key}={code}", label) for code, label in table.codes.items() if fits(label)
        )
    return interfaces + fields + codes
