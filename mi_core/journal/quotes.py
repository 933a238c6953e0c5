"""Quotes (2206, 2303) of what was not executed: noted here, because another program than the one that quoted may settle.

After NOT_EXECUTED only a newer quote opens the way for a new send (:mod:`mi_core.journal.admission`). Whoever quotes keeps
that in mind for itself; for the others that share the journal it becomes an event of the operation that was not executed. A
quote of any other visit leaves nothing here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import attrs

from mi_core.journal.database import Row
from mi_core.journal.keyring import KeyRing
from mi_core.journal.transaction import Rows, Transaction

if TYPE_CHECKING:
    from mi_core.journal.journal import Journal

__all__ = ["Quote", "note", "quotes_of"]

_KIND: Final = "quoted"
_NOT_EXECUTED: Final = """SELECT a.operation_id, a.interface FROM tombstone t JOIN attempt a ON a.msgid = t.msgid
    WHERE t.institution = ? AND a.state = 'NOT_EXECUTED' AND a.lock_hash = ?"""
"""By the tombstones: there are few, and the visits of what has ended have no index."""


@attrs.frozen
class Quote:
    """A quote that the bureau answered."""

    institution: str
    lock_key: str
    """The visit, as the settlement's own key names it: ``mdtrt_id=…``."""
    interface: str
    """``infno`` of the quote."""
    at: int
    """When it was signed, in milliseconds since 1970."""


def note(journal: Journal, quote: Quote, settles: Callable[[str], bool]) -> int:
    """Note a quote for each operation that waits for it; how many. ``settles``: whether that interface asks for this quote.

    Blocking, for threads. Raises :class:`mi_core.errors.StoreError`; then only who quoted knows.
    """
    found = journal.read.ask(lambda rows, ring: _waiting(rows, ring, quote))
    waiting = [operation for operation, interface in found if settles(interface)]
    if waiting:
        journal.wait(lambda tx: _write(tx, waiting, quote))
    return len(waiting)


def quotes_of(tx: Rows, operation_id: str) -> Mapping[str, int]:
    """By interface, when what was not executed was quoted last."""
    newest: dict[str, int] = {}
    for (data,) in tx.rows(
        "SELECT data FROM event WHERE operation_id = ? AND kind = ?", (operation_id, _KIND)
    ):
        found = json.loads(data)
        newest[found["interface"]] = max(found["at"], newest.get(found["interface"], 0))
    return newest


def _waiting(
    rows: Callable[[str, Sequence[Any]], list[Row]], ring: KeyRing, quote: Quote
) -> list[tuple[str, str]]:
    hashes = ring.digests(f"lock {quote.institution} {quote.lock_key}")
    found = [row for value in hashes for row in rows(_NOT_EXECUTED, (quote.institution, value))]
    return list(dict.fromkeys((str(operation), str(interface)) for operation, interface in found))


def _write(tx: Transaction, operations: Sequence[str], quote: Quote) -> None:
    for operation in operations:
        tx.event(_KIND, operation, data=json.dumps({"interface": quote.interface, "at": quote.at}))
