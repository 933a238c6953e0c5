"""What institutions upload and the bureau keeps as it came: filings, departments, stock, clinical records, lists …

A record belongs to the institution that uploaded it and is found by its kind and its key. It is ``live`` until it is
withdrawn; it may be rewritten meanwhile. Queries that lag behind see neither a later record nor a later state.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs

from mi_plugins.sandbox.bureau.context import Call, from_json, seen_state, to_json
from mi_plugins.sandbox.database import Books
from mi_plugins.sandbox.head import AREA
from mi_plugins.sandbox.sums import plain_name

__all__ = [
    "Record",
    "find",
    "issue_number",
    "keep",
    "live",
    "live_anywhere",
    "look_up",
    "of_kinds",
    "rewrite",
    "rows_of",
    "view",
    "withdraw",
]


@attrs.frozen
class Record:
    """One kept record."""

    number: int
    rid: str
    """The bureau's number of it."""
    kind: str
    institution: str
    psn_no: str | None
    setl_id: str | None
    content: Mapping[str, Any]
    infno: str
    msgid: str
    opter: str
    opter_name: str
    at: str
    updated: str


def _read(row: sqlite3.Row) -> Record:
    names = (field.name for field in attrs.fields(Record))
    return Record(**{name: from_json(row[name]) if name == "content" else row[name] for name in names})


def _key(key: Sequence[object]) -> str:
    return to_json([None if part in (None, "") else str(part) for part in key])


def issue_number(books: Books, letter: str = "R") -> str:
    """A new number of the bureau: area, a letter, 12 digits."""
    return f"{AREA}{letter}{books.next_number('record'):012d}"


def keep(
    books: Books, call: Call, kind: str, key: Sequence[object], content: Mapping[str, Any], *, number_as: str = ""
) -> Record:  # fmt: skip
    """A new live record. ``number_as``: the field of the content that holds the bureau's number of it."""
    rid = issue_number(books)
    said = dict(content) | ({number_as: rid} if number_as else {})
    plain = {plain_name(name): value for name, value in said.items() if isinstance(value, str) and value}
    books.enter("record", {
        "rid": rid, "kind": kind, "institution": call.institution.code, "key": _key(key), "psn_no": plain.get("psnno"),
        "setl_id": plain.get("setlid"), "content": to_json(said), "state": "live", "infno": call.infno, "msgid": call.msgid,
        "opter": call.opter, "opter_name": call.opter_name, "at": call.time, "updated": call.time, "entered": call.stamp,
        "changed": call.stamp, "state_before": "live",
    })  # fmt: skip
    row = books.one("SELECT * FROM record WHERE rid = ?", rid)
    assert row is not None
    return _read(row)


def live(books: Books, call: Call, kind: str, key: Sequence[object]) -> Record | None:
    """This institution's live record of that key."""
    row = books.one(
        "SELECT * FROM record WHERE kind = ? AND institution = ? AND key = ? AND state = 'live'",
        kind,
        call.institution.code,
        _key(key),
    )
    return None if row is None else _read(row)


def live_anywhere(books: Books, kind: str, key: Sequence[object]) -> Record | None:
    """The live record of that key, whichever institution's: for what exists once in the country."""
    row = books.one("SELECT * FROM record WHERE kind = ? AND key = ? AND state = 'live'", kind, _key(key))
    return None if row is None else _read(row)


def look_up(books: Books, call: Call, kind: str, rid: str) -> Record | None:
    """This institution's live record of that number."""
    row = books.one(
        "SELECT * FROM record WHERE kind = ? AND institution = ? AND rid = ? AND state = 'live'",
        kind,
        call.institution.code,
        rid,
    )
    return None if row is None else _read(row)


def find(
    books: Books, call: Call, kinds: Iterable[str], *, psn_no: str = "", setl_id: str = "", own: bool = True
) -> list[Record]:
    """What a query sees of these kinds, oldest first: of this institution, or (``own=False``) of all."""
    wanted = tuple(kinds)
    marks = ",".join("?" * len(wanted))
    rows = books.all(
        f"SELECT * FROM record WHERE kind IN ({marks}) AND entered <= ? AND (? = '' OR psn_no = ?)"  # noqa: S608  # marks only
        " AND (? = '' OR setl_id = ?) AND (? OR institution = ?) ORDER BY number",
        *wanted, call.horizon, psn_no, psn_no, setl_id, setl_id, not own, call.institution.code,
    )  # fmt: skip
    return [_read(row) for row in rows if seen_state(call, row) == "live"]


def of_kinds(books: Books, kinds: Sequence[str]) -> list[Record]:
    """The live records of these kinds, of all institutions, oldest first."""
    marks = ",".join("?" * len(kinds))
    rows = books.all(
        f"SELECT * FROM record WHERE kind IN ({marks}) AND state = 'live' ORDER BY number",  # noqa: S608  # marks only
        *kinds,
    )
    return [_read(row) for row in rows]


def withdraw(books: Books, call: Call, record: Record) -> None:
    """The record counts no longer."""
    books.run(
        "UPDATE record SET state_before = state, state = 'withdrawn', changed = ?, updated = ? WHERE number = ?",
        call.stamp,
        call.time,
        record.number,
    )


def rewrite(books: Books, call: Call, record: Record, changes: Mapping[str, Any]) -> None:
    """Other content for a live record; what ``changes`` does not name stays."""
    books.run(
        "UPDATE record SET content = ?, updated = ? WHERE number = ?",
        to_json({**record.content, **changes}),
        call.time,
        record.number,
    )


def rows_of(content: Any, path: str) -> list[Mapping[str, Any]]:
    """The rows at a dotted path of an ``input``; a single object is one row, ``""`` the input itself."""
    rows: list[Any] = [content]
    for name in filter(None, path.split(".")):
        rows = [one for row in rows for one in _listed(row.get(name))]
    return rows


def _listed(value: Any) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]


def view(books: Books, record: Record) -> dict[str, Any]:
    """All that can be told of a record, by plain name: its content, who it is about, who entered it and when."""
    told: dict[str, Any] = {
        "rid": record.rid, "valiflag": "1", "crterid": record.opter[:20], "crtername": record.opter_name, "crtetime": record.at,
        "opterid": record.opter[:20], "optername": record.opter_name, "opttime": record.at, "updttime": record.updated,
        "optinsno": AREA, "crteoptinsno": AREA, "poolareano": AREA, "fixblngadmdvs": AREA, "fixmedinscode": record.institution,
    }  # fmt: skip
    told |= {"fixmedinsname": books.institutions[record.institution].name}
    if record.psn_no:
        told |= _person(books, record.psn_no)
    return told | {
        plain_name(name): value for name, value in record.content.items() if value not in (None, "")
    }


def _person(books: Books, psn_no: str) -> dict[str, Any]:
    person = books.one("SELECT * FROM person WHERE psn_no = ?", psn_no)
    if person is None:
        return {}
    return {
        "psnno": psn_no, "psnname": person["name"], "psncerttype": "01", "certno": person["certno"], "gend": person["gend"],
        "brdy": person["brdy"], "tel": person["tel"],
    }  # fmt: skip
