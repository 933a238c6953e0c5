"""Faces and beds: recognition, registration by hand, model of a face, bed checks and appeals (9601–9605).

A face is recognised when a model of it was made before (9603), wherever that was. Every day there is one task to check
the beds of an institution with everybody who is in hospital there; recognition and registration of somebody's plan
finish it; an appeal is decided later (:mod:`decisions`).
"""

from __future__ import annotations

import base64
import binascii
import sqlite3
from collections.abc import Mapping
from typing import Any, Final

from mi_plugins.sandbox.bureau.context import Call, Output
from mi_plugins.sandbox.bureau.decisions import BED_APPEAL, OFFICER, Decision, decision_of
from mi_plugins.sandbox.bureau.desk import Desk
from mi_plugins.sandbox.bureau.record_checks import check_row
from mi_plugins.sandbox.bureau.records import find, keep, live
from mi_plugins.sandbox.database import Books
from mi_plugins.sandbox.refusal import BureauRefusal

__all__ = ["DESKS"]

MODEL, PASSED, SPECIAL = "face model", "face recognised", "face special"


def _check(books: Books, call: Call, said: Mapping[str, Any]) -> None:
    if said.get("medins_code", call.institution.code) != call.institution.code:
        raise BureauRefusal("医疗机构编码不是本机构")
    check_row(books, call, said)
    if said.get("plan_id") and said["plan_id"] not in {_plan(row) for row in _patients(books, call)}:
        raise BureauRefusal("查床计划不存在")


def _picture(text: str) -> None:
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BureauRefusal("照片须为Base64") from error


def _recognise(books: Books, call: Call) -> Output:
    """9601."""
    said = call.input["recogInfo"]
    _check(books, call, said)
    _picture(said["recog_pic"])
    if not find(books, call, (MODEL,), psn_no=said["psn_no"], own=False):
        return {"recogRslt": {"recog_rslt": "0", "recog_rslt_dscr": "尚未建模，无法比对"}}
    keep(
        books, call, PASSED, (said.get("plan_id") or "",), {n: v for n, v in said.items() if n != "recog_pic"}
    )
    return {"recogRslt": {"recog_rslt": "1", "recog_rslt_dscr": "比对一致"}}


def _register(books: Books, call: Call) -> Output:
    """9602."""
    said = call.input["spregInfo"]
    _check(books, call, said)
    keep(
        books,
        call,
        SPECIAL,
        (said.get("plan_id") or "",),
        {n: v for n, v in said.items() if n != "sp_dcla_pic"},
    )
    return None


def _model(books: Books, call: Call) -> Output:
    """9603."""
    said = call.input["modelInfo"]
    _check(books, call, said)
    _picture(said["model_pic"])
    keep(books, call, MODEL, (said["psn_no"],), {n: v for n, v in said.items() if not n.endswith("_pic")})
    return {"crteModelRslt": {"crte_model_rslt": "1", "crte_model_rslt_dscr": "建模完成"}}


def _appeal(books: Books, call: Call) -> Output:
    """9605: once for each plan."""
    said = call.input["applInfo"]
    _check(books, call, said)
    if live(books, call, BED_APPEAL, (said["plan_id"],)) is not None:
        raise BureauRefusal("该查床计划已申诉")
    keep(books, call, BED_APPEAL, (said["plan_id"],), {n: v for n, v in said.items() if n != "appl_pic"})
    return None


def _patients(books: Books, call: Call) -> list[sqlite3.Row]:
    return books.all(
        "SELECT v.mdtrt_id, v.begntime, p.psn_no, p.name, p.certno FROM visit v JOIN person p USING (psn_no)"
        " WHERE v.kind = 'inpatient' AND v.state = 'open' AND v.institution = ? AND v.entered <= ? ORDER BY v.mdtrt_id",
        call.institution.code, call.horizon,
    )  # fmt: skip


def _plan(row: sqlite3.Row) -> str:
    return f"P{row['mdtrt_id']}"


def _tasks(books: Books, call: Call) -> Output:
    """9604: today's task; none when nobody is in hospital or the period leaves today out."""
    asked, today = call.data, call.time[:10]
    if asked["medins_code"] != call.institution.code:
        raise BureauRefusal("只能查询本机构的查床任务")
    patients = _patients(books, call)
    if (
        not patients
        or not str(asked.get("begndate") or "")[:10] <= today <= str(asked.get("enddate") or "9999")[:10]
    ):
        return {"chkBedTask": []}
    details = [_detail(books, call, row) for row in patients]
    done = sum(1 for one in details if one["crtf_rslt"] in ("1", "4"))
    number = f"{call.institution.code}{today.replace('-', '')}"
    return {"chkBedTask": [{
        "task_id": f"T{number}", "bchno": f"B{number}", "medins_code": call.institution.code, "medins_name": call.institution.name,
        "dept_no": "A03", "dept_name": "全院", "task_stas": "5" if done == len(details) else "1", "task_dura": 24,
        "task_begntime": f"{today} 00:00:00", "task_endtime": f"{today} 23:59:59", "smpl_cnt": len(details), "fin_cnt": done,
        "pass_cnt": done, "sdry_isu_cnt": 0, "chkBedTaskDetail": details,
    }]}  # fmt: skip


def _detail(books: Books, call: Call, row: sqlite3.Row) -> dict[str, Any]:
    plan = _plan(row)
    passed, special, appeal = (live(books, call, kind, (plan,)) for kind in (PASSED, SPECIAL, BED_APPEAL))
    told: dict[str, Any] = {
        "plan_id": plan, "mdtrt_id": row["mdtrt_id"], "psn_no": row["psn_no"], "psn_name": row["name"], "psn_cert_type": "01",
        "certno": row["certno"], "crtf_rslt": "1" if passed else "4" if special else None,
        "crtf_time": passed.at if passed else special.at if special else None, "appl_stas": "0", "chk_stas": "0",
    }  # fmt: skip
    if special is not None:
        told |= {name: special.content.get(name) for name in ("sp_dcla_rea", "sp_dcla_dscr")}
    if appeal is not None:
        told |= _outcome(decision_of(books, call.now, appeal)) | {
            "appl_time": appeal.at,
            "appl_remarks": appeal.content["appl_rea"],
            "appler_name": appeal.content.get("appler_name"),
        }
    return told


def _outcome(decision: Decision | None) -> dict[str, Any]:
    """Tables ``appl_stas`` and ``chk_stas``, and who checked."""
    if decision is None:
        return {"appl_stas": "2"}
    return {
        "appl_stas": "3" if decision.passed else "4", "chk_stas": "1" if decision.passed else "3", "chk_time": decision.at,
        "chker_name": OFFICER, "chk_opnn": decision.opinion,
    }  # fmt: skip


DESKS: Final[Mapping[str, Desk]] = {
    "9601": Desk(_recognise, partial=True),
    "9602": Desk(_register),
    "9603": Desk(_model, partial=True),
    "9604": Desk(_tasks, writes=False, partial=True),
    "9605": Desk(_appeal),
}
