"""Stays in hospital: 2401 admission, 2403 change, 2402 discharge and the ways back, 2404 and 2405.

::

    2401 ─► open ──2402──► discharged ──2304 final──► settled
             │  ▲              │   ▲                     │
          2404  └─────2405─────┘   └────────2305─────────┘
             ▼
         cancelled

In ``open``: fees (2301, 2302), changes (2403) and mid-stay settlements (2304 with ``mid_setl_flag`` 1, any number).
2404 only without fees and live settlements; 2405 only while the final settlement is not there. A person is in one
hospital at a time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mi_plugins.sandbox.bureau.context import (
    Call,
    Output,
    insurance_of,
    move_visit,
    person_of,
    to_json,
    visit_of,
)
from mi_plugins.sandbox.bureau.people import INPATIENT_CARE, check_certificate
from mi_plugins.sandbox.bureau.visits import enter_diagnoses, has_fees, is_settled, open_visit
from mi_plugins.sandbox.database import Books
from mi_plugins.sandbox.refusal import BureauRefusal
from mi_plugins.sandbox.reimbursement import INPATIENT

__all__ = ["admit", "cancel_admission", "cancel_discharge", "change", "discharge", "is_finally_settled"]


def is_finally_settled(books: Books, mdtrt_id: str) -> bool:
    """Whether the stay has a live settlement that is no mid-stay settlement."""
    found = books.one(
        "SELECT 1 FROM settlement WHERE mdtrt_id = ? AND kind = 'settlement' AND state = 'settled' AND mid = 0 LIMIT 1",
        mdtrt_id,
    )
    return found is not None


def admit(books: Books, call: Call) -> Output:
    """2401: a new stay; the bureau gives it its ``mdtrt_id``."""
    info: Mapping[str, Any] = call.input["mdtrtinfo"]
    if call.institution.is_pharmacy:
        raise BureauRefusal("定点零售药店不办理住院")
    person = person_of(books, info["psn_no"])
    if person["certno"] != info["certno"]:
        raise BureauRefusal("证件号码[certno]与参保登记不一致")
    check_certificate(person, info["mdtrt_cert_type"], info.get("mdtrt_cert_no"), info.get("card_sn"))
    insurance = insurance_of(books, call, info["psn_no"], info["insutype"])
    if insurance["status"] != "1":
        raise BureauRefusal("该险种当前处于暂停参保状态，不能办理入院")
    if info["insutype"] not in INPATIENT:
        raise BureauRefusal(f"险种{info['insutype']}未开通住院结算")
    if info["insuplc_admdvs"] != call.area:
        raise BureauRefusal("入参参保地与报文头参保地医保区划[insuplc_admdvs]不同")
    if not info["med_type"].startswith(INPATIENT_CARE):
        raise BureauRefusal(f"医疗类别{info['med_type']}不是住院类别")
    there = books.one(
        "SELECT institution, ipt_otp_no FROM visit WHERE psn_no = ? AND kind = 'inpatient' AND state = 'open'",
        info["psn_no"],
    )
    if there is not None and not call.allow_repeats:
        raise BureauRefusal(
            f"该人员在{books.institutions[there['institution']].name}住院（住院号{there['ipt_otp_no']}），尚未出院"
        )
    mdtrt_id = open_visit(books, call, "inpatient", info, info["ipt_no"], info["med_type"])
    enter_diagnoses(books, call, mdtrt_id, "1")
    return {"result": {"mdtrt_id": mdtrt_id, "exp_content": None}}


def change(books: Books, call: Call) -> Output:
    """2403: replace the admission's information while the person is in hospital; diagnoses by type and order."""
    info: Mapping[str, Any] = call.input["adminfo"]
    visit = visit_of(books, call, info["mdtrt_id"], info["psn_no"], "inpatient")
    mdtrt_id = visit["mdtrt_id"]
    if visit["state"] != "open":
        raise BureauRefusal("该次住院已办理出院，入院信息不可变更")
    if not info["med_type"].startswith(INPATIENT_CARE):
        raise BureauRefusal(f"医疗类别{info['med_type']}不是住院类别")
    if info["med_type"] != visit["med_type"] and is_settled(books, mdtrt_id):
        raise BureauRefusal("该次住院已有中途结算，医疗类别不可变更")
    books.run(
        "UPDATE visit SET med_type = ?, ipt_otp_no = ?, begntime = ?, information = ? WHERE mdtrt_id = ?",
        info["med_type"],
        info["ipt_otp_no"],
        info["begntime"],
        to_json(dict(info)),
        mdtrt_id,
    )
    enter_diagnoses(books, call, mdtrt_id, "1")
    return None


def discharge(books: Books, call: Call) -> Output:
    """2402: the person leaves; from now on only the final settlement is possible."""
    info: Mapping[str, Any] = call.input["dscginfo"]
    visit = visit_of(books, call, info["mdtrt_id"], info["psn_no"], "inpatient")
    mdtrt_id = visit["mdtrt_id"]
    if visit["state"] != "open":
        raise BureauRefusal("该次住院已办理出院，请勿重复办理")
    if visit["insutype"] != info["insutype"]:
        raise BureauRefusal("出院险种与入院登记的险种不同")
    if info["endtime"] < visit["begntime"]:
        raise BureauRefusal(f"出院时间早于入院时间{visit['begntime']}")
    books.run(
        "UPDATE visit SET endtime = ?, discharge = ? WHERE mdtrt_id = ?",
        info["endtime"],
        to_json(dict(info)),
        mdtrt_id,
    )
    move_visit(books, call, mdtrt_id, "discharged")
    enter_diagnoses(books, call, mdtrt_id, "2")
    return None


def cancel_discharge(books: Books, call: Call) -> Output:
    """2405: back in hospital, unless the final settlement was made."""
    visit = visit_of(books, call, call.data["mdtrt_id"], call.data["psn_no"], "inpatient")
    mdtrt_id = visit["mdtrt_id"]
    if visit["state"] != "discharged":
        raise BureauRefusal("该次住院尚未办理出院，无出院可撤销")
    if is_finally_settled(books, mdtrt_id):
        raise BureauRefusal("该次住院已出院结算，须先撤销结算")
    books.run("UPDATE visit SET endtime = NULL, discharge = NULL WHERE mdtrt_id = ?", mdtrt_id)
    books.run("DELETE FROM diagnosis WHERE mdtrt_id = ? AND inout = '2'", mdtrt_id)
    move_visit(books, call, mdtrt_id, "open")
    return None


def cancel_admission(books: Books, call: Call) -> Output:
    """2404: as if never admitted; refused when there are fees or a live settlement, or after discharge."""
    visit = visit_of(books, call, call.data["mdtrt_id"], call.data["psn_no"], "inpatient")
    mdtrt_id = visit["mdtrt_id"]
    if visit["state"] != "open":
        raise BureauRefusal("该次住院已办理出院，须先撤销出院")
    if is_settled(books, mdtrt_id):
        raise BureauRefusal("该次住院存在有效结算，须先撤销结算")
    if has_fees(books, mdtrt_id):
        raise BureauRefusal("该次住院尚有费用明细，须先撤销明细")
    move_visit(books, call, mdtrt_id, "cancelled")
    return None
