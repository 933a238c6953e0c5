"""Progress bars on standard error: bytes of a file, rows of a catalogue. Nothing where that is no terminal."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

__all__ = ["Advance", "bar"]

Advance = Callable[[str, int, int | None], None]
"""``(what is done now, how much of it, of how much or None)``."""


@contextlib.contextmanager
def bar(*, of_bytes: bool = False) -> Iterator[Advance]:
    """A bar that is told how far it is; another text begins it anew."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
    )

    screen = Console(stderr=True)
    if not screen.is_terminal:
        yield lambda _text, _done, _total: None
        return
    amount = DownloadColumn() if of_bytes else MofNCompleteColumn()
    columns = (TextColumn("{task.description}"), BarColumn(), amount, TimeElapsedColumn())
    with Progress(*columns, console=screen, transient=True) as progress:
        task, shown = progress.add_task("", total=None), ""

        def advance(text: str, done: int, total: int | None) -> None:
            nonlocal shown
            if text != shown:
                shown = text
                progress.reset(task, description=text, total=total)
            progress.update(task, completed=done, total=total)

        yield advance
