"""How a command finds a running sandbox: the sandbox leaves a note with its address and control token.

The note is ``<port>.json`` (mode 600) in a folder of the user's own (mode 700) below ``XDG_RUNTIME_DIR`` or the folder for
temporary files; it goes when the sandbox stops. ``MI_SANDBOX_URL`` and ``MI_SANDBOX_TOKEN`` tell it without a note.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import attrs

from mi_core.errors import MiError

__all__ = ["Running", "find_running", "leave_note"]


@attrs.frozen
class Running:
    """Where a sandbox listens, and the token of its control endpoints."""

    url: str
    token: str = attrs.field(repr=False)


def _folder() -> Path:
    base = os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()
    owner = os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "user")
    return Path(base) / f"mi-sandbox-{owner}"


@contextlib.contextmanager
def leave_note(url: str, token: str) -> Iterator[None]:
    """A note for as long as the sandbox runs. A folder that cannot be used only means that commands need the token."""
    path = _folder() / f"{urlsplit(url).port}.json"
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        _check_own(path.parent)
        _write(path, {"url": url, "token": token, "pid": os.getpid()})
    except OSError:
        yield
        return
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            path.unlink()


def _write(path: Path, content: dict[str, object]) -> None:
    """As a new file of this user only: another's file (or link) of that name is not followed."""
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(content, file)


def _check_own(folder: Path) -> None:
    """``OSError`` unless the folder is this user's and nobody else may enter it."""
    found = folder.lstat()
    if not hasattr(os, "getuid"):
        return
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise PermissionError(f"{folder} is not a private folder of this user")


def find_running(url: str | None, token: str | None, port: int | None) -> Running:
    """The sandbox that is named, or the only one that runs. Raises :class:`MiError` when there is none, or several."""
    url, token = url or os.environ.get("MI_SANDBOX_URL"), token or os.environ.get("MI_SANDBOX_TOKEN")
    if url and token:
        return Running(url.rstrip("/"), token)
    found = [one for one in _notes() if _fits(one, url, port)]
    if len(found) == 1:
        return attrs.evolve(found[0], token=token or found[0].token)
    if not found:
        raise MiError(
            "没有找到正在运行的沙箱", "no running sandbox was found",
            hint_zh="先运行 mi sandbox，或用 --url 与 --token（或 MI_SANDBOX_URL、MI_SANDBOX_TOKEN）指明",
            hint_en="start one with mi sandbox, or name it by --url and --token (MI_SANDBOX_URL, MI_SANDBOX_TOKEN)",
        )  # fmt: skip
    names = ", ".join(one.url for one in found)
    raise MiError(
        f"有 {len(found)} 个沙箱在运行：{names}", f"{len(found)} sandboxes are running: {names}",
        hint_zh="用 --port 指明其中一个", hint_en="name one by --port",
    )  # fmt: skip


def _fits(one: Running, url: str | None, port: int | None) -> bool:
    return (url is None or one.url == url.rstrip("/")) and (port is None or urlsplit(one.url).port == port)


def _notes() -> list[Running]:
    """Notes of sandboxes whose process lives; others are left behind by a kill."""
    folder, found = _folder(), []
    try:
        _check_own(folder)
        paths = sorted(folder.glob("*.json"))
    except OSError:
        return []
    for path in paths:
        try:
            said = json.loads(path.read_text(encoding="utf-8"))
            if _lives(int(said["pid"])):
                found.append(Running(str(said["url"]), str(said["token"])))
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return found


def _lives(pid: int) -> bool:
    if os.name == "nt":
        return True  # os.kill would end it
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
