"""Two hospitals without a journal, on the same simulator: what people write first, and what it costs.

``naive``         no answer: send it again, with a new message id, until one comes
``at-most-once``  no answer: it counts as failed, and nobody asks

Each keeps books in the journal's tables, as far as the checker reads them; they are written before and after each send.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import itertools
import json
import os
import signal
import sqlite3
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import aiohttp

from mi_core.types import CHINA_TIME
from tests.chaos.people import Batch, Patient, stories
from tests.chaos.worker import COUNTERS, Shift, watch_harness
from tests.sandbox.hospital import _encoder, read, signed_headers

__all__ = ["MAIN"]

RESENDS: Final = 6
TABLES: Final = """
CREATE TABLE IF NOT EXISTS operation (id TEXT PRIMARY KEY, interface TEXT, state TEXT, amounts TEXT, cancelled_by TEXT);
CREATE TABLE IF NOT EXISTS attempt (msgid TEXT PRIMARY KEY, operation_id TEXT, interface TEXT, state TEXT, open INTEGER, reason TEXT);
CREATE TABLE IF NOT EXISTS event (kind TEXT, msgid TEXT, to_state TEXT);
"""


class Books:
    """What the hospital writes down: each settlement before it is sent and what it takes it for afterwards."""

    def __init__(self, path: str) -> None:
        self._database = sqlite3.connect(path, isolation_level=None, timeout=20)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.executescript(TABLES)

    def known(self, operation: str) -> str | None:
        row = self._database.execute("SELECT state FROM operation WHERE id = ?", (operation,)).fetchone()
        return None if row is None else str(row[0])

    def sent(self, operation: str, msgid: str, amount: str) -> bool:
        """Whether it was written down; not when the id was used already (a counter in memory)."""
        if self._database.execute("SELECT 1 FROM attempt WHERE msgid = ?", (msgid,)).fetchone():
            return False
        self._database.execute(
            "INSERT OR IGNORE INTO operation VALUES (?, '2207', 'OPEN', ?, NULL)",
            (operation, f"medfee_sumamt={amount}"),
        )
        self._database.execute(
            "INSERT INTO attempt VALUES (?, ?, '2207', 'SENT', 1, NULL)", (msgid, operation)
        )
        self._database.execute("INSERT INTO event VALUES ('sent', ?, 'SENT')", (msgid,))
        return True

    def ended(self, operation: str, msgid: str, done: bool, answered: bool) -> None:
        if not answered:
            self._database.execute("INSERT INTO event VALUES ('ended', ?, 'IN_DOUBT')", (msgid,))
        states = ("CONFIRMED", "DONE") if done else ("REJECTED", "FAILED")
        self._database.execute("UPDATE attempt SET state = ?, open = 0 WHERE msgid = ?", (states[0], msgid))
        self._database.execute("UPDATE operation SET state = ? WHERE id = ?", (states[1], operation))

    def started_again(self, worker: int) -> None:
        """What was under way when the process died counts as failed."""
        like = f"{worker}-%"
        self._database.execute(
            "UPDATE attempt SET state = 'REJECTED', open = 0 WHERE open = 1 AND operation_id LIKE ?", (like,)
        )
        self._database.execute(
            "UPDATE operation SET state = 'FAILED' WHERE state = 'OPEN' AND id LIKE ?", (like,)
        )


class Desk:
    """Sends over bare HTTP."""

    def __init__(self, shift: Shift, session: aiohttp.ClientSession, retry: bool) -> None:
        place = json.loads((shift.folder / "run.json").read_text())
        self._url, self._session, self._retry, self._shift = place["url"], session, retry, shift
        self._books = Books(place["place"])
        self._books.started_again(shift.number)
        self._numbers = itertools.count(os.getpid())

    async def story(self, patient: Patient) -> None:
        """Fees and quote as often as it takes; the settlement as the policy has it."""
        todo = {
            b.name: f"{self._shift.number}-{patient.story.number}-{b.name}" for b in patient.story.batches
        }
        open_ = [b for b in patient.story.batches if self._books.known(todo[b.name]) != "DONE"]
        for _ in range(50 if open_ else 0):
            text = await self._try("2204", patient.fees(), patient)
            if text == "" or (text is not None and "已使用" in text):
                break
        for batch in open_:
            if self._retry or self._books.known(todo[batch.name]) is None:
                await self._settle(patient, batch, todo[batch.name])

    async def _settle(self, patient: Patient, batch: Batch, operation: str) -> None:
        for _ in range(RESENDS if self._retry else 1):
            quoted = None
            while quoted is None:
                reply = await self._send("2206", patient.quotation(batch), patient, self._msgid(patient))
                quoted = reply["output"] if reply is not None and reply.get("infcode") == 0 else None
            while not self._books.sent(operation, msgid := self._msgid(patient), str(batch.amount)):
                pass
            reply = await self._send("2207", patient.settlement(batch, quoted["setlinfo"]), patient, msgid)
            done = reply is not None and reply.get("infcode") == 0
            self._books.ended(operation, msgid, done, reply is not None)
            if done:
                return

    async def _try(self, infno: str, content: Any, patient: Patient) -> str | None:
        reply = await self._send(infno, content, patient, self._msgid(patient))
        return None if reply is None else reply.get("err_msg") or ""

    async def _send(self, infno: str, content: Any, patient: Patient, msgid: str) -> Mapping[str, Any] | None:
        """The reply, or ``None`` when none came."""
        body = _encoder.encode(_message(infno, content, patient, msgid))
        headers = signed_headers(infno, ms=time.time_ns() // 1_000_000)
        limit = aiohttp.ClientTimeout(total=self._shift.patience)
        try:
            async with self._session.post(
                self._url + "/csb", data=body, headers=headers, timeout=limit
            ) as reply:
                found: Any = read(await reply.read())
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return None
        return found if isinstance(found, dict) and "infcode" in found else None

    def _msgid(self, patient: Patient) -> str:
        now = dt.datetime.now(CHINA_TIME)
        number = (next(self._numbers) * 10 + self._shift.number) % 10000
        return f"{patient.institution}{now:%Y%m%d%H%M%S}{number:04d}"


def _message(infno: str, content: Any, patient: Patient, msgid: str) -> dict[str, Any]:
    return {
        "infno": infno, "msgid": msgid, "mdtrtarea_admvs": "990100", "insuplc_admdvs": patient.insurance.area,
        "recer_sys_code": "TEST", "dev_no": "", "dev_safe_info": "", "cainfo": "", "signtype": "", "infver": "1.0.0",
        "opter_type": "1", "opter": "001", "opter_name": "收费员",
        "inf_time": dt.datetime.now(CHINA_TIME).strftime("%Y-%m-%d %H:%M:%S"),
        "fixmedins_code": patient.institution, "fixmedins_name": "测试机构", "sign_no": "", "input": content,
    }  # fmt: skip


async def _work(shift: Shift, retry: bool) -> None:
    stop, watching = asyncio.Event(), asyncio.create_task(watch_harness(shift.harness))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    visits = json.loads((shift.folder / "visits.json").read_text())
    mine = iter(
        [
            s
            for s in stories(shift.count, shift.seed, shift.simple)
            if s.number % shift.workers == shift.number
        ]
    )
    async with aiohttp.ClientSession() as session:
        desk = Desk(shift, session, retry)

        async def counter() -> None:
            for story in mine:
                if str(story.number) in visits:
                    patient = Patient(story)
                    patient.mdtrt_id = visits[str(story.number)]
                    await desk.story(patient)

        await asyncio.gather(*(counter() for _ in range(COUNTERS)))
        (shift.folder / f"idle-{shift.number}").touch()
        await stop.wait()
    watching.cancel()


def _main(shift: Shift, retry: bool) -> None:
    log = os.open(shift.folder / f"worker-{shift.number}.log", os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    os.dup2(log, 2)
    asyncio.run(_work(shift, retry))


def naive(shift: Shift) -> None:
    """Send again until an answer comes."""
    _main(shift, True)


def at_most_once(shift: Shift) -> None:
    """Send once; no answer counts as failed."""
    _main(shift, False)


MAIN: Final[Mapping[str, Callable[[Shift], None]]] = {"naive": naive, "at-most-once": at_most_once}
