"""Stock: inventory, changes, purchases, sales and both kinds of returns (3501–3507), their queries (3508–3513), 3592B.

A balance is kept for each item and batch (:mod:`stock_balance`): 3508 tells it, and sales, returns and changes are held
against it. A batch returns at most what it bought or sold. A trace code is sold once (:mod:`trace_codes`). 3507 deletes all
records of a batch of the kind it names, and the balance is counted again. The queries tell what was uploaded; they ask for
the institution's own code and for an item or a batch. The batch forms (3502A …) tell each row's fault by itself.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from mi_plugins.sandbox.bureau.context import Call, Output
from mi_plugins.sandbox.bureau.desk import Desk
from mi_plugins.sandbox.bureau.record_rules import After, Check, Query, Upload, unchecked
from mi_plugins.sandbox.bureau.records import Record, find, keep, live, rows_of, withdraw
from mi_plugins.sandbox.bureau.stock_balance import (
    BATCH,
    STOCK,
    check_stock,
    move_stock,
    recount,
    standing_of,
)
from mi_plugins.sandbox.bureau.trace_codes import TRACE_OUT, check_sold_codes, codes_of
from mi_plugins.sandbox.database import Books
from mi_plugins.sandbox.refusal import BureauRefusal

__all__ = ["DESKS"]

_NAMES: Final = {"medinslistcodg": "fixmedinshilistid", "medinslistname": "fixmedinshilistname"}
_DELETED: Final = {
    "1": ("inventory", "trace in"), "2": ("change",), "3": ("purchase", "purchase return"), "4": ("sale", "sale return", "trace out"),
}  # fmt: skip
_NO_KEY: Final = ()
"""Several records of one batch: each upload is one more."""
_STOCKTAKING: Final = (*BATCH, "invdate")
"""A batch is counted once a day."""


def _returned(call: Call, there: Decimal, quantity: str) -> None:
    if Decimal(quantity) > there and not call.allow_repeats:
        raise BureauRefusal(f"退货数量大于该批次已登记且未退的数量{there:f}")


def _check_purchase_return(books: Books, call: Call, row: Mapping[str, Any]) -> None:
    _returned(call, standing_of(books, call, row).bought, row["purc_retn_cnt"])


def _check_sale_return(books: Books, call: Call, row: Mapping[str, Any]) -> None:
    _returned(call, standing_of(books, call, row).sold, row["sel_retn_cnt"])
    for code in codes_of(row):
        if live(books, call, TRACE_OUT, (code,)) is None:
            raise BureauRefusal(f"药品追溯码{code}没有销售记录，不能退货")


def _check_sale(books: Books, call: Call, row: Mapping[str, Any]) -> None:
    if row.get("trdn_flag") != "1" and not call.allow_repeats:
        check_sold_codes(books, call, codes_of(row))


def _trace_in(books: Books, call: Call, record: Record) -> None:
    for code in codes_of(record.content):
        if live(books, call, "trace in", (code,)) is None:
            keep(books, call, "trace in", (code,), {**record.content, "drug_trac_codg": code})


def _trace_out(books: Books, call: Call, record: Record) -> None:
    for code in codes_of(record.content):
        keep(
            books,
            call,
            TRACE_OUT,
            (code,),
            {**record.content, "drug_trac_codg": code, "bkkp_sn": record.rid},
        )


def _trace_back(books: Books, call: Call, record: Record) -> None:
    for code in codes_of(record.content):
        sold = live(books, call, TRACE_OUT, (code,))
        if sold is not None:
            withdraw(books, call, sold)


def _delete(books: Books, call: Call, row: Mapping[str, Any]) -> None:
    found = [
        one
        for one in find(books, call, _DELETED[row["inv_data_type"]])
        if one.content.get("fixmedins_bchno") == row["fixmedins_bchno"]
    ]
    if not found:
        raise BureauRefusal(f"批次{row['fixmedins_bchno']}没有该类型的进销存数据")
    for one in found:
        withdraw(books, call, one)
    recount(books, call, found)


def _delete_one(books: Books, call: Call) -> Output:
    """3507."""
    _delete(books, call, call.data)
    return None


def _delete_many(books: Books, call: Call) -> Output:
    """3507A: what could not be deleted is told."""
    wrong = []
    for row in rows_of(call.input, "goodDetail"):
        try:
            _delete(books, call, row)
        except BureauRefusal as refusal:
            wrong.append({**row, "retRslt": "0", "msgRslt": str(refusal)})
    return {"goodErrDetail": wrong}


def _virtual_code(books: Books, call: Call) -> Output:
    """3592B: a code for a package that has none; the same for the same item and batch."""
    said = call.data
    key = [said[name] for name in BATCH]
    there = live(books, call, "virtual code", key)
    if there is None:
        code = f"99{zlib.crc32(call.institution.code.encode()):010d}{books.next_number('virtual code'):08d}"
        there = keep(books, call, "virtual code", key, {**said, "drug_trac_codg": code})
    return {"result": dict(there.content)}


def _own(books: Books, call: Call, asked: Mapping[str, Any]) -> None:
    if asked["fixmedinscode"] != call.institution.code:
        raise BureauRefusal("只能查询本机构的进销存数据")


def _query(kinds: tuple[str, ...], day: str) -> Desk:
    return Query(kinds, "", ("begndate", "enddate", day), names=_NAMES, check=_own).desk


def _kept(kind: str, node: str, key: tuple[str, ...] = _NO_KEY, *, check: Check = unchecked, after: After = unchecked,
          **more: Any) -> Desk:  # fmt: skip
    """Records of the kind ``kind``, with which the balance moves."""

    def checked(books: Books, call: Call, row: Mapping[str, Any]) -> None:
        check(books, call, row)
        check_stock(books, call, kind, row)

    def entered(books: Books, call: Call, record: Record) -> None:
        move_stock(books, call, kind, record)
        after(books, call, record)

    return Upload(kind, node, key, check=checked, after=entered, **more).desk


DESKS: Final[Mapping[str, Desk]] = {
    "3501": _kept("inventory", "invinfo", _STOCKTAKING, number_as="medins_prod_inv_no", after=_trace_in),
    "3501A": _kept("inventory", "invinfoDetail", _STOCKTAKING, number_as="medins_prod_inv_no"),
    "3502": _kept("change", "invinfo", number_as="medins_prod_inv_chg_no"),
    "3502A": _kept("change", "invinfoDetail", number_as="medins_prod_inv_chg_no", result="invinfoErrDetail", after=_trace_in),
    "3503": _kept("purchase", "purcinfo", number_as="medins_prod_purc_no"),
    "3503A": _kept("purchase", "purcinfoDetail", number_as="medins_prod_purc_no", result="purcinfoDetail", result_all=True),
    "3504": _kept("purchase return", "purcinfo", check=_check_purchase_return),
    "3504A": _kept("purchase return", "purcinfoDetail", result="purcinfoErrDetail", check=_check_purchase_return),
    "3505": _kept("sale", "selinfo", number_as="medins_prod_sel_no", check=_check_sale, after=_trace_out),
    "3505A": _kept("sale", "selinfoDetail", number_as="medins_prod_sel_no", result="selinfoDetail", result_all=True,
                   check=_check_sale, after=_trace_out),
    "3506": _kept("sale return", "selinfo", check=_check_sale_return, after=_trace_back),
    "3506A": _kept("sale return", "selinfoDetail", result="selinfoErrDetail", check=_check_sale_return, after=_trace_back),
    "3507": Desk(_delete_one),
    "3507A": Desk(_delete_many, partial=True),
    "3508": _query((STOCK,), "invdate"),
    "3509": _query(("change",), "invchgtime"),
    "3510": _query(("purchase", "purchase return"), "purcretnstointime"),
    "3511": _query(("sale", "sale return"), "selretntime"),
    "3512": _query(("trace in",), "crtetime"),
    "3513": _query((TRACE_OUT,), "selretntime"),
    "3592B": Desk(_virtual_code, partial=True),
}  # fmt: skip
