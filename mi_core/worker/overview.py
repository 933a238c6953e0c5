"""What waits at the bridge and who works, for ``mi bridge status``."""

from __future__ import annotations

import datetime as dt
from typing import Any

import attrs
from sqlalchemy.ext.asyncio import AsyncConnection

from mi_core.errors import StoreError
from mi_core.worker.scripts import VERSION
from mi_core.worker.speech import speech_of

__all__ = ["Overview", "WorkerSeen", "look"]


@attrs.frozen
class WorkerSeen:
    """A living worker."""

    host: str
    pid: int
    start_time: dt.datetime
    requests: int
    """In its hands."""


@attrs.frozen
class Overview:
    """One look. Times are Beijing time."""

    version: int
    journal_place: str | None
    statuses: tuple[tuple[str, int, dt.datetime], ...]
    """Status, how many, the oldest's submission; finished ones of the last day only."""
    workers: tuple[WorkerSeen, ...]

    @property
    def stuck(self) -> bool:
        """Requests wait and nobody works."""
        return not self.workers and any(status in ("PENDING", "PROCESSING") for status, _, _ in self.statuses)

    def to_dict(self) -> dict[str, Any]:
        """For ``--json``."""
        return {
            "version": self.version, "journal_place": self.journal_place, "stuck": self.stuck,
            "statuses": {status: {"count": n, "oldest": oldest} for status, n, oldest in self.statuses},
            "workers": [attrs.asdict(worker) for worker in self.workers],
        }  # fmt: skip


async def look(connection: AsyncConnection) -> Overview:
    """Raises ``StoreError`` for another version than this program's."""
    speech = speech_of(connection.dialect.name)

    async def rows(sql: str, *values: object) -> Any:
        return (await connection.exec_driver_sql(speech.sql(sql), values)).fetchall()

    version, place = (await rows("SELECT version, journal_place FROM medical_insurance_bridge WHERE id = 1"))[
        0
    ]
    if version != VERSION:
        raise StoreError(
            f"数据库桥的版本是 {version}，本程序需要 {VERSION}", f"the bridge has version {version}, this program needs {VERSION}",
            hint_zh="运行 mi bridge install", hint_en="run: mi bridge install",
        )  # fmt: skip
    statuses = await rows(
        f"""SELECT status, COUNT(*), MIN(create_time) FROM medical_insurance_requests
            WHERE status IN ('PENDING', 'PROCESSING', 'IN_DOUBT') OR create_time >= {speech.later}
            GROUP BY status ORDER BY status""",  # noqa: S608  # constants only
        -86_400_000_000,
    )
    workers = await rows(
        f"""SELECT w.host, w.pid, w.start_time, COUNT(r.request_id) FROM medical_insurance_workers w
            LEFT JOIN medical_insurance_requests r ON r.worker_id = w.worker_id AND r.status = 'PROCESSING'
            WHERE w.end_time IS NULL AND w.lease_until >= {speech.now}
            GROUP BY w.worker_id, w.host, w.pid, w.start_time ORDER BY w.start_time"""  # noqa: S608  # constants only
    )
    return Overview(
        version, place, tuple((s, int(n), oldest) for s, n, oldest in statuses),
        tuple(WorkerSeen(h, p, since, int(n)) for h, p, since, n in workers),
    )  # fmt: skip
