"""Stories that begin with a settlement: lists, groups, appeals, facts, vouchers; and of who pays alone."""

from __future__ import annotations

from typing import Any

from tests.sandbox.hospital import Hospital, Visit, fee
from tests.sandbox.records import D, filled, of_person, today
from tests.sandbox.story_steps import PICTURE, by_hand, refused
from tests.sandbox.wards import Stay


async def lists(hospital: Hospital) -> None:
    """4101–4105 and the groups 3601–3611 of a settled stay."""
    stay, setl_id = await _settled_stay(hospital)
    facts = of_person(stay.person) | {"mdtrt_id": stay.mdtrt_id, "setl_id": setl_id, "stas_type": "0"}
    settled = (await stay.call("5203", {"data": stay.which | {"setl_id": setl_id}}))["setlinfo"]
    rows = {
        "diseinfo": [filled("4101", {"maindiag_flag": "1", "diag_code": "I63.9"})["diseinfo"][0]],
        "payinfo": [filled("4101", {"fund_payamt": settled["fund_pay_sumamt"]})["payinfo"][0]],
    }
    month = today()[:7].replace("-", "")
    count = {
        "fixmedins_code": hospital.code, "medtype_list": ["2101"], "stt_begntime": f"{today()} 00:00:00",
        "stt_endtime": f"{today()} 23:59:59",
    }  # fmt: skip
    before = await hospital.call("4105", {"data": count})
    number = (await hospital.call("4101", filled("4101", facts, **rows)))["data"]["setl_list_id"]
    after = await hospital.call("4105", {"data": count})
    assert (int(after["uploadedCnt"]), int(after["needUploadCnt"])) == (
        int(before["uploadedCnt"]) + 1,
        int(before["needUploadCnt"]),
    )
    await refused(
        by_hand(hospital).call("4101", filled("4101", facts | {"setl_id": "none"}, **rows)), "查无结算"
    )
    which = {"psn_no": stay.person.psn_no, "setl_id": setl_id}
    told = await hospital.call("4103", {"data": which})
    assert (told["setlinfo"]["setl_list_sn"], told["setlinfo"]["acct_pay"]) == (number, settled["acct_pay"])
    assert sum(row["item_sumamt"] for row in told["iteminfo"]) == settled["medfee_sumamt"]
    await _quality(hospital, month, setl_id)
    rows["payinfo"] = [rows["payinfo"][0] | {"fund_payamt": D("1.00")}]
    assert (await hospital.call("4101", filled("4101", facts, **rows)))["data"]["setl_list_id"] == number
    page = {"page_num": 1, "page_size": 10}
    (wrong,) = await hospital.call("4104", {"data": {"setl_ym": month, "setl_id": setl_id, **page}})
    assert wrong["qltctrl_rslt"] == "0" and wrong["detailinfo"][0]["exam_data_fld"] == "payinfo.fund_payamt"
    state = {"data": {"stastinfo": [which | {"stas_type": "1"}]}}
    await hospital.call("4102", state)
    await refused(by_hand(hospital).call("4102", state), "已提交")
    rows["payinfo"] = [rows["payinfo"][0] | {"fund_payamt": D("2.00")}]
    await refused(by_hand(hospital).call("4101", filled("4101", facts, **rows)), "已提交")
    await _groups(hospital, month, setl_id, stay)


async def _settled_stay(hospital: Hospital) -> tuple[Stay, str]:
    stay = await Stay(hospital, 1).admit()
    await stay.charge(stay.fee(1, "3000.00"))
    await stay.quote("3000.00")
    await stay.leave()
    settled: str = (await stay.settle("3000.00"))["setlinfo"]["setl_id"]
    return stay, settled


async def _quality(hospital: Hospital, month: str, setl_id: str) -> None:
    page = {"page_num": 1, "page_size": 10}
    (good,) = await hospital.call("4104", {"data": {"setl_ym": month, "setl_id": setl_id, **page}})
    assert (good["setl_id"], good["qltctrl_rslt"], good["detailinfo"]) == (setl_id, "1", [])
    (same,) = (await hospital.call("3607", {"data": {"setl_ym": month, "setl_id": setl_id, **page}}))["data"]
    assert (same["setl_id"], same["qltctrl_rslt"]) == (setl_id, "1")
    assert await hospital.call("4104", {"data": {"setl_ym": "202001", **page}}) == []


