"""A whole outpatient visit and what may not be done in it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.sandbox.hospital import Hospital, Refused, Visit, fee

D = Decimal


async def visit_with_fees(hospital: Hospital, number: int = 0) -> Visit:
    visit = await Visit(hospital, number).register()
    await visit.inform()
    await visit.charge(
        fee(visit, 1, "37.20", count="2"), fee(visit, 2, "52.35", item="SBX-B-0001"), fee(visit, 3, "700.00", item="SBX-B-0002"),
        fee(visit, 4, "88.00", item="SBX-C-0001"), fee(visit, 5, "100.01", item="SBX-M-0001"),
    )  # fmt: skip
    return visit


TOTAL = "977.56"


def check_identities(
    info: dict[str, Decimal], detail: list[dict[str, Decimal]], cash: str = "psn_cash_pay"
) -> None:
    assert info["medfee_sumamt"] == info["fund_pay_sumamt"] + info["psn_part_amt"] + info["hosp_part_amt"]
    assert info["psn_part_amt"] == info["acct_pay"] + info[cash]
    assert info["medfee_sumamt"] == (
        info["fulamt_ownpay_amt"] + info["overlmt_selfpay"] + info["preselfpay_amt"] + info["inscp_scp_amt"]
    )
    assert sum(row["fund_payamt"] for row in detail) == info["fund_pay_sumamt"]
    funds = (
        "hifp_pay",
        "cvlserv_pay",
        "hifes_pay",
        "hifmi_pay",
        "hifob_pay",
        "maf_pay",
        "oth_pay",
        "hifdm_pay",
    )
    assert sum(info[name] for name in funds) == info["fund_pay_sumamt"]


async def test_a_visit_from_the_counter_to_the_refund(hospital: Hospital) -> None:
    before = await Visit(hospital).balance()
    visit = await visit_with_fees(hospital)
    quoted = await visit.quote(TOTAL)
    settled = await visit.settle(TOTAL)
    info = settled["setlinfo"]
    msgid = visit.hospital.last_msgid
    check_identities(info, settled["setldetail"])
    # 37.20 + 52.35 (ceiling 48, 10 % first) + 700 (ceiling 600, 20 % first) + 88 own pay + 100.01 (ceiling 80, 10 % first)
    assert (info["fulamt_ownpay_amt"], info["overlmt_selfpay"]) == (D("88.00"), D("124.36"))
    assert (info["preselfpay_amt"], info["inscp_scp_amt"]) == (D("132.80"), D("632.40"))
    assert (info["act_pay_dedc"], info["hifp_pay"]) == (D("200.00"), D("259.44"))  # 60 % at level 3
    assert info["hosp_part_amt"] == D("10.01")  # half of 20.01, 10.005, away from zero
    assert info["acct_pay"] == D("620.11") and info["psn_cash_pay"] == D("88.00")
    assert info["balc"] == before - info["acct_pay"] == await visit.balance()
    assert info["medins_setl_id"] == msgid
    same = {k for k in quoted["setlinfo"] if k not in ("setl_time", "medins_setl_id")}
    assert {k: quoted["setlinfo"][k] for k in same} == {k: info[k] for k in same}

    queried = (await visit.query(info["setl_id"]))["setlinfo"]
    assert queried["refd_setl_flag"] == "0" and queried["medins_setl_id"] == msgid
    assert (queried["psn_pay"], queried["cash_payamt"]) == (info["psn_part_amt"], info["psn_cash_pay"])

    refund = await visit.refund(info["setl_id"])
    back = refund["setlinfo"]
    assert back["setl_id"] != info["setl_id"] and "psn_cash_pay" not in back
    assert back["medfee_sumamt"] == -info["medfee_sumamt"] and back["pdn_cash_pay"] == -info["psn_cash_pay"]
    check_identities(back, refund["setldetail"], cash="pdn_cash_pay")
    assert back["balc"] == before == await visit.balance()
    assert (await visit.query(info["setl_id"]))["setlinfo"]["refd_setl_flag"] == "1"
    assert (await visit.query(back["setl_id"]))["setlinfo"]["refd_setl_flag"] == "1"

    # The deductible is open again: settling once more pays the same.
    again = (await visit.settle(TOTAL))["setlinfo"]
    assert again["hifp_pay"] == info["hifp_pay"] and again["setl_id"] not in (
        info["setl_id"],
        back["setl_id"],
    )


async def test_states_of_a_visit(hospital: Hospital) -> None:
    visit = await Visit(hospital).register()
    with pytest.raises(Refused, match="就诊信息"):
        await visit.quote("10.00")
    await visit.inform()
    with pytest.raises(Refused, match="未上传费用"):
        await visit.quote("10.00")
    await visit.charge(fee(visit, 1, "10.00"))
    with pytest.raises(Refused, match="已使用"):
        await visit.charge(fee(visit, 1, "10.00"))
    with pytest.raises(Refused, match="不符"):
        await visit.quote("10.01")
    cancel = {"data": {"psn_no": visit.person.psn_no, "mdtrt_id": visit.mdtrt_id, "ipt_otp_no": visit.otp_no}}
    with pytest.raises(Refused, match="费用明细"):
        await visit.call("2202", cancel)
    info = (await visit.settle("10.00"))["setlinfo"]
    with pytest.raises(Refused, match="请勿重复"):
        await visit.call("2207", {"data": visit.settle_data(info)})
    with pytest.raises(Refused, match="不再接收"):
        await visit.charge(fee(visit, 2, "5.00"))
    await visit.charge(fee(visit, 2, "5.00", batch="B2"))  # another bill of the visit
    assert (await visit.quote("5.00", batch="B2"))["setlinfo"]["medfee_sumamt"] == Decimal("5.00")
    withdraw = {"mdtrt_id": visit.mdtrt_id, "psn_no": visit.person.psn_no}
    with pytest.raises(Refused, match="不可撤回"):
        await visit.call("2205", {"data": withdraw | {"chrg_bchno": "B1"}})
    await visit.call("2205", {"data": withdraw | {"chrg_bchno": "0000"}})
    with pytest.raises(Refused, match="未上传费用"):
        await visit.quote("5.00", batch="B2")
    with pytest.raises(Refused, match="有效结算"):
        await visit.call("2202", cancel)
    with pytest.raises(Refused, match="不可变更"):
        await visit.inform()
    await visit.refund(info["setl_id"])
    with pytest.raises(Refused, match="作废"):
        await visit.refund(info["setl_id"])
    await visit.call("2205", {"data": withdraw | {"chrg_bchno": "B1"}})
    with pytest.raises(Refused, match="没有费用明细"):
        await visit.call("2205", {"data": withdraw | {"chrg_bchno": "B1"}})
    await visit.call("2202", cancel)
    with pytest.raises(Refused, match="已取消"):
        await visit.call("2202", cancel)


async def test_partial_refund(hospital: Hospital) -> None:
    visit = await visit_with_fees(hospital)
    info = (await visit.settle(TOTAL))["setlinfo"]
    await visit.refund(info["setl_id"])
    await visit.call(
        "2205", {"data": {"mdtrt_id": visit.mdtrt_id, "psn_no": visit.person.psn_no, "chrg_bchno": "0000"}}
    )
    await visit.charge(fee(visit, 1, "37.20", count="2"))
    settled = await visit.settle("37.20")
    check_identities(settled["setlinfo"], settled["setldetail"])


async def test_a_correction_row_reduces_the_batch(hospital: Hospital) -> None:
    visit = await Visit(hospital).register()
    await visit.inform()
    await visit.charge(
        fee(visit, 1, "60.00", item="SBX-B-0001"), fee(visit, 2, "-60.00", item="SBX-B-0001", count="-1")
    )
    await visit.charge(fee(visit, 3, "20.00"))
    assert (await visit.quote("20.00"))["setlinfo"]["inscp_scp_amt"] == D("20.00")
    await visit.charge(fee(visit, 4, "-30.00", count="-1"))
    with pytest.raises(Refused, match="为负"):
        await visit.quote("-10.00")


async def test_amounts_of_2207_must_be_those_of_the_batch(hospital: Hospital) -> None:
    visit = await visit_with_fees(hospital)
    data = visit.settle_data((await visit.quote(TOTAL))["setlinfo"])
    for name in ("medfee_sumamt", "fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "inscp_scp_amt"):
        with pytest.raises(Refused, match="不符"):
            await visit.call("2207", {"data": data | {name: data[name] + D("0.01")}})
    await visit.call("2207", {"data": data})


async def test_wrong_people_and_vouchers(hospital: Hospital) -> None:
    visit = await visit_with_fees(hospital)
    other = Visit(hospital, 1)
    other.mdtrt_id = visit.mdtrt_id
    with pytest.raises(Refused, match="不是该人员"):
        await other.quote(TOTAL)
    with pytest.raises(Refused, match="凭证"):
        await visit.call("2201", {"data": visit.registration() | {"mdtrt_cert_no": other.person.certno}})
    with pytest.raises(Refused, match="card_sn"):
        card = {"mdtrt_cert_type": "03", "mdtrt_cert_no": visit.person.card_no, "card_sn": "X"}
        await visit.call("2201", {"data": visit.registration() | card})
    token = {"mdtrt_cert_type": "01", "mdtrt_cert_no": visit.person.token}
    await visit.call("2201", {"data": visit.registration() | token})
    with pytest.raises(Refused, match="insuplc_admdvs"):
        await hospital.call("2201", {"data": visit.registration()}, insuplc_admdvs="")
    with pytest.raises(Refused, match="参保记录"):
        await hospital.call("2201", {"data": visit.registration()}, insuplc_admdvs="990102")
    with pytest.raises(Refused, match="暂停"):
        await Visit(hospital, 6).register()
    foreign = visit.hospital.at("H43000000002")
    with pytest.raises(Refused, match="本机构下查无"):
        await foreign.call("2206", {"data": visit.quote_data(D(TOTAL))})


async def test_levels_change_the_ratio(hospital: Hospital) -> None:
    for code, ratio in (("H43000000001", "0.6"), ("H43000000002", "0.7"), ("H43000000003", "0.8")):
        visit = await visit_with_fees(hospital.at(code))
        assert (await visit.quote(TOTAL))["setlinfo"]["pool_prop_selfpay"] == D(ratio)


async def test_family_account(hospital: Hospital) -> None:
    sponsor_before = await Visit(hospital, 0).balance()
    visit = await visit_with_fees(hospital, 7)
    settled = await visit.settle(TOTAL, account="2")
    info = settled["setlinfo"]
    check_identities(info, settled["setldetail"])
    assert info["acct_pay"] == info["acct_mulaid_pay"] > 0 and info["balc"] == D("0.00")
    assert await Visit(hospital, 0).balance() == sponsor_before - info["acct_pay"]
    await visit.refund(info["setl_id"])
    assert await Visit(hospital, 0).balance() == sponsor_before
    lonely = await visit_with_fees(hospital, 2)
    with pytest.raises(Refused, match="共济"):
        await lonely.quote(TOTAL, account="2")


@pytest.mark.parametrize("number", [0, 1, 2, 3, 4, 5, 7, 8, 9])
async def test_every_person_settles_to_the_cent(hospital: Hospital, number: int) -> None:
    visit = await visit_with_fees(hospital, number)
    settled = await visit.settle(TOTAL)
    check_identities(settled["setlinfo"], settled["setldetail"])
    queried = await visit.query(settled["setlinfo"]["setl_id"])
    assert queried["setldetail"] == settled["setldetail"]


async def test_yearly_cap_brings_in_the_large_amount_subsidy(hospital: Hospital) -> None:
    visit = await visit_with_fees(hospital, 8)
    info = (await visit.settle(TOTAL))["setlinfo"]
    assert (info["act_pay_dedc"], info["hifp_pay"]) == (D("0.00"), D("100.00"))
    assert info["hifob_pay"] == D("223.55")  # 80 % of 379.44 - 100


async def test_approval_and_limited_use(hospital: Hospital) -> None:
    visit = await Visit(hospital).register()
    await visit.inform()
    rows = await visit.charge(
        fee(visit, 1, "10.00", item="SBX-B-0003", hosp_appr_flag="0"), fee(visit, 2, "10.00", item="SBX-B-0003", hosp_appr_flag="1"),
        fee(visit, 3, "10.00", hosp_appr_flag="2"), fee(visit, 4, "10.00", hosp_appr_flag="1"),
    )  # fmt: skip
    assert [row["fulamt_ownpay_amt"] for row in rows] == [D(10), D(0), D(10), D(0)]
    assert rows[0]["feedetl_sn"] == "1" and rows[1]["preselfpay_amt"] == D("1.50")


async def test_registration_only_settles_as_12(hospital: Hospital) -> None:
    visit = await Visit(hospital).register()
    await visit.charge(fee(visit, 1, "10.00", item="SBX-A-0002"))
    settled = await visit.settle("10.00", med_type="12")
    assert settled["setlinfo"]["clr_type"] == "12"
