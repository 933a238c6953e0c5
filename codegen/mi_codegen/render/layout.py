"""A layout of our own, so that the bytes depend on no formatter's version (``ruff format`` leaves them as they are).

A :class:`Group` stands on one line where it fits; else each item gets a line, and so on inside.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from typing import TypeAlias

import attrs

__all__ = ["WIDTH", "Doc", "Group", "called", "keyword", "layout", "width"]

WIDTH = 110


@attrs.frozen
class Group:
    """``Name(``, the items, ``)``."""

    head: str
    items: Sequence[Doc]
    tail: str
    single: bool = False
    """A tuple of one needs its comma on one line too."""
    call: bool = False
    """The arguments of a call are tried on one line of their own first."""


Doc: TypeAlias = str | Group


def called(name: str, items: Iterable[Doc]) -> Group:
    """``name(items)``."""
    return Group(f"{name}(", list(items), ")", call=True)


def keyword(name: str, doc: Doc) -> Doc:
    """``name=doc``."""
    if isinstance(doc, str):
        return f"{name}={doc}"
    return attrs.evolve(doc, head=f"{name}={doc.head}")


def width(text: str) -> int:
    """Columns; a Chinese character takes two."""
    return len(text) + sum(unicodedata.east_asian_width(c) in "WF" for c in text if c > "\u1100")


def _flat(doc: Doc) -> str:
    if isinstance(doc, str):
        return doc
    return f"{doc.head}{', '.join(map(_flat, doc.items))}{',' if doc.single else ''}{doc.tail}"


def layout(doc: Doc, indent: int = 0, *, before: str = "", after: str = "") -> str:
    """The text, from ``before`` on; following lines are indented by ``indent``."""
    flat = f"{before}{_flat(doc)}{after}"
    if isinstance(doc, str) or not doc.items or (width(flat) + indent <= WIDTH and "\n" not in flat):
        return flat
    pad = " " * (indent + 4)
    inner = pad + ", ".join(map(_flat, doc.items))
    if doc.call and width(inner) <= WIDTH:
        return f"{before}{doc.head}\n{inner}\n{' ' * indent}{doc.tail}{after}"
    lines = [pad + layout(item, indent + 4, after=",") for item in doc.items]
    return "\n".join([f"{before}{doc.head}", *lines, f"{' ' * indent}{doc.tail}{after}"])
