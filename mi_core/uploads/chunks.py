"""Rows packed into messages: as many as fit by number and by the characters that ``input`` may have, in their order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mi_core.uploads.checking import Row

__all__ = ["packed"]


def packed(rows: Iterable[Row], *, most: int, limit: int, frame: int) -> Iterator[list[Row]]:
    """Lists of at most ``most`` rows whose message has at most ``limit`` characters; a list never mixes visits.

    ``frame``: characters around the rows. A row that is too large alone comes alone (its check has refused it before).
    """
    together: list[Row] = []
    size = frame
    for row in rows:
        more = row.size + (1 if together else 0)  # the comma
        if together and (len(together) >= most or size + more > limit or row.lock != together[0].lock):
            yield together
            together, size, more = [], frame, row.size
        together.append(row)
        size += more
    if together:
        yield together
