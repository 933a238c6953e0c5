"""The bureau's catalogues come here: whole, then what is newer; nothing half, nothing twice, whatever goes wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from mi_core.catalog import load_catalog
from mi_core.catalogues import fetching, open_catalogue, sync_catalogues
from mi_core.catalogues.database import Database
from mi_core.catalogues.keeping import Keeper, newest
from mi_core.catalogues.progress import Progress
from mi_core.catalogues.sources import sources_of
from mi_core.catalogues.tables import entry, source
from mi_core.errors import BureauRefused, ConfigError, StoreError, UnknownName
from mi_core.files import BadFile
from mi_plugins.sandbox.catalogue_data import Shelf
from mi_plugins.sandbox.rulebook import Rulebook
from tests.catalogues.kit import ROWS, Site, differences, site_of

LISTS = [code for code, spec in load_catalog().interfaces.items() if spec.entries is not None]


async def test_a_hospital_fetches_everything_and_finds_its_drug(site: Site) -> None:
    told: list[Progress] = []
    results = await site.sync(tell=told.append)
    assert list(results) == LISTS and len(LISTS) == 28
    assert all(r.ok and r.full for r in results.values()), [r.error for r in results.values() if r.error]
    assert (
        results["1301"].rows == results["1301"].changed == ROWS + 2 and len(results["1301"].sha256[0]) == 64
    )
    assert results["1317"].rows == 0, "nothing was matched by 3301"
    async with open_catalogue(site.mi.config) as catalogue:
        found = await catalogue.find("drug", "阿莫西林 胶囊")
        assert (
            found[0].code == "SBX-A-0001"
            and found[0].name == "阿莫西林胶囊"
            and found[0].fields["有效标志"] == "1"
        )
        (ceiling,) = await catalogue.by_code("price-limit", "SBX-B-0001")
        assert ceiling.fields["hilist_pric_uplmt_amt"] == "48.000000"
        states = {state.source: state for state in await catalogue.sources()}
        assert states["1301"].cursor == "SBX000003" and not any(s.unfinished for s in states.values())
    steps = [p.step for p in told if p.source == "1301"]
    assert [*dict.fromkeys(steps)] == ["asking", "fetching", "loading", "done"]
    assert [p for p in told if p.step == "loading" and p.source == "1301"][-1].total == ROWS + 2
    assert sorted(path.name for path in site.town.folder.glob(".mi-*")) == [], "no file is left"
    before = site.asked.copy()
    again = await site.sync("1301")
    assert (again["1301"].changed, again["1301"].full) == (0, False)
    assert site.asked["9102"] == before["9102"], "nothing newer, so no file"


async def test_full_then_newer_is_the_same_as_full(any_url: str, tmp_path: Path, rulebook: Rulebook) -> None:
    wanted = ("drug", "1312", "price-limit", "1326")
    async with site_of(tmp_path / "a", rulebook, any_url) as site:
        await site.sync(*wanted)
        for _ in range(2):
            await site.move(advance=2)
            newer = await site.sync(*wanted)
            assert newer["1301"].ok and not newer["1301"].full and 0 < newer["1301"].changed < ROWS / 10
            assert newer["1301"].files == 1 and site.questions[-1][1]["data"]["ver"] == newer["1326"].cursor
        stored = await site.dump()
        withdrawn = [row for row in stored["entries"] if row[-1] == 0]
        assert withdrawn or len(stored["entries"]) > ROWS
        async with site_of(tmp_path / "b", rulebook, settings=site.town.office.settings) as fresh:
            await fresh.move(advance=4)
            await fresh.sync(*wanted)
            assert not differences(await fresh.dump(), stored)
        again = await site.sync(*wanted, full=True)
        assert again["1301"].full and await site.dump() == stored


async def test_a_whole_synchronisation_takes_away_what_is_not_listed_any_more(
    any_url: str, tmp_path: Path, rulebook: Rulebook
) -> None:
    async with site_of(tmp_path / "a", rulebook, any_url) as site:
        await site.sync("1302", "1312")
        clean = await site.dump()
        database = await Database.open(site.mi.config)
        async with database.transaction() as connection:
            for code in ("1302", "1312"):
                first = select(func.min(entry.c.record)).where(entry.c.source == code).scalar_subquery()
                some = (await connection.execute(select(first))).scalar_one()
                await connection.execute(
                    update(entry)
                    .where(entry.c.source == code, entry.c.record == some)
                    .values(record=f"GONE{code}")
                )
        await database.close()
        await site.sync("1302", "1312")
        assert sum(row[2].startswith("GONE") for row in (await site.dump())["entries"]) == 2
        await site.sync("1302", "1312", full=True)
        assert await site.dump() == clean


@pytest.mark.parametrize("fault", ["bad_zip", "truncated"])
async def test_a_damaged_file_changes_nothing(site: Site, fault: str) -> None:
    await site.sync("1301", "1302")
    before = await site.dump()
    await site.move(advance=1)
    await site.town.fault("9102", fault)
    results = await site.sync("1301", "1302")
    assert not results["1301"].ok and isinstance(results["1301"].error, BadFile)
    assert results["1302"].ok, "the others go on"
    await site.town.calm()
    stored = [row for row in (await site.dump())["entries"] if row[1] == "1301"]
    assert stored == [row for row in before["entries"] if row[1] == "1301"]
    assert (await site.sync("1301"))["1301"].cursor == "SBX000004"


async def test_a_wrong_line_far_down_undoes_the_whole_file(
    any_url: str, tmp_path: Path, rulebook: Rulebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "_BATCH", 50)
    lines = Shelf.lines

    def bent(self: Shelf, since: int, upto: int) -> Any:
        for number, cells in enumerate(lines(self, since, upto)):
            yield cells if number != 300 else cells[:-1]

    async with site_of(tmp_path / "a", rulebook, any_url) as site:
        with monkeypatch.context() as patch:
            patch.setattr(Shelf, "lines", bent)
            result = (await site.sync("1301"))["1301"]
        assert not result.ok and "301" in str(result.error) and "96" in str(result.error)
        assert (await site.dump())["entries"] == []
        assert (await site.sync("1301"))["1301"].rows == ROWS + 2


async def test_a_file_that_is_gone_is_asked_for_again(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(asyncio.CancelledError):
        await site.sync("1301", tell=_cancel_at("fetching"))
    assert site.asked["1301"] == 1
    with site.town.office.books.transaction():
        site.town.office.books.run("DELETE FROM file")
    assert (await site.sync("1301"))["1301"].ok
    assert site.questions[-3][0] == "1301" or site.asked["1301"] >= 2


def _cancel_at(step: str, number: int = 1) -> Callable[[Progress], None]:
    seen = 0

    def tell(progress: Progress) -> None:
        nonlocal seen
        seen += progress.step == step
        if seen == number:
            raise asyncio.CancelledError

    return tell


async def test_two_at_once(site: Site) -> None:
    await site.sync("1302")
    database = await Database.open(site.mi.config)
    one = Keeper(database, sources_of("hunan")["1302"], "hunan")
    state = await one.state()
    await one.begin(state, {"full": False})
    with pytest.raises(StoreError, match="另一进程"):
        await one.put(state, [], {"full": False})
    await database.close()


async def test_pages(site: Site) -> None:
    results = await site.sync("1312", page_size=7)
    assert results["1312"].pages == -(-results["1312"].rows // 7) > 10
    await site.move(advance=1)
    newer = (await site.sync("1312", page_size=7))["1312"]
    assert newer.pages < 4 and newer.cursor == "2025-01-05 08:00:00"
    asked = [q for code, q in site.questions if code == "1312"][-1]["data"]
    assert asked["updt_time"] == "2025-01-04", "the day of the latest change is asked for again"


async def test_a_bureau_that_repeats_its_page(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = site.town.office.answer

    def stuck(message: Any, lag: float = 0.0) -> Any:
        output = answer(message, lag)
        if message.infno == "1312":
            return {"data": output["data"][:5] if message.input["data"]["page_num"] == 1 else first}
        return output

    first = answer_first(site, answer)
    monkeypatch.setattr(site.town.office, "answer", stuck)
    result = (await site.sync("1312", page_size=5))["1312"]
    assert not result.ok and "与上一页相同" in str(result.error)


def answer_first(site: Site, _answer: Any) -> list[Any]:
    from mi_plugins.sandbox.bureau.catalogues import _benefits
    from mi_plugins.sandbox.bureau.context import Call

    office = site.town.office
    spec = office.rulebook.catalog.interfaces["1312"]
    call = Call(
        spec,
        "",
        next(iter(office.books.institutions.values())),
        "",
        "",
        "",
        {},
        office.settings.clock(),
        shelves=office.shelves,
    )
    from mi_plugins.sandbox.completing import complete

    rows = [row for _, row in zip(range(5), _benefits(office.books, call), strict=False)]
    done: list[Any] = complete(spec, office.inventor, {"data": rows})["data"]
    return done


async def test_what_is_refused_is_told_and_the_rest_goes_on(site: Site) -> None:
    await site.town.fault("1305", "unlisted_refusal", message="目录维护中")
    results = await site.sync("service")
    assert isinstance(results["1305"].error, BureauRefused) and results["1305"].error.reason == "目录维护中"
    assert results["1321"].ok
    with pytest.raises(UnknownName, match="没有目录"):
        await site.sync("nothing")
    with pytest.raises(ValueError, match="page"):
        await sync_catalogues(site.mi, page_size=0)


async def test_reads_are_repeated(site: Site) -> None:
    await site.town.fault("9102", "drop_after", times=1)
    await site.town.fault("1302", "http_502", times=1)
    assert (await site.sync("1302"))["1302"].rows > 0


async def test_other_columns_mean_everything_anew(site: Site) -> None:
    await site.sync("1302")
    database = await Database.open(site.mi.config)
    async with database.transaction() as connection:
        await connection.execute(update(source).values(columns='["other"]'))
    await database.close()
    result = (await site.sync("1302"))["1302"]
    assert result.full and result.changed == result.rows


async def test_a_database_that_cannot_be_used(tmp_path: Path, rulebook: Rulebook) -> None:
    (tmp_path / "no.db").write_bytes(b"no database at all, only some text" * 100)
    async with site_of(tmp_path / "a", rulebook, str(tmp_path / "no.db")) as site:
        with pytest.raises(StoreError, match="目录库"):
            await site.sync("1302")
    async with site_of(tmp_path / "b", rulebook, "mysql://u@h/d?nonsense=1") as site:
        with pytest.raises(ConfigError, match="目录库的地址"):
            await site.sync("1302")


@pytest.mark.parametrize(
    "versions, largest",
    [
        (("SBX000009", "SBX000010"), "SBX000010"),
        (("9", "10"), "10"),
        (("F001_2", "F001_10", ""), "F001_10"),
        ((), ""),
        (("2", "a"), "a"),
    ],
    ids=["padded", "numbers", "parts", "none", "mixed"],
)
def test_the_largest_version(versions: tuple[str, ...], largest: str) -> None:
    assert newest(versions) == largest
