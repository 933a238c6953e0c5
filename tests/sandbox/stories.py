"""What a hospital uploads and asks, story by story: uploaded, told again, changed, withdrawn, told no more.

A story runs against any hospital that has ``call``, ``at`` and ``control``: over HTTP with code of the tests' own, and
through the typed client.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

from mi_plugins.sandbox.persons import DOCUMENTED
from tests.sandbox.hospital import Hospital, Visit
from tests.sandbox.records import D, filled, of_person, today
from tests.sandbox.stories_settled import appeals, lists, self_paid, settled_facts, vouchers
from tests.sandbox.stories_stock import remote, stock
from tests.sandbox.story_steps import PICTURE, by_hand, refused, told_rows
from tests.sandbox.wards import Stay

__all__ = ["STORIES"]


async def filing(
    hospital: Hospital, open_: str, close: str, ask: str, facts: dict[str, Any], node: str
) -> None:
    """A filing stands until it is withdrawn by the institution that made it; a second one of the kind is refused."""
    person = of_person(DOCUMENTED[0])
    asked = {"psn_no": person["psn_no"]} | {
        n: v for n, v in facts.items() if n in ("biz_appy_type", "begntime", "endtime")
    }
    made = (await hospital.call(open_, filled(open_, person | facts)))["result"]["trt_dcla_detl_sn"]
    again = filled(
        open_,
        person | facts | {"memo": "另一份", "addr": "另一处", "refl_rea": "另因", "diag_dr_name": "另一人"},
    )
    await refused(by_hand(hospital).call(open_, again), "已存在")
    assert [row.get("psn_no", person["psn_no"]) for row in await told_rows(hospital, ask, asked, node)] == [
        person["psn_no"]
    ]
    assert len(await told_rows(hospital.at("H43000000002"), ask, asked, node)) == 1, (
        "a filing is the person's"
    )
    closing = {"trt_dcla_detl_sn": made, "psn_no": person["psn_no"]}
    await refused(by_hand(hospital.at("H43000000002")).call(close, filled(close, closing)), "无可变更或撤销")
    await refused(
        by_hand(hospital).call(close, filled(close, closing | {"psn_no": DOCUMENTED[1].psn_no})), "不一致"
    )
    await hospital.call(close, filled(close, closing))
    await refused(by_hand(hospital).call(close, filled(close, closing)), "无可变更或撤销")
    assert await told_rows(hospital, ask, asked, node) == []
    await refused(
        by_hand(hospital).call(open_, filled(open_, person | facts | {"psn_no": "9901000000099999"})),
        "未检索到",
    )


async def filings(hospital: Hospital) -> None:
    """2501–2507 with 5301, 5302, 5304."""
    day = today()
    place = {"fixmedins_code": "H43000000002", "fixmedins_name": "沙箱市城东医院"}
    transfer = {
        "refl_date": day,
        "mdtrtarea_admdvs": "980100",
        "begntime": f"{day} 00:00:00",
        "endtime": f"{day} 23:59:59",
    }
    await filing(hospital, "2501", "2502", "5304", transfer | {"refl_old_mdtrt_id": None}, "refmedin")
    await filing(
        hospital, "2503", "2504", "5301", {"trt_dcla_detl_sn": None, "opsp_dise_code": "M03900"}, "feedetail"
    )
    await filing(
        hospital, "2505", "2506", "5302", place | {"biz_appy_type": "03", "fix_srt_no": "1"}, "psnfixmedin"
    )
    accident = filled("2507", of_person(DOCUMENTED[0]) | {"fixmedins_code": hospital.code})
    assert (await hospital.call("2507", accident))["result"]["trt_dcla_detl_sn"]


async def departments(hospital: Hospital) -> None:
    """3401–3403 with 5101; 5102; mapping 3301, 3302."""
    facts = {
        "hosp_dept_codg": "Z901",
        "hosp_dept_name": "沙箱科",
        "begntime": "2025-01-01 00:00:00",
        "endtime": "2030-01-01 00:00:00",
    }
    upload = filled("3401", facts)
    await hospital.call("3401", upload)
    await hospital.call("3401", upload)
    await refused(by_hand(hospital).call("3401", filled("3401", facts | {"aprv_bed_cnt": D(77)})), "已存在")
    await hospital.call("3401A", filled("3401A", facts | {"hosp_dept_codg": "Z902"}))
    told = (await hospital.call("5101", {}))["feedetail"]
    assert [row["hosp_dept_codg"] for row in told] == ["Z901", "Z902"]
    assert (await hospital.at("H43000000002").call("5101", {}))["feedetail"] == []
    await hospital.call("3402", filled("3402", facts | {"aprv_bed_cnt": D(88)}))
    assert (await hospital.call("5101", {}))["feedetail"][0]["aprv_bed_cnt"] == 88
    await refused(
        by_hand(hospital).call("3402", filled("3402", facts | {"hosp_dept_codg": "Z999"})), "无可变更"
    )
    facts |= {"begntime": "2025-01-01"}
    await refused(
        by_hand(hospital).call("3403", filled("3403", facts | {"hosp_dept_name": "别名"})), "不一致"
    )
    await hospital.call("3403", filled("3403", facts))
    await refused(by_hand(hospital).call("3403", filled("3403", facts)), "无可变更或撤销")
    assert [row["hosp_dept_codg"] for row in (await hospital.call("5101", {}))["feedetail"]] == ["Z902"]
    staff = (await hospital.call("5102", {"data": {"prac_psn_type": "1"}}))["feedetail"]
    assert len(staff) == 3 and {row["prac_psn_type"] for row in staff} == {"1"}


async def mapping(hospital: Hospital) -> None:
    """3301, 3302."""
    facts = {
        "fixmedins_hilist_id": "H-1",
        "list_type": "101",
        "med_list_codg": "SBX-A-0001",
        "fixmedins_code": hospital.code,
    }
    await hospital.call("3301", filled("3301", facts))
    await hospital.call("3301", filled("3301", facts | {"spec": "0.5g"}))
    await refused(
        by_hand(hospital).call("3302", filled("3302", facts | {"med_list_codg": "SBX-B-0001"})), "不一致"
    )
    await refused(by_hand(hospital.at("H43000000002")).call("3302", filled("3302", facts)), "本机构")
    await hospital.call("3302", filled("3302", facts))
    await refused(by_hand(hospital).call("3302", filled("3302", facts)), "无可变更或撤销")


CLINICAL: Final = {
    "4301": "", "4302": "", "4401": "", "4402": "", "4402A": "", "4501": "4507", "4502": "4508", "4503": "4509", "4504": "4510",
    "4505": "4511",
    "4506": "4512", "4601": "", "4602": "", "4701": "",
}  # fmt: skip
"""Uploads and what asks for them."""


async def clinical(hospital: Hospital) -> None:
    """4301–4701 with 4507–4512."""
    visit = await Visit(hospital).register()
    facts = of_person(DOCUMENTED[0]) | {
        "mdtrt_id": visit.mdtrt_id,
        "mdtrt_sn": "SN1",
        "rpotc_no": "R1",
        "fixmedins_code": hospital.code,
    }
    for infno, ask in CLINICAL.items():
        withdrawn = facts | {"vali_flag": "0"}
        await refused(by_hand(hospital).call(infno, filled(infno, withdrawn)), "不存在")
        await refused(
            by_hand(hospital).call(infno, filled(infno, facts | {"mdtrt_id": "nowhere"})), "查无就诊"
        )
        await hospital.call(infno, filled(infno, facts))
        await hospital.call(infno, filled(infno, facts))
        if ask:
            asked = {"psn_no": facts["psn_no"], "pageNum": 1, "pageSize": 10}
            (row,) = (await hospital.call(ask, asked))["data"]
            told = row.get("examinfo") or row.get("labinfo") or row
            assert (told["psn_no"], told["mdtrt_id"], told["fixmedins_code"]) == (
                facts["psn_no"],
                visit.mdtrt_id,
                hospital.code,
            )
            assert (await hospital.call(ask, asked | {"pageNum": 2}))["data"] == []
            assert (await hospital.at("H43000000002").call(ask, asked))["data"] == [], "only one's own"
        await hospital.call(infno, filled(infno, withdrawn))
        if ask:
            assert (await hospital.call(ask, asked))["data"] == []


async def recognition(hospital: Hospital) -> None:
    """5461, 5401, 5402: reports of another institution, once the person has allowed it."""
    person, other = DOCUMENTED[0], hospital.at("H43000000002")
    facts = of_person(person) | {"mdtrt_id": None, "mdtrt_sn": "SN9", "rpotc_no": "R9"}
    await hospital.call("4501", filled("4501", facts))
    await hospital.call("4502", filled("4502", facts | {"rpotc_no": "R8"}))
    ask = {"bilgiteminfo": {"psn_no": person.psn_no}}
    await refused(by_hand(other).call("5401", ask), "授权")
    allow = {
        "psnNo": person.psn_no, "mdtrtCertType": "02", "mdtrtCertNo": person.certno, "psnUserIdCard": person.certno,
        "psnUserName": person.name,
    }  # fmt: skip
    await refused(by_hand(other).call("5461", {"data": allow | {"psnUserName": "别人"}}), "不一致")
    assert await other.call("5461", {"data": allow})
    assert {row["rpotc_no"] for row in (await other.call("5401", ask))["bilgiteminfo"]} == {"R8", "R9"}
    which = {"psn_no": person.psn_no, "fixmedins_code": hospital.code}
    exam = await other.call("5402", {"rptdetailinfo": which | {"rpotc_no": "R9"}})
    lab = await other.call("5402", {"rptdetailinfo": which | {"rpotc_no": "R8"}})
    assert [len(exam[n]) for n in ("checkreportdetails", "inspectiondetails")] == [1, 0]
    assert [len(lab[n]) for n in ("checkreportdetails", "inspectiondetails")] == [0, 1]
    await refused(by_hand(other).call("5402", {"rptdetailinfo": which | {"rpotc_no": "none"}}), "没有")


async def attributes(hospital: Hospital) -> None:
    """2406, 2407 of a stay; 9601–9605 of who is in hospital."""
    stay = await Stay(hospital, 2).admit()
    facts = of_person(stay.person) | {
        "mdtrt_id": stay.mdtrt_id,
        "ipt_psn_sp_flag_type": "1",
        "ipt_psn_sp_flag": "1",
    }
    number = (await hospital.call("2406", filled("2406", facts)))["IptPsnSpFlagRegOut"][
        "ipt_psn_sp_flag_detl_id"
    ]
    ask = {"data": {"page_num": 1, "page_size": 10, "mdtrt_id": stay.mdtrt_id}}
    (row,) = (await hospital.call("2407", ask))["IptPsnSpFlagReg"]
    assert (row["ipt_psn_sp_flag_detl_id"], row["psn_no"]) == (number, stay.person.psn_no)
    assert (await hospital.at("H43000000002").call("2407", ask))["IptPsnSpFlagReg"] == []
    await faces(hospital, stay)
    await stay.back("2404")


async def faces(hospital: Hospital, stay: Stay) -> None:
    facts = of_person(stay.person) | {"medins_code": hospital.code, "mdtrt_id": stay.mdtrt_id}
    ask = {"data": {"medins_code": hospital.code, "begndate": today(), "enddate": today()}}

    async def detail() -> dict[str, Any]:
        (task,) = (await hospital.call("9604", ask))["chkBedTask"]
        found: dict[str, Any] = next(
            one for one in task["chkBedTaskDetail"] if one["mdtrt_id"] == stay.mdtrt_id
        )
        return found

    plan = {"plan_id": (await detail())["plan_id"]}
    pictures = dict.fromkeys(("recog_pic", "cert_pic", "model_pic", "sp_dcla_pic", "appl_pic"), PICTURE)
    said = facts | plan | pictures
    assert (await hospital.call("9601", filled("9601", said)))["recogRslt"]["recog_rslt"] == "0", (
        "no model yet"
    )
    assert (await hospital.call("9603", filled("9603", said)))["crteModelRslt"]["crte_model_rslt"] == "1"
    await hospital.call("9602", filled("9602", said))
    assert (await detail())["crtf_rslt"] == "4"
    assert (await hospital.call("9601", filled("9601", said)))["recogRslt"]["recog_rslt"] == "1"
    assert (await detail())["crtf_rslt"] == "1"
    await refused(by_hand(hospital).call("9601", filled("9601", said | {"plan_id": "none"})), "计划不存在")
    await hospital.call("9605", filled("9605", said))
    await refused(by_hand(hospital).call("9605", filled("9605", said)), "已申诉")
    assert (await detail())["appl_stas"] == "2"


STORIES: Final[dict[str, Callable[[Hospital], Awaitable[None]]]] = {
    one.__name__: one
    for one in (
        filings, departments, mapping, stock, clinical, recognition, remote, lists, appeals, attributes, self_paid, settled_facts, vouchers,
    )
}  # fmt: skip
