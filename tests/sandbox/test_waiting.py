"""What waits for a decision gets one: a day later by the sandbox's clock, or on demand; `mi sandbox waiting` lists it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.sandbox.centre import Centre, Shop, uploaded, visit_at, which
from tests.sandbox.hospital import Hospital
from tests.sandbox.records import D, filled, of_person, today
from tests.sandbox.stories_stock import _ordered
from tests.sandbox.story_steps import PICTURE, by_hand, refused
from tests.sandbox.wards import Stay


async def day_later(hospital: Hospital) -> None:
    assert (await hospital.control("POST", "/clock", {"move": "+1d"}))[0] == 200


async def decided(hospital: Hospital, number: str, *, passed: bool = True, opinion: str = "") -> None:
    order = {"number": number, "passed": passed, "opinion": opinion}
    status, told = await hospital.control("POST", "/decisions", order)
    assert status == 200, told


async def waiting(hospital: Hospital) -> dict[str, str]:
    """Kind -> number."""
    _, told = await hospital.control("GET", "/waiting")
    assert all(re.match(r"mi sandbox ", one["do"]) and one["zh"] and one["en"] for one in told["waiting"])
    return {one["kind"]: one["number"] for one in told["waiting"]}


async def settled_stay(hospital: Hospital) -> tuple[Stay, str]:
    stay = await Stay(hospital, 0).admit()
    await stay.charge(stay.fee(1, "3000.00"))
    await stay.quote("3000.00")
    await stay.leave()
    settled: str = (await stay.settle("3000.00"))["setlinfo"]["setl_id"]
    return stay, settled


class Application:
    """3601–3604."""

    def __init__(self, hospital: Hospital, stay: Stay, setl_id: str) -> None:
        self.hospital, self.setl_id = hospital, setl_id
        self.facts = of_person(stay.person) | {
            "mdtrt_id": stay.mdtrt_id, "setl_id": setl_id, "fixmedins_code": hospital.code,
        }  # fmt: skip

    async def apply(self) -> str:
        await self.hospital.call("3602", filled("3602", self.facts))
        number: str = (await self.row())["appy_chk_setl_list_id"]
        return number

    async def row(self) -> dict[str, Any]:
        asked = {
            "fixmedins_code": self.hospital.code,
            "setl_id": self.setl_id,
            "pageSize": "10",
            "pageNum": "1",
        }
        (row,) = (await self.hospital.call("3601", {"data": asked}))["data"]
        told: dict[str, Any] = row
        return told

    async def opinions(self) -> list[dict[str, Any]]:
        told = await self.hospital.call("3604", {"data": {"setl_id": self.setl_id}})
        found: list[dict[str, Any]] = told["appy_chk_opnn_evt_list"]
        return found


async def test_an_application_is_granted_a_day_later(hospital: Hospital) -> None:
    made = Application(hospital, *await settled_stay(hospital))
    number = await made.apply()
    assert (await made.row())["rchk_flag"] == "0" and await made.opinions() == []
    assert (await waiting(hospital))["group exit"] == number
    await day_later(hospital)
    assert (await made.row())["rchk_flag"] == "1"
    (opinion,) = await made.opinions()
    assert (
        opinion["appy_chk_setl_list_id"] == number
        and "同意" in opinion["opnn"]
        and opinion["opnn_time"] > today()
    )
    change = {"data": {"appy_chk_setl_list_id": number, "vali_flag": "0", "exit_rea": "不退了"}}
    await refused(by_hand(hospital).call("3603", change), "已审核")
    assert "group exit" not in await waiting(hospital)


async def test_an_application_is_refused_on_demand(hospital: Hospital) -> None:
    made = Application(hospital, *await settled_stay(hospital))
    await made.apply()
    await decided(hospital, made.setl_id, passed=False, opinion="材料不全")
    row = await made.row()
    assert (row["rchk_flag"], row["memo"]) == ("2", "材料不全")
    await day_later(hospital)
    assert (await made.row())["rchk_flag"] == "2", "what is decided stays"
    status, told = await hospital.control("POST", "/decisions", {"number": made.setl_id})
    assert status == 400 and "没有等待审核" in told["error_zh"] and "waits" in told["error"]


async def test_an_appeal_is_checked_again_and_discussed(hospital: Hospital) -> None:
    stay, _ = await settled_stay(hospital)
    files = [{"name": "a.pdf", "bytes": PICTURE}]
    given = await hospital.call("3704", {"FsiAttFileUploadDTO": {"input": {"fsiAppealFileDTOList": files}}})
    number = given["FsiFileUploadRsltDTO"]["attUploadId"]

    async def at(stage: str) -> dict[str, Any]:
        asked = {
            "startTime": "2020-01-01", "endTime": "2099-01-01", "medinsCodg": hospital.code, "medinsName": "沙箱",
            "currentPage": 1, "pageSize": 50, "stage": stage,
        }  # fmt: skip
        found = await hospital.call("3701", {"FsiIntlgSupnApplEvtCQueryDTO": {"input": asked}})
        rows = [one for one in found["pageResult"]["data"] if one["mdtrtsn"] == stay.mdtrt_id]
        return rows[0] if rows else {}

    async def submit(infno: str, node: str, doc: dict[str, Any]) -> None:
        finding = {
            "docSusptId": doc["docSusptDTOS"][0]["docSusptId"], "applyFlag": "1", "susptAmt": D("1.00"), "attUploadId": number,
            "auditOpinion": "不同意",
        }  # fmt: skip
        docs = [{"docId": doc["docId"], "docSusptDTOS": [finding]}]
        content = {node: [{"input": {"medinsName": "沙箱", "medinsCodg": hospital.code, "docs": docs}}]}
        assert (await hospital.call(infno, content))["FsiApplDocResultDTO"] == []

    doc = await at("1")
    await submit("3702", "FsiIntlgSupnApplSaveDTO", doc)
    assert (await waiting(hospital))["appeal"] == doc["docId"]
    await decided(hospital, doc["docId"], passed=False)
    (finding,) = (await at("2"))["docSusptDTOS"]
    assert (finding["rchkVolaFlag"], finding["cnfmVolaAmt"]) == ("1", D("3000.00")) and "不同意" in finding[
        "rchkOpnn"
    ]
    await submit("3703", "FsiIntlgSupnApplDiscussDTO", doc)
    assert (await waiting(hospital))["appeal discussion"] == doc["docId"]
    await day_later(hospital)
    (finding,) = (await at("2"))["docSusptDTOS"]
    assert finding["clglFlag"] == "1" and finding["cnfmVolaAmt"] == D("0.00")


async def test_a_granted_appeal_is_over(hospital: Hospital) -> None:
    _, setl_id = await settled_stay(hospital)
    document = f"D{setl_id}"
    finding = {"docSusptId": f"S{setl_id}", "applyFlag": "0", "susptAmt": D("1.00"), "auditOpinion": "x"}
    docs = [{"docId": document, "docSusptDTOS": [finding]}]
    content = [{"input": {"medinsName": "沙箱", "medinsCodg": hospital.code, "docs": docs}}]
    await hospital.call("3702", {"FsiIntlgSupnApplSaveDTO": content})
    await day_later(hospital)
    told = (await hospital.call("3703", {"FsiIntlgSupnApplDiscussDTO": content}))["FsiApplDocResultDTO"]
    assert [one["docCode"] for one in told] == ["1"] and "环节" in told[0]["docReason"]


@pytest.mark.parametrize(("passed", "state"), [(True, ("3", "1")), (False, ("4", "3"))])
async def test_a_bed_appeal_is_decided(hospital: Hospital, passed: bool, state: tuple[str, str]) -> None:
    stay = await Stay(hospital, 2).admit()
    asked = {"data": {"medins_code": hospital.code}}

    async def detail() -> dict[str, Any]:
        (task,) = (await hospital.call("9604", asked))["chkBedTask"]
        found: dict[str, Any] = next(
            one for one in task["chkBedTaskDetail"] if one["mdtrt_id"] == stay.mdtrt_id
        )
        return found

    plan = (await detail())["plan_id"]
    facts = of_person(stay.person) | {
        "medins_code": hospital.code, "mdtrt_id": stay.mdtrt_id, "plan_id": plan, "appl_pic": PICTURE,
    }  # fmt: skip
    await hospital.call("9605", filled("9605", facts))
    assert (await detail())["appl_stas"] == "2" and (await waiting(hospital))["bed appeal"] == plan
    await decided(hospital, plan, passed=passed)
    told = await detail()
    assert (told["appl_stas"], told["chk_stas"]) == state and told["chker_name"]


async def test_the_sandbox_reviews_and_dispenses(hospital: Hospital) -> None:
    """A hospital's developer has no pharmacy."""
    centre, visit = Centre(hospital), await visit_at(hospital)
    sent = await uploaded(centre, visit)
    number = sent["hiRxno"]
    await refused(centre.call("7106", which(visit, number)), "尚未审核")
    assert (await waiting(hospital))["prescription"] == number
    order = {"hi_rxno": number, "act": "review", "passed": False, "opinion": "剂量过大"}
    assert (await hospital.control("POST", "/prescriptions", order))[0] == 200
    told = await centre.call("7106", which(visit, number))
    assert (told["rxChkStasCodg"], told["rxChkOpnn"]) == ("0", "剂量过大")
    status, told = await hospital.control("POST", "/prescriptions", {"hi_rxno": number, "act": "dispense"})
    assert status == 400 and "审核不通过" in told["error_zh"]
    await hospital.control("POST", "/prescriptions", {"hi_rxno": number, "act": "review"})
    assert (await hospital.control("POST", "/prescriptions", {"hi_rxno": number, "act": "dispense"}))[
        0
    ] == 200
    told = await centre.call("7107", which(visit, number))
    assert told["rxUsedStasCodg"] == "2" and [one["cnt"] for one in told["seltdelts"]] == [D("2")]
    await refused(Shop(hospital, sent).fetch(), "处方已使用")
    for wrong in (
        {"hi_rxno": "none", "act": "review"},
        {"act": "review"},
        {"hi_rxno": number, "act": "eat"},
        {"hi_rxno": number, "x": 1},
    ):
        assert (await hospital.control("POST", "/prescriptions", wrong))[0] == 400


async def test_the_rest_that_waits(hospital: Hospital) -> None:
    shop = hospital.at("P43000000001")
    number = await _ordered(shop, "W1")
    assert await waiting(hospital) == {"remote order": number}
    assert (await hospital.control("POST", "/orders", {"mdtrt_regno": number}))[0] == 200
    assert await waiting(hospital) == {}