async def _groups(hospital: Hospital, month: str, setl_id: str, stay: Stay) -> None:
    page = {"page_num": 1, "page_size": 10}
    for infno, name in (("3605", "drg_code"), ("3606", "dip_dise_grp_code")):
        (row,) = (await hospital.call(infno, {"data": {"setl_ym": month, "setl_id": setl_id, **page}}))[
            "data"
        ]
        assert row[name] == "I639"
    for infno in ("3608", "3610"):
        (row,) = (await hospital.call(infno, {"data": {"setl_mon": month, **page}}))["data"]
        assert row["medfee_sumamt"] >= D("3000.00")
    for infno in ("3609", "3611"):
        (row,) = (
            await hospital.call(infno, {"data": {"setl_mon": month, "fixmedins_code": hospital.code, **page}})
        )["data"]
        assert row["setl_psntime"] == 1 and row["ave_medfee_sumamt"] == D("3000.00")
    facts = of_person(stay.person) | {
        "mdtrt_id": stay.mdtrt_id,
        "setl_id": setl_id,
        "fixmedins_code": hospital.code,
    }
    assert (await hospital.call("3602", filled("3602", facts)))["data"]["code"] == "0"
    await refused(by_hand(hospital).call("3602", filled("3602", facts)), "已有退出申请")
    ask = {"data": {"fixmedins_code": hospital.code, "setl_id": setl_id, "pageSize": "10", "pageNum": "1"}}
    (row,) = (await hospital.call("3601", ask))["data"]
    funds = await hospital.call("3604", {"data": {"setl_id": setl_id}})
    assert [one["setl_id"] for one in funds["preSetl_invy_evt_list"]] == [setl_id] and funds[
        "appy_chk_opnn_evt_list"
    ] == []
    change = {"appy_chk_setl_list_id": row["appy_chk_setl_list_id"], "vali_flag": "1", "exit_rea": "改了"}
    await hospital.call("3603", {"data": change})
    assert (await hospital.call("3601", ask))["data"][0]["exit_rea"] == "改了"
    await hospital.call("3603", {"data": change | {"vali_flag": "0"}})
    await refused(by_hand(hospital).call("3603", {"data": change}), "无可变更")
    assert (await hospital.call("3601", ask))["data"] == []


async def appeals(hospital: Hospital) -> None:
    """3701–3704."""
    stay, _ = await _settled_stay(hospital)
    when = {
        "startTime": today(),
        "endTime": today(),
        "medinsCodg": hospital.code,
        "medinsName": "沙箱",
        "currentPage": 1,
        "pageSize": 50,
    }

    async def documents(stage: str) -> dict[str, dict[str, Any]]:
        ask = {"FsiIntlgSupnApplEvtCQueryDTO": {"input": when | {"stage": stage}}}
        found = (await hospital.call("3701", ask))["pageResult"]["data"]
        return {one["docId"]: one for one in found}

    def of(node: str, doc: dict[str, Any], **more: Any) -> dict[str, Any]:
        finding = {
            "docSusptId": doc["docSusptDTOS"][0]["docSusptId"],
            "applyFlag": "1",
            "susptAmt": D("1.00"),
            "attUploadId": number,
            "auditOpinion": "不同意",
        } | more
        docs = [{"docId": doc["docId"], "docSusptDTOS": [finding]}]
        return {node: [{"input": {"medinsName": "沙箱", "medinsCodg": hospital.code, "docs": docs}}]}

    doc = next(one for one in (await documents("1")).values() if one["mdtrtsn"] == stay.mdtrt_id)
    files = [{"name": "a.pdf", "bytes": PICTURE}]
    upload = {"FsiAttFileUploadDTO": {"input": {"fsiAppealFileDTOList": files}}}
    number = (await hospital.call("3704", upload))["FsiFileUploadRsltDTO"]["attUploadId"]
    upload["FsiAttFileUploadDTO"]["input"]["fsiAppealFileDTOList"] = files * 6
    await refused(by_hand(hospital).call("3704", upload), "5个文件")
    (wrong,) = (await hospital.call("3703", of("FsiIntlgSupnApplDiscussDTO", doc)))["FsiApplDocResultDTO"]
    assert "环节" in wrong["docReason"]
    (wrong,) = (await hospital.call("3702", of("FsiIntlgSupnApplSaveDTO", doc, docSusptId="none")))[
        "FsiApplDocResultDTO"
    ]
    assert "疑点" in wrong["docReason"]
    assert (await hospital.call("3702", of("FsiIntlgSupnApplSaveDTO", doc)))["FsiApplDocResultDTO"] == []
    assert doc["docId"] not in await documents("1") and doc["docId"] in await documents("2")
    assert (await hospital.call("3703", of("FsiIntlgSupnApplDiscussDTO", doc)))["FsiApplDocResultDTO"] == []
    assert (await documents("2"))[doc["docId"]]["docSusptDTOS"][0]["appyClglFlag"] == "1"


