"""The plug is pulled: whatever was acknowledged survives, whatever was not is either whole or not there."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

pytest.importorskip("apsw", reason="apsw is not installed: no other VFS to lose writes with")

from mi_core.errors import StoreError
from mi_core.journal import AttemptState, MsgId
from tests.journal.kit import INSTITUTION, OK, Clock, before, crash, open_journal, settlement
from tests.journal.lossy import LossyDisk


def live_and_lose(
    folder: Path, seed: int, *, honest: bool = True
) -> tuple[Path, dict[str, AttemptState], list[MsgId]]:
    """Work, lose power at a random step with jobs in the queue; the surviving file, the acknowledged states, all ids."""
    choose, clock = random.Random(seed), Clock()
    disk = LossyDisk(f"lossy{seed}{honest}{folder.name}", honest=honest)
    path, after = folder / f"{seed}" / "journal.db", folder / f"{seed}-after"
    path.parent.mkdir()
    after.mkdir()
    journal = open_journal(path, clock, connect=disk.connect)
    acknowledged: dict[str, AttemptState] = {}
    ids: list[MsgId] = []
    for n in range(choose.randrange(5, 60)):
        clock.advance(choose.choice((0, 1, 10)))
        ids.append(journal.msgid_now(INSTITUTION))
        ticket = journal.wait(journal.begin_job(settlement(f"M{n}"), before(journal, msgid=ids[-1].value)))
        acknowledged[ids[-1].value] = AttemptState.SENT
        if choose.random() < 0.7:
            journal.wait(journal.end_job(ticket, OK))  # type: ignore[arg-type]  # a Ticket: every visit is new
            acknowledged[ids[-1].value] = AttemptState.CONFIRMED
    jobs = [journal.begin_job(settlement(f"X{n}"), before(journal)) for n in range(5)]
    futures = [journal._writer.submit(job) for job in jobs]
    disk.lose_power(after, choose)  # while the writer is at work
    for future in futures:
        future.result()
    crash(journal)
    return after / "journal.db", acknowledged, ids


@pytest.mark.parametrize("seed", range(12))
def test_acknowledged_rows_survive(tmp_path: Path, seed: int) -> None:
    path, acknowledged, ids = live_and_lose(tmp_path, seed)
    journal = open_journal(path, Clock())
    for msgid, state in acknowledged.items():
        found = journal.read.attempt(msgid)
        assert found is not None, f"{msgid} was acknowledged and is gone"
        assert found.state is (state if state is AttemptState.CONFIRMED else AttemptState.IN_DOUBT)
    assert journal.read.verify().intact
    assert journal.msgid_now(INSTITUTION).value not in {i.value for i in ids}
    journal.close()


def test_a_disk_that_lies_about_syncing_is_noticed_by_this_test(tmp_path: Path) -> None:
    """The control: without working syncs acknowledged rows do get lost, so the test above means something."""
    lost = 0
    for seed in range(4):
        path, acknowledged, _ = live_and_lose(tmp_path, seed, honest=False)
        try:
            journal = open_journal(path, Clock())
            lost += sum(journal.read.attempt(msgid) is None for msgid in acknowledged)
            crash(journal)
        except StoreError:
            lost += 1
    assert lost > 0
