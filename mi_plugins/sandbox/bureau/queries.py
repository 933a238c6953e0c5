"""Asking for a settlement (5203) and its fee rows (5204).

Only the institution's own business is shown, and only what the copy of the books that queries read has already seen.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from mi_plugins.sandbox.bureau.context import Call, Output, from_json, insurance_row, seen_state
from mi_plugins.sandbox.bureau.ledger import shown_flag, withheld
from mi_plugins.sandbox.database import Books
from mi_plugins.sandbox.head import AREA
from mi_plugins.sandbox.price_list import item_of
from mi_plugins.sandbox.refusal import BureauRefusal

__all__ = ["fee_rows", "settlement", "told_fee", "with_setl_id"]

_PASSED_ON: Final = (
    "fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "inscp_scp_amt", "act_pay_dedc", "hifp_pay", "pool_prop_selfpay",
    "cvlserv_pay", "hifes_pay", "hifmi_pay", "hifob_pay", "maf_pay", "oth_pay", "fund_pay_sumamt",
)  # fmt: skip
_WHO: Final = (
    "mdtrt_id", "psn_no", "psn_name", "psn_cert_type", "certno", "gend", "naty", "brdy", "age", "insutype", "psn_type",
    "cvlserv_flag",
)  # fmt: skip
_LEVEL_TABLE: Final = {1: "1", 2: "2", 3: "3"}


def _own_settlement(books: Books, call: Call) -> sqlite3.Row:
    data = call.data
    row = books.one("SELECT * FROM settlement WHERE setl_id = ?", data["setl_id"])
    if (
        row is None or row["institution"] != call.institution.code or row["mdtrt_id"] != data["mdtrt_id"]
        or row["psn_no"] != data["psn_no"] or row["entered"] > call.horizon or seen_state(call, row) == "reversed"
        or withheld(books, row)
    ):  # fmt: skip
        raise BureauRefusal("没有与所给条件对应的结算记录")
    return row


def with_setl_id(content: Mapping[str, Any]) -> Mapping[str, Any]:
    """The input of 5203 for the check of the fields, where an empty ``setl_id`` is taken."""
    data = content.get("data")
    if not isinstance(data, Mapping) or data.get("setl_id"):
        return content
    return {**content, "data": {**data, "setl_id": "-"}}


def settlement(books: Books, call: Call) -> Output:
    """5203: a settlement with its refund flag (``1`` for a refund and for what was refunded). Names differ from 2207's.

    Where an empty ``setl_id`` is taken: all settlements and refunds of the visit, oldest first, as a list when there
    are several; then ``setldetail`` is that of the last.
    """
    of_visit = call.blank_setl_id and not call.data.get("setl_id")
    rows = _of_visit(books, call) if of_visit else [_own_settlement(books, call)]
    told = [_told(books, call, row) for row in rows]
    return {"setlinfo": told[0] if len(told) == 1 else told, "setldetail": from_json(rows[-1]["setldetail"])}


def _of_visit(books: Books, call: Call) -> list[sqlite3.Row]:
    data = call.data
    found = books.all(
        "SELECT * FROM settlement WHERE mdtrt_id = ? AND psn_no = ? AND institution = ? AND entered <= ? ORDER BY setl_id",
        data["mdtrt_id"], data["psn_no"], call.institution.code, call.horizon,
    )  # fmt: skip
    rows = [row for row in found if seen_state(call, row) != "reversed" and not withheld(books, row)]
    if not rows:
        raise BureauRefusal("没有与所给条件对应的结算记录")
    return rows


def _told(books: Books, call: Call, row: sqlite3.Row) -> dict[str, Any]:
    info = from_json(row["setlinfo"])
    visit = books.one("SELECT * FROM visit WHERE mdtrt_id = ?", row["mdtrt_id"])
    insurance = insurance_row(books, row)
    assert visit is not None
    known = from_json(visit["registration"]) | (
        from_json(visit["information"]) if visit["information"] else {}
    )
    place = call.institution
    return {
        "setl_id": row["setl_id"],
        **{name: info[name] for name in _WHO},
        "flxempe_flag": None, "nwb_flag": None, "insu_optins": row["area"], "emp_name": insurance["employer"] or None,
        "pay_loc": _pay_location(row["area"]), "fixmedins_code": place.code, "fixmedins_name": place.name, "hosp_lv": place.hosp_lv,
        "fixmedins_poolarea": place.area, "lmtpric_hosp_lv": _LEVEL_TABLE[place.level], "dedc_hosp_lv": _LEVEL_TABLE[place.level],
        "begndate": visit["begntime"][:10], "enddate": row["setl_time"][:10], "setl_time": row["setl_time"],
        "mdtrt_cert_type": info["mdtrt_cert_type"], "med_type": info["med_type"], "clr_type": info["clr_type"],
        "clr_way": info["clr_way"], "clr_optins": AREA, "medfee_sumamt": info["medfee_sumamt"],
        **{name: info[name] for name in _PASSED_ON},
        "psn_pay": info["psn_part_amt"], "acct_pay": info["acct_pay"], "cash_payamt": info["psn_cash_pay"], "balc": info["balc"],
        "acct_mulaid_pay": info["acct_mulaid_pay"], "medins_setl_id": row["msgid"],
        "refd_setl_flag": shown_flag(books, call, row), "year": str(row["year"]),
        "dise_codg": known.get("dise_codg"), "dise_name": known.get("dise_name"), "invono": info.get("invono"),
        "opter_id": row["opter"][:20], "opter_name": row["opter_name"], "opt_time": row["setl_time"],
        "pref_fund_pay": Decimal("0.00"),
    }  # fmt: skip


def _pay_location(area: str) -> str:
    """Table ``pay_loc``: 4 another province, 6 another city, 2 the institution (local)."""
    if area[:2] != AREA[:2]:
        return "4"
    return "2" if area[:4] == AREA[:4] else "6"


def fee_rows(books: Books, call: Call) -> Output:
    """5204: the fee rows of a settlement, as a list directly in ``output``. A refund has none of its own."""
    row = _own_settlement(books, call)
    rows = books.all(
        "SELECT * FROM fee WHERE setl_id = ? ORDER BY length(feedetl_sn), feedetl_sn", row["setl_id"]
    )
    visit = books.one("SELECT med_type FROM visit WHERE mdtrt_id = ?", row["mdtrt_id"])
    assert visit is not None
    med_type = visit["med_type"] or from_json(row["setlinfo"])["med_type"]
    return [told_fee(one, med_type) for one in rows]


def told_fee(row: sqlite3.Row, med_type: str) -> dict[str, Any]:
    """A fee row as 5204 tells it."""
    sent, result = from_json(row["content"]), from_json(row["result"])
    item = item_of(row["med_list_codg"])
    described = {
        name: sent.get(name)
        for name in (
            "sin_dos_dscr", "used_frqu_dscr", "prd_days", "medc_way_dscr", "bilg_dept_codg", "bilg_dept_name", "bilg_dr_codg",
            "bilg_dr_name", "acord_dept_codg", "acord_dept_name", "orders_dr_code", "orders_dr_name", "hosp_appr_flag",
            "tcmdrug_used_way", "etip_flag", "etip_hosp_code", "dscg_tkdrug_flag", "matn_fee_flag",
        )
    }  # fmt: skip
    divided = {
        name: result[name]
        for name in (
            "cnt", "pric", "det_item_fee_sumamt", "pric_uplmt_amt", "selfpay_prop", "fulamt_ownpay_amt", "overlmt_amt",
            "preselfpay_amt", "inscp_scp_amt", "chrgitm_lv", "med_chrgitm_type", "lmt_used_flag", "bas_medn_flag",
            "hi_nego_drug_flag", "chld_medc_flag", "list_sp_item_flag", "drt_reim_flag", "memo",
        )
    }  # fmt: skip
    return described | divided | {
        "mdtrt_id": row["mdtrt_id"], "setl_id": row["setl_id"], "feedetl_sn": row["feedetl_sn"], "rx_drord_no": sent.get("rxno"),
        "med_type": med_type, "fee_ocur_time": sent["fee_ocur_time"], "hilist_code": item.code[:50], "hilist_name": item.name,
        "list_type": item.list_type, "med_list_codg": sent["med_list_codg"], "medins_list_codg": sent["medins_list_codg"],
        "medins_list_name": item.name, "prodname": None, "spec": None, "dosform_name": item.dose_form, "hosp_prep_flag": "0",
        "prodplac_type": "1", "opter_id": row["opter"][:20], "opter_name": row["opter_name"], "opt_time": row["opt_time"],
    }  # fmt: skip
