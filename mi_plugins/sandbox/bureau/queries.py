"""Asking for what is in the books: 5201 visits, 5202 diagnoses, 5203 a settlement, 5204 its fee rows.

Only the institution's own business is shown.
"""

from __future__ import annotations

import sqlite3
from decimal import Decimal
from typing import Any, Final

from mi_plugins.sandbox.bureau.context import Call, Output, from_json, person_of
from mi_plugins.sandbox.bureau.people import person_fields
from mi_plugins.sandbox.database import Books
from mi_plugins.sandbox.head import AREA
from mi_plugins.sandbox.price_list import item_of
from mi_plugins.sandbox.refusal import BureauRefusal

__all__ = ["diagnoses", "fee_rows", "settlement", "visits"]

_PASSED_ON: Final = (
    "fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "inscp_scp_amt", "act_pay_dedc", "hifp_pay", "pool_prop_selfpay",
    "cvlserv_pay", "hifes_pay", "hifmi_pay", "hifob_pay", "maf_pay", "oth_pay", "fund_pay_sumamt",
)  # fmt: skip
_WHO: Final = (
    "mdtrt_id", "psn_no", "psn_name", "psn_cert_type", "certno", "gend", "naty", "brdy", "age", "insutype", "psn_type",
    "cvlserv_flag",
)  # fmt: skip
_LEVEL_TABLE: Final = {1: "1", 2: "2", 3: "3"}


def visits(books: Books, call: Call) -> Output:
    """5201: the person's visits that began in the period. One without 2203 is found under any type of care."""
    data = call.data
    person = person_of(books, data["psn_no"])
    rows = books.all(
        "SELECT * FROM visit WHERE psn_no = ? AND institution = ? AND cancelled = 0 AND begntime BETWEEN ? AND ?"
        " AND (med_type IS NULL OR med_type = ?) AND (? = '' OR mdtrt_id = ?) ORDER BY begntime, mdtrt_id",
        data["psn_no"], call.institution.code, data["begntime"], data["endtime"], data["med_type"],
        data.get("mdtrt_id") or "", data.get("mdtrt_id") or "",
    )  # fmt: skip
    return {"mdtrtinfo": [_visit(books, call, person, row) for row in rows]}


def _visit(books: Books, call: Call, person: sqlite3.Row, row: sqlite3.Row) -> dict[str, Any]:
    registered = from_json(row["registration"])
    known = from_json(row["information"]) if row["information"] else {}
    insurance = books.one(
        "SELECT * FROM insurance WHERE psn_no = ? AND insutype = ? AND area = ?",
        row["psn_no"],
        row["insutype"],
        row["area"],
    )
    assert insurance is not None
    names = [
        from_json(one["content"])["diag_name"]
        for one in books.all(
            "SELECT content FROM diagnosis WHERE mdtrt_id = ? ORDER BY diag_type, diag_srt_no",
            row["mdtrt_id"],
        )
    ]
    last = books.one(
        "SELECT max(setl_time) AS last FROM settlement WHERE mdtrt_id = ? AND state = 'settled'",
        row["mdtrt_id"],
    )
    empty: dict[str, Any] = dict.fromkeys(_UNUSED_VISIT_FIELDS)
    return empty | {
        "mdtrt_id": row["mdtrt_id"], **person_fields(person, call.now.date()), "tel": person["tel"],
        "insutype": row["insutype"], "psn_type": insurance["psn_type"], "cvlserv_flag": insurance["cvlserv"],
        "insu_optins": row["area"], "emp_name": insurance["employer"] or None, "begntime": row["begntime"],
        "endtime": (last["last"] if last else None) or row["begntime"], "mdtrt_cert_type": registered["mdtrt_cert_type"],
        "med_type": row["med_type"] or call.data["med_type"], "ipt_otp_no": row["ipt_otp_no"],
        "atddr_no": registered.get("atddr_no"), "chfpdr_name": registered.get("dr_name"),
        "adm_dept_codg": registered["dept_code"], "adm_dept_name": registered["dept_name"],
        "main_cond_dscr": known.get("main_cond_dscr"), "dise_codg": known.get("dise_codg"), "dise_name": known.get("dise_name"),
        "otp_diag_info": "、".join(names)[:200] or None, "birctrl_type": known.get("birctrl_type"),
        "birctrl_matn_date": known.get("birctrl_matn_date"), "opter_id": row["opter"][:20], "opter_name": row["opter_name"],
        "opt_time": row["opt_time"],
    }  # fmt: skip


