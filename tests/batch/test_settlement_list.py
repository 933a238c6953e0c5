"""A stay is settled at the sandbox; its settlement list is built from the log, completed by the hospital, and uploaded."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestServer

from mi_core import AsyncClient, InvalidInput
from mi_core.errors import MiError
from mi_core.files import BadFile
from mi_core.interfaces import by_code
from mi_core.uploads import (
    StayMessages,
    asked_stay,
    read_form,
    settled_stay,
    settlement_list_from,
    write_form,
)
from mi_plugins.sandbox import Settings, create_app
from mi_plugins.sandbox.announce import config_toml
from tests.cli.shell import mi as shell
from tests.sandbox.hospital import Hospital
from tests.sandbox.wards import Stay


@asynccontextmanager
async def settled(folder: Path) -> AsyncIterator[tuple[AsyncClient, Stay, Any]]:
    """A stay that was settled at a sandbox by a client whose log is in ``folder``."""
    settings = Settings(crowd=0)
    stay = Stay(Hospital(None, "", ""))  # type: ignore[arg-type]  # messages only: the client sends them
    async with TestServer(create_app(settings)) as server:
        path = folder / "mi.toml"
        store = '\n[store]\noperation_log = "sqlite:///mi.db"\n'
        path.write_text(config_toml(str(server.make_url("")).rstrip("/"), settings) + store, encoding="utf-8")
        path.chmod(0o600)
        async with AsyncClient.from_config(path) as mi:
            stay.mdtrt_id = (await sent(mi, "2401", stay.admission())).result.mdtrt_id
            await sent(mi, "2301", {"feedetail": [stay.fee(1, "500.00")]})
            await sent(mi, "2402", stay.leaving())
            yield mi, stay, await sent(mi, "2304", stay.claim("500.00"), operation_key="stay-1")


async def sent(mi: AsyncClient, infno: str, content: Any, **more: Any) -> Any:
    return await mi.call(by_code(infno).request.from_dict(content), insuplc_admdvs="990101", **more)


async def test_from_admission_to_the_uploaded_list(tmp_path: Path) -> None:
    async with settled(tmp_path) as (mi, stay, settlement):
        draft = settlement_list_from(await settled_stay(mi, stay.mdtrt_id))
        head = draft.data["setlinfo"]
        assert (head["setl_id"], head["psn_no"], head["mdtrt_id"]) == (
            settlement.setlinfo.setl_id, settlement.setlinfo.psn_no, stay.mdtrt_id,
        )  # fmt: skip
        left = stay.leaving()["dscginfo"]
        assert head["dscg_time"] == left["endtime"] and draft.sources["dscg_time"] == "discharge"
        assert head["adm_time"] == stay.admission()["mdtrtinfo"]["begntime"]
        assert head["setl_end_date"] == left["endtime"][:10]
        paid = sum(row["fund_payamt"] for row in draft.data["payinfo"])
        assert paid == settlement.setlinfo.fund_pay_sumamt

        missing = {(p.path, p.label) for p in draft.missing}
        assert {("/setlinfo/bill_no", "票据号码"), ("/setlinfo/medins_fill_psn", "医疗机构填报人")} <= missing
        assert ("/diseinfo/0/adm_cond_type", "入院病情类型") in missing
        with pytest.raises(InvalidInput, match="票据代码"):
            draft.request()
        full = draft.with_(**OWN).with_rows("diseinfo", adm_cond_type="1")
        if "coner_name" in head:
            full = full.with_(patn_rlts="9", coner_addr="本市", coner_tel="13000000000")
        assert [p.message() for p in full.missing] == []
        reply = await mi.call(full.request())
        assert reply.data.setl_list_id

        asked = settlement_list_from(
            await asked_stay(mi, psn_no=head["psn_no"], mdtrt_id=stay.mdtrt_id, setl_id=head["setl_id"])
        )
        assert {n: str(asked.data["setlinfo"][n])[:10] for n in ("setl_id", "setl_begn_date")} == {
            n: str(head[n])[:10] for n in ("setl_id", "setl_begn_date")
        }
        back = stay.which | {"setl_id": head["setl_id"]}
        await sent(mi, "2305", {"data": back}, operation_key="back-1")
        with pytest.raises(MiError, match="有效的住院结算"):
            await settled_stay(mi, stay.mdtrt_id)


OWN = {
    "ntly": "156", "prfs": "90", "dscg_caty": "A03", "bill_code": "0101", "bill_no": "0001", "biz_sn": "S1",
    "medins_fill_dept": "医保科", "medins_fill_psn": "张三",
}  # fmt: skip
"""What no message of the stay tells."""


async def test_the_clerk_completes_a_file_and_sends_it(tmp_path: Path) -> None:
    """``mi settlement-list draft`` says what is missing, the file is completed in Excel, ``send`` sends it."""
    name = "list.xlsx"
    async with settled(tmp_path) as (mi, stay, settlement):

        async def run(*arguments: str, code: int = 0) -> str:
            done, out, err = await asyncio.to_thread(shell, "settlement-list", *arguments, place=tmp_path)
            assert done == code, (arguments, out, err)
            return out + err

        await mi.close()  # another process reads its log
        told = await run("draft", "--visit", stay.mdtrt_id, "--out", name, "--set", "medins_fill_dept=医保科")
        assert (
            "bill_no（票据号码）：必填" in told and "diseinfo 第 1 行：adm_cond_type（入院病情类型）" in told
        )
        assert "medins_fill_dept" not in told and (tmp_path / name).stat().st_mode & 0o777 == 0o600
        assert "已存在" in await run("draft", "--visit", stay.mdtrt_id, "--out", name, code=3)
        assert "没有字段 bil_no" in await run("draft", "--visit", stay.mdtrt_id, "--set", "bil_no=1", code=2)
        assert "没有就诊 V0" in await run("draft", "--visit", "V0", code=1)
        assert "缺少或有误" in await run("check", name, code=3)
        assert "缺少或有误" in await run("send", name, code=3)
        completed(tmp_path / name)
        assert "必填项已齐全" in await run("check", name)
        assert json.loads(await run("send", name, "--json"))[0]["setl_list_id"]
        async with AsyncClient.from_config(tmp_path / "mi.toml") as later:
            own = await later.operations(mdtrt_id=stay.mdtrt_id)
        (log,) = [one for one in own if one.start.api_code == "4101"]
        message = json.loads(log.start.request)["input"]
        assert (
            message["setlinfo"]["setl_id"] == settlement.setlinfo.setl_id
            and message["setlinfo"]["bill_no"] == "0001"
        )
        assert message["setlinfo"]["prfs"] == "90" and message["diseinfo"][0]["adm_cond_type"] == "1"
        paid = sum(Decimal(str(row["fund_payamt"])) for row in message["payinfo"])
        assert paid == settlement.setlinfo.fund_pay_sumamt and "icuinfo" not in message
        person = settlement.setlinfo.psn_no
        asked = await run(
            "draft", "--visit", stay.mdtrt_id, "--person", person, "--settlement", settlement.setlinfo.setl_id, "--out", "asked.json"
        )  # fmt: skip
        assert "asked.json：已由住院记录填写" in asked


def _answers(head: Mapping[str, Any]) -> dict[str, str]:
    answers = {k: v for k, v in OWN.items() if k != "medins_fill_dept"}
    return answers | (
        {"patn_rlts": "9", "coner_addr": "本市", "coner_tel": "13000000000"} if head.get("coner_name") else {}
    )


def completed(path: Path) -> None:
    """As people do it: values into the column 值, a label where they know no code; ``openpyxl`` stands for Excel."""
    openpyxl: Any = import_module("openpyxl")
    book = openpyxl.load_workbook(path)
    sheet = book["清单"]
    lines = {row[1].value: row for row in sheet.iter_rows(min_row=2)}
    for field, text in _answers({k: v[3].value for k, v in lines.items()}).items():
        lines[field][3].value = text
    assert lines["bill_no"][0].value == "票据号码" and lines["bill_no"][2].value == "是"
    rows = list(book["diseinfo"].iter_rows())
    place = next(i for i, cell in enumerate(rows[0]) if "adm_cond_type" in str(cell.value))
    for row in rows[1:]:
        row[place].value = "有"
    book.save(path)


def test_the_same_as_json(tmp_path: Path) -> None:
    """Every field is there, empty ones ``null``; what stays empty is not sent."""
    diagnosis = {"diag_type": "1", "diag_code": "I63.9", "diag_name": "脑梗死", "maindiag_flag": "1"}
    stay = StayMessages(
        settlement={"setlinfo": {"setl_id": "S1"}, "setldetail": [{"fund_pay_type": "310100", "fund_payamt": Decimal("1.50")}]},
        discharge={"dscginfo": {"endtime": "2026-11-02 08:00:00"}, "diseinfo": [diagnosis]},
    )  # fmt: skip
    path = tmp_path / "a.json"
    write_form(settlement_list_from(stay), path)
    tree = json.loads(path.read_text(encoding="utf-8"))
    assert tree["setlinfo"]["bill_no"] is None and tree["diseinfo"][0]["adm_cond_type"] is None
    tree["setlinfo"] |= OWN
    tree["diseinfo"][0]["adm_cond_type"] = "1"
    path.write_text(json.dumps(tree, ensure_ascii=False), encoding="utf-8")
    made = read_form(path, by_code("4101"))
    assert {p.field for p in made.missing} == {"psn_no", "mdtrt_id", "setl_begn_date"}
    assert (
        made.data["diseinfo"] == [{**diagnosis, "adm_cond_type": "1"}]
        and "medcasno" not in made.data["setlinfo"]
    )
    assert str(made.data["payinfo"][0]["fund_payamt"]) == "1.50"


def test_a_form_that_cannot_be_read_says_everything(tmp_path: Path) -> None:
    write_form(
        settlement_list_from(StayMessages(settlement={"setlinfo": {"setl_id": "S1"}})), tmp_path / "a.xlsx"
    )
    openpyxl: Any = import_module("openpyxl")
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    book["清单"]["B3"], book["清单"]["D3"] = "no_such", "x"
    book["清单"]["D4"] = "=1+1"
    book["diseinfo"]["F1"] = "另一列"
    book.save(tmp_path / "a.xlsx")
    with pytest.raises(BadFile) as caught:
        read_form(tmp_path / "a.xlsx", by_code("4101"))
    text = str(caught.value)
    assert (
        "第 3 行：没有字段 no_such" in text
        and "第 4 行 值是公式" in text
        and "另一列" in text
        and "3 处" in text
    )
    with pytest.raises(BadFile, match=r"应为 \.xlsx 或 \.json"):
        read_form(tmp_path / "a.csv", by_code("4101"))
    (tmp_path / "b.json").write_text("{", encoding="utf-8")
    with pytest.raises(BadFile, match="不是可读的 JSON"):
        read_form(tmp_path / "b.json", by_code("4101"))


def test_a_wrong_cell_of_a_list_is_told_with_its_column_in_both_languages(tmp_path: Path) -> None:
    settlement = {"setlinfo": {"setl_id": "S1"}}
    write_form(settlement_list_from(StayMessages(settlement=settlement)), tmp_path / "a.xlsx")
    openpyxl: Any = import_module("openpyxl")
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    heading = book["diseinfo"]["A1"].value
    book["diseinfo"]["A2"] = "=1+1"
    book.save(tmp_path / "a.xlsx")
    with pytest.raises(BadFile) as caught:
        read_form(tmp_path / "a.xlsx", by_code("4101"))
    assert f"diseinfo 第 2 行 {heading}" in caught.value.zh
    assert f"diseinfo line 2 {heading}: " in caught.value.en


def test_a_region_that_wants_more_is_asked_for_more() -> None:
    """Guangzhou's list has the person's name and birth day, which the settlement tells."""
    from mi_plugins.regions.guangzhou.interfaces import by_code as guangzhou

    settlement = {"setlinfo": {"psn_no": "P1", "setl_id": "S1", "psn_name": "某人", "brdy": "1990-01-01"}}
    made = settlement_list_from(StayMessages(settlement=settlement), guangzhou("4101"))
    assert made.data["setlinfo"]["psn_name"] == "某人" and made.data["setlinfo"]["brdy"] == "1990-01-01"
    assert "psn_name" not in settlement_list_from(StayMessages(settlement=settlement)).data["setlinfo"]


def test_messages_of_two_stays_make_no_list() -> None:
    settlement = {"setlinfo": {"psn_no": "P1", "mdtrt_id": "M1", "setl_id": "S1"}, "setldetail": []}
    with pytest.raises(InvalidInput, match="不是同一次住院的"):
        settlement_list_from(
            StayMessages(settlement=settlement, discharge={"dscginfo": {"psn_no": "P2", "mdtrt_id": "M1"}})
        )


def test_a_settlement_within_the_stay_has_its_own_days() -> None:
    settlement = {"setlinfo": {"psn_no": "P1", "mdtrt_id": "M1", "setl_id": "S1"}}
    admission = {"mdtrtinfo": {"psn_no": "P1", "begntime": "2026-11-01 08:00:00"}}
    whole = settlement_list_from(StayMessages(settlement=settlement, admission=admission))
    part = settlement_list_from(StayMessages(settlement=settlement, admission=admission, mid_stay=True))
    assert whole.data["setlinfo"]["setl_begn_date"] == "2026-11-01"
    assert "setl_begn_date" not in part.data["setlinfo"] and ("medcasno", "病案号") in part.open
