"""The journal's files deleted, replaced, tampered with, full; keys swapped; processes forked: nothing is settled twice."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import pytest

from mi_core import AsyncClient, MiError, NotSent, OutcomeUnknown, StoreError, VisitBusy
from mi_core.journal import AttemptState
from tests.core.calls import client, in_turn, settled, settlement
from tests.plugins import bad_server as bad
from tests.plugins.bad_server import bad_server


def opened(url: str, folder: Path, **changes: object) -> AsyncClient:
    store = {"operation_log": f"sqlite:///{folder / 'mi.db'}"}
    journal = {"path": str(folder / "j.db"), **changes}
    return client(url, store=store, journal=journal)


def key_line(number: int, secret: bytes) -> str:
    return f"mi-journal-key 1 {number} {base64.b64encode(secret).decode()}\n"


def delete(file: Path) -> None:
    file.unlink()


def replace(file: Path) -> None:
    copy = file.with_name("copy")
    shutil.copy(file, copy)
    copy.replace(file)


def move_away(file: Path) -> None:
    file.rename(file.with_name("elsewhere"))


@pytest.mark.parametrize("suffix", ["", "-wal"])
@pytest.mark.parametrize("harm", [delete, replace, move_away])
async def test_a_file_taken_away_under_a_running_program(
    suffix: str, harm: Callable[[Path], None], tmp_path: Path
) -> None:
    """What is written into a file without a name is lost with the process: nothing more may be sent."""
    async with bad_server(settled()) as server, opened(server.url, tmp_path) as mi:
        await mi.call(settlement())
        harm(tmp_path / f"j.db{suffix}")
        with pytest.raises(NotSent):
            await mi.call(settlement(mdtrt_id="V2"))
        assert len(server.requests) == 1


async def test_started_without_its_wal_or_with_an_old_copy(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A copy from before the settlement does not know it: people must hear that before they settle again."""
    async with bad_server(settled(mdtrt_id=...)) as server:
        async with opened(server.url, tmp_path) as mi:
            await mi.call(settlement(mdtrt_id="V0"))
        shutil.copy(tmp_path / "j.db", tmp_path / "old")
        for visit in ("V1", "V2"):
            async with opened(server.url, tmp_path) as mi:
                await mi.call(settlement(mdtrt_id=visit), deadline=10.0)
        assert len(server.requests) == 3 and "older" not in caplog.text
        shutil.copy(tmp_path / "old", tmp_path / "j.db")
        caplog.clear()
        async with opened(server.url, tmp_path):
            pass
        assert "older" in caplog.text


@pytest.mark.parametrize("same_number", [True, False])
async def test_another_key_file_beside_a_running_worker(same_number: bool, tmp_path: Path) -> None:
    """With another key nothing of what was done can be found: such a worker must not start, whatever its slot."""
    async with (
        bad_server(in_turn(settled(), bad.drop_after_reading)) as server,
        opened(server.url, tmp_path) as first,
    ):
        await first.call(settlement())
        with pytest.raises(OutcomeUnknown):
            await first.call(settlement(mdtrt_id="V2"))
        (tmp_path / "j.db.key").write_text(key_line(1 if same_number else 2, os.urandom(32)))
        second = opened(server.url, tmp_path)
        for visit in ("V1", "V2"):
            with pytest.raises(MiError):
                await second.call(settlement(mdtrt_id=visit))
        await second.close()
        assert len(server.requests) == 2


async def test_a_key_file_that_is_gone_is_not_made_anew(tmp_path: Path) -> None:
    async with bad_server(settled()) as server:
        async with opened(server.url, tmp_path) as mi:
            await mi.call(settlement())
        (tmp_path / "j.db.key").unlink()
        with pytest.raises(StoreError):
            await opened(server.url, tmp_path).open()
        assert not (tmp_path / "j.db.key").exists() and len(server.requests) == 1


async def test_the_stored_reply_after_a_change_of_keys(tmp_path: Path) -> None:
    """A new key on top, the old one below: what the old one wrote is found, also while a visit of it is in doubt."""
    async with bad_server(in_turn(settled(), bad.drop_after_reading)) as server:
        async with opened(server.url, tmp_path) as mi:
            first = await mi.call(settlement())
            with pytest.raises(OutcomeUnknown):
                await mi.call(settlement(mdtrt_id="V2"))
        file = tmp_path / "j.db.key"
        file.write_text(key_line(2, os.urandom(32)) + file.read_text())
        async with opened(server.url, tmp_path) as mi:
            again = await mi.call(settlement())
            assert again.meta.repeated and again.setlinfo == first.setlinfo
            with pytest.raises(VisitBusy):
                await mi.call(settlement(mdtrt_id="V2"))
            with pytest.raises(VisitBusy):
                await mi.call(settlement(mdtrt_id="V2", chrg_bchno="B2"))
        assert len(server.requests) == 2


