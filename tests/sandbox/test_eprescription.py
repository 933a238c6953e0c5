"""An electronic prescription from the doctor to the pharmacy's counter."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from mi_plugins.sandbox import Settings
from tests.sandbox.centre import (
    FILE,
    OPERATOR,
    Centre,
    D,
    Shop,
    drug,
    encoded,
    prescription,
    revocation,
    signing_fields,
    uploaded,
    visit_at,
    which,
)
from tests.sandbox.hospital import Hospital, Refused, certificate, china_now

TWO = (drug(), drug("SBX-B-0001", "1"))


async def test_written_signed_uploaded_and_seen(hospital: Hospital) -> None:
    centre, visit = Centre(hospital), await visit_at(hospital)
    sent = await uploaded(centre, visit, *TWO)
    shown = await centre.call("7105", which(visit, sent["hiRxno"]))
    assert (shown["rxStasCodg"], shown["rxUsedStasCodg"], shown["rxUsedStasName"]) == ("1", "1", "未使用")
    assert [row["medListCodg"] for row in shown["rxDetlList"]] == ["SBX-A-0001", "SBX-B-0001"]
    assert shown["rxOtpinfo"]["pharName"] == "审方药师" and shown["rxDiseList"][0]["diagCode"] == "I10"
    for infno, text in (("7106", "尚未审核"), ("7107", "尚未取药")):
        with pytest.raises(Refused, match=text):
            await centre.call(infno, which(visit, sent["hiRxno"]))
    assert (await centre.call("7103", sent))["rxStasCodg"] == "1", "the same once more changes nothing"


async def test_what_was_not_signed_is_not_taken(hospital: Hospital) -> None:
    centre, visit = Centre(hospital), await visit_at(hospital)
    checked = await centre.call("7101", prescription(visit))
    fields = signing_fields(visit, checked)
    asked = {"fixmedinsCode": hospital.code, "originalValue": encoded(fields), "originalRxFile": FILE}
    with pytest.raises(Refused, match="JSON文本的Base64"):
        await centre.call("7102", asked | {"originalValue": "bm8="})
    with pytest.raises(Refused, match="originalValue"):
        await centre.call("7102", asked | {"originalValue": encoded(fields | {"rxTraceCode": "T"})})
    signed = await centre.call("7102", asked)
    sent = fields | {"rxFile": signed["rxFile"], "signDigest": signed["signDigest"]}
    for change, text in (
        ({"pharName": "另一药师"}, "不一致：pharName"),
        ({"rxFile": FILE}, "rxFile"),
        ({"signDigest": "AAAA"}, "signDigest"),
        ({"rxTraceCode": "990100T9999999999999"}, "rxTraceCode"),
    ):
        with pytest.raises(Refused, match=text):
            await centre.call("7103", sent | change)
    with pytest.raises(Refused, match="尚未上传"):
        await centre.call("7105", which(visit, sent["hiRxno"]))
    await centre.call("7103", sent)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"rxDrugCnt": D("7")}, "rxDrugCnt"),
        ({"valiEndTime": "2026-01-09 00:00:00"}, "valiEndTime"),
        ({"hospRxno": "SAME"}, "不可重复"),
    ],
    ids=["count", "validity", "number"],
)
async def test_a_prescription_that_is_wrong(hospital: Hospital, change: dict[str, Any], text: str) -> None:
    centre, visit = Centre(hospital), await visit_at(hospital)
    await centre.call("7101", prescription(visit, hospRxno="SAME"))
    with pytest.raises(Refused, match=text):
        await centre.call("7101", prescription(visit) | change)


async def test_somebody_elses(hospital: Hospital) -> None:
    centre, visit = Centre(hospital), await visit_at(hospital)
    wrong = prescription(visit)
    wrong["mdtrtinfo"] |= {"patnName": "别人"}
    with pytest.raises(Refused, match="patnName"):
        await centre.call("7101", wrong)
    wrong["mdtrtinfo"] |= {"patnName": visit.person.name, "fixmedinsCode": "H99999999999"}
    with pytest.raises(Refused, match="fixmedinsCode"):
        await centre.call("7101", wrong)
    sent = await uploaded(centre, visit)
    with pytest.raises(Refused, match="本机构没有"):
        await centre.call("7105", which(visit, sent["hiRxno"]) | {"fixmedinsCode": "H43000000002"})
    with pytest.raises(Refused, match="人员信息"):
        await centre.call("7105", which(visit, sent["hiRxno"]) | {"psnName": "别人"})


async def test_revoked_it_cannot_be_handed_out(hospital: Hospital) -> None:
    centre, visit = Centre(hospital), await visit_at(hospital)
    sent = await uploaded(centre, visit)
    shop = Shop(hospital, sent)
    await shop.fetch()
    for _ in range(2):
        assert (await centre.call("7104", revocation(visit, sent["hiRxno"])))["rxStasCodg"] == "3"
    assert (await centre.call("7105", which(visit, sent["hiRxno"])))["rxStasName"] == "已撤销"
    with pytest.raises(Refused, match="已撤销"):
        await shop.review()
    with pytest.raises(Refused, match="只能上传一次"):
        await centre.call("7103", sent)


async def test_reviewed_and_paid_by_the_patient(hospital: Hospital) -> None:
    centre, visit = Centre(hospital), await visit_at(hospital)
    sent = await uploaded(centre, visit)
    shop = Shop(hospital, sent)
    fetched = await shop.fetch()
    assert (fetched["hiRxno"], fetched["rxFile"], fetched["fileSuffix"]) == (
        sent["hiRxno"],
        sent["rxFile"],
        "pdf",
    )
    assert fetched["rxDetlList"][0]["takeDrugFlag"] == "0"
    assert (await shop.verify(rxFile=FILE))["flag"] is False
    await shop.review()
    told = await centre.call("7106", which(visit, sent["hiRxno"]))
    assert (told["rxChkStasCodg"], told["pharName"], told["rxChkStasName"]) == ("1", "药店药师", "审核通过")
    with pytest.raises(Refused, match="不在处方中"):
        await shop.sell("SBX-C-0001")
    number = await shop.sell()
    shown = await centre.call("7105", which(visit, sent["hiRxno"]))
    assert shown["rxUsedStasCodg"] == "2" and shown["rxDetlList"][0]["takeDrugFlag"] == "1"
    (taken,) = (await centre.call("7107", which(visit, sent["hiRxno"])))["seltdelts"]
    assert (taken["medListCodg"], taken["cnt"], taken["manuLotnum"]) == ("SBX-A-0001", D("2"), "L1")
    with pytest.raises(Refused, match="不能撤销"):
        await centre.call("7104", revocation(visit, sent["hiRxno"]))
    with pytest.raises(Refused, match="已使用"):
        await shop.sell()
    for _ in range(2):
        assert (await shop.call("7208", {"hiRxno": sent["hiRxno"], "selStooutSn": number}))["flag"] is True
    assert (await centre.call("7105", which(visit, sent["hiRxno"])))["rxUsedStasCodg"] == "1"
    assert (await centre.call("7104", revocation(visit, sent["hiRxno"])))["rxStasCodg"] == "3"


async def test_a_review_that_fails_stops_the_sale(hospital: Hospital) -> None:
    centre, visit = Centre(hospital), await visit_at(hospital)
    shop = await Shop(hospital, sent := await uploaded(centre, visit)).review("0")
    assert (await centre.call("7106", which(visit, sent["hiRxno"])))["rxChkStasName"] == "审核不通过"
    with pytest.raises(Refused, match="审核不通过"):
        await shop.sell()


async def test_two_sales_settled_by_the_insurance(hospital: Hospital) -> None:
    centre, visit = Centre(hospital), await visit_at(hospital)
    shop = await Shop(hospital, sent := await uploaded(centre, visit, *TWO)).review()
    for code in ("SBX-A-0001", "SBX-B-0001"):
        await shop.sell(code, insured=True)
        with pytest.raises(Refused, match="已出库"):
            await shop.sell(code, insured=True)

    async def used() -> str:
        state: str = (await centre.call("7105", which(visit, sent["hiRxno"])))["rxUsedStasCodg"]
        return state

    first = await buy(shop, visit, "SBX-A-0001")
    assert await used() == "1", "one drug is still to be taken"
    with pytest.raises(Refused, match="须先撤销结算"):
        sale = (await shop.call("7208", {"hiRxno": sent["hiRxno"], "selStooutSn": "990100X000000000001"}))[
            "flag"
        ]
        assert not sale
    await buy(shop, visit, "SBX-B-0001")
    assert await used() == "2"
    assert len((await centre.call("7107", which(visit, sent["hiRxno"])))["seltdelts"]) == 2
    data = {"setl_id": first["setl_id"], "mdtrt_id": first["mdtrt_id"], "psn_no": visit.person.psn_no}
    await shop.centre.hospital.call("2103", {"data": data}, insuplc_admdvs="990101")
    assert await used() == "1", "a refunded purchase gives the prescription back"


async def buy(shop: Shop, visit: Any, code: str) -> dict[str, Any]:
    """2102 with the prescription's number."""
    person, insurance = visit.person, visit.insurance
    row = {
        "feedetl_sn": int(code[-1]), "rxno": shop.hi_rxno, "rx_circ_flag": "1", "fee_ocur_time": "2026-01-01 11:00:00",
        "med_list_codg": code, "medins_list_codg": f"P-{code}", "det_item_fee_sumamt": D("20.00"), "cnt": D("1"), "pric": D("20.00"),
    }  # fmt: skip
    reply = await shop.centre.hospital.call("2102", {
        "druginfo": {
            "psn_no": person.psn_no, "psn_name": person.name, "psn_type": insurance.psn_type, **certificate(person), "begntime":
            "2026-01-01 11:00:00", "medfee_sumamt": D("20.00"), "med_type": "41", "acct_used_flag": "1", "insutype": insurance.insutype,
        },
        "drugdetail": [row],
    }, insuplc_admdvs=insurance.area)  # fmt: skip
    info: dict[str, Any] = reply["setlinfo"]
    return info


