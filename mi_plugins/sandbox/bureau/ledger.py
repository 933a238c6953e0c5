"""What the centre says it has, for reconciliation: the settlements, as disagreements that were switched on present them.

A settlement's refund flag is the one of 5203: 1 for a refund and, from then on, for what it refunded. So of a refund
flag 1 has both sides, which add up to nothing. What 2601 reversed is not there any more.

Disagreements (control endpoint) change what 3201, 3202 and partly 5203 tell, never the books:

================  ==========================================================================================
missing_there     the centre does not know the settlement (5203 does not find it either)
missing_here      the centre has one more settlement, with a message id of this institution (or the given one)
foreign_msgid     the centre has one more settlement, with a message id of another sender
amount_differs    the centre's total and fund amount are higher by ``amount`` cents
refund_pair       the centre has refunded the settlement: flag 1 (5203 too), and its refund, unknown to the institution
blank_setl_id     3202 leaves ``setl_id`` and ``mdtrt_id`` empty, as for several records of one business
================  ==========================================================================================

Without being told, 3202 leaves them empty where the books really have several live settlements of one business: of the
same visit and batch, the same final settlement of a stay, or the same message.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from typing import Final

import attrs

from mi_plugins.sandbox.bureau.context import Call, seen_state
from mi_plugins.sandbox.database import Books
from mi_plugins.sandbox.head import AREA

__all__ = ["DISAGREEMENTS", "Record", "records", "shown_flag", "withheld"]

DISAGREEMENTS: Final = (
    "missing_there", "missing_here", "foreign_msgid", "amount_differs", "refund_pair", "blank_setl_id",
)  # fmt: skip
FOREIGN_SENDER: Final = "X99999999999"


@attrs.frozen
class Record:
    """One settlement or refund of the centre; amounts in cents, refunds negative."""

    setl_id: str
    mdtrt_id: str
    psn_no: str
    insutype: str
    clr_type: str
    setl_optins: str
    msgid: str
    flag: str
    """``refd_setl_flag``."""
    day: str
    """``yyyy-MM-dd`` of the centre's ``setl_time``."""
    total: int
    fund: int
    account: int
    cash: int
    business: str = ""
    """What was settled; several live records of one business are a disagreement. ``""`` for refunded ones."""
    several: bool = False


def records(books: Books, call: Call, first: str, last: str) -> list[Record]:
    """The institution's records with ``setl_time`` from ``first`` to ``last`` (days, both included), in order of time."""
    rows = books.all(
        "SELECT * FROM settlement WHERE institution = ? AND entered <= ? AND setl_time BETWEEN ? AND ? ORDER BY setl_time, setl_id",
        call.institution.code, call.horizon, f"{first} 00:00:00", f"{last} 23:59:59",
    )  # fmt: skip
    found = [_record(call, row) for row in rows if seen_state(call, row) != "reversed"]
    counted = Counter(one.business for one in found if one.business)
    found = [attrs.evolve(one, several=counted[one.business] > 1) for one in found]
    return _disagree(books, call, found, first, last)


def shown_flag(books: Books, call: Call, row: sqlite3.Row) -> str:
    """``refd_setl_flag`` of a settlement's row for 5203, with the disagreement ``refund_pair``."""
    return "1" if _told(books, row, "refund_pair") else _flag(call, row)


def withheld(books: Books, row: sqlite3.Row) -> bool:
    """Whether the centre is told to deny this settlement."""
    return _told(books, row, "missing_there")


def _told(books: Books, row: sqlite3.Row, kind: str) -> bool:
    return (
        books.one("SELECT 1 FROM disagreement WHERE kind = ? AND setl_id = ?", kind, row["setl_id"])
        is not None
    )


def _flag(call: Call, row: sqlite3.Row) -> str:
    return "1" if row["kind"] == "refund" or seen_state(call, row) == "refunded" else "0"


def _record(call: Call, row: sqlite3.Row) -> Record:
    flag = _flag(call, row)
    return Record(
        setl_id=row["setl_id"], mdtrt_id=row["mdtrt_id"], psn_no=row["psn_no"], insutype=row["insutype"], clr_type=row["clr_type"],
        setl_optins=AREA, msgid=row["msgid"], flag=flag, day=row["setl_time"][:10], total=row["total"], fund=row["fund"],
        account=row["account"], cash=row["cash"], business=_business(row) if flag == "0" else "",
    )  # fmt: skip


def _business(row: sqlite3.Row) -> str:
    if row["chrg_bchno"]:
        return f"{row['mdtrt_id']}|{row['chrg_bchno']}"
    if row["care"] == "inpatient" and not row["mid"]:
        return f"{row['mdtrt_id']}|final"
    return f"message|{row['msgid']}"


def _disagree(books: Books, call: Call, found: list[Record], first: str, last: str) -> list[Record]:
    orders = books.all(
        "SELECT * FROM disagreement WHERE institution = ? ORDER BY number", call.institution.code
    )
    for order in orders:
        target = next((one for one in found if one.setl_id == order["setl_id"]), None)
        if order["kind"] in ("missing_here", "foreign_msgid"):
            added = _added(order, target)
            if first <= added.day <= last:
                found.append(added)
        elif target is not None:
            here = found.index(target)
            found[here : here + 1] = _changed(order, target)
    return found


def _changed(order: sqlite3.Row, target: Record) -> list[Record]:
    kind, amount = order["kind"], order["amount"]
    if kind == "missing_there":
        return []
    if kind == "amount_differs":
        return [attrs.evolve(target, total=target.total + amount, fund=target.fund + amount)]
    if kind == "blank_setl_id":
        return [attrs.evolve(target, several=True)]
    refund = attrs.evolve(
        target, setl_id=_number(order), msgid=_message(FOREIGN_SENDER, order), flag="1", total=-target.total, fund=-target.fund,
        account=-target.account, cash=-target.cash, business="",
    )  # fmt: skip
    return [attrs.evolve(target, flag="1", business=""), refund]


def _added(order: sqlite3.Row, pattern: Record | None) -> Record:
    """A record that the institution lacks: like the given settlement, or a small one of today's."""
    sender = FOREIGN_SENDER if order["kind"] == "foreign_msgid" else order["institution"]
    base = pattern or Record(
        setl_id="", mdtrt_id="", psn_no="9901000000000001", insutype="310", clr_type="11", setl_optins=AREA, msgid="", flag="0",
        day=order["at"][:10], total=1_234, fund=500, account=734, cash=0,
    )  # fmt: skip
    return attrs.evolve(
        base, setl_id=_number(order), mdtrt_id=f"{AREA}D{order['number']:012d}", msgid=order["msgid"] or _message(sender, order),
        flag="0", business="",
    )  # fmt: skip


def _number(order: sqlite3.Row) -> str:
    return f"{AREA}D{order['number']:012d}"


def _message(sender: str, order: sqlite3.Row) -> str:
    digits = "".join(one for one in order["at"] if one.isdigit())
    return f"{sender:12}{digits}{9999 - order['number'] % 1000:04d}"
