"""ZIP files from elsewhere, read with distrust (design: hostile input limits).

At most 16 entries, 2 GB unpacked (counted while unpacking, whatever the directory says), ratio 200; no encryption, no
links, no ZIP64, no entries that overlap, nothing before, between or behind the parts of the archive that could hide a
second one. Names are shown, never used as paths. Sizes are bytes.
"""

from __future__ import annotations

import contextlib
import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

import attrs

from mi_core.files.errors import BadFile

__all__ = ["USUAL", "Archive", "Entry", "Limits", "open_archive", "shown_name"]

_END: Final = struct.Struct("<4s4H2LH")
_END_MARK: Final = b"PK\x05\x06"
_LOCATOR_MARK: Final = b"PK\x06\x07"
_LOCATOR_SIZE: Final = 20
_LOCAL: Final = struct.Struct("<4s5H3L2H")
_LOCAL_MARK: Final = b"PK\x03\x04"
_DESCRIPTOR: Final = 16
"""A data descriptor behind an entry has at most so many bytes."""
_DIRECTORY_MOST: Final = 4 * 1024 * 1024
_PIECE: Final = 256 * 1024
_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED: Final = 0x1 | 0x40 | 0x2000


@attrs.frozen(kw_only=True)
class Limits:
    """What an archive may be."""

    entries: int = 16
    unpacked: int = 2 * 1024**3
    """Bytes of all entries together."""
    ratio: int = 200
    """Unpacked bytes for each packed one; small entries may have more (:attr:`ratio_from`)."""
    ratio_from: int = 1024 * 1024
    """Unpacked bytes from which the ratio counts: a short file of equal lines packs better than 200 to 1."""


USUAL: Final = Limits()


@attrs.frozen
class Entry:
    """One file within an archive."""

    name: str
    """For people only: control characters escaped, without folders."""
    size: int
    """As the directory says; what really comes is counted."""
    _archive: Archive = attrs.field(repr=False)
    _info: zipfile.ZipInfo = attrs.field(repr=False)

    def pieces(self) -> Iterator[bytes]:
        """Its content; raises :class:`BadFile` at the first thing that is wrong, the checksum at the end included."""
        return self._archive.unpack(self._info, self.name)


class Archive:
    """An open archive; :meth:`pieces` of its entries can be read until it is closed."""

    def __init__(self, file: zipfile.ZipFile, limits: Limits) -> None:
        self._file, self._limits = file, limits
        infos = [info for info in file.infolist() if not info.is_dir()]
        self.entries = tuple(Entry(shown_name(info.filename), info.file_size, self, info) for info in infos)
        self._unpacked: dict[int, int] = {}
        """Bytes that came, by place of the entry; read twice counts once."""

    def unpack(self, info: zipfile.ZipInfo, name: str) -> Iterator[bytes]:
        """The content of one entry, counted."""
        most = self._limits.ratio * max(info.compress_size, 1)
        came = 0
        try:
            with self._file.open(info) as source:
                while piece := source.read(_PIECE):
                    came += len(piece)
                    self._unpacked[info.header_offset] = max(came, self._unpacked.get(info.header_offset, 0))
                    if sum(self._unpacked.values()) > self._limits.unpacked:
                        raise _bad(
                            f"解压后超过 {self._limits.unpacked} 字节",
                            f"more than {self._limits.unpacked} bytes unpacked",
                        )
                    if came > self._limits.ratio_from and came > most:
                        raise _bad(
                            f"{name} 的压缩比超过 {self._limits.ratio}",
                            f"{name} is packed more than {self._limits.ratio} to 1",
                        )
                    yield piece
        except (
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            NotImplementedError,
            RuntimeError,
            OSError,
        ) as error:
            raise _bad(f"{name} 已损坏", f"{name} is damaged ({type(error).__name__})") from error
        if came != info.file_size:
            raise _bad(f"{name} 的长度与目录不符", f"{name} does not have the length that the directory says")


@contextlib.contextmanager
def open_archive(source: bytes | Path, limits: Limits = USUAL) -> Iterator[Archive]:
    """Open and check everything that can be checked without unpacking; raises :class:`BadFile` saying what is wrong."""
    with contextlib.ExitStack() as stack:
        try:
            raw: IO[bytes] = (
                io.BytesIO(source) if isinstance(source, bytes) else stack.enter_context(source.open("rb"))
            )
        except OSError as error:
            raise BadFile(
                f"文件打不开：{error.strerror or error}", f"the file cannot be opened: {error.strerror or error}",
                hint_zh="检查路径和权限", hint_en="check its path and rights",
            ) from error  # fmt: skip
        start = _check_end(raw, limits)
        try:
            archive = stack.enter_context(zipfile.ZipFile(raw))
        except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, struct.error) as error:
            raise _bad("目录已损坏", f"its directory is damaged ({error})") from error
        _check_entries(archive.infolist(), limits)
        _check_places(raw, archive.infolist(), start)
        yield Archive(archive, limits)


