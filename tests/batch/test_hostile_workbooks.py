"""Workbooks that were made to hang or to fill the memory, and result files that others could read."""

from __future__ import annotations

import os
import re
import zipfile
from pathlib import Path

import pytest

from mi_core.files import BadFile
from mi_core.uploads import excel, open_table
from mi_core.uploads.excel import ExcelTable
from mi_core.uploads.results import Result, ResultFile
from mi_core.uploads.tables import MOST_COLUMNS
from tests.batch.goods import row, workbook

SHEET = "xl/worksheets/sheet1.xml"


def rewritten(path: Path, name: str, change: tuple[bytes, bytes] | None = None, added: bytes = b"") -> Path:
    """The workbook with one part changed, or one added."""
    with zipfile.ZipFile(path) as old:
        parts = {info.filename: old.read(info) for info in old.infolist()}
    if change is not None:
        parts[name], found = re.subn(change[0], change[1], parts[name])
        assert found
    else:
        parts[name] = added
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for one, body in parts.items():
            new.writestr(one, body)
    return path


def test_rows_that_are_not_there_cost_nothing(tmp_path: Path) -> None:
    """One cell in Excel's last row, and the library makes 2000 cells for each of a million rows before it: hours."""
    path = rewritten(workbook(tmp_path / "a.xlsx", [row(1)]), SHEET, (rb'<row r="2"', b'<row r="5000"'))
    table = ExcelTable(path)
    with table._rows() as rows:
        assert sum(len(cells) for cells in rows) <= 3 * MOST_COLUMNS
    assert [line.number for line in table.lines()] == [5000]


def test_a_row_beyond_the_end_of_any_sheet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert excel._ROWS == 1_048_576
    monkeypatch.setattr(excel, "_ROWS", 1_000)
    path = workbook(tmp_path / "a.xlsx", [row(1)])
    table = ExcelTable(rewritten(path, SHEET, (rb'<row r="2"', b'<row r="99999999999"')))
    with pytest.raises(BadFile, match="不是可读的 Excel 工作簿"):
        list(table.lines())


def test_texts_that_fill_the_memory(tmp_path: Path) -> None:
    """The library takes all texts of a workbook into memory before the first row."""
    text = os.urandom(16_384).hex().encode()  # packs to half, so that it is no bomb by its ratio
    path = rewritten(
        workbook(tmp_path / "a.xlsx", [row(1)]), "xl/sharedStrings.xml", added=b"<t>" + text * 2100 + b"</t>"
    )
    with pytest.raises(BadFile, match="解压后过大"):
        open_table(path)


@pytest.mark.skipif(os.name != "posix", reason="rights of files are posix's")
def test_nobody_else_reads_a_result_while_it_grows(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.touch(0o644)
    held = ResultFile(path, "3501A", "H1", again=False)
    held.write([Result(number=2, state="refused", text="张三 不在库")])
    try:
        assert path.stat().st_mode & 0o777 == 0o600
    finally:
        held.close()
    assert path.stat().st_mode & 0o777 == 0o600
