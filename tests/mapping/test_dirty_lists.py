"""Lists as hospitals keep them: what can be understood is, what cannot is told all at once, and what is left out is said."""

from __future__ import annotations

import asyncio
import csv
import datetime as dt
import json
from collections.abc import Iterable, Sequence
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from mi_core.files import BadInputFile
from mi_core.mapping import Matcher, Offer, Wanted, read_items, unused_columns
from mi_core.mapping.items import Item, ItemFaults
from mi_core.uploads import open_table
from tests.cli.shell import mi
from tests.mapping.shelf import hospital
from tests.mapping.test_story import desk, known

HEADING = (
    "药品编码*",
    "药品名称",
    "目录 类别",
    "国家医保代码",
    "规格",
    "生产厂商",
    "批准文号",
    "剂型",
    "零售价（元）",
    "自付比例",
)
GOOD = ("D1", "阿莫西林胶囊", "西药", "", "0.25gx24粒/盒", "甲制药", "", "胶囊", "12.50", "10%")


def listed(path: Path, rows: Iterable[Sequence[Any]], heading: Sequence[str] = HEADING) -> Path:
    with path.open("w", encoding="gbk", newline="") as file:
        csv.writer(file).writerows([heading, *rows])
    return path


def items(path: Path) -> list[Item]:
    return list(read_items(open_table(path)))


def faults(path: Path) -> list[tuple[int, str]]:
    with pytest.raises(ItemFaults) as caught:
        items(path)
    return [(number, zh) for number, zh, _ in caught.value.faults]


def test_what_people_write_is_understood(tmp_path: Path) -> None:
    """Widths, currency, thousands, per cent, a part of a kind's name, blank lines, headings with units."""
    rows = [
        GOOD, [""] * 10, ["D2", *GOOD[1:3], "ＸＪ０１", *GOOD[4:8], "１，２００．５０元", "０．１"],
        ["D3", "诊查费", "医疗服务项目", *[""] * 5, "￥8", ""],
    ]  # fmt: skip
    one, two, three = items(listed(tmp_path / "a.csv", rows))
    assert (one.list_type, one.price, one.selfpay, one.fields["prodentp_name"]) == (
        "101", Decimal("12.50"), Decimal("0.1"), "甲制药",
    )  # fmt: skip
    assert (two.code, two.price, two.selfpay) == ("XJ01", Decimal("1200.50"), Decimal("0.1"))
    assert (three.list_type, three.price) == ("201", 8)


def test_columns_that_mean_nothing_are_told_and_the_better_one_is_taken(tmp_path: Path) -> None:
    heading = ("编码", "通用名", "药品名称", "医保类型", "#备忘", "名称(fixmedins_hilist_name)")
    path = listed(tmp_path / "a.csv", [("D1", "通用", "院内", "甲", "x", "自己的")], heading)
    assert items(path)[0].name == "自己的"
    assert unused_columns(open_table(path)) == ["通用名", "药品名称", "医保类型"]
    with pytest.raises(BadInputFile, match="缺少列：定点医药机构目录编号（fixmedins_hilist_id）"):
        items(listed(tmp_path / "b.csv", [], ("名称", "规格")))


def test_every_mistake_of_every_line(tmp_path: Path) -> None:
    rows = [
        ["D1", *GOOD[1:]], ["D1", *GOOD[1:]], ["Ｄ２", *GOOD[1:]], ["D 3", *GOOD[1:]], ["6.9E+12", *GOOD[1:]],
        ["D4", "", *GOOD[2:8], "面议", "10"], ["D5", *GOOD[1:2], "膏药", *GOOD[3:]], ["D6", *GOOD[1:3], "1.2E+20", *GOOD[4:]],
    ]  # fmt: skip
    told = faults(listed(tmp_path / "a.csv", rows))
    assert [number for number, _ in told] == [3, 4, 5, 6, 7, 7, 7, 8, 9]
    texts = [zh for _, zh in told]
    assert (
        "编号 D1 与第 2 行重复" in texts[0]
        and "全角字符" in texts[1]
        and "空格" in texts[2]
        and "科学计数法" in texts[3]
    )
    assert {"必填", "不是数字", "或写成 10%"} <= {
        part for t in texts[4:7] for part in ("必填", "不是数字", "或写成 10%") if part in t
    }
    assert "不在代码表中：101 西药中成药" in texts[7] and "科学计数法" in texts[8]


