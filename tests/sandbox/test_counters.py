"""Counters around the visit: queries, reversal by message id, people, institutions, signing in."""

from __future__ import annotations

import pytest

from tests.sandbox.hospital import Hospital, Refused, Visit, certificate
from tests.sandbox.test_visit import TOTAL, visit_with_fees


async def test_queries_show_what_was_entered(hospital: Hospital) -> None:
    visit = await visit_with_fees(hospital)
    period = {
        "psn_no": visit.person.psn_no,
        "begntime": "2025-03-01 00:00:00",
        "endtime": "2025-03-31 23:59:59",
        "med_type": "11",
    }
    rows = (await visit.call("5201", {"data": period}))["mdtrtinfo"]
    assert [row["mdtrt_id"] for row in rows] == [visit.mdtrt_id] and rows[0]["otp_diag_info"] == "高血压"
    assert (await visit.call("5201", {"data": period | {"med_type": "14"}}))["mdtrtinfo"] == []
    which = {"mdtrt_id": visit.mdtrt_id, "psn_no": visit.person.psn_no}
    assert len((await visit.call("5202", {"data": which}))["diseinfo"]) == 1
    await visit.inform(vali_flag="0")
    assert (await visit.call("5202", {"data": which}))["diseinfo"] == []
    info = (await visit.settle(TOTAL))["setlinfo"]
    fees = await visit.call("5204", {"data": which | {"setl_id": info["setl_id"]}})
    assert isinstance(fees, list) and [row["feedetl_sn"] for row in fees] == ["1", "2", "3", "4", "5"]
    assert sum(row["det_item_fee_sumamt"] for row in fees) == info["medfee_sumamt"]
    with pytest.raises(Refused, match="没有与所给条件"):
        await visit.query("990100S999999999999")


async def test_reversal_by_message_id(hospital: Hospital) -> None:
    before = await Visit(hospital).balance()
    visit = await visit_with_fees(hospital)
    info = (await visit.settle(TOTAL))["setlinfo"]
    msgid = visit.hospital.last_msgid
    asked = {"psn_no": visit.person.psn_no, "omsgid": msgid, "oinfno": "2207"}
    with pytest.raises(Refused, match="未检索到"):
        await visit.call("2601", {"data": asked | {"omsgid": "0" * 30}})
    with pytest.raises(Refused, match="不支持"):
        await visit.call("2601", {"data": asked | {"oinfno": "2208"}})
    await visit.call("2601", {"data": asked})
    await visit.call("2601", {"data": asked})
    assert await visit.balance() == before
    with pytest.raises(Refused, match="没有与所给条件"):
        await visit.query(info["setl_id"])
    ledger = await hospital.ledger(msgid=msgid)
    assert [row["state"] for row in ledger["settlements"]] == ["reversed"]
    again = (await visit.settle(TOTAL))["setlinfo"]
    await visit.refund(again["setl_id"])


async def test_nothing_is_deduplicated_by_msgid(hospital: Hospital) -> None:
    visit = await visit_with_fees(hospital)
    info = (await visit.quote(TOTAL))["setlinfo"]
    await visit.call("2207", {"data": visit.settle_data(info)})
    msgid = hospital.last_msgid
    with pytest.raises(Refused, match="重复"):
        await visit.call("2207", {"data": visit.settle_data(info)}, msgid=msgid)
    first = await visit.call("2201", {"data": visit.registration()}, msgid=msgid)
    second = await visit.call("2201", {"data": visit.registration()}, msgid=msgid)
    assert first["data"]["mdtrt_id"] != second["data"]["mdtrt_id"]
    assert len((await hospital.ledger(msgid=msgid))["executions"]) == 3


async def test_people_institutions_and_entitlement(hospital: Hospital) -> None:
    visit = Visit(hospital, 5)
    reply = await visit.call("1101", {"data": certificate(visit.person) | {"psn_name": visit.person.name}})
    assert [row["insutype"] for row in reply["insuinfo"]] == ["310", "390", "310"]
    aided = Visit(hospital, 4).person
    reply = await visit.call("1101", {"data": certificate(aided) | {"psn_name": aided.name}})
    assert [row["psn_idet_type"] for row in reply["idetinfo"]] == ["2303"]
    with pytest.raises(Refused, match="未检索到"):
        await visit.call("1101", {"data": certificate(visit.person) | {"psn_name": "无此人"}})
    found = await hospital.call("1201", {"medinsinfo": {"fixmedins_type": "1", "fixmedins_name": "城东"}})
    assert found["medinsinfo"]["fixmedins_code"] == "H43000000002"
    with pytest.raises(Refused, match="至少"):
        await hospital.call("1201", {"medinsinfo": {"fixmedins_type": "1"}})
    for number, flag in ((0, "1"), (6, "0")):
        one = Visit(hospital, number)
        data = {"psn_no": one.person.psn_no, "insutype": "310", "fixmedins_code": hospital.code, "med_type": "11",
                "begntime": "2025-03-03 08:00:00"}  # fmt: skip
        rows = (await one.call("2001", {"data": data}))["trtinfo"]
        assert rows and all(row["trt_enjymnt_flag"] == flag for row in rows)
        assert bool(rows[0]["trt_chk_rslt"]) == (flag == "0")


async def test_signing_in_and_out(hospital: Hospital) -> None:
    who = {"opter_no": "001", "mac": "00-00-00-00-00-00", "ip": "127.0.0.1"}
    number = (await hospital.call("9001", {"signIn": who}))["signinoutb"]["sign_no"]
    ask = {"medinsinfo": {"fixmedins_type": "1", "fixmedins_name": "城东"}}
    await hospital.call("1201", ask, sign_no=number)
    with pytest.raises(Refused, match="sign_no"):
        await hospital.at("H43000000002").call("1201", ask, sign_no=number)
    out = await hospital.call("9002", {"signOut": {"sign_no": number, "opter_no": "001"}})
    assert out["sign_time"]["sign_time"]
    with pytest.raises(Refused, match="sign_no"):
        await hospital.call("1201", ask, sign_no=number)
    with pytest.raises(Refused, match="签到"):
        await hospital.call("9002", {"signOut": {"sign_no": number, "opter_no": "001"}})


async def test_pharmacies_use_their_own_upload(hospital: Hospital) -> None:
    pharmacy = await Visit(hospital.at("P43000000001")).register()
    with pytest.raises(Refused, match="2203A"):
        await pharmacy.inform()
