"""SIGKILL at any point: the next synchronisation goes on there, and ends with what an undisturbed one has."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import attrs
import pytest

from mi_core.catalog import load_catalog
from mi_core.catalogues import fetching
from mi_plugins.sandbox.announce import default_config
from mi_plugins.sandbox.catalogue_data import Shelves
from mi_plugins.sandbox.catalogue_file import CatalogueFile
from mi_plugins.sandbox.rulebook import Rulebook
from tests.catalogues.kit import SETTINGS, Site, differences, dump, site_of

WORKER = Path(__file__).with_name("worker.py")
ROOT = Path(__file__).parents[2]
WANTED = ("1301", "1312")
BIG = attrs.evolve(SETTINGS, catalogue_rows=2500)
"""Three batches."""
MOMENTS = [
    ("asking", 1),
    ("fetching", 1),
    ("loading", 1),
    ("loading", 2),
    ("asking", 2),
    ("page", 1),
    ("page", 4),
    ("done", 1),
    ("done", 2),
]


async def run(*arguments: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(WORKER), *arguments, cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    out, error = await process.communicate()
    assert process.returncode is not None
    return process.returncode, (out or error).decode()


@pytest.fixture(scope="module")
def undisturbed() -> dict[str, Any]:
    return {}


async def _clean(folder: Path, rulebook: Rulebook, kept: dict[str, Any]) -> Any:
    if not kept:
        async with site_of(folder / "clean", rulebook, settings=BIG) as site:
            await site.sync(*WANTED, page_size=20)
            kept["dump"] = await site.dump()
    return kept["dump"]


@pytest.mark.parametrize("step, number", MOMENTS, ids=[f"{step}-{number}" for step, number in MOMENTS])
async def test_killed(
    step: str, number: int, tmp_path: Path, rulebook: Rulebook, undisturbed: dict[str, Any]
) -> None:
    clean = await _clean(tmp_path, rulebook, undisturbed)
    async with site_of(tmp_path / "a", rulebook, settings=BIG) as site:
        config = str(site.mi.config.source)
        code, told = await run("kill", config, step, str(number), *WANTED)
        assert code == -9, told
        half = await dump(site.mi.config)
        assert len([row for row in half["entries"] if row[1] == "1301"]) in (0, 2504), (
            "a file is here as a whole or not at all"
        )
        before = site.asked.copy()
        results = await site.sync(*WANTED, page_size=20)
        assert all(result.ok for result in results.values())
        assert not differences(await site.dump(), clean)
        assert [path.name for path in (tmp_path / "a").glob(".mi-1301*.zip")] == []
        if step == "loading":
            assert site.asked["9102"] == before["9102"] == 1, "the file was here already"
            assert site.asked["1301"] - before["1301"] == 1, "only whether there is more"
        if (step, number) == ("page", 4):
            pages = -(-len([row for row in clean["entries"] if row[1] == "1312"]) // 20)
            assert site.asked["1312"] == pages, "no page was asked for twice"


async def test_a_file_of_an_earlier_number_is_fetched_again(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file's number is remembered: after a kill while it is fetched nobody asks 1301 again."""
    code, told = await run("kill", str(site.mi.config.source), "fetching", "1", "1301")
    assert code == -9, told
    before = site.asked.copy()
    result = (await site.sync("1301"))["1301"]
    assert result.ok and site.asked["9102"] - before["9102"] == 1
    assert site.asked["1301"] - before["1301"] == 1, "only whether there is more"
    assert fetching._LEFT > 3600


async def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    taken = {}
    for rows in (4_000, 32_000):
        file, config = tmp_path / f"{rows}.zip", tmp_path / f"{rows}.toml"
        with file.open("wb") as out:
            out.writelines(
                CatalogueFile("a.txt", Shelves(load_catalog().interfaces, 1, rows)["1301"], 0, 1).chunks()
            )
        config.write_text(f'{default_config()}\n[catalogues]\npath = "{rows}.db"\n', encoding="utf-8")
        code, told = await run("load", str(config), str(file), "1301")
        assert code == 0, told
        loaded, taken[rows] = map(int, told.split())
        assert loaded == rows
    assert taken[32_000] < taken[4_000] + 8_000, f"kilobytes {taken}"
