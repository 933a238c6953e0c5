"""The classifier on replies as bytes: the table of the journal design, and hostile input."""

from __future__ import annotations

import json
from decimal import Decimal, localcontext
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mi_core.classify import Refusals, Sent, Verdict, classify_failure, classify_reply
from mi_core.interfaces import by_code
from mi_core.model import Behaviour, Identity
from mi_core.money import identity_findings
from mi_core.types import Outcome
from mi_core.wire import ReplyMalformed, read_reply
from tests.core.calls import PSN, output

MSGID = "H43000000001202403011200000001"
SENT = Sent(MSGID, PSN)
MONEY = by_code("2207").behaviour
QUERY = by_code("5203").behaviour
STATE = by_code("2404").behaviour


def verdict(
    body: Any,
    behaviour: Behaviour = MONEY,
    status: int = 200,
    sent: Sent = SENT,
    refusals: Refusals | None = None,
) -> Verdict:
    content = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    reply = read_reply(content, strict=behaviour.effect != "query")
    return classify_reply(behaviour, status, reply, sent, refusals or Refusals())


def good(**changes: Any) -> dict[str, Any]:
    return {"infcode": 0, "output": output(MSGID, **changes)}


@pytest.mark.parametrize("infcode", [0, "0", 0.0, "0 "])
def test_confirmed(infcode: Any) -> None:
    found = verdict({**good(), "infcode": infcode})
    assert (found.outcome, found.discrepancies) == (Outcome.CONFIRMED, ())


@pytest.mark.parametrize(
    ("code", "data", "outcome"),
    [
        ("6203", {"refdSn": "1", "refStatus": "SUCC"}, Outcome.CONFIRMED),
        ("6203", {"refdSn": "1", "refStatus": "FAIL"}, Outcome.IN_DOUBT),
        ("6203", {"refdSn": "1", "refStatus": "EXP"}, Outcome.IN_DOUBT),
        ("6202", {"payOrdId": "1", "ordStas": "6"}, Outcome.CONFIRMED),
        ("6202", {"payOrdId": "1", "ordStas": "15"}, Outcome.IN_DOUBT),
        ("6401", {"success": True}, Outcome.CONFIRMED),
        ("6401", {"success": "false"}, Outcome.IN_DOUBT),
    ],
)
def test_a_status_is_a_proof_only_where_it_says_success(code: str, data: Any, outcome: Outcome) -> None:
    found = verdict({"infcode": 0, "output": {"data": data}}, by_code(code).behaviour)
    assert found.outcome is outcome


@pytest.mark.parametrize("infcode", [None, "", "00", True, False, "ok", -1, "-1", 1, -2, 0.5, "０", [], {}])
def test_nothing_else_is_success(infcode: Any) -> None:
    assert verdict({**good(), "infcode": infcode}).outcome is Outcome.IN_DOUBT


@pytest.mark.parametrize("proof", [None, "", " ", [], {}, False, ...])
def test_no_proof_no_confirmation(proof: Any) -> None:
    found = verdict(good(setl_id=proof))
    assert found.outcome is Outcome.IN_DOUBT and found.executed


def test_message_id_may_be_missing_but_not_another() -> None:
    assert verdict(good(medins_setl_id=...)).outcome is Outcome.CONFIRMED
    assert verdict(good(medins_setl_id="")).outcome is Outcome.CONFIRMED
    assert verdict(good(medins_setl_id=MSGID[:-1] + "2")).outcome is Outcome.IN_DOUBT
    assert verdict({**good(), "msgid": "other"}).outcome is Outcome.IN_DOUBT
    assert verdict({**good(), "msgid": MSGID}).outcome is Outcome.CONFIRMED


def test_person() -> None:
    assert verdict(good(psn_no="1")).evidence == "another person"
    assert verdict(good(psn_no="1"), sent=Sent(MSGID, None)).outcome is Outcome.CONFIRMED


def test_rows_instead_of_one_object() -> None:
    body = good()
    body["output"]["setlinfo"] = [body["output"]["setlinfo"]]
    assert verdict(body).outcome is Outcome.CONFIRMED
    body["output"]["setlinfo"].append({"setl_id": "S2", "psn_no": "1"})
    assert verdict(body).outcome is Outcome.IN_DOUBT


@pytest.mark.parametrize("status", [199, 201, 204, 301, 302, 400, 401, 403, 404, 500, 502, 504])
def test_other_http_statuses_prove_nothing(status: int) -> None:
    found = verdict(good(), status=status)
    assert (found.outcome, found.evidence) == (Outcome.IN_DOUBT, f"http {status}")


def test_gateway_refusal() -> None:
    for code in (401, "401"):
        for status in (200, 401):
            found = verdict({"code": code, "message": "非法用户!"}, status=status)
            assert found.outcome is Outcome.REJECTED and found.by_gateway and found.reason == "非法用户!"
    for body in (
        {"code": 401, "message": "x", "infcode": 0},
        {"code": 401, "output": {}},
        {"code": 402, "message": "x"},
    ):
        assert verdict(body).outcome is Outcome.IN_DOUBT
    assert verdict({"code": 401, "message": "x"}, status=502).outcome is Outcome.IN_DOUBT


