"""Texts for people: Chinese by default, English with ``--lang en`` or ``MI_LANG=en``; tables and errors by rich."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mi_core.errors import language

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["console", "print_error", "print_json", "print_table", "t", "working"]

FREE_WIDTH = 240
"""Columns of a table that is written to a file or a pipe."""


def t(zh: str, en: str) -> str:
    """The text in the operator's language."""
    return en if language() == "en" else zh


def print_json(value: Any) -> None:
    """One JSON document on standard output; decimals and dates as text, so that no cent is lost to a float."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n")


def print_table(
    title: str, columns: Sequence[str | tuple[str, Mapping[str, Any]]], rows: Iterable[Sequence[Any]], *, caption: str | None = None
) -> None:  # fmt: skip
    """A rich table; a column may carry rich's options (``("金额", {"justify": "right"})``). Nothing is ever cut off."""
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=title, caption=caption, title_justify="left", caption_justify="left")
    for column in columns:
        head, options = (column, {}) if isinstance(column, str) else column
        table.add_column(head, **{"overflow": "fold", **options})
    for row in rows:
        table.add_row(*("" if cell is None else escape(str(cell)) for cell in row))
    console().print(table)


def console() -> Console:
    """Standard output for rich: as wide as the terminal, or ``COLUMNS``; wide where there is neither."""
    from rich.console import Console

    class Output(Console):
        def on_broken_pipe(self) -> None:
            """Leave it to ``mi``: the exit code is the same for tables, text and JSON."""
            raise BrokenPipeError(errno.EPIPE, "broken pipe")

    free = not sys.stdout.isatty() and "COLUMNS" not in os.environ
    return Output(width=FREE_WIDTH if free else None)


@contextlib.contextmanager
def working(text: str) -> Iterator[None]:
    """Show on standard error that something takes a while; nothing where that is no terminal."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    screen = Console(stderr=True)
    if not screen.is_terminal:
        yield
        return
    with Progress(
        SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), console=screen, transient=True
    ) as bar:
        bar.add_task(text, total=None)
        yield


def print_error(message: str) -> None:
    """An error on standard error, red where the terminal can."""
    from rich.console import Console
    from rich.text import Text

    Console(stderr=True, soft_wrap=True).print(Text(message, style="red"))
