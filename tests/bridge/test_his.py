"""A HIS in pure SQL: it calls the procedure, polls the view, and knows nothing else of us."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal
from typing import Any

import attrs
import pytest
from sqlalchemy.engine import make_url

from mi_plugins.sandbox.persons import DOCUMENTED
from tests.bridge.conftest import Place
from tests.bridge.kit import His, working
from tests.recovery.kit import Desk
from tests.sandbox.hospital import Visit, certificate, fee

WHERE = "990101"


def person(number: int = 0, **more: Any) -> dict[str, Any]:
    who = DOCUMENTED[number]
    return {"data": certificate(who) | {"psn_name": who.name} | more}


@attrs.define
class Counter:
    """The cashier's desk, by SQL: for the messages of :class:`Visit`."""

    his: His

    async def call(self, infno: str, content: Any, **_more: Any) -> Any:
        return json.loads(
            json.dumps(await self.his.call(infno, content, insuplc_admdvs=WHERE)), parse_float=Decimal
        )


def visit(his: His) -> Visit:
    return Visit(Counter(his))  # type: ignore[arg-type]  # all that a visit needs of a hospital is ``call``


async def test_a_question_as_in_the_text(place: Place) -> None:
    async with working(place.config):
        number = await place.his.submit("1101", person())
        row = await place.his.wait(number)
    assert row["request_id"] == row["result_id"] == number
    assert (row["result_status"], row["infcode"]) == ("SUCCESS", "0")
    answer = json.loads(row["response_data"])
    assert answer["output"]["baseinfo"]["psn_name"] == DOCUMENTED[0].name
    assert answer["msgid"] == row["msgid"] and len(row["msgid"]) == 30
    assert row["response_time"] >= row["request_time"]


async def test_a_whole_visit_in_sql_and_one_settlement_at_the_bureau(place: Place) -> None:
    """Registration to settlement; the same bill submitted twice is settled once, and both rows tell the same."""
    async with working(place.config):
        here = await (await visit(place.his).register()).inform()
        await here.charge(fee(here, 1, "60.00"))
        quoted = (await here.quote("60.00"))["setlinfo"]
        bill = {"data": here.settle_data({k: _plain(v) for k, v in quoted.items()})}
        first = await place.his.wait(await place.his.submit("2207", bill, insuplc_admdvs=WHERE))
        again = await place.his.wait(await place.his.submit("2207", bill, insuplc_admdvs=WHERE))
    told = [
        json.loads(row["response_data"], parse_float=Decimal, parse_int=Decimal) for row in (first, again)
    ]
    assert [row["result_status"] for row in (first, again)] == ["SUCCESS", "SUCCESS"]
    assert [one["repeated"] for one in told] == [False, True]
    assert told[0]["output"]["setlinfo"]["setl_id"] == told[1]["output"]["setlinfo"]["setl_id"]
    assert told[0]["output"]["setlinfo"]["medfee_sumamt"] == Decimal("60.00")
    assert len(await place.ward.done("2207")) == 1


def _plain(value: Any) -> Any:
    return Decimal(value) if isinstance(value, str) and value.replace(".", "", 1).isdigit() else value


@pytest.mark.parametrize("name", ["王㐂", "𠮷田𬀩"], ids=["extension-a", "extension-b"])
async def test_rare_names_survive_both_ways(place: Place, name: str) -> None:
    async with working(place.config):
        number = await place.his.submit("1101", person(psn_name=name))
        row = await place.his.wait(number)
    assert json.loads(row["input_data"])["data"]["psn_name"] == name
    assert row["result_status"] in ("SUCCESS", "BUSINESS_ERROR")
    sent = await place.his.rows(
        "SELECT input_data FROM v_medical_insurance_result WHERE input_data LIKE ?", f"%{name}%"
    )
    assert len(sent) == 1


async def test_everything_wrong_is_told_at_once_and_nothing_is_sent(place: Place) -> None:
    wrong = {
        "unknown interface": ("9999", {"data": {}}, {}, ["9999"]),
        "no JSON": ("1101", '{"data": ', {}, ["JSON"]),
        "no object": ("1101", "[1]", {}, ["JSON"]),
        "twice": ("1101", '{"data": {"certno": "1", "certno": "2"}}', {}, ["certno"]),
        "NaN": ("2206", '{"data": {"medfee_sumamt": NaN}}', {}, ["NaN"]),
        "deep": ("1101", "[" * 50_000, {}, ["JSON"]),
        "fields": ("2207", {"data": {"psn_no": "1", "medfee_sumamt": "1.005"}}, {}, ["medfee_sumamt", "mdtrt_id"]),
        "options": ("5203", {"data": {}}, {"operator": "x", "priorty": 1}, ["operator", "priorty", "setl_id"]),
    }  # fmt: skip
    async with working(place.config):
        numbers = {
            name: await place.his.submit(code, data, **options)
            for name, (code, data, options, _) in wrong.items()
        }
        rows = {name: await place.his.wait(number) for name, number in numbers.items()}
    for name, row in rows.items():
        assert (row["result_status"], row["error_code"], row["infcode"]) == (
            "BUSINESS_ERROR",
            "invalid_input",
            None,
        ), name
        problems = json.loads(row["response_data"])["problems"]
        assert problems and all(problem["zh"] for problem in problems), name
        for word in wrong[name][3]:
            assert word in row["err_msg"], (name, row["err_msg"])
    assert await place.ward.done("2207") == []


async def test_an_institution_that_is_not_configured(place: Place) -> None:
    async with working(place.config):
        row = await place.his.wait(await place.his.submit("1101", person(), institution="H99999999999"))
    assert (row["result_status"], row["error_code"]) == ("SYSTEM_ERROR", "config")
    assert "H99999999999" in row["err_msg"]