def test_what_excel_made_of_it(tmp_path: Path) -> None:
    openpyxl: Any = import_module("openpyxl")
    book = openpyxl.Workbook()
    for row in (
        HEADING,
        ["D1", *GOOD[1:]],
        [dt.datetime(2026, 3, 1), *GOOD[1:]],
        [430101199001011234, *GOOD[1:]],
    ):
        book.active.append(list(row))
    book.save(tmp_path / "a.xlsx")
    told = faults(tmp_path / "a.xlsx")
    assert (
        [number for number, _ in told] == [3, 4]
        and "是日期" in told[0][1]
        and "Excel 已丢失末位" in told[1][1]
    )


def test_the_same_mistake_in_many_lines_is_one_line(tmp_path: Path) -> None:
    rows = [[f"D{n}", *GOOD[1:2], "膏药", *GOOD[3:]] for n in range(300)]
    rows[10][2] = "西药"
    with pytest.raises(ItemFaults) as caught:
        items(listed(tmp_path / "a.csv", rows))
    text = caught.value.message("zh")
    assert (
        "有 299 处错误" in text
        and "第 2–11、13–301 行：目录类别" in text
        and text.count("膏药") == 0
        and len(text) < 500
    )


async def test_five_thousand_lines_with_repeated_ids_are_told_and_nothing_is_taken(tmp_path: Path) -> None:
    """Ids that repeat within a batch were the database's complaint once."""
    rows = [[f"D{n}", *GOOD[1:]] for n in range(5_000)]
    rows[7][0], rows[4_999][0] = "D6", "D0"
    config = hospital(tmp_path)
    async with desk(config) as (book, _):
        with pytest.raises(ItemFaults) as caught:
            await book.take(read_items(open_table(listed(tmp_path / "a.csv", rows))))
        assert [number for number, _, _ in caught.value.faults] == [9, 5_001] and await known(book) == {}
        rows[7][0], rows[4_999][0] = "D7", "D4999"
        assert (await book.take(read_items(open_table(listed(tmp_path / "a.csv", rows))))).new == 5_000


async def test_the_command_checks_only_and_says_what_it_leaves_out(tmp_path: Path) -> None:
    hospital(tmp_path)
    listed(tmp_path / "a.csv", [(*GOOD, "x")], (*HEADING, "医保甲乙"))
    code, out, err = await asyncio.to_thread(mi, "mapping", "import", "a.csv", "--dry-run", place=tmp_path)
    assert code == 0 and "1 项，没有错误，未导入" in out and "未使用的列：医保甲乙" in err
    assert not (tmp_path / "mi.catalogues.db").exists()
    code, out, _ = await asyncio.to_thread(mi, "mapping", "import", "a.csv", "--json", place=tmp_path)
    assert code == 0 and json.loads(out) == {
        "new": 1,
        "changed": 0,
        "same": 0,
        "absent": 0,
        "unused_columns": ["医保甲乙"],
    }


def test_a_trade_name_in_brackets_hides_nothing() -> None:
    offers = [
        Offer(code=c, name=n, source="1301")
        for c, n in (("A", "阿莫西林胶囊"), ("B", "阿莫西林颗粒"), ("C", "阿莫灵片"))
    ]
    found = Matcher(offers).candidates(Wanted(name="阿莫西林胶囊（阿莫灵）"))
    assert found[0].offer.code == "A" and found[0].score == 97
