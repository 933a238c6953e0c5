"""A settlement under every failure: sent exactly once, and the caller is told the truth."""

from __future__ import annotations

import asyncio
import json
import traceback
from typing import Any

import pytest

from mi_core import (
    BureauRefused,
    GatewayRefused,
    GatewayUnreachable,
    InvalidInput,
    NotSent,
    OutcomeUnknown,
)
from mi_core.plugin import CallSeen, hookimpl
from mi_core.types import Outcome
from tests.core.calls import (
    CERTNO,
    HOSPITAL,
    PSN,
    client,
    in_turn,
    refused,
    settled,
    settlement,
    with_plugins,
)
from tests.plugins import bad_server as bad
from tests.plugins.bad_server import bad_server


async def test_confirmed() -> None:
    async with bad_server(settled()) as server, client(server.url) as mi:
        reply = await mi.call(settlement(), insuplc_admdvs="430100")
    info = reply.setlinfo
    assert str(info.fund_pay_sumamt) == "100" and str(info.psn_part_amt) == "28.50"
    meta = reply.meta
    sent = json.loads(server.requests[0])
    assert meta.msgid == sent["msgid"] == info.medins_setl_id and meta.inf_refmsgid == "R1"
    assert meta.discrepancies == () and meta.raw and meta.operation_id
    assert sent["insuplc_admdvs"] == "430100" and sent["mdtrtarea_admvs"] == "439900"
    assert sent["inf_time"].translate(str.maketrans("", "", "-: ")) == sent["msgid"][12:26]
    assert b'"medfee_sumamt":128.50' in server.requests[0]


@pytest.mark.parametrize("kind", bad.AFTER_SEND)
async def test_one_send_and_outcome_unknown(kind: str) -> None:
    async with bad_server(bad.AFTER_SEND[kind]) as server, client(server.url) as mi:
        with pytest.raises(OutcomeUnknown) as caught:
            await mi.call(settlement())
        await asyncio.sleep(0.05)
        assert len(server.requests) == 1, "a settlement is never sent again"
    error = caught.value
    assert error.resolve_with == ("5203", "3202", "2601") and error.evidence
    assert error.interface == "2207" and error.institution == HOSPITAL and error.operation_id
    assert error.msgid == json.loads(server.requests[0])["msgid"]
    for lang in ("zh", "en"):
        assert "5203" in error.message(lang) and error.msgid in error.message(lang)
    assert "不要重复提交" in error.message("zh")


@pytest.mark.parametrize("fault", [bad.drop_before_reading, bad.reset_before_reading])
async def test_dropped_on_connection_is_in_doubt(fault: bad.Fault) -> None:
    async with bad_server(before=fault) as server, client(server.url) as mi:
        with pytest.raises(OutcomeUnknown) as caught:
            await mi.call(settlement())
        # a connection that is dropped before the row is on disk carried nothing: one more is made, and only that one sends
        assert server.connections in (1, 2)
        assert mi.journal is not None and caught.value.operation_id is not None
        (attempt,) = mi.journal.read.attempts(caught.value.operation_id)
        assert attempt.msgid == caught.value.msgid


async def test_refused_connection_is_not_sent(unused_tcp_port: int) -> None:
    async with client(f"http://127.0.0.1:{unused_tcp_port}/") as mi:
        with pytest.raises(GatewayUnreachable) as caught:
            await mi.call(settlement())
        assert isinstance(caught.value, NotSent) and "可以重新调用" in str(caught.value)
        with pytest.raises(GatewayUnreachable):
            await mi.call(settlement())  # the visit is free: nothing left


DOUBTS: dict[str, tuple[bad.Fault, str]] = {
    "proof missing": (settled(setl_id=...), "proof missing"),
    "proof empty": (settled(setl_id=""), "proof missing"),
    "another person": (settled(psn_no="999"), "another person"),
    "another message": (settled(medins_setl_id="H43000000001202001010000000001"), "another message id"),
    "no output": (settled(head={"output": None}), "proof missing"),
    "output is prose": (settled(head={"output": "成功"}), "output unreadable"),
    "infcode 1": (refused("x", 1), "infcode 1"),
    "infcode -2": (refused("x", "-2"), "infcode -2"),
    "no infcode": (bad.reply({"output": {}}), "no infcode"),
    "duplicate keys": (
        bad.reply(b'{"infcode":0,"infcode":0,"output":{"setlinfo":{"setl_id":"1"}}}'),
        "unreadable",
    ),
    "NaN": (
        bad.reply(b'{"infcode":0,"output":{"setlinfo":{"setl_id":"1","medfee_sumamt":NaN}}}'),
        "unreadable",
    ),
    "gateway 500": (bad.reply({"code": 500, "message": "x"}), "no infcode"),
    "a list": (bad.reply(b"[]"), "unreadable"),
    "unlisted refusal": (refused("不认识的文本"), "unlisted refusal"),
}


