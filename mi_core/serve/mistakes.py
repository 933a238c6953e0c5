"""What a log may say of an error that nobody expected: its kind and its places, never its text."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Final

__all__ = ["mistake"]

_PLACES: Final = 12
_ERRORS: Final = 5


def mistake(error: BaseException) -> str:
    """Types and lines of code, the innermost first. A text such as ``could not convert '张三'`` names a person, and a
    traceback repeats the texts of all errors before it."""
    told: list[str] = []
    one: BaseException | None = error
    while one is not None and len(told) < _ERRORS:
        places = reversed(traceback.extract_tb(one.__traceback__)[-_PLACES:])
        lines = " < ".join(f"{Path(p.filename).name}:{p.lineno}" for p in places)
        told.append(f"{type(one).__name__} ({lines or 'nowhere'})")
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
    return ", after ".join(told)
