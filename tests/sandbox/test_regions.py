"""The sandbox of a region: it checks requests and shapes replies by that region's documents; the books are the same."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from decimal import Decimal
from functools import cache
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from mi_core.catalog import load_catalog
from mi_core.catalog.regions import region_catalog, shipped_regions
from mi_core.model import FieldSpec, InterfaceSpec, NodeSpec
from mi_plugins.sandbox import Settings, create_app
from mi_plugins.sandbox.bureau import DESKS
from mi_plugins.sandbox.check import compile_node
from mi_plugins.sandbox.dialect import Missing, compile_plan, translate
from mi_plugins.sandbox.invent import Inventor
from mi_plugins.sandbox.office import Office
from mi_plugins.sandbox.refusal import BureauRefusal
from mi_plugins.sandbox.rulebook import Rulebook
from tests.sandbox.hospital import Hospital, Refused, Visit, certificate, fee
from tests.sandbox.test_all_interfaces import request_of
from tests.sandbox.wards import Stay

REGIONS = [name for name in shipped_regions() if region_catalog(name).overlays]
BASE = load_catalog()


@cache
def rulebook_of(region: str) -> Rulebook:
    """Compiled once for all tests of this module."""
    return Rulebook(region=region)


def scalars(content: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(content, Mapping):
        for name, value in content.items():
            if not isinstance(value, (Mapping, list)):
                yield name, value
            else:
                yield from scalars(value)
    elif isinstance(content, list) and content:
        yield from scalars(content[0])


def spoken(node: NodeSpec, said: Mapping[str, Any], content: Any, inventor: Inventor) -> dict[str, Any]:
    """A row of the dialect with what the base's message says by the same code; what else is required is invented."""
    wanted = {field.code: field for field in node.fields}
    row = {code: worded(wanted[code], said[code]) for code in wanted if code in said}
    row |= {
        code: inventor.value(f, "test", {}) for code, f in wanted.items() if f.required and code not in row
    }
    for inner in node.nodes:
        rows = content.get(inner.code) if isinstance(content, Mapping) else None
        if isinstance(rows, list) and inner.repeated:
            row[inner.code] = [spoken(inner, dict(scalars(one)), one, inventor) for one in rows]
        elif inner.required:
            one = spoken(inner, said, rows, inventor)
            row[inner.code] = [one] if inner.repeated else one
    return row


def worded(field: FieldSpec, value: Any) -> Any:
    """A number as text where the dialect has it so."""
    return str(value) if field.type == "string" and isinstance(value, (int, Decimal)) else value


class Abroad(Hospital):
    """A hospital of a region: the messages of the tests in its dialect, every reply checked against its document."""

    office: Office

    def message(self, infno: str, content: Any, **head: Any) -> dict[str, Any]:
        spec, said = self.spec(infno), dict(scalars(content))
        if "hosp_appr_flag" in str(content):
            content = {"feedetail": [one | {"hosp_appr_flag": "1"} for one in content["feedetail"]]}
        if "ipt_no" in said:
            said |= {"ipt_otp_no": said["ipt_no"]}
        told = spoken(spec.input, said, content, self.office.inventor)
        return super().message(infno, told, **head)

    async def call(self, infno: str, content: Any, **head: Any) -> Any:
        output = await super().call(infno, content, **head)
        if output is not None:
            findings: list[str] = []
            compile_node(self.spec(infno).output, self.office.rulebook.catalog.code_tables)(
                output, "", findings
            )
            assert findings == [], (infno, findings)
        return output

    def spec(self, infno: str) -> InterfaceSpec:
        return self.office.rulebook.rules(infno).spec


@pytest.fixture(params=REGIONS)
async def abroad(request: pytest.FixtureRequest) -> AsyncIterator[Abroad]:
    settings = Settings(crowd=0, region=request.param)
    office = Office(settings, rulebook_of(request.param))
    async with TestServer(create_app(office=office)) as server, aiohttp.ClientSession() as session:
        hospital = Abroad(session, str(server.make_url("")).rstrip("/"), settings.control_token)
        hospital.office = office
        yield hospital


