"""Document text inside Python source. Nothing a document says can end the literal or the docstring it stands in."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

import attrs

from mi_codegen.render.layout import WIDTH, Doc, Group, called, keyword

__all__ = ["arguments", "docstring", "literal", "number", "one_line", "value"]


def _escaped(text: str, quotes: str) -> str:
    out: list[str] = []
    for c in text:
        if c == "\\" or c in quotes:
            out.append("\\" + c)
        elif c.isprintable() or (c == "\u3000"):
            out.append(c)
        elif ord(c) < 256:
            out.append(f"\\x{ord(c):02x}")
        else:
            out.append(f"\\u{ord(c):04x}" if ord(c) < 0x10000 else f"\\U{ord(c):08x}")
    return "".join(out)


def literal(text: str) -> str:
    """A string literal in double quotes; raises :class:`TypeError` for anything but text."""
    if not isinstance(text, str):
        raise TypeError(f"no text: {text!r}")
    return f'"{_escaped(text, chr(34))}"'


def number(item: int | None) -> str:
    """A whole number or ``None``; raises :class:`TypeError` for anything else, whatever the reader let through."""
    if item is not None and type(item) is not int:
        raise TypeError(f"no whole number: {item!r}")
    return repr(item)


def one_line(text: str) -> str:
    """Text with every run of white space as one blank."""
    return " ".join(text.split())


def docstring(*paragraphs: str, indent: int = 0) -> str:
    """A docstring of paragraphs; the first is kept on one line, lines of a list (``- ``) stay apart."""
    pad = " " * indent
    lines: list[str] = []
    for i, paragraph in enumerate(p for p in paragraphs if p.strip()):
        if i:
            lines.append("")
        for part in paragraph.split("\n") if "\n- " in f"\n{paragraph}" else [paragraph]:
            text = _escaped(one_line(part), '"') if '"' in part else _escaped(one_line(part), "")
            hang = "  " if text.startswith("- ") else ""
            lines += (
                [text]
                if not i
                else textwrap.wrap(
                    text,
                    WIDTH - indent,
                    subsequent_indent=hang,
                    break_long_words=False,
                    break_on_hyphens=False,
                )
            )
    body = f"\n{pad}".join(lines).replace(f"\n{pad}\n", "\n\n")
    return f'"""{body}"""' if len(lines) == 1 else f'"""{body}\n{pad}"""'


def value(item: Any) -> Doc:
    """A literal of plain data: text, numbers, ``None``, tuples, and frozen attrs objects by their constructor."""
    if isinstance(item, str):
        return literal(item)
    if item is None or isinstance(item, (bool, int)):
        return repr(item)
    if isinstance(item, (tuple, list)):
        return Group("(", [value(i) for i in item], ")", single=len(item) == 1)
    if isinstance(item, Mapping):
        return Group("{", [f"{literal(k)}: {literal(v)}" for k, v in item.items()], "}")
    if attrs.has(type(item)):
        return called(type(item).__name__, arguments(item))
    raise TypeError(f"no literal for {type(item).__name__}")


def arguments(item: Any) -> list[Doc]:
    """Keyword arguments of a frozen attrs object, defaults left out."""
    return [
        keyword(a.name, value(getattr(item, a.name)))
        for a in attrs.fields(type(item))
        if a.default is attrs.NOTHING or getattr(item, a.name) != a.default
    ]
