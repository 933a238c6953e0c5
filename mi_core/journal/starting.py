"""Opening a journal file: slot, schema, chain, takeover, in this order; whatever fails leaves nothing held."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from mi_core.journal import chain as chains
from mi_core.journal import database as databases
from mi_core.journal import owners, schema, takeover
from mi_core.journal.chain import Chain
from mi_core.journal.database import Connect, Database
from mi_core.journal.exposure import ExposureLimit
from mi_core.journal.keyring import KeyRing
from mi_core.journal.msgids import Witness
from mi_core.journal.older import Gate
from mi_core.journal.reading import Reader
from mi_core.journal.records import Alarm
from mi_core.journal.transaction import Asking
from mi_core.journal.writer import GroupWriter

if TYPE_CHECKING:
    from mi_core.journal.journal import Journal

__all__ = ["start"]

J = TypeVar("J", bound="Journal")


def start(
    kind: type[J], path: Path, ring: KeyRing, *, slots: int, clock: Callable[[], int], connect: Connect | None,
    limit: ExposureLimit | None, on_alarm: Callable[[Alarm], None] | None, busy_ms: int, tail: int, slot_wait: float,
) -> J:  # fmt: skip
    """See :meth:`mi_core.journal.journal.Journal.open`; ``kind`` is the class to make."""
    try:
        if connect is None:
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            connect = databases.connect
        slot = owners.acquire(path, slots, slot_wait)
    except OSError as error:
        raise databases.unusable(path, error) from error
    opened: list[Database] = []
    files = databases.Files.at(path)
    witness = Witness(path.with_name(path.name + ".msgids"))
    writer: GroupWriter | None = None
    try:
        try:
            for _ in range(3):
                opened.append(databases.prepare(connect(path), busy_ms=busy_ms))
            schema.migrate(opened[0], clock())
            takeover.check_keys(opened[0].rows("SELECT key_id FROM key_use"), ring)
            chains.check_tail(opened[0], ring, slot.number, tail)
        except sqlite3.Error as error:
            raise databases.unusable(path, error) from error
        chain = Chain.load(opened[0], ring, slot.number)
        writer = GroupWriter(opened[0], chain, clock=clock, on_alarm=on_alarm, files=files)
        gate = Gate(ring)
        writer.submit(lambda tx: gate.look(tx, witness)).result()
        with owners.probing(path, [n for n in range(slots) if n != slot.number]) as free:
            epoch = writer.submit(lambda tx: takeover.register(tx, slot.number, ring, free)).result()
        journal = kind(
            path, ring, slot, slots, writer, Reader(opened[1], ring), epoch, clock=clock,
            limit=limit or ExposureLimit(), witness=witness,
            database=opened[0], asking=Asking(opened[2]), files=files, gate=gate,
        )  # fmt: skip
        journal.taken_over = journal.take_over()
        if files is not None:
            files.complete()
    except BaseException:
        if writer is not None:
            writer.close()
        for database in opened:
            database.close()
        slot.release()
        raise
    return journal
