"""Flow steps under their keys: what they answer when they are sent again, late, after a restart, and after a crash."""

from __future__ import annotations

import signal
from typing import Any

from tests.serve.kit import Served, keyed, now
from tests.serve.test_flows import opening
from tests.serve.test_reviewed_answers import quoted


def test_a_flow_step_that_changes_something_needs_a_key_and_keeps_its_answer(restarted: Any) -> None:
    first = restarted()
    key = f"MK{keyed()['Idempotency-Key'][1:].replace('-', '')}"
    told = first.step("outpatient", key, "open", opening(), once=None)
    assert (told.status, told.json["code"]) == (400, "idempotency_key_required")
    assert first.get(f"/flows/outpatient/{key}").json["standing"]["stage"] == "new"
    quoted(first, key)
    for _ in range(2):  # a question is asked anew, whatever header a program sends with everything
        told = first.step("outpatient", key, "quote", {"acct_used_flag": "0"}, once="session-1")
        assert told.status == 200 and "idempotency-replayed" not in told.headers
    done = first.step("outpatient", key, "settle", {}, once="s-1")
    assert done.status == 200
    assert first.step("outpatient", key, "refund", {}, once="s-1").json["code"] == "idempotency_key_reused"
    assert first.step("outpatient", key, "refund", {}, once="s-1-back").status == 200
    assert first.step("outpatient", key, "quote", {"acct_used_flag": "0"}, once=None).status == 200
    late = first.step("outpatient", key, "settle", {}, once="s-1")
    assert (late.status, late.json) == (200, {**done.json, "repeated": True})
    assert first.get(f"/flows/outpatient/{key}").json["standing"]["setl_ids"] == []
    second = restarted()
    late = second.step("outpatient", key, "settle", {}, once="s-1")
    assert (late.status, late.json) == (200, {**done.json, "repeated": True})
    known = second.get(f"/operations/{done.json['operation']}").json
    assert (known["status"], known["result"]) == ("done", done.json["result"])
    anew = second.step("outpatient", key, "settle", {}, once="s-2")
    assert anew.json["result"]["setl_id"] != done.json["result"]["setl_id"]


def test_a_step_that_was_cut_off_says_how_it_goes_on(restarted: Any) -> None:
    first = restarted()
    key = f"MC{keyed()['Idempotency-Key'][1:].replace('-', '')}"
    quoted(first, key)
    first.fault("2207", "late", seconds=2)
    begun = first.step("outpatient", key, "settle", {}, once="cut-1", headers={"Prefer": "wait=0.5"})
    assert begun.status == 202
    first.stop(signal.SIGKILL)
    second = restarted()
    known = second.get(f"/operations/{begun.json['operation']}").json
    assert (known["status"], known["code"]) == ("in_doubt", "interrupted")
    assert (
        f"/flows/outpatient/{key}" in known["error"]["hint"] and "Idempotency-Key" in known["error"]["hint"]
    )
    again = second.step("outpatient", key, "settle", {"patience": 60}, once="cut-1", seconds=120)
    assert again.status == 200, again.json
    assert second.get(f"/operations/{begun.json['operation']}").json["result"] == again.json["result"]


def test_a_step_that_stopped_half_way_goes_on_under_its_key(served: Served) -> None:
    """The refund stands, the new quote was refused: the same request goes on, it is not told its refusal for ever."""
    key = f"MH{keyed()['Idempotency-Key'][1:].replace('-', '')}"
    quoted(served, key)
    row = {
        "rx_circ_flag": "0", "fee_ocur_time": str(now()), "med_list_codg": "SBX-A-0001", "medins_list_codg": "H-1", "cnt": 1,
        "bilg_dept_codg": "0301", "bilg_dept_name": "心血管内科", "bilg_dr_codg": "D43000000001", "bilg_dr_name": "沙箱医师",
        "hosp_appr_flag": "1", "pric": 10, "det_item_fee_sumamt": 10,
    }  # fmt: skip
    rows = [{**row, "feedetl_sn": f"{key[2:]}{n}"} for n in (1, 2)]
    for name, body in (("charge", {"rows": rows}), ("quote", {"acct_used_flag": "0"}), ("settle", None)):
        assert (
            served.step("outpatient", key, name, body).status == 200
        )  # a step without arguments needs no body
    served.fault("2206", "unlisted_refusal")
    keep = {"keep": rows[:1]}
    first = served.step("outpatient", key, "refund_part", keep, once=f"{key}-part")
    assert (first.status, first.json["continue_with"]) == (422, "resume"), first.json
    assert served.get(f"/operations/{key}-part").json["status"] == "stopped"
    again = served.step("outpatient", key, "refund_part", keep, once=f"{key}-part")
    assert (again.status, again.json["repeated"]) == (200, False), again.json
    late = served.step("outpatient", key, "refund_part", keep, once=f"{key}-part")
    assert late.json == {**again.json, "repeated": True}
