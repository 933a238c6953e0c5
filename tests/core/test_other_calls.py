"""Many, raw and bound calls; messages of other kinds; several institutions."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal

import pytest

from mi_core import (
    AsyncClient,
    BureauRefused,
    ConfigError,
    InvalidInput,
    MiError,
    NotSent,
    OutcomeUnknown,
)
from mi_core.interfaces import by_code
from tests.core.calls import (
    CERTNO,
    HOSPITAL,
    PSN,
    client,
    config,
    in_turn,
    query,
    refused,
    settled,
    settlement,
)
from tests.plugins import bad_server as bad
from tests.plugins.bad_server import bad_server

FOUND = bad.reply(
    {"infcode": "0", "output": {"setlinfo": {"setl_id": "S1", "medfee_sumamt": "12345678901234.56"}}}
)


async def test_call_many_keeps_order_and_goes_on() -> None:
    inside = most = 0

    async def mixed(exchange: bad.Exchange) -> None:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        await asyncio.sleep(0.02)
        inside -= 1
        asked = json.loads(exchange.request)["input"]["data"]["mdtrt_id"]
        await (refused("不行") if asked == "V3" else settled())(exchange)

    requests = [settlement(mdtrt_id=f"V{i}") for i in range(10)]
    requests[5] = settlement(mdtrt_id="V5", psn_no="")
    async with bad_server(mixed) as server, client(server.url) as mi:
        results = await mi.call_many(requests, concurrency=3)
        assert len(server.requests) == 9 and most == 3
        assert await mi.call_many([]) == []
        with pytest.raises(ValueError, match="concurrency"):
            await mi.call_many(requests, concurrency=0)
    kinds = [type(r) for r in results]
    assert kinds[3] is OutcomeUnknown and kinds[5] is InvalidInput
    assert all(not isinstance(r, MiError) for i, r in enumerate(results) if i not in (3, 5))


async def test_call_raw() -> None:
    async with bad_server(FOUND) as server, client(server.url) as mi:
        data = {"data": {"psn_no": PSN, "setl_id": "S1", "mdtrt_id": "V1"}}
        output = await mi.call_raw("5203", data, insuplc_admdvs="430100")
        assert output["setlinfo"]["medfee_sumamt"] == Decimal("12345678901234.56")
        assert json.loads(server.requests[0])["input"] == data
        for code, wrong in (("5203", {"data": {**data["data"], "psn_nо": "x"}}), ("0000", {}), ("5203", {})):
            with pytest.raises(InvalidInput):
                await mi.call_raw(code, wrong)
        assert len(server.requests) == 1


async def test_bound() -> None:
    async with bad_server(FOUND) as server, client(server.url) as mi:
        window = mi.bound(operator={"id": "W3", "name": "三号窗口"}, insuplc_admdvs="430100")
        await window.call(query())
        await window.bound(insuplc_admdvs="430200").call(query(), operator={"id": "W4", "name": "四号"})
        with pytest.raises(TypeError):
            mi.bound(colour="red")
    first, second = (json.loads(r) for r in server.requests)
    assert (first["opter"], first["opter_name"], first["insuplc_admdvs"]) == ("W3", "三号窗口", "430100")
    assert (second["opter"], second["insuplc_admdvs"]) == ("W4", "430200")


async def test_no_operator_is_a_problem_of_the_head() -> None:
    async with bad_server(FOUND) as server, client(server.url, institution={"operator": {}}) as mi:
        with pytest.raises(InvalidInput) as caught:
            await mi.call(query())
        assert {p.field for p in caught.value.problems} == {"opter_type", "opter", "opter_name"}


@pytest.mark.parametrize("code", ["6204", "7108"])
async def test_interfaces_that_the_platform_calls(code: str) -> None:
    interface = by_code(code)
    async with client("http://127.0.0.1:9/") as mi:
        request = object.__new__(interface.request)
        with pytest.raises(InvalidInput, match="平台"):
            await mi.call(request)


async def test_messages_of_the_payment_centre_need_their_gateway() -> None:
    data = {
        "payOrdId": "P1",
        "orgCodg": HOSPITAL,
        "payToken": "T",
        "idNo": CERTNO,
        "userName": "张三",
        "idType": "01",
    }
    async with bad_server(FOUND) as server, client(server.url) as mi:
        with pytest.raises(NotSent, match="移动支付中心"):
            await mi.call_raw("6301", {"data": data})
        assert server.connections == 0


async def test_messages_without_a_head() -> None:
    """4261–4263: the body is the input itself, the answer ``{code, type, message, data}``."""
    data = {"fixmedinsCode": HOSPITAL, "pageNum": "1", "pageSize": "10"}
    answers = in_turn(
        bad.reply({"code": 0, "type": "success", "message": "成功", "data": {}}),
        bad.reply({"code": -1, "message": "不行", "data": None}),
    )
    async with bad_server(answers) as server, client(server.url) as mi:
        await mi.call_raw("4263", data)
        assert set(json.loads(server.requests[0])) == set(data)
        with pytest.raises(BureauRefused, match="不行"):
            await mi.call_raw("4263", data)


async def test_several_institutions() -> None:
    other = "P43000000002"
    async with bad_server(FOUND) as server:
        both = config(server.url)
        row = next(iter(both.institutions.values()))
        import attrs

        both = attrs.evolve(
            both, institutions={HOSPITAL: row, other: attrs.evolve(row, code=other, name="示例药店")}
        )
        async with AsyncClient(both) as mi:
            await mi.call(query(), institution=other)
            for wrong in (None, "X"):
                with pytest.raises(ConfigError, match=other):
                    await mi.call(query(), institution=wrong)
    sent = json.loads(server.requests[0])
    assert (
        sent["fixmedins_code"] == other
        and sent["fixmedins_name"] == "示例药店"
        and sent["msgid"].startswith(other)
    )


async def test_a_closed_client_says_so() -> None:
    mi = client("http://127.0.0.1:9/")
    await mi.close()
    with pytest.raises(ConfigError, match="已关闭"):
        await mi.call(query())
