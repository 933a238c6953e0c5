"""A cashier in Guangzhou, with Guangzhou's classes and with those of the base."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from mi_core import InvalidInput, NotSent, OutcomeUnknown, ReplyUnreadable
from mi_core import interfaces as base
from mi_core.model.fields import Inline
from mi_plugins.regions.foshan import interfaces as foshan
from mi_plugins.regions.guangzhou import interfaces as guangzhou
from tests.core.calls import PSN, settlement
from tests.plugins.bad_server import bad_server
from tests.regions_runtime.kit import Bureau, Silent, guangzhou_settlement, hospital, settled


def refund(kind: Any = base, **changes: Any) -> Any:
    values = {"setl_id": "S1", "psn_no": PSN, "mdtrt_id": "V1", **changes}
    return kind.OutpatientSettlementCancellationRequest(**values)


def refunded(message: dict[str, Any]) -> dict[str, Any]:
    return settled(message, setl_id="S2", medfee_sumamt=-128.5, fund_pay_sumamt=-100, psn_part_amt=-28.5, acct_pay=-8.5,
                   psn_cash_pay=-20)  # fmt: skip


async def test_a_settlement_with_the_regions_class() -> None:
    bureau = Bureau({"2207": settled})
    async with bad_server(bureau) as server, hospital(server.url, "guangzhou") as mi:
        reply = await mi.call(guangzhou_settlement())
    assert type(reply) is guangzhou.OutpatientSettlementResponse
    assert (reply.setlinfo.setl_id, reply.setlinfo.memo) == ("S1", "local")
    assert reply.setlinfo.fund_pay_sumamt == Decimal(100)
    (sent,) = bureau.inputs("2207")
    assert list(sent) == ["mdtrtinfo"]
    assert sent["mdtrtinfo"]["mdtrt_mode"] == "0"


async def test_a_base_settlement_lacks_what_guangzhou_demands_and_is_told_the_class() -> None:
    bureau = Bureau({"2207": settled})
    async with bad_server(bureau) as server, hospital(server.url, "guangzhou") as mi:
        with pytest.raises(InvalidInput) as refused:
            await mi.call(settlement())
    assert [(p.field, p.path) for p in refused.value.problems] == [
        ("mdtrt_mode", "/mdtrtinfo/mdtrt_mode"), ("mid_setl_flag", "/mdtrtinfo/mid_setl_flag"),
    ]  # fmt: skip
    text = refused.value.message("zh")
    assert "mi_plugins.regions.guangzhou.interfaces.OutpatientSettlementRequest" in text
    assert "广州" in text and "就诊方式" in text
    assert bureau.asked == []


async def test_a_base_refund_is_sent_under_the_regions_document_and_comes_back_as_the_base_class() -> None:
    bureau = Bureau({"2208": refunded})
    async with bad_server(bureau) as server, hospital(server.url, "guangzhou") as mi:
        reply = await mi.call(refund())
        assert bureau.inputs("2208") == [{"mdtrtinfo": {"setl_id": "S1", "psn_no": PSN, "mdtrt_id": "V1"}}]
        assert type(reply) is base.OutpatientSettlementCancellationResponse
        assert (reply.setlinfo.setl_id, reply.setlinfo.medfee_sumamt) == ("S2", Decimal("-128.5"))
        assert reply.extra["/setlinfo/memo"] == "local"
        assert json.loads(reply.meta.raw)["output"]["setlinfo"]["memo"] == "local"

        again = await mi.call(refund(guangzhou))
    assert type(again) is guangzhou.OutpatientSettlementCancellationResponse
    assert (again.meta.repeated, again.setlinfo.setl_id, again.meta.msgid) == (True, "S2", reply.meta.msgid)
    assert len(bureau.asked) == 1


async def test_a_stored_reply_comes_back_as_the_base_class_too() -> None:
    bureau = Bureau({"2208": refunded})
    async with bad_server(bureau) as server, hospital(server.url, "guangzhou") as mi:
        await mi.call(refund(guangzhou))
        again = await mi.call(refund())
    assert (type(again), again.meta.repeated) == (base.OutpatientSettlementCancellationResponse, True)
    assert again.setlinfo.setl_id == "S2"


async def test_a_refund_in_doubt_closes_the_visit_for_both_classes() -> None:
    def silent(_: Any) -> Any:
        raise Silent

    bureau = Bureau({"2208": silent, "2207": settled})
    async with bad_server(bureau) as server, hospital(server.url, "guangzhou") as mi:
        with pytest.raises(OutcomeUnknown) as lost:
            await mi.call(refund())
        for request in (refund(guangzhou), guangzhou_settlement(chrg_bchno="B2")):
            with pytest.raises(NotSent) as busy:
                await mi.call(request)
            assert busy.value.operation_id == lost.value.operation_id
    assert len(bureau.asked) == 1


async def test_a_proof_that_is_missing_stays_in_doubt() -> None:
    bureau = Bureau({"2208": lambda message: settled(message, setl_id=...)})
    async with bad_server(bureau) as server, hospital(server.url, "guangzhou") as mi:
        with pytest.raises(OutcomeUnknown, match="proof missing"):
            await mi.call(refund())


async def test_a_foshan_cashier_settles_with_the_base_class() -> None:
    bureau = Bureau({"2207": settled})
    async with bad_server(bureau) as server, hospital(server.url, "foshan") as mi:
        reply = await mi.call(settlement())
        same = await mi.call(
            foshan.OutpatientSettlementRequest.from_dict(settlement().to_dict()["data"] | {})
        )
    assert type(reply) is base.OutpatientSettlementResponse
    assert same.meta.repeated and same.setlinfo.setl_id == reply.setlinfo.setl_id
    assert bureau.inputs("2207")[0]["data"]["fulamt_ownpay_amt"] == 0


async def test_the_class_of_another_region() -> None:
    bureau = Bureau({"2208": refunded, "2207": settled})
    async with bad_server(bureau) as server, hospital(server.url, "foshan") as mi:
        assert (await mi.call(refund(guangzhou))).setlinfo.setl_id == "S2"
        assert list(bureau.inputs("2208")[0]) == ["data"]
        with pytest.raises(InvalidInput) as refused:
            await mi.call(guangzhou_settlement())
        assert {p.field for p in refused.value.problems} == {"mdtrt_mode", "mid_setl_flag"}
        assert "mi_plugins.regions.foshan.interfaces.OutpatientSettlementRequest" in refused.value.message(
            "en"
        )


async def test_the_class_of_a_region_at_an_institution_of_the_base() -> None:
    bureau = Bureau({"2208": refunded})
    async with bad_server(bureau) as server, hospital(server.url, "hunan") as mi:
        reply = await mi.call(refund(guangzhou))
        assert type(reply) is guangzhou.OutpatientSettlementCancellationResponse
        assert list(bureau.inputs("2208")[0]) == ["data"]
        with pytest.raises(InvalidInput, match=r"mi_core\.interfaces\.OutpatientSettlementRequest"):
            await mi.call(guangzhou_settlement())


async def test_an_interface_that_only_one_region_has() -> None:
    request = guangzhou.by_code("2260").request
    bureau = Bureau({})
    async with bad_server(bureau) as server, hospital(server.url, "hunan") as mi:
        with pytest.raises(InvalidInput, match="没有接口 2260；它属于地区 guangzhou"):
            await mi.call(object.__new__(request))
        with pytest.raises(InvalidInput, match="没有接口 2260"):
            await mi.call_raw("2260", {})
    assert bureau.asked == []


async def test_plain_dicts_in_either_shape() -> None:
    bureau = Bureau({"2208": refunded})
    row = {"setl_id": "S1", "psn_no": PSN, "mdtrt_id": "V1"}
    async with bad_server(bureau) as server, hospital(server.url, "guangzhou") as mi:
        own = await mi.call_raw("2208", {"mdtrtinfo": row})
        assert own["setlinfo"]["memo"] == "local"
        nation = await mi.bound(amounts_accepted=False).call_raw("2208", {"data": {**row, "setl_id": "S9"}})
        assert "memo" not in nation["setlinfo"]
        with pytest.raises(InvalidInput, match="mdtrt_idd"):
            await mi.call_raw("2208", {"mdtrtinfo": {**row, "mdtrt_idd": "1"}})
    assert [list(sent) for sent in bureau.inputs("2208")] == [["mdtrtinfo"], ["mdtrtinfo"]]


async def test_a_reply_with_more_rows_than_the_base_class_holds() -> None:
    """Guangzhou's 1101 answers with a list of persons; one of them is a base reply, two are not."""
    person = {"baseinfo": {"psn_no": PSN}, "insuinfo": [{"insutype": "310"}], "idetinfo": []}
    rows = [person]
    bureau = Bureau({"1101": lambda _: rows})
    question = base.PersonInformationRequest(
        mdtrt_cert_type="02", mdtrt_cert_no="990101198503120037", psn_cert_type="01", certno="990101198503120037", psn_name="甲",
        card_sn="C1",
    )  # fmt: skip
    async with bad_server(bureau) as server, hospital(server.url, "guangzhou") as mi:
        reply = await mi.call(question)
        assert (reply.baseinfo.psn_no, reply.insuinfo[0].insutype) == (PSN, "310")
        rows.append(person)
        with pytest.raises(
            ReplyUnreadable, match=r"mi_plugins\.regions\.guangzhou.interfaces.PersonInformationRequest"
        ):
            await mi.call(question)


