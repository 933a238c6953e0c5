"""1901: kept, compared with the code tables, and written as an overlay that the catalogue takes."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import attrs
import pytest

from mi_core.catalog import CatalogError, load_catalog
from mi_core.catalogues import NotSynchronised, differences, open_catalogue, overlay_of, sync_dictionaries
from mi_core.catalogues.comparing import Differences, TableDifference
from mi_core.catalogues.dictionaries import own_types
from mi_core.errors import BureauRefused, ConfigError, InvalidInput
from mi_core.testing import FakeGateway
from mi_plugins.sandbox import Settings
from mi_plugins.sandbox.rulebook import Rulebook
from tests.catalogues.kit import Site, site_of
from tests.cli.shell import mi
from tests.reconcile.zips import zipped

TYPES = ("med_type", "insutype", "gend", "opter_type")


async def compared(site: Site) -> Any:
    async with open_catalogue(site.mi.config) as catalogue:
        return await differences(catalogue)


async def test_all_dictionaries_are_those_of_the_tables(site: Site) -> None:
    results = await sync_dictionaries(site.mi)
    assert [r.type for r in results] == own_types("hunan") and len(results) > 290
    assert all(r.error is None and r.codes for r in results)
    found = await compared(site)
    assert (found.tables, found.unknown, found.foreign) == ((), (), ()) and found.compared == len(results)


async def test_new_changed_and_missing_codes(any_url: str, tmp_path: Path, rulebook: Rulebook) -> None:
    async with site_of(tmp_path / "a", rulebook, any_url) as site:
        await sync_dictionaries(site.mi, TYPES)
        await site.move(dictionary_changes=True)
        results = await sync_dictionaries(site.mi, [*TYPES, "no_such"])
        assert {r.type: r.codes for r in results}["no_such"] == 0
        found = await compared(site)
        by_type = {one.type: one for one in found.tables}
        ours = load_catalog().code_tables["med_type"].codes
        codes = list(ours)
        assert by_type["med_type"].new == {"S9": "沙箱新增代码"}
        assert by_type["med_type"].changed == {codes[-1]: (ours[codes[-1]], f"{ours[codes[-1]]}（沙箱改名）")}
        assert by_type["med_type"].missing == {codes[1]: ours[codes[1]]}
        async with open_catalogue(site.mi.config) as catalogue:
            values = [code.value for code in await catalogue.dictionary("med_type")]
            assert values[-1] == "S9" and codes[1] not in values
            assert await catalogue.dictionary_types() == sorted(TYPES)
        file = tmp_path / "dictionaries.json"
        file.write_text(json.dumps(overlay_of(found, day="2026-01-02"), ensure_ascii=False), encoding="utf-8")
        after = load_catalog(extra=[file]).code_tables["med_type"].codes
        assert after["S9"] == "沙箱新增代码" and after[codes[-1]].endswith("（沙箱改名）")
        assert after[codes[1]] == ours[codes[1]], "a missing code stays"


async def test_a_label_that_the_errata_changed_needs_to_be_overruled(site: Site) -> None:
    """Its entry says so; without that the catalogue refuses it."""
    errata = [e for o in load_catalog().overlays for e in o.entries]
    entry = next(e for e in errata if e.document.startswith("code_tables/") and e.pointer.endswith("/title"))
    type_, value = entry.document.partition("/")[2], entry.pointer.split("@")[1].partition("/")[0]
    await sync_dictionaries(site.mi, [type_])
    found = await compared(site)
    other = TableDifference(type=type_, title="", new={}, changed={value: ("x", "别名")}, missing={})
    overlay = overlay_of(
        Differences(region="hunan", tables=(other,), compared=1, unknown=(), foreign=()), day="2026-01-02"
    )
    assert overlay["entries"][0]["over"] == "errata" and found.tables == ()
    file = site.town.folder / "o.json"
    file.write_text(json.dumps(overlay, ensure_ascii=False), encoding="utf-8")
    assert load_catalog(extra=[file]).code_tables[type_].codes[value] == "别名"
    del overlay["entries"][0]["over"]
    file.write_text(json.dumps(overlay, ensure_ascii=False), encoding="utf-8")
    with pytest.raises(CatalogError, match="over"):
        load_catalog(extra=[file])


async def test_what_fails_is_told_and_what_was_here_stays(site: Site) -> None:
    await sync_dictionaries(site.mi, TYPES)
    await site.town.fault("1901", "unlisted_refusal", message="字典维护中", times=-1)
    results = await sync_dictionaries(site.mi, TYPES)
    assert all(isinstance(r.error, BureauRefused) for r in results)
    await site.town.calm()
    assert (await compared(site)).compared == len(TYPES)
    assert site.questions[-1][1]["data"]["parent_value"] == "0"


@pytest.mark.parametrize("region", ["guangzhou", "foshan"])
async def test_a_region_that_hands_out_a_file(region: str, tmp_path: Path) -> None:
    """Its columns are described nowhere: the file is kept for people, nothing is guessed, and the error says where it is."""
    content = zipped(("dict.txt", b"gend\t1\t\xe7\x94\xb7\n"))
    where = FakeGateway(region=region)
    info = {"file_qury_no": "F1", "filename": "dict.zip", "dld_endtime": "2030-01-01"}
    where.on("1901").reply({"list": [], "fileinfo": info})
    where.on("9102").refuse("文件不属于该机构").file(content)
    config = attrs.evolve(where.config(), catalogues=str(tmp_path / "c.db"))
    async with where.async_client(config=config) as client:
        with pytest.raises(ConfigError, match="文件格式未知，未入库") as caught:
            await sync_dictionaries(client, TYPES)
        (kept,) = tmp_path.glob(f"1901-{region}-*.zip")
        assert str(kept) in str(caught.value) and kept.read_bytes() == content
        owners = [
            seen.input["fsDownloadIn"]["fixmedins_code"]
            for seen in where.seen
            if "fsDownloadIn" in seen.input
        ]
        assert owners == [config.institution().code, "plc"]
        with pytest.raises(NotSynchronised):
            async with open_catalogue(config) as catalogue:
                await catalogue.dictionary("gend")
        where.on("1901").reply({"list": []})
        with pytest.raises(ConfigError, match="没有给出字典行，也没有给出文件"):
            await sync_dictionaries(client, TYPES)


async def test_such_a_region_that_answers_with_rows_all_the_same(tmp_path: Path) -> None:
    settings = Settings(crowd=0, region="guangzhou", catalogue_rows=50)
    async with site_of(tmp_path / "a", Rulebook(region="guangzhou"), settings=settings) as site:
        results = await sync_dictionaries(site.mi, TYPES)
        assert all(r.error is None and r.codes for r in results), [r.error for r in results]


async def test_a_region_of_other_names(tmp_path: Path) -> None:
    settings = Settings(crowd=0, region="chongqing", catalogue_rows=50)
    async with site_of(tmp_path / "a", Rulebook(region="chongqing"), settings=settings) as site:
        results = await sync_dictionaries(site.mi, TYPES)
        assert all(r.error is None and r.codes for r in results), [r.error for r in results]
        got = await site.sync("1301", "1304", "1316", "1318")
        assert got["1301"].rows == 52 and got["1304"].rows > 10 and got["1316"].rows > 50
        asked = next(question["data"] for code, question in site.questions if code == "1316")
        assert asked["insu_admdvs"] and asked["vali_flag"] == "1", "what this region demands"
        error = got["1318"].error
        assert isinstance(error, InvalidInput) and "hilist_lmtpric_type" in [p.field for p in error.problems]


async def test_the_command(site: Site) -> None:
    await site.move(dictionary_changes=True)
    config = str(site.mi.config.source)
    place = site.town.folder

    def run(*words: str) -> tuple[int, str, str]:
        return mi(*words, "--config", config, place=place)

    code, out, _ = await asyncio.to_thread(
        run, "sync", "dictionaries", "med_type", "--overlay", "o.json", "--json"
    )
    report = json.loads(out)
    assert (
        code == 0 and report["tables"][0]["new"] == {"S9": "沙箱新增代码"} and report["overlay"] == "o.json"
    )
    code, _, err = await asyncio.to_thread(run, "sync", "dictionaries", "med_type", "--overlay", "o.json")
    assert code == 2 and "已存在" in err
    code, out, _ = await asyncio.to_thread(run, "lookup", "dict", "med_type", "新增")
    assert code == 0 and "S9" in out
    code, out, err = await asyncio.to_thread(run, "sync", "dictionaries", "med_type", "nothing")
    assert code == 1 and "中心没有字典 nothing" in err and "个，未同步" in out
    code, _, err = await asyncio.to_thread(run, "lookup", "dict", "nothing")
    assert code == 2 and "没有字典" in err
    region = place / "own"
    (region / "overlay").mkdir(parents=True)
    (region / "overlay" / "dictionaries.json").write_text(
        (place / "o.json").read_text(encoding="utf-8"), encoding="utf-8"
    )
    described = {
        "name": "own",
        "title": "本地",
        "titleEn": "own",
        "described": "partial",
        "evidence": ["1901"],
        "defaults": {},
    }
    (region / "region.json").write_text(json.dumps(described, ensure_ascii=False), encoding="utf-8")
    assert (await asyncio.to_thread(mi, "catalog", "verify", "--write", "--region", str(region)))[0] == 0
    code, out, err = await asyncio.to_thread(mi, "catalog", "check", "--region", str(region))
    assert code == 0, out + err
    await site.town.fault("1901", "unlisted_refusal", message="字典维护中")
    code, _, err = await asyncio.to_thread(run, "sync", "dictionaries", "gend")
    assert code == 4 and "字典维护中" in err
    code, out, _ = await asyncio.to_thread(run, "sync", "catalogs", "1302", "--json")
    assert code == 0 and json.loads(out)[0]["rows"] > 0
