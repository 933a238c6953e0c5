"""Message ids that are never used twice: institution (12) + yyyyMMddHHmmss (14) + sequence (4) = 30.

Durable: the journal keeps a high-water mark of the time part per institution and worker slot. Seconds are reserved in
blocks, a block is on disk before its first id is handed out, and a new start begins above the mark. So neither a crash
nor a clock that steps back repeats one. A witness file beside the journal keeps the mark too, so that a restored copy
of the database alone does not bring old ids back. The sequence is divided among the worker slots.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import attrs

from mi_core.errors import StoreError
from mi_core.journal.transaction import Job, Transaction
from mi_core.types import CHINA_TIME

__all__ = ["Block", "MsgId", "MsgidAllocator", "Witness", "prefix_of", "reserve"]

_INSTITUTION: Final = 12
_PER_SECOND: Final = 10_000
_BLOCK: Final = 5
"""Seconds reserved at once: the most that a restart after a crash runs ahead of the clock."""
_STORED: Final = "/stored"
"""Ends the name of a mark that was on the journal's disk already."""


@attrs.frozen
class MsgId:
    """One id and the time it carries; ``inf_time`` of the same message must be :attr:`time`."""

    value: str
    time: dt.datetime
    """Naive Beijing time, whole seconds."""

    def __str__(self) -> str:
        return self.value


@attrs.frozen
class Block:
    """Reserved seconds since 1970, both ends included; none of them was used by this slot before."""

    first: int
    last: int


def prefix_of(institution: str) -> str:
    """The first 12 characters: the code, padded with ``0`` on the right (blanks do not survive the bureau's files)."""
    if not institution.isascii() or not institution.isalnum() or len(institution) > _INSTITUTION:
        raise ValueError(
            f"institution code must be 1 to {_INSTITUTION} ASCII letters or digits: {institution!r}"
        )
    return institution.ljust(_INSTITUTION, "0")


