"""From the hospital's list to the bureau: matched, reviewed, uploaded, withdrawn; fees of what is not mapped do not leave."""

from __future__ import annotations

import csv
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import attrs
import pytest

from mi_core import AsyncClient, InvalidInput
from mi_core.catalogues import Catalogue
from mi_core.config import Config
from mi_core.interfaces import by_code
from mi_core.mapping import (
    Book,
    Entry,
    accept_from,
    check_fees,
    checks,
    compare,
    open_book,
    propose,
    read_items,
    send,
    take_review,
    withdraw,
    write_review,
)
from mi_core.mapping.items import ItemFaults
from mi_core.testing import FakeGateway, examples
from mi_core.uploads import open_table
from tests.mapping.shelf import DRUGS, HOSPITAL, ITEMS, filled, hospital, stocked


@asynccontextmanager
async def desk(config: Config) -> AsyncIterator[tuple[Book, Catalogue]]:
    async with open_book(config) as book:
        yield book, Catalogue(book.database, book.institution)


async def known(book: Book) -> dict[str, Entry]:
    return {entry.item.id: entry async for entry in book.entries()}


async def proposed(place: Path, **mapping: Any) -> Config:
    """A hospital with its items imported and matched."""
    config = hospital(place, **mapping)
    await stocked(config)
    (place / "items.csv").write_text(ITEMS, encoding="gb18030")
    async with desk(config) as (book, catalogue):
        done = await book.take(read_items(open_table(place / "items.csv")))
        assert (done.new, done.changed) == (5, 0)
        await propose(book, catalogue)
    return config


