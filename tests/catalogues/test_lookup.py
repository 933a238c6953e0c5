"""Looking into what was synchronised: from a program, and with ``mi lookup``."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from mi_core.catalogues import Entry, NotSynchronised, open_catalogue
from mi_core.catalogues.database import Database
from mi_core.catalogues.keeping import Keeper
from mi_core.catalogues.sources import Source, sources_of
from mi_core.config import Config, load_config
from mi_core.errors import UnknownName
from mi_plugins.sandbox.announce import default_config
from tests.cli.shell import mi

DRUGS = (
    ("X1", "阿莫西林胶囊", "0.25g*24", "华北一厂", "AMXLJN", "1"), ("X10", "阿莫西林颗粒", "0.125g*12", "华北一厂", "AMXLKL", "1"),
    ("X2", "注射用阿莫西林钠", "1g", "沿海药业", "ZSYAMXLN", "1"), ("X3", "阿莫西林", "0.5g", "沿海药业", "AMXL", "0"),
    ("X4", "100%_葡萄糖", "10ml", "沿海药业", "PTT", "1"), ("X5", "维生素C片", "0.1g", "华北一厂", "WSSCP", "1"),
)  # fmt: skip


def line(source: Source, drug: tuple[str, ...]) -> dict[str, Any]:
    code, name, spec, maker, pinyin, valid = drug
    said = {"医疗目录编码": code, "注册名称": name, "注册规格": spec, "生产企业名称": maker, "拼音助记码": pinyin, "有效标志": valid,
            "唯一记录号": f"R{code}", "版本号": "V1", "批准文号": f"国药准字H{code}"}  # fmt: skip
    return source.row([said.get(column) for column in source.columns])


@pytest.fixture
async def config(any_url: str, tmp_path: Path) -> Config:
    path = tmp_path / "mi.toml"
    path.write_text(f'{default_config()}\n[catalogues]\npath = "{any_url}"\n', encoding="utf-8")
    config = load_config(path)
    source = sources_of("hunan")["1301"]
    database = await Database.open(config)
    keeper = Keeper(database, source, "hunan")
    await keeper.load(
        await keeper.state(), iter([[line(source, drug) for drug in DRUGS]]), full=True, cursor=""
    )
    await database.close()
    return config


async def found(config: Config, text: str, **options: Any) -> list[str]:
    async with open_catalogue(config) as catalogue:
        return [entry.code for entry in await catalogue.find("drug", text, **options)]


@pytest.mark.parametrize(
    "text, codes",
    [
        ("阿莫西林", ["X1", "X10", "X2"]), ("X1", ["X1", "X10"]), ("x1", ["X1", "X10"]), ("amxl", ["X1", "X10", "X2"]),
        ("阿莫西林 华北", ["X1", "X10"]), ("维生素c", ["X5"]), ("100%", ["X4"]), ("%", ["X4"]), ("_", ["X4"]), ("国药准字hx2", ["X2"]),
        ("0.125g", ["X10"]), ("没有", []), ("  ", []), ("\\", []),
        ("阿莫西林　０．１２５ｇ", ["X10"]), ("１００％_葡萄糖", ["X4"]), ("维生素Ｃ", ["X5"]),
    ],
    ids=["name", "code", "lower-code", "initials", "words", "case", "percent", "sign", "underscore",
         "approval", "spec", "none", "blank", "slash", "wide", "wide-signs", "wide-letter"],
)  # fmt: skip
async def test_what_is_found_first(config: Config, text: str, codes: list[str]) -> None:
    assert await found(config, text) == codes


async def test_withdrawn_limit_and_code(config: Config) -> None:
    assert await found(config, "阿莫西林", withdrawn=True) == ["X3", "X1", "X10", "X2"]
    assert await found(config, "阿莫西林", limit=1) == ["X1"]
    async with open_catalogue(config) as catalogue:
        (gone,) = await catalogue.by_code("1301", "X3")
        assert (
            not gone.valid
            and gone.fields["批准文号"] == "国药准字HX3"
            and gone.maker == "沿海药业"
            and gone.version == "V1"
        )
        assert (
            await catalogue.by_code("drug", "X3", withdrawn=False)
            == []
            == await catalogue.by_code("drug", "X")
        )
        everything: list[Entry] = [one async for one in catalogue.entries("drug")]
        assert sorted(one.code for one in everything) == ["X1", "X10", "X2", "X4", "X5"]
        with pytest.raises(UnknownName, match="没有目录"):
            await catalogue.find("pills", "x")
        with pytest.raises(NotSynchronised, match="mi sync catalogs service"):
            await catalogue.find("service", "x")
        with pytest.raises(NotSynchronised, match="mi sync dictionaries"):
            await catalogue.dictionary("med_type")


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mi.toml").write_text(default_config(), encoding="utf-8")
    first = mi("lookup", "drug", "阿莫西林", place=tmp_path)
    assert first[0] == 1 and "mi sync catalogs drug" in first[2]
    config, source = load_config("mi.toml"), sources_of("hunan")["1301"]

    async def fill() -> None:
        database = await Database.open(config)
        keeper = Keeper(database, source, "hunan")
        await keeper.load(
            await keeper.state(), iter([[line(source, drug) for drug in DRUGS]]), full=True, cursor=""
        )
        await database.close()

    asyncio.run(fill())
    assert Path("mi.catalogues.db").exists(), "beside mi.toml"
    table = mi("lookup", "drug", "阿莫西林", "华北", place=tmp_path)
    assert table[0] == 0 and "阿莫西林胶囊" in table[1] and "沿海" not in table[1]
    rows = json.loads(mi("lookup", "drug", "amxl", "--json", "--limit", "2", place=tmp_path)[1])
    assert [row["code"] for row in rows] == ["X1", "X10"] and rows[0]["fields"]["注册规格"] == "0.25g*24"
    nothing = mi("lookup", "drug", "没有", place=tmp_path)
    assert nothing[0] == 1 and "没有找到" in nothing[2] and "--withdrawn" in nothing[2]
    assert mi("lookup", "drug", place=tmp_path)[0] == 2
    assert "批准文号 = 国药准字HX5" in mi("lookup", "1301", "维生素", "--fields", place=tmp_path)[1]
    status = json.loads(mi("sync", "status", "--json", place=tmp_path)[1])
    assert status["catalogues"][0]["source"] == "1301" and status["catalogues"][0]["rows"] == len(DRUGS)
