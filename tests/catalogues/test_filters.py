"""A bureau that answers by kind only: the kinds are given, remembered, and asked for one after the other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from mi_core.catalog import load_catalog
from mi_core.catalogues.database import Database
from mi_core.errors import ConfigError, InvalidInput, UnknownName
from mi_plugins.sandbox import Settings
from mi_plugins.sandbox.head import AREA
from mi_plugins.sandbox.rulebook import Rulebook
from tests.catalogues.kit import Site, differences, site_of
from tests.catalogues.test_syncing import _cancel_at
from tests.cli.shell import mi

TYPES = list(load_catalog().code_tables["hilist_lmtpric_type"].codes)
CEILINGS = {"hilist_lmtpric_type": ["*"], "overlmt_dspo_way": ["1"], "poolarea_no": [AREA]}


@pytest.fixture
async def chongqing(tmp_path: Path) -> AsyncIterator[Site]:
    settings = Settings(crowd=0, region="chongqing", catalogue_rows=50)
    async with site_of(tmp_path / "a", Rulebook(region="chongqing"), settings=settings) as site:
        yield site


def asked(site: Site, code: str, field: str) -> list[Any]:
    return [question["data"].get(field) for infno, question in site.questions if infno == code]


async def test_chongqing_names_its_kinds_and_gets_its_ceilings(chongqing: Site) -> None:
    error = (await chongqing.sync("1318"))["1318"].error
    assert isinstance(error, InvalidInput) and asked(chongqing, "1318", "updt_time") == []
    assert "--filter hilist_lmtpric_type=…" in error.message() and "--filter poolarea_no=…" in error.message()
    got = (await chongqing.sync("1318", filters=CEILINGS))["1318"]
    assert got.ok and got.full and got.rows > 0 and got.pages >= len(TYPES)
    assert list(dict.fromkeys(asked(chongqing, "1318", "hilist_lmtpric_type"))) == TYPES
    chongqing.questions.clear()
    again = (await chongqing.sync("1318"))["1318"]
    assert again.ok and not again.full and again.rows == got.rows, "as last time"
    assert set(asked(chongqing, "1318", "hilist_lmtpric_type")) == set(TYPES)
    other = (await chongqing.sync("1318", filters=CEILINGS | {"hilist_lmtpric_type": [TYPES[0]]}))["1318"]
    assert other.ok and other.full and other.rows == 0, "other kinds than last time: everything anew"


async def test_the_command_takes_them_and_says_what_is_missing(chongqing: Site) -> None:
    config, place = str(chongqing.mi.config.source), chongqing.town.folder
    code, _, err = await asyncio.to_thread(
        mi, "sync", "catalogs", "1319", "--config", config, "--filter", "selfpay_prop_type=*", place=place
    )
    assert code == 3 and "--filter selfpay_prop_psn_type=…" in err and "selfpay_prop_type=…" not in err
    code, out, err = await asyncio.to_thread(
        mi, "sync", "catalogs", "1318", "--config", config, "--filter", "hilist_lmtpric_type=*", "--filter", "overlmt_dspo_way=1，2",
        "--filter", f"poolarea_no={AREA}", place=place,
    )  # fmt: skip
    assert code == 0 and "全量" in out, err
    assert set(asked(chongqing, "1318", "overlmt_dspo_way")) == {"1", "2"}


async def test_filters_that_nobody_asks_with(site: Site) -> None:
    with pytest.raises(UnknownName, match=r"没有筛选字段 colour"):
        await site.sync("1312", filters={"colour": ["red"]})
    with pytest.raises(UnknownName, match="没有筛选字段 page_num"):
        await site.sync("1312", filters={"page_num": ["3"]})
    with pytest.raises(UnknownName):
        await site.sync("1301", filters={"vali_flag": ["1"]})
    with pytest.raises(ConfigError, match="没有值"):
        await site.sync("1312", filters={"vali_flag": [""]})
    with pytest.raises(ConfigError, match="超过 500 种"):
        await site.sync("1312", filters={"hilist_code": [str(n) for n in range(501)]})
    with pytest.raises(ConfigError, match="没有代码表"):
        await site.sync("1312", filters={"hilist_code": ["*"]})
    assert site.questions == []


async def test_every_kind_is_the_whole_and_an_interruption_changes_nothing(
    any_url: str, tmp_path: Path, rulebook: Rulebook
) -> None:
    """All values of a flag, each asked for in turn, are the catalogue; killed between two kinds it goes on with the second."""
    flags = {"lmt_used_flag": ["0", "1"]}
    async with site_of(tmp_path / "a", rulebook, any_url) as site:
        await site.sync("1312")
        whole = await site.dump()
    async with site_of(tmp_path / "b", rulebook) as site:
        with pytest.raises(asyncio.CancelledError):
            await site.sync("1312", filters=flags, page_size=20, tell=_cancel_at("page", 4))
        begun = len(site.questions)
        got = (await site.sync("1312", filters=flags, page_size=20))["1312"]
        assert got.full and not differences(whole, await site.dump())
        assert site.questions[begun][1]["data"]["page_num"] > 1, "not from the beginning"
        narrowed = (await site.sync("1312", filters={"lmt_used_flag": ["1"]}))["1312"]
        assert narrowed.full and 0 < narrowed.rows < len(whole["entries"])
        back = (await site.sync("1312"))["1312"]
        assert back.full and not differences(whole, await site.dump()), (
            "this region answers without kinds, too"
        )


async def test_a_database_of_the_first_version(any_url: str, tmp_path: Path, rulebook: Rulebook) -> None:
    async with site_of(tmp_path / "a", rulebook, any_url) as site:
        await site.sync("1312")
        database = await Database.open(site.mi.config)
        async with database.transaction() as connection:
            await connection.execute(text("ALTER TABLE mi_catalogue_source DROP COLUMN filters"))
            await connection.execute(text("DELETE FROM mi_catalogue_schema WHERE version = 2"))
        await database.close()
        again = (await site.sync("1312"))["1312"]
        assert again.ok and not again.full