def shown_name(name: str) -> str:
    """A name from elsewhere as it may stand in a log: the last part, control characters escaped, at most 100 characters."""
    last = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in last)[:100] or "?"


def _check_end(raw: IO[bytes], limits: Limits) -> int:
    """The end record, before anything else is believed; returns where the directory begins."""
    size = raw.seek(0, io.SEEK_END)
    raw.seek(max(0, size - _END.size - 0xFFFF))
    tail = raw.read()
    at = tail.rfind(_END_MARK)
    if at < 0 or len(tail) - at < _END.size:
        raise _bad("不是完整的 ZIP 文件", "it is no whole ZIP file")
    _, disk, first, here, entries, directory, offset, comment = _END.unpack_from(tail, at)
    end = size - len(tail) + at
    if (
        (disk, first) != (0, 0)
        or here != entries
        or tail[max(0, at - _LOCATOR_SIZE) : at].startswith(_LOCATOR_MARK)
    ):
        raise _bad("分卷或 ZIP64 格式，不接受", "it is in parts or ZIP64, which is not accepted")
    if entries > limits.entries:
        raise _bad(
            f"有 {entries} 个文件，最多 {limits.entries} 个",
            f"it has {entries} entries, {limits.entries} at most",
        )
    if len(tail) - at - _END.size != comment or directory > _DIRECTORY_MOST or offset + directory != end:
        raise _bad("目录与文件不符", "its directory does not fit the file")
    return int(offset)


def _check_entries(infos: list[zipfile.ZipInfo], limits: Limits) -> None:
    if len(infos) > limits.entries:
        raise _bad(
            f"有 {len(infos)} 个文件，最多 {limits.entries} 个",
            f"it has {len(infos)} entries, {limits.entries} at most",
        )
    for info in infos:
        name, mode = shown_name(info.filename), info.external_attr >> 16
        if info.flag_bits & _ENCRYPTED:
            raise _bad(f"{name} 已加密", f"{name} is encrypted")
        if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise _bad(f"{name} 是链接或设备", f"{name} is a link or a device")
        if info.compress_type not in _METHODS:
            raise _bad(f"{name} 的压缩方法不支持", f"{name} is packed in a way that is not supported")
        if info.file_size > limits.ratio_from and info.file_size > limits.ratio * max(info.compress_size, 1):
            raise _bad(
                f"{name} 的压缩比超过 {limits.ratio}", f"{name} is packed more than {limits.ratio} to 1"
            )
    if (whole := sum(info.file_size for info in infos)) > limits.unpacked:
        raise _bad(
            f"解压后为 {whole} 字节，最多 {limits.unpacked}",
            f"it has {whole} bytes unpacked, {limits.unpacked} at most",
        )


def _check_places(raw: IO[bytes], infos: list[zipfile.ZipInfo], directory: int) -> None:
    """Each entry begins where the one before it ended: none overlaps, and nothing lies between them."""
    at = 0
    for info in sorted(infos, key=lambda one: one.header_offset):
        gap = info.header_offset - at
        if gap < 0 or gap > _DESCRIPTOR:
            raise _bad("文件内容重叠或有多余数据", "its entries overlap, or something lies between them")
        raw.seek(info.header_offset)
        header = raw.read(_LOCAL.size)
        if len(header) < _LOCAL.size or not header.startswith(_LOCAL_MARK):
            raise _bad("文件头已损坏", "the head of an entry is damaged")
        name, extra = _LOCAL.unpack(header)[-2:]
        at = info.header_offset + _LOCAL.size + name + extra + info.compress_size
    if not 0 <= directory - at <= _DESCRIPTOR:
        raise _bad("文件内容重叠或有多余数据", "its entries overlap, or something lies between them")


def _bad(zh: str, en: str) -> BadFile:
    return BadFile(
        f"压缩文件不可用：{zh}", f"the ZIP file cannot be used: {en}",
        hint_zh="重新下载；仍然如此时向医保中心反映", hint_en="fetch it again; if it stays so, tell the bureau",
    )  # fmt: skip