@pytest.mark.parametrize("kind", DOUBTS)
async def test_replies_that_prove_nothing(kind: str) -> None:
    fault, evidence = DOUBTS[kind]
    async with bad_server(fault) as server, client(server.url) as mi:
        with pytest.raises(OutcomeUnknown) as caught:
            await mi.call(settlement())
        assert len(server.requests) == 1
    assert caught.value.evidence.startswith(evidence)
    assert caught.value.raw and caught.value.status == 200
    assert caught.value.likely_refused is (kind == "unlisted refusal")


@pytest.mark.parametrize("status", ["200 OK", "401 Unauthorized"])
async def test_gateway_refusal(status: str) -> None:
    async def refuse(exchange: bad.Exchange) -> None:
        await exchange.answer('{"code":401,"message":"签名时间戳超时!"}'.encode(), status=status)

    async with bad_server(refuse) as server, client(server.url) as mi:
        for _ in range(2):  # the visit stays free
            with pytest.raises(GatewayRefused, match="签名时间戳超时"):
                await mi.call(settlement())
        assert len(server.requests) == 2


async def test_known_refusal_is_rejected_and_frees_the_visit() -> None:
    listed = {"refusals": ["就诊信息*不存在"]}
    async with (
        bad_server(in_turn(refused("就诊信息[V1]不存在"), settled())) as server,
        client(server.url, institution=listed) as mi,
    ):
        with pytest.raises(BureauRefused) as caught:
            await mi.call(settlement())
        assert caught.value.reason == "就诊信息[V1]不存在"
        assert (await mi.call(settlement())).setlinfo.setl_id == "S1"


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"fund_pay_sumamt": "100.01"}, "identity"),
        ({"hosp_part_amt": ...}, "identity_incomplete"),
        ({"acct_pay": None}, "identity_incomplete"),
        ({"psn_cash_pay": "abc"}, "identity_incomplete"),
        ({"psn_no": ...}, "person_missing"),
    ],
)
async def test_discrepancies_ride_on_a_confirmed_reply(changes: dict[str, Any], rule: str) -> None:
    seen: list[str] = []

    class Watch:
        @hookimpl
        def mi_observe_discrepancy(self, call: CallSeen, discrepancy: Any) -> None:
            seen.append(f"{call.interface} {discrepancy.rule}")

    async with (
        bad_server(settled(**changes)) as server,
        client(server.url, plugins=with_plugins(("watch", Watch()))) as mi,
    ):
        reply = await mi.call(settlement())
    assert [d.rule for d in reply.meta.discrepancies] == [rule]
    assert all(d.zh and d.en for d in reply.meta.discrepancies)
    assert seen == [f"2207 {rule}"]


@pytest.mark.parametrize(
    "output",
    [
        '{"setlinfo": [1]}',
        '{"setlinfo": {"setl_id": "S1", "brdy": {"a": 1}, "setl_time": 5, "medfee_sumamt": [] }}',
    ],
)
async def test_after_confirmed_nothing_raises(output: str) -> None:
    async def odd(exchange: bad.Exchange) -> None:
        await exchange.answer(f'{{"infcode":"0","output":{output}}}'.encode())

    async with bad_server(odd) as server, client(server.url) as mi:
        if "S1" not in output:
            with pytest.raises(OutcomeUnknown):
                await mi.call(settlement())
        else:
            reply = await mi.call(settlement())
            assert reply.setlinfo.setl_id == "S1" and reply.setlinfo.medfee_sumamt is None
            assert reply.meta.problems and reply.meta.discrepancies


