"""A cashier with flows at a sandbox over HTTP; used by the tests of this folder."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from mi_core.flows import Patient
from mi_plugins.sandbox.persons import DOCUMENTED

NOON = dt.datetime(2025, 3, 3, 12, 0)
DEPARTMENT: dict[str, Any] = {"dept_code": "A03", "dept_name": "内科", "caty": "A03"}


def patient(number: int = 0) -> Patient:
    one = DOCUMENTED[number]
    return Patient(mdtrt_cert_type="02", mdtrt_cert_no=one.certno, certno=one.certno, psn_name=one.name)


def diagnosis(**more: Any) -> dict[str, Any]:
    return {
        "diag_type": "1", "diag_srt_no": 1, "diag_code": "I10", "diag_name": "高血压", "diag_dept": "A03", "dise_dor_no": "D1",
        "dise_dor_name": "医师", "diag_time": NOON, "vali_flag": "1",
    } | more  # fmt: skip


def fee(
    serial: int, amount: str, *, item: str = "SBX-A-0001", count: str = "1", **more: Any
) -> dict[str, Any]:
    total = Decimal(amount)
    return {
        "feedetl_sn": str(serial), "rx_circ_flag": "0", "fee_ocur_time": NOON, "med_list_codg": item, "medins_list_codg": f"H-{item}",
        "det_item_fee_sumamt": total, "cnt": Decimal(count), "pric": round(total / Decimal(count), 6), "bilg_dept_codg": "A03",
        "bilg_dept_name": "内科", "bilg_dr_codg": "D1", "bilg_dr_name": "医师", "hosp_appr_flag": "0",
    } | more  # fmt: skip


ADMISSION: dict[str, Any] = {
    "atddr_no": "D1", "chfpdr_name": "医师", "adm_diag_dscr": "脑梗死", "adm_dept_codg": "A03", "adm_dept_name": "内科",
    "adm_bed": "12", "dscg_maindiag_code": "I63.9", "dscg_maindiag_name": "脑梗死",
}  # fmt: skip
DISCHARGE: dict[str, Any] = {"dscg_dept_codg": "A03", "dscg_dept_name": "内科", "dscg_way": "1"}


def ward_diagnosis(**more: Any) -> dict[str, Any]:
    found = diagnosis(diag_code="I63.9", diag_name="脑梗死", maindiag_flag="1")
    del found["vali_flag"]
    return found | more


def bed_fee(serial: int, amount: str, *, count: str = "1", **more: Any) -> dict[str, Any]:
    found = fee(serial, amount, count=count, **more)
    del found["rx_circ_flag"]
    return found


def drug(serial: int, amount: str, *, count: str = "1") -> dict[str, Any]:
    total = Decimal(amount)
    return {
        "feedetl_sn": str(serial), "rx_circ_flag": "0", "fee_ocur_time": NOON, "med_list_codg": "SBX-A-0001",
        "medins_list_codg": "P-1", "det_item_fee_sumamt": total, "cnt": Decimal(count), "pric": total / Decimal(count),
    }  # fmt: skip
