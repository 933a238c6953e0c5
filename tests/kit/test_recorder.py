"""Recordings: no person and no secret in the file, and the same answers when it is played again."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from mi_core import AsyncClient, BureauRefused, Client, ConfigError, NotSent, OutcomeUnknown
from mi_core.interfaces import ALL_CODES, OutpatientSettlementRequest, PersonInformationRequest
from mi_core.model import FieldSpec, NodeSpec
from mi_core.testing import FakeGateway, Recorder, examples, replay
from mi_core.testing.scrubbing import SHORT, Scrubber
from tests.cli.shell import configure
from tests.core.calls import client, settled, settlement
from tests.generated.synthesis import catalog
from tests.plugins.bad_server import bad_server

PERSON = ("person-name", "id-number", "phone", "address", "card", "credential", "health")


def long_free_text(field: FieldSpec) -> bool:
    limited = field.code_table or field.enum or field.pattern or (field.max_length or SHORT + 1) <= SHORT
    return field.type in ("string", "text", "base64", "bytes") and not limited


def canaries(node: NodeSpec, prefix: str, found: list[str]) -> dict[str, Any]:
    """A row with something unique in every field that is a person's or a secret, whatever its type."""
    row: dict[str, Any] = {}
    for member in node.members:
        if isinstance(member, NodeSpec):
            inner = canaries(member, prefix, found)
            row[member.code] = [inner, inner] if member.repeated else inner
        elif (
            member.sensitivity in PERSON
            or long_free_text(member)
            or member.type in ("object", "map", "list", "strings")
        ):
            found.append(f"CANARY{prefix}{len(found)}X")
            row[member.code] = {"deep": [found[-1]]} if member.type in ("object", "map") else found[-1]
        else:
            row[member.code] = "1"
    found.append(f"CANARY{prefix}{len(found)}X")
    row["no_such_field"] = found[-1]
    return row


@pytest.mark.parametrize("code", ALL_CODES)
def test_no_field_of_a_person_or_a_secret_is_kept(code: str) -> None:
    spec, scrubber = catalog().interfaces[code], Scrubber(catalog().code_tables)
    for side, node in (("I", spec.input), ("O", spec.output)):
        found: list[str] = []
        row = canaries(node, side, found)
        kept = repr(scrubber.row(node, row))
        assert [canary for canary in found if canary in kept] == []
        assert set(scrubber.row(node, row)) == set(row) - {"no_such_field"}
        told = scrubber.text("；".join(found))
        assert [canary for canary in found if canary in told] == []


def test_amounts_codes_and_identifiers_stay_and_the_same_person_stays_the_same() -> None:
    spec, scrubber = catalog().interfaces["2207"], Scrubber(catalog().code_tables)
    asked = {"data": {"psn_no": "P1", "medfee_sumamt": Decimal("128.50"), "med_type": "11", "mdtrt_id": "V1"}}
    out = {"setlinfo": {"psn_no": "P1", "certno": "P1", "setl_id": "S1", "fund_pay_sumamt": Decimal("1.10")}}
    kept, told = scrubber.row(spec.input, asked)["data"], scrubber.row(spec.output, out)["setlinfo"]
    assert kept["psn_no"] == told["psn_no"] == told["certno"] != "P1"
    assert (kept["medfee_sumamt"], kept["med_type"], kept["mdtrt_id"]) == (Decimal("128.50"), "11", "V1")
    assert (told["setl_id"], told["fund_pay_sumamt"]) == ("S1", Decimal("1.10"))


async def test_a_real_exchange_is_recorded_and_played_again(tmp_path: Path) -> None:
    async with bad_server(settled(psn_name="王小明", certno="430000199001011238")) as server:
        with Recorder(tmp_path / "visit.json") as recorder:
            async with client(server.url, plugins=recorder.plugins()) as mi:
                await mi.call(settlement(certno="430000199001011238"))
    text = (tmp_path / "visit.json").read_text(encoding="utf-8")
    asked = settlement()
    for secret in (
        asked.psn_no,
        asked.mdtrt_cert_no,
        "430000199001011238",
        "王小明",
        "test-ak",
        "test-sk",
        "收费员",
    ):
        assert secret not in text
    gateway = replay(tmp_path / "visit.json")
    other = settlement(psn_no="43000000000000000099", mdtrt_id="V9", chrg_bchno="B9")
    async with gateway.async_client() as mi:
        reply = await mi.call(other)
    assert (reply.setlinfo.setl_id, reply.setlinfo.psn_no, reply.setlinfo.mdtrt_id) == (
        "S1",
        other.psn_no,
        "V9",
    )
    assert reply.setlinfo.fund_pay_sumamt == Decimal("100")
    assert reply.meta.discrepancies == ()