async def settled_facts(hospital: Hospital) -> None:
    """100001, 2306, 5205, 5206 of a settled visit for a chronic disease."""
    visit = await (await Visit(hospital).register()).inform("14")
    await visit.charge(fee(visit, 1, "400.00"))
    setl = (await visit.settle("400.00", med_type="14"))["setlinfo"]
    ask = {"data": {"psn_No": visit.person.psn_no, "setl_Id": setl["setl_id"], "mdtrt_Id": visit.mdtrt_id}}
    items = await hospital.call("100001", ask)
    assert sum(row["fundPayAmt"] for row in items) == setl["fund_pay_sumamt"]
    note = {
        "mdtrt_id": visit.mdtrt_id,
        "psn_no": visit.person.psn_no,
        "bkkp_sn": "1",
        "med_list_codg": "SBX-A-0001",
        "memo": "补记",
    }
    await hospital.call("2306", {"data": [note]})
    await refused(by_hand(hospital).call("2306", {"data": [note | {"bkkp_sn": "9"}]}), "没有记账流水号")
    which = {"psn_no": visit.person.psn_no, "setl_id": setl["setl_id"], "mdtrt_id": visit.mdtrt_id}
    (row,) = await visit.call("5204", {"data": which})
    assert row["memo"] == "补记"
    chronic = {
        "data": {
            "psn_no": visit.person.psn_no,
            "begntime": "2025-01-01 00:00:00",
            "endtime": "2099-01-01 00:00:00",
        }
    }
    (row,) = (await hospital.call("5205", chronic))["feedetail"]
    assert (row["med_list_codg"], row["fixmedins_code"]) == ("SBX-A-0001", hospital.code)
    used = (await hospital.call("5206", {"data": {"psn_no": visit.person.psn_no}}))["cuminfo"]
    assert {row["cum_type_code"]: row["cum"] for row in used}["OU-pool"] == setl["hifp_pay"] > 0
    await visit.refund(setl["setl_id"])
    await refused(by_hand(hospital).call("100001", ask), "已撤销")
    assert (await hospital.call("5205", chronic))["feedetail"] == []


def _voucher(number: str, setl: dict[str, Any], visit: Visit, **more: Any) -> dict[str, Any]:
    row: dict[str, Any] = filled("4901", {})["upldDetlList"][0]
    return row | {
        "elecSetlCertNo": number, "elecSetlCertType": "1", "certSetlType": "1", "mdtrtType": "1", "billDate": today(),
        "medfeeSumamt": setl["medfee_sumamt"], "setlId": setl["setl_id"], "psnNo": visit.person.psn_no, "psnName": visit.person.name,
        "maindiagCode": "I10", "maindiagName": "高血压", "mdtrtareaAdmdvs": "990100",
    } | more  # fmt: skip


