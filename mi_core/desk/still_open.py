"""What the journal has open, as rows of the operation log: the log learns of a killed program's calls at the next start only."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import attrs

from mi_core.config import Config
from mi_core.desk.opening import reading, shared_path
from mi_core.journal import AttemptRecord, Reader
from mi_core.journal.owners import probing
from mi_core.journal.states import AttemptState
from mi_core.pipeline.rows_again import end_of, start_of
from mi_core.plugin import OperationEnd, OperationRecord

__all__ = ["still_open"]

MOST: Final = 100_000
_OWNERS: Final = (
    "SELECT epoch, slot FROM owner WHERE epoch IN (SELECT owner_epoch FROM attempt WHERE open = 1)"
)
_LATEST: Final = "SELECT slot, max(epoch) FROM owner GROUP BY slot"


def still_open(config: Config) -> list[OperationRecord]:
    """Newest first. Without an end: its program is at work on it; one that was sent by a program that is gone is in doubt.

    Raises ``ConfigError`` and ``StoreError`` as :func:`mi_core.desk.opening.reading`.
    """
    path = shared_path(config)
    with reading(config) as reader:
        found = reader.unresolved(limit=MOST)
        # a shared journal has no locks to look at: opening it took over what is proven dead
        dead = set[int]() if "://" in path else _dead(reader, Path(path))
    return [_record(one, dead) for one in reversed(found)]


def _dead(reader: Reader, path: Path) -> set[int]:
    """Epochs of open attempts whose program is proven dead: its slot is free, or has a later owner."""
    owners = {int(e): int(s) for e, s in reader.ask(lambda rows, _: rows(_OWNERS, ()))}
    latest = {int(s): int(e) for s, e in reader.ask(lambda rows, _: rows(_LATEST, ()))}
    with probing(path, sorted(set(owners.values()))) as free:
        return {epoch for epoch, slot in owners.items() if slot in free or epoch < latest[slot]}


def _record(attempt: AttemptRecord, dead: set[int]) -> OperationRecord:
    start = start_of(attempt)
    if attempt.state is not AttemptState.SENT:
        return OperationRecord(start, end_of(attempt))
    if attempt.epoch not in dead:
        return OperationRecord(start, None)
    end: OperationEnd = attrs.evolve(end_of(attempt), evidence="owner dead")
    return OperationRecord(start, end)