async def test_an_outpatient_visit(abroad: Abroad) -> None:
    visit = Visit(abroad)
    await visit.register()
    await visit.inform()
    await visit.charge(fee(visit, 1, "12.30"), fee(visit, 2, "7.70"))
    quoted, settled = (await visit.quote("20.00"))["setlinfo"], (await visit.settle("20.00"))["setlinfo"]
    assert quoted["medfee_sumamt"] == settled["medfee_sumamt"] == Decimal("20.00")
    asked = (await visit.query(settled["setl_id"]))["setlinfo"]
    assert asked["fund_pay_sumamt"] == settled["fund_pay_sumamt"]
    undone = (await visit.refund(settled["setl_id"]))["setlinfo"]
    assert undone["medfee_sumamt"] == Decimal("-20.00")
    with pytest.raises(Refused, match="作废"):
        await visit.refund(settled["setl_id"])
    rows = abroad.office.ledger({})["settlements"]
    assert [row["total"] for row in rows] == [2000, -2000]


async def test_a_stay(abroad: Abroad) -> None:
    stay = Stay(abroad)
    await stay.admit()
    await stay.call("2403", stay.changed())
    await stay.call("2301", {"feedetail": [stay.fee(1, "500.00")]})
    await stay.call("2303", stay.claim("500.00"))
    await stay.call("2402", stay.leaving())
    info = (await stay.call("2304", stay.claim("500.00")))["setlinfo"]
    which = stay.which | {"setl_id": info["setl_id"]}
    await stay.call("2305", {"data": which})
    await stay.call("2405", {"data": stay.which})
    await stay.call("2302", {"data": [stay.which | {"feedetl_sn": "0000"}]})
    await stay.call("2404", {"data": stay.which})
    assert [row["total"] for row in abroad.office.ledger({})["settlements"]] == [50000, -50000]


async def test_the_day(abroad: Abroad) -> None:
    signed = await abroad.call("9001", {"signIn": {"opter_no": "001", "mac": "00", "ip": "127.0.0.1"}})
    number = next(value for name, value in scalars(signed) if name == "sign_no")
    data = certificate(Visit(abroad).person) | {"psn_name": Visit(abroad).person.name}
    assert await abroad.call("1101", {"data": data}, sign_no=number)
    await abroad.call("9002", {"signOut": {"sign_no": number, "opter_no": "001"}}, sign_no=number)
    with pytest.raises(Refused, match="签到"):
        await abroad.call("1101", {"data": data}, sign_no=number)
    compared = await abroad.call("3201", {"data": {
        "insutype": "310", "clr_type": "11", "setl_optins": "990100", "clr_optins": "990100", "stmt_begndate": "2025-01-01",
        "stmt_enddate": "2025-01-31", "medfee_sumamt": Decimal(0), "fund_pay_sumamt": Decimal(0), "acct_pay": Decimal(0),
        "cash_payamt": Decimal(0), "fixmedins_setl_cnt": 0, "fixmedins_refd_setl_flag": "0", "refd_setl_flag": "0",
    }})  # fmt: skip
    assert dict(scalars(compared))["stmt_rslt"] == "0"


@pytest.mark.parametrize("region", REGIONS)
def test_every_interface_of_the_region_answers(region: str) -> None:
    office = Office(Settings(crowd=0, region=region), rulebook_of(region))
    found: dict[str, Any] = {}
    catalog = office.rulebook.catalog
    for code, spec in catalog.interfaces.items():
        if code in DESKS or spec.withdrawn or spec.behaviour.direction == "inbound":
            continue
        try:
            reply = ask_region(office, spec)
        except BureauRefusal as refusal:
            found[code] = str(refusal)
            continue
        findings: list[str] = []
        if reply is not None and spec.output_kind != "scalar" and not isinstance(reply, bytes):
            compile_node(spec.output, catalog.code_tables)(reply, "", findings)
        if findings:
            found[code] = findings
    office.close()
    assert found == {}
    assert set(catalog.interfaces) >= set(BASE.interfaces)


def ask_region(office: Office, spec: InterfaceSpec) -> Any:
    from mi_plugins.sandbox.message import Message
    from tests.sandbox.test_all_interfaces import head

    bare = spec.behaviour.envelope != "national"
    clock = office.settings.clock()
    told = head(spec.code) | {
        "msgid": f"H43000000001{clock:%Y%m%d%H%M%S}0001",
        "inf_time": f"{clock:%Y-%m-%d %H:%M:%S}",
    }
    return office.answer(Message(spec.code, None if bare else told, request_of(office, spec), spec.code, 0))


@pytest.fixture
async def guangzhou(settings: Settings) -> AsyncIterator[Hospital]:
    chosen = Settings(crowd=0, region="guangzhou")
    async with TestServer(create_app(chosen)) as server, aiohttp.ClientSession() as session:
        yield Hospital(session, str(server.make_url("")).rstrip("/"), chosen.control_token)


