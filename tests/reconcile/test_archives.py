"""ZIPs and tables from elsewhere: every trick is refused with a reason, and good ones are read exactly."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mi_core.files import BadFile, Limits, make_table, open_archive, read_table, shown_name
from tests.reconcile.zips import GOOD, HOSTILE, zipped


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_archives(kind: str, tmp_path: Path) -> None:
    content, why = HOSTILE[kind]
    with pytest.raises(BadFile, match=why) as caught:
        read_table(content, 2)
    assert caught.value.hint_zh and caught.value.en
    path = tmp_path / "a.zip"
    path.write_bytes(content)
    with pytest.raises(BadFile, match=why):
        read_table(path, 2)


def test_what_is_unpacked_is_counted_whatever_the_directory_says() -> None:
    content = zipped(*((f"{n}.txt", bytes(range(256)) * 2) for n in range(4)), method=zipfile.ZIP_STORED)
    with pytest.raises(BadFile, match="2047"), open_archive(content, Limits(unpacked=2047)):
        pass
    with open_archive(content, Limits(unpacked=2048)) as archive:
        assert [len(b"".join(entry.pieces())) for entry in archive.entries] == [512] * 4
        archive._limits = Limits(unpacked=1000)  # as if the directory had lied
        with pytest.raises(BadFile, match="解压后超过"):
            for entry in archive.entries:
                list(entry.pieces())


def test_a_ratio_is_measured_while_unpacking() -> None:
    content = zipped(("a.txt", b"\0" * 3_000_000))
    with open_archive(content, Limits(ratio=2000)) as archive:
        archive._limits = Limits()
        with pytest.raises(BadFile, match="压缩比"):
            list(archive.entries[0].pieces())


def test_names_are_only_shown() -> None:
    content = zipped(("../../etc/\x1bpasswd\n.txt", b"a\tb\n"), method=zipfile.ZIP_STORED)
    with open_archive(content) as archive:
        assert archive.entries[0].name == "\\x1bpasswd\\x0a.txt"
    assert (
        shown_name("C:\\temp\\x.txt") == "x.txt"
        and shown_name("///") == "?"
        and len(shown_name("x" * 500)) == 100
    )
    assert read_table(content, 2) == [("a", "b")]


def test_folders_are_no_files() -> None:
    result = io.BytesIO()
    with zipfile.ZipFile(result, "w") as archive:
        archive.writestr("folder/", b"")
        archive.writestr("folder/a.txt", b"a\tb\n")
    assert read_table(result.getvalue(), 2) == [("a", "b")]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        (b"", []), (b"a\tb", [("a", "b")]), (b"a\tb\r\nc\td\r\n", [("a", "b"), ("c", "d")]),
        (b"\xef\xbb\xbfa\tb\n", [("a", "b")]), (b"null\t\n", [(None, None)]), (b"Null\t null\n", [("Null", " null")]),
        ("张三\t李四\n".encode(), [("张三", "李四")]), ("张三\t李四\n".encode("gbk"), [("张三", "李四")]),
        ("䶮\t㐂\n".encode("gb18030"), [("䶮", "㐂")]), ("e\u0301\ta\u2028b\n".encode(), [("é", "a\u2028b")]),
        ("a\x0b\tb\x0c\x85\n".encode(), [("a\x0b", "b\x0c\x85")]),
    ],
)  # fmt: skip
def test_tables(text: bytes, rows: list[tuple[str | None, str | None]]) -> None:
    assert read_table(zipped(("a.txt", text)), 2) == rows


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"a\tb\nc\n", "第 2 行有 1 列，应为 2 列"), (b"a\tb\tc\n", "第 1 行有 3 列"), (b"a\tb\n\nc\td\n", "第 2 行有 1 列"),
        (b"a\tb\0\n", "空字符"), (b"a\t\xff\xff\xff\n", "既不是"), ("张\t三\n".encode() + "李\t四\n".encode("gbk"), "既不是"),
        (b"a\tb\n" + bytes(97 + n % 26 for n in range(2_500_000)), "行|压缩比"),
    ],
)  # fmt: skip
def test_tables_that_are_refused(text: bytes, why: str) -> None:
    with pytest.raises(BadFile, match=why):
        read_table(zipped(("a.txt", text), method=zipfile.ZIP_STORED), 2)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="打不开"):
        read_table(tmp_path / "none.zip", 2)


def test_what_we_write_is_what_we_read() -> None:
    rows = [("张\t三", None, ""), ("a\nb", "null", "1.00")]
    content = make_table("a.txt", rows)
    assert content == make_table("a.txt", rows)
    assert read_table(content, 3) == [("张 三", None, None), ("a b", None, "1.00")]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_nothing_but_bad_file_is_raised(data: st.DataObject) -> None:
    """Bytes changed anywhere, cut, doubled: read or refused, never another exception."""
    content = bytearray(
        data.draw(st.sampled_from([GOOD, *(c for c, _ in HOSTILE.values() if len(c) < 5_000)]))
    )
    for _ in range(data.draw(st.integers(0, 6))):
        if content:
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    if data.draw(st.booleans()):
        content = content[: data.draw(st.integers(0, len(content)))]
    try:
        rows = read_table(bytes(content), 2)
    except BadFile:
        return
    assert all(len(row) == 2 for row in rows)
