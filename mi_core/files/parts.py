"""What came of a file before its transfer ended, kept beside the target for a later call, also one of another process.

Beside the bytes stands a note: which file they are of (number, name, owner) and the server's strong ``ETag``. Without such a tag
nothing is kept, for nobody could tell whether the rest is of the same file. The note is locked while a transfer runs; a second one
of the same file works on a part of its own, which is not kept.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
from pathlib import Path

import attrs

from mi_core.files.holding import hold, let_go
from mi_core.plugin import Partial

__all__ = ["Part", "kept_bytes", "open_part"]


@attrs.define(eq=False)
class Part:
    """An open part: ``path`` has the bytes, ``partial`` says which of them are certain; ``resumed``: bytes of an earlier call."""

    path: Path
    partial: Partial
    resumed: int = 0
    _note: Path | None = None
    _fd: int = -1
    _noted: str = ""

    def note(self) -> None:
        """Write down the tag that came with the reply, once; what a kill leaves can then be gone on with."""
        tag = self.partial.validator
        if self._note is None or tag == self._noted:
            return
        os.lseek(self._fd, 0, os.SEEK_SET)
        os.truncate(self._fd, 0)
        os.write(self._fd, json.dumps({"etag": tag}).encode())
        self._noted = tag

    def drop(self) -> None:
        """Begin anew."""
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)
        self.resumed, self.partial.size, self.partial.validator = 0, 0, ""
        self.note()

    def close(self) -> None:
        """Keep what a later call can go on with, remove everything else."""
        kept = self._note is not None and bool(self._noted) and self.partial.size > 0 and self.path.exists()
        if not kept:
            with contextlib.suppress(OSError):
                self.path.unlink(missing_ok=True)
        if self._note is not None:
            let_go(self._note, self._fd, remove=not kept)


def open_part(target: Path, *named: str) -> Part:
    """The part for ``target`` of the file that is ``named`` so (number, name, owner), with what an earlier call left of it."""
    path, note = _places(target, named)
    fd = hold(note)
    if fd is None:
        return Part(target.with_name(f".{target.name}.{secrets.token_hex(4)}.part"), Partial())
    tag, size = _noted(fd), _size(path)
    if not tag or size < 2:
        size, tag = 0, ""
    # the last byte is asked for again: of a part that is whole already there would be nothing to ask for
    return Part(path, Partial(max(size - 1, 0), tag), max(size - 1, 0), note, fd, tag)


def kept_bytes(target: Path, *named: str) -> int:
    """How much of the file stands beside ``target``; 0 when a later call begins anew."""
    path, note = _places(target, named)
    return _size(path) if note.exists() else 0


def _places(target: Path, named: tuple[str, ...]) -> tuple[Path, Path]:
    key = hashlib.sha256(json.dumps(named).encode()).hexdigest()[:16]
    path = target.with_name(f".{target.name}.{key}.part")
    return path, path.with_name(path.name + ".json")


def _noted(fd: int) -> str:
    """The tag in a note; empty for one that is new or damaged."""
    try:
        tag = json.loads(os.read(fd, 4096) or b"{}").get("etag", "")
    except (ValueError, AttributeError):
        return ""
    return tag if isinstance(tag, str) and tag.startswith('"') and tag.isprintable() else ""


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
