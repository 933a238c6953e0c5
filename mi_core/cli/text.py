"""Texts for people: Chinese by default, English with ``--lang en`` or ``MI_LANG=en``; tables and errors by rich."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mi_core.errors import language

__all__ = ["print_error", "print_json", "print_table", "t"]


def t(zh: str, en: str) -> str:
    """The text in the operator's language."""
    return en if language() == "en" else zh


def print_json(value: Any) -> None:
    """One JSON document on standard output; decimals and dates as text, so that no cent is lost to a float."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n")


def print_table(
    title: str, columns: Sequence[str | tuple[str, Mapping[str, Any]]], rows: Iterable[Sequence[Any]], *, caption: str | None = None
) -> None:  # fmt: skip
    """A rich table; a column may carry rich's options (``("金额", {"justify": "right"})``)."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=title, caption=caption, title_justify="left", caption_justify="left")
    for column in columns:
        head, options = (column, {}) if isinstance(column, str) else column
        table.add_column(head, **options)
    for row in rows:
        table.add_row(*("" if cell is None else escape(str(cell)) for cell in row))
    Console().print(table)


def print_error(message: str) -> None:
    """An error on standard error, red where the terminal can."""
    from rich.console import Console
    from rich.text import Text

    Console(stderr=True, soft_wrap=True).print(Text(message, style="red"))
