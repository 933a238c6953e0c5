"""Tables that are wrong, damaged or made to do harm: each is refused with what to do, nothing is evaluated."""

from __future__ import annotations

import datetime as dt
import zipfile
from pathlib import Path
from typing import Any

import pytest

from mi_core.files import BadFile
from mi_core.interfaces import by_code
from mi_core.uploads import UploadReport, check, open_table
from tests.batch.goods import HEADING, row, workbook, written

STOCK = by_code("3501A")


def looked(path: Path, **how: Any) -> UploadReport:
    return check(STOCK, open_table(path, **how))


def told(path: Path) -> list[str]:
    return [problem.message() for problem in looked(path).problems]


def test_a_good_table_has_no_problems(tmp_path: Path) -> None:
    report = looked(written(tmp_path / "a.csv", [row(1), row(2)]))
    assert (report.rows, report.wrong, report.problems) == (2, 0, [])


@pytest.mark.parametrize(
    ("heading", "why"),
    [
        (("医疗目录编码", "没有的列"), "没有的列：没有这个字段"),
        (("med_list_codg", "医疗目录编码"), "与列“med_list_codg”是同一个字段"),
        (("medlist_codg",), "是否应为 med_list_codg"),
        (("医疗目录编码", ""), "没有表头|列名为空"),
        (("医疗目录编码", "医疗目录编码"), "重复"),
        (("", ""), "没有表头"),
        (("pric[2]",), "不是节点"),
    ],
    ids=range(7),
)
def test_headings_that_do_not_fit(tmp_path: Path, heading: tuple[str, ...], why: str) -> None:
    table = written(tmp_path / "a.csv", [["x"] * len(heading)], heading=heading)
    if heading[-1] == "" and heading[0]:
        assert looked(table).wrong == 1  # trailing empty headings do no harm, their cells must be empty
        return
    with pytest.raises(BadFile, match=why):
        looked(table)


def test_all_bad_headings_at_once(tmp_path: Path) -> None:
    with pytest.raises(BadFile) as caught:
        looked(written(tmp_path / "a.csv", [], heading=("甲乙", "丙丁", "单价")))
    assert "2 处不符" in str(caught.value) and "甲乙" in str(caught.value) and "丙丁" in str(caught.value)


def test_a_missing_required_column_is_told_for_every_row(tmp_path: Path) -> None:
    report = looked(written(tmp_path / "a.csv", [row(1)[:9], row(2)[:9]], heading=HEADING[:9]))
    assert report.wrong == 2 and {p.problem.field for p in report.problems} == {"pric"}


def test_an_empty_file_and_one_without_rows(tmp_path: Path) -> None:
    (tmp_path / "empty.csv").write_bytes(b"")
    with pytest.raises(BadFile, match="没有表头"):
        looked(tmp_path / "empty.csv")
    assert looked(written(tmp_path / "a.csv", [])).rows == 0


def test_rows_with_too_many_cells_and_a_missing_quote(tmp_path: Path) -> None:
    assert told(written(tmp_path / "a.csv", [row(1), [*row(2), "more"], [*row(3), "", ""]])) == [
        "第 3 行：有 11 列，表头只有 10 列"
    ]
    path = written(tmp_path / "b.csv", [row(1)])
    path.write_bytes(path.read_bytes() + b'"XJ01,1\r\n')
    with pytest.raises(BadFile, match="引号不配对"):
        looked(path)


def test_a_huge_cell(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="第 3 行附近无法读取：单元格超过"):
        looked(written(tmp_path / "a.csv", [row(1), row(2, name="长" * 1_100_000)]))


def test_nul_and_neither_encoding(tmp_path: Path) -> None:
    assert told(written(tmp_path / "a.csv", [row(1, name="a\0b")])) == ["第 2 行：含有空字符"]
    (tmp_path / "b.csv").write_bytes("医疗目录编码\n".encode() + b"\xff\xff\xff\n")
    with pytest.raises(BadFile, match="GB18030"):
        looked(tmp_path / "b.csv")
    with pytest.raises(BadFile, match="不是 UTF-8"):
        looked(written(tmp_path / "c.csv", [row(1)], encoding="gbk"), encoding="utf-8")


def test_half_utf8_is_not_read_half_and_half(tmp_path: Path) -> None:
    """One row that is valid in neither reading alone: the whole file is GB18030 or nothing."""
    path = tmp_path / "a.csv"
    path.write_bytes(written(path, [row(1)]).read_bytes() + "阿莫西林".encode("gbk") + b"\r\n")
    with pytest.raises(BadFile):
        looked(path)


def test_formulas_errors_and_long_numbers_in_a_workbook(tmp_path: Path) -> None:
    rows = [
        row(1, price="=1+1"), row(2, own=123456789012345678), row(3, name="#N/A"), row(4, count=True), row(5, price=10.1),
    ]  # fmt: skip
    found = told(workbook(tmp_path / "a.xlsx", rows))
    assert "第 2 行：列“单价(pric)”是公式，请选中后“粘贴为数值”" in found
    assert any(text.startswith("第 3 行：列“定点医药机构目录编号”数字超过 15 位") for text in found)
    assert any(text.startswith("第 4 行：列“fixmedins_hilist_name”是错误值") for text in found)
    assert any(text.startswith("第 5 行：inv_cnt") for text in found)
    assert not any("第 6 行" in text for text in found)