async def test_what_guangzhou_writes_otherwise(guangzhou: Hospital) -> None:
    """Said by hand, so that the other tests' own translation cannot hide a mistake of the sandbox's."""
    visit = Visit(guangzhou)
    with pytest.raises(Refused, match="mdtrtinfo"):
        await visit.register()
    reply = await visit.call("2201", {"mdtrtinfo": visit.registration()})
    visit.mdtrt_id = reply["data"]["mdtrt_id"]
    data = visit.quote_data(Decimal("1.00")) | {"mdtrt_mode": "0"}
    with pytest.raises(Refused, match="尚未上传就诊信息"):
        await visit.call("2206", {"mdtrtinfo": data})
    with pytest.raises(Refused, match="未约定"):
        await visit.call("2206", {"data": data})
    sign = {
        "opter_no": "1",
        "password": "p",
        "currenttime": "2026-01-01 00:00:00",
        "mac": "m",
        "ip": "i",
        "userid": "1",
    }
    assert set(await guangzhou.call("9001", {"data": sign})) == {"result"}
    with pytest.raises(Refused, match="查无就诊"):
        await visit.call("2404", {"mdtrt_id": "0", "psn_no": visit.person.psn_no})


async def test_a_region_that_does_not_exist_is_told() -> None:
    from mi_core.errors import UnknownName

    with pytest.raises(UnknownName, match="atlantis"):
        create_app(Settings(crowd=0, region="atlantis"))


# the translation itself


def nodes(code: str, fields: list[str], *inner: NodeSpec, repeated: bool = False) -> NodeSpec:
    made = tuple(FieldSpec(code=name.rstrip("*"), label=name, required=name.endswith("*")) for name in fields)
    return NodeSpec(code=code, label=code, members=(*made, *inner), repeated=repeated)


def turned(source: NodeSpec, target: NodeSpec, content: Any, **known: Any) -> Any:
    return translate(compile_plan(source, target), content, lambda field: known.get(field.code), {})


def test_a_node_of_another_name_or_none() -> None:
    base = nodes("input", [], nodes("data", ["psn_no", "mdtrt_id", "setl_id"]))
    renamed = nodes("input", [], nodes("mdtrtinfo", ["psn_no", "mdtrt_id", "x"]), nodes("agnterinfo", ["y"]))
    flat = nodes("input", ["psn_no", "mdtrt_id"])
    row = {"psn_no": "1", "mdtrt_id": "2"}
    assert turned(renamed, base, {"mdtrtinfo": {**row, "x": "3"}, "agnterinfo": {"y": "4"}}) == {"data": row}
    assert turned(flat, base, row) == {"data": row}
    assert turned(base, flat, {"data": {**row, "setl_id": "3"}}) == row
    assert turned(base, renamed, {"data": {**row, "setl_id": "3"}}) == {"mdtrtinfo": row}


def test_lists_and_rows() -> None:
    many = nodes("input", [], nodes("data", ["a"], repeated=True))
    one = nodes("input", [], nodes("feeinfo", ["a"]))
    assert turned(one, many, {"feeinfo": {"a": "1"}}) == {"data": [{"a": "1"}]}
    assert turned(many, one, {"data": [{"a": "1"}, {"a": "2"}]}) == {"feeinfo": {"a": "1"}}
    assert turned(many, one, {"data": []}) == {}


def test_fields_of_another_name_and_fields_that_nobody_has() -> None:
    source, target = nodes("input", ["ipt_otp_no", "b"]), nodes("input", ["ipt_no*", "b", "c*", "d"])
    made = turned(source, target, {"ipt_otp_no": "1", "b": None}, c="known")
    assert made == {"ipt_no": "1", "b": None, "c": "known"} and isinstance(made, Missing)
    with pytest.raises(BureauRefusal, match=r"\[d\]"):
        made["d"]


def test_a_field_of_the_same_label() -> None:
    source = NodeSpec(
        "output", "", members=(FieldSpec("medfee_sumamt", "医疗费总额", type="number", digits=16, scale=2),)
    )
    target = NodeSpec("output", "", members=(FieldSpec("med_sumfee", "医疗费总额", max_length=20),))
    assert turned(source, target, {"medfee_sumamt": Decimal("12.50")}) == {"med_sumfee": "12.50"}
    assert turned(target, source, {"med_sumfee": "12.50"}) == {"medfee_sumamt": Decimal("12.50")}
