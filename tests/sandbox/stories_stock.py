"""Stories of goods: stock with trace codes (3501–3513), purchases of people insured elsewhere (2161–2181)."""

from __future__ import annotations

from typing import Any, Final

from mi_plugins.sandbox.persons import DOCUMENTED
from tests.sandbox.hospital import Hospital
from tests.sandbox.records import D, filled, now_text, of_person, today
from tests.sandbox.story_steps import by_hand, refused, told_rows

STOCK: Final = {
    "fixmedins_hilist_id": "H-1", "medins_list_codg": "H-1", "fixmedins_bchno": "LOT1", "med_list_codg": "SBX-A-0001", "trdn_flag": "0",
    "setl_id": None, "mdtrt_id": None, "psn_no": None, "psn_name": None, "certno": None, "psn_cert_type": None, "mdtrt_setl_type": "2",
}  # fmt: skip


async def _stock(hospital: Hospital, infno: str, batch: str = "LOT1", **more: Any) -> list[dict[str, Any]]:
    asked = {
        "fixmedins_code": hospital.code,
        "medins_list_codg": "H-1",
        "fixmedins_bchno": batch,
        "begndate": today(),
        "enddate": today(),
    }
    rows = await hospital.call(infno, {"data": asked | more})
    assert isinstance(rows, list)
    return rows


async def stock(hospital: Hospital) -> None:
    """3501–3513 with trace codes, 3592B."""
    day, now = today(), now_text()
    facts = STOCK | {
        "drug_trac_codg": "81000000000000000001", "invdate": day, "inv_cnt": D("10"), "inv_chg_time": now, "purc_retn_stoin_time": now,
        "sel_retn_time": now, "purc_retn_cnt": D("5"), "sel_retn_cnt": D("2"), "inv_chg_type": "103",
    }  # fmt: skip
    for infno, ask, count in (
        ("3501", "3508", "invCnt"),
        ("3502", "3509", "cnt"),
        ("3503", "3510", "purcRetnCnt"),
        ("3505", "3511", "selRetnCnt"),
    ):
        await hospital.call(infno, filled(infno, facts))
        (row,) = await _stock(hospital, ask)
        assert row["fixmedinsBchno"] == "LOT1" and row["medinsListCodg"] == "H-1" and row[count] is not None
    assert await _stock(hospital, "3508", begndate="2020-01-01", enddate="2020-01-02") == []
    await refused(
        by_hand(hospital).call(
            "3508", {"data": {"fixmedins_code": hospital.code, "begndate": day, "enddate": day}}
        ),
        "至少提供一项",
    )
    await refused(
        _stock(by_hand(hospital.at("H43000000002")), "3508", fixmedins_code=hospital.code), "本机构"
    )
    assert [row["drugTracCodg"] for row in await _stock(hospital, "3512")] == ["81000000000000000001"]
    assert [row["drugTracCodg"] for row in await _stock(hospital, "3513")] == ["81000000000000000001"]
    await refused(by_hand(hospital).call("3505", filled("3505", facts)), "已销售")
    await refused(by_hand(hospital).call("3504", filled("3504", facts | {"purc_retn_cnt": D("6")})), "大于")
    await hospital.call("3504", filled("3504", facts | {"purc_retn_cnt": D("4")}))
    await refused(by_hand(hospital).call("3506", filled("3506", facts | {"sel_retn_cnt": D("3")})), "大于")
    await hospital.call("3506", filled("3506", facts))
    assert await _stock(hospital, "3513") == []
    await hospital.call("3505", filled("3505", facts))
    await _stock_in_batches(
        hospital, facts | {"fixmedins_bchno": "LOT2", "drug_trac_codg": "81000000000000000002"}
    )
    for kind in "1234":
        await hospital.call("3507", {"data": {"fixmedins_bchno": "LOT1", "inv_data_type": kind}})
    await refused(
        by_hand(hospital).call("3507", {"data": {"fixmedins_bchno": "LOT1", "inv_data_type": "1"}}),
        "没有该类型",
    )
    for ask in ("3508", "3509", "3510", "3511", "3512", "3513"):
        assert await _stock(hospital, ask) == []
    goods = [{"fixmedins_bchno": "LOT2", "inv_data_type": kind} for kind in ("1", "1")]
    (wrong,) = (await hospital.call("3507A", {"goodDetail": goods}))["goodErrDetail"]
    assert wrong["retRslt"] == "0" and "没有该类型" in wrong["msgRslt"]
    first, second = [
        (await hospital.call("3592B", filled("3592B", facts)))["result"]["drug_trac_codg"] for _ in range(2)
    ]
    assert first == second