class Witness:
    """The high-water marks once more, in a file of their own that is written and synced before a block is used."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def read(self) -> dict[str, int]:
        """Marks by ``institution/slot/slots``. A damaged file raises :class:`StoreError`: ids stay closed."""
        if self._path is None or not self._path.exists():
            return {}
        try:
            return {str(k): int(v) for k, v in json.loads(self._path.read_text("ascii")).items()}
        except (ValueError, AttributeError, TypeError) as error:
            raise StoreError(
                f"报文号水位文件损坏：{self._path}", f"the msgid high-water file is damaged: {self._path}",
                hint_zh="核对日志库后删除该文件再启动", hint_en="check the journal, then delete the file and start again",
            ) from error  # fmt: skip

    def lost(self, stored: Mapping[str, int]) -> dict[str, int]:
        """The marks that the journal once had on disk and has no more: it is an older copy, or lost its ``-wal``."""
        marks = (
            (key.removesuffix(_STORED), mark) for key, mark in self.read().items() if key.endswith(_STORED)
        )
        return {name: mark for name, mark in marks if stored.get(name, 0) < mark}

    def settle(self, stored: Mapping[str, int]) -> None:
        """Note what the journal has on disk now, so that a copy from before this opening is known as older."""
        known = self.read()
        for name, mark in stored.items():
            if known.get(name + _STORED, 0) < mark:
                self.write(name, mark, mark)

    def write(self, key: str, high_water: int, stored: int) -> None:
        """Raise one mark, atomically and durably; ``stored``: the journal's own mark before.

        Callers are serialised by the journal's write transaction.
        """
        if self._path is None:
            return
        marks = self.read()
        marks[key] = max(high_water, marks.get(key, 0))
        if stored:
            marks[key + _STORED] = max(stored, marks.get(key + _STORED, 0))
        fresh = self._path.with_name(self._path.name + ".new")
        with fresh.open("w", encoding="ascii") as file:
            json.dump(marks, file)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._path)
        if os.name == "posix":
            folder = os.open(self._path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)


def reserve(
    tx: Transaction,
    prefix: str,
    slot: int,
    slots: int,
    now: int,
    after: int,
    witness: Witness,
    seconds: int = _BLOCK,
) -> Block:
    """The transaction that reserves the next block of one institution for one slot (all times in whole seconds).

    Starts after ``after`` (the end of the previous block), above our own mark, above every mark written under another
    division of the sequence, and above the same marks of the witness.
    """
    marks = [(int(s), int(n), int(m)) for s, n, m in tx.rows(
        "SELECT slot, slots, high_water FROM msgid_block WHERE institution = ?", (prefix,)
    )]  # fmt: skip
    stored = next((mark for s, n, mark in marks if (s, n) == (slot, slots)), 0)
    for key, mark in witness.read().items():
        institution, *division = key.split("/")
        if institution == prefix and len(division) == 2:
            marks.append((int(division[0]), int(division[1]), mark))
    floor = max((mark for s, n, mark in marks if s == slot or n != slots), default=0)
    first = max(now, floor + 1, after + 1)
    last = first + seconds - 1
    raise_mark = "UPDATE msgid_block SET high_water = ? WHERE institution = ? AND slot = ? AND slots = ?"
    if not tx.run(raise_mark, (last, prefix, slot, slots)):  # ``last`` is above the mark: first > floor
        tx.run("INSERT INTO msgid_block VALUES (?, ?, ?, ?)", (prefix, slot, slots, last))
    witness.write(f"{prefix}/{slot}/{slots}", last, stored)
    return Block(first, last)


class MsgidAllocator:
    """Ids of one institution for one worker slot, safe across threads.

    :meth:`take` answers from the reserved block or returns None; then a block must be reserved by running
    :meth:`reservation` in the journal's writer and given back through :meth:`extend`.
    """

    def __init__(
        self,
        institution: str,
        slot: int,
        slots: int,
        clock: Callable[[], int],
        witness: Witness | None = None,
    ) -> None:
        if not 0 <= slot < slots <= 100:
            raise ValueError("at most 100 worker slots can share the sequence")
        self.prefix = prefix_of(institution)
        self._slot, self._slots, self._clock = slot, slots, clock
        self._witness = witness or Witness(None)
        self._size = _PER_SECOND // slots
        self._base = slot * self._size
        self._lock = threading.Lock()
        self._second = 0
        self._next = 0
        self._last = 0
        self._reserved: Block | None = None
        self._stamp = ""
        self._time = dt.datetime(1970, 1, 1)

    @property
    def ahead(self) -> int:
        """Seconds by which ids run ahead of the clock (after it stepped back, or in a burst)."""
        return max(0, self._second - self._clock() // 1000)

    def take(self) -> MsgId | None:
        """The next id, or None when the reserved block does not reach that far."""
        with self._lock:
            second = max(self._clock() // 1000, self._second)
            number = self._next if second == self._second else 0
            if number >= self._size:
                second, number = second + 1, 0
            if second > self._last:
                return None
            if second != self._second or not self._stamp:
                self._time = dt.datetime.fromtimestamp(second, CHINA_TIME).replace(tzinfo=None)
                self._stamp = self._time.strftime("%Y%m%d%H%M%S")
            self._second, self._next = second, number + 1
            return MsgId(f"{self.prefix}{self._stamp}{self._base + number:04d}", self._time)

    def reservation(self) -> Job[Block]:
        """The job that reserves the next block. Callers that ask together share one."""
        after = self._last

        def job(tx: Transaction) -> Block:
            shared = self._reserved
            if shared is not None and shared.last > after and self._stored(tx) >= shared.last:
                return shared
            now = self._clock() // 1000
            self._reserved = reserve(tx, self.prefix, self._slot, self._slots, now, after, self._witness)
            return self._reserved

        return job

    def _stored(self, tx: Transaction) -> int:
        found = tx.rows(
            "SELECT high_water FROM msgid_block WHERE institution = ? AND slot = ? AND slots = ?",
            (self.prefix, self._slot, self._slots),
        )
        return int(found[0][0]) if found else 0

    def extend(self, block: Block) -> None:
        """Use ``block`` from now on. Seconds below its end that were skipped are covered by the mark as well."""
        with self._lock:
            if not self._last:
                self._second = block.first
            self._last = max(self._last, block.last)
