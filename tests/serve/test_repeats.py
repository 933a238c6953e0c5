"""The same request twice is one call: in parallel, after a kill, under its key and, by mistake, under another one."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.serve.kit import PERSON, Answer, Served, registration, settlement, start

AREA = {"insuplc_admdvs": "990101"}


def together(jobs: list[Any]) -> list[Answer]:
    """All at once, each in a thread of its own."""
    answers: list[Answer | None] = [None] * len(jobs)
    gate = threading.Barrier(len(jobs))

    def run(place: int) -> None:
        gate.wait(timeout=60)
        answers[place] = jobs[place]()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    return [answer for answer in answers if answer is not None]


def settled(served: Served, bill: Any) -> int:
    """How often the bureau has settled that bill."""
    visit = bill["data"]["mdtrt_id"]
    return sum(
        1 for row in served.ledger()["settlements"] if row["mdtrt_id"] == visit and not row.get("refund_of")
    )


@pytest.mark.parametrize("same", [True, False], ids=["one-key", "a-key-each"])
def test_many_at_once_settle_once(served: Served, same: bool) -> None:
    """A button that was pressed eight times: the key tells, and where it does not, the bill itself."""
    bill = settlement(served)
    served.fault("2207", "late", seconds=1)
    key = "parallel-1" if same else ""
    answers = together([lambda: served.call("2207", bill, options=AREA, key=key) for _ in range(8)])
    assert len(answers) == 8
    assert {a.status for a in answers} <= {200, 409}
    done = {a.json["operation"] for a in answers if a.status == 200}
    assert len(done) == 1
    assert {a.json["code"] for a in answers if a.status == 409} <= {"in_flight", "visit_busy"}
    assert settled(served, bill) == 1
    again = served.call("2207", bill, options=AREA, key=key)
    assert again.status == 200 and again.json["repeated"] is True
    assert {again.json["operation"]} == done
    assert settled(served, bill) == 1


def test_a_key_belongs_to_one_request(served: Served) -> None:
    bill, other = settlement(served), settlement(served)
    headers = {"Idempotency-Key": "key-of-one"}
    first = served.call("2207", bill, options=AREA, headers=headers)
    assert first.status == 200
    wrong = served.call("2207", other, options=AREA, headers=headers)
    assert (wrong.status, wrong.json["code"]) == (422, "idempotency_key_reused")
    assert settled(served, other) == 0
    wrong = served.call(
        "2208", {"data": {"setl_id": "1", "mdtrt_id": "1", "psn_no": "1"}}, options=AREA, headers=headers
    )
    assert (wrong.status, wrong.json["code"]) == (422, "idempotency_key_reused")
    again = served.call("2207", bill, options=AREA, headers=headers)
    assert again.headers["idempotency-replayed"] == "true"
    assert again.json["output"] == first.json["output"]


def test_the_same_content_in_other_bytes_is_the_same_request(served: Served) -> None:
    bill = settlement(served, "12.50")
    headers = {"Idempotency-Key": "other-bytes"}
    first = served.call("2207", bill, options=AREA, headers=headers)
    shuffled = {"data": dict(reversed(bill["data"].items())) | {"medfee_sumamt": Decimal("12.5")}}
    again = served.call("2207", shuffled, options=AREA, headers=headers)
    assert (first.status, again.status) == (200, 200)
    assert again.json["operation"] == first.json["operation"]


def test_a_key_of_another_hospital_is_another_key(served: Served) -> None:
    headers = {"Idempotency-Key": "shared-name"}
    first = served.call("2201", registration(), options=AREA, headers=headers)
    second = served.call(
        "2201", registration(), options=AREA, headers=headers, token="other", institution="H43000000002"
    )
    assert (first.status, second.status) == (200, 200)
    assert first.json["output"] != second.json["output"]


def test_a_stored_reply_is_told_after_the_business_was_taken_back(served: Served) -> None:
    """A late repetition must not settle again what was refunded meanwhile."""
    bill = settlement(served)
    headers = {"Idempotency-Key": "late-repetition"}
    first = served.call("2207", bill, options=AREA, headers=headers).json
    back = {
        "setl_id": first["output"]["setlinfo"]["setl_id"],
        "mdtrt_id": bill["data"]["mdtrt_id"],
        "psn_no": PERSON.psn_no,
    }
    assert served.call("2208", {"data": back}, options=AREA).status == 200
    before = settled(served, bill)
    again = served.call("2207", bill, options=AREA, headers=headers)
    assert again.status == 200
    assert again.json["output"]["setlinfo"]["setl_id"] == back["setl_id"]
    assert settled(served, bill) == before


def test_what_never_left_frees_its_key(served: Served) -> None:
    bill = settlement(served)
    headers = {"Idempotency-Key": "freed"}
    wrong = {"data": bill["data"] | {"psn_setlway": "999"}}
    assert served.call("2207", wrong, options=AREA, headers=headers).status == 422
    assert served.call("2207", bill, options=AREA, headers=headers).status == 200


def test_a_lost_answer_is_in_doubt_and_then_known(served: Served) -> None:
    bill = settlement(served)
    served.fault("2207", "drop_after")
    headers = {"Idempotency-Key": "lost-answer"}
    lost = served.call("2207", bill, options=AREA, headers=headers)
    assert (lost.status, lost.json["code"]) == (504, "outcome_unknown")
    name = lost.json["operation"]
    known = served.get(f"/operations/{name}?wait=60")
    assert known.json["status"] == "done", known.json
    again = served.call("2207", bill, options=AREA, headers=headers)
    assert again.status == 200 and again.json["operation"] == name
    assert settled(served, bill) == 1


@pytest.fixture
def killed(sandbox: dict[str, Any], tmp_path: Path) -> Iterator[list[Served]]:
    running: list[Served] = []
    yield running
    for service in running:
        service.stop()


def test_killed_between_request_and_answer(
    sandbox: dict[str, Any], tmp_path: Path, killed: list[Served]
) -> None:
    """SIGKILL while the bureau works: the next service knows the bill, and nothing is settled twice."""
    first = start(tmp_path, sandbox)
    killed.append(first)
    bill = settlement(first)
    first.fault("2207", "late", seconds=2)
    headers = {"Idempotency-Key": "kill-1"}
    begun = first.call("2207", bill, options=AREA, headers={**headers, "Prefer": "wait=0.5"})
    assert begun.status == 202
    first.stop(signal.SIGKILL)
    second = start(tmp_path, sandbox)
    killed.append(second)
    early = second.call("2207", bill, options=AREA, headers=headers)
    assert early.status in (200, 504), early.json
    if early.status == 504:
        assert (early.json["code"], early.json["operation"]) == ("outcome_unknown", begun.json["operation"])
        other = {"data": bill["data"] | {"invono": "9"}}
        assert second.call("2207", other, options=AREA, headers=headers).status == 422
        under_another = second.call("2207", bill, options=AREA)  # busy, or by now found out and told
        assert under_another.status == 409 or under_another.json["repeated"] is True
    known = second.get(f"/operations/{begun.json['operation']}?wait=120", seconds=150)
    assert known.json["status"] == "done", known.json
    assert second.get("/operations/kill-1").json["operation"] == begun.json["operation"]
    late = second.call("2207", bill, options=AREA, headers=headers)
    assert late.status == 200
    assert settled(second, bill) == 1


def test_a_stop_waits_for_what_is_under_way(sandbox: dict[str, Any], tmp_path: Path) -> None:
    served = start(tmp_path, sandbox)
    bill = settlement(served)
    served.fault("2207", "late", seconds=2)
    answers: list[Answer] = []
    caller = threading.Thread(target=lambda: answers.append(served.call("2207", bill, options=AREA)))
    caller.start()
    while not served.get("/operations").json["running"]:
        pass
    served.stop()
    caller.join(timeout=60)
    assert served.process.returncode == 0
    assert answers[0].status == 200
    assert answers[0].json["output"]["setlinfo"]["setl_id"]
