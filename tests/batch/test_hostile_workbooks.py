"""Workbooks that were made to hang or to fill the memory, and result files that others could read."""

from __future__ import annotations

import os
import re
import zipfile
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from mi_core.files import BadFile
from mi_core.uploads import excel_structure, open_table
from mi_core.uploads.excel import ExcelTable
from mi_core.uploads.results import Result, ResultFile
from mi_core.uploads.tables import MOST_COLUMNS, Line, LineFault
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


def renumbered(path: Path, number: int) -> Path:
    """The second row says that it is another one."""
    rewritten(path, SHEET, (rb'<row r="2"', b'<row r="%d"' % number))
    return rewritten(path, SHEET, (rb' r="([A-Z]+)2"', rb' r="\g<1>%d"' % number))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ((rb'<row r="2"', b'<row r="-1"'), "行号“-1”不是正整数"),
        ((rb'<row r="2"', b'<row r="1"'), "第 1 行出现在第 1 行之后"),
        ((rb'<row r="2"', b'<row r="1.5"'), "行号“1.5”不是正整数"),
        ((rb'<row r="2"', b'<row r="0"'), "第 0 行出现在第 1 行之后"),
        ((rb' r="B2"', b' r="A2"'), "顺序错乱或重复"),
        ((rb' r="B2"', b' r="B3"'), "编号为“B3”的单元格"),
        ((rb' r="J2"', b' r="ZZZ2"'), "超过 2000 列"),
        ((rb"^", b"<!DOCTYPE x [<!ENTITY a 'b'>]>"), "DOCTYPE"),
    ],
    ids=["negative", "again", "half", "zero", "cell-again", "cell-elsewhere", "far-right", "doctype"],
)
def test_what_the_library_would_leave_out_without_a_word(
    tmp_path: Path, change: tuple[bytes, bytes], why: str
) -> None:
    """A row or a cell whose number goes backwards is dropped by the library: the file is refused instead."""
    path = workbook(tmp_path / "a.xlsx", [row(1), row(2)])
    if change[0] == b"^":
        with zipfile.ZipFile(path) as old:
            body = old.read(SHEET)
        start = body.index(b"<worksheet")
        rewritten(
            path, SHEET, (rb"(?s)\A.*\Z", (body[:start] + change[1] + body[start:]).replace(b"\\", b""))
        )
    else:
        rewritten(path, SHEET, change)
    with pytest.raises(BadFile, match=why):
        list(open_table(path).lines())


def test_merged_cells_show_values_that_are_not_there(tmp_path: Path) -> None:
    def merged(name: str, area: str) -> Path:
        ending = b'</sheetData><mergeCells><mergeCell ref="%s"/></mergeCells>' % area.encode()
        return rewritten(workbook(tmp_path / name, [row(1), row(2)]), SHEET, (rb"</sheetData>", ending))

    with pytest.raises(BadFile, match="合并单元格：A1:C1"):
        open_table(merged("a.xlsx", "A1:C1")).heading()
    with pytest.raises(BadFile, match="合并单元格：B2:B3"):
        list(open_table(merged("b.xlsx", "B2:B3")).lines())


def test_hidden_sheets_and_rows_are_told(tmp_path: Path) -> None:
    """The first sheet is hidden: people see the second one, which is the one that is read."""
    openpyxl: Any = import_module("openpyxl")
    book = openpyxl.Workbook()
    book.active.title, book.active.sheet_state = "旧", "hidden"
    book.active.append(["编码"])
    for name in ("现用", "另一张"):
        sheet = book.create_sheet(name)
        for cells in (["编码"], ["A"], ["B"]):
            sheet.append(cells)
    book["现用"].row_dimensions[3].hidden = True
    book.save(tmp_path / "a.xlsx")
    table = ExcelTable(tmp_path / "a.xlsx")
    assert [line.cells for line in table.lines() if isinstance(line, Line)] == [("A",), ("B",)]
    told = "\n".join(zh for zh, _ in table.notes)
    assert "只读取工作表“现用”，未读取：另一张" in told and "1 行被筛选或隐藏" in told
    named = ExcelTable(tmp_path / "a.xlsx", "旧")
    assert list(named.lines()) == [] and named.notes == ()
    book["现用"].sheet_state = book["另一张"].sheet_state = "hidden"
    book.create_sheet("表", 0)
    book.save(tmp_path / "b.xlsx")
    assert ExcelTable(tmp_path / "b.xlsx").sheets() == ("表", "旧", "现用", "另一张")


@pytest.mark.parametrize(
    "stored",
    ["4.30101199001011E+17", "430101199001011234", "430101199001011000", "1E+15", "0.1234567890123456"],
)
def test_numbers_whose_last_digits_are_lost(tmp_path: Path, stored: str) -> None:
    """An id card number typed into Excel is stored as 4.30101199001011E+17: eighteen digits, of which three are gone."""
    path = workbook(tmp_path / "a.xlsx", [row(1, own=77), row(2)])
    rewritten(path, SHEET, (rb"<v>77</v>", f"<v>{stored}</v>".encode()))
    (first, second) = open_table(path).lines()
    assert isinstance(first, LineFault) and "Excel 已丢失末位" in first.zh and isinstance(second, Line)


def test_leading_zeros_that_a_format_shows(tmp_path: Path) -> None:
    openpyxl: Any = import_module("openpyxl")
    book = openpyxl.Workbook()
    book.active.append(["科室", "数量"])
    book.active.append([301, 301])
    book.active["A2"].number_format = "0000"
    book.save(tmp_path / "a.xlsx")
    assert [line.cells for line in ExcelTable(tmp_path / "a.xlsx").lines() if isinstance(line, Line)] == [
        ("0301", 301)
    ]


def test_rows_that_are_not_there_cost_nothing(tmp_path: Path) -> None:
    """One cell in Excel's last row, and the library makes 2000 cells for each of a million rows before it: hours."""
    path = renumbered(workbook(tmp_path / "a.xlsx", [row(1)]), 5000)
    table = ExcelTable(path)
    with table._rows() as rows:
        assert sum(len(cells) for cells in rows) <= 3 * MOST_COLUMNS
    assert [line.number for line in table.lines()] == [5000]


def test_a_row_beyond_the_end_of_any_sheet(tmp_path: Path) -> None:
    assert excel_structure.ROWS == 1_048_576
    table = ExcelTable(renumbered(workbook(tmp_path / "a.xlsx", [row(1)]), 1_048_577))
    with pytest.raises(BadFile, match="行号 1048577 超过 Excel 的上限"):
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
