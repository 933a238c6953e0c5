"""Writing begins and ends into the tables, many in one transaction, with the business rows that follow from them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from mi_core.catalog import read_projection
from mi_core.errors import StoreError
from mi_core.sql_engine import lost_connection
from mi_plugins.stores.business_tables import BUSINESS, own_id
from mi_plugins.stores.days import Changes, amounts_of
from mi_plugins.stores.durations import duration_class, exchange_ms
from mi_plugins.stores.projector import exact, project_safely
from mi_plugins.stores.recent import Recent
from mi_plugins.stores.sealing import Sealer
from mi_plugins.stores.sql.counting import add_to_days
from mi_plugins.stores.sql.spool import Entry
from mi_plugins.stores.tables import operation_log as log
from mi_plugins.stores.tables import operation_log_ids as ids

__all__ = ["Tables", "replace_projections"]

_HEAD = (
    log.c.id,
    log.c.operation_id,
    log.c.operation_time,
    log.c.status,
    log.c.complete_time,
    log.c.api_code,
    log.c.institution_code,
    log.c.duration_ms,
    log.c.duration_class,
)
_ID_COLUMNS = ("operation_id", "institution_code", "msgid", "operation_time")

_INSERT, _INSERT_ID = insert(log), insert(ids)
_COMPLETE = (
    update(log)
    .where(log.c.id == bindparam("row_id"), log.c.operation_time == bindparam("row_time"))
    .values(
        status=bindparam("new_status"), outcome=bindparam("new_outcome"), evidence=bindparam("new_evidence"),
        error_code=bindparam("new_error_code"), error_message=bindparam("new_error_message"),
        response_data=func.coalesce(bindparam("new_response_data", type_=log.c.response_data.type), log.c.response_data),
        complete_time=bindparam("new_complete_time"), updated_at=bindparam("new_updated_at"),
        duration_ms=bindparam("new_duration_ms"), duration_class=bindparam("new_duration_class"),
    )
)  # fmt: skip


@attrs.define
class Tables:
    """The log's tables behind an engine. Remembers bodies between begin and end, so that they are not read back."""

    engine: AsyncEngine
    sealer: Sealer
    _requests: Recent = attrs.field(factory=Recent, init=False, repr=False)

    async def write(self, entries: Sequence[Entry]) -> None:
        """All of them in one transaction, or none: raises SQLAlchemy's errors, or ``StoreError`` for an end without a begin."""
        with lost_connection():
            async with self.engine.begin() as connection:
                await self._write(connection, entries)
        for entry in entries:
            if entry.kind == "end":
                if entry.values["status"] != "in_doubt":
                    self._requests.forget(entry.operation_id)
            elif entry.plain is not None and read_projection(entry.values["api_code"]) is not None:
                self._requests.keep(entry.operation_id, entry.plain)

    async def is_written(self, entry: Entry) -> bool:
        """Whether the database has this already: its commit arrived although the answer did not."""
        columns = (log.c.msgid, log.c.status, log.c.complete_time)
        with lost_connection():
            async with self.engine.connect() as connection:
                row = (
                    await connection.execute(select(*columns).where(log.c.operation_id == entry.operation_id))
                ).first()
        if row is None:
            return False
        if entry.kind == "begin":
            return bool(row.msgid == entry.values["msgid"])
        return bool(
            row.status == entry.values["status"] and row.complete_time == entry.values["complete_time"]
        )

    async def _write(self, connection: AsyncConnection, entries: Sequence[Entry]) -> None:
        begins = [e.values for e in entries if e.kind == "begin"]
        if begins:
            await connection.execute(_INSERT_ID, [{name: v[name] for name in _ID_COLUMNS} for v in begins])
            await connection.execute(_INSERT, begins)
        ends = [e for e in entries if e.kind == "end"]
        while ends:
            round_: dict[str, Entry] = {}
            later: list[Entry] = []
            for entry in ends:
                if entry.operation_id in round_:
                    later.append(entry)
                else:
                    round_[entry.operation_id] = entry
            await self._end(connection, round_)
            ends = later

    async def _end(self, connection: AsyncConnection, ends: dict[str, Entry]) -> None:
        times = select(ids.c.operation_time).where(ids.c.operation_id.in_(ends)).distinct()
        months = (await connection.execute(times)).scalars().all()
        if not months:
            raise _no_open_row(next(iter(ends)))
        query = select(*_HEAD).where(
            log.c.operation_id.in_(ends), log.c.operation_time.between(min(months), max(months)),
            log.c.status.in_(("pending", "in_doubt")),
        )  # fmt: skip
        found = {
            row["operation_id"]: dict(row)
            for row in (await connection.execute(query.with_for_update())).mappings()
        }
        if len(found) < len(ends):
            await self._already(connection, {op: e for op, e in ends.items() if op not in found}, months)
            ends = {op: entry for op, entry in ends.items() if op in found}
            if not ends:
                return
        values = {op: _completion(found[op], entry.values) for op, entry in ends.items()}
        await connection.execute(_COMPLETE, list(values.values()))
        made = await self._project(connection, found, ends)
        changes = Changes()
        for operation, new in values.items():
            ms, duration = new["new_duration_ms"], new["new_duration_class"]
            changes.ended(found[operation], new["new_status"], ms, duration, amounts_of(made.get(operation)))
        await add_to_days(connection, changes)

    async def _already(
        self, connection: AsyncConnection, ends: dict[str, Entry], months: Sequence[Any]
    ) -> None:
        """The same end again changes nothing; raises ``StoreError`` for one that finds no open row."""
        query = select(log.c.operation_id, log.c.status, log.c.complete_time).where(
            log.c.operation_id.in_(ends), log.c.operation_time.between(min(months), max(months))
        )
        there = {row.operation_id: row for row in await connection.execute(query)}
        for operation, entry in ends.items():
            row, end = there.get(operation), entry.values
            if row is None or (row.status, row.complete_time) != (end["status"], end["complete_time"]):
                raise _no_open_row(operation)

    async def _project(
        self, connection: AsyncConnection, found: dict[str, dict[str, Any]], ends: dict[str, Entry]
    ) -> dict[str, tuple[str, dict[str, Any]]]:
        """Write the business rows; returns table and row by operation."""
        wanted = {op: found[op] for op in ends if read_projection(found[op]["api_code"]) is not None}
        bodies = await self._bodies(connection, wanted, ends)
        rows: dict[str, list[dict[str, Any]]] = {}
        again: dict[str, list[str]] = {}
        all_made: dict[str, tuple[str, dict[str, Any]]] = {}
        for operation, row in wanted.items():
            end = ends[operation].values
            after = row | {"status": end["status"], "complete_time": end["complete_time"]}
            made = project_safely(after, *bodies[operation], self.sealer)
            if made is not None:
                all_made[operation] = made
                rows.setdefault(made[0], []).append(made[1])
                if row["status"] != "pending":
                    again.setdefault(made[0], []).append(operation)
        await replace_projections(connection, rows, again)
        return all_made

    async def _bodies(
        self, connection: AsyncConnection, wanted: dict[str, dict[str, Any]], ends: dict[str, Entry]
    ) -> dict[str, tuple[bytes, bytes | None]]:
        """Request and response of each operation, from memory where they are, else from the tables."""
        out: dict[str, tuple[bytes, bytes | None]] = {}
        unknown = []
        for operation, row in wanted.items():
            request, end = self._requests.get(operation), ends[operation]
            response = end.plain
            if response is None and end.values["response_data"] is not None:
                response = self.sealer.unseal(end.values["response_data"], f"{operation}/response")
            if request is None or (response is None and row["status"] == "in_doubt"):
                unknown.append(operation)
            else:
                out[operation] = (request, response)
        if unknown:
            times = [wanted[operation]["operation_time"] for operation in unknown]
            query = select(log.c.operation_id, log.c.request_data, log.c.response_data).where(
                log.c.operation_id.in_(unknown), log.c.operation_time.between(min(times), max(times))
            )
            for found in (await connection.execute(query)).mappings():
                operation, request, response = (
                    found["operation_id"],
                    found["request_data"],
                    found["response_data"],
                )
                out[operation] = (
                    self.sealer.unseal(bytes(request), f"{operation}/request"),
                    None
                    if response is None
                    else self.sealer.unseal(bytes(response), f"{operation}/response"),
                )
        return out


