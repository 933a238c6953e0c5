"""A hospital uploads a table: checked as a whole, sent in messages, each row with its own result, only failures again."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from mi_core.errors import InvalidInput
from mi_core.testing import FakeGateway
from mi_core.uploads import Dicts, Options, ResultFileError, UploadReport, open_table, upload
from tests.batch.goods import accepted, row, states, strict, workbook, written


def gateway(answer: Any = None) -> FakeGateway:
    made = FakeGateway()
    script = made.on("3501A")
    script.answer_with(answer) if answer else script.reply()
    return made


async def run(where: FakeGateway, table: Path, result: Path, **options: Any) -> UploadReport:
    async with where.async_client() as client:
        return await upload(client, "3501A", open_table(table), result, Options(**options))


async def test_a_table_goes_out_in_messages_and_every_row_has_its_result(tmp_path: Path) -> None:
    where, result = gateway(), tmp_path / "result.csv"
    table = written(tmp_path / "rows.csv", [row(i) for i in range(250)])
    report = await run(where, table, result)
    assert report.complete and report.counts == {"sent": 250} and report.calls == 3
    sent = [len(seen.input["invinfoDetail"]) for seen in where.seen]
    assert sorted(sent) == [50, 100, 100]
    first = where.seen[0].input["invinfoDetail"][0]
    assert first["invdate"] == "2026-11-01" and str(first["pric"]) == "10.25"
    assert list(states(result)) == list(range(2, 252)) and set(states(result).values()) == {("sent", "")}
    assert re.search(r"^2,已受理,,[A-Z0-9]{26,30}", result.read_text("utf-8-sig").splitlines()[1])


def test_a_program_without_asyncio_uploads_through_run(tmp_path: Path) -> None:
    where, result = gateway(), tmp_path / "result.csv"
    table = open_table(written(tmp_path / "rows.csv", [row(1), row(2)]))
    with where.client() as mi:
        report = mi.run(lambda client: upload(client, "3501A", table, result))
    assert report.complete and where.sends() == 1 and len(states(result)) == 2


async def test_nothing_is_sent_while_one_row_is_wrong_and_everything_wrong_is_told(tmp_path: Path) -> None:
    where, result = gateway(), tmp_path / "result.csv"
    rows = [row(1), row(2, price="12.3456789x"), row(3, rx="9", code="", day="2026-02-30")]
    report = await run(where, written(tmp_path / "rows.csv", rows), result)
    assert where.sends() == 0 and not report.complete
    told = [problem.message() for problem in report.problems]
    assert len(told) == 4 and told[0].startswith("第 3 行：pric（单价）：")
    assert any("rx_flag（处方药标志）" in text for text in told) and any(
        "第 4 行：med_list_codg（医疗目录编码）：必填" in text for text in told
    )
    assert {p.column for p in report.problems} == {"单价(pric)", "处方药标志", "医疗目录编码", "盘存日期"}
    assert states(result).keys() == {3, 4} and states(result)[3][0] == "invalid"


async def test_partial_leaves_the_wrong_rows_behind(tmp_path: Path) -> None:
    where, result = gateway(), tmp_path / "result.csv"
    table = written(tmp_path / "rows.csv", [row(1), row(2, rx="9"), row(3)])
    report = await run(where, table, result, partial=True)
    assert report.counts == {"invalid": 1, "sent": 2} and where.sends() == 1
    assert [state for state, _ in states(result).values()] == ["sent", "invalid", "sent"]


async def test_a_refused_message_is_halved_until_the_bad_rows_stand_alone(tmp_path: Path) -> None:
    where = gateway(
        strict(lambda one: "目录编码不存在" if one["fixmedins_hilist_id"] in ("D17", "D40") else "")
    )
    result = tmp_path / "result.csv"
    report = await run(where, written(tmp_path / "rows.csv", [row(i) for i in range(64)]), result)
    assert report.counts == {"sent": 62, "refused": 2}
    bad = {n: text for n, (state, text) in states(result).items() if state == "refused"}
    assert bad == {19: "目录编码不存在", 42: "目录编码不存在"}
    assert report.calls < 30


async def test_only_the_failed_rows_go_again(tmp_path: Path) -> None:
    fixed: set[str] = set()
    where = gateway(
        strict(lambda one: "" if one["fixmedins_hilist_id"] in fixed or one["inv_cnt"] < 99 else "数量异常")
    )
    result = tmp_path / "result.csv"
    rows = [row(1), row(2, count="99"), row(3), row(4, count="100")]
    table = written(tmp_path / "rows.csv", rows)
    assert (await run(where, table, result)).counts == {"sent": 2, "refused": 2}
    before = where.sends()
    with pytest.raises(ResultFileError, match="--retry"):
        await run(where, table, result)
    rows[1] = row(2, count="9")  # corrected by the hospital; the other one by the bureau
    fixed.add("D4")
    report = await run(where, written(table, rows), result, again=True)
    assert report.complete and report.skipped == 2
    again = [
        one["fixmedins_hilist_id"] for seen in where.seen[before:] for one in seen.input["invinfoDetail"]
    ]
    assert again == ["D2", "D4"]
    assert [state for state, _ in states(result).values()] == ["sent"] * 4


async def test_a_line_that_was_accepted_must_not_change(tmp_path: Path) -> None:
    where, result = gateway(), tmp_path / "result.csv"
    table = written(tmp_path / "rows.csv", [row(1), row(2)])
    await run(where, table, result)
    written(table, [row(0), row(1), row(2)])  # a row was put in above
    report = await run(where, table, result, again=True)
    assert where.sends() == 1 and "上次已受理，内容现在不同" in report.problems[0].message()
    assert [state for state, _ in states(result).values()] == ["sent", "sent"]


async def test_rows_that_the_reply_names_as_failed(tmp_path: Path) -> None:
    """3502A accepts a message and lists the batches that failed."""
    heading = ("med_list_codg", "inv_chg_type", "fixmedins_hilist_id", "fixmedins_hilist_name", "fixmedins_bchno", "pric", "cnt",
               "rx_flag", "inv_chg_time", "溯源码节点信息[].药品追溯码")  # fmt: skip
    rows = [
        [
            "XJ01",
            "101",
            f"D{i}",
            "阿莫西林",
            f"B{i}",
            "1.5",
            "2",
            "1",
            "2026-11-21 08:00:00",
            f"T{i}01；T{i}02",
        ]
        for i in range(5)
    ]
    where = FakeGateway()
    failed = {
        "fixmedins_hilist_id": "D3",
        "fixmedins_hilist_name": "阿莫西林",
        "inv_chg_type": "101",
        "fixmedins_bchno": "B3",
    }
    where.on("3502A").answer_with(
        lambda _: accepted({"invinfoErrDetail": [{**failed, "retRslt": "0", "msgRslt": "批次库存不足"}]})
    )
    table = written(tmp_path / "rows.csv", rows, heading=heading)
    async with where.async_client() as client:
        report = await upload(client, "3502A", open_table(table), tmp_path / "r.csv")
    assert report.counts == {"sent": 4, "refused": 1}
    assert states(tmp_path / "r.csv")[5] == ("refused", "批次库存不足")
    assert [c["drug_trac_codg"] for c in where.seen[0].input["invinfoDetail"][4]["drugtracinfo"]] == [
        "T401",
        "T402",
    ]


async def test_a_failed_row_that_cannot_be_found_again_leaves_the_others_unknown(tmp_path: Path) -> None:
    where = FakeGateway()
    heading = ("fixmedins_bchno", "inv_data_type")
    where.on("3507A").answer_with(
        lambda _: accepted(
            {
                "goodErrDetail": [
                    {"fixmedins_bchno": "other", "inv_data_type": "1", "retRslt": "0", "msgRslt": "无此批次"}
                ]
            }
        )
    )
    table = written(tmp_path / "rows.csv", [["B1", "1"], ["B2", "1"]], heading=heading)
    async with where.async_client() as client:
        report = await upload(client, "3507A", open_table(table), tmp_path / "r.csv")
    assert report.counts == {"unknown": 2} and report.unknown == [2, 3]
    assert "无此批次" in states(tmp_path / "r.csv")[2][1]


async def test_what_is_unknown_is_named_and_not_sent_again(tmp_path: Path) -> None:
    """3501A may be stored twice (repeat: never); a lost answer is for people to look at."""
    where, result = FakeGateway(), tmp_path / "result.csv"
    where.on("3501A").drop_after().reply()
    table = written(tmp_path / "rows.csv", [row(1), row(2), row(3)])
    first = await run(where, table, result, rows_per_call=1, concurrency=1)
    assert first.counts == {"unknown": 1, "sent": 2} and first.unknown == [2]
    again = await run(where, table, result, again=True)
    assert again.counts == {"sent": 2, "unknown": 1} and again.calls == 0
    after = await run(where, table, result, again=True, resend_unknown=True)
    assert after.complete and after.calls == 1


async def test_what_may_be_repeated_safely_is_repeated(tmp_path: Path) -> None:
    """3401 says ``repeat: safe``: a retry sends rows of unknown fate without being told to."""
    where, result = FakeGateway(), tmp_path / "r.csv"
    where.on("3401").drop_after().reply()
    from mi_core.testing import examples

    values = examples.values("3401")["deptinfo"]
    heading = list(values)
    table = written(tmp_path / "rows.csv", [[values[name] for name in heading]], heading=heading)
    async with where.async_client() as client:
        assert (await upload(client, "3401", open_table(table), result)).unknown == [2]
        again = await upload(client, "3401", open_table(table), result, Options(again=True))
    assert again.complete and where.sends("3401") == 2


async def test_a_gateway_that_is_gone_ends_the_upload(tmp_path: Path) -> None:
    where, result = FakeGateway(), tmp_path / "result.csv"
    where.on("3501A").reply().drop_before()
    table = written(tmp_path / "rows.csv", [row(i) for i in range(40)])
    report = await run(where, table, result, rows_per_call=1, concurrency=2)
    assert report.stopped is not None and report.counts["sent"] == 1
    assert report.counts["sent"] + report.counts["not_sent"] + report.left == 40 and report.left >= 36
    where.on("3501A").reply()
    assert (await run(where, table, result, again=True)).complete


async def test_refusals_without_end_are_not_collected(tmp_path: Path) -> None:
    where = gateway(strict(lambda _: "机构未开通"))
    report = await run(
        where, written(tmp_path / "rows.csv", [row(i) for i in range(400)]), tmp_path / "r.csv"
    )
    assert report.stopped is not None and "机构未开通" in report.stopped.zh
    assert report.calls < 250 and report.left > 0


async def test_dicts_constants_and_a_message_for_each_row(tmp_path: Path) -> None:
    where = FakeGateway()
    where.on("3403").reply()
    rows = [{"hosp_dept_codg": f"K{i}", "hosp_dept_name": "内科"} for i in range(3)]
    async with where.async_client() as client:
        report = await upload(
            client, "3403", Dicts(rows), tmp_path / "r.csv", Options(constants={"begntime": "2026-11-01"})
        )
    assert report.complete and where.sends("3403") == 3
    assert {seen.input["data"]["begntime"] for seen in where.seen} == {"2026-11-01"}


async def test_settlements_and_queries_are_no_tables(tmp_path: Path) -> None:
    where = FakeGateway()
    table = written(tmp_path / "rows.csv", [["1"]], heading=("psn_no",))
    async with where.async_client() as client:
        for code, why in (
            ("2207", "不是上传类接口"),
            ("1101", "不是上传类接口"),
            ("7108", "由平台调用"),
            ("9999", "没有接口"),
        ):
            with pytest.raises(InvalidInput, match=why):
                await upload(client, code, open_table(table), tmp_path / "r.csv")
    assert not (tmp_path / "r.csv").exists()


@pytest.mark.parametrize("kind", ["gbk", "utf-8-sig", "utf-16", "xlsx"])
async def test_the_same_table_however_it_was_saved(tmp_path: Path, kind: str) -> None:
    import datetime as dt

    where = gateway()
    rows = [row(i, name="王㐂记" if kind != "gbk" else "王记") for i in range(3)]
    if kind == "xlsx":
        typed = [[*r[:4], dt.datetime(2026, 11, 1), 12.5, *r[6:9], 10.25] for r in rows]
        table = workbook(tmp_path / "rows.xlsx", typed)
    else:
        table = written(tmp_path / "rows.csv", rows, encoding=kind)
    report = await run(where, table, tmp_path / "r.csv")
    assert report.complete
    one = where.seen[0].input["invinfoDetail"][0]
    assert (one["invdate"], str(one["inv_cnt"]), str(one["pric"])) == ("2026-11-01", "12.5", "10.25")
    assert one["fixmedins_hilist_name"] == ("王记" if kind == "gbk" else "王㐂记")


async def test_the_bureaus_words_are_no_formula_in_the_result(tmp_path: Path) -> None:
    where, result = gateway(strict(lambda _: '=HYPERLINK("http://x")\n第二行')), tmp_path / "r.csv"
    await run(where, written(tmp_path / "rows.csv", [row(1)]), result)
    line = result.read_text("utf-8-sig").splitlines()[1]
    assert line.startswith("2,被拒绝,\"'=HYPERLINK") and len(result.read_text("utf-8-sig").splitlines()) == 2
    assert states(result)[2] == ("refused", '=HYPERLINK("http://x") 第二行')


async def test_messages_of_one_visit_go_one_after_the_other(tmp_path: Path) -> None:
    """2301 locks its visit: rows of two patients never share a message, and a visit's messages keep their order."""
    from mi_core.testing import examples

    where = FakeGateway()
    where.on("2301").delay(0.02).reply()
    base = examples.values("2301")["feedetail"][0]
    rows = [{**base, "mdtrt_id": visit, "feedetl_sn": str(n + 1)} for n, visit in enumerate("AAAABBBA")]
    async with where.async_client() as client:
        busy: list[str] = []
        clashes: list[str] = []

        class Watched:
            config = client.config
            open = client.open

            async def call(self, request: Any, **options: Any) -> Any:
                visit = request.feedetail[0].mdtrt_id
                clashes.extend(v for v in busy if v == visit)
                busy.append(visit)
                try:
                    return await client.call(request, **options)
                finally:
                    busy.remove(visit)

        report = await upload(Watched(), "2301", Dicts(rows), tmp_path / "r.csv", Options(rows_per_call=2))
    assert report.complete and clashes == []
    sent = [[str(one["feedetl_sn"]) for one in seen.input["feedetail"]] for seen in where.seen]
    assert sorted(sent) == [["1", "2"], ["3", "4"], ["5", "6"], ["7"], ["8"]]
    of_a = [chunk for chunk in sent if chunk[0] in ("1", "3", "8")]
    assert of_a == [["1", "2"], ["3", "4"], ["8"]]