def test_refusal_list() -> None:
    listed = Refusals(["就诊[*]不存在", "* ", "a.c"])
    for text, known in {
        "就诊[1]不存在": True,
        " 就诊[]不存在 ": True,
        "就诊[1]不存在了": False,
        "": False,
        "abc": False,
        "a.c": True,
    }.items():
        found = verdict({"infcode": -1, "err_msg": text}, refusals=listed)
        assert found.outcome is (Outcome.REJECTED if known else Outcome.IN_DOUBT), text
        assert found.likely_refused is not known
    assert verdict({"infcode": -2, "err_msg": "a.c"}, refusals=listed).outcome is Outcome.IN_DOUBT


def test_proof_is_infcode_alone_where_the_document_says_so() -> None:
    assert verdict({"infcode": 0}, STATE).outcome is Outcome.CONFIRMED
    assert verdict({"infcode": -1, "err_msg": "x"}, STATE).likely_refused


def test_reads() -> None:
    assert verdict({"infcode": 0, "output": None}, QUERY).outcome is Outcome.CONFIRMED
    assert verdict({"infcode": -1, "err_msg": "x"}, QUERY).outcome is Outcome.REJECTED
    assert verdict({"infcode": 7, "message": "y"}, QUERY).reason == "y"
    assert verdict({}, QUERY).outcome is Outcome.IN_DOUBT


def test_failures_without_a_reply() -> None:
    assert classify_failure(nothing_left=True, evidence="dns").outcome is Outcome.NOT_SENT
    assert classify_failure(nothing_left=False, evidence="timeout").outcome is Outcome.IN_DOUBT


def test_verdict_and_sent_hide_what_may_be_personal() -> None:
    assert "PERSON" not in repr(Verdict(Outcome.REJECTED, "x", reason="PERSON")) + repr(Sent("m", "PERSON"))


SUM = Identity("setlinfo", "total", ("a", "b"))


@pytest.mark.parametrize(
    ("row", "rules"),
    [
        ({"total": "0.3", "a": Decimal("0.1"), "b": Decimal("0.2")}, []),
        ({"total": 1, "a": 1, "b": 0}, []),
        ({"total": "1E+2", "a": "99.99", "b": "0.01"}, []),
        ({"total": "-5", "a": "-2", "b": "-3.00"}, []),
        ({"total": "0.30", "a": "0.1", "b": "0.19"}, ["identity"]),
        ({"total": "1", "a": "1"}, ["identity_incomplete"]),
        ({"total": "1", "a": "1", "b": ""}, ["identity_incomplete"]),
        ({"total": "NaN", "a": "1", "b": "1"}, ["identity_incomplete"]),
        ({"total": True, "a": "1", "b": "0"}, ["identity_incomplete"]),
    ],
)
def test_identities(row: dict[str, Any], rules: list[str]) -> None:
    with localcontext(prec=2):
        assert [d.rule for d in identity_findings(SUM, [row])] == rules


def test_identity_relations_and_missing_nodes() -> None:
    below = attrs.evolve(SUM, relation="<=")
    assert identity_findings(below, [{"total": 3, "a": 1, "b": 1}]) == []
    (found,) = identity_findings(below, [{"total": 1, "a": 1, "b": 1}])
    assert (found.expected, found.actual) == (1, 2)
    assert [d.rule for d in identity_findings(SUM, [])] == ["identity_incomplete"]


scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["0", MSGID, PSN, "S1"])
)
values = st.recursive(scalars, lambda v: st.lists(v, max_size=3) | st.dictionaries(st.sampled_from(
    ["setlinfo", "setl_id", "psn_no", "medins_setl_id", "medfee_sumamt", "x"]), v, max_size=4), max_leaves=12)  # fmt: skip
heads = st.fixed_dictionaries({}, optional={
    "infcode": st.sampled_from([0, "0", -1, "-1", None, 1]) | scalars, "output": values, "err_msg": scalars, "code": scalars,
    "message": scalars, "msgid": scalars})  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(
    body=heads | values,
    status=st.sampled_from([200, 200, 401, 502]),
    code=st.sampled_from(["2207", "2404", "2204", "5203", "2601"]),
)
def test_never_raises_and_never_confirms_without_proof(body: Any, status: int, code: str) -> None:
    behaviour = by_code(code).behaviour
    try:
        found = verdict(json.dumps(body).encode(), behaviour, status)
    except ReplyMalformed:
        return
    if found.outcome is Outcome.CONFIRMED:
        assert status == 200 and str(body["infcode"]).strip() in ("0", "0.0", "-0.0")
        if code == "2207":
            assert "setl_id" in json.dumps(body)
    assert found.outcome is not Outcome.NOT_SENT


@settings(max_examples=300, deadline=None)
@given(raw=st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_bytes(raw: bytes) -> None:
    try:
        found = verdict(raw)
    except ReplyMalformed:
        return
    assert found.outcome is Outcome.IN_DOUBT or found.by_gateway