async def replace_projections(
    connection: AsyncConnection, rows: dict[str, list[dict[str, Any]]], again: dict[str, list[str]]
) -> None:
    """Insert business rows by table; ``again``: operations whose old row goes first."""
    for name, operations in again.items():
        table = BUSINESS[name]
        await connection.execute(table.delete().where(table.c[own_id(name)].in_(operations)))
    for name, values in rows.items():
        fitting = [exact(v) for v in values] if connection.dialect.name == "sqlite" else values
        await connection.execute(insert(BUSINESS[name]), fitting)


def _completion(row: dict[str, Any], end: dict[str, Any]) -> dict[str, Any]:
    ms = exchange_ms(row, row["operation_time"], end["complete_time"])
    names = (
        "status",
        "outcome",
        "evidence",
        "error_code",
        "error_message",
        "response_data",
        "complete_time",
        "updated_at",
    )
    return {
        "row_id": row["id"], "row_time": row["operation_time"], **{f"new_{name}": end[name] for name in names},
        "new_duration_ms": ms, "new_duration_class": duration_class(ms),
    }  # fmt: skip


def _no_open_row(operation: str) -> StoreError:
    return StoreError(
        f"操作 {operation} 没有待完成的日志行", f"operation {operation} has no open row in the log"
    )


def duplicate(error: IntegrityError, entry: Entry) -> StoreError:
    """An operation or message id that was used before."""
    return StoreError(
        f"操作号或报文号重复：{entry.operation_id}", f"the operation or message id was used before: {entry.operation_id}",
        hint_zh="每次发送须使用新的报文号", hint_en="each send needs a message id of its own",
    )  # fmt: skip
