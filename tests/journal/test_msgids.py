"""Message ids: never twice, whatever the clock, a crash or a restored copy does."""

from __future__ import annotations

import asyncio
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mi_core.errors import StoreError
from mi_core.journal import Journal, Ticket
from mi_core.journal.msgids import prefix_of
from tests.journal.kit import INSTITUTION, Clock, before, begin, crash, open_journal, send, settlement


def take(journal: Journal, count: int, institution: str = INSTITUTION) -> list[str]:
    return [journal.msgid_now(institution).value for _ in range(count)]


def test_form(journal: Journal) -> None:
    found = journal.msgid_now("H4301")
    assert re.fullmatch(r"H43010000000" r"20260101080000" r"\d{4}", found.value) and len(found.value) == 30
    assert f"{found.time:%Y%m%d%H%M%S}" == found.value[12:26] and found.time.tzinfo is None
    for wrong in ("", "医院", "H" * 13, "H 1"):
        with pytest.raises(ValueError, match="institution"):
            prefix_of(wrong)


def test_a_burst_borrows_the_following_seconds(path: Path, clock: Clock) -> None:
    journal = open_journal(path, clock, slots=100)
    ids = take(journal, 1050)
    assert len(set(ids)) == 1050 and ids == sorted(ids)
    assert journal._allocator(INSTITUTION).ahead == 10
    journal.close()


@pytest.mark.parametrize("step", [0, -7200, -5, 1, 3, 7200])
@pytest.mark.parametrize("orderly", [True, False])
def test_never_again_after_a_restart_and_a_clock_step(
    path: Path, clock: Clock, step: int, orderly: bool
) -> None:
    seen: list[str] = []
    for _ in range(4):
        journal = open_journal(path, clock)
        seen += take(journal, 30)
        clock.advance(step)
        seen += take(journal, 30)
        journal.close() if orderly else crash(journal)
    assert len(set(seen)) == len(seen)


def test_never_again_after_a_restored_copy(path: Path, clock: Clock, tmp_path: Path) -> None:
    journal = open_journal(path, clock)
    seen = take(journal, 5)
    journal.close()
    shutil.copy(path, tmp_path / "copy")
    for _ in range(3):  # ids run ahead of a clock that stands still, then the old copy comes back
        journal = open_journal(path, clock)
        seen += take(journal, 5)
        crash(journal)
    for file in path.parent.glob("journal.db-*"):
        file.unlink()
    shutil.copy(tmp_path / "copy", path)
    journal = open_journal(path, clock)
    seen += take(journal, 5)
    journal.close()
    assert len(set(seen)) == len(seen)


def test_a_damaged_witness_closes_the_ids(path: Path, clock: Clock) -> None:
    journal = open_journal(path, clock)
    take(journal, 1)
    path.with_name("journal.db.msgids").write_text("nonsense")
    clock.advance(60)
    with pytest.raises(StoreError):
        take(journal, 1)
    journal.close()


def test_workers_of_one_institution_never_meet_even_when_the_division_changes(
    path: Path, clock: Clock
) -> None:
    seen: list[str] = []
    for slots in (4, 2, 10, 4):
        workers = [open_journal(path, clock, slots=slots) for _ in range(2)]
        for worker in workers:
            seen += take(worker, 40)
        for worker in workers:
            worker.close()
    assert len(set(seen)) == len(seen)


def test_institutions_do_not_disturb_each_other(journal: Journal) -> None:
    assert take(journal, 1, "H1")[0][12:] == take(journal, 1, "H2")[0][12:]


def test_threads_and_tasks_share_one_reservation(journal: Journal) -> None:
    with ThreadPoolExecutor(8) as pool:
        ids = [i for part in pool.map(lambda _: take(journal, 25), range(8)) for i in part]

    async def tasks() -> list[str]:
        return [m.value for m in await asyncio.gather(*(journal.msgid("H2") for _ in range(64)))]

    ids += asyncio.run(tasks())
    assert len(set(ids)) == len(ids)
    marks = journal.read._rows("SELECT high_water FROM msgid_block ORDER BY institution", ())
    assert marks[0] == marks[1], "callers that asked together reserved more than one block"


def test_the_journal_is_the_backstop(journal: Journal) -> None:
    ticket = send(journal, settlement("M1"))
    with pytest.raises(StoreError):
        begin(journal, settlement("M2"), msgid=ticket.msgid)
    both = [
        journal._writer.submit(journal.begin_job(settlement(v), before(journal, msgid="X1")))
        for v in ("M3", "M4")
    ]
    errors = [future.exception() for future in both]
    assert isinstance(both[0].result(), Ticket) and isinstance(errors[1], StoreError)
    assert journal.poisoned is None
    send(journal, settlement("M2"))
