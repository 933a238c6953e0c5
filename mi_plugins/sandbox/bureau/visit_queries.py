"""Asking for visits: 5201 visits of a person, 5202 diagnoses of a visit, 5303 who is in hospital.

Only the institution's own business is shown, and only what the copy of the books that queries read has already seen.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
from typing import Any, Final

from mi_plugins.sandbox.bureau.context import Call, Output, from_json, insurance_row, person_of, seen_state
from mi_plugins.sandbox.bureau.people import person_fields
from mi_plugins.sandbox.database import Books
from mi_plugins.sandbox.head import AREA
from mi_plugins.sandbox.refusal import BureauRefusal

__all__ = ["diagnoses", "in_hospital", "visits"]


def visits(books: Books, call: Call) -> Output:
    """5201: the person's visits that began in the period. One without 2203 is found under any type of care."""
    data = call.data
    person = person_of(books, data["psn_no"])
    rows = books.all(
        "SELECT * FROM visit WHERE psn_no = ? AND institution = ? AND entered <= ? AND begntime BETWEEN ? AND ?"
        " AND (med_type IS NULL OR med_type = ?) AND (? = '' OR mdtrt_id = ?) ORDER BY begntime, mdtrt_id",
        data["psn_no"], call.institution.code, call.horizon, data["begntime"], data["endtime"], data["med_type"],
        data.get("mdtrt_id") or "", data.get("mdtrt_id") or "",
    )  # fmt: skip
    return {
        "mdtrtinfo": [
            _visit(books, call, person, row) for row in rows if seen_state(call, row) != "cancelled"
        ]
    }


def _visit(books: Books, call: Call, person: sqlite3.Row, row: sqlite3.Row) -> dict[str, Any]:
    said = from_json(row["registration"])
    if row["information"]:
        said |= from_json(row["information"])
    left = from_json(row["discharge"]) if row["discharge"] else {}
    insurance = insurance_row(books, row)
    names = [
        from_json(one["content"])["diag_name"]
        for one in books.all(
            "SELECT content FROM diagnosis WHERE mdtrt_id = ? ORDER BY inout, diag_type, diag_srt_no",
            row["mdtrt_id"],
        )
    ]
    common = {name: said.get(name) for name in _SAID} | {name: left.get(name) for name in _LEFT}
    return dict.fromkeys(_UNKNOWN) | common | {
        "mdtrt_id": row["mdtrt_id"], **person_fields(person, call.now.date()), "tel": said.get("tel") or person["tel"],
        "insutype": row["insutype"], "psn_type": insurance["psn_type"], "cvlserv_flag": insurance["cvlserv"],
        "insu_optins": row["area"], "emp_name": insurance["employer"] or None, "begntime": row["begntime"],
        "endtime": _end(books, row), "mdtrt_cert_type": said["mdtrt_cert_type"],
        "med_type": row["med_type"] or call.data["med_type"], "ipt_otp_no": row["ipt_otp_no"],
        "chfpdr_name": said.get("chfpdr_name") or said.get("dr_name"),
        "adm_dept_codg": said.get("adm_dept_codg") or said.get("dept_code"),
        "adm_dept_name": said.get("adm_dept_name") or said.get("dept_name"),
        "otp_diag_info": None if row["kind"] == "inpatient" else "、".join(names)[:200] or None,
        "inhosp_stas": {"open": "1", "discharged": "0"}.get(seen_state(call, row)) if row["kind"] == "inpatient" else None,
        "ipt_days": _days(row, call.now) if row["kind"] == "inpatient" else None,
        "opter_id": row["opter"][:20], "opter_name": row["opter_name"], "opt_time": row["opt_time"],
    }  # fmt: skip


def _end(books: Books, row: sqlite3.Row) -> str:
    """Discharge, or the last settlement, or (the field is required) the beginning."""
    last = books.one(
        "SELECT max(setl_time) AS last FROM settlement WHERE mdtrt_id = ? AND state = 'settled'",
        row["mdtrt_id"],
    )
    return str(row["endtime"] or (last["last"] if last else None) or row["begntime"])


