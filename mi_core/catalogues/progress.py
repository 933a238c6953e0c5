"""What is told while a synchronisation runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import attrs

__all__ = ["Progress", "Tell", "nothing"]


@attrs.frozen
class Progress:
    """A step of one catalogue: how much of it is done, of how much (``None``: not known)."""

    source: str
    title: str
    step: Literal["asking", "fetching", "loading", "page", "done"]
    """``fetching`` counts bytes, ``loading`` and ``page`` count rows."""
    done: int = 0
    total: int | None = None


Tell = Callable[[Progress], None]


def nothing(_progress: Progress) -> None:
    """Nobody wants to know."""
