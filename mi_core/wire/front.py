"""The strict front parser: what every reply of a money call must pass before its content is believed.

JSON libraries take the last of two equal keys, accept deep nesting and any length of number. Here each of these is
refused, at a cost of a few microseconds: the JSON library itself builds the dicts, and the keys they hold are counted
against the keys that stand in the text.
"""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

from mi_core.scalars import MAX_DIGITS

__all__ = ["DEEPEST", "LARGEST", "ReplyMalformed", "check_front", "check_size"]

DEEPEST: Final = 32
LARGEST: Final = 16 * 1024 * 1024
"""Bytes of a reply."""

_decode = msgspec.json.Decoder().decode
_NUMERIC = bytes.maketrans(b"123456789+-.E", b"000000000000e")
_SPACE = b" \t\r\n"
_LONG = b"0" * (MAX_DIGITS + 1)
_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"([ \t\r\n]*:)?')
_NUMBER = re.compile(rb"[-+.0-9eE]+")


class ReplyMalformed(Exception):
    """The bytes are no reply; ``reason`` says why, in English, for evidence and logs."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def check_size(body: bytes) -> None:
    """Refuse an empty or oversized reply."""
    if not body:
        raise ReplyMalformed("the reply is empty")
    if len(body) > LARGEST:
        raise ReplyMalformed(f"the reply has more than {LARGEST} bytes")


def check_front(body: bytes) -> bool:
    """Refuse what is no JSON, duplicate keys, NaN, nesting deeper than 32 and numbers longer than 40 digits.

    The answer is whether a number *in quotes* may be too long, which only the tolerant reader tells exactly.
    """
    check_size(body)
    try:
        value = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ReplyMalformed(f"no JSON: {error}") from None
    except RecursionError:
        raise ReplyMalformed(f"nested deeper than {DEEPEST}") from None
    keys = _keys(value)
    # without white space every key ends in `":`; inside a text that could only be `\":`, which then counts too many
    bare = body.translate(_NUMERIC, _SPACE)
    if bare.count(b'":') != keys:
        _count_exactly(body, keys)
    if _LONG in bare or b"0e0" in bare:
        _numbers(body)
        return True
    return False


def _keys(value: Any) -> int:
    """How many keys a parsed value holds, at all depths; level by level, so that the depth is known."""
    found, depth, level = 0, 0, [value]
    while level:
        depth += 1
        if depth > DEEPEST:
            raise ReplyMalformed(f"nested deeper than {DEEPEST}")
        below: list[Any] = []
        for item in level:
            if item.__class__ is dict:
                found += len(item)
                below += [i for i in item.values() if i.__class__ is dict or i.__class__ is list]
            elif item.__class__ is list:
                below += [i for i in item if i.__class__ is dict or i.__class__ is list]
        level = below
    return found


def _count_exactly(body: bytes, keys: int) -> None:
    written = sum(1 for token in _STRING.finditer(body) if token[1] is not None)
    if written != keys:
        raise ReplyMalformed("the same key stands twice in one object")


def _numbers(body: bytes) -> None:
    """The exact check, when digits or an exponent looked suspicious; numbers in quotes are read as texts later."""
    for number in _NUMBER.findall(_STRING.sub(b"", body)):
        mantissa, _, exponent = number.lower().partition(b"e")
        if sum(48 <= c <= 57 for c in mantissa) > MAX_DIGITS or len(exponent.lstrip(b"+-0")) > 2:
            raise ReplyMalformed(f"a number with more than {MAX_DIGITS} digits")