async def test_the_ways_to_a_token(hospital: Hospital) -> None:
    centre, visit = Centre(hospital), await visit_at(hospital)
    shop = Shop(hospital, sent := await uploaded(centre, visit))
    person = visit.person
    at_counter = OPERATOR | {
        "psnName": person.name,
        "psnCertType": "01",
        "certno": person.certno,
        "ecToken": person.token,
    }
    granted = await shop.call("7201", at_counter)
    assert granted["fixmedinsCode"] == hospital.code and granted["deptName"] == "内科"
    with pytest.raises(Refused, match="ecToken"):
        await shop.call("7201", at_counter | {"ecToken": "X"})
    online = await shop.call(
        "7202", OPERATOR | {"hiRxno": sent["hiRxno"], "authCircBizSn": "1", "epcChnlId": "1"}
    )
    asked = OPERATOR | {"devInfo": "x", "epcToken": online["epcToken"], "authRxno": online["authRxno"]}
    assert (await shop.call("7204", asked))["hiRxno"] == sent["hiRxno"]
    with pytest.raises(Refused, match="authRxno"):
        await shop.call("7204", asked | {"authRxno": granted["authRxno"]})
    with pytest.raises(Refused, match="epcQrcd"):
        await shop.call("7203", OPERATOR | {"devInfo": "x", "epcQrcd": "nothing"})
    other = Centre(hospital.at("H43000000002"))
    with pytest.raises(Refused, match="epcToken"):
        await other.call("7204", asked | {"fixmedinsCode": "H43000000002"})


