"""9101 and 9102: a file to the bureau, a file from it. Checked, signed, logged and repeated like any other call.

9101 goes as ``multipart/form-data``: part ``jsonStr`` is the message as usual, part ``file`` the bytes; the field ``in``
of the message stays out, for the part has them. It is sent once. 9102 answers with the file itself, refusals come as
JSON; it is a read and repeated like one. No size or name from the other side decides where something is written.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final, Literal

import attrs

from mi_core.errors import BureauRefused, ConfigError, Refused, ReplyUnreadable
from mi_core.files.archive import USUAL, Limits, open_archive
from mi_core.files.errors import BadFile, BadInputFile
from mi_core.files.parts import Part, open_part
from mi_core.interfaces.i9101_file_upload import INTERFACE, FileUploadRequest, FileUploadResponse
from mi_core.interfaces.i9102_file_download import FileDownloadRequest
from mi_core.model import Request, Response
from mi_core.model.generated import encoder
from mi_core.pipeline import CallOptions
from mi_core.plugin import FilePart, SaveTo
from mi_core.plugin.values import Moved

__all__ = ["CATALOGUE", "Call", "Downloaded", "download", "upload"]

CATALOGUE: Final = "plc"
"""``fixmedins_code`` in 9102 for catalogue files (13xx); other files have their institution's own."""
NO_OPTIONS: Final = CallOptions()
LARGEST: Final = 2 * 1024**3
Call = Callable[[Request[Any], CallOptions], Awaitable[Response]]
"""One call through the pipeline."""


@attrs.frozen
class Downloaded:
    """A file that came whole."""

    path: Path
    size: int
    """Bytes."""
    msgid: str | None
    """Of the message that asked for it."""
    sha256: str = ""
    """Of the file as it came, hexadecimal."""
    resumed: int = 0
    """Bytes that an earlier call had fetched already."""


@attrs.frozen(kw_only=True, eq=False, repr=False)
class _Beside(FileUploadRequest):
    """9101 whose file travels beside the message."""

    __left_out__ = ("in",)
    in_: Literal["file"] = "file"


def _wire(request: Any) -> dict[str, Any]:
    return {"fsUploadIn": {"filename": request.filename, "fixmedins_code": request.fixmedins_code}}


_Beside.__interface__ = attrs.evolve(INTERFACE, request=_Beside, encode_input=encoder(_wire))


async def upload(
    call: Call, source: bytes | str | Path, filename: str = "", *, code: str, options: CallOptions = NO_OPTIONS,
    progress: Moved | None = None,
) -> FileUploadResponse:  # fmt: skip
    """Send a file; the reply's ``file_qury_no`` goes into the interface that is to read it.

    ``filename``: by default the path's. ``code``: the institution's. ``progress`` is told bytes (of a path). Raises
    :class:`BadInputFile` for a file that is empty, too large or not there, and the errors of any call; an upload without an
    answer may be sent again.
    """
    content = source if isinstance(source, bytes) else Path(source)
    name = filename or (content.name if isinstance(content, Path) else "")
    size = len(content) if isinstance(content, bytes) else await asyncio.to_thread(_size, content)
    if size < 0:
        raise BadInputFile(
            f"没有文件 {content!s}",
            f"there is no file {content!s}",
            hint_zh="检查路径",
            hint_en="check the path",
        )
    if not 0 < size <= LARGEST:
        raise BadInputFile(
            f"待上传的文件为 {size} 字节，应在 1 到 {LARGEST} 之间", f"the file has {size} bytes, 1 to {LARGEST} expected",
            hint_zh="检查文件", hint_en="check the file",
        )  # fmt: skip
    request = _Beside(filename=name, fixmedins_code=code)
    reply = await call(request, attrs.evolve(options, file=FilePart(name, content, progress)))
    assert isinstance(reply, FileUploadResponse)
    return reply


async def download(
    call: Call, file_qury_no: str, filename: str, to: str | Path, *, owner: str, options: CallOptions = NO_OPTIONS,
    limits: Limits = USUAL, progress: Moved | None = None,
) -> Downloaded:  # fmt: skip
    """Fetch a file to ``to``, which is replaced only by a whole and readable ZIP.

    A transfer that breaks is repeated within the call's deadline: from where it broke when the server offers that
    (``Accept-Ranges`` and a strong ``ETag``), else from the beginning. What is left when the call fails, or its process dies,
    waits beside ``to``; the same call later, also of another process, goes on with it while the server's file is the same one.
    A file that came in several calls is checked byte by byte (the archive's checksums), and fetched anew where that fails.
    ``owner``: the institution's code, or :data:`CATALOGUE`. ``progress`` is told bytes. Raises :class:`BadFile` for what is
    no acceptable ZIP, and the errors of any call.
    """
    target = Path(to)
    _writable(target)
    request = FileDownloadRequest(file_qury_no=file_qury_no, filename=filename, fixmedins_code=owner)
    try:
        part = open_part(target, file_qury_no, filename, owner)
    except OSError as error:
        raise _unwritable(target, error) from None

    def moved(done: int, total: int | None) -> None:
        part.note()
        if progress is not None:
            progress(done, total)

    save = SaveTo(part.path, limits.unpacked, moved, part.partial)
    try:
        try:
            return await _fetched(call, request, options, save, part, target, limits)
        except (Refused, BureauRefused, ReplyUnreadable, BadFile) as error:
            if isinstance(error, ReplyUnreadable) and error.raw is None:
                raise  # the transfer broke; anything else is an answer, and not the rest of this file
            resumed = part.resumed
            part.drop()
            if not resumed:
                raise
            return await _fetched(call, request, options, save, part, target, limits)
    finally:
        part.close()


async def _fetched(
    call: Call, request: FileDownloadRequest, options: CallOptions, save: SaveTo, part: Part, target: Path, limits: Limits
) -> Downloaded:  # fmt: skip
    resumed = part.resumed
    reply = await call(request, attrs.evolve(options, save=save))
    if not part.path.exists():
        raise BadFile(
            "中心没有给出文件", "the bureau answered without the file",
            hint_zh="核对文件查询号与文件名", hint_en="check the file's number and name",
        )  # fmt: skip
    digest = await asyncio.to_thread(_check, part.path, limits, every_byte=bool(resumed))
    size = part.path.stat().st_size
    part.path.replace(target)
    return Downloaded(target, size, reply.meta.msgid, digest, resumed)


def _size(path: Path) -> int:
    """Bytes; -1 where there is no file."""
    try:
        return path.stat().st_size if path.is_file() else -1
    except OSError:
        return -1


def _check(path: Path, limits: Limits, *, every_byte: bool) -> str:
    """The file's SHA-256, once it is an acceptable ZIP; on the disk before its name is. ``every_byte``: unpack it once."""
    with open_archive(path, limits) as archive:
        for entry in archive.entries if every_byte else ():
            for _ in entry.pieces():
                pass
    with path.open("r+b") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        os.fsync(file.fileno())
    return digest


def _writable(target: Path) -> None:
    if not target.parent.is_dir() or target.is_dir():
        raise _unwritable(target)


def _unwritable(target: Path, error: OSError | None = None) -> ConfigError:
    why = "" if error is None else f"（{error.strerror or error}）"
    return ConfigError(
        f"不能写入 {target}{why}", f"{target} cannot be written" + ("" if error is None else f": {error.strerror or error}"),
        hint_zh="给出已存在且可写的文件夹中的文件名", hint_en="name a file in a folder that exists and can be written",
    )  # fmt: skip
