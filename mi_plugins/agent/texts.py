"""Texts in the library's encoding, without losing a character."""

from __future__ import annotations

import codecs

__all__ = ["decoded", "encoded", "terminator"]


def _as_json_escape(error: UnicodeError) -> tuple[str, int]:
    """What the encoding lacks stands inside a JSON string, so its escape says the same in ASCII."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    units = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass")
    pairs = (units[i : i + 2].hex() for i in range(0, len(units), 2))
    return "".join(f"\\u{pair}" for pair in pairs), error.end


codecs.register_error("mi-json-escape", _as_json_escape)


def encoded(message: str, encoding: str) -> bytes:
    """A JSON message, with the terminating zero. Raises ``ValueError`` when it holds a zero character itself."""
    if "\0" in message:
        raise ValueError("a zero character in the message")
    codec = "utf-16-le" if encoding == "utf-16" else encoding
    return message.encode(codec, "mi-json-escape") + terminator(encoding)


def decoded(data: bytes, encoding: str) -> str | None:
    """The text up to its terminating zero; ``None`` when there is none. Raises ``UnicodeDecodeError``."""
    if encoding == "utf-16":
        end = next((i for i in range(0, len(data) - 1, 2) if data[i : i + 2] == b"\0\0"), -1)
        return None if end < 0 else data[:end].decode("utf-16-le")
    end = data.find(b"\0")
    codec = (
        "gb18030" if encoding == "gbk" else encoding
    )  # a superset: a reply may hold more than was promised
    return None if end < 0 else data[:end].decode(codec)


def terminator(encoding: str) -> bytes:
    """The zero that ends a text."""
    return b"\0\0" if encoding == "utf-16" else b"\0"
