"""Replies of the desks have every field of the document, in its order, and the right kinds of values on the wire."""

from __future__ import annotations

import json
import re
from typing import Any

from mi_core.catalog import load_catalog
from mi_core.model import NodeSpec
from mi_plugins.sandbox.check import compile_node
from tests.sandbox.hospital import Hospital, Visit, certificate
from tests.sandbox.test_visit import TOTAL, visit_with_fees

CATALOG = load_catalog()


def compare(node: NodeSpec, value: Any, path: str) -> None:
    rows = value if node.repeated else [value]
    for row in rows:
        assert sorted(row) == sorted(m.code for m in node.members), path
        for inner in node.nodes:
            compare(inner, row[inner.code], f"{path}.{inner.code}")


def check_reply(infno: str, output: Any) -> None:
    spec = CATALOG.interfaces[infno]
    if not spec.output.members:
        assert output is None
        return
    for row in output if isinstance(output, list) else [output]:
        compare(spec.output, row, infno)
        findings: list[str] = []
        compile_node(spec.output, CATALOG.code_tables)(row, "", findings)
        assert findings == [], infno


async def test_every_field_of_every_desk(hospital: Hospital) -> None:
    seen: dict[str, Any] = {}
    plain = hospital.call

    async def call(infno: str, content: Any, **head: Any) -> Any:
        seen[infno] = await plain(infno, content, **head)
        check_reply(infno, seen[infno])
        return seen[infno]

    hospital.call = call  # type: ignore[method-assign]  # listens to every call of the visit
    visit = await visit_with_fees(hospital)
    person = Visit(hospital, 4).person
    await hospital.call("1101", {"data": certificate(person) | {"psn_name": person.name}})
    await hospital.call("1201", {"medinsinfo": {"fixmedins_type": "1", "fixmedins_name": "城东"}})
    who = {
        "psn_no": visit.person.psn_no,
        "insutype": "310",
        "fixmedins_code": hospital.code,
        "med_type": "11",
    }
    await hospital.call("2001", {"data": who | {"begntime": "2025-03-03 08:00:00"}})
    signed = await hospital.call("9001", {"signIn": {"opter_no": "001", "mac": "0", "ip": "0"}})
    await hospital.call("9002", {"signOut": {"sign_no": signed["signinoutb"]["sign_no"], "opter_no": "001"}})
    info = (await visit.settle(TOTAL))["setlinfo"]
    msgid = hospital.last_msgid
    await visit.query(info["setl_id"])
    which = {"mdtrt_id": visit.mdtrt_id, "psn_no": visit.person.psn_no}
    await visit.call("5202", {"data": which})
    await visit.call("5204", {"data": which | {"setl_id": info["setl_id"]}})
    period = {"begntime": "2025-03-01 00:00:00", "endtime": "2025-03-31 23:59:59", "med_type": "11"}
    await visit.call("5201", {"data": {"psn_no": visit.person.psn_no} | period})
    await visit.call("2601", {"data": {"psn_no": visit.person.psn_no, "omsgid": msgid, "oinfno": "2207"}})
    await visit.refund((await visit.settle(TOTAL))["setlinfo"]["setl_id"])
    await visit.call("2205", {"data": which | {"chrg_bchno": "0000"}})
    await visit.call("2202", {"data": which | {"ipt_otp_no": visit.otp_no}})
    pharmacy = await Visit(hospital.at("P43000000001")).register()
    content = {
        "mdtrt_id": pharmacy.mdtrt_id,
        "psn_no": pharmacy.person.psn_no,
        "med_type": "41",
        "begntime": "2025-03-03 08:00:00",
    }
    row = {
        "diag_type": "1", "diag_srt_no": 1, "diag_code": "I10", "diag_name": "高血压", "diag_dept": "A03", "dise_dor_no": "D1",
        "dise_dor_name": "医师", "diag_time": "2025-03-03 08:10:00", "vali_flag": "1",
    }  # fmt: skip
    check_reply("2203A", await pharmacy.call("2203A", {"mdtrtinfo": content, "diseinfo": [row]}))
    missing = {
        "1101",
        "1201",
        "2001",
        "5201",
        "5202",
        "5203",
        "5204",
        "2601",
        *(f"220{n}" for n in range(1, 9)),
    } - set(seen)
    assert not missing


async def test_numbers_and_times_on_the_wire(hospital: Hospital) -> None:
    visit = await visit_with_fees(hospital)
    quoted = await visit.quote(TOTAL)
    data = visit.settle_data(quoted["setlinfo"])
    message = hospital.message("2207", {"data": data})
    _, body = await hospital.post("2207", json.dumps(message, default=float).encode())
    text = body.decode()
    assert re.search(r'"fund_pay_sumamt":\d+\.\d\d,', text) and re.search(r'"hifes_pay":0\.00,', text)
    assert (
        re.search(r'"setl_time":"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"', text)
        and '"pool_prop_selfpay":0.6000,' in text
    )
    answer = json.loads(body)
    assert answer["infcode"] == 0 and re.fullmatch(r"\d{30}", answer["inf_refmsgid"])
    assert re.fullmatch(r"\d{17}", answer["refmsg_time"]) and re.fullmatch(r"\d{17}", answer["respond_time"])
