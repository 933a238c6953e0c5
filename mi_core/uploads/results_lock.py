"""One upload at a time writes a result file; what the system refuses is told in one way."""

from __future__ import annotations

from pathlib import Path

from mi_core.errors import MiError
from mi_core.files.holding import hold, let_go

__all__ = ["ResultFileError", "locked", "unlocked", "unwritable"]


class ResultFileError(MiError):
    """A result file that exists already, belongs to another upload, is in use or cannot be written."""

    code = "result_file"


def locked(path: Path) -> int:
    """The lock beside the file, held until :func:`unlocked`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fd = hold(_lock_of(path))
    except OSError as error:
        raise unwritable(path, error) from None
    if fd is not None:
        return fd
    raise ResultFileError(
        f"结果文件 {path} 正被另一个上传使用", f"another upload uses {path}",
        hint_zh="等它结束", hint_en="wait for it to end",
    )  # fmt: skip


def unlocked(path: Path, fd: int) -> None:
    """Another upload may have the file."""
    let_go(_lock_of(path), fd)


def _lock_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.lock")


def unwritable(path: Path, error: OSError) -> ResultFileError:
    """What the system said of the file."""
    return ResultFileError(
        f"结果文件 {path} 无法读写：{error.strerror or error}", f"the result file {path} cannot be used: {error.strerror or error}",
        hint_zh="检查文件夹、权限、磁盘空间，文件是否正被 Excel 打开", hint_en="check folder, rights and space; does Excel have it open?",
    )  # fmt: skip
