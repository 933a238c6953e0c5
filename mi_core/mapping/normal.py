"""Names and specifications as they compare: one width, one writing of units, amounts as numbers."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Final

import attrs

__all__ = ["Spec", "plain_name", "spec_of", "without_brackets"]

_NOISE: Final = re.compile(r"[\s·•,，、。.;；:：\-_—–/\\'\"“”‘’〔〕\[\]【】{}<>《》*#]+")
_BRACKETS: Final = re.compile(r"\([^()]*\)")
_UNITS: Final[Mapping[str, tuple[str, Decimal]]] = {
    "kg": ("mg", Decimal(1_000_000)), "千克": ("mg", Decimal(1_000_000)), "公斤": ("mg", Decimal(1_000_000)),
    "g": ("mg", Decimal(1000)), "克": ("mg", Decimal(1000)),
    "mg": ("mg", Decimal(1)), "毫克": ("mg", Decimal(1)),
    "ug": ("mg", Decimal("0.001")), "μg": ("mg", Decimal("0.001")), "mcg": ("mg", Decimal("0.001")), "微克": ("mg", Decimal("0.001")),
    "l": ("ml", Decimal(1000)), "升": ("ml", Decimal(1000)), "ml": ("ml", Decimal(1)), "毫升": ("ml", Decimal(1)),
    "万iu": ("iu", Decimal(10_000)), "万u": ("iu", Decimal(10_000)), "万单位": ("iu", Decimal(10_000)),
    "万国际单位": ("iu", Decimal(10_000)),
    "iu": ("iu", Decimal(1)), "u": ("iu", Decimal(1)), "单位": ("iu", Decimal(1)), "国际单位": ("iu", Decimal(1)),
    "cm": ("mm", Decimal(10)), "厘米": ("mm", Decimal(10)), "mm": ("mm", Decimal(1)), "毫米": ("mm", Decimal(1)),
    "%": ("%", Decimal(1)),
}  # fmt: skip
"""Unit -> (the one it is counted in, how many of them it is). Counting words (粒 片 支 盒) carry no amount of substance."""
_COUNTS: Final = "粒片支盒瓶袋枚丸贴板包件个只套条张卷副根管块枝"
_AMOUNT: Final = re.compile(
    rf"(?P<number>[0-9]+(?:\.[0-9]+)?)\s*(?P<unit>{'|'.join(sorted(_UNITS, key=len, reverse=True))}|[{_COUNTS}])?"
)


@attrs.frozen
class Spec:
    """A specification: ``strength`` (kind, amount) of substance, ``counts`` of pieces, ``rest`` what is no amount."""

    strength: frozenset[tuple[str, Decimal]]
    counts: frozenset[Decimal]
    rest: str

    def __str__(self) -> str:
        amounts = [f"{_short(n)}{unit}" for unit, n in sorted(self.strength)]
        return "×".join([*amounts, *(_short(n) for n in sorted(self.counts))]) or self.rest


@lru_cache(maxsize=65_536)
def plain_name(text: str) -> str:
    """A name without widths, case, blanks and punctuation. What stands in brackets stays: it often is the dosage form."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return _NOISE.sub("", folded).replace("(", "").replace(")", "")


def without_brackets(text: str) -> str:
    """Without what stands in round brackets."""
    return _BRACKETS.sub("", unicodedata.normalize("NFKC", text))


@lru_cache(maxsize=65_536)
def spec_of(text: str) -> Spec:
    """A specification read: ``0.25g×24粒/盒`` and ``250mg*24`` are the same."""
    folded = (
        unicodedata.normalize("NFKC", text).casefold().replace("×", "*").replace("✕", "*").replace("x", "*")
    )
    strength: set[tuple[str, Decimal]] = set()
    counts: set[Decimal] = set()
    for match in _AMOUNT.finditer(folded):
        number, unit = Decimal(match["number"]), match["unit"] or ""
        if unit in _UNITS:
            kind, factor = _UNITS[unit]
            strength.add((kind, (number * factor).normalize()))
        elif number != 1:  # one piece is the usual way of saying nothing
            counts.add(number.normalize())
    rest = _AMOUNT.sub("", _BRACKETS.sub("", folded))
    return Spec(frozenset(strength), frozenset(counts), _NOISE.sub("", rest).strip(_COUNTS))


def _short(number: Decimal) -> str:
    return format(number.normalize(), "f")
