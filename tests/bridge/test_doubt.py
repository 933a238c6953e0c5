"""What is not proven is IN_DOUBT, never SYSTEM_ERROR; it becomes SUCCESS, BUSINESS_ERROR or SYSTEM_ERROR by itself."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import attrs

from mi_core.config import Config, Institution
from tests.bridge.conftest import Place
from tests.bridge.kit import working
from tests.bridge.test_his import WHERE, person, visit
from tests.sandbox.hospital import fee


async def bill(place: Place, total: str = "60.00") -> dict[str, Any]:
    """A visit charged and quoted over the bridge; what 2207 would send."""
    here = await (await visit(place.his).register()).inform()
    await here.charge(fee(here, 1, total))
    quoted = (await here.quote(total))["setlinfo"]
    return {"data": here.settle_data(quoted)}


def patient(place: Place) -> Config:
    """Nobody looks after what is in doubt."""
    return attrs.evolve(place.config, journal=attrs.evolve(place.config.journal, recover=False))


async def test_a_lost_answer_is_in_doubt_and_found_out(place: Place) -> None:
    async with working(place.config):
        content = await bill(place)
        await place.ward.hospital.fault("2207", "drop_after")
        number = await place.his.submit("2207", content, insuplc_admdvs=WHERE)
        row = await place.his.wait(number, past=("PROCESSING", "IN_DOUBT"))
    answer = json.loads(row["response_data"])
    assert row["result_status"] == "SUCCESS" and answer["source"] == "query"
    assert Decimal(str(answer["output"]["setlinfo"]["medfee_sumamt"])) == Decimal("60.00")
    assert len(await place.ward.done("2207")) == 1


async def test_in_doubt_names_its_operation_and_the_visit_waits(place: Place) -> None:
    """While it is in doubt a second submission of the bill is in doubt, too, and nothing is sent for it."""
    config = patient(place)
    async with working(config):
        content = await bill(place)
        await place.ward.hospital.fault("2207", "drop_after")
        first = await place.his.wait(await place.his.submit("2207", content, insuplc_admdvs=WHERE))
        again = await place.his.wait(await place.his.submit("2207", content, insuplc_admdvs=WHERE))
    assert [first["result_status"], again["result_status"]] == ["IN_DOUBT", "IN_DOUBT"]
    assert first["error_code"] == again["error_code"] == "outcome_unknown"
    assert first["operation_id"] == again["operation_id"] != ""
    assert len(await place.ward.done("2207")) == 1
    async with working(place.config):  # somebody looks again: both learn the end
        rows = [await place.his.wait(row["request_id"], past=("IN_DOUBT",)) for row in (first, again)]
    told = [json.loads(row["response_data"])["output"]["setlinfo"]["setl_id"] for row in rows]
    assert [row["result_status"] for row in rows] == ["SUCCESS", "SUCCESS"] and told[0] == told[1]
    assert len(await place.ward.done("2207")) == 1


async def test_found_not_to_be_executed_is_a_system_error_and_may_be_submitted_again(place: Place) -> None:
    async with working(place.config):
        content = await bill(place)
        await place.ward.hospital.fault("2207", "drop_before")
        number = await place.his.submit("2207", content, insuplc_admdvs=WHERE)
        row = await place.his.wait(number, past=("PROCESSING", "IN_DOUBT"))
        assert (row["result_status"], row["error_code"]) == ("SYSTEM_ERROR", "not_executed")
        assert await place.ward.done("2207") == []
        asked = {k: v for k, v in content["data"].items() if k not in _NOT_ASKED}
        who = {"psn_type": "11", "psn_name": "沙箱职工甲"}
        await place.his.call("2206", {"data": asked | who}, insuplc_admdvs=WHERE)
        again = await place.his.wait(await place.his.submit("2207", content, insuplc_admdvs=WHERE))
    assert again["result_status"] == "SUCCESS", again["err_msg"]
    assert len(await place.ward.done("2207")) == 1


_NOT_ASKED = ("fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "inscp_scp_amt")


async def test_another_business_of_the_visit_waits_for_the_one_in_doubt(place: Place) -> None:
    """A registration is taken back only after the settlement in doubt is known; until then nothing is sent."""
    config = patient(place)
    quick = attrs.evolve(config, bridge=attrs.evolve(config.bridge, patience=1.0))
    async with working(quick):
        content = await bill(place)
        await place.ward.hospital.fault("2207", "drop_after")
        settled = await place.his.wait(await place.his.submit("2207", content, insuplc_admdvs=WHERE))
        clear = {"data": {k: content["data"][k] for k in ("mdtrt_id", "psn_no")} | {"ipt_otp_no": "X"}}
        row = await place.his.wait(await place.his.submit("2202", clear, insuplc_admdvs=WHERE))
    assert settled["result_status"] == "IN_DOUBT"
    assert (row["result_status"], row["error_code"]) == ("SYSTEM_ERROR", "visit_busy")
    assert settled["operation_id"] in row["err_msg"]
    assert await place.ward.done("2202") == []


async def test_a_gateway_that_comes_back_within_patience(place: Place) -> None:
    """Nothing left this machine, so it is tried again; the HIS sees PROCESSING and then the result."""
    one = next(iter(place.config.institutions.values()))
    away = _unreachable(one)
    gone = attrs.evolve(place.config, institutions={one.code: away})
    number = await place.his.submit("1101", person())
    async with working(gone):
        for _ in range(600):
            tried = await _attempts(place, number)
            if tried >= 2:
                break
            await _moment()
        assert tried >= 2 and (await place.his.result(number))["result_status"] == "PROCESSING"
    async with working(place.config):
        assert (await place.his.wait(number))["result_status"] == "SUCCESS"


async def test_a_gateway_that_stays_away(place: Place) -> None:
    one = next(iter(place.config.institutions.values()))
    away = _unreachable(one)
    gone = attrs.evolve(
        place.config, institutions={one.code: away}, bridge=attrs.evolve(place.config.bridge, patience=0.5)
    )
    async with working(gone):
        row = await place.his.wait(await place.his.submit("1101", person()))
    assert row["result_status"] == "SYSTEM_ERROR" and row["error_code"] in (
        "gateway_unreachable",
        "overloaded",
    ), row


async def test_what_nobody_took_up_in_time_is_never_sent(place: Place) -> None:
    """The cashier has gone other ways; a question is answered however late."""
    async with working(place.config):
        content = await bill(place)
    stale, question = await place.his.submit("2207", content), await place.his.submit("1101", person())
    late = attrs.evolve(place.config, bridge=attrs.evolve(place.config.bridge, expire=0.01))
    async with working(late):
        rows = [await place.his.wait(number) for number in (stale, question)]
    assert [(r["result_status"], r["error_code"]) for r in rows] == [
        ("SYSTEM_ERROR", "expired"),
        ("SUCCESS", None),
    ]
    assert await place.ward.done("2207") == []


def _unreachable(one: Institution) -> Institution:
    return attrs.evolve(one, sign_in=False, gateway=attrs.evolve(one.gateway, url="http://127.0.0.1:9/csb"))


async def _attempts(place: Place, number: int) -> int:
    from sqlalchemy import text

    from mi_core.worker.connecting import address_of, connected

    async with connected(address_of(place.url)) as connection:
        sql = text("SELECT attempts FROM medical_insurance_requests WHERE request_id = :n")
        return int((await connection.execute(sql, {"n": number})).scalar_one())


async def _moment() -> None:
    import asyncio

    await asyncio.sleep(0.05)
