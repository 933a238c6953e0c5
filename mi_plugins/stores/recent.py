"""Request bodies of operations under way, so that completing a row need not read and decrypt what was just written."""

from __future__ import annotations

from collections import OrderedDict

import attrs

__all__ = ["Recent"]

_REMEMBERED = 2000
_BYTES = 32 * 1024 * 1024


@attrs.define
class Recent:
    """The newest bodies by operation id; bounded in number and size. What is not here is read from the log."""

    _bodies: OrderedDict[str, bytes] = attrs.field(factory=OrderedDict, init=False, repr=False)
    _size: int = 0

    def keep(self, operation_id: str, body: bytes) -> None:
        """Remember; the oldest are forgotten."""
        self.forget(operation_id)
        self._bodies[operation_id] = body
        self._size += len(body)
        while len(self._bodies) > _REMEMBERED or self._size > _BYTES:
            self._size -= len(self._bodies.popitem(last=False)[1])

    def get(self, operation_id: str) -> bytes | None:
        """The body, if it is still here."""
        return self._bodies.get(operation_id)

    def forget(self, operation_id: str) -> None:
        """The operation has ended."""
        self._size -= len(self._bodies.pop(operation_id, b""))
