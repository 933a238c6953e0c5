"""A whole visit step by step over HTTP: each step may be sent again, and a wrong one says what stands."""

from __future__ import annotations

import os
from decimal import Decimal
from typing import Any

from mi_core.serve.steps import STEPS, kinds, steps
from tests.serve.kit import PERSON, SECOND, Served, now


def step(served: Served, key: str, name: str, body: Any, **more: Any) -> Any:
    return served.step("outpatient", key, name, body, **more)


def opening() -> dict[str, Any]:
    return {
        "patient": {"mdtrt_cert_type": "02", "mdtrt_cert_no": PERSON.certno, "certno": PERSON.certno, "psn_name": PERSON.name},
        "med_type": "11", "dept_code": "0301", "dept_name": "心血管内科", "caty": "A03.04", "atddr_no": "D43000000001",
        "dr_name": "沙箱医师", "begntime": str(now()), "choose_row": "310",
    }  # fmt: skip


def test_a_visit_is_opened_charged_settled_and_refunded(served: Served) -> None:
    key = f"MZ{now():%d%H%M%S}{os.getpid()}"
    opened = step(served, key, "open", opening())
    assert opened.status == 200, opened.json
    assert opened.json["result"]["mdtrt_id"] and opened.json["standing"]["stage"] == "registered"
    assert (
        step(served, key, "open", opening()).json["result"]["mdtrt_id"] == opened.json["result"]["mdtrt_id"]
    )
    diagnosis = {
        "diag_type": "1", "diag_srt_no": 1, "diag_code": "I10.x00x002", "diag_name": "高血压", "diag_dept": "0301",
        "dise_dor_no": "D43000000001", "dise_dor_name": "沙箱医师", "diag_time": str(now()), "vali_flag": "1",
    }  # fmt: skip
    assert (
        step(
            served,
            key,
            "diagnose",
            {"diagnoses": [diagnosis], "dise_codg": "I10.x00x002", "dise_name": "高血压"},
        ).status
        == 200
    )
    row = {
        "feedetl_sn": f"{key[2:]}1", "rx_circ_flag": "0", "fee_ocur_time": str(now()), "med_list_codg": "SBX-A-0001",
        "medins_list_codg": "H-1", "det_item_fee_sumamt": Decimal("37.20"), "cnt": Decimal(2), "pric": Decimal("18.60"),
        "bilg_dept_codg": "0301", "bilg_dept_name": "心血管内科", "bilg_dr_codg": "D43000000001", "bilg_dr_name": "沙箱医师",
        "hosp_appr_flag": "1",
    }  # fmt: skip
    charged = step(served, key, "charge", {"rows": [row]})
    assert charged.status == 200, charged.json
    assert charged.json["result"]["total"] == Decimal("37.20")
    quote = step(served, key, "quote", {"acct_used_flag": "1"})
    assert quote.json["result"]["amounts"]["medfee_sumamt"] == Decimal("37.20")
    begun = step(served, key, "settle", {}, headers={"Prefer": "respond-async"})
    assert begun.status == 202
    settled = served.get(f"/operations/{begun.json['operation']}?wait=60").json
    assert settled["result"]["amounts"]["medfee_sumamt"] == Decimal("37.20"), settled
    again = step(served, key, "settle", {}).json
    assert again["result"]["setl_id"] == settled["result"]["setl_id"]
    where = served.get(f"/flows/outpatient/{key}").json
    assert where["standing"]["stage"] == "settled"
    refund = step(served, key, "refund", {})
    assert refund.json["result"]["amounts"]["medfee_sumamt"] == Decimal("-37.20")
    assert (
        served.get(f"/flows/outpatient/{key}", token="other", institution=SECOND).json["standing"]["stage"]
        == "new"
    )


