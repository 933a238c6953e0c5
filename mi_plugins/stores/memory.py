"""``memory``: the operation log of a program that keeps none. The last rows only, in clear, gone with the process."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence

from mi_core.errors import StoreError
from mi_core.plugin import (
    CaughtUp,
    OperationEnd,
    OperationLogStore,
    OperationRecord,
    OperationStart,
    OperationStatus,
    Registry,
    StoreFactory,
    StoreSettings,
    at_once,
    hookimpl,
)
from mi_plugins.stores.catching_up import catch_up

__all__ = ["KEPT", "MemoryLog"]

KEPT = 1_000
"""Rows kept; older ones are forgotten."""


class MemoryLog:
    """An operation log in a dictionary."""

    durable = False
    """What other programs did, or this one before its end, is not looked for in the journal."""

    def __init__(self, settings: StoreSettings | None = None) -> None:
        self._rows: OrderedDict[str, OperationRecord] = OrderedDict()

    async def open(self) -> None:
        """Nothing to prepare."""

    @at_once
    async def begin(self, start: OperationStart) -> None:
        """Keep the row; raises ``StoreError`` when the id was used before."""
        self.begin_later(start)

    def begin_later(self, start: OperationStart) -> None:
        """As :meth:`begin`."""
        if start.operation_id in self._rows:
            raise StoreError(
                f"操作号 {start.operation_id} 重复", f"operation {start.operation_id} exists already"
            )
        self._rows[start.operation_id] = OperationRecord(start, None)
        while len(self._rows) > KEPT:
            self._rows.popitem(last=False)

    @at_once
    async def end(self, end: OperationEnd) -> None:
        """Complete the row, if it is still kept; raises ``StoreError`` when it has another outcome already."""
        row = self._rows.get(end.operation_id)
        if row is not None and _ended_otherwise(row, end):
            raise StoreError(
                f"操作 {end.operation_id} 已有结果", f"operation {end.operation_id} has ended already"
            )
        self.end_later(end)

    def end_later(self, end: OperationEnd) -> None:
        """As :meth:`end`; an outcome that is known already stays."""
        row = self._rows.get(end.operation_id)
        if row is not None and not _ended_otherwise(row, end):
            self._rows[end.operation_id] = OperationRecord(row.start, end)

    @at_once
    async def flush(self) -> None:
        """Nothing waits."""

    async def states(self, operation_ids: Sequence[str]) -> dict[str, OperationStatus]:
        """The status of each operation that is still kept."""
        rows = {op: self._rows[op] for op in operation_ids if op in self._rows}
        return {op: row.end.status if row.end else "pending" for op, row in rows.items()}

    async def catch_up(self, ends: Iterable[OperationEnd], starts: Iterable[OperationStart] = ()) -> CaughtUp:
        """Add and complete what is given and not known."""
        return await catch_up(self, ends, starts)

    async def get(self, operation_id: str) -> OperationRecord | None:
        """The row, if it is still kept."""
        return self._rows.get(operation_id)

    async def find(
        self, *, psn_no: str | None = None, certno: str | None = None, mdtrt_id: str | None = None,
        msgid: str | None = None, status: str | None = None, limit: int = 100,
    ) -> list[OperationRecord]:  # fmt: skip
        """Rows that match, newest first."""
        wanted = {"psn_no": psn_no, "certno": certno, "mdtrt_id": mdtrt_id, "msgid": msgid}
        rows = (
            row
            for row in reversed(self._rows.values())
            if all(v is None or getattr(row.start, k) == v for k, v in wanted.items())
            and (status is None or (row.end.status if row.end else "pending") == status)
        )
        return [row for _, row in zip(range(limit), rows, strict=False)]

    async def close(self) -> None:
        """Nothing to close; the rows stay readable."""


def _ended_otherwise(row: OperationRecord, end: OperationEnd) -> bool:
    known = row.end
    return (
        known is not None
        and known.status != "in_doubt"
        and (known.status, known.complete_time) != (end.status, end.complete_time)
    )


def _memory(settings: StoreSettings) -> OperationLogStore:
    return MemoryLog(settings)


@hookimpl
def mi_register_stores(registry: Registry[StoreFactory]) -> None:
    """``[store] operation_log = "memory"``."""
    registry.add("memory", _memory)
