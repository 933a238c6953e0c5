"""The journal of several hosts, as the pipeline sees it: the same methods as the local one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self, TypeVar

from mi_core.journal.exposure import ExposureLimit
from mi_core.journal.journal import Journal
from mi_core.journal.keyring import KeyRing
from mi_core.journal.msgids import Witness
from mi_core.journal.records import Alarm, BeforeSend, Intent, Stored, Takeover, Ticket
from mi_core.journal.shared import owning, session
from mi_core.journal.shared.address import Address
from mi_core.journal.shared.incarnation import Incarnation
from mi_core.journal.shared.lease import Lease, since_boot
from mi_core.journal.shared.link import Link
from mi_core.journal.shared.owning import Grace
from mi_core.journal.shared.reading import SharedReader
from mi_core.journal.shared.trouble import lease_lost
from mi_core.journal.shared.writer import SharedWriter
from mi_core.journal.transaction import Rows

__all__ = ["SharedJournal", "milliseconds"]

T = TypeVar("T")


def milliseconds() -> int:
    """The clock of message ids and fences."""
    return time.time_ns() // 1_000_000


class SharedJournal(Journal):
    """One worker's hold on a journal in a database server. Open with :meth:`connect`; close when the program ends.

    :attr:`epoch` changes when the lease was lost and taken anew: read it each time. Everything that the old epoch had
    unresolved is adopted by the next :meth:`take_over`, of whichever worker comes first.
    """

    _asks: Rows
    _lease: Lease
    _grace: Grace
    _server_now: Callable[[], str]

    @classmethod
    def connect(
        cls, url: str, ring: KeyRing, *, slots: int = 10, clock: Callable[[], int] = milliseconds,
        limit: ExposureLimit | None = None, on_alarm: Callable[[Alarm], None] | None = None, lease: float = 30.0,
        grace: float = 60.0, fence: Callable[[str], int | None] | None = None, witness: Path | None = None,
        tail: int = 200, slot_wait: float = 10.0, lease_clock: tuple[Callable[[], int], Callable[[], float]] | None = None,
    ) -> Self:  # fmt: skip
        """Connect, check that the server is durable, migrate, take a slot, verify its chain's tail, take over from the dead.

        ``lease`` (seconds): without a heartbeat for so long a worker counts as gone; then its slot is free, and what it
        had sent is taken over ``grace`` seconds after its deadline, and not before ``signed_at`` plus ``fence(institution)``
        milliseconds. ``witness``: a local file that keeps the message-id marks too. ``lease_clock`` is for tests: the
        server's clock (ms) and the process's (s). Raises :class:`StoreError` or :class:`ConfigError`.
        """
        address = Address.read(url)
        if not 0 < slots <= 100 or lease <= 0 or grace < 0:
            raise ValueError("slots are 1 to 100, a lease is positive, a grace is not negative")
        hold = Lease(lease, since_boot if lease_clock is None else lease_clock[1])
        link = Link(address, "READ COMMITTED", session.writing)
        expression = link.dialect.now
        server = None if lease_clock is None else lease_clock[0]
        now = (lambda: expression) if server is None else (lambda: str(int(server())))
        standing = Incarnation(ring, hold, slots=slots, clock=clock, now=now, tail=tail)
        writer = SharedWriter(link, standing, clock=clock, on_alarm=on_alarm, slot_wait=slot_wait)
        reader: SharedReader | None = None
        try:
            writer.opened.result()
            reader = SharedReader(address, ring)
            journal = cls(
                Path(), ring, hold, slots, writer, reader, hold.epoch, clock=clock, limit=limit or ExposureLimit(),
                witness=Witness(witness), database=writer.nowhere,
            )  # fmt: skip
            journal._lease, journal._server_now, journal._asks = hold, now, reader.asks
            journal._grace = Grace(int(grace * 1000), fence or Grace().fence)
            standing.entered_with = journal._entered
            journal.epoch = hold.epoch
            journal.taken_over = journal.take_over()
        except BaseException:
            writer.close()
            if reader is not None:
                reader.close()
            hold.release()
            raise
        return journal

    def close(self) -> None:
        """Finish what is queued and give slot and lease back. What is unresolved may be taken over at once."""
        self._writer.close(lambda tx: owning.end_owner(tx, self.epoch, self._server_now()))
        self.read.close()
        self._lease.release()

    def holds(self, ticket: Ticket) -> bool:
        """Whether it may (still) be sent: our lease has not run out, so nobody has taken it over. Ask right before."""
        return self._lease.covers(ticket.epoch)

    async def begin(self, intent: Intent, before: BeforeSend) -> Ticket | Stored:
        """See :meth:`Journal.begin`. Refused with :class:`StoreError` too when the lease ran out meanwhile."""
        result = await super().begin(intent, before)
        if isinstance(result, Ticket) and not self.holds(result):
            self._unsent(result)
            raise lease_lost()
        return result

    def take_over(self) -> Takeover:
        """Take over from workers of any host whose lease is over (see :meth:`connect`); also from our own past epochs."""
        return self.wait(lambda tx: owning.take_over(tx, self.epoch, self._grace, self._server_now()))

    async def _ask(self, question: Callable[[Rows], T]) -> T:
        """On a connection of its own: neither the loop nor the writer waits for it."""
        self._check()
        return await asyncio.to_thread(question, self._asks)

    def _entered(self, slot: int, epoch: int) -> None:
        """A new incarnation, told by the writer's thread."""
        self.epoch = epoch
        with self._guard:
            self._allocators.clear()
