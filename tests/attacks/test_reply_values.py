"""Values inside a reply: what proves a settlement, what does not, and that nothing a gateway writes breaks the caller."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest

from mi_core import CallError, GatewayRefused, MiError, OutcomeUnknown
from mi_core.interfaces import by_code
from mi_core.model import Identity
from mi_core.money import identity_findings
from tests.core.calls import PSN, client, query, settled, settlement
from tests.plugins.bad_server import Exchange, Fault, bad_server, reply


@pytest.mark.parametrize(
    "setl_id",
    ["", " ", "\u3000", None, [], {}, ["S1"], {"a": "S1"}, False, True, 0, "0", "0000", "null", "NULL", "undefined", "None"],
)  # fmt: skip
async def test_no_settlement_id_no_confirmation(setl_id: Any) -> None:
    """A settlement that cannot be cancelled by its id is not proven. ``null`` as a text is what many serialisers write."""
    async with bad_server(settled(setl_id=setl_id)) as server, client(server.url) as mi:
        with pytest.raises(OutcomeUnknown) as caught:
            await mi.call(settlement())
        assert caught.value.evidence.startswith("proof missing") and len(server.requests) == 1


@pytest.mark.parametrize("amount", ["9e999999", "9E+999999999", "1E-999999999", "-9e999999", "1e300"])
@pytest.mark.parametrize("name", ["psn_part_amt", "medfee_sumamt"])
async def test_an_absurd_amount_does_not_undo_a_confirmation(name: str, amount: str) -> None:
    """After Confirmed nothing may raise: the reply stays, with a discrepancy."""
    changes = {name: amount, "psn_cash_pay": amount, "fund_pay_sumamt": amount}
    async with bad_server(settled(**changes)) as server, client(server.url) as mi:
        found = await mi.call(settlement())
    assert found.setlinfo.setl_id == "S1" and found.meta.raw
    assert found.meta.discrepancies


@pytest.mark.parametrize(
    "amount", ["１００", "1_00", "100\u00a0", "1e2", "0x64", "٤", "100,00", "100元", "∞"]
)
async def test_an_amount_that_is_no_json_number_never_balances(amount: str) -> None:
    """Only what the typed reply reads as the same number may satisfy the identity."""
    async with bad_server(settled(fund_pay_sumamt=amount)) as server, client(server.url) as mi:
        found = await mi.call(settlement())
    read = found.setlinfo.fund_pay_sumamt
    assert read == 100 or found.meta.discrepancies, "the check read a number where the caller gets none"


@pytest.mark.parametrize(
    ("part", "holds"), [("-80", True), ("-100", True), ("-100.01", False), ("20", False)]
)
def test_a_refund_has_negative_sums(part: str, holds: bool) -> None:
    """2103, 2305: parts of a refund lie between its total and 0."""
    rows = [{"t": Decimal("-100"), "a": Decimal(part), "b": "0"}]
    assert (identity_findings(Identity("n", "t", ("a", "b"), "<="), rows) == []) is holds


async def test_the_sums_of_2208_use_its_own_name_for_cash() -> None:
    request = by_code("2208").request.from_dict({"setl_id": "S1", "psn_no": PSN, "mdtrt_id": "V1"})

    def fault(**changes: Any) -> Fault:
        info = {"setl_id": "S2", "psn_no": PSN, "medfee_sumamt": -128.5, "fund_pay_sumamt": -100, "psn_part_amt": -28.5,
                "hosp_part_amt": 0, "acct_pay": -8.5, "pdn_cash_pay": -20, **changes}  # fmt: skip
        return reply({"infcode": "0", "output": {"setlinfo": info}})

    for changes, rules in (
        ({}, []),
        ({"pdn_cash_pay": "-20.01"}, ["identity"]),
        ({"pdn_cash_pay": None, "psn_cash_pay": -20}, ["identity_incomplete"]),
        ({"pdn_cash_pay": 20}, ["identity"]),
    ):
        async with bad_server(fault(**changes)) as server, client(server.url) as mi:
            assert [d.rule for d in (await mi.call(request)).meta.discrepancies] == rules


@pytest.mark.parametrize("wrong", ["0.01", "-0.01", "0.001"])
async def test_a_cent_is_seen(wrong: str) -> None:
    fund = str(Decimal("100") + Decimal(wrong))
    async with bad_server(settled(fund_pay_sumamt=fund)) as server, client(server.url) as mi:
        assert [d.rule for d in (await mi.call(settlement())).meta.discrepancies] == ["identity"]


@pytest.mark.parametrize(
    "body",
    [
        '{"infcode":0,"output":{"setlinfo":{"setl_id":"1","setl_i\\u0064":"2"}}}',
        '{"infcode":0,"output":{"setlinfo":{"setl_id":"1"},"a":[{"b":[{"c":1,"\\u0063":2}]}]}}',
        '{"infcode":-1,"infcod\\u0065":0,"output":{"setlinfo":{"setl_id":"1"}}}',
        '{"infcode":0,"infcode" : -1,"output":{"setlinfo":{"setl_id":"1"}}}',
        '{"infcode":0,"output":{"setlinfo":{"setl_id":"1"}},"output":{"setlinfo":{"setl_id":"1"}}}',
        '{"infcode":0,"output":"{\\"setlinfo\\":{\\"setl_id\\":\\"1\\",\\"setl_id\\":\\"2\\"}}"}',
        '{"infcode":0,"output":{"setlinfo":{"setl_id":"1","x":Infinity}}}',
        '{"infcode":0,"output":{"setlinfo":{"setl_id":"1","x":1e400}}}',
        '{"infcode":0,"output":{"setlinfo":{"setl_id":"1","x":' + "1" * 41 + "}}}",
        '{"infcode":0,"output":{"setlinfo":{"setl_id":"1","x":' + "[" * 40 + "]" * 40 + "}}}",
        '{"infcode":0,"output":' + json.dumps(json.dumps(json.dumps({"setlinfo": {"setl_id": "1"}}))) + "}",
        '{"infcode":1e-400,"output":{"setlinfo":{"setl_id":"1"}}}',
        '{"infcode":[0],"output":{"setlinfo":{"setl_id":"1"}}}',
        '{"infcode":"00","output":{"setlinfo":{"setl_id":"1"}}}',
        '{"infcode":true,"output":{"setlinfo":{"setl_id":"1"}}}',
        '{"infcode":false,"output":{"setlinfo":{"setl_id":"1"}}}',
        '{"infcode":"-0","output":{"setlinfo":{"setl_id":"1"}}}',
        '{"infcode":"0.0","output":{"setlinfo":{"setl_id":"1"}}}',
        '{"infcode":null,"output":{"setlinfo":{"setl_id":"1"}}}',
        '[{"infcode":0,"output":{"setlinfo":{"setl_id":"1"}}}]',
    ],
)  # fmt: skip
async def test_ambiguous_replies_prove_nothing(body: str) -> None:
    async with bad_server(reply(body.encode())) as server, client(server.url) as mi:
        with pytest.raises(OutcomeUnknown) as caught:
            await mi.call(settlement())
        assert len(server.requests) == 1 and caught.value.raw == body.encode()


@pytest.mark.parametrize(
    "extra",
    [
        {"inf_refmsgid": "43000020240301"},
        {"output": {}},
        {"infcode": 0},
        {"respond_time": "20240301120000000"},
    ],
)
async def test_a_401_that_the_centre_has_touched_is_no_refusal_of_the_gateway(extra: dict[str, Any]) -> None:
    """Only the gateway's own answer proves that the bureau never saw the message."""
    async with bad_server(reply({"code": 401, "message": "x", **extra})) as server, client(server.url) as mi:
        with pytest.raises(OutcomeUnknown):
            await mi.call(settlement())
    del server


