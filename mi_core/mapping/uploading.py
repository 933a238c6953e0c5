"""Mappings to the bureau (3301), back from it (3302), and what it has of them (1317), all through the batch upload."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import attrs

from mi_core.catalogues import Catalogue
from mi_core.mapping.book import Book, Entry, State
from mi_core.types import CHINA_TIME
from mi_core.uploads import Dicts, Options, UploadReport, read_results, upload
from mi_core.uploads.running import Caller, Progress

__all__ = ["LAST_DAY", "Compared", "compare", "send", "withdraw"]

MAPPING: Final = "3301"
WITHDRAWAL: Final = "3302"
LAST_DAY: Final = dt.date(2099, 12, 31)
"""``enddate`` (required by 3301) of a mapping without an end of its own."""


async def send(
    client: Caller, book: Book, result: Path, *, begin: dt.date | None = None, end: dt.date = LAST_DAY,
    progress: Progress | None = None,
) -> UploadReport:  # fmt: skip
    """Upload every accepted mapping; what the bureau took is ``uploaded``, what it refused stays accepted with its words.

    ``begin``: of those without a date of their own (default: today in Beijing). ``result``: the result file, a new one.
    """
    entries = [entry async for entry in book.entries("accepted")]
    day = begin or dt.datetime.now(CHINA_TIME).date()
    rows = [_row(entry, day, end) for entry in entries]
    return await _send(client, book, MAPPING, entries, rows, result, "uploaded", progress)


async def withdraw(
    client: Caller, book: Book, ids: Sequence[str], result: Path, *, progress: Progress | None = None
) -> UploadReport:
    """Take mappings back (3302), one call each; only uploaded ones are asked for."""
    known = await book.get(ids)
    entries = [known[key] for key in ids if key in known and known[key].state == "uploaded"]
    rows = [
        {
            "fixmedins_code": book.institution.code, "fixmedins_hilist_id": e.item.id, "list_type": e.item.list_type or _kind(e),
            "med_list_codg": e.code,
        }
        for e in entries
    ]  # fmt: skip
    return await _send(client, book, WITHDRAWAL, entries, rows, result, "withdrawn", progress)


async def _send(
    client: Caller, book: Book, code: str, entries: Sequence[Entry], rows: Sequence[dict[str, Any]], result: Path, after: State,
    progress: Progress | None,
) -> UploadReport:  # fmt: skip
    where = book.institution.code
    report = await upload(
        client,
        code,
        Dicts(rows, f"{code}"),
        result,
        Options(partial=True),
        institution=where,
        progress=progress,
    )
    told: list[tuple[str, State, str, str]] = []
    for found in read_results(result):
        entry = entries[found.number - 1]
        told.append(
            (
                entry.item.id,
                after if found.state == "sent" else entry.state,
                found.msgid,
                "" if found.state == "sent" else found.text,
            )
        )
    await book.uploaded(told)
    return report


def _row(entry: Entry, begin: dt.date, end: dt.date) -> dict[str, Any]:
    """A row of 3301 by the fields of the item."""
    item, f = entry.item, entry.item.fields
    row: dict[str, Any] = {
        "fixmedins_hilist_id": item.id, "fixmedins_hilist_name": item.name, "list_type": item.list_type or _kind(entry),
        "med_list_codg": entry.code, "begndate": item.begin or begin, "enddate": item.end or end,
    }  # fmt: skip
    names = ("aprvno", "dosform", "exct_cont", "item_cont", "prcunt", "spec", "pacspec", "memo")
    return row | {name: f.get(name) for name in names}


def _kind(entry: Entry) -> str | None:
    """The kind of list, where the item has none: that of the entry it is mapped to."""
    return next(
        (str(c["list_type"]) for c in entry.candidates if c["code"] == entry.code and c["list_type"]), None
    )


@attrs.frozen(kw_only=True)
class Compared:
    """Uploaded mappings against the bureau's own list (1317, as synchronised)."""

    agree: int
    differ: tuple[tuple[str, str, str], ...]
    """(item, code here, codes there)."""
    absent: tuple[str, ...]
    """Uploaded here, not there: not synchronised since, not audited yet, or taken away."""


async def compare(book: Book, catalogue: Catalogue) -> Compared:
    """What 1317 says of every uploaded item. Raises ``NotSynchronised`` when it was never fetched."""
    agree, differ, absent = 0, [], []
    async for entry in book.entries("uploaded"):
        there = await catalogue.by_code("institution-match", entry.item.id, withdrawn=False)
        codes = {one.fields.get("med_list_codg", "") for one in there}
        if not codes:
            absent.append(entry.item.id)
        elif entry.code in codes:
            agree += 1
        else:
            differ.append((entry.item.id, entry.code, "、".join(sorted(codes))))
    return Compared(agree=agree, differ=tuple(differ), absent=tuple(absent))
