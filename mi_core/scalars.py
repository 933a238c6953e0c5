"""Exact conversions between wire text and values: decimals, dates, times, identity numbers. No float anywhere.

All times are Beijing time (UTC+8): naive values mean it, aware ones are converted.
"""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from functools import lru_cache
from operator import mul
from typing import Final

from mi_core.types import CHINA_TIME

__all__ = [
    "MAX_DIGITS", "at_zone", "date_text", "id_number_fault", "is_dated", "moment_text", "parse_date", "parse_decimal",
    "parse_integer", "parse_moment", "plain",
]  # fmt: skip

MAX_DIGITS: Final = 40
"""No number of the specification has more digits; longer ones are hostile or broken."""

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,2})?")
_EPOCH = dt.datetime(1970, 1, 1)
_BARE: Final = (14, 17)
"""Lengths of the specification's own notation of times in the head."""
_DATE = re.compile(r"([0-9]{4})[-/.]?([0-9]{1,2})[-/.]?([0-9]{1,2})")
_MOMENT = re.compile(
    r"([0-9]{4})[-/.]?([0-9]{2})[-/.]?([0-9]{2})[T ]?([0-9]{2}):?([0-9]{2})(?::?([0-9]{2})(?:[.,]?([0-9]{1,9}))?)?"
    r"(Z|[+-][0-9]{2}:?[0-9]{2})?"
)
_PARTS: Final = {"yyyy": "%Y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S"}


def parse_decimal(text: str) -> Decimal:
    """The exact value of a number written in ASCII digits; ``ValueError`` for anything else, NaN and Infinity included."""
    text = text.strip()
    if not _NUMBER.fullmatch(text) or sum(c.isdigit() for c in text) > MAX_DIGITS:
        raise ValueError("not a number")
    return Decimal(text)


def parse_integer(text: str) -> int:
    """A whole number, also when written ``3.00``; ``ValueError`` when it has a fraction."""
    value = parse_decimal(text)
    if value != value.to_integral_value():
        raise ValueError("not a whole number")
    return int(value)


def plain(value: Decimal) -> str:
    """Decimal notation without exponent; ``ValueError`` for NaN, Infinity and absurd exponents."""
    if not value.is_finite() or abs(value.adjusted()) > MAX_DIGITS * 2:
        raise ValueError(f"{value} cannot be written as a plain number")
    return format(value, "f")


def at_zone(value: dt.datetime) -> dt.datetime:
    """The naive Beijing time of a time."""
    return value if value.tzinfo is None else value.astimezone(CHINA_TIME).replace(tzinfo=None)


@lru_cache(maxsize=64)
def _strftime(pattern: str) -> str:
    out = pattern.replace("%", "%%")
    for mark, directive in _PARTS.items():
        out = out.replace(mark, directive, 1)
    return out


def _write(value: dt.date, pattern: str) -> str:
    # strftime writes years below 1000 without zeros on some systems
    return value.strftime(_strftime(pattern.replace("yyyy", f"{value.year:04d}", 1)))


def date_text(value: dt.date, pattern: str | None = None) -> str:
    """``yyyy-MM-dd`` or the field's own notation."""
    return _write(value, pattern) if pattern else value.isoformat()


@lru_cache(maxsize=1024)  # writing a time costs a microsecond, and the rows of one upload mostly share theirs
def moment_text(value: dt.datetime, pattern: str | None = None) -> str:
    """``yyyy-MM-dd HH:mm:ss`` in Beijing time, or the field's own notation."""
    value = at_zone(value)
    return _write(value, pattern) if pattern else value.isoformat(" ", "seconds")


def _epoch(text: str) -> dt.datetime | None:
    """Milliseconds since 1970 (13 digits), as some bureaus send."""
    if len(text) == 13 and text.isdigit() and text.isascii():
        return _EPOCH + dt.timedelta(milliseconds=int(text), hours=8)
    return None


def parse_moment(text: str, pattern: str | None = None) -> dt.datetime:
    """A time in any notation seen in the field (``-`` ``/`` or nothing between, ``T``, zone, fraction, a date alone)."""
    text = text.strip()
    if len(text) in _BARE and text.isdigit() and text.isascii():
        return _bare(text)
    if (epoch := _epoch(text)) is not None:
        return epoch
    if match := _MOMENT.fullmatch(text):
        year, month, day, hour, minute = (int(match[i]) for i in range(1, 6))
        micro = int((match[7] or "0")[:6].ljust(6, "0"))
        value = dt.datetime(year, month, day, hour, minute, int(match[6] or 0), micro)
        return at_zone(value.replace(tzinfo=_zone(match[8]))) if match[8] else value
    day_only = parse_date(text, pattern)
    return dt.datetime(day_only.year, day_only.month, day_only.day)


def _bare(text: str) -> dt.datetime:
    """``yyyyMMddHHmmss`` with or without milliseconds."""
    return dt.datetime(
        int(text[:4]), int(text[4:6]), int(text[6:8]), int(text[8:10]), int(text[10:12]), int(text[12:14]),
        int(text[14:] or 0) * 1000,
    )  # fmt: skip


def _zone(text: str) -> dt.timezone:
    if text == "Z":
        return dt.UTC
    sign = -1 if text[0] == "-" else 1
    return dt.timezone(sign * dt.timedelta(hours=int(text[1:3]), minutes=int(text[-2:])))


def parse_date(text: str, pattern: str | None = None) -> dt.date:
    """A date in any notation seen in the field; the date part of a time. ``ValueError`` when it does not exist."""
    text = text.strip()
    if pattern and len(text) == len(pattern):
        try:
            return dt.datetime.strptime(text, _strftime(pattern)).date()
        except ValueError:
            pass
    if match := _DATE.fullmatch(text):
        return dt.date(int(match[1]), int(match[2]), int(match[3]))
    if _epoch(text) is not None or _MOMENT.fullmatch(text):
        return parse_moment(text).date()
    raise ValueError("not a date")


def is_dated(text: str, pattern: str) -> bool:
    """Whether the text is an existing date or time in exactly that notation."""
    if len(text) != len(pattern) or not text.isascii():
        return False
    try:
        dt.datetime.strptime(text, _strftime(pattern))
    except ValueError:
        return False
    return True


_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK: Final = "10X98765432"
_IDENTITY = re.compile(r"[0-9]{17}[0-9Xx]")


def id_number_fault(text: str) -> tuple[str, str] | None:
    """What is wrong with an 18-character identity number (GB 11643): ``(Chinese, English)``, or ``None``.

    Anything that is not 18 characters of that form is another kind of certificate and passes.
    """
    if not _IDENTITY.fullmatch(text):
        return None
    if _CHECK[sum(map(mul, _WEIGHTS, map(int, text[:17]))) % 11] != text[17].upper():
        return (
            "身份证号校验位不正确，请核对",
            "the check digit of the identity number is wrong, compare it with the card",
        )
    try:
        dt.date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        return (
            "身份证号中的出生日期不存在，请核对",
            "the birth date inside the identity number does not exist",
        )
    return None
