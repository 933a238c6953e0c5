"""Faults on demand, the control endpoints and the ledger."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import aiohttp
import pytest

from mi_plugins.sandbox.faults import FAULTS, FaultBoard
from tests.sandbox.hospital import Hospital, Refused, Visit, _encoder, certificate
from tests.sandbox.test_visit import TOTAL, visit_with_fees


async def settle_raw(visit: Visit, patience: float | None = None) -> tuple[int, bytes]:
    data = visit.settle_data((await visit.quote(TOTAL))["setlinfo"])
    body = _encoder.encode(visit.hospital.message("2207", {"data": data}))
    async with asyncio.timeout(patience):
        return await visit.hospital.post("2207", body)


async def live(visit: Visit) -> int:
    ledger = await visit.hospital.ledger(mdtrt_id=visit.mdtrt_id)
    return sum(1 for row in ledger["settlements"] if row["state"] == "settled")


@pytest.mark.parametrize(("fault", "executed"), [("drop_before", 0), ("drop_after", 1)])
async def test_dropped_connections(hospital: Hospital, fault: str, executed: int) -> None:
    visit = await visit_with_fees(hospital)
    await hospital.fault("2207", fault)
    with pytest.raises(aiohttp.ClientError):
        await settle_raw(visit)
    assert await live(visit) == executed


async def test_hang_and_late_execution(hospital: Hospital) -> None:
    first, second = await visit_with_fees(hospital), await visit_with_fees(hospital, 1)
    await hospital.fault("2207", "hang", seconds=0.4, match={"mdtrt_id": first.mdtrt_id})
    await hospital.fault("2207", "late", seconds=0.4, match={"mdtrt_id": second.mdtrt_id})
    for visit, executed_at_once in ((first, 1), (second, 0)):
        with pytest.raises(TimeoutError):
            await settle_raw(visit, patience=0.2)
        assert await live(visit) == executed_at_once
    for _ in range(100):
        if await live(second):
            break
        await asyncio.sleep(0.05)
    assert await live(second) == 1, "executed although the caller was gone"


async def test_hang_without_execution(hospital: Hospital) -> None:
    visit = await visit_with_fees(hospital)
    await hospital.fault("2207", "hang", seconds=0.05, execute=False)
    with pytest.raises(aiohttp.ClientError):
        await settle_raw(visit)
    assert await live(visit) == 0


@pytest.mark.parametrize("execute", [False, True])
@pytest.mark.parametrize(("fault", "status"), [("http_502", 502), ("html_200", 200)])
async def test_pages_instead_of_replies(hospital: Hospital, fault: str, status: int, execute: bool) -> None:
    visit = await visit_with_fees(hospital)
    await hospital.fault("2207", fault, execute=execute)
    got, body = await settle_raw(visit)
    assert got == status and body.startswith(b"<html>")
    assert await live(visit) == execute


@pytest.mark.parametrize("execute", [False, True])
async def test_refusals_that_stand_on_no_list(hospital: Hospital, execute: bool) -> None:
    visit = await visit_with_fees(hospital)
    await hospital.fault("2207", "unlisted_refusal", execute=execute, message="别的话")
    _, body = await settle_raw(visit)
    answer = json.loads(body)
    assert (answer["infcode"], answer["err_msg"]) == (-1, "别的话")
    assert await live(visit) == execute


async def bent(hospital: Hospital, fault: str) -> tuple[Visit, bytes]:
    visit = await visit_with_fees(hospital)
    await hospital.fault("2207", fault)
    status, body = await settle_raw(visit)
    assert status == 200 and await live(visit) == 1
    return visit, body


async def test_bent_replies(hospital: Hospital) -> None:
    _, body = await bent(hospital, "truncated")
    with pytest.raises(ValueError):
        json.loads(body)
    answer = json.loads((await bent(hospital, "infcode_string"))[1])
    assert answer["infcode"] == "0"
    info = json.loads((await bent(hospital, "amounts_string"))[1])["output"]["setlinfo"]
    assert isinstance(info["fund_pay_sumamt"], str) and "." in info["fund_pay_sumamt"]
    info = json.loads((await bent(hospital, "empty_strings"))[1])["output"]["setlinfo"]
    assert info["exp_content"] == "" and None not in info.values()
    detail = json.loads((await bent(hospital, "single_object"))[1])["output"]["setldetail"]
    assert isinstance(detail, dict)
    visit, body = await bent(hospital, "wrong_person")
    assert json.loads(body)["output"]["setlinfo"]["psn_no"] != visit.person.psn_no
    info = json.loads((await bent(hospital, "wrong_msgid"))[1])["output"]["setlinfo"]
    assert info["medins_setl_id"] == "0" * 30
    info = json.loads((await bent(hospital, "missing_setl_id"))[1])["output"]["setlinfo"]
    assert "setl_id" not in info and info["fund_pay_sumamt"] > 0
    pairs: list[Any] = json.loads((await bent(hospital, "duplicate_keys"))[1], object_pairs_hook=list)
    assert [value for name, value in pairs if name == "infcode"] == [0, -1]


async def test_every_fault_is_documented() -> None:
    text = sys.modules[FaultBoard.__module__].__doc__ or ""
    assert all(f"\n{name} " in text for name in FAULTS)


async def test_faults_count_down_and_match(hospital: Hospital) -> None:
    person = Visit(hospital).person
    ask = {"data": certificate(person) | {"psn_name": person.name}}
    await hospital.fault("1101", "unlisted_refusal", times=2, match={"opter": "007"})
    await hospital.call("1101", ask)
    for _ in range(2):
        with pytest.raises(Refused):
            await hospital.call("1101", ask, opter="007")
    await hospital.call("1101", ask, opter="007")
    await hospital.fault("*", "unlisted_refusal", times=-1)
    for _ in range(3):
        with pytest.raises(Refused):
            await hospital.call("1101", ask)
    status, state = await hospital.control("GET", "/faults")
    assert status == 200 and [(f["times"], f["hits"]) for f in state["faults"]] == [(0, 2), (-1, 3)]
    assert (await hospital.control("DELETE", "/faults"))[1] == {"faults": []}
    await hospital.call("1101", ask)


async def test_a_rate_hits_some_calls(hospital: Hospital) -> None:
    person = Visit(hospital).person
    ask = {"data": certificate(person) | {"psn_name": person.name}}
    await hospital.fault("1101", "unlisted_refusal", times=-1, rate=0.5)
    hit = 0
    for _ in range(40):
        try:
            await hospital.call("1101", ask)
        except Refused:
            hit += 1
    assert 5 < hit < 35


@pytest.mark.parametrize(
    "order",
    [
        {"fault": "nonsense"},
        {"fault": "hang", "colour": 1},
        [],
        "x",
        {"fault": "hang", "seconds": "soon"},
        {"fault": "hang", "times": None},
        {"fault": "http_502", "execute": 1},
        {"fault": "hang", "match": 3},
    ],
)
async def test_wrong_orders(hospital: Hospital, order: Any) -> None:
    status, _ = await hospital.control("POST", "/faults", order)
    assert status == (400 if order != [] else 200)
    assert (await hospital.control("GET", "/faults"))[1] == {"faults": []}


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/faults"), ("POST", "/faults"), ("DELETE", "/faults"), ("GET", "/ledger"), ("GET", "/x")],
)
async def test_control_needs_the_token(hospital: Hospital, method: str, path: str) -> None:
    assert (await hospital.control(method, path, token="wrong"))[0] == 403


async def test_unknown_control_path(hospital: Hospital) -> None:
    assert (await hospital.control("GET", "/x"))[0] == 404


async def test_ledger(hospital: Hospital) -> None:
    visit = await visit_with_fees(hospital)
    info = (await visit.settle(TOTAL))["setlinfo"]
    msgid = hospital.last_msgid
    await visit.refund(info["setl_id"])
    ledger = await hospital.ledger(mdtrt_id=visit.mdtrt_id)
    first, second = ledger["settlements"]
    assert (first["setl_id"], first["msgid"], first["state"]) == (info["setl_id"], msgid, "refunded")
    assert (second["kind"], second["refund_of"], second["total"]) == (
        "refund",
        info["setl_id"],
        -first["total"],
    )
    assert [row["infno"] for row in ledger["executions"]] == ["2201", "2207", "2208"]
    assert ledger["executions"][1]["setl_id"] == info["setl_id"]
