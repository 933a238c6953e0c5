"""Which catalogues there are, and how each is read: from the documents (``x-mi.catalogue``), never from a list here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final

import attrs

from mi_core.catalog.regions import region_catalog
from mi_core.config import Institution
from mi_core.errors import UnknownName
from mi_core.model import EntryColumns, FieldSpec, InterfaceSpec, NodeSpec

__all__ = ["DICTIONARY", "Row", "Source", "chosen", "sources_of"]

DICTIONARY: Final = "dictionary"
"""What 1901's document says of itself (``x-mi.logType``)."""
_WITHDRAWN: Final = frozenset({"0"})
"""``vali_flag``: 0 无效. Anything else, also nothing, counts as valid: the bureau decides at the settlement."""
LONGEST_SEARCH: Final = 1000
LONGEST_NAME: Final = 500
LONGEST_KEY: Final = 64
Row = dict[str, Any]
"""Values of one entry for the database."""


@attrs.frozen(kw_only=True)
class Source:
    """One interface that lists entries of a catalogue."""

    code: str
    title: str
    columns: tuple[str, ...]
    """Titles of the file's columns, or codes of the row's fields, in order."""
    entries: EntryColumns
    own: bool
    """Each institution has its own (1317 asks for ``fixmedins_code``)."""
    _at: Mapping[str, int] = attrs.field(init=False, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "_at", {name: i for i, name in enumerate(self.columns)})

    @property
    def is_file(self) -> bool:
        """A versioned file through 9102; otherwise pages."""
        return self.entries.version is not None

    def scope(self, institution: Institution) -> str:
        """Whose entries they are: all institutions of a region share what the bureau lists for all."""
        return institution.code if self.own else institution.region

    def row(self, cells: Sequence[str | None]) -> Row:
        """The entry of one line (or of a page's row) for the database."""
        e = self.entries
        name, spec = self._first(cells, e.names), self._first(cells, e.spec)
        code, maker, pinyin = (
            self._cell(cells, e.code),
            self._cell(cells, e.maker),
            self._cell(cells, e.pinyin),
        )
        words = [code, *(self._cell(cells, n) for n in e.names), spec, maker, self._cell(cells, e.approval), pinyin,
                 self._cell(cells, e.wubi)]  # fmt: skip
        return {
            "record": self._record(cells, code),
            "code": code[:LONGEST_KEY],
            "name": name[:LONGEST_NAME],
            "pinyin": pinyin.casefold()[:LONGEST_KEY],
            "search": " ".join(dict.fromkeys(word for word in words if word)).casefold()[:LONGEST_SEARCH],
            "version": self._cell(cells, e.version or e.updated)[:LONGEST_KEY],
            "valid": 0 if self._cell(cells, e.valid) in _WITHDRAWN else 1,
            "cells": tuple(cells),
        }

    def _record(self, cells: Sequence[str | None], code: str) -> str:
        """The bureau's number; a record without one is told by all that it says."""
        given = self._cell(cells, self.entries.record)
        if given and len(given) <= LONGEST_KEY:
            return given
        return sha256("\t".join([given, code, *(c or "" for c in cells)]).encode()).hexdigest()

    def _cell(self, cells: Sequence[str | None], column: str | None) -> str:
        return "" if column is None else cells[self._at[column]] or ""

    def _first(self, cells: Sequence[str | None], columns: Iterable[str]) -> str:
        return next((text for column in columns if (text := self._cell(cells, column))), "")


@lru_cache(maxsize=16)
def sources_of(region: str) -> Mapping[str, Source]:
    """All catalogues of a region's documents, by interface code, in specification order."""
    found = {}
    for code, spec in region_catalog(region).interfaces.items():
        if spec.entries is not None and not spec.withdrawn:
            found[code] = Source(
                code=code, title=spec.title, columns=_columns(spec), entries=spec.entries, own=_own(spec)
            )
    return found


def _columns(spec: InterfaceSpec) -> tuple[str, ...]:
    for layout in spec.files:
        if layout.direction == "output":
            return tuple(column.label for column in layout.columns)
    return tuple(field.code for field in rows_node(spec).fields)


def rows_node(spec: InterfaceSpec) -> NodeSpec:
    """The node of a page's rows: the one that repeats, else the reply itself (its root may be an array)."""
    return next((node for node in spec.output.nodes if node.repeated), spec.output)


def _own(spec: InterfaceSpec) -> bool:
    """Whether the request may name the institution whose entries are asked for."""
    return any(
        isinstance(member, FieldSpec) and member.code == "fixmedins_code" for _, member in spec.input.walk()
    )


def chosen(region: str, wanted: Iterable[str] = ()) -> list[Source]:
    """The sources that are meant by codes or kinds; all of them when nothing is named. Raises ``UnknownName``."""
    known = sources_of(region)
    names = list(wanted)
    if not names:
        return list(known.values())
    found: dict[str, Source] = {}
    for name in names:
        meant = {code: source for code, source in known.items() if name in (code, source.entries.kind)}
        if not meant:
            kinds = "、".join(dict.fromkeys(source.entries.kind for source in known.values()))
            raise UnknownName(
                f"没有目录 {name}", f"there is no catalogue {name}",
                hint_zh=f"可用交易编号（{'、'.join(known)}）或种类（{kinds}）",
                hint_en=f"use an interface ({', '.join(known)}) or a kind ({kinds.replace('、', ', ')})",
            )  # fmt: skip
        found |= meant
    return [source for code, source in known.items() if code in found]