async def test_sent_home(hospital: Hospital) -> None:
    centre, visit = Centre(hospital), await visit_at(hospital)
    shop = await Shop(hospital, sent := await uploaded(centre, visit)).review()
    delivery = {
        "hiRxno": sent["hiRxno"], "delvNo": "D1", "delvAddr": "某路1号", "delvEntpName": "配送", "delvStasCodg": "1",
        "delvStasName": "配送中", "delvStasTime": "2026-01-01 12:00:00", "delvConner": "收", "fixmedinsName": "沙箱市平安药房",
    }  # fmt: skip
    with pytest.raises(Refused, match="不能配送"):
        await shop.call("7209", delivery)
    await shop.sell()
    done = {
        "hiRxno": sent["hiRxno"], "delvNo": "D1", "delverCertType": "01", "delverCertno": "1", "delverName": "骑手",
        "delvStasTime": "2026-01-01 13:00:00",
    }  # fmt: skip
    with pytest.raises(Refused, match="没有该处方的配送信息"):
        await shop.centre.call("7210", done)
    assert (await shop.call("7209", delivery))["flag"] is True
    assert (await shop.centre.call("7210", done))["flag"] is True
    with pytest.raises(Refused, match="已完成"):
        await shop.call("7209", delivery)


async def test_the_drugs_that_may_be_prescribed(hospital: Hospital) -> None:
    centre = Centre(hospital)
    asked = {"fixmedinsCode": hospital.code, "drugName": "他汀", "pageNum": 1, "pageSize": 10}
    found = await centre.call("7211", asked)
    assert (found["total"], found["size"]) == (1, 1)
    assert [(one["medListCodg"], one["dosformName"]) for one in found["list"]] == [("SBX-B-0001", "片剂")]
    with pytest.raises(Refused, match="pageSize"):
        await centre.call("7211", asked | {"pageSize": 101})


class TestLater:
    """Days afterwards."""

    ahead = dt.timedelta(0)

    @pytest.fixture
    def settings(self) -> Settings:
        return Settings(crowd=0, acceptance=1e9, clock=lambda: china_now() + self.ahead)

    async def test_it_is_over(self, hospital: Hospital) -> None:
        centre, visit = Centre(hospital), await visit_at(hospital)
        shop = Shop(hospital, sent := await uploaded(centre, visit))
        await shop.fetch()
        self.ahead = dt.timedelta(hours=3)
        with pytest.raises(Refused, match="过期"):
            await shop.verify()
        self.ahead = dt.timedelta(days=4)
        assert (await centre.call("7105", which(visit, sent["hiRxno"])))["rxStasName"] == "已失效"
        with pytest.raises(Refused, match="有效截止时间"):
            await shop.fetch()
