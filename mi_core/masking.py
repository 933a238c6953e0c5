"""What may be shown of a value, by the sensitivity class its catalogue document gives the field.

Names keep their first character, identity numbers and phones 3 in front and 4 behind; credentials are never shown,
not even masked. :func:`scrub` is the second net for free text.
"""

from __future__ import annotations

import re
from typing import Any, Final

__all__ = ["SHOWN", "mask", "scrub"]

SHOWN: Final = 60
"""Characters of an unmasked value that are shown at most."""

_IDENTITY: Final = r"(?<![0-9A-Za-z])(?:[0-9]{17}[0-9Xx]|[0-9]{15})(?![0-9A-Za-z])"
_PHONE: Final = r"(?<![0-9])1[3-9][0-9]{9}(?![0-9])"
_CONTROL: Final = r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]"
# compiled by ``re`` when first used: nothing is masked in a program in which nothing goes wrong


def scrub(text: str) -> str:
    """Free text with identity numbers and mobile phones masked and control characters escaped."""
    text = re.sub(_IDENTITY, lambda m: _ends(m[0]), text)
    text = re.sub(_PHONE, lambda m: _ends(m[0]), text)
    return re.sub(_CONTROL, lambda m: f"\\u{ord(m[0]):04x}", text)


def _ends(text: str, front: int = 3, back: int = 4) -> str:
    if len(text) <= front + back:
        return "***"
    return f"{text[:front]}{'*' * min(len(text) - front - back, 11)}{text[-back:]}"


def mask(value: Any, sensitivity: str = "none") -> str | None:
    """The showable form of ``value``, or ``None`` where nothing of it may be shown."""
    if value is None or sensitivity == "credential":
        return None
    text = str(value)
    if not text:
        return ""
    if sensitivity in ("none", "money"):
        text = scrub(text if len(text) <= SHOWN else text[: SHOWN + 20])
        return text if len(text) <= SHOWN else text[:SHOWN] + "…"
    if sensitivity == "person-name":
        return scrub(text[0]) + "**"
    if sensitivity in ("id-number", "phone"):
        return scrub(_ends(text))
    if sensitivity == "card":
        return scrub("***" + text[-4:]) if len(text) > 8 else "***"
    if sensitivity == "address":
        return scrub(text[:3]) + "***"
    return "***"
