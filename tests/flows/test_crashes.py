"""A program dies at every moment of a flow: what comes out in the end is the same, and nothing is done twice.

Deaths: after a call's reply and before it is noted, with the reply lost (executed or not), and after each note, which is
before the next call. Before a note and after the last reply are the same moment.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from mi_plugins.sandbox.rulebook import Rulebook
from tests.flows.crashing import Fate, Play, Story
from tests.flows.stories import bought, given_up, never_stayed, partly_refunded, returned, stayed
from tests.recovery.kit import HOSPITAL, PHARMACY, Ward, ward

COUNTED = ("2201", "2202", "2207", "2208", "2401", "2402", "2404", "2405", "2304", "2305", "2102", "2103")
STORIES = {
    "partly_refunded": (partly_refunded, HOSPITAL, {"2201": 1, "2207": 2, "2208": 1}),
    "given_up": (given_up, HOSPITAL, {"2201": 1, "2202": 1, "2207": 1, "2208": 1}),
    "stayed": (stayed, HOSPITAL, {"2401": 1, "2402": 1, "2304": 2}),
    "never_stayed": (
        never_stayed,
        HOSPITAL,
        {"2401": 1, "2402": 1, "2404": 1, "2405": 1, "2304": 1, "2305": 1},
    ),
    "bought": (bought, PHARMACY, {"2102": 1}),
    "returned": (returned, PHARMACY, {"2102": 1, "2103": 1}),
}


DEATHS = [
    *((name, how) for name in STORIES for how in ("drop_after", "note after")),
    *(
        (name, how)
        for name in ("partly_refunded", "stayed", "never_stayed", "returned")
        for how in ("after", "drop_before")
    ),
]
"""The other two stories have no call of their own that these four do not have."""


async def books(here: Ward) -> dict[str, Any]:
    """What the bureau has: how often each changing call was executed, and what lives."""
    ledger = await here.hospital.ledger()
    counts = {code: sum(1 for one in ledger["executions"] if one["infno"] == code) for code in COUNTED}
    money = [
        tuple(one[name] for name in ("kind", "state", "total", "fund", "account", "cash"))
        for one in ledger["settlements"]
    ]
    return {"executed": {code: n for code, n in counts.items() if n}, "money": sorted(money)}


@contextlib.asynccontextmanager
async def bureau(rulebook: Rulebook, folder: Path, institution: str) -> AsyncIterator[Ward]:
    folder.mkdir()
    async with ward(rulebook, folder, institution) as here:
        yield here


@pytest.mark.parametrize(("name", "how"), DEATHS)
async def test_at_every_moment(
    name: str, how: str, rulebook: Rulebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    story, institution, executed = STORIES[name]
    async with bureau(rulebook, tmp_path / "calm", institution) as here:
        result, calls, notes = await Play(here, monkeypatch).uncrashed(story)
        calm = await books(here)
    assert calm["executed"] == executed
    at_notes = how.startswith("note ")
    never = Fate(-1, "")
    for number in range(1, (notes if at_notes else calls) + 1):
        fate = Fate(number, how.removeprefix("note "))
        async with bureau(rulebook, tmp_path / str(number), institution) as here:
            play = Play(here, monkeypatch)
            found = await play.crashed(story, never if at_notes else fate, fate if at_notes else never)
            where = f"{how} {number} of {fate.seen}; {play.deaths}"
            assert found == result, where
            assert await books(here) == calm, where
            assert play.deaths or how in ("drop_after", "drop_before"), where


async def test_a_story_runs_twice_to_the_same_end(rulebook: Rulebook, tmp_path: Path) -> None:
    for name, (story, institution, executed) in STORIES.items():
        async with bureau(rulebook, tmp_path / name, institution) as here:
            assert await _twice(here, story) and (await books(here))["executed"] == executed


async def _twice(here: Ward, story: Story) -> bool:
    first = await story(here.mi)
    await here.restart()
    return bool(first == await story(here.mi))
