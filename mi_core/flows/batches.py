"""Rows in as few messages as the limits allow: how many rows, and how many characters of ``input``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, Final

from mi_core.config import Institution
from mi_core.flows.messages import Fields, message
from mi_core.model import Request
from mi_core.model.fields import Node

__all__ = ["MOST_ROWS", "positives_first", "uploads"]

MOST_ROWS: Final = 100
"""Rows of 2204 and 2301 that gateways take (seen in the field; no table says it). A document's own limit wins."""
_AROUND: Final = 200
"""Characters kept free for what stands around the rows."""


def positives_first(rows: Sequence[Fields], amount: str) -> list[Fields]:
    """Charges before returns, which name a charge; otherwise in the caller's order."""
    return sorted(rows, key=lambda row: Decimal(str(row[amount])) < 0)


def uploads(
    institution: Institution, code: str, list_node: str, rows: Sequence[Fields]
) -> Iterator[Request[Any]]:
    """Requests of interface ``code`` with the rows in order. Raises ``InvalidInput`` for a row that is wrong."""
    interface = institution.interface(code)
    most = next(
        (m.most for m in interface.request.__members__ if isinstance(m, Node) and m.many and m.most),
        MOST_ROWS,
    )
    whole = message(institution, code, {}, rows={list_node: rows})  # all problems of all rows at once
    if len(rows) <= most and _size(whole) <= interface.behaviour.input_limit:
        yield whole
        return
    sizes = [_size(message(institution, code, {}, rows={list_node: [row]})) for row in rows]
    room = interface.behaviour.input_limit - _AROUND
    start, used = 0, 0
    for place, size in enumerate(sizes):
        if place > start and (place - start >= most or used + size > room):
            yield message(institution, code, {}, rows={list_node: rows[start:place]})
            start, used = place, 0
        used += size
    yield message(institution, code, {}, rows={list_node: rows[start:]})


def _size(request: Request[Any]) -> int:
    """Characters of the compact ``input``."""
    return len(request.__interface__.encode_input(request).decode())