async def test_the_bureaus_refusal_is_no_system_error(place: Place) -> None:
    async with working(place.config):
        row = await place.his.wait(
            await place.his.submit("5203", {"data": {"psn_no": "1", "setl_id": "2", "mdtrt_id": "3"}})
        )
    assert (row["result_status"], row["infcode"], row["error_code"]) == (
        "BUSINESS_ERROR",
        "-1",
        "bureau_refused",
    )


async def test_urgent_ones_go_first(place: Place) -> None:
    """Submitted while nobody works; one call at a time afterwards."""
    late = [await place.his.submit("1101", person(), priority=9) for _ in range(3)]
    usual = [await place.his.submit("1101", person()) for _ in range(2)]
    urgent = await place.his.submit("1101", person(), priority=1)
    config = attrs.evolve(place.config, bridge=attrs.evolve(place.config.bridge, concurrency=1))
    async with working(config):
        rows = {n: await place.his.wait(n) for n in (*late, *usual, urgent)}
    order = sorted(rows, key=lambda n: rows[n]["msgid"])
    assert order == [urgent, *usual, *late]


async def test_what_the_his_withdrew_is_never_sent(place: Place) -> None:
    gone = await place.his.submit("1101", person())
    assert await place.his.cancel(gone) is True
    assert await place.his.cancel(gone) is False
    async with working(place.config):
        kept = await place.his.submit("1101", person())
        await place.his.wait(kept)
        assert await place.his.cancel(kept) is False, "it is done: the result counts"
    row = await place.his.result(gone)
    assert (row["result_status"], row["error_code"], row["msgid"]) == ("SYSTEM_ERROR", "cancelled", None)


async def test_the_monitor_counts_what_the_view_says(place: Place) -> None:
    async with working(place.config):
        for data in (person(), person(), {"data": {}}):
            await place.his.wait(await place.his.submit("1101", data))
    waiting = await place.his.submit("1101", person())
    found = {
        row["interface_code"]: row
        for row in await place.his.rows("SELECT * FROM v_medical_insurance_monitor")
    }
    row = found["1101"]
    names = (
        "total_requests",
        "success_count",
        "business_error_count",
        "system_error_count",
        "in_doubt_count",
        "processing_count",
    )
    assert [int(row[name]) for name in names] == [4, 2, 1, 0, 0, 1]
    assert 0 < float(row["avg_response_time_seconds"]) < 3600, "whatever the time zones of server and session"
    assert (await place.his.result(waiting))["result_status"] == "PROCESSING"


@pytest.mark.parametrize("statement", [
    "SELECT * FROM medical_insurance_requests",
    "UPDATE medical_insurance_requests SET status = 'PENDING'",
    "INSERT INTO medical_insurance_responses (request_id, response_data) VALUES (1, '{}')",
    "DELETE FROM medical_insurance_workers",
    "UPDATE medical_insurance_bridge SET journal = NULL",
], ids=["read", "again", "forge", "workers", "journal"])  # fmt: skip
async def test_the_his_may_only_call_and_look(place: Place, statement: str) -> None:
    with pytest.raises(Exception, match=r"denied"):
        await place.his.rows(statement)


async def test_a_his_that_rolls_back_asked_for_nothing(place: Place) -> None:
    other = await His.login(place.url)
    try:
        await other.rows("BEGIN")
        await other.submit("1101", person())
        async with working(place.config):
            await asyncio.sleep(0.3)
            await other.rows("ROLLBACK")
            number = await place.his.submit("1101", person())
            await place.his.wait(number)
        assert len(await place.his.rows("SELECT request_id FROM v_medical_insurance_result")) == 1
    finally:
        await other.close()


async def test_a_session_in_another_time_zone_changes_no_time(place: Place) -> None:
    other = await His.login(place.url)
    zone = "SET time_zone = '-05:00'" if other.kind == "mysql" else "SET timezone = 'America/New_York'"
    try:
        await other.rows(zone)
        async with working(place.config):
            row = await other.wait(await other.submit("1101", person()))
        again = await place.his.result(row["request_id"])
    finally:
        await other.close()
    assert row["result_status"] == "SUCCESS"
    assert again["request_time"] == row["request_time"]
    assert 0 <= (row["response_time"] - row["request_time"]).total_seconds() < 3600


async def test_a_database_with_an_old_charset_loses_no_name(place: Place) -> None:
    """MySQL: the HIS's database is GBK, the bridge's tables and parameters are not."""
    if place.server.kind != "mysql":
        pytest.skip("PostgreSQL has no GBK databases")
    from tests.bridge import kit

    url = place.server.create("gbk_his", "gbk")
    await kit.prepared(place.server, url)
    assert make_url(url).database == "gbk_his"
    his = await His.login(url)
    try:
        number = await his.submit("1101", person(psn_name="王㐂𠮷"), priority=5, insuplc_admdvs=WHERE)
        row = await his.result(number)
    finally:
        await his.close()
    assert json.loads(row["input_data"])["data"]["psn_name"] == "王㐂𠮷"


async def test_the_output_is_what_the_bureau_wrote(place: Place) -> None:
    """Every field and every digit, also those that stand in no document; as the client keeps it in ``meta.raw``."""
    await place.ward.restart()
    reply = await Desk(place.ward.mi).typed("1101", person())
    await place.ward.mi.close()
    async with working(place.config):
        output = await place.his.call("1101", person(), insuplc_admdvs=WHERE)
    assert output == json.loads(reply.meta.raw)["output"]
