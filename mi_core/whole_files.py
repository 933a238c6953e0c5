"""Small files that must be there whole or not at all, also after a power cut: keys, the configuration, exported roots."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path

__all__ = ["PRIVATE", "write_whole"]

PRIVATE = 0o600


def write_whole(path: Path, text: str, *, new: bool = False, mode: int = PRIVATE) -> None:
    """Write beside the place, sync, and move there. ``new``: never in the place of an existing file (``FileExistsError``).

    ``mode``: of the file, before the process's umask. Raises ``OSError``.
    """
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")
    put: Callable[[Path, Path], None] = os.link if new else os.replace
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        put(draft, path)
    finally:
        draft.unlink(missing_ok=True)