@pytest.mark.parametrize("body", [{"code": 401}, {"code": 401, "message": None}, {"code": 401, "message": {"a": 1}}])  # fmt: skip
async def test_a_401_without_a_text_is_no_known_answer(body: dict[str, Any]) -> None:
    """The four refusals of the gateway all carry a text (``{"code":401,"message":…}``)."""
    async with bad_server(reply(body)) as server, client(server.url) as mi:
        with pytest.raises(OutcomeUnknown):
            await mi.call(settlement())
    del server


async def test_the_gateways_own_refusal_is_one() -> None:
    async with bad_server(reply({"code": 401, "message": "非法用户!"})) as server, client(server.url) as mi:
        with pytest.raises(GatewayRefused):
            await mi.call(settlement())
    del server


@pytest.mark.parametrize("person", ["4300000000000000000", PSN + "0", "0" + PSN, PSN.replace("1", "１")])
async def test_a_person_that_only_looks_alike(person: str) -> None:
    async with bad_server(settled(psn_no=person)) as server, client(server.url) as mi:
        with pytest.raises(OutcomeUnknown):
            await mi.call(settlement())
    del server


async def test_blanks_around_the_persons_number_do_not_make_another_person() -> None:
    """Pasted with a blank; the bureau trims it. A settled visit must not end as another person's."""
    async with bad_server(settled()) as server, client(server.url) as mi:
        try:
            found = await mi.call(settlement(psn_no=f" {PSN} "))
        except MiError as error:
            assert not isinstance(error, OutcomeUnknown), "refuse the blank, or accept the person"
            assert server.connections == 0
        else:
            assert found.setlinfo.psn_no == PSN


HEADS: dict[str, bytes] = {
    "a huge exponent": b'{"infcode":0,"inf_refmsgid":1e30000,"output":{}}',
    "a huge negative exponent": b'{"infcode":0,"inf_refmsgid":1e-30000,"output":{}}',
    "a huge time": b'{"infcode":0,"refmsg_time":1e30000,"respond_time":1e30000,"output":{}}',
    "5000 digits": b'{"infcode":0,"inf_refmsgid":' + b"1" * 5000 + b',"output":{}}',
    "5000 digits as infcode": b'{"infcode":' + b"1" * 5000 + b',"output":{}}',
    "a time that does not exist": b'{"infcode":0,"refmsg_time":"20240231999999999","output":{}}',
    "objects for texts": b'{"infcode":0,"inf_refmsgid":{"a":[]},"err_msg":[1],"output":{}}',
}


@pytest.mark.parametrize("kind", HEADS)
async def test_an_absurd_head_of_a_reads_reply(kind: str) -> None:
    """Thirty bytes from the gateway must neither stop the event loop nor raise what is no MiError."""

    async def fault(exchange: Exchange) -> None:
        await exchange.answer(HEADS[kind])

    async with bad_server(fault) as server, client(server.url) as mi:
        started = time.monotonic()
        with suppress(CallError):
            await mi.call(query())
        assert time.monotonic() - started < 1.9
    del server
