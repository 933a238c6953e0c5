"""Every interface of the catalogue that can be called answers, and every reply is what its document says."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from mi_core.catalog import load_catalog
from mi_core.model import InterfaceSpec, NodeSpec
from mi_plugins.sandbox import Settings
from mi_plugins.sandbox.bureau import DESKS
from mi_plugins.sandbox.check import compile_node
from mi_plugins.sandbox.invent import Inventor
from mi_plugins.sandbox.message import Message
from mi_plugins.sandbox.office import Office
from mi_plugins.sandbox.refusal import BureauRefusal
from mi_plugins.sandbox.rulebook import Rulebook

CATALOG = load_catalog()
CALLABLE = [c for c, s in CATALOG.interfaces.items() if not s.withdrawn and s.behaviour.direction == "call"]
INVENTED = [code for code in CALLABLE if code not in DESKS]


@pytest.fixture(scope="module")
def office(rulebook: Rulebook) -> Iterator[Office]:
    office = Office(Settings(crowd=0, clock=lambda: dt.datetime(2025, 3, 3, 8, 0, 0)), rulebook)
    yield office
    office.close()


def head(infno: str) -> dict[str, Any]:
    return {
        "infno": infno, "msgid": "H43000000001202503030800000001", "mdtrtarea_admvs": "990100", "recer_sys_code": "TEST",
        "infver": "1.0.0", "opter_type": "1", "opter": "001", "opter_name": "收费员", "inf_time": "2025-03-03 08:00:00",
        "fixmedins_code": "H43000000001", "fixmedins_name": "测试机构",
    }  # fmt: skip


def request_of(office: Office, spec: InterfaceSpec, seed: int = 3) -> dict[str, Any]:
    content = Inventor(office.rulebook.catalog.code_tables, seed).row(spec.input, f"request|{spec.code}", {})
    if spec.code == "7101":  # Chinese herbs have one category only
        for row in content["data"]["rxdrugdetail"]:
            row["tcmdrugTypeCode"] = "3"
    if spec.code == "7201":  # with a token there is no registration number
        del content["data"]["regSn"]
    return content


def ask(office: Office, spec: InterfaceSpec, content: dict[str, Any]) -> Any:
    bare = spec.behaviour.envelope != "national"
    return office.answer(Message(spec.code, None if bare else head(spec.code), content, spec.code, 0))


def invented(office: Office, spec: InterfaceSpec, content: dict[str, Any]) -> Any:
    """The reply as it would be invented, also where a desk answers."""
    return office.inventor.reply(spec, content, head(spec.code)["msgid"])


def wrong(node: NodeSpec, value: Any) -> list[str]:
    findings: list[str] = []
    compile_node(node, CATALOG.code_tables)(value, "", findings)
    return findings


def test_all_are_there() -> None:
    assert len(CATALOG.interfaces) == 212 and len(CALLABLE) == 212 - 3 - 4


@pytest.mark.parametrize("code", INVENTED)
def test_an_invented_reply_is_valid(office: Office, code: str) -> None:
    spec = CATALOG.interfaces[code]
    content = request_of(office, spec)
    reply = ask(office, spec, content)
    if spec.output_kind == "scalar":
        assert isinstance(reply, str)
    elif spec.output.members:
        assert wrong(spec.output, reply) == []
        assert list(reply) == [m.code for m in spec.output.members]
    else:
        assert reply is None
    assert reply == ask(office, spec, content), "the same question has the same answer"


@pytest.mark.parametrize("code", INVENTED)
def test_amounts_of_an_invented_reply_add_up(office: Office, code: str) -> None:
    spec = CATALOG.interfaces[code]
    reply = ask(office, spec, request_of(office, spec))
    for identity in spec.behaviour.identities:
        node = reply[identity.node] if identity.node else reply
        for row in node if isinstance(node, list) else [node]:
            total, parts = row[identity.total], sum((row[part] for part in identity.parts), Decimal(0))
            assert total == parts if identity.relation == "=" else parts <= total


def test_fields_of_the_request_are_repeated(office: Office) -> None:
    spec = CATALOG.interfaces["2301"]
    content = request_of(office, spec)
    row = content["feedetail"][0]
    content["feedetail"] = [
        row | {"feedetl_sn": 11 + n, "det_item_fee_sumamt": Decimal("12.30")} for n in range(3)
    ]
    reply = invented(office, spec, content)
    assert [int(one["feedetl_sn"]) for one in reply["result"]] == [11, 12, 13]
    assert {one["det_item_fee_sumamt"] for one in reply["result"]} == {Decimal("12.30")}


def test_a_pharmacy_settlement_is_consistent(office: Office) -> None:
    spec = CATALOG.interfaces["2102"]
    content = request_of(office, spec)
    content["druginfo"]["medfee_sumamt"] = Decimal("45.67")
    content["druginfo"]["psn_no"] = "P1"
    reply = invented(office, spec, content)
    info = reply["setlinfo"]
    assert info["medfee_sumamt"] == Decimal("45.67") and info["psn_no"] == "P1" and info["setl_id"]
    assert info["medins_setl_id"] == head("2102")["msgid"]
    assert info["psn_part_amt"] == info["acct_pay"] + info["psn_cash_pay"]
    assert sum(row["fund_payamt"] for row in reply["setldetail"]) == info["fund_pay_sumamt"]


def test_another_seed_answers_otherwise(rulebook: Rulebook, office: Office) -> None:
    spec = CATALOG.interfaces["3101"]
    other = Office(Settings(crowd=0, seed=2, clock=office.settings.clock), rulebook)
    content = request_of(office, spec)
    assert ask(office, spec, content) != ask(other, spec, content)
    other.close()


@pytest.mark.parametrize("code", CALLABLE)
def test_a_missing_field_is_refused(office: Office, code: str) -> None:
    spec = CATALOG.interfaces[code]
    content = request_of(office, spec)
    for node in spec.input.nodes:
        needed = next((f.code for f in node.fields if f.required), None)
        if needed is None or not node.required:
            continue
        value = json.loads(json.dumps(content, default=str))
        row = value[node.code][0] if node.repeated else value[node.code]
        del row[needed]
        with pytest.raises(BureauRefusal, match="入参校验未通过"):
            ask(office, spec, value)
        return


def test_input_over_its_limit_is_refused(office: Office) -> None:
    spec = CATALOG.interfaces["2301"]
    content = request_of(office, spec)
    content["feedetail"] = [
        content["feedetail"][0] | {"feedetl_sn": n + 1, "memo": "长" * 400} for n in range(100)
    ]
    with pytest.raises(BureauRefusal, match="超过40000个字符"):
        office.answer(Message("2301", head("2301"), content, "2301", 200_000))
