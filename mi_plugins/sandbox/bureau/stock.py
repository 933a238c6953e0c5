"""Stock: inventory, changes, purchases, sales and both kinds of returns (3501–3507), their queries (3508–3513), 3592B.

A batch returns at most what it bought or sold. A trace code is sold once, unless the package is divided (``trdn_flag`` 1)
or it came back. 3507 deletes all records of a batch of the kind it names. The queries tell what was uploaded; they ask
for the institution's own code and for an item or a batch. The batch forms (3502A …) tell each row's fault by itself.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from mi_plugins.sandbox.bureau.context import Call, Output
from mi_plugins.sandbox.bureau.desk import Desk
from mi_plugins.sandbox.bureau.record_rules import Query, Upload
from mi_plugins.sandbox.bureau.records import Record, find, keep, live, rows_of, withdraw
from mi_plugins.sandbox.database import Books
from mi_plugins.sandbox.refusal import BureauRefusal

__all__ = ["DESKS"]

_NAMES: Final = {"medinslistcodg": "fixmedinshilistid", "medinslistname": "fixmedinshilistname"}
_DELETED: Final = {
    "1": ("inventory", "trace in"), "2": ("change",), "3": ("purchase", "purchase return"), "4": ("sale", "sale return", "trace out"),
}  # fmt: skip
_BATCH: Final = ("fixmedins_hilist_id", "fixmedins_bchno")
_NO_KEY: Final = ()
"""Several records of one batch: each upload is one more."""


def _codes(row: Mapping[str, Any]) -> list[str]:
    listed = [one["drug_trac_codg"] for one in row.get("drugtracinfo") or () if one.get("drug_trac_codg")]
    own = row.get("drug_trac_codg")
    return listed or ([own] if own else [])


def _amount(books: Books, call: Call, kind: str, row: Mapping[str, Any], field: str) -> Decimal:
    """How much of the row's item and batch these records are about."""
    return sum(
        (
            Decimal(one.content[field])
            for one in find(books, call, (kind,))
            if all(one.content.get(name) == row[name] for name in _BATCH)
        ),
        Decimal(0),
    )


def _returned(books: Books, call: Call, row: Mapping[str, Any], kind: str, field: str) -> None:
    there = _amount(books, call, kind, row, field) - _amount(books, call, f"{kind} return", row, field)
    if Decimal(row[field]) > there and not call.allow_repeats:
        raise BureauRefusal(f"退货数量大于该批次已登记且未退的数量{there:f}")


def _check_purchase_return(books: Books, call: Call, row: Mapping[str, Any]) -> None:
    _returned(books, call, row, "purchase", "purc_retn_cnt")


def _check_sale_return(books: Books, call: Call, row: Mapping[str, Any]) -> None:
    _returned(books, call, row, "sale", "sel_retn_cnt")
    for code in _codes(row):
        if live(books, call, "trace out", (code,)) is None:
            raise BureauRefusal(f"药品追溯码{code}没有销售记录，不能退货")


def _check_sale(books: Books, call: Call, row: Mapping[str, Any]) -> None:
    if row.get("trdn_flag") == "1" or call.allow_repeats:
        return
    codes = _codes(row)
    if len(set(codes)) < len(codes):
        raise BureauRefusal("同一条销售记录中药品追溯码重复")
    for code in codes:
        if live(books, call, "trace out", (code,)) is not None:
            raise BureauRefusal(f"药品追溯码{code}已销售")


def _trace_in(books: Books, call: Call, record: Record) -> None:
    for code in _codes(record.content):
        if live(books, call, "trace in", (code,)) is None:
            keep(books, call, "trace in", (code,), {**record.content, "drug_trac_codg": code})


def _trace_out(books: Books, call: Call, record: Record) -> None:
    for code in _codes(record.content):
        keep(
            books,
            call,
            "trace out",
            (code,),
            {**record.content, "drug_trac_codg": code, "bkkp_sn": record.rid},
        )


def _trace_back(books: Books, call: Call, record: Record) -> None:
    for code in _codes(record.content):
        sold = live(books, call, "trace out", (code,))
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
    key = [said[name] for name in _BATCH]
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


DESKS: Final[Mapping[str, Desk]] = {
    "3501": Upload("inventory", "invinfo", _BATCH, number_as="medins_prod_inv_no", after=_trace_in).desk,
    "3501A": Upload("inventory", "invinfoDetail", _BATCH, number_as="medins_prod_inv_no").desk,
    "3502": Upload("change", "invinfo", _NO_KEY, number_as="medins_prod_inv_chg_no").desk,
    "3502A": Upload("change", "invinfoDetail", _NO_KEY, number_as="medins_prod_inv_chg_no", result="invinfoErrDetail",
                    after=_trace_in).desk,
    "3503": Upload("purchase", "purcinfo", _NO_KEY, number_as="medins_prod_purc_no").desk,
    "3503A": Upload("purchase", "purcinfoDetail", _NO_KEY, number_as="medins_prod_purc_no", result="purcinfoDetail",
                    result_all=True).desk,
    "3504": Upload("purchase return", "purcinfo", _NO_KEY, check=_check_purchase_return).desk,
    "3504A": Upload("purchase return", "purcinfoDetail", _NO_KEY, result="purcinfoErrDetail", check=_check_purchase_return).desk,
    "3505": Upload("sale", "selinfo", _NO_KEY, number_as="medins_prod_sel_no", check=_check_sale, after=_trace_out).desk,
    "3505A": Upload("sale", "selinfoDetail", _NO_KEY, number_as="medins_prod_sel_no", result="selinfoDetail", result_all=True,
                    check=_check_sale, after=_trace_out).desk,
    "3506": Upload("sale return", "selinfo", _NO_KEY, check=_check_sale_return, after=_trace_back).desk,
    "3506A": Upload("sale return", "selinfoDetail", _NO_KEY, result="selinfoErrDetail", check=_check_sale_return,
                    after=_trace_back).desk,
    "3507": Desk(_delete_one),
    "3507A": Desk(_delete_many, partial=True),
    "3508": _query(("inventory",), "invdate"),
    "3509": _query(("change",), "invchgtime"),
    "3510": _query(("purchase", "purchase return"), "purcretnstointime"),
    "3511": _query(("sale", "sale return"), "selretntime"),
    "3512": _query(("trace in",), "crtetime"),
    "3513": _query(("trace out",), "selretntime"),
    "3592B": Desk(_virtual_code, partial=True),
}  # fmt: skip
