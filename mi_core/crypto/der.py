"""A strict reader and a small writer for the DER that SM2 needs: signatures, ciphertexts, keys.

One value has one encoding: shortest length, shortest non-negative integers, nothing behind the end. What deviates is
refused, so that a signature cannot be written in two ways.
"""

from __future__ import annotations

from typing import Final

__all__ = [
    "BIT_STRING",
    "INTEGER",
    "OBJECT_ID",
    "OCTET_STRING",
    "SEQUENCE",
    "DerError",
    "DerReader",
    "integer",
    "tagged",
]

INTEGER: Final = 0x02
BIT_STRING: Final = 0x03
OCTET_STRING: Final = 0x04
OBJECT_ID: Final = 0x06
SEQUENCE: Final = 0x30


class DerError(ValueError):
    """Not DER, or not the structure expected. Carries no content."""


class DerReader:
    """Reads values one after the other."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    @property
    def next_tag(self) -> int | None:
        """The tag that comes next, None at the end."""
        return self._data[self._at] if self._at < len(self._data) else None

    def take(self, tag: int) -> bytes:
        """The content of the next value, which must have this tag."""
        if self.next_tag != tag:
            raise DerError("unexpected tag")
        self._at += 1
        length = self._length()
        content = self._data[self._at : self._at + length]
        if len(content) != length:
            raise DerError("cut off")
        self._at += length
        return content

    def integer(self) -> int:
        """The next value, a non-negative integer."""
        content = self.take(INTEGER)
        if not content or content[0] >= 0x80 or (len(content) > 1 and content[0] == 0 and content[1] < 0x80):
            raise DerError("integer is negative or not shortest")
        return int.from_bytes(content, "big")

    def sequence(self) -> DerReader:
        """A reader of the next value, a sequence."""
        return DerReader(self.take(SEQUENCE))

    def end(self) -> None:
        """Raise unless everything was read."""
        if self._at != len(self._data):
            raise DerError("data behind the end")

    def _length(self) -> int:
        first = self._byte()
        if first < 0x80:
            return first
        count = first & 0x7F
        if not 1 <= count <= 4:
            raise DerError("length")
        length = 0
        for _ in range(count):
            length = length << 8 | self._byte()
        if length < 0x80 or length >> 8 * (count - 1) == 0:
            raise DerError("length is not shortest")
        return length

    def _byte(self) -> int:
        if self._at >= len(self._data):
            raise DerError("cut off")
        self._at += 1
        return self._data[self._at - 1]


def tagged(tag: int, content: bytes) -> bytes:
    """One value: tag, shortest length, content."""
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def integer(value: int) -> bytes:
    """A non-negative integer, shortest form."""
    return tagged(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))
