"""Reviewed for money: what may have been done is never called failed."""

from __future__ import annotations

import os
from decimal import Decimal
from typing import Any

from tests.serve.kit import Served, now
from tests.serve.test_flows import opening, step


def quoted(served: Served, key: str) -> None:
    """A visit up to its quote."""
    diagnosis = {
        "diag_type": "1", "diag_srt_no": 1, "diag_code": "I10.x00x002", "diag_name": "高血压", "diag_dept": "0301",
        "dise_dor_no": "D43000000001", "dise_dor_name": "沙箱医师", "diag_time": str(now()), "vali_flag": "1",
    }  # fmt: skip
    row = {
        "feedetl_sn": f"{key[2:]}1", "rx_circ_flag": "0", "fee_ocur_time": str(now()), "med_list_codg": "SBX-A-0001",
        "medins_list_codg": "H-1", "det_item_fee_sumamt": Decimal("37.20"), "cnt": Decimal(2), "pric": Decimal("18.60"),
        "bilg_dept_codg": "0301", "bilg_dept_name": "心血管内科", "bilg_dr_codg": "D43000000001", "bilg_dr_name": "沙箱医师",
        "hosp_appr_flag": "1",
    }  # fmt: skip
    steps: list[tuple[str, dict[str, Any]]] = [
        ("open", opening()), ("diagnose", {"diagnoses": [diagnosis], "dise_codg": "I10.x00x002", "dise_name": "高血压"}),
        ("charge", {"rows": [row]}), ("quote", {"acct_used_flag": "0"}),
    ]  # fmt: skip
    for name, body in steps:
        told = step(served, key, name, body)
        assert told.status == 200, told.json


def test_a_step_whose_answer_was_lost_is_polled_as_in_doubt(served: Served) -> None:
    key = f"MR{now():%d%H%M%S}{os.getpid()}"
    quoted(served, key)
    served.fault("2207", "drop_before")  # half an hour until it is known not to have been executed
    begun = step(served, key, "settle", {}, headers={"Prefer": "respond-async"})
    assert begun.status == 202
    polled = served.get(f"/operations/{begun.json['operation']}?wait=60").json
    assert (polled["status"], polled["error"]["code"]) == ("in_doubt", "flow_stopped"), polled
    for _ in range(2):  # the second one is in its own way: also that is no "not sent"
        again = step(served, key, "settle", {})
        assert (again.status, again.json["continue_with"]) == (504, "resume"), again.json


def test_a_partial_refund_is_sent_again(served: Served) -> None:
    key = f"MP{now():%d%H%M%S}{os.getpid()}"
    quoted(served, key)
    row = {
        "rx_circ_flag": "0", "fee_ocur_time": str(now()), "med_list_codg": "SBX-A-0001", "medins_list_codg": "H-1",
        "cnt": Decimal(1), "bilg_dept_codg": "0301", "bilg_dept_name": "心血管内科", "bilg_dr_codg": "D43000000001",
        "bilg_dr_name": "沙箱医师", "hosp_appr_flag": "1", "pric": Decimal("10.00"), "det_item_fee_sumamt": Decimal("10.00"),
    }  # fmt: skip
    rows = [{**row, "feedetl_sn": f"{key[2:]}{n}"} for n in (1, 2)]
    for name, body in (("charge", {"rows": rows}), ("quote", {"acct_used_flag": "0"}), ("settle", {})):
        assert step(served, key, name, body).status == 200
    first = step(served, key, "refund_part", {"keep": rows[:1]})
    again = step(served, key, "refund_part", {"keep": rows[:1]})
    assert (first.status, again.status) == (200, 200), again.json
    for name in ("given_back", "before"):
        assert again.json["result"][name] == first.json["result"][name]
