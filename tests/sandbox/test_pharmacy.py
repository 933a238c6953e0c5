"""Purchases at a pharmacy: 2101 has no effect, 2102 settles, 2103 gives everything back."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.hospital import Hospital, Refused
from tests.sandbox.test_replies import check_reply
from tests.sandbox.wards import D, Purchase, check_identities


@pytest.fixture
def purchase(hospital: Hospital) -> Purchase:
    return Purchase(hospital.at("P43000000001"))


def basket(purchase: Purchase, **more: Any) -> dict[str, Any]:
    return purchase.basket(
        purchase.drug(1, "300.00", count="10"), purchase.drug(2, "52.35", item="SBX-B-0001"), purchase.drug(3, "88.00", item="SBX-C-0001"),
        purchase.drug(4, "100.01", item="SBX-M-0001"), **more,
    )  # fmt: skip


async def balance(purchase: Purchase) -> Any:
    person = purchase.person
    asked = {
        "mdtrt_cert_type": "02",
        "mdtrt_cert_no": person.certno,
        "psn_cert_type": "01",
        "certno": person.certno,
        "psn_name": person.name,
    }
    return (await purchase.call("1101", {"data": asked}))["insuinfo"][0]["balc"]


async def refund(purchase: Purchase, info: dict[str, Any]) -> Any:
    which = {"setl_id": info["setl_id"], "mdtrt_id": info["mdtrt_id"], "psn_no": purchase.person.psn_no}
    return await purchase.call("2103", {"data": which})


async def test_quote_settle_query_refund(purchase: Purchase) -> None:
    before = await balance(purchase)
    quoted = await purchase.call("2101", basket(purchase))
    check_reply("2101", quoted)
    check_identities(quoted)
    assert await balance(purchase) == before, "a quote changes nothing"
    assert (await purchase.hospital.ledger(psn_no=purchase.person.psn_no))["executions"] == []

    settled = await purchase.call("2102", basket(purchase))
    check_reply("2102", settled)
    check_identities(settled)
    info = settled["setlinfo"]
    own = ("setl_id", "mdtrt_id", "setl_time", "medins_setl_id")
    assert {k: v for k, v in quoted["setlinfo"].items() if k not in own} == {
        k: v for k, v in info.items() if k not in own
    }
    assert (
        sum(row["hosp_part_amt"] for row in quoted["detlcutinfo"]) == info["hosp_part_amt"]
        and info["clr_type"] == "41"
    )
    for row in quoted["detlcutinfo"]:
        del row["hosp_part_amt"]
    assert settled["detlcutinfo"] == quoted["detlcutinfo"]
    # scope 300 + 48 x 0.9 + 80 x 0.9 = 415.20; deductible 200; level 1 pays 80 %
    assert (info["inscp_scp_amt"], info["hifp_pay"], info["hosp_part_amt"]) == (
        D("415.20"),
        D("172.16"),
        D("10.01"),
    )
    assert info["balc"] == before - info["acct_pay"] == await balance(purchase)

    which = {"setl_id": info["setl_id"], "mdtrt_id": info["mdtrt_id"], "psn_no": purchase.person.psn_no}
    queried = await purchase.call("5203", {"data": which})
    check_reply("5203", queried)
    assert (
        queried["setlinfo"]["psn_pay"] == info["psn_part_amt"]
        and queried["setlinfo"]["refd_setl_flag"] == "0"
    )
    fees = await purchase.call("5204", {"data": which})
    check_reply("5204", fees)
    assert sum(row["det_item_fee_sumamt"] for row in fees) == info["medfee_sumamt"]

    back = await refund(purchase, info)
    check_reply("2103", back)
    check_identities(back)
    assert back["setlinfo"]["medfee_sumamt"] == -info["medfee_sumamt"] and "psn_no" not in back["setlinfo"]
    assert await balance(purchase) == before
    with pytest.raises(Refused, match="作废"):
        await refund(purchase, info)
    again = (await purchase.call("2102", basket(purchase)))["setlinfo"]
    assert again["hifp_pay"] == info["hifp_pay"], "the deductible is open again"


async def test_sent_twice_is_paid_twice(purchase: Purchase) -> None:
    first = (await purchase.call("2102", basket(purchase)))["setlinfo"]
    second = (await purchase.call("2102", basket(purchase)))["setlinfo"]
    assert first["setl_id"] != second["setl_id"] and first["mdtrt_id"] != second["mdtrt_id"]
    assert (first["act_pay_dedc"], second["act_pay_dedc"]) == (D("200.00"), D("0.00"))


async def test_what_a_pharmacy_refuses(purchase: Purchase, hospital: Hospital) -> None:
    with pytest.raises(Refused, match="仅限"):
        await Purchase(hospital).call("2102", basket(purchase))
    twice = purchase.basket(purchase.drug(1, "10.00"), purchase.drug(1, "10.00"))
    with pytest.raises(Refused, match="不得重复"):
        await purchase.call("2101", twice)
    for more, text in (
        ({"total": "1.00"}, "不符"), ({"psn_name": "别人"}, "姓名"), ({"psn_type": "12"}, "人员类别"), ({"med_type": "2101"}, "住院"),
        ({"certno": "990101199001019996"}, "证件号码"),
    ):  # fmt: skip
        with pytest.raises(Refused, match=text):
            await purchase.call("2102", basket(purchase, **more))
    info = (await purchase.call("2102", basket(purchase)))["setlinfo"]
    with pytest.raises(Refused, match="药店购药"):
        which = {"setl_id": info["setl_id"], "mdtrt_id": info["mdtrt_id"], "psn_no": purchase.person.psn_no}
        await purchase.call("2208", {"data": which})
    with pytest.raises(Refused, match="本机构下查无"):
        await refund(Purchase(hospital), info)


@pytest.mark.parametrize("number", [0, 1, 2, 3, 4, 5, 7, 8])
async def test_every_person_pays_to_the_cent(hospital: Hospital, number: int) -> None:
    purchase = Purchase(hospital.at("P43000000001"), number)
    settled = await purchase.call("2102", basket(purchase, account="2" if number == 7 else "1"))
    check_identities(settled)
    check_identities(await refund(purchase, settled["setlinfo"]))


async def test_a_package_is_paid_once(purchase: Purchase) -> None:
    """By its trace code, until the purchase is taken back; a divided package may be paid several times."""

    def with_pack(code: str, divided: str = "0") -> dict[str, Any]:
        pack = {"feedetl_sn": "1", "drug_trac_codg": code, "trdn_flag": divided}
        return purchase.basket(purchase.drug(1, "30.00") | {"durg_trac_info": [pack]})

    info = (await purchase.call("2102", with_pack("8100000000000001")))["setlinfo"]
    other = Purchase(purchase.hospital.at("P43000000001"))
    for shop in (purchase, other):
        with pytest.raises(Refused, match="已结算"):
            await shop.call("2102", with_pack("8100000000000001"))
    await refund(purchase, info)
    assert (await other.call("2102", with_pack("8100000000000001")))["setlinfo"]
    for _ in range(2):
        assert (await purchase.call("2102", with_pack("8100000000000002", divided="1")))["setlinfo"]
