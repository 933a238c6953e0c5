"""Archives as an attacker, a broken disk or a careless bureau might send them; made by hand where zipfile would not."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable


def zipped(*files: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    result = io.BytesIO()
    with zipfile.ZipFile(result, "w", method) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return result.getvalue()


def with_mode(mode: int) -> bytes:
    info = zipfile.ZipInfo("a.txt")
    info.external_attr = mode << 16
    result = io.BytesIO()
    with zipfile.ZipFile(result, "w") as archive:
        archive.writestr(info, "/etc/passwd")
    return result.getvalue()


def changed(content: bytes, change: Callable[[bytearray, int, int], None]) -> bytes:
    """``change(content, place of the first directory entry, place of the end record)``."""
    out = bytearray(content)
    end = content.rfind(b"PK\x05\x06")
    directory = struct.unpack_from("<L", content, end + 16)[0]
    change(out, directory, end)
    return bytes(out)


def encrypted() -> bytes:
    def set_flag(out: bytearray, directory: int, _end: int) -> None:
        out[directory + 8] |= 1

    return changed(zipped(("a.txt", b"x")), set_flag)


def overlapping(times: int = 10) -> bytes:
    """Many directory entries that all unpack the same data (a "better zip bomb")."""
    packed = zlib.compress(b"0" * 100_000)[2:-4]
    crc = zlib.crc32(b"0" * 100_000)
    local = (
        struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, 0, 8, 0, 0x21, crc, len(packed), 100_000, 5, 0) + b"a.txt"
    )
    one = struct.pack(
        "<4s6H3L5H2L", b"PK\x01\x02", 20, 20, 0, 8, 0, 0x21, crc, len(packed), 100_000, 5, 0, 0, 0, 0, 0, 0,
    ) + b"a.txt"  # fmt: skip
    body = local + packed
    return body + one * times + end_record(times, len(one) * times, len(body))


def end_record(entries: int, size: int, offset: int) -> bytes:
    return struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, entries, entries, size, offset, 0)


def lying_size(says: int) -> bytes:
    """The directory and the head say another unpacked size than there is."""

    def lie(out: bytearray, directory: int, _end: int) -> None:
        struct.pack_into("<L", out, directory + 24, says)
        struct.pack_into("<L", out, 22, says)

    return changed(zipped(("a.txt", b"a\tb\n" * 100)), lie)


def with_method(method: int) -> bytes:
    def set_method(out: bytearray, directory: int, _end: int) -> None:
        struct.pack_into("<H", out, directory + 10, method)
        struct.pack_into("<H", out, 8, method)

    return changed(zipped(("a.txt", b"x" * 50)), set_method)


def too_many_told() -> bytes:
    """The end record says two entries, the directory has more."""

    def lie(out: bytearray, _directory: int, end: int) -> None:
        struct.pack_into("<HH", out, end + 8, 2, 2)

    return changed(zipped(*((f"{n}.txt", b"x") for n in range(30))), lie)


def damaged() -> bytes:
    content = bytearray(zipped(("a.txt", bytes(range(256)) * 40)))
    content[60] ^= 0xFF
    return bytes(content)


def wrong_checksum() -> bytes:
    def lie(out: bytearray, directory: int, _end: int) -> None:
        struct.pack_into("<L", out, directory + 16, 1)
        struct.pack_into("<L", out, 14, 1)

    return changed(zipped(("a.txt", b"a\tb\n")), lie)


def zip64() -> bytes:
    content = zipped(("a.txt", b"x"))
    end = content.rfind(b"PK\x05\x06")
    record = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, 46, 0)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, end, 1)
    return content[:end] + record + locator + content[end:]


GOOD = zipped(("a.txt", b"a\tb\n"))
HOSTILE: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "不是完整的 ZIP"),
    "no zip": (b"{}" * 100, "不是完整的 ZIP"),
    "cut": (GOOD[:-10], "不是完整的 ZIP"),
    "something in front": (b"#!/bin/sh\n" + GOOD, "目录与文件不符"),
    "something behind": (GOOD + b"tail", "目录与文件不符"),
    "two archives": (GOOD + GOOD, "目录与文件不符"),
    "17 entries": (zipped(*((f"{n}.txt", b"x") for n in range(17))), "有 17 个文件"),
    "more entries than told": (too_many_told(), "有 30 个文件"),
    "bomb": (zipped(("a.txt", b"\0" * 3_000_000)), "压缩比"),
    "overlap": (overlapping(), "重叠"),
    "link": (with_mode(stat.S_IFLNK | 0o777), "链接"),
    "device": (with_mode(stat.S_IFCHR | 0o600), "链接或设备"),
    "encrypted": (encrypted(), "加密"),
    "lzma": (with_method(14), "压缩方法"),
    "unknown method": (with_method(99), "压缩方法"),
    "zip64": (zip64(), "ZIP64"),
    "damaged": (damaged(), "损坏"),
    "checksum": (wrong_checksum(), "损坏"),
    "says more than there is": (lying_size(5_000), "长度"),
    "says less than there is": (lying_size(7), "长度|损坏"),
    "two files": (zipped(("a.txt", b"a\tb\n"), ("b.txt", b"a\tb\n")), "应恰有一个"),
    "no file": (zipped(), "应恰有一个"),
}
"""What it is: the archive, and what the error says."""