def test_what_a_spreadsheet_made_of_codes(tmp_path: Path) -> None:
    """3-1 became a day, a long code 6.9E+12, and a code that began with 0 is a number now."""
    rows = [
        row(1, own=dt.datetime(2026, 3, 1)),
        row(2, own="6.90101E+12"),
        row(3, own=77),
        row(4, day=dt.datetime(2026, 11, 1)),
    ]
    report = looked(workbook(tmp_path / "a.xlsx", rows))
    told = [problem.message() for problem in report.problems]
    assert len(told) == 2 and told[0].startswith("第 2 行：fixmedins_hilist_id") and "单元格是日期" in told[0]
    assert told[1].startswith("第 3 行：fixmedins_hilist_id") and "科学计数法" in told[1]
    assert [zh for zh, _ in report.notes if "有 1 个单元格是数字" in zh and "定点医药机构目录编号" in zh]
    clean = looked(written(tmp_path / "a.csv", [row(1), row(2, name="1E+3")]))
    assert (clean.problems, clean.notes) == ([], [])


def test_a_day_that_is_only_a_number(tmp_path: Path) -> None:
    """45992 in a column of days: Excel's own number of a day whose format was lost."""
    assert any(
        "第 2 行：invdate" in text for text in told(workbook(tmp_path / "a.xlsx", [row(1, day=45992)]))
    )


def test_a_formula_in_the_heading(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="表头 A1 是公式"):
        looked(workbook(tmp_path / "a.xlsx", [], heading=('=HYPERLINK("http://x")', *HEADING[1:])))


def test_files_that_are_no_workbooks(tmp_path: Path) -> None:
    for name, content in (("a.xlsx", b"PK\x03\x04junk"), ("b.xlsx", b""), ("c.xlsx", b"\xd0\xcf\x11\xe0")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(BadFile, match="不是 Excel 工作簿"):
            looked(tmp_path / name)
    with zipfile.ZipFile(tmp_path / "d.xlsx", "w") as archive:
        archive.writestr("x.txt", "not a workbook")
    with pytest.raises(BadFile, match="不是可读的 Excel 工作簿"):
        looked(tmp_path / "d.xlsx")
    (tmp_path / "e.csv").write_bytes(workbook(tmp_path / "f.xlsx", []).read_bytes())
    with pytest.raises(BadFile, match="是 Excel 文件"):
        looked(tmp_path / "e.csv")
    with pytest.raises(BadFile, match="不认识的文件类型"):
        open_table(written(tmp_path / "g.xls", []))
    with pytest.raises(BadFile, match="没有文件"):
        open_table(tmp_path / "none.csv")


def test_a_workbook_that_unpacks_to_too_much(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [row(1)])
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/zeros.bin", bytes(40 * 1024 * 1024))
    with pytest.raises(BadFile, match="解压后过大"):
        looked(path)


def test_a_sheet_by_name(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [row(1)])
    assert looked(path, sheet="Sheet").rows == 1
    with pytest.raises(BadFile, match="没有工作表 药品"):
        looked(path, sheet="药品")


def test_labels_of_codes_remarks_and_lines_of_one_message(tmp_path: Path) -> None:
    """4301: a registration with two diagnoses, written as two lines with the same ``#报文``."""
    from mi_core.testing import examples
    from mi_core.uploads.checking import CheckedTable, Row
    from mi_core.uploads.shape import shape_of

    values = examples.values("4301")
    head, dise = values["rgstinfo"], values["diseinfo"][0]
    heading = ["#报文", *head, *(f"diseinfo.{name}" for name in dise), "#备注"]
    first = ["M1", *head.values(), *dise.values(), "看过"]
    second = ["M1", *[""] * len(head), *dise.values(), ""]
    third = ["M2", *head.values(), *[""] * len(dise), ""]
    table = written(tmp_path / "a.csv", [first, second, third], heading=heading)
    rows = list(CheckedTable(shape_of(by_code("4301")), open_table(table)).rows())
    assert all(isinstance(one, Row) for one in rows), rows
    counts = [(one.number, len(one.data.get("diseinfo", []))) for one in rows if isinstance(one, Row)]
    assert counts == [(2, 2), (4, 0)]
    clash = written(tmp_path / "b.csv", [first, ["M1", "other", *[""] * (len(first) - 2)]], heading=heading)
    problems = next(iter(CheckedTable(shape_of(by_code("4301")), open_table(clash)).rows()))
    assert isinstance(problems, list) and "写了不同的值" in problems[0].message()


def test_labels_of_codes_are_taken_for_the_codes(tmp_path: Path) -> None:
    from mi_core.codes import RxFlag

    labels = list(RxFlag.labels().values())
    assert looked(written(tmp_path / "a.csv", [row(1, rx=label) for label in labels])).wrong == 0
    assert looked(written(tmp_path / "b.csv", [row(1, rx="不存在的")])).wrong == 1