_UNUSED_VISIT_FIELDS: Final = (
    "coner_name", "maf_psn_flag", "flxempe_flag", "nwb_flag", "ars_year_ipt_flag", "pre_pay_flag", "medrcdno", "adm_bed",
    "dscg_maindiag_code", "dscg_maindiag_name", "dscg_dept_codg", "dscg_dept_name", "dscg_bed", "dscg_way", "oprn_oprt_code",
    "oprn_oprt_name", "inhosp_stas", "die_date", "ipt_days", "fpsc_no", "matn_type", "latechb_flag", "geso_val", "fetts",
    "fetus_cnt", "pret_flag", "cop_flag", "memo",
)  # fmt: skip


def diagnoses(books: Books, call: Call) -> Output:
    """5202: the valid diagnoses of a visit."""
    data = call.data
    visit = books.one(
        "SELECT * FROM visit WHERE mdtrt_id = ? AND psn_no = ?", data["mdtrt_id"], data["psn_no"]
    )
    if visit is None or visit["institution"] != call.institution.code:
        raise BureauRefusal(f"本机构下查无该人员的就诊{data['mdtrt_id']}")
    rows = books.all(
        "SELECT * FROM diagnosis WHERE mdtrt_id = ? ORDER BY diag_type, diag_srt_no", data["mdtrt_id"]
    )
    result = []
    for row in rows:
        said = from_json(row["content"])
        result.append({
            "diag_info_id": f"{row['mdtrt_id']}-{row['diag_type']}-{row['diag_srt_no']}", "mdtrt_id": row["mdtrt_id"],
            "psn_no": visit["psn_no"], "inout_diag_type": "1", "diag_type": row["diag_type"],
            "maindiag_flag": "1" if row["diag_srt_no"] == 1 else "0", "diag_srt_no": row["diag_srt_no"],
            "diag_code": said["diag_code"], "diag_name": said["diag_name"], "adm_cond": None, "diag_dept": said["diag_dept"],
            "dise_dor_no": said["dise_dor_no"], "dise_dor_name": said["dise_dor_name"], "diag_time": said["diag_time"],
            "opter_id": row["opter"][:20], "opter_name": row["opter_name"], "opt_time": row["opt_time"],
        })  # fmt: skip
    return {"diseinfo": result}


def _own_settlement(books: Books, call: Call) -> sqlite3.Row:
    data = call.data
    row = books.one("SELECT * FROM settlement WHERE setl_id = ?", data["setl_id"])
    if (
        row is None or row["institution"] != call.institution.code or row["mdtrt_id"] != data["mdtrt_id"]
        or row["psn_no"] != data["psn_no"] or row["state"] == "reversed"
    ):  # fmt: skip
        raise BureauRefusal("没有与所给条件对应的结算记录")
    return row


def settlement(books: Books, call: Call) -> Output:
    """5203: a settlement with its refund flag (``1`` for a refund and for what was refunded). Names differ from 2207's."""
    row = _own_settlement(books, call)
    info = from_json(row["setlinfo"])
    visit = books.one("SELECT * FROM visit WHERE mdtrt_id = ?", row["mdtrt_id"])
    insurance = books.one(
        "SELECT * FROM insurance WHERE psn_no = ? AND insutype = ? AND area = ?",
        row["psn_no"],
        row["insutype"],
        row["area"],
    )
    assert visit is not None and insurance is not None
    known = from_json(visit["information"]) if visit["information"] else {}
    place = call.institution
    reply = {
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
        "refd_setl_flag": "1" if row["kind"] == "refund" or row["state"] == "refunded" else "0", "year": str(row["year"]),
        "dise_codg": known.get("dise_codg"), "dise_name": known.get("dise_name"), "invono": info.get("invono"),
        "opter_id": row["opter"][:20], "opter_name": row["opter_name"], "opt_time": row["setl_time"],
        "pref_fund_pay": Decimal("0.00"),
    }  # fmt: skip
    return {"setlinfo": reply, "setldetail": from_json(row["setldetail"])}


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
    return [_fee_row(one, med_type) for one in rows]


def _fee_row(row: sqlite3.Row, med_type: str) -> dict[str, Any]:
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