async def test_everything_that_can_happen_is_played_again_in_order(tmp_path: Path) -> None:
    original = FakeGateway()
    original.on("2207").refuse("示例文本甲余额不足").drop_before().refuse_by_gateway("signature").garbage(
        status=502
    )
    original.on("1101").reply(baseinfo__psn_name="真名字").refuse("查无 真名字 此人")
    person = examples.valid(PersonInformationRequest, psn_name="真名字")
    refusals = {"refusals": ("*余额不足",)}

    async def calls(mi: AsyncClient) -> list[str]:
        seen = [(await mi.call(person)).baseinfo.gend or ""]
        for number, error in enumerate((BureauRefused, NotSent, Exception, OutcomeUnknown)):
            with pytest.raises(error) as caught:
                await mi.call(settlement(mdtrt_id=f"V{number}", chrg_bchno=f"B{number}"))
            seen.append(type(caught.value).__name__)
        with pytest.raises(BureauRefused):
            await mi.call(person)
        return seen

    with Recorder(tmp_path / "all.json") as recorder:
        plugins = recorder.plugins(original.plugins())
        async with original.async_client(config=original.config(**refusals), plugins=plugins) as mi:
            first = await calls(mi)
    text = (tmp_path / "all.json").read_text(encoding="utf-8")
    assert "真名字" not in text and "余额不足" in text
    gateway = replay(tmp_path / "all.json")
    async with gateway.async_client(config=gateway.config(**refusals)) as mi:
        assert await calls(mi) == first
    assert gateway.sends(OutpatientSettlementRequest) == original.sends(OutpatientSettlementRequest) == 3


async def test_a_recorder_opens_the_client_itself(tmp_path: Path) -> None:
    """From the configuration file of a test institution to a replay, without a word about plugins."""
    async with bad_server(settled(psn_name="王小明")) as server:
        configure(tmp_path, server.url)
        asked = settlement()
        with Recorder(tmp_path / "a.json") as recorder:
            async with recorder.async_client(tmp_path / "mi.toml", store__operation_log="memory") as mi:
                assert (await mi.call(asked)).setlinfo.setl_id == "S1"

        def blocking(mi: Client) -> str | None:
            return mi.call(settlement(mdtrt_id="V2", chrg_bchno="B2")).setlinfo.setl_id

        def record() -> list[str | None]:
            with Recorder(tmp_path / "b.json") as recorder, recorder.client(tmp_path / "mi.toml") as mi:
                first = blocking(mi)
            other = Recorder(tmp_path / "c.json")
            with other, Client.from_config(tmp_path / "mi.toml", plugins=other.plugins()) as mi:
                return [first, blocking(mi)]

        assert await asyncio.to_thread(record) == ["S1", "S1"]
    for name in ("a.json", "b.json"):
        recorded = json.loads((tmp_path / name).read_bytes())
        assert [e["interface"] for e in recorded["exchanges"]] == ["2207"] and recorded["region"] == "hunan"
    async with replay(tmp_path / "a.json").async_client() as mi:
        assert (await mi.call(asked)).setlinfo.setl_id == "S1"


async def test_a_recorder_refuses_production(tmp_path: Path) -> None:
    configure(tmp_path, "http://127.0.0.1:9", environment="production")
    with (
        pytest.raises(ConfigError, match="测试环境"),
        Recorder(tmp_path / "a.json") as recorder,
        recorder.client(tmp_path / "mi.toml"),
    ):
        raise AssertionError


async def test_a_region_is_recorded_and_played_again_as_its_own(tmp_path: Path) -> None:
    """Guangzhou has ``mdtrtinfo`` where the base has ``data``; 2260 is there only."""
    original = FakeGateway(region="guangzhou")
    original.on("2206").reply(setlinfo__medfee_sumamt=Decimal("128.50"))
    original.on("2260").reply()
    asked = [examples.valid(original.on(code).interface) for code in ("2206", "2260")]

    async def calls(mi: AsyncClient) -> list[object]:
        first = await mi.call(asked[0])
        return [first.setlinfo.medfee_sumamt, type(await mi.call(asked[1], operation_key="B1")).__name__]

    with Recorder(tmp_path / "gz.json", region="guangzhou") as recorder:
        plugins = recorder.plugins(original.plugins())
        async with original.async_client(plugins=plugins) as mi:
            first = await calls(mi)
    kept = json.loads((tmp_path / "gz.json").read_bytes())
    assert kept["region"] == "guangzhou" and "mdtrtinfo" in kept["exchanges"][0]["request"]
    async with replay(tmp_path / "gz.json").async_client() as mi:
        assert await calls(mi) == first
    with pytest.raises(ConfigError, match="guangzou"):
        Recorder(tmp_path / "x.json", region="guangzou")


def test_something_else_is_no_recording(tmp_path: Path) -> None:
    for content in ({"format": 99}, []):
        (tmp_path / "x.json").write_text(json.dumps(content))
        with pytest.raises(ValueError, match=r"x\.json is no recording"):
            replay(tmp_path / "x.json")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"format": 1,\n "exchanges": [,]}', r"x\.json, line 2, column 16"),
        (b'{"format": 1,\n\n "exchanges": "\xff"}', r"x\.json, line 3: not UTF-8"),
        (b'{"format": 1}', "the list exchanges is missing"),
        (b'{"format": 1, "region": "nowhere", "exchanges": []}', "no region named|no region nowhere"),
        (b'{"format": 1, "exchanges": [{"interface": "2270", "reply": {}}]}', r"exchange 1: .*2270.*\n.*2207 门诊结算"),
        (b'{"format": 1, "exchanges": [{"interface": "2207", "reply": {"status": 200}}]}', "exchange 1 is not as"),
        (b'{"format": 1, "exchanges": ["2207"]}', "exchange 1 is not as"),
    ],
    ids=["json", "utf8", "list", "region", "code", "reply", "text"],
)  # fmt: skip
def test_a_damaged_recording_is_told_where(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "x.json").write_bytes(content)
    with pytest.raises(ValueError, match=said) as wrong:
        replay(tmp_path / "x.json")
    assert str(tmp_path / "x.json") in str(wrong.value)