@pytest.mark.parametrize("column", ["response_ct", "request_ct", "identifier_ct"])
async def test_a_tampered_answer_is_neither_told_nor_sent_again(column: str, tmp_path: Path) -> None:
    async with bad_server(settled()) as server, opened(server.url, tmp_path) as mi:
        await mi.call(settlement())
        with closing(sqlite3.connect(tmp_path / "j.db")) as other:
            (body,) = other.execute(f"SELECT {column} FROM attempt").fetchone()  # constants
            changed = body[:-20] + bytes([body[-20] ^ 1]) + body[-19:]
            other.execute(f"UPDATE attempt SET {column} = ?", (changed,))  # constants
            other.commit()
        with pytest.raises(NotSent):
            await mi.call(settlement())
        assert len(server.requests) == 1
        await mi.call(settlement(mdtrt_id="V2"))


async def test_a_full_disk_before_and_after_the_send(tmp_path: Path) -> None:
    """The reply that came is the truth, with a word that the journal lacks it; then nothing more leaves; the next start
    has it in doubt."""
    async with bad_server(bad.hang) as server:
        async with opened(server.url, tmp_path) as mi:

            async def full(exchange: bad.Exchange) -> None:
                database = mi.journal._database
                pages = int(database.rows("PRAGMA page_count")[0][0])
                database.run(f"PRAGMA max_page_count = {pages}")
                await settled(filler="x" * 60_000)(exchange)

            server.after = full
            reply = await mi.call(settlement())
            assert reply.setlinfo.setl_id == "S1"
            assert "journal" in {d.rule for d in reply.meta.discrepancies} and mi.journal.poisoned
            for again in (settlement(), settlement(mdtrt_id="V2")):
                with pytest.raises(NotSent):
                    await mi.call(again)
        assert len(server.requests) == 1
        async with opened(server.url, tmp_path) as mi:
            attempt = mi.journal.read.attempt(str(reply.meta.msgid))
            assert attempt is not None and attempt.state is AttemptState.IN_DOUBT
            with pytest.raises(VisitBusy):
                await mi.call(settlement())
        assert len(server.requests) == 1


async def test_a_lock_file_taken_away_stops_one_of_the_two(tmp_path: Path) -> None:
    """Two workers on one slot: one of them cannot write, and says so without sending."""
    async with bad_server(settled()) as server, opened(server.url, tmp_path) as first:
        await first.call(settlement())
        (tmp_path / "j.db.slot-0").unlink()
        async with opened(server.url, tmp_path) as second:
            before = len(server.requests)
            sent = 0
            for n, worker in enumerate((first, second, first, second)):
                try:
                    await worker.call(settlement(mdtrt_id=f"V{n + 2}"))
                    sent += 1
                except NotSent:
                    pass
                for other in (first, second):
                    with suppress(NotSent):
                        assert (await other.call(settlement())).meta.repeated
            assert len(server.requests) - before == sent
            ids = [json.loads(r)["msgid"] for r in server.requests]
            assert len(set(ids)) == len(ids)


async def test_another_folder_does_not_lose_the_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that changes its folder after the start still has its journal, or sends nothing."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "other").mkdir()
    async with bad_server(settled()) as server, client(server.url, journal={"path": "j.db"}) as mi:
        await mi.call(settlement())
        monkeypatch.chdir(tmp_path / "other")
        assert (await mi.call(settlement())).meta.repeated
        async with client(server.url, journal={"path": str(tmp_path / "j.db")}) as second:
            assert (await second.call(settlement())).meta.repeated
        assert len(server.requests) == 1


WORKER = """
import asyncio, sys
from tests.core.calls import client, settlement
from mi_core import MiError
async def main(url, folder):
    async with client(url, store={"operation_log": f"sqlite:///{folder}/mi.db"}, journal={"path": f"{folder}/j.db"}) as mi:
        print("ready", flush=True)
        sys.stdin.readline()
        for n in range(5):
            try:
                reply = await mi.call(settlement(mdtrt_id=f"V{n}"), deadline=20.0)
                print("again" if reply.meta.repeated else "sent", flush=True)
            except MiError as error:
                print(error.code, flush=True)
asyncio.run(main(*sys.argv[1:]))
"""


async def test_two_processes_and_the_same_bills(tmp_path: Path) -> None:
    """Every visit is settled once, whoever comes first; the others are told so, or that it is under way."""

    async def bureau(exchange: bad.Exchange) -> None:
        visit = json.loads(exchange.request)["input"]["data"]["mdtrt_id"]
        await settled(mdtrt_id=visit)(exchange)

    async with bad_server(bureau) as server:
        workers = []
        for _ in range(2):
            worker = await asyncio.create_subprocess_exec(
                sys.executable, "-c", WORKER, server.url, str(tmp_path),
                env={**os.environ, "PYTHONPATH": ".:codegen"}, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            )  # fmt: skip
            assert worker.stdout is not None
            assert await worker.stdout.readline() == b"ready\n"
            workers.append(worker)
        answers = [
            out.decode().split()
            for out, _ in await asyncio.gather(*(w.communicate(b"go\n") for w in workers))
        ]
        visits = [json.loads(r)["input"]["data"]["mdtrt_id"] for r in server.requests]
        assert sorted(visits) == [f"V{n}" for n in range(5)]
        assert [len(a) for a in answers] == [5, 5]
        assert {word for a in answers for word in a} <= {"sent", "again", "visit_busy"}
        for n in range(5):
            assert [a[n] for a in answers].count("sent") == 1