def fill_in(path: Path, decisions: dict[str, tuple[str, str, str]]) -> Path:
    """What people write: item -> (code of the line, 决定, 改用编码)."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        heading, *rows = list(csv.reader(file))
    for row in rows:
        wanted = decisions.get(row[0])
        if wanted is not None and wanted[0] in ("", row[6]):
            row[12], row[13] = wanted[1], wanted[2]
    with path.open("w", encoding="gb18030", newline="") as file:
        csv.writer(file).writerows([heading, *rows])
    return path


async def test_candidates_come_with_a_score_and_its_reasons(any_url: str, tmp_path: Path) -> None:
    config = await proposed(tmp_path, database=any_url)
    async with desk(config) as (book, _):
        found = await known(book)
    one = found["D1"]
    assert (one.state, one.code, one.score) == ("proposed", DRUGS[0][0], 100)
    assert one.explained == "名称 100；规格 100；厂家 100；剂型 100；批准文号相同"
    assert found["D2"].code == DRUGS[2][0] and found["D2"].candidates[0]["given"]
    assert found["D2"].explained.startswith("国家编码相同；名称 97")
    # a strength that the catalogue does not have: each candidate says what does not fit
    other = {c["code"]: c for c in found["D3"].candidates}[DRUGS[3][0]]
    assert found["D3"].score == 70 and "剂型不同" in found["D3"].explained
    assert other["score"] == 60 and "含量或尺寸不同（250mg / 125mg）" in other["explained"]
    assert found["S1"].candidates[0]["code"].startswith("0011010")
    assert found["Z9"].state == "open" and found["Z9"].candidates == ()


async def test_review_upload_check_and_withdraw(any_url: str, tmp_path: Path) -> None:
    config = await proposed(tmp_path, database=any_url, check=True)
    gateway = FakeGateway()
    gateway.on("3301").reply()
    gateway.on("3302").reply()
    gateway.on("2204").reply()
    own = gateway.config(config)
    fee = examples.values("2204")["feedetail"][0] | {
        "medins_list_codg": "D1",
        "med_list_codg": DRUGS[0][0],
        "pric": "12.00",
    }

    async def charge(client: AsyncClient, *items: str) -> Any:
        rows = [fee | {"medins_list_codg": item, "feedetl_sn": f"{n + 1}"} for n, item in enumerate(items)]
        return await client.call(by_code("2204").request.from_dict({"feedetail": rows}))

    async with gateway.async_client(config=own) as client, desk(own) as (book, catalogue):
        with pytest.raises(InvalidInput) as caught:
            await charge(client, "D1", "D2", "Q7")
        assert gateway.sends() == 0
        told = [p.message() for p in caught.value.problems if p.rule == "mapping"]
        assert [text.rpartition("：")[2].partition("【")[0] for text in told[:1]] == ["对照待审核"]
        assert (
            len(told) == 3
            and "D2 阿莫西林胶囊（乙）：对照待审核" in told[1]
            and "Q7：院内目录中没有此项目" in told[2]
        )

        count = await write_review(book, tmp_path / "review.csv")
        assert count == 5
        review = fill_in(tmp_path / "review.csv", {
            "D1": (DRUGS[0][0], "是", ""), "D2": (DRUGS[2][0], "y", ""), "D3": ("", "", DRUGS[3][0]), "Z9": ("", "否", ""),
        })  # fmt: skip
        assert await take_review(book, catalogue, open_table(review), "李四") == {
            "accepted": 3,
            "rejected": 1,
        }
        report = await send(client, book, tmp_path / "3301.csv")
        assert report.complete and gateway.sends("3301") == 1
        rows = {row["fixmedins_hilist_id"]: row for row in gateway.seen[-1].input["data"]}
        assert rows["D1"]["med_list_codg"] == DRUGS[0][0] and rows["D1"]["enddate"] == "2099-12-31"
        assert rows["D2"]["list_type"] == "101" and rows["D1"]["aprvno"] == "国药准字Ｈ10000001"
        states = {key: entry.state for key, entry in (await known(book)).items()}
        assert states == {
            "D1": "uploaded",
            "D2": "uploaded",
            "D3": "uploaded",
            "S1": "proposed",
            "Z9": "rejected",
        }
        assert (await known(book))["D1"].decided_by == "李四"

        reply = await charge(client, "D1")
        warned = {p.rule: p.message() for p in reply.meta.warnings}
        assert (
            "D1 单价高于医保限价 10.00" in warned["ceiling"]
            and "院内先自付比例 0.05 与医保 0.1 不一致" in warned["selfpay"]
        )
        with pytest.raises(InvalidInput, match=f"医疗目录编码 {DRUGS[0][0]} 与对照 {DRUGS[2][0]} 不一致"):
            await charge(client, "D1", "D2")
        with pytest.raises(InvalidInput, match="审核为不对照"):
            await charge(client, "Z9")

        there = [
            {"medins_list_codg": "D1", "med_list_codg": DRUGS[0][0]},
            {"medins_list_codg": "D2", "med_list_codg": "OTHER"},
        ]
        await filled(own, "1317", [row | {"rid": f"M{n}", "vali_flag": "1"} for n, row in enumerate(there)])
        seen = await compare(book, catalogue)
        assert (seen.agree, seen.differ, seen.absent) == (1, (("D2", DRUGS[2][0], "OTHER"),), ("D3",))

        await withdraw(client, book, ["D1", "Z9"], tmp_path / "3302.csv")
        assert gateway.sends("3302") == 1 and gateway.seen[-1].input["data"]["fixmedins_hilist_id"] == "D1"
        problems = await check_fees(own, by_code("2204").request.from_dict({"feedetail": [fee]}))
        assert [p.zh for p in problems] == ["D1 阿莫西林胶囊：对照已撤销"]


async def test_a_refused_mapping_stays_with_the_bureaus_words(any_url: str, tmp_path: Path) -> None:
    config = await proposed(tmp_path, database=any_url)
    gateway = FakeGateway()
    gateway.on("3301").refuse("目录已停用")
    own = gateway.config(config)
    async with gateway.async_client(config=own) as client, desk(own) as (book, _):
        assert await accept_from(book, 95, "王五") == 2
        report = await send(client, book, tmp_path / "r.csv")
        assert report.counts == {"refused": 2}
        entry = (await known(book))["D1"]
        assert (entry.state, entry.said) == ("accepted", "目录已停用")


@pytest.mark.parametrize(("rule", "severity"), [("warn", "warning"), ("refuse", "error"), ("off", None)])
async def test_the_ceiling_by_configuration(tmp_path: Path, rule: str, severity: str | None) -> None:
    config = await proposed(tmp_path, ceiling=rule, level="1")
    fee = examples.values("2204")["feedetail"][0] | {
        "medins_list_codg": "D1",
        "med_list_codg": DRUGS[0][0],
        "pric": "9",
    }
    async with desk(config) as (book, _):
        await book.decide({"D1": ("uploaded", DRUGS[0][0], "")}, "张三")
    found = await check_fees(config, by_code("2204").request.from_dict({"feedetail": [fee]}))
    assert [p.severity for p in found if p.rule == "ceiling"] == ([] if severity is None else [severity])
    assert all("8.00" in p.zh for p in found if p.rule == "ceiling")


async def test_what_is_not_synchronised_is_said_once_per_source(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "_said", set())
    config = hospital(tmp_path)
    (tmp_path / "items.csv").write_text(ITEMS, encoding="gb18030")
    async with desk(config) as (book, _):
        await book.take(read_items(open_table(tmp_path / "items.csv")))
        await book.decide({"D1": ("uploaded", DRUGS[0][0], "")}, "张三")
    fee = examples.values("2204")["feedetail"][0] | {"medins_list_codg": "D1", "med_list_codg": DRUGS[0][0]}
    request = by_code("2204").request.from_dict({"feedetail": [fee]})
    with caplog.at_level("WARNING", "mi_core.mapping"):
        assert [await check_fees(config, request) for _ in range(2)] == [[], []]
    said = [record.getMessage() for record in caplog.records if record.name == "mi_core.mapping"]
    assert [text.rsplit(" ", 1)[1] for text in said] == ["1316", "1318", "1319"]
    assert all(HOSPITAL in text and "not checked" in text for text in said)


async def test_a_changed_item_is_looked_at_again_and_a_new_price_is_not(any_url: str, tmp_path: Path) -> None:
    config = await proposed(tmp_path, database=any_url)
    async with desk(config) as (book, _):
        await book.decide({"D1": ("uploaded", DRUGS[0][0], ""), "D2": ("accepted", DRUGS[2][0], "")}, "张三")
        text = ITEMS.replace("12.00", "13.00").replace("250mg×24", "500mg×24").replace("Z9,", "Z8,")
        (tmp_path / "new.csv").write_text(text, encoding="utf-8")
        done = await book.take(read_items(open_table(tmp_path / "new.csv")))
        assert attrs.astuple(done) == (1, 2, 2, 1)
        found = await known(book)
    assert found["D1"].state == "uploaded" and str(found["D1"].item.price) == "13.00"
    assert found["D2"].state == "open" and found["D2"].code == ""


async def test_what_was_decided_to_have_no_mapping_is_open_again_when_it_changes(tmp_path: Path) -> None:
    config = await proposed(tmp_path)
    async with desk(config) as (book, _):
        await book.decide({"Z9": ("rejected", "", "")}, "张三")
        (tmp_path / "new.csv").write_text(ITEMS.replace("院内自制物品", "一次性注射器"), encoding="utf-8")
        await book.take(read_items(open_table(tmp_path / "new.csv")))
        assert (await known(book))["Z9"].state == "open"


async def test_every_mistake_of_a_list_at_once_and_nothing_is_taken(tmp_path: Path) -> None:
    config = hospital(tmp_path)
    text = (
        ITEMS.replace("D2,", "D1,")
        .replace("D3,阿莫西林颗粒", "D3,")
        .replace(",201,", ",999,")
        .replace("12.00", "十二")
    )
    (tmp_path / "bad.csv").write_text(text, encoding="utf-8")
    async with desk(config) as (book, _):
        with pytest.raises(ItemFaults) as caught:
            await book.take(read_items(open_table(tmp_path / "bad.csv")))
        assert await known(book) == {}
    lines = [(number, zh) for number, zh, _ in caught.value.faults]
    assert (
        [n for n, _ in lines] == [2, 4, 5]
        and "单价（pric）不是数字" in lines[0][1]
        and "list_type" in lines[2][1]
    )


async def test_a_review_with_mistakes_is_not_taken_in_part(any_url: str, tmp_path: Path) -> None:
    config = await proposed(tmp_path, database=any_url)
    async with desk(config) as (book, catalogue):
        await write_review(book, tmp_path / "review.csv")
        review = fill_in(tmp_path / "review.csv", {
            "D1": (DRUGS[0][0], "是", ""), "D2": ("", "maybe", ""), "D3": ("", "", "NO-SUCH-CODE"), "Z9": ("", "是", ""),
        })  # fmt: skip
        with pytest.raises(ItemFaults) as caught:
            await take_review(book, catalogue, open_table(review), "李四")
        text = str(caught.value)
        assert "决定“maybe”" in text and "没有有效的编码 NO-SUCH-CODE" in text and "没有候选" in text
        assert (await known(book))["D1"].state == "proposed" and HOSPITAL


async def test_a_table_of_fees_leaves_the_unmapped_rows_behind(tmp_path: Path) -> None:
    from mi_core.uploads import Dicts, Options, upload

    config = await proposed(tmp_path, check=True)
    gateway = FakeGateway()
    gateway.on("2301").reply()
    own = gateway.config(config)
    fee = examples.values("2301")["feedetail"][0] | {"med_list_codg": DRUGS[0][0], "pric": "9"}
    rows = [
        fee | {"medins_list_codg": item, "feedetl_sn": str(n + 1)}
        for n, item in enumerate(("D1", "Q7", "D1", "Z9"))
    ]
    async with gateway.async_client(config=own) as client, desk(own) as (book, _):
        await book.decide({"D1": ("uploaded", DRUGS[0][0], "")}, "张三")
        report = await upload(client, "2301", Dicts(rows), tmp_path / "r.csv", Options())
    assert report.counts == {"sent": 2, "invalid": 2}
    assert [str(one["feedetl_sn"]) for seen in gateway.seen for one in seen.input["feedetail"]] == ["1", "3"]
