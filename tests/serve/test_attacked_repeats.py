"""A step that was done before says so, also under another key: a cashier pays out once."""

from __future__ import annotations

from tests.serve.kit import Served, keyed
from tests.serve.test_reviewed_answers import quoted


def test_a_second_click_under_a_key_of_its_own_is_told_as_a_repetition(served: Served) -> None:
    key = f"MR{keyed()['Idempotency-Key'][1:].replace('-', '')}"
    quoted(served, key)
    first, second = (served.step("outpatient", key, "settle", {}).json for _ in range(2))
    assert first["result"]["setl_id"] == second["result"]["setl_id"]
    assert (first["repeated"], second["repeated"]) == (False, True)
    back, again = (served.step("outpatient", key, "refund", {}).json for _ in range(2))
    assert back["result"]["amounts"] == again["result"]["amounts"]
    assert (back["repeated"], again["repeated"]) == (False, True), "the money was handed out already"
