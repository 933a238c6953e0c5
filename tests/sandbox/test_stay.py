"""A stay in hospital from admission to discharge and back, and what may not be done in it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.hospital import Hospital, Refused, Visit
from tests.sandbox.test_replies import check_reply
from tests.sandbox.wards import D, Stay, check_identities, diagnosis


async def stay_with_fees(hospital: Hospital, number: int = 0) -> Stay:
    stay = await Stay(hospital, number).admit()
    await stay.charge(
        stay.fee(1, "4000.00", count="8"), stay.fee(2, "700.00", item="SBX-B-0002"), stay.fee(3, "88.00", item="SBX-C-0001"),
        stay.fee(4, "100.01", item="SBX-M-0001"),
    )  # fmt: skip
    return stay


TOTAL = "4888.01"
PERIOD = {"begntime": "2025-03-01 00:00:00", "endtime": "2025-03-31 23:59:59"}


async def test_a_stay_and_every_way_back(hospital: Hospital) -> None:
    plain = hospital.call

    async def call(infno: str, content: Any, **head: Any) -> Any:
        reply = await plain(infno, content, **head)
        check_reply(infno, reply)
        return reply

    hospital.call = call  # type: ignore[method-assign]  # every reply of the stay is checked against its document
    before = await Visit(hospital).balance()
    stay = await stay_with_fees(hospital)
    inside = (await stay.call("5303", {"data": {"psn_no": stay.person.psn_no} | PERIOD}))["data"]
    assert [(row["mdtrt_id"], row["ipt_otp_no"], row["out_flag"]) for row in inside] == [
        (stay.mdtrt_id, stay.ipt_no, "0")
    ]
    changed = stay.changed(adm_bed="13") | {
        "diseinfo": [diagnosis(stay.person.psn_no, mdtrt_id=stay.mdtrt_id, diag_srt_no=2)]
    }
    await stay.call("2403", changed)
    asked = {"psn_no": stay.person.psn_no, "med_type": "2101"} | PERIOD
    row = (await stay.call("5201", {"data": asked}))["mdtrtinfo"][0]
    assert (row["adm_bed"], row["inhosp_stas"], row["dscg_way"]) == ("13", "1", None)

    quoted = await stay.quote(TOTAL)
    check_identities(quoted)
    await stay.leave()
    settled = await stay.settle(
        TOTAL, **{n: quoted["setlinfo"][n] for n in ("inscp_scp_amt", "fulamt_ownpay_amt")}
    )
    info = settled["setlinfo"]
    check_identities(settled)
    # scope 4000 + 480 + 72 = 4552; deductible 1100 at level 3; 87 %
    assert (info["inscp_scp_amt"], info["act_pay_dedc"], info["hifp_pay"]) == (
        D("4552.00"),
        D("1100.00"),
        D("3003.24"),
    )
    assert (info["clr_type"], info["med_type"]) == ("21", "2101")
    assert info["balc"] == before - info["acct_pay"] == await Visit(hospital).balance()
    query = {"data": stay.which | {"setl_id": info["setl_id"]}}
    assert (await stay.call("5203", query))["setlinfo"]["refd_setl_flag"] == "0"
    assert len(await stay.call("5204", query)) == 4
    assert [r["inout_diag_type"] for r in (await stay.call("5202", {"data": stay.which}))["diseinfo"]] == [
        "1",
        "1",
        "2",
    ]
    row = (await stay.call("5201", {"data": asked}))["mdtrtinfo"][0]
    assert (row["inhosp_stas"], row["endtime"], row["ipt_days"]) == ("0", "2025-03-09 10:00:00", 8)
    assert (await stay.call("5303", {"data": PERIOD}))["data"] == []

    back = await stay.refund(info["setl_id"])
    check_identities(back)
    assert back["setlinfo"]["medfee_sumamt"] == -info["medfee_sumamt"] and back["setlinfo"]["crt_dedc"] == D(
        "-1100.00"
    )
    assert await Visit(hospital).balance() == before
    await stay.back("2405")
    await stay.withdraw("0000")
    await stay.back("2404")
    with pytest.raises(Refused, match="已取消"):
        await stay.back("2404")
    again = await Stay(hospital).admit()
    assert again.mdtrt_id != stay.mdtrt_id, "2401 - 2404 - 2401 admits again"


async def test_states_of_a_stay(hospital: Hospital) -> None:
    stay = await Stay(hospital).admit()
    with pytest.raises(Refused, match="尚未出院"):
        await Stay(hospital.at("H43000000002")).admit()
    with pytest.raises(Refused, match="没有待结算"):
        await stay.quote("10.00")
    await stay.charge(stay.fee(1, "10.00"))
    for step, text in (
        (stay.back("2404"), "费用明细"),
        (stay.back("2405"), "尚未办理出院"),
        (stay.settle("10.00"), "尚未办理出院"),
    ):
        with pytest.raises(Refused, match=text):
            await step
    with pytest.raises(Refused, match="早于"):
        await stay.leave(endtime="2025-02-28 10:00:00")
    await stay.leave()
    for step, text in (
        (stay.leave(), "请勿重复"), (stay.charge(stay.fee(2, "5.00")), "须先撤销出院"), (stay.withdraw("1"), "须先撤销出院"),
        (stay.back("2404"), "已办理出院"), (stay.call("2403", stay.changed()), "已办理出院"), (stay.settle("10.00", mid=True), "中途"),
        (stay.settle("10.01"), "不符"), (stay.settle("10.00", inscp_scp_amt=D("9.99")), "不符"),
        (stay.settle("10.00", insuplc_admdvs="990102"), "参保地"),
    ):  # fmt: skip
        with pytest.raises(Refused, match=text):
            await step
    info = (await stay.settle("10.00"))["setlinfo"]
    for step, text in (
        (stay.back("2405"), "出院结算"),
        (stay.settle("10.00"), "请勿重复"),
        (stay.quote("10.00"), "请勿重复"),
    ):
        with pytest.raises(Refused, match=text):
            await step
    await stay.refund(info["setl_id"])
    with pytest.raises(Refused, match="作废"):
        await stay.refund(info["setl_id"])
    await stay.back("2405")
    await stay.withdraw("1")
    await stay.back("2404")


async def test_fees_and_returns(hospital: Hospital) -> None:
    stay = await Stay(hospital).admit()
    await stay.charge(stay.fee(1, "60.00", count="6"), stay.fee(2, "5.00"))
    for row, text in (
        (stay.fee(1, "1.00"), "已使用"), (stay.fee(3, "-10.00", count="-1", init_feedetl_sn="9"), "不存在"),
        (stay.fee(3, "-70.00", count="-7", init_feedetl_sn="1"), "累计不超过"), (stay.fee(3, "1.00", med_type="22"), "医疗类别"),
        (stay.fee(3, "-10.00", count="-1", item="SBX-B-0001", init_feedetl_sn="1"), "同一项目"),
        (stay.fee(3, "10.00", init_feedetl_sn="1"), "须为负数"), (stay.fee(3, "1.00", psn_no="9901000000000002"), "不是该人员"),
    ):  # fmt: skip
        with pytest.raises(Refused, match=text):
            await stay.charge(row)
    await stay.charge(stay.fee(3, "-20.00", count="-2", init_feedetl_sn="1"))
    assert (await stay.quote("45.00"))["setlinfo"]["medfee_sumamt"] == D("45.00")
    with pytest.raises(Refused, match="一并撤销"):
        await stay.withdraw("1")
    with pytest.raises(Refused, match="不存在"):
        await stay.withdraw("8")
    await stay.withdraw("1", "3")
    await stay.settle("5.00", mid=True)
    with pytest.raises(Refused, match="已参与结算"):
        await stay.withdraw("2")
    await stay.withdraw("0000")
    await stay.withdraw("0000")


async def test_mid_stay_settlements_repeat_and_share_one_deductible(hospital: Hospital) -> None:
    before = await Visit(hospital, 1).balance()
    stay = await Stay(hospital, 1).admit()
    made = []
    for serial, amount in enumerate(("700.00", "700.00", "1000.00"), 1):
        await stay.charge(stay.fee(serial, amount))
        if serial == 3:
            await stay.leave()
        settled = await stay.settle(amount, mid=serial < 3)
        check_identities(settled)
        made.append(settled["setlinfo"])
    assert [one["act_pay_dedc"] for one in made] == [D("700.00"), D("400.00"), D("0.00")]
    assert made[2]["hifp_pay"] == D("920.00")  # 87 % + 5 % for the retired
    with pytest.raises(Refused, match="在后的结算"):
        await stay.refund(made[0]["setl_id"])
    for one in reversed(made):
        check_identities(await stay.refund(one["setl_id"]))
    assert await Visit(hospital, 1).balance() == before
    assert (await stay.settle("2400.00"))["setlinfo"]["act_pay_dedc"] == D("1100.00")


async def test_who_is_not_admitted(hospital: Hospital) -> None:
    stay = Stay(hospital)
    for more, text in (
        ({"certno": "990101199001019996"}, "证件号码"), ({"mdtrt_cert_no": "1"}, "凭证"), ({"med_type": "11"}, "住院类别"),
        ({"insuplc_admdvs": "990102"}, "参保地"),
    ):  # fmt: skip
        with pytest.raises(Refused, match=text):
            await stay.admit(**more)
    with pytest.raises(Refused, match="暂停"):
        await Stay(hospital, 6).admit()
    with pytest.raises(Refused, match="药店"):
        await Stay(hospital.at("P43000000001")).admit()
    await stay.admit(mdtrt_cert_no="")
    with pytest.raises(Refused, match="住院登记，不适用"):
        await stay.call("2208", {"data": stay.which | {"setl_id": "1"}})
    outpatient = await Visit(hospital).register()
    with pytest.raises(Refused, match="门诊挂号，不适用"):
        await stay.call("2404", {"data": stay.which | {"mdtrt_id": outpatient.mdtrt_id}})


@pytest.mark.parametrize("number", [0, 1, 2, 3, 4, 5, 7, 8, 9])
async def test_every_person_settles_to_the_cent(hospital: Hospital, number: int) -> None:
    stay = await stay_with_fees(hospital, number)
    inside = (await stay.call("5303", {"data": PERIOD}))["data"]
    assert inside[0]["out_flag"] == ("1" if number == 9 else "0")
    await stay.leave()
    settled = await stay.settle(TOTAL, account="2" if number == 7 else "1")
    check_identities(settled)
    queried = await stay.call("5203", {"data": stay.which | {"setl_id": settled["setlinfo"]["setl_id"]}})
    assert queried["setldetail"] == settled["setldetail"]
    check_identities(await stay.refund(settled["setlinfo"]["setl_id"]))