def test_further_bills_of_a_visit(served: Served) -> None:
    key = f"MZB{now():%d%H%M%S}{os.getpid()}"
    assert step(served, key, "open", opening()).status == 200
    diagnosis = {
        "diag_type": "1", "diag_srt_no": 1, "diag_code": "I10.x00x002", "diag_name": "高血压", "diag_dept": "0301",
        "dise_dor_no": "D43000000001", "dise_dor_name": "沙箱医师", "diag_time": str(now()), "vali_flag": "1",
    }  # fmt: skip
    told = {"diagnoses": [diagnosis], "dise_codg": "I10.x00x002", "dise_name": "高血压"}
    assert step(served, key, "diagnose", told).status == 200
    for number, bill in enumerate(("YF1", "JY1"), 1):
        row = {
            "feedetl_sn": f"{key[3:]}{number}", "rx_circ_flag": "0", "fee_ocur_time": str(now()), "med_list_codg": "SBX-A-0001",
            "medins_list_codg": "H-1", "det_item_fee_sumamt": Decimal("18.60"), "cnt": Decimal(1), "pric": Decimal("18.60"),
            "bilg_dept_codg": "0301", "bilg_dept_name": "心血管内科", "bilg_dr_codg": "D43000000001", "bilg_dr_name": "沙箱医师",
            "hosp_appr_flag": "1",
        }  # fmt: skip
        assert step(served, key, "charge", {"rows": [row], "bill": bill}).status == 200
        assert step(served, key, "quote", {"acct_used_flag": "0", "bill": bill}).status == 200
    settled = [step(served, key, "settle", {"bill": bill}).json for bill in ("YF1", "JY1")]
    assert [one["bill"] for one in settled] == ["YF1", "JY1"]
    assert len({one["result"]["setl_id"] for one in settled}) == 2, settled
    assert served.get(f"/flows/outpatient/{key}?bill=YF1").json["standing"]["stage"] == "settled"
    assert served.get(f"/flows/outpatient/{key}").json["standing"]["stage"] == "registered"
    assert step(served, key, "refund", {"bill": "YF1"}).status == 200
    assert served.get(f"/flows/outpatient/{key}?bill=JY1").json["standing"]["stage"] == "settled"
    for wrong in ("0000", "", 7):
        assert step(served, key, "quote", {"acct_used_flag": "0", "bill": wrong}).status == 422
    assert served.step("pharmacy", key, "refund", {"bill": "YF1"}).status == 422


def test_a_step_that_does_not_fit_says_what_stands(served: Served) -> None:
    answer = step(served, "MZ-none", "settle", {})
    assert (answer.status, answer.json["code"], answer.json["step"]) == (409, "flow_stopped", "settle")
    assert "医保端现状" in answer.json["hint"]


def test_arguments_are_checked_together(served: Served) -> None:
    answer = step(served, "MZ-wrong", "open", {"patient": {"psn_name": "甲"}, "begntime": 5, "patience": -1})
    assert answer.status == 422
    assert {"patience"} <= {p["field"] for p in answer.json["problems"]}
    answer = step(served, "MZ-wrong", "open", {"patient": {"psn_name": "甲"}, "begntime": 5})
    assert {"patient", "begntime", "med_type", "caty"} <= {p["field"] for p in answer.json["problems"]}
    assert step(served, "MZ-wrong", "ask", {}).status == 404
    assert step(served, "MZ-wrong", "_settle", {}).status == 404
    assert step(served, "MZ-wrong", "charge", {"rows": {}}).json["problems"][0]["field"] == "rows"


def test_every_flow_of_the_package_has_its_routes() -> None:
    assert {"outpatient", "inpatient", "pharmacy", "registration"} <= set(kinds())
    assert {"open", "diagnose", "charge", "quote", "settle", "refund", "abandon", "resume"} <= set(
        steps(kinds()["outpatient"])
    )
    untold = {
        (name, step) for name, flow in kinds().items() for step in {*steps(flow)} - {*STEPS[name], "resume"}
    }
    assert untold == set()  # each has its Chinese name, and its calls say whether it needs a key