async def _stock_in_batches(hospital: Hospital, facts: dict[str, Any]) -> None:
    """3501A–3506A: the bad row is told, the good one stands."""
    await hospital.call("3501A", filled("3501A", facts))
    assert (await hospital.call("3502A", filled("3502A", facts)))["invinfoErrDetail"] == []
    (bought,) = (await hospital.call("3503A", filled("3503A", facts)))["purcinfoDetail"]
    assert bought["retRslt"] == "1" and bought["medins_prod_purc_no"]
    sale = filled("3505A", facts)
    sale["selinfoDetail"] *= 2
    good, bad = (await hospital.call("3505A", sale))["selinfoDetail"]
    assert (good["retRslt"], bad["retRslt"]) == ("1", "0") and "已销售" in bad["msgRslt"]
    assert len(await _stock(hospital, "3511", "LOT2")) == 1
    for infno, node in (("3504A", "purcinfoErrDetail"), ("3506A", "selinfoErrDetail")):
        assert (await hospital.call(infno, filled(infno, facts)))[node] == []
        (wrong,) = (await hospital.call(infno, filled(infno, facts)))[node]
        assert "大于" in wrong["msgRslt"]


async def remote(hospital: Hospital) -> None:
    """2161–2181: ordered, paid in the app, refunded, and each step undone."""
    shop, person = hospital.at("P43000000001"), DOCUMENTED[9]
    who = {"ssn": person.certno, "insuplc": "980100", "fixmedins_code": shop.code}
    told = (await shop.call("2161", {"n_input": who}))["n_output"]
    assert (told["psn_no"], told["acct_balc"]) == (person.psn_no, D("300.00"))
    await refused(by_hand(shop).call("2161", {"n_input": who | {"insuplc": "990101"}}), "没有正常的参保")
    number = await _ordered(shop, "S1")
    await refused(_ordered(by_hand(shop), "S1"), "已使用")
    await refused(_ordered(by_hand(shop), "S2", amount="81.00"), "单价")
    ask, op = (
        {"fixmedins_code": shop.code, "ssn": person.certno},
        {"fixmedins_code": shop.code, "opter_name": "店员"},
    )
    (order,) = (await shop.call("2170", {"n_input": ask}))["n_output"]
    assert (order["mdtrt_regno"], order["medfee_sumamt"], len(order["feedetl"])) == (number, D("80.00"), 1)
    await refused(by_hand(shop).call("2163", {"n_input": op | {"mdtrt_regno": number}}), "没有可办理")
    await shop.call("2167", {"n_input": op | {"mdtrt_regno": number}})
    assert (await shop.call("2170", {"n_input": ask}))["n_output"] == []
    number = await _ordered(shop, "S3")
    status, _ = await hospital.control("POST", "/orders", {"mdtrt_regno": number})
    assert status == 200
    assert (await hospital.control("POST", "/orders", {"mdtrt_regno": number}))[0] == 400
    (paid,) = (await shop.call("2171", {"n_input": ask | {"start_date": today(), "end_date": today()}}))[
        "n_output"
    ]
    assert (paid["acct_payamt"], paid["psn_cashpay"], len(paid["feedetl"])) == (D("80.00"), D("0.00"), 1)
    await _statements(shop, D("80.00"))
    refund = (await shop.call("2163", {"n_input": op | {"mdtrt_regno": number}}))["n_output"]
    assert refund["medfee_sumamt"] == D("80.00")
    assert (await shop.call("2161", {"n_input": who}))["n_output"]["acct_balc"] == D("300.00")
    undo = {"fixmedins_code": shop.code, "ssn": person.certno, "mdtrt_regno": number, "opter_name": "店员"}
    await refused(by_hand(shop).call("2181", {"n_input": undo | {"status": "1107"}}), "没有可办理")
    await shop.call("2181", {"n_input": undo | {"status": "1203"}})
    assert (await shop.call("2161", {"n_input": who}))["n_output"]["acct_balc"] == D("220.00")
    await shop.call("2181", {"n_input": undo | {"status": "1107"}})
    assert (await shop.call("2171", {"n_input": ask | {"mdtrt_regno": number}}))["n_output"] == []


async def _ordered(shop: Hospital, serial: str, amount: str = "80.00") -> str:
    person = DOCUMENTED[9]
    facts = of_person(person) | {
        "ssn": person.certno, "insuplc": "980100", "fixmedins_code": shop.code, "mdtrtsn": serial, "medfee_sumamt": D(amount),
        "pric": D("40"),
        "cnt": D("2"), "amt": D(amount), "feedetl_sn": "1", "med_type": "41",
    }  # fmt: skip
    output = (await shop.call("2166", filled("2166", facts)))["n_output"]
    assert output["push_flag"] == "true"
    number: str = output["mdtrt_regno"]
    return number


async def _statements(shop: Hospital, total: Any) -> None:
    month = today()[:7].replace("-", "")
    period = {
        "start_clrym": month,
        "end_clrym": month,
        "clr_type": "11",
        "clr_optins": "990100",
        "clr_stas": "0",
    }
    facts = period | {
        "fixmedins_code": shop.code, "query_date": today(), "start_date": today(), "end_date": today(), "page_num": 1, "page_size": 10,
        "mdtrt_regno": None,
    }  # fmt: skip
    names = {
        "2172": "sumamt",
        "2173": "sumamt",
        "2174": "fund_appy_sum",
        "2175": "medfee_sumamt",
        "2176": "medfee_sumamt",
    }
    for infno, name in names.items():
        (row,) = await told_rows(shop, infno, facts, "n_output")
        assert row[name] == total, infno
