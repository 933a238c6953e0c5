"""Recordings: no person and no secret in the file, and the same answers when it is played again."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from mi_core import AsyncClient, BureauRefused, NotSent, OutcomeUnknown
from mi_core.interfaces import ALL_CODES, OutpatientSettlementRequest, PersonInformationRequest
from mi_core.model import FieldSpec, NodeSpec
from mi_core.testing import FakeGateway, Recorder, examples, replay
from mi_core.testing.scrubbing import SHORT, Scrubber
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


def test_something_else_is_no_recording(tmp_path: Path) -> None:
    for content in ({"format": 99}, []):
        (tmp_path / "x.json").write_text(json.dumps(content))
        with pytest.raises(ValueError, match="no recording"):
            replay(tmp_path / "x.json")
