"""Who a person is and what they are entitled to: 1101, 1201, 2001; signing in and out: 9001, 9002."""

from __future__ import annotations

import datetime as dt
import sqlite3
from decimal import Decimal
from typing import Any, Final

from mi_plugins.sandbox.bureau.context import Call, Output, insurance_of, person_of
from mi_plugins.sandbox.database import Books
from mi_plugins.sandbox.money import yuan
from mi_plugins.sandbox.refusal import BureauRefusal
from mi_plugins.sandbox.reimbursement import INPATIENT, POLICIES

__all__ = [
    "age_on",
    "check_certificate",
    "check_entitlement",
    "find_institution",
    "find_person",
    "person_fields",
    "sign_in",
    "sign_out",
]  # fmt: skip

FUNDS: Final = {"310": "330100", "390": "390200"}
"""What pays beside the pool, by insurance type."""
INPATIENT_CARE: Final = ("21", "22", "28", "52")
"""How the codes of inpatient ``med_type`` begin."""


def age_on(born: str, day: dt.date) -> Decimal:
    """Age in years with one decimal (``number(4,1)``)."""
    days = (day - dt.date.fromisoformat(born)).days
    return (Decimal(days) / Decimal("365.25")).quantize(Decimal("0.1"), rounding="ROUND_DOWN")


def person_fields(person: sqlite3.Row, day: dt.date) -> dict[str, Any]:
    """The eight fields that name a person in replies, in the order of the specification."""
    return {
        "psn_no": person["psn_no"], "psn_name": person["name"], "psn_cert_type": "01", "certno": person["certno"],
        "gend": person["gend"], "naty": "1", "brdy": person["brdy"], "age": age_on(person["brdy"], day),
    }  # fmt: skip


def check_certificate(person: sqlite3.Row, kind: str, number: str | None, card_sn: str | None) -> None:
    """Refuse a voucher (``mdtrt_cert_type`` 01 token, 02 identity card, 03 social security card) that is not the person's.

    Inpatient interfaces may leave the number out; then there is nothing to compare.
    """
    if not number:
        return
    column = {"01": "token", "02": "certno", "03": "card_no"}[kind]
    if person[column] != number:
        raise BureauRefusal("就诊凭证与人员不符，请重新读取凭证")
    if kind == "03" and person["card_sn"] != card_sn:
        raise BureauRefusal("卡识别码[card_sn]核验不通过")


def find_person(books: Books, call: Call) -> Output:
    """1101: the person of a voucher, with all insurances and identities."""
    data = call.data
    person = books.one("SELECT * FROM person WHERE certno = ?", data["certno"])
    if person is None or data["psn_cert_type"] != "01" or person["name"] != data["psn_name"]:
        raise BureauRefusal("按所给证件与姓名未检索到参保登记")
    check_certificate(person, data["mdtrt_cert_type"], data["mdtrt_cert_no"], data.get("card_sn"))
    rows = books.all("SELECT * FROM insurance WHERE psn_no = ? ORDER BY position", person["psn_no"])
    kinds = books.all("SELECT kind FROM person_identity WHERE psn_no = ? ORDER BY kind", person["psn_no"])
    return {
        "baseinfo": person_fields(person, call.now.date()) | {"exp_content": None},
        "insuinfo": [
            {
                "balc": yuan(row["balance"]), "insutype": row["insutype"], "psn_type": row["psn_type"],
                "psn_insu_stas": row["status"], "psn_insu_date": row["since"], "paus_insu_date": row["paused"],
                "cvlserv_flag": row["cvlserv"], "insuplc_admdvs": row["area"], "emp_name": row["employer"] or None,
            }
            for row in rows
        ],
        "idetinfo": [
            {
                "psn_idet_type": row["kind"], "psn_type_lv": None, "memo": None,
                "begntime": f"{call.now.year}-01-01 00:00:00", "endtime": f"{call.now.year}-12-31 23:59:59",
            }
            for row in kinds
        ],
    }  # fmt: skip


def find_institution(books: Books, call: Call) -> Output:
    """1201: an institution by its code, or by a part of its name."""
    wanted = call.input["medinsinfo"]
    code, name = wanted.get("fixmedins_code"), wanted.get("fixmedins_name")
    for one in books.institutions.values():
        if (
            one.kind != wanted["fixmedins_type"]
            or (code and one.code != code)
            or (name and name not in one.name)
        ):
            continue
        return {
            "medinsinfo": {
                "fixmedins_code": one.code, "fixmedins_name": one.name, "uscc": one.uscc, "fixmedins_type": one.kind,
                "hosp_lv": one.hosp_lv, "exp_content": None,
            }
        }  # fmt: skip
    raise BureauRefusal("没有符合条件的定点医药机构")


def check_entitlement(books: Books, call: Call) -> Output:
    """2001: for each fund of the insurance type whether the person is entitled."""
    data = call.data
    person_of(books, data["psn_no"])
    if data["fixmedins_code"] != call.institution.code:
        raise BureauRefusal("待遇检查的机构与发送机构不同")
    insurance = insurance_of(books, call, data["psn_no"], data["insutype"])
    reason = None
    if insurance["status"] != "1":
        reason = f"自{insurance['paused']}起暂停参保，不享受待遇"
    elif data["insutype"] not in POLICIES:
        reason = "该险种不享受门诊统筹待遇"
    return {
        "trtinfo": [
            {
                "psn_no": data["psn_no"], "trt_chk_type": "01", "fund_pay_type": fund,
                "trt_enjymnt_flag": "0" if reason else "1", "begndate": f"{call.now.year}-01-01",
                "enddate": f"{call.now.year}-12-31", "trt_chk_rslt": reason, "exp_content": None,
            }
            for fund in _funds(data["insutype"], data["med_type"])
        ]
    }  # fmt: skip


def _funds(insutype: str, med_type: str) -> tuple[str, ...]:
    policy = (INPATIENT if med_type.startswith(INPATIENT_CARE) else POLICIES).get(insutype)
    return ("999997",) if policy is None else (policy.fund, FUNDS[insutype])


def sign_in(books: Books, call: Call) -> Output:
    """9001: a sign-in number for this operator and day; signing in again gives a new one."""
    number = f"{call.now:%Y%m%d}{books.next_number('sign_in'):010d}"
    operator = call.input["signIn"]["opter_no"]
    books.run(
        "INSERT INTO sign_in VALUES (?,?,?,?,0)",
        number,
        call.institution.code,
        operator,
        f"{call.now:%Y-%m-%d}",
    )
    return {"signinoutb": {"sign_time": call.time, "sign_no": number}}


def sign_out(books: Books, call: Call) -> Output:
    """9002: ends a sign-in of today."""
    asked = call.input["signOut"]
    changed = books.run(
        "UPDATE sign_in SET signed_out = 1 WHERE sign_no = ? AND institution = ? AND opter_no = ? AND day = ? AND signed_out = 0",
        asked["sign_no"], call.institution.code, asked["opter_no"], f"{call.now:%Y-%m-%d}",
    )  # fmt: skip
    if not changed:
        raise BureauRefusal("未找到该操作员当日有效的签到")
    return {"sign_time": {"sign_time": call.time}}