async def test_guangdong_wants_a_word_for_nodes_that_are_not_sent() -> None:
    bureau = Bureau({"4701": lambda _: None})
    known = {"dept_code": "A01", "adm_time": "2026-01-01 08:00:00"}
    async with bad_server(bureau) as server, hospital(server.url, "guangzhou") as mi:
        (adminfo,) = (m for m in guangzhou.by_code("4701").request.__members__ if isinstance(m, Inline))
        row = {f.wire: known.get(f.wire, "1") for f in adminfo.members if f.required}
        await mi.call_raw("4701", {"adminfo": row})
    (sent,) = bureau.inputs("4701")
    assert sent["dieinfo"] == "null" and sent["coursrinfo"] == "null"
    assert sent["adminfo"]["dept_code"] == "A01"


async def test_the_business_tables_have_the_visit_whatever_its_node_is_called(tmp_path: Path) -> None:
    """Guangzhou's ``mdtrtinfo`` and flat messages fill the same columns as the nation's ``data``."""
    bureau = Bureau({"2207": settled, "2404": lambda _: None})
    file = tmp_path / "mi.db"
    store = {"operation_log": f"sqlite:///{file}"}
    async with bad_server(bureau) as server, hospital(server.url, "guangzhou", store=store) as mi:
        await mi.call(guangzhou_settlement())
        await mi.call(base.by_code("2404").request.from_dict({"mdtrt_id": "V7", "psn_no": PSN}))
    with contextlib.closing(sqlite3.connect(file)) as database:
        tables = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        found = {}
        for table in tables:
            columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
            if {"api_code", "mdtrt_id", "operation_log_id"} <= set(columns):
                found |= dict(database.execute(f"SELECT api_code, mdtrt_id FROM {table}").fetchall())
    assert {code: value is not None for code, value in found.items()} == {
        "2207": True,
        "2404": True,
    }  # sealed


async def test_a_file_travels_beside_the_regions_message() -> None:
    """Foshan's 9101 has a document of its own; the file is no field of the message there either."""
    assert foshan.by_code("9101").region == "foshan"
    bureau = Bureau({"9101": lambda _: {"file_qury_no": "F1", "filename": "a.zip", "fixmedins_code": "H"}})
    async with bad_server(bureau) as server, hospital(server.url, "foshan") as mi:
        reply = await mi.upload_file(b"content", "a.zip")
    assert reply.file_qury_no == "F1"
    (sent,) = bureau.inputs("9101")
    assert sent["fsUploadIn"].keys() == {"filename", "fixmedins_code"}
