"""Claims and results of many requests at once, in as few statements as the server needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Protocol

from mi_core.worker.records import Later, Result
from mi_core.worker.session import Session
from mi_core.worker.speech import COLUMNS, RESPONSE, Speech, marks, microseconds

__all__ = ["Ends", "Groups", "groups_of", "pieces"]

Ends = Mapping[int, tuple[str | None, Result | Later]]
"""By request: the worker whose it must still be (``None``: whosever it is), and what it came to."""
_LARGEST: Final = 1_000_000
"""Characters of results in one transaction: servers refuse statements beyond some megabytes."""


class Groups(Protocol):
    """As a server does it best. Both methods are one transaction; ``alone``: in one statement."""

    alone: bool

    async def claim(self, session: Session, worker: str, most: int) -> list[Sequence[Any]]:
        """Up to ``most`` requests for ``worker``, by priority and age."""

    async def end(self, session: Session, ends: Ends, was: str) -> int:
        """Write results, or put back; how many were still as they must be. The others are left as they are."""


def pieces(ends: Ends) -> Iterator[Ends]:
    """Groups that a statement can hold."""
    piece: dict[int, tuple[str | None, Result | Later]] = {}
    size = 0
    for number, (owner, end) in ends.items():
        length = len(end.data) if isinstance(end, Result) else 0
        if piece and size + length > _LARGEST:
            yield piece
            piece, size = {}, 0
        piece[number] = owner, end
        size += length
    if piece:
        yield piece


class _MySql:
    """No UPDATE … RETURNING: rows are locked, read and changed. Affected rows tell whether all were as they must be."""

    alone = False

    def __init__(self, speech: Speech) -> None:
        self._speech = speech

    async def claim(self, session: Session, worker: str, most: int) -> list[Sequence[Any]]:
        speech = self._speech
        found = await session.rows(
            f"""SELECT {speech.columns}, attempts + 1 FROM medical_insurance_requests
            WHERE status = 'PENDING' AND due_time <= {speech.now} ORDER BY priority, request_id LIMIT ?
            FOR UPDATE SKIP LOCKED""",  # noqa: S608  # constants only
            (most,),
        )
        rows = [speech.row(row) for row in found]
        if rows:
            sql = f"""UPDATE medical_insurance_requests SET status = 'PROCESSING', worker_id = ?, attempts = attempts + 1,
                update_time = {speech.now} WHERE request_id IN ({marks(rows)})"""  # noqa: S608  # constants only
            await session.run(sql, (worker, *(row[0] for row in rows)))
        return rows

    async def end(self, session: Session, ends: Ends, was: str) -> int:
        owners = {owner for owner, _ in ends.values()}
        if len(owners) == 1 and await self._all(session, _only(ends), was, owners.pop()):
            return len(ends)
        await session.rollback()
        sql = f"""SELECT request_id, worker_id FROM medical_insurance_requests
            WHERE request_id IN ({marks(ends)}) AND status = ? ORDER BY request_id FOR UPDATE"""  # noqa: S608  # constants only
        held = {row[0]: row[1] for row in await session.rows(sql, (*ends, was))}
        mine = {n: end for n, end in ends.items() if n in held and end[0] in (None, held[n])}
        for owner in {owner for owner, _ in mine.values()}:
            some = {n: end for n, (by, end) in mine.items() if by == owner}
            await self._all(session, some, was, owner)
        return len(mine)

    async def _all(
        self, session: Session, ends: Mapping[int, Result | Later], was: str, owner: str | None
    ) -> bool:
        """``False``, and nothing may be committed, when one of them is not as it ``was`` any more."""
        held = " AND status = ?" + ("" if owner is None else " AND worker_id = ?")
        known = (was,) if owner is None else (was, owner)
        now, later = self._speech.now, self._speech.later
        results = {n: end for n, end in ends.items() if isinstance(end, Result)}
        for status in sorted({result.status for result in results.values()}):
            some = sorted(n for n, result in results.items() if result.status == status)
            sql = f"UPDATE medical_insurance_requests SET status = ?, update_time = {now} WHERE request_id IN ({marks(some)}){held}"  # noqa: S608  # constants only
            if await session.run(sql, (status, *some, *known)) != len(some):
                return False
        for seconds in sorted({end.seconds for end in ends.values() if isinstance(end, Later)}):
            some = sorted(n for n, end in ends.items() if isinstance(end, Later) and end.seconds == seconds)
            sql = f"""UPDATE medical_insurance_requests SET status = 'PENDING', worker_id = NULL, update_time = {now},
                due_time = {later} WHERE request_id IN ({marks(some)}){held}"""  # noqa: S608  # constants only
            if await session.run(sql, (microseconds(seconds), *some, *known)) != len(some):
                return False
        if results:
            values = [value for n, result in results.items() for value in _row(n, result)]
            await session.run(_PUT.format(rows=", ".join([_ROW] * len(results)), now=now), values)
        return True


_ROW: Final = f"({', '.join('?' * len(RESPONSE))})"
_PUT: Final = (
    f"INSERT INTO medical_insurance_responses ({', '.join(RESPONSE)}) VALUES {{rows}} ON DUPLICATE KEY UPDATE "  # noqa: S608  # constants only
    + ", ".join(f"{name} = VALUES({name})" for name in RESPONSE[1:])
    + ", create_time = {now}"
)


class _PostgreSql:
    """One statement each. What it changes and what it tells is one state, whoever else is at work."""

    alone = True

    def __init__(self, speech: Speech) -> None:
        columns = ", ".join(f"r.{name}" for name in COLUMNS)
        self._claim = f"""WITH chosen AS MATERIALIZED (
                SELECT request_id AS number FROM medical_insurance_requests
                WHERE status = 'PENDING' AND due_time <= {speech.now} ORDER BY priority, request_id LIMIT ?
                FOR UPDATE SKIP LOCKED)
            UPDATE medical_insurance_requests r SET status = 'PROCESSING', worker_id = ?, attempts = r.attempts + 1,
                update_time = {speech.now} FROM chosen WHERE r.request_id = chosen.number
            RETURNING {columns}, {speech.age}, r.attempts"""  # noqa: S608  # constants only
        names = ", ".join(RESPONSE[1:])
        self._end = f"""WITH given AS (
                SELECT * FROM unnest(CAST(? AS BIGINT[]), {", ".join(["CAST(? AS TEXT[])"] * (len(RESPONSE) + 1))},
                    CAST(? AS DOUBLE PRECISION[])) AS t(number, owner, becomes, {names}, pause)),
            ended AS (
                UPDATE medical_insurance_requests r SET status = given.becomes, update_time = {speech.now},
                    worker_id = CASE WHEN given.pause IS NULL THEN r.worker_id END,
                    due_time = CASE WHEN given.pause IS NULL THEN r.due_time ELSE {speech.later.replace("?", "given.pause")} END
                FROM given WHERE r.request_id = given.number AND r.status = CAST(? AS TEXT)
                    AND (given.owner IS NULL OR r.worker_id = given.owner)
                RETURNING r.request_id),
            written AS (
                INSERT INTO medical_insurance_responses (request_id, {names})
                SELECT number, {names} FROM given JOIN ended ON ended.request_id = given.number WHERE pause IS NULL
                ON CONFLICT (request_id) DO UPDATE SET {", ".join(f"{n} = EXCLUDED.{n}" for n in RESPONSE[1:])},
                    create_time = {speech.now})
            SELECT COUNT(*) FROM ended"""  # noqa: S608  # constants only

    async def claim(self, session: Session, worker: str, most: int) -> list[Sequence[Any]]:
        rows = await session.rows(self._claim, (most, worker))
        priority = COLUMNS.index("priority")
        return sorted(rows, key=lambda row: (row[priority], row[0]))

    async def end(self, session: Session, ends: Ends, was: str) -> int:
        rows = [
            (n, owner, end.status, *_row(n, end)[1:], None) if isinstance(end, Result)
            else (n, owner, "PENDING", *[None] * (len(RESPONSE) - 1), float(microseconds(end.seconds)))
            for n, (owner, end) in ends.items()
        ]  # fmt: skip
        found = await session.rows(self._end, (*map(list, zip(*rows, strict=True)), was))
        return int(found[0][0])


def groups_of(speech: Speech) -> Groups:
    """Of a kind of server."""
    return _PostgreSql(speech) if speech.dialect.name == "postgresql" else _MySql(speech)


def _only(ends: Ends) -> dict[int, Result | Later]:
    return {number: end for number, (_, end) in ends.items()}


def _row(number: int, result: Result) -> tuple[Any, ...]:
    """As :data:`RESPONSE` names them."""
    return (
        number, result.data, result.infcode, result.err_msg, result.error_code, result.operation_id, result.msgid,
    )  # fmt: skip