async def vouchers(hospital: Hospital) -> None:
    """4901, 4902, 4905, 5501."""
    visit = await (await Visit(hospital).register()).inform()
    await visit.charge(fee(visit, 1, "100.00"))
    setl = (await visit.settle("100.00"))["setlinfo"]
    common = {
        "fixmedinsCode": hospital.code,
        "fixmedinsName": "沙箱市第一人民医院",
        "bizStsb": "20250101-20251231",
    }
    batch = common | {
        "upldBchno": "U1",
        "filename": "a.zip",
        "ftfileCompac": PICTURE,
        "upldMode": "1",
        "elecSetlCertCnt": 2,
    }
    good, bad = _voucher("V1", setl, visit), _voucher("V2", setl, visit, medfeeSumamt=D("99.00"))
    await hospital.call("4901", batch | {"upldDetlList": [good, bad]})
    await refused(by_hand(hospital).call("4901", batch | {"upldDetlList": [good, bad]}), "已存在")
    await refused(by_hand(hospital).call("4901", batch | {"upldBchno": "U9", "upldDetlList": [good]}), "数量")
    one, two = await hospital.call("4902", common | {"upldBchno": "U1"})
    assert (one["chkRslt"], two["chkRslt"]) == ("1", "2") and "不符" in two["savFaleRea"]
    again = filled("4905", {})["reUploadDetlDTOList"][0] | _voucher("V3", setl, visit)
    again |= {"initElecSetlCertNo": "V2", "initUpldWay": "1", "rea": "金额更正", "certCodeNoErrFlag": "1"}
    new = batch | {"upldBchno": "U2", "elecSetlCertCnt": 1, "reUploadDetlDTOList": [again]}
    await hospital.call("4905", new)
    await refused(
        by_hand(hospital).call("4905", new | {"reUploadDetlDTOList": [again | {"initElecSetlCertNo": "V8"}]}),
        "未上传",
    )
    ask = common | {"elecSetlCertType": "1"}
    ask |= {name: good[name] for name in ("elecSetlCertCode", "elecSetlCertChkcode")}
    del ask["bizStsb"]
    states = {n: await hospital.call("5501", ask | {"elecSetlCertNo": n}) for n in ("V1", "V2", "V3")}
    assert [states[n]["rhredFlag"] for n in ("V1", "V2", "V3")] == ["0", "1", "0"]
    assert [states[n]["reimFlag"] for n in ("V1", "V2", "V3")] == ["1", "0", "1"]
    await refused(by_hand(hospital).call("5501", ask | {"elecSetlCertNo": "V7"}), "没有上传")


async def self_paid(hospital: Hospital) -> None:
    """4261, 4262, 4263: a visit that the patient pays alone."""
    facts = {
        "mdtrtId": "OWN-1",
        "fixmedinsCode": hospital.code,
        "bkkpSn": "1",
        "detItemFeeSumamt": D("30.00"),
        "dieDate": None,
    }
    which = {"mdtrtId": "OWN-1", "fixmedinsCode": hospital.code}
    page = {"fixmedinsCode": hospital.code, "pageNum": 1, "pageSize": 10}
    await refused(by_hand(hospital).call("4261", filled("4261", facts | {"upType": "1"})), "全量")
    await refused(by_hand(hospital).call("4262", which | {"totalFeeSumamt": D("30.00")}), "没有上传")
    await hospital.call("4261", filled("4261", facts | {"upType": "0"}))
    await hospital.call(
        "4261", filled("4261", facts | {"upType": "1", "bkkpSn": "2", "detItemFeeSumamt": D("12.00")})
    )
    compared = await hospital.call("4262", which | {"totalFeeSumamt": D("42.00")})
    assert compared["data"]["stmtResult"] == "1"
    assert (await hospital.call("4263", page))["data"][0]["recordCounts"] == "0"
    compared = await hospital.call("4262", which | {"totalFeeSumamt": D("41.00")})
    assert compared["data"]["stmtResult"] == "0"
    (one,) = (await hospital.call("4263", page))["data"]
    assert [row["mdtrtId"] for row in one["Data"]] == ["OWN-1"]
