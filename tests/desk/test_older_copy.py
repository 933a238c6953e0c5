"""An old copy of the journal is put back: money stops until two persons have reconciled the days in between."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from mi_core.desk import deciding
from mi_core.errors import NotSent, StoreError
from mi_core.journal import Journal, MoveRefused
from mi_core.journal.persons import Person, PersonRefused
from mi_plugins.sandbox.rulebook import Rulebook
from tests.cli.shell import mi
from tests.recovery.kit import Ward, ward


@pytest.fixture(scope="module")
def rulebook() -> Rulebook:
    return Rulebook()


@pytest.fixture
async def here(rulebook: Rulebook, tmp_path: Path) -> AsyncIterator[Ward]:
    async with ward(rulebook, tmp_path) as found:
        (tmp_path / "mi.toml").chmod(0o600)
        yield found


async def put_back(here: Ward, place: Path) -> dict[str, Any]:
    """Settle, copy, settle somebody else, put the copy back; what was settled last."""
    _, first = await here.billed()
    await here.desk.call("2207", first)
    await here.mi.close()
    shutil.copy(place / "journal.db", place / "old")
    await here.restart()
    _, second = await here.billed("70.00")
    await here.desk.call("2207", second)
    await here.mi.close()
    for file in place.glob("journal.db-*"):
        file.unlink()
    shutil.copy(place / "old", place / "journal.db")
    return second


async def shell(place: Path, *arguments: str) -> tuple[int, str]:
    code, out, err = await asyncio.to_thread(lambda: mi(*arguments, place=place))
    return code, out + err


async def test_money_stops_until_two_have_looked(here: Ward, tmp_path: Path) -> None:
    second = await put_back(here, tmp_path)
    await here.restart()
    with pytest.raises(NotSent, match="旧副本") as refused:
        await here.desk.call("2207", second)
    assert refused.value.code == "intake_closed" and "mi reconcile" in refused.value.hint_zh
    assert len(await here.done("2207")) == 2, "the copy does not know it, and did not send it again"
    _, third = await here.billed("80.00")  # questions, uploads and registrations go on
    code, text = await shell(tmp_path, "doctor")
    assert code and "旧副本" in text and "mi audit reopen" in text
    code, text = await shell(tmp_path, "reconcile", "today", "--apply")
    assert code == 1 and "中心有、本地无" in text
    command = ("audit", "reopen", "--reason", "已逐日对账", "--by")
    code, text = await shell(tmp_path, *command, "张三")
    assert code == 0 and "尚未开放" in text
    code, text = await shell(tmp_path, *command, "张 三")
    assert code == 5 and "另一人" in text
    with pytest.raises(NotSent, match="旧副本"):
        await here.desk.call("2207", third)
    code, text = await shell(tmp_path, *command, "李四")
    assert code == 0 and "已重新开放" in text
    await here.desk.call("2207", third)  # the running program notices
    assert len(await here.done("2207")) == 3
    await here.restart()
    assert here.mi.journal.hole is None, "what two persons have acknowledged stays acknowledged"
    code, text = await shell(tmp_path, "audit", "show", "--actions")
    assert "重新开放结算" in text and "张三、李四" in text
    code, text = await shell(tmp_path, "audit", "verify")
    assert code == 0, text


async def test_another_start_does_not_open_it(here: Ward, tmp_path: Path) -> None:
    """Message ids move on at once, so that the witness alone would have nothing to say at the next start."""
    second = await put_back(here, tmp_path)
    for _ in range(2):
        await here.restart()
        await here.billed("90.00")
        with pytest.raises(NotSent, match="旧副本"):
            await here.desk.call("2207", second)
    found = here.mi.journal.hole
    assert found is not None and found.since < found.until and found.days


async def test_one_person_is_not_two_and_a_forger_is_nobody(here: Ward, tmp_path: Path) -> None:
    await put_back(here, tmp_path)
    await here.restart()
    journal = here.mi.journal

    def alone() -> None:
        deciding.reopen(journal, Person.named("甲"), reason="已对账")
        with pytest.raises(PersonRefused):
            deciding.reopen(journal, Person.named(" 甲"), reason="已对账")

    await asyncio.to_thread(alone)
    assert journal.hole is not None
    forged = json.dumps({"key": "x", "by": "甲", "marks": {}})
    await asyncio.to_thread(journal.wait, lambda tx: tx.event("reopened", "older-journal", data=forged))
    with pytest.raises(StoreError):
        _ = journal.hole


def test_a_whole_journal_has_nothing_to_reopen(journal: Journal) -> None:
    assert journal.hole is None
    with pytest.raises(MoveRefused):
        deciding.reopen(journal, Person.named("甲"), reason="已对账")
