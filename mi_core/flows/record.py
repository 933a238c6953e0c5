"""What a flow must remember beyond the journal: its choices and its plans, as events of the journal's audit chain.

The journal knows each changing call; it does not know which insurance the cashier chose, which rows were uploaded or
what is to stay of a partial refund. A step writes that down before it sends anything. The events are sealed like the
journal's requests, stand in its tamper-evident chain, and are where the journal is: a file, or a server that several
hosts share. Nothing is ever changed, a step appends what is new; reading folds the events.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

import attrs

from mi_core.errors import MiError
from mi_core.journal import Journal
from mi_core.journal.clues import Rows
from mi_core.journal.keyring import KeyRing
from mi_core.journal.transaction import Transaction
from mi_core.model.record import Record, fields_of
from mi_core.scalars import at_zone, plain
from mi_core.types import UNSET

__all__ = ["FlowBusy", "FlowRecord", "load", "plain_values", "save"]

KIND: Final = "flow"
_EVENTS: Final = "SELECT msgid, data, evidence_ct FROM event WHERE operation_id = ? AND kind = 'flow' ORDER BY at, writer, seq"
_COUNT: Final = "SELECT count(*) FROM event WHERE operation_id = ? AND kind = 'flow'"


class FlowBusy(MiError):
    """Another program went on with the same flow at the same time; nothing was written by this one."""

    code = "flow_busy"


@attrs.frozen
class FlowRecord:
    """A flow as far as it got. ``content`` holds JSON values: amounts are decimal text, times ``yyyy-MM-dd HH:mm:ss``."""

    id: str
    """In the audit chain (``mi audit``): names nobody."""
    version: int = 0
    content: Mapping[str, Any] = attrs.field(factory=dict, repr=False)


async def load(journal: Journal, institution: str, kind: str, key: str) -> FlowRecord:
    """The record of a flow; an empty one for a new flow. Raises ``StoreError``."""
    return await asyncio.to_thread(
        journal.read.ask, lambda rows, ring: _read(rows, ring, institution, kind, key)
    )


def _read(rows: Rows, ring: KeyRing, institution: str, kind: str, key: str) -> FlowRecord:
    names = [f"flow-{digest.hex()}" for digest in ring.digests(f"flow {institution} {kind} {key}")]
    for name in names:
        events = rows(_EVENTS, (name,))
        if not events:
            continue
        content: dict[str, Any] = {}
        numbered = sorted((json.loads(data)["n"], bytes(sealed)) for _, data, sealed in events)
        for number, sealed in numbered:
            content.update(json.loads(ring.open(sealed, _place(name, number))))
        return FlowRecord(name, len(numbered), {k: v for k, v in content.items() if v is not None})
    return FlowRecord(names[0])


async def save(
    journal: Journal, record: FlowRecord, kind: str, step: str, changes: Mapping[str, Any]
) -> FlowRecord:  # fmt: skip
    """Append ``changes`` (``None`` takes a key away); on disk when this returns. Raises :class:`FlowBusy`, ``StoreError``."""
    number = record.version + 1
    told = plain_values(changes)
    sealed = journal.read.ring.seal(json.dumps(told, ensure_ascii=False).encode(), _place(record.id, number))
    data = json.dumps({"flow": kind, "step": step, "n": number})

    def job(tx: Transaction) -> bool:
        if int(tx.rows(_COUNT, (record.id,))[0][0]) != record.version:
            return False
        tx.event(KIND, record.id, None, None, None, data, sealed)
        return True

    if not await asyncio.to_thread(journal.wait, job):
        raise FlowBusy(
            "另一程序正在办理同一业务流程，本次未继续", "another program is at work on the same flow, this one stopped",
            hint_zh="稍后再调用同一步骤", hint_en="call the same step again in a moment",
        )  # fmt: skip
    content = {k: v for k, v in {**record.content, **told}.items() if v is not None}
    return FlowRecord(record.id, number, content)


def _place(name: str, number: int) -> str:
    return f"event/{name}/{number}"


def plain_values(value: Any) -> Any:
    """As JSON has it: amounts as decimal text, days and times as the wire writes them."""
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, dt.datetime):
        return at_zone(value).isoformat(sep=" ", timespec="seconds")
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Record):
        return plain_values({f.wire: getattr(value, f.name) for f in fields_of(type(value))})
    if isinstance(value, Mapping):
        return {str(name): plain_values(one) for name, one in value.items() if one is not UNSET}
    if isinstance(value, (list, tuple)):
        return [plain_values(one) for one in value]
    return str(value) if isinstance(value, str) else value
