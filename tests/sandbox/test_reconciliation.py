"""3201 compares totals, 3202 every settlement through files; the centre can be told to disagree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import pytest

from mi_plugins.sandbox import Settings
from tests.sandbox.hospital import Hospital, Refused, Visit, china_now, fee
from tests.sandbox.test_replies import check_reply
from tests.sandbox.wards import D, Purchase, Stay, fetch_file, send_file, unzipped, zipped

COLUMNS = (
    "psn_no",
    "mdtrt_id",
    "setl_id",
    "msgid",
    "stmt_rslt",
    "refd_setl_flag",
    "memo",
    "medfee_sumamt",
    "fund_pay_sumamt",
    "acct_pay",
)


@attrs.frozen
class Line:
    """What a hospital knows of a settlement."""

    info: dict[str, Any]
    person: str
    msgid: str
    flag: str = "0"

    def row(self) -> tuple[Any, ...]:
        names = ("setl_id", "mdtrt_id")
        amounts = ("medfee_sumamt", "fund_pay_sumamt", "acct_pay")
        return (*(self.info[n] for n in names), self.person, *(self.info[n] for n in amounts), self.flag)


async def settled(hospital: Hospital, number: int = 0, amount: str = "500.00") -> tuple[Visit, Line]:
    visit = await Visit(hospital, number).register()
    await visit.inform()
    await visit.charge(fee(visit, 1, amount))
    info = (await visit.settle(amount))["setlinfo"]
    return visit, Line(info, visit.person.psn_no, hospital.last_msgid)


async def refunded(visit: Visit, line: Line) -> list[Line]:
    back = (await visit.refund(line.info["setl_id"]))["setlinfo"]
    return [attrs.evolve(line, flag="1"), Line(back, line.person, visit.hospital.last_msgid, "1")]


def scope(lines: Sequence[Line], **more: Any) -> dict[str, Any]:
    today = f"{china_now():%Y-%m-%d}"
    return {
        "clr_type": "11", "setl_optins": "990100", "stmt_begndate": today, "stmt_enddate": today,
        "medfee_sumamt": sum((one.info["medfee_sumamt"] for one in lines), D("0.00")),
        "fund_pay_sumamt": sum((one.info["fund_pay_sumamt"] for one in lines), D("0.00")),
        "fixmedins_setl_cnt": len(lines), "fixmedins_refd_setl_flag": "0",
    } | more  # fmt: skip


async def total(hospital: Hospital, lines: Sequence[Line], **more: Any) -> tuple[str, str]:
    account = sum((one.info["acct_pay"] for one in lines), D("0.00"))
    asked = scope(lines, **({"insutype": "310", "acct_pay": account} | more))
    reply = await hospital.call("3201", {"data": asked})
    check_reply("3201", reply)
    return reply["stmtinfo"]["stmt_rslt"], reply["stmtinfo"]["stmt_rslt_dscr"]


async def compare(hospital: Hospital, lines: Sequence[Line], **more: Any) -> list[dict[str, str]]:
    """3202 with its files; the rows of the result by column name."""
    sent = (await send_file(hospital, zipped([one.row() for one in lines])))["output"]
    asked = scope(lines, file_qury_no=sent["file_qury_no"], cash_payamt=D("0.00"), **more)
    reply = await hospital.call("3202", {"data": asked})
    check_reply("3202", reply)
    info = reply["fileinfo"]
    kind, content = await fetch_file(hospital, info["file_qury_no"], info["filename"])
    assert kind == "application/octet-stream"
    return [dict(zip(COLUMNS, row, strict=True)) for row in unzipped(content)]


async def disagree(hospital: Hospital, kind: str, **more: Any) -> None:
    status, answer = await hospital.control("POST", "/disagreements", {"kind": kind, **more})
    assert status == 200, answer


def short(rows: Sequence[dict[str, str]]) -> list[tuple[str, str]]:
    return [(row["stmt_rslt"], row["memo"]) for row in rows]


async def test_totals_by_group(hospital: Hospital) -> None:
    visit, first = await settled(hospital)
    _, second = await settled(hospital, 1)
    _, resident = await settled(hospital, 2)
    lines = [first, second]
    assert await total(hospital, lines) == ("0", "对账一致")
    assert await total(hospital, [resident], insutype="390") == ("0", "对账一致")
    verdict, told = await total(hospital, [first])
    assert verdict == "1" and told.startswith("笔数中心2机构1、总额中心1000.00机构500.00")
    for more in (
        {"clr_type": "21"}, {"setl_optins": "990200"}, {"refd_setl_flag": "1"},
        {"stmt_begndate": "2025-01-01", "stmt_enddate": "2025-01-31"},
    ):  # fmt: skip
        assert await total(hospital, [], **more) == ("0", "对账一致")
        assert (await total(hospital, lines, **more))[0] == "1"
    assert await total(hospital.at("H43000000002"), []) == ("0", "对账一致")
    both = await refunded(visit, first)
    assert await total(hospital, both, refd_setl_flag="1") == ("0", "对账一致")
    assert await total(hospital, [second], refd_setl_flag="0") == ("0", "对账一致")
    assert await total(hospital, [*both, second]) == ("0", "对账一致")
    for days in (("2025-01-02", "2025-01-01"), ("2025-01-01", "2025-02-01")):
        with pytest.raises(Refused, match="期间"):
            await total(hospital, [], stmt_begndate=days[0], stmt_enddate=days[1])


async def test_stays_and_purchases_have_groups_of_their_own(hospital: Hospital) -> None:
    stay = await Stay(hospital).admit()
    await stay.charge(stay.fee(1, "100.00"))
    info = (await stay.settle("100.00", mid=True))["setlinfo"]
    assert await total(hospital, [Line(info, "", "")], clr_type="21") == ("0", "对账一致")
    purchase = Purchase(hospital.at("P43000000001"), 1)
    info = (await purchase.call("2102", purchase.basket(purchase.drug(1, "20.00"))))["setlinfo"]
    msgid = purchase.hospital.last_msgid
    assert await total(purchase.hospital, [Line(info, "", "")], clr_type="41") == ("0", "对账一致")
    await purchase.reverse(msgid, "2102")
    assert await total(purchase.hospital, [], clr_type="41") == ("0", "对账一致"), (
        "what was reversed never was"
    )


async def test_details_that_agree(hospital: Hospital) -> None:
    visit, first = await settled(hospital)
    _, second = await settled(hospital, 1)
    lines = [*await refunded(visit, first), second]
    rows = await compare(hospital, lines)
    assert short(rows) == [("0", "null")] * 3
    assert [(row["setl_id"], row["msgid"]) for row in rows] == [
        (one.info["setl_id"], one.msgid) for one in lines
    ]
    assert [row["refd_setl_flag"] for row in rows] == ["1", "1", "0"]
    assert rows[1]["medfee_sumamt"] == "-500.00" and rows[2]["acct_pay"] == str(second.info["acct_pay"])
    assert short(await compare(hospital, [second], refd_setl_flag="0")) == [("0", "null")]
    assert await compare(hospital, [], clr_type="21") == []


async def test_details_that_differ(hospital: Hospital) -> None:
    visit, first = await settled(hospital)
    _, second = await settled(hospital, 1)
    wrong = attrs.evolve(first, info=first.info | {"fund_pay_sumamt": first.info["fund_pay_sumamt"] + 1})
    ghost = attrs.evolve(second, info=second.info | {"setl_id": "990100S999999999999"})
    rows = await compare(hospital, [wrong, wrong, ghost])
    assert short(rows) == [
        ("1", "金额不符"),
        ("1", "该结算在文件中重复"),
        ("1", "中心在对账范围内无此结算"),
        ("1", "医药机构无此结算"),
    ]
    assert rows[0]["fund_pay_sumamt"] == str(first.info["fund_pay_sumamt"]), "the centre's amounts are told"
    assert (rows[2]["msgid"], rows[2]["medfee_sumamt"]) == ("null", "null")
    assert (rows[3]["msgid"], rows[3]["setl_id"]) == (second.msgid, second.info["setl_id"])
    other = attrs.evolve(first, person="9901000000000002")
    assert short(await compare(hospital, [other, second]))[0] == ("1", "就诊或人员不符")
    await refunded(visit, first)
    assert short(await compare(hospital, [first, second])) == [
        ("1", "退费标志不符"),
        ("0", "null"),
        ("1", "医药机构无此结算"),
    ]


async def test_every_disagreement(hospital: Hospital) -> None:
    visit, line = await settled(hospital)
    setl_id = line.info["setl_id"]

    await disagree(hospital, "missing_there", setl_id=setl_id)
    assert short(await compare(hospital, [line])) == [("1", "中心在对账范围内无此结算")]
    with pytest.raises(Refused, match="没有与所给条件"):
        await visit.query(setl_id)
    await hospital.control("DELETE", "/disagreements")
    await visit.query(setl_id)

    await disagree(hospital, "missing_here", new_msgid="H43000000001202503030800000042")
    rows = await compare(hospital, [line])
    assert short(rows) == [("0", "null"), ("1", "医药机构无此结算")]
    assert rows[1]["msgid"] == "H43000000001202503030800000042" and rows[1]["setl_id"] not in (
        "null",
        setl_id,
    )
    assert (await total(hospital, [line]))[0] == "1"
    await hospital.control("DELETE", "/disagreements")

    await disagree(hospital, "foreign_msgid")
    row = (await compare(hospital, [line]))[1]
    assert (
        row["msgid"].startswith("X99999999999")
        and len(row["msgid"]) == 30
        and row["memo"] == "医药机构无此结算"
    )
    await hospital.control("DELETE", "/disagreements")

    await disagree(hospital, "amount_differs", msgid=line.msgid, amount=250)
    row = (await compare(hospital, [line]))[0]
    assert row["memo"] == "金额不符" and D(row["medfee_sumamt"]) == line.info["medfee_sumamt"] + D("2.50")
    assert (await total(hospital, [line]))[0] == "1"
    await hospital.control("DELETE", "/disagreements")

    await disagree(hospital, "refund_pair", mdtrt_id=visit.mdtrt_id)
    rows = await compare(hospital, [line])
    assert short(rows) == [("1", "退费标志不符"), ("1", "医药机构无此结算")]
    assert D(rows[1]["medfee_sumamt"]) == -line.info["medfee_sumamt"] and rows[1]["refd_setl_flag"] == "1"
    assert (await visit.query(setl_id))["setlinfo"]["refd_setl_flag"] == "1"
    assert await total(hospital, [], refd_setl_flag="0") == ("0", "对账一致")
    await hospital.control("DELETE", "/disagreements")

    await disagree(hospital, "blank_setl_id", setl_id=setl_id)
    row = (await compare(hospital, [line]))[0]
    assert (row["setl_id"], row["mdtrt_id"], row["msgid"]) == ("null", "null", line.msgid)
    assert (await hospital.control("DELETE", "/disagreements"))[1] == {"disagreements": []}
    assert short(await compare(hospital, [line])) == [("0", "null")]
    assert (await hospital.ledger(setl_id=setl_id))["settlements"][0]["state"] == "settled", (
        "the books stay as they are"
    )


@pytest.mark.parametrize(
    "order",
    [
        {"kind": "nonsense"}, [{"kind": "missing_there", "setl_id": "1"}], {"kind": "missing_here", "colour": 1}, "x",
        {"kind": "amount_differs", "amount": "much"}, {"kind": "foreign_msgid", "institution": "H1"}, {"kind": "missing_there"},
    ],
)  # fmt: skip
async def test_wrong_orders(hospital: Hospital, order: Any) -> None:
    assert (await hospital.control("POST", "/disagreements", order))[0] == 400
    assert (await hospital.control("GET", "/disagreements"))[1] == {"disagreements": []}
    assert (await hospital.control("GET", "/disagreements", token="wrong"))[0] == 403


class TestWithRepeats:
    """The centre that takes a settlement twice says so in its own way."""

    @pytest.fixture
    def settings(self) -> Settings:
        return Settings(crowd=0, allow_repeats=True)

    async def test_several_records_of_one_business(self, hospital: Hospital) -> None:
        visit, line = await settled(hospital)
        await visit.call("2207", {"data": visit.settle_data(line.info)})
        second = hospital.last_msgid
        rows = await compare(hospital, [line])
        assert short(rows) == [("1", "中心存在多条结算")] * 2
        assert [row["msgid"] for row in rows] == [line.msgid, second]
        assert {row["setl_id"] for row in rows} | {row["mdtrt_id"] for row in rows} == {"null"}
        await visit.call("2601", {"data": {"psn_no": line.person, "omsgid": second, "oinfno": "2207"}})
        assert short(await compare(hospital, [line])) == [("0", "null")]


async def test_files_that_are_refused(hospital: Hospital) -> None:
    _, line = await settled(hospital)
    good = line.row()
    for content, text in (
        (b"no zip at all", "ZIP"), (zipped([good], "detail.csv"), "TXT"), (zipped([good[:6]]), "第1行有6列"),
        (zipped([good, (*good[:2], "", *good[3:])]), "第2行缺少人员编号"), (zipped([(*good[:6], "2")]), "只能是0、1"),
        (zipped([(*good[:3], "1.234", *good[4:])]), "两位小数"), (zipped([(*good[:3], "NaN", *good[4:])]), "两位小数"),
        (zipped([(*good[:3], "1e9", *good[4:])]), "两位小数"),
    ):  # fmt: skip
        number = (await send_file(hospital, content))["output"]["file_qury_no"]
        with pytest.raises(Refused, match=text):
            await hospital.call("3202", {"data": scope([line], file_qury_no=number, cash_payamt=D("0.00"))})
    number = (await send_file(hospital, zipped([good])))["output"]["file_qury_no"]
    for more, text in (
        ({"medfee_sumamt": D("1.00")}, "不符"), ({"fund_pay_sumamt": D("1.00")}, "不符"), ({"fixmedins_setl_cnt": 2}, "1行不符"),
        ({"file_qury_no": "1"}, "未找到"),
    ):  # fmt: skip
        with pytest.raises(Refused, match=text):
            asked = scope([line], file_qury_no=number, cash_payamt=D("0.00")) | more
            await hospital.call("3202", {"data": asked})
    with pytest.raises(Refused, match="未找到本机构"):
        asked = scope([line], file_qury_no=number, cash_payamt=D("0.00"))
        await hospital.at("H43000000002").call("3202", {"data": asked})
