"""Resident identity numbers (GB 11643-1999) of people who do not exist.

The area ``9901xx`` is assigned to no place, so that no number made here can belong to anybody; the check digit is real
(ISO 7064 MOD 11-2), so that programs that verify it accept the number.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

__all__ = ["FICTITIOUS_AREA", "check_digit", "identity_number", "is_valid"]

FICTITIOUS_AREA: Final = "990101"
_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_DIGITS: Final = "10X98765432"


def check_digit(first17: str) -> str:
    """The 18th character for the first 17 digits."""
    return _DIGITS[sum(int(d) * w for d, w in zip(first17, _WEIGHTS, strict=True)) % 11]


def identity_number(born: dt.date, order: int, *, male: bool) -> str:
    """A number with a valid check digit; ``order`` (0..499) tells people of one birthday apart; odd means male."""
    serial = order * 2 + (1 if male else 0)
    first17 = f"{FICTITIOUS_AREA}{born:%Y%m%d}{serial:03d}"
    return first17 + check_digit(first17)


def is_valid(number: str) -> bool:
    """18 characters, a date that exists and the right check digit."""
    if len(number) != 18 or not number[:17].isdigit():
        return False
    try:
        dt.datetime.strptime(number[6:14], "%Y%m%d")
    except ValueError:
        return False
    return check_digit(number[:17]) == number[17]
