"""Visits: 2201 registration, 2202 its cancellation, 2203 / 2203A information and diagnoses.

States of a visit: registered → (information) → fees → settled. A registration can be cancelled only while it has no
fees and no live settlement. Registering twice makes two visits, as nothing in the message says that it is the same one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mi_plugins.sandbox.bureau.context import (
    Call,
    Output,
    VisitKind,
    insurance_of,
    move_visit,
    person_of,
    to_json,
    visit_of,
)
from mi_plugins.sandbox.bureau.people import check_certificate
from mi_plugins.sandbox.database import Books
from mi_plugins.sandbox.head import AREA
from mi_plugins.sandbox.refusal import BureauRefusal
from mi_plugins.sandbox.reimbursement import POLICIES

__all__ = [
    "cancel",
    "enter_diagnoses",
    "has_fees",
    "is_settled",
    "open_visit",
    "register",
    "upload_information",
]

_LETTERS: Final[Mapping[VisitKind, str]] = {"outpatient": "G", "inpatient": "Z", "pharmacy": "Y"}


def has_fees(books: Books, mdtrt_id: str) -> bool:
    """Whether any fee row is entered, settled or not."""
    return books.one("SELECT 1 FROM fee WHERE mdtrt_id = ? LIMIT 1", mdtrt_id) is not None


def is_settled(books: Books, mdtrt_id: str) -> bool:
    """Whether any batch of the visit has a live settlement."""
    found = books.one(
        "SELECT 1 FROM settlement WHERE mdtrt_id = ? AND kind = 'settlement' AND state = 'settled' LIMIT 1",
        mdtrt_id,
    )
    return found is not None


def open_visit(
    books: Books, call: Call, kind: VisitKind, data: Mapping[str, Any], number: str, med_type: str | None
) -> str:
    """A new visit; returns its ``mdtrt_id``. ``data`` is what was registered, ``number`` the institution's own number."""
    mdtrt_id = f"{AREA}{_LETTERS[kind]}{books.next_number('visit'):012d}"
    books.enter("visit", {
        "mdtrt_id": mdtrt_id, "kind": kind, "state": "open", "institution": call.institution.code, "psn_no": data["psn_no"],
        "insutype": data["insutype"], "area": call.area, "ipt_otp_no": number, "begntime": data["begntime"], "med_type": med_type,
        "registration": to_json(dict(data)), "msgid": call.msgid, "opter": call.opter, "opter_name": call.opter_name,
        "opt_time": call.time, "entered": call.stamp, "changed": call.stamp, "state_before": "open",
    })  # fmt: skip
    return mdtrt_id


def enter_diagnoses(books: Books, call: Call, mdtrt_id: str, inout: str) -> None:
    """Add or replace diagnoses by type and order; one with ``vali_flag`` 0 is removed. ``inout``: 1 admission, 2 discharge."""
    for row in call.input.get("diseinfo") or ():
        key = (mdtrt_id, inout, row["diag_type"], int(row["diag_srt_no"]))
        books.run(
            "DELETE FROM diagnosis WHERE mdtrt_id = ? AND inout = ? AND diag_type = ? AND diag_srt_no = ?",
            *key,
        )
        if row.get("vali_flag", "1") == "1":
            books.run(
                "INSERT INTO diagnosis VALUES (?,?,?,?,?,?,?,?)",
                *key,
                to_json(dict(row)),
                call.opter,
                call.opter_name,
                call.time,
            )


def register(books: Books, call: Call) -> Output:
    """2201: a new visit; the bureau gives it its ``mdtrt_id``."""
    data = call.data
    person = person_of(books, data["psn_no"])
    if person["certno"] != data["certno"] or person["name"] != data["psn_name"]:
        raise BureauRefusal("挂号信息中的证件号码或姓名与参保登记不一致")
    check_certificate(person, data["mdtrt_cert_type"], data["mdtrt_cert_no"], data.get("card_sn"))
    insurance = insurance_of(books, call, data["psn_no"], data["insutype"])
    if insurance["status"] != "1":
        raise BureauRefusal("该险种当前处于暂停参保状态，不能办理挂号")
    if data["insutype"] not in POLICIES:
        raise BureauRefusal(f"险种{data['insutype']}未开通门诊结算")
    if data["psn_type"] != insurance["psn_type"]:
        raise BureauRefusal("人员类别[psn_type]与参保登记不一致")
    mdtrt_id = open_visit(books, call, "outpatient", data, data["ipt_otp_no"], None)
    return {
        "data": {
            "mdtrt_id": mdtrt_id,
            "psn_no": data["psn_no"],
            "ipt_otp_no": data["ipt_otp_no"],
            "exp_content": None,
        }
    }


def cancel(books: Books, call: Call) -> Output:
    """2202: withdraw the registration, only when there are no fees and nothing is settled."""
    data = call.data
    visit = visit_of(books, call, data["mdtrt_id"], data["psn_no"])
    if visit["ipt_otp_no"] != data["ipt_otp_no"]:
        raise BureauRefusal("门诊号与该就诊登记的不一致")
    if is_settled(books, visit["mdtrt_id"]):
        raise BureauRefusal("该就诊存在有效结算，须先撤销结算")
    if has_fees(books, visit["mdtrt_id"]):
        raise BureauRefusal("该就诊尚有费用明细，须先撤销明细")
    move_visit(books, call, visit["mdtrt_id"], "cancelled")
    return None


def upload_information(books: Books, call: Call) -> Output:
    """2203 (hospitals) and 2203A (pharmacies): type of care, disease, diagnoses; may be repeated until fees are settled."""
    if (call.infno == "2203A") != call.institution.is_pharmacy:
        raise BureauRefusal("定点零售药店使用2203A，医疗机构使用2203")
    info: Mapping[str, Any] = call.input["mdtrtinfo"]
    visit = visit_of(books, call, info["mdtrt_id"], info["psn_no"])
    mdtrt_id = visit["mdtrt_id"]
    if is_settled(books, mdtrt_id):
        raise BureauRefusal("该就诊已结算，就诊信息不可变更")
    if visit["med_type"] not in (None, info["med_type"]) and has_fees(books, mdtrt_id):
        raise BureauRefusal("同一就诊只允许一种医疗类别，已有费用时不可更换")
    books.run(
        "UPDATE visit SET med_type = ?, information = ? WHERE mdtrt_id = ?",
        info["med_type"],
        to_json(dict(info)),
        mdtrt_id,
    )
    enter_diagnoses(books, call, mdtrt_id, "1")
    return None
