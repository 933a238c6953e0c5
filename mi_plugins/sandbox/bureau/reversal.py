"""2601: undo what a message did, as if it had not been. Repeating it succeeds and changes nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from typing import Final

from mi_plugins.sandbox.bureau.context import Call, Output, move_visit, person_of
from mi_plugins.sandbox.bureau.posting import mark_settlement, restore
from mi_plugins.sandbox.bureau.refunds import check_order
from mi_plugins.sandbox.bureau.visits import has_fees, is_settled
from mi_plugins.sandbox.database import Books
from mi_plugins.sandbox.refusal import BureauRefusal

__all__ = ["REVERSIBLE", "reverse"]


def reverse(books: Books, call: Call) -> Output:
    """2601 for 2102, 2207, 2304 and 2401 of this institution and person. What the message did twice is undone twice."""
    asked = call.data
    undo = REVERSIBLE.get(asked["oinfno"])
    if undo is None:
        raise BureauRefusal(f"交易{asked['oinfno']}不支持冲正")
    person_of(books, asked["psn_no"])
    done = books.all(
        "SELECT * FROM execution WHERE msgid = ? AND infno = ? AND institution = ? AND psn_no = ? ORDER BY number DESC",
        asked["omsgid"], asked["oinfno"], call.institution.code, asked["psn_no"],
    )  # fmt: skip
    if not done:
        raise BureauRefusal("未检索到与原报文对应的业务，无可冲正内容")
    for execution in done:
        if execution["state"] == "done":
            undo(books, call, execution)
            books.run("UPDATE execution SET state = 'reversed' WHERE number = ?", execution["number"])
    return None


def _undo_settlement(books: Books, call: Call, execution: sqlite3.Row) -> None:
    row = books.one("SELECT * FROM settlement WHERE setl_id = ?", execution["setl_id"])
    assert row is not None
    if row["state"] == "refunded":
        raise BureauRefusal("原结算已办理撤销，不能再冲正")
    if row["care"] == "inpatient":
        check_order(books, row)
    restore(books, row)
    mark_settlement(books, call, row, "reversed")


def _undo_purchase(books: Books, call: Call, execution: sqlite3.Row) -> None:
    """The purchase leaves no visit behind either."""
    _undo_settlement(books, call, execution)
    move_visit(books, call, execution["mdtrt_id"], "cancelled")


def _undo_admission(books: Books, call: Call, execution: sqlite3.Row) -> None:
    visit = books.one("SELECT * FROM visit WHERE mdtrt_id = ?", execution["mdtrt_id"])
    assert visit is not None
    if visit["state"] == "cancelled":
        raise BureauRefusal("原入院登记已办理撤销，不能再冲正")
    if visit["state"] == "discharged":
        raise BureauRefusal("原入院登记已办理出院，不能冲正")
    if has_fees(books, visit["mdtrt_id"]) or is_settled(books, visit["mdtrt_id"]):
        raise BureauRefusal("原入院登记下已有费用或结算，不能冲正")
    move_visit(books, call, visit["mdtrt_id"], "cancelled")


REVERSIBLE: Final[Mapping[str, Callable[[Books, Call, sqlite3.Row], None]]] = {
    "2102": _undo_purchase,
    "2207": _undo_settlement,
    "2304": _undo_settlement,
    "2401": _undo_admission,
}