def _days(row: sqlite3.Row, now: dt.datetime) -> int:
    """Nights in hospital so far, at least one day."""
    first = dt.date.fromisoformat(row["begntime"][:10])
    until = dt.date.fromisoformat(row["endtime"][:10]) if row["endtime"] else now.date()
    return min(max((until - first).days, 1), 9999)


_SAID: Final = (
    "coner_name", "medrcdno", "adm_bed", "atddr_no", "dscg_maindiag_code", "dscg_maindiag_name", "main_cond_dscr", "dise_codg", "dise_name",
    "oprn_oprt_code", "oprn_oprt_name", "fpsc_no", "matn_type", "birctrl_type", "birctrl_matn_date", "latechb_flag", "geso_val", "fetts",
    "fetus_cnt", "pret_flag",
)  # fmt: skip
"""Fields that registration or information may have."""
_LEFT: Final = ("dscg_dept_codg", "dscg_dept_name", "dscg_bed", "dscg_way", "die_date", "cop_flag")
"""Fields that the discharge may have."""
_UNKNOWN: Final = ("maf_psn_flag", "flxempe_flag", "nwb_flag", "ars_year_ipt_flag", "pre_pay_flag", "memo")


def in_hospital(books: Books, call: Call) -> Output:
    """5303: who was admitted in the period and has not left; of one person, or of all."""
    data = call.data
    rows = books.all(
        "SELECT * FROM visit WHERE kind = 'inpatient' AND institution = ? AND entered <= ? AND begntime BETWEEN ? AND ?"
        " AND (? = '' OR psn_no = ?) ORDER BY begntime, mdtrt_id",
        call.institution.code, call.horizon, data["begntime"], data["endtime"], data.get("psn_no") or "", data.get("psn_no") or "",
    )  # fmt: skip
    found = []
    for row in rows:
        if seen_state(call, row) != "open":
            continue
        fields = person_fields(person_of(books, row["psn_no"]), call.now.date())
        del fields["naty"]
        found.append(fields | {
            "mdtrt_id": row["mdtrt_id"], "insutype": row["insutype"], "begndate": row["begntime"][:10], "med_type": row["med_type"],
            "ipt_otp_no": row["ipt_otp_no"], "out_flag": "0" if row["area"][:4] == AREA[:4] else "1",
        })  # fmt: skip
    return {"data": found}


def diagnoses(books: Books, call: Call) -> Output:
    """5202: the valid diagnoses of a visit."""
    data = call.data
    visit = books.one(
        "SELECT * FROM visit WHERE mdtrt_id = ? AND psn_no = ?", data["mdtrt_id"], data["psn_no"]
    )
    if visit is None or visit["institution"] != call.institution.code or visit["entered"] > call.horizon:
        raise BureauRefusal(f"本机构下查无该人员的就诊{data['mdtrt_id']}")
    rows = books.all(
        "SELECT * FROM diagnosis WHERE mdtrt_id = ? ORDER BY inout, diag_type, diag_srt_no", data["mdtrt_id"]
    )
    result = []
    for row in rows:
        said = from_json(row["content"])
        result.append({
            "diag_info_id": f"{row['mdtrt_id']}-{row['inout']}{row['diag_type']}{row['diag_srt_no']}", "mdtrt_id": row["mdtrt_id"],
            "psn_no": visit["psn_no"], "inout_diag_type": row["inout"], "diag_type": row["diag_type"],
            "maindiag_flag": said.get("maindiag_flag") or ("1" if row["diag_srt_no"] == 1 else "0"), "diag_srt_no": row["diag_srt_no"],
            "diag_code": said["diag_code"], "diag_name": said["diag_name"], "adm_cond": said.get("adm_cond"),
            "diag_dept": said["diag_dept"],
            "dise_dor_no": said["dise_dor_no"], "dise_dor_name": said["dise_dor_name"], "diag_time": said["diag_time"],
            "opter_id": row["opter"][:20], "opter_name": row["opter_name"], "opt_time": row["opt_time"],
        })  # fmt: skip
    return {"diseinfo": result}
