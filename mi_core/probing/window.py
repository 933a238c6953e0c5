"""How old a signed message may be: first a coarse scale, then halving, with a bounded number of questions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

import attrs

__all__ = ["SCALE", "Window", "find_window"]

SCALE: Final = (60.0, 300.0, 900.0, 1800.0, 3600.0, 4 * 3600.0, 24 * 3600.0)
"""Ages in seconds, asked in turn until one is refused."""
MARGIN: Final = 5.0
"""Seconds by which an age of the scale is exceeded: a window of just 1800 s should be found with 1800 + 5."""


@attrs.frozen
class Window:
    """Messages of age ``taken`` were taken, of age ``refused`` refused (``None``: none was); in ``questions`` tries."""

    taken: float
    refused: float | None
    questions: int


async def find_window(
    taken_at: Callable[[float], Awaitable[bool]], *, tries: int = 12, fine: float = 5.0
) -> Window:
    """``taken_at(age)`` asks whether a message of that age (seconds) is taken. Ends when the gap is at most ``fine``
    seconds or a fiftieth of the age, or after ``tries`` questions."""
    taken, refused, asked = 0.0, None, 0
    for mark in SCALE:
        if asked >= tries:
            return Window(taken, None, asked)
        asked += 1
        if not await taken_at(mark + MARGIN):
            refused = mark + MARGIN
            break
        taken = mark + MARGIN
    if refused is None:
        return Window(taken, None, asked)
    while asked < tries and refused - taken > max(fine, refused / 50):
        middle = round((taken + refused) / 2, 1)
        asked += 1
        if await taken_at(middle):
            taken = middle
        else:
            refused = middle
    return Window(taken, refused, asked)
