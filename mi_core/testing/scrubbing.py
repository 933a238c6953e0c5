"""Exchanges without persons: every value is kept, replaced or dropped by what the catalogue says of its field.

Kept are amounts, codes, dates and identifiers of the business (``mdtrt_id``); replaced is every field of a person or a
secret, the same value by the same stand-in, so that a recording still hangs together; long free text is replaced as
well, and what stands in no document is dropped.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from mi_core.masking import scrub
from mi_core.model import FieldSpec, NodeSpec
from mi_core.testing.values import Tables, value_of

__all__ = ["SHORT", "Scrubber"]

SHORT = 100
"""Characters of a text field that is no person's and stays as it is; longer ones hold remarks."""
TELLING = 4
"""Characters of a person's date or code that is looked for in free text, too."""
_KEPT = ("none", "money")
_OPEN = ("object", "map", "list", "strings")
_TEXTS = ("string", "text", "base64", "bytes")


def _harmless(field: FieldSpec, value: str) -> bool:
    """Whether a text of nobody's field may stay: a short one, a code, a number or a date that looks like one."""
    if field.type in _TEXTS:
        return (
            bool(field.code_table or field.enum or field.pattern) or (field.max_length or SHORT + 1) <= SHORT
        )
    return field.type not in _OPEN and re.fullmatch(r"[-+0-9:./ TE]{1,40}|true|false", value) is not None


class Scrubber:
    """Stands in for persons throughout one recording."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._stand_ins: dict[str, str] = {}
        self._given: set[str] = set()

    def row(self, node: NodeSpec, value: Any) -> Any:
        """One node as it came, in a form that may be written down. Anything but rows becomes nothing."""
        if isinstance(value, list):
            return [self.row(node, item) for item in value]
        if not isinstance(value, Mapping):
            return None
        out: dict[str, Any] = {}
        for code, inner in value.items():
            member = node.member(code)
            if isinstance(member, NodeSpec):
                out[code] = self.row(member, inner)
            elif member is not None:
                out[code] = self.field(member, inner)
            else:
                self._remember(inner)
        return out

    def field(self, field: FieldSpec, value: Any) -> Any:
        """One value; empty ones stay empty."""
        if value is None or value == "":
            return value
        if field.sensitivity in _KEPT:
            if isinstance(value, (int, float, Decimal, dt.date)):
                return value
            if isinstance(value, str) and _harmless(field, value):
                return self.text(value)
        return self._stand_in(field, value)

    def text(self, text: str) -> str:
        """Free text (a refusal): everything that was replaced elsewhere is replaced here, too, then the second net."""
        for known in sorted(self._stand_ins, key=len, reverse=True):
            if len(known) > 1 and known in text:
                text = text.replace(known, self._stand_ins[known])
        return scrub(text)

    def _stand_in(self, field: FieldSpec, value: Any) -> Any:
        made = value_of(field, self._tables)
        if not isinstance(made, str) or field.code_table or field.enum or field.pattern:
            self._remember(value)
            return made
        key = value if isinstance(value, str) else repr(value)
        known = self._stand_ins.get(key)
        if known is None:
            known = self._stand_ins[key] = self._new(field)
        return known[-field.max_length :] if field.max_length else known

    def _remember(self, value: Any) -> None:
        """What is dropped, or replaced by something fixed, must not come back in a free text either."""
        if isinstance(value, str):
            if len(value) >= TELLING:
                self._stand_ins.setdefault(value, "***")
        elif isinstance(value, (Mapping, list)):
            for inner in value.values() if isinstance(value, Mapping) else value:
                self._remember(inner)

    def _new(self, field: FieldSpec) -> str:
        """Another one for every value, as short as the field needs: the number stands at the end."""
        number = len(self._stand_ins) + 1
        word = "某人" if field.sensitivity == "person-name" else field.code
        return f"{word}{number:03d}"
