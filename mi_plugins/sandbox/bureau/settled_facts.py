"""What can be asked of fees and settlements beside 5203 and 5204: policy items (100001), medicine of chronic diseases (5205),
what was used up this year (5206); and the remark that is added to a fee (2306).
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from mi_plugins.sandbox.bureau.context import Call, Output, from_json, person_of, to_json
from mi_plugins.sandbox.bureau.desk import Desk
from mi_plugins.sandbox.bureau.queries import told_fee
from mi_plugins.sandbox.bureau.record_checks import own_settlement, own_visit
from mi_plugins.sandbox.bureau.records import rows_of
from mi_plugins.sandbox.database import Books
from mi_plugins.sandbox.money import ZERO, yuan
from mi_plugins.sandbox.refusal import BureauRefusal

__all__ = ["DESKS"]

_CHRONIC: Final = ("14", "9901")
"""``med_type``: outpatient care of chronic diseases."""
_ITEMS: Final = (
    ("S001", "本次应付起付标准", "deductible", "self"), ("C001", "统筹一段", "pool", "fund"), ("L001", "大额一段", "large", "fund"),
)  # fmt: skip
_OWN: Final = (
    ("101", "全自费总金额", "fulamt_ownpay_amt"),
    ("102", "先支付总金额", "preselfpay_amt"),
    ("103", "超限价总金额", "overlmt_selfpay"),
)
_USED: Final = ("deductible", "pool", "large", "burden", "aid")


def _policy_items(books: Books, call: Call) -> Output:
    """100001: how a settlement came about, by items of table ``polItemCode``; those of no amount are left out."""
    asked = call.data
    row = own_settlement(books, call, asked["setl_Id"], asked["psn_No"], asked["mdtrt_Id"])
    info, total = from_json(row["setlinfo"]), yuan(row["total"])
    ids = {"setlId": row["setl_id"], "mdtrtId": row["mdtrt_id"], "psnNo": row["psn_no"]}
    told = [
        _item(ids, code, name, yuan(row[column]), side, total)
        for code, name, column, side in _ITEMS
        if row[column]
    ]
    return told + [
        _item(ids, code, name, info[field], "self", total) for code, name, field in _OWN if info[field]
    ]


def _item(
    ids: Mapping[str, Any], code: str, name: str, amount: Decimal, side: str, total: Decimal
) -> dict[str, Any]:
    share = (amount / total).quantize(Decimal("0.0001")) if total else ZERO
    own, fund = ((amount, share), (ZERO, ZERO)) if side == "self" else ((ZERO, ZERO), (amount, share))
    return {
        **ids, "polItemCode": code, "polItemName": name, "selfPayAmt": own[0], "selfPayProp": own[1], "fundPayAmt": fund[0],
        "fundPayProp": fund[1], "polItemPaySum": amount,
    }  # fmt: skip


def _chronic_fees(books: Books, call: Call) -> Output:
    """5205: settled fees of the person's visits for chronic diseases, of every institution, in the period."""
    asked = call.data
    person_of(books, asked["psn_no"])
    rows = books.all(
        "SELECT f.*, v.med_type, v.institution FROM fee f JOIN visit v USING (mdtrt_id) JOIN settlement s ON s.setl_id = f.setl_id"
        " WHERE v.psn_no = ? AND v.med_type IN (?, ?) AND s.entered <= ? ORDER BY f.opt_time, f.feedetl_sn",
        asked["psn_no"], *_CHRONIC, call.horizon,
    )  # fmt: skip
    told = []
    for row in rows:
        fee = told_fee(row, row["med_type"])
        if asked["begntime"] <= fee["fee_ocur_time"] <= (asked.get("endtime") or "9999"):
            place = books.institutions[row["institution"]]
            told.append(
                {
                    **fee,
                    "psn_no": asked["psn_no"],
                    "fixmedins_code": place.code,
                    "fixmedins_name": place.name,
                    "spec": "-",
                }
            )
    return {"feedetail": told}


def _used_up(books: Books, call: Call) -> Output:
    """5206: what counts for the year. The kinds are the sandbox's own: the specification has no table of them."""
    asked = call.data
    person_of(books, asked["psn_no"])
    wanted = str(asked.get("cum_ym") or "")[:4]
    rows = books.all(
        "SELECT * FROM accumulation WHERE psn_no = ? ORDER BY insutype, year, care", asked["psn_no"]
    )
    return {"cuminfo": [
        {
            "insutype": row["insutype"], "year": str(row["year"]), "cum_ym": asked.get("cum_ym") or f"{row['year']}{call.now:%m}",
            "cum_type_code": f"{row['care'][:2].upper()}-{name}"[:10], "cum": yuan(row[name]),
        }
        for row in rows if wanted in ("", str(row["year"]))
        for name in _USED
    ]}  # fmt: skip


def _remark(books: Books, call: Call) -> Output:
    """2306: the remark of fees that were uploaded; 5204 tells it."""
    for row in rows_of(call.input, "data"):
        own_visit(books, call, row["mdtrt_id"], row["psn_no"])
        fee = books.one(
            "SELECT result, med_list_codg FROM fee WHERE mdtrt_id = ? AND feedetl_sn = ?",
            row["mdtrt_id"],
            row["bkkp_sn"],
        )
        if fee is None or fee["med_list_codg"] != row["med_list_codg"]:
            raise BureauRefusal(f"该就诊下没有记账流水号{row['bkkp_sn']}的该项费用")
        books.run(
            "UPDATE fee SET result = ? WHERE mdtrt_id = ? AND feedetl_sn = ?",
            to_json({**from_json(fee["result"]), "memo": row.get("memo")}), row["mdtrt_id"], row["bkkp_sn"],
        )  # fmt: skip
    return None


DESKS: Final[Mapping[str, Desk]] = {
    "100001": Desk(_policy_items, writes=False, partial=True),
    "2306": Desk(_remark),
    "5205": Desk(_chronic_fees, writes=False, partial=True),
    "5206": Desk(_used_up, writes=False, partial=True),
}
