"""What agent and worker process say to each other: frames of a 4-byte length and JSON."""

from __future__ import annotations

import struct
from typing import Final, Literal, TypeVar

import msgspec

__all__ = ["HEAD", "Done", "Job", "Part", "Ready", "frame", "unframed"]

HEAD: Final = struct.Struct(">I")
T = TypeVar("T")


Part = Literal["library", "function", "init"]


class Ready(msgspec.Struct):
    """The worker's first word: the library is loaded and its functions are there, or what is wrong with which part."""

    part: Part | None = None
    error: str = ""


class Job(msgspec.Struct):
    """One message for the library."""

    infno: str
    message: str


class Done(msgspec.Struct):
    """What became of a job. Without ``reason`` the library answered."""

    called: bool
    return_code: int | None = None
    message: str = ""
    reason: str = ""
    failed: bool = False
    """The library answered and said that it failed."""
    broken: bool = False
    """The process is damaged and must not be used again."""


def frame(content: msgspec.Struct) -> bytes:
    """Length and content."""
    body = msgspec.json.encode(content)
    return HEAD.pack(len(body)) + body


def unframed(body: bytes, kind: type[T]) -> T:
    """The content of a frame. Raises ``msgspec.ValidationError``."""
    return msgspec.json.decode(body, type=kind)
