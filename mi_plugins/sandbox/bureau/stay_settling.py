"""2303 quote and 2304 settlement of a stay, mid-stay (``mid_setl_flag`` 1) or final (0): all fees not settled yet.

A mid-stay settlement is made in hospital, any number of times; the final one after discharge (2402), once. 2303 takes
a final quote before discharge too.
"""

from __future__ import annotations

import sqlite3

from mi_plugins.sandbox.bureau.context import Call, Output, visit_of
from mi_plugins.sandbox.bureau.fees import stay_split
from mi_plugins.sandbox.bureau.posting import post, preview
from mi_plugins.sandbox.bureau.reckoning import Reckoning, check_amounts, check_total, identify, reckon
from mi_plugins.sandbox.bureau.stays import is_finally_settled
from mi_plugins.sandbox.database import Books
from mi_plugins.sandbox.refusal import BureauRefusal
from mi_plugins.sandbox.reimbursement import Split

__all__ = ["quote_stay", "settle_stay"]


def quote_stay(books: Books, call: Call) -> Output:
    """2303: what 2304 would pay."""
    visit = _stay(books, call)
    split, _ = _open_fees(books, call, visit)
    return preview(call, _reckon(books, call, visit, split), visit["mdtrt_id"])


def settle_stay(books: Books, call: Call) -> Output:
    """2304: settle; the four amounts, where they are sent, must be those of the fees."""
    data, visit = call.data, _stay(books, call)
    mid = data["mid_setl_flag"] == "1"
    if mid and visit["state"] != "open":
        raise BureauRefusal("该次住院已办理出院，不能再做中途结算")
    if not mid and visit["state"] != "discharged":
        raise BureauRefusal("该次住院尚未办理出院，不能做出院结算")
    split, settled_as = _open_fees(books, call, visit)
    found = _reckon(books, call, visit, split)
    check_amounts(data, split)
    reply = post(books, call, found, visit["mdtrt_id"], mid=mid, invoice=data.get("invono"))
    books.run(
        "UPDATE fee SET setl_id = ? WHERE mdtrt_id = ? AND setl_id IS ?",
        reply["setlinfo"]["setl_id"],
        visit["mdtrt_id"],
        settled_as,
    )
    return reply


def _stay(books: Books, call: Call) -> sqlite3.Row:
    data = call.data
    visit = visit_of(books, call, data["mdtrt_id"], data["psn_no"], "inpatient")
    if visit["insutype"] != data["insutype"]:
        raise BureauRefusal("结算险种与入院登记的险种不同")
    if data["insuplc_admdvs"] != visit["area"]:
        raise BureauRefusal("入参参保地[insuplc_admdvs]与入院登记不同")
    if is_finally_settled(books, visit["mdtrt_id"]) and not call.allow_repeats:
        raise BureauRefusal("该次住院已完成出院结算，请勿重复办理")
    return visit


def _open_fees(books: Books, call: Call, visit: sqlite3.Row) -> tuple[Split, str | None]:
    """The fees to settle. Where repeats are taken and nothing is open, those of the last live settlement once more."""
    split = stay_split(books, visit["mdtrt_id"], None)
    if split is not None:
        return split, None
    last = books.one(
        "SELECT max(setl_id) AS setl_id FROM settlement WHERE mdtrt_id = ? AND kind = 'settlement' AND state = 'settled'",
        visit["mdtrt_id"],
    )
    if call.allow_repeats and last is not None and last["setl_id"] is not None:
        split = stay_split(books, visit["mdtrt_id"], last["setl_id"])
        if split is not None:
            return split, str(last["setl_id"])
    raise BureauRefusal("该次住院没有待结算的费用明细")


def _reckon(books: Books, call: Call, visit: sqlite3.Row, split: Split) -> Reckoning:
    claimant = identify(books, call, call.data)
    check_total(call.data, split)
    return reckon(books, call, claimant, split, call.data, med_type=visit["med_type"], stay=visit["mdtrt_id"])