@pytest.mark.parametrize("setl_id", [7, "S1"])
@pytest.mark.parametrize("rows", [False, True])
async def test_odd_shapes_of_a_confirmed_reply(setl_id: Any, rows: bool) -> None:
    """Proof as number or flag, a list instead of an object: confirmed, and the reply is there."""

    async def odd(exchange: bad.Exchange) -> None:
        info = {"setl_id": setl_id, "psn_no": PSN}
        body = {
            "infcode": 0,
            "output": {"setlinfo": [info] if rows else info, "setldetail": {"fund_pay_type": "1"}},
        }
        await exchange.answer(json.dumps(body).encode())

    async with bad_server(odd) as server, client(server.url) as mi:
        reply = await mi.call(settlement())
    assert reply.meta.raw and reply.meta.msgid
    if setl_id is not True:
        assert reply.setlinfo.setl_id == str(setl_id) and reply.setldetail[0].fund_pay_type == "1"


def test_a_reply_that_no_class_can_hold() -> None:
    from mi_core.interfaces import OutpatientSettlementResponse
    from mi_core.pipeline.reading import undecoded

    reply, problems = undecoded(OutpatientSettlementResponse, ValueError("x"))
    assert isinstance(reply, OutpatientSettlementResponse) and problems[0].rule == "decode"
    assert reply.meta.raw == b"" and repr(reply)


async def test_json_inside_a_string_is_opened() -> None:
    async def text(exchange: bad.Exchange) -> None:
        inner = json.dumps({"setlinfo": {"setl_id": "S9", "psn_no": PSN}})
        await exchange.answer(json.dumps({"infcode": 0, "output": inner}).encode())

    async with bad_server(text) as server, client(server.url) as mi:
        assert (await mi.call(settlement())).setlinfo.setl_id == "S9"


async def test_warnings_do_not_stop_a_call() -> None:
    wrong_digit = CERTNO[:-1] + ("0" if CERTNO[-1] != "0" else "1")
    async with bad_server(settled()) as server, client(server.url) as mi:
        reply = await mi.call(settlement(certno=wrong_digit))
        assert [(w.field, w.severity) for w in reply.meta.warnings] == [("certno", "warning")]
        assert wrong_digit not in str(reply.meta.warnings)
        assert (await mi.call(settlement())).meta.warnings == ()


async def test_invalid_input_sends_nothing() -> None:
    async with bad_server(settled()) as server, client(server.url) as mi:
        with pytest.raises(InvalidInput) as caught:
            await mi.call(settlement(med_type="nonsense", psn_no="", medfee_sumamt="NaN"))
        assert len(caught.value.problems) >= 3
        with pytest.raises(InvalidInput) as head:
            await mi.call(settlement(), operator={"id": "", "name": "长" * 51, "type": "12345"})
        assert {p.field for p in head.value.problems} == {"opter", "opter_name", "opter_type"}
        with pytest.raises(TypeError, match="call_raw"):
            await mi.call({"psn_no": "1"})  # type: ignore[arg-type]  # the test is that this is refused
        assert server.connections == 0


async def test_observers_see_the_outcome() -> None:
    seen: list[tuple[Outcome, str]] = []

    class Watch:
        @hookimpl
        def mi_observe_after_call(self, outcome: Outcome, evidence: str) -> None:
            seen.append((outcome, evidence))

    plugins = with_plugins(("watch", Watch()))
    fault = in_turn(settled(), bad.bad_gateway)
    async with bad_server(fault) as server, client(server.url, plugins=plugins) as mi:
        await mi.call(settlement())
        with pytest.raises(OutcomeUnknown):
            await mi.call(settlement(mdtrt_id="V2"))
    assert seen == [(Outcome.CONFIRMED, "proof"), (Outcome.IN_DOUBT, "http 502")]


async def test_no_personal_data_or_key_in_errors_and_logs(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    wrong_digit = CERTNO[:-1] + ("0" if CERTNO[-1] != "0" else "1")
    async with bad_server(bad.bad_gateway) as server, client(server.url) as mi:
        try:
            await mi.call(settlement(certno=wrong_digit, mdtrt_cert_no=wrong_digit))
        except OutcomeUnknown as error:
            text = "".join(traceback.format_exception(error)) + repr(error) + caplog.text
    for secret in (wrong_digit, CERTNO, PSN, "test-sk-0123456789"):
        assert secret not in text
