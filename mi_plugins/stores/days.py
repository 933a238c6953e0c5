"""What a row of the log adds to the statistics of its day: counted in the transaction that completes the row.

The statistics are therefore never behind the log and never ahead of it, whatever is killed when. A row of
``operation_log_days`` is one day, institution, interface and status; ``durations`` counts its calls by class of duration,
one little-endian 32-bit number per class.
"""

from __future__ import annotations

import datetime as dt
import sys
from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import attrs

__all__ = ["AMOUNTS", "NUMBERS", "Changes", "amounts_of", "classes_of"]

AMOUNTS = {"medfee_sumamt": "medfee_fen", "fund_pay_sumamt": "fund_pay_fen", "psn_part_amt": "psn_part_fen"}
"""Amounts of a settlement -> their columns in ``operation_log_days``, in fen."""
NUMBERS = ("number", "total_ms", "settlements", *AMOUNTS.values())

_KEYS = ("operation_day", "institution_code", "api_code", "status")
_NO_SETTLEMENT = (0,) * 4


@attrs.define
class _Sum:
    numbers: list[int] = attrs.field(factory=lambda: [0] * len(NUMBERS))
    classes: Counter[int] = attrs.field(factory=Counter)


@attrs.define
class Changes:
    """Sums to be added to rows of ``operation_log_days``."""

    _sums: dict[tuple[str, ...], _Sum] = attrs.field(factory=dict, init=False)

    def ended(
        self,
        row: Mapping[str, Any],
        status: str,
        ms: int,
        duration: int,
        settled: Sequence[int] = _NO_SETTLEMENT,
    ) -> None:
        """A row that was open ends. ``row``: its columns until now; one that was in doubt is counted there no longer."""
        begun = row["operation_time"]
        day = begun.date().isoformat() if isinstance(begun, dt.datetime) else begun[:10]
        place = (day, row["institution_code"], row["api_code"])
        if row["status"] != "pending" and row["duration_class"] is not None:
            self.add(
                (*place, row["status"]), row["duration_class"], (-1, -row["duration_ms"], *_NO_SETTLEMENT)
            )
        self.add((*place, status), duration, (1, ms, *settled))

    def add(self, place: tuple[str, ...], duration: int, numbers: Sequence[int]) -> None:
        """Add :data:`NUMBERS` of calls in one class of duration; ``place``: day, institution, interface, status."""
        found = self._sums.get(place)
        if found is None:
            found = self._sums[place] = _Sum()
        found.numbers = [a + b for a, b in zip(found.numbers, numbers, strict=True)]
        found.classes[duration] += numbers[0]

    def day_keys(self) -> list[str]:
        """The rows that change, in order: two writers never wait for each other crosswise."""
        return sorted(" ".join(place) for place in self._sums)

    def rows(self, old: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
        """All columns of these rows, in order; ``old``: the rows that are there, by ``day_key``."""
        out = []
        for place in sorted(self._sums, key=" ".join):
            key, new = " ".join(place), self._sums[place]
            was = old.get(key)
            numbers = [
                n + (int(was[name]) if was else 0) for name, n in zip(NUMBERS, new.numbers, strict=True)
            ]
            out.append({
                "day_key": key, **dict(zip(_KEYS, place, strict=True)), **dict(zip(NUMBERS, numbers, strict=True)),
                "durations": _packed(bytes(was["durations"]) if was else b"", new.classes),
            })  # fmt: skip
        return out


def amounts_of(made: tuple[str, Mapping[str, Any]] | None) -> tuple[int, ...]:
    """Of a business row just made: 1 and its amounts in fen if it is a completed settlement, else nothing."""
    if made is None or made[0] != "settlement_business":
        return _NO_SETTLEMENT
    row = made[1]
    if row["settlement_subtype"] != "settlement" or row["settlement_status"] != "completed":
        return _NO_SETTLEMENT
    return 1, *(int(row[name] * 100) if isinstance(row[name], Decimal) else 0 for name in AMOUNTS)


def classes_of(durations: bytes) -> array[int]:
    """Calls by class of duration; the index is the class."""
    counts = array("I", durations)
    if sys.byteorder == "big":
        counts.byteswap()
    return counts


def _packed(old: bytes, classes: Mapping[int, int]) -> bytes:
    counts = classes_of(old)
    longest = max(classes, default=-1)
    if longest >= len(counts):
        counts.extend([0] * (longest + 1 - len(counts)))
    for duration, number in classes.items():
        counts[duration] = max(0, counts[duration] + number)
    if sys.byteorder == "big":
        counts.byteswap()
    return counts.tobytes()
