"""Message ids of a journal: durable before they are used, one allocator for each institution."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Protocol, TypeVar

from mi_core.journal.msgids import MsgId, MsgidAllocator, Witness
from mi_core.journal.transaction import Job

__all__ = ["Held", "MessageIds"]

T = TypeVar("T")


class Held(Protocol):
    """A worker slot: by a lock of the operating system (:class:`mi_core.journal.owners.Slot`) or by a lease."""

    number: int

    @property
    def mine(self) -> bool:
        """False after release and in a forked child."""

    def release(self) -> None:
        """Twice does no harm."""


class MessageIds(ABC):
    """The part of a journal that gives ids; the journal runs the reservations."""

    def __init__(self, slot: Held, slots: int, clock: Callable[[], int], witness: Witness) -> None:
        self._slot, self._slots, self._clock, self._witness = slot, slots, clock, witness
        self._allocators: dict[str, MsgidAllocator] = {}
        self._guard = threading.Lock()

    async def msgid(self, institution: str) -> MsgId:
        """A message id that is durable: never given before and never again."""
        self._check()
        allocator = self._allocator(institution)
        while (found := allocator.take()) is None:
            allocator.extend(await self._run(allocator.reservation()))
        return found

    def msgid_at_hand(self, institution: str) -> MsgId | None:
        """:meth:`msgid` out of the block that is reserved already; ``None``: one has to be."""
        self._check()
        return self._allocator(institution).take()

    def msgid_now(self, institution: str) -> MsgId:
        """:meth:`msgid` for threads."""
        self._check()
        allocator = self._allocator(institution)
        while (found := allocator.take()) is None:
            allocator.extend(self.wait(allocator.reservation()))
        return found

    @abstractmethod
    def wait(self, job: Job[T]) -> T:
        """Run a job from a thread."""

    @abstractmethod
    async def _run(self, job: Job[T]) -> T:
        """Run a job from a coroutine."""

    @abstractmethod
    def _check(self) -> None:
        """Raises :class:`mi_core.errors.StoreError` when the journal is not this process's."""

    def _allocator(self, institution: str) -> MsgidAllocator:
        found = self._allocators.get(institution)
        if found is None:
            with self._guard:
                found = self._allocators.setdefault(
                    institution,
                    MsgidAllocator(institution, self._slot.number, self._slots, self._clock, self._witness),
                )
        return found
