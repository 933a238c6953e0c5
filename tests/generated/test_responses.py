"""Every response of the catalogue: clean bytes, bytes as seen in the field and nonsense are all read as the design says."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pytest

from mi_core.interfaces import ALL_CODES, by_code
from mi_core.model import FieldSpec, NodeSpec, Problem, Response
from mi_core.model.fields import Node
from mi_core.model.record import Record, fields_of
from mi_core.wire import MissingProof, ReplyEnvelope, decode_output, read_reply
from tests.generated.synthesis import catalog, whole_number

CODES = pytest.mark.parametrize("code", ALL_CODES)


def text_of(field: FieldSpec) -> str:
    """A value as its text on the wire."""
    if field.type == "number" and (field.scale or (field.money and field.digits is None)):
        return "0.10" if (field.digits or 9) - (field.scale or 2) < 5 else "12345.60"
    if field.type == "number" or whole_number(field):
        return "7"
    if field.type == "date":
        return "1990-01-02"
    if field.type == "datetime":
        return "2024-05-06 07:08:09"
    return "202405" if field.pattern else '甲\\"乙'


def output(node: NodeSpec, *, seen: bool) -> Any:
    """``output`` of an interface; ``seen``: all numbers quoted, texts that are digits unquoted, one object for a list."""
    row: dict[str, Any] = {}
    for member in node.members:
        if isinstance(member, NodeSpec):
            inner = output(member, seen=seen)
            row[member.code] = [inner] if member.repeated and not seen else inner
            continue
        text = text_of(member)
        if member.type == "boolean":
            row[member.code] = "true" if seen else True
        elif member.type in ("object", "map"):
            row[member.code] = {"a": 1}
        elif member.type in ("list", "strings"):
            row[member.code] = "x" if seen else ["x"]
        elif member.type in ("number", "integer"):
            row[member.code] = text if seen else json.loads(text, parse_float=lambda t: f"#{t}#")
        else:
            row[member.code] = 20240101 if seen and member.type == "string" and not member.pattern else text
    return row


def reply(code: str, content: Any) -> bytes:
    """The bytes of a reply; the marks around decimals become bare numbers."""
    body = {"infcode": 0, "inf_refmsgid": "1", "output": content}
    if by_code(code).behaviour.envelope == "none":
        body = content
    return json.dumps(body, ensure_ascii=False).replace('"#', "").replace('#"', "").encode()


def read(code: str, body: bytes, *, strict: bool) -> tuple[Response, list[Problem]]:
    """What the pipeline does; reading the head alone first must give the same."""
    interface = by_code(code)
    envelope = read_reply(body, strict=strict, interface=interface)
    alone = read_reply(body, strict=strict)
    assert (envelope.infcode, envelope.output_raw) == (alone.infcode, alone.output_raw)
    result = decode_output(interface, envelope, strict=strict)
    assert result == decode_output(interface, alone, strict=strict)
    return result


def content(code: str, *, seen: bool) -> Any:
    """``output``, for a scalar a text."""
    spec = catalog().interfaces[code]
    return "甲" if spec.output_kind == "scalar" else output(spec.output, seen=seen)


def check_types(record: Record) -> None:
    """Every attribute is filled and has the documented type."""
    for f in fields_of(type(record)):
        value = getattr(record, f.name)
        if isinstance(f, Node):
            rows = value if f.many else (value,)
            assert isinstance(rows, tuple)
            assert len(rows) == 1
            assert isinstance(rows[0], f.row)
            check_types(rows[0])
        else:
            kinds = {
                "Number": Decimal, "Integer": int, "Day": dt.date, "Moment": dt.datetime, "Flag": bool,
                "Anything": dict, "Many": tuple, "Strings": tuple,
            }  # fmt: skip
            assert isinstance(value, kinds.get(type(f).__name__, str)), f.wire


@CODES
@pytest.mark.parametrize("strict", [False, True])
def test_a_full_reply_is_read_field_by_field(code: str, strict: bool) -> None:
    response, problems = read(code, reply(code, content(code, seen=False)), strict=strict)
    assert problems == []
    check_types(response)
    assert response.extra == {}


@CODES
def test_the_fast_and_the_tolerant_reader_agree(code: str) -> None:
    interface = by_code(code)
    body = reply(code, content(code, seen=False))
    fast, _ = read(code, body, strict=False)
    envelope = read_reply(body, strict=False)
    raw = envelope.body if interface.behaviour.envelope == "none" else envelope.output_raw
    assert raw is not None
    assert interface.structure_output(json.loads(raw, parse_float=Decimal), []) == fast
    assert interface.structure_output(json.loads(raw, parse_float=Decimal), []).to_dict() == fast.to_dict()


@CODES
def test_a_reply_as_seen_in_the_field_is_read_the_same(code: str) -> None:
    response, problems = read(code, reply(code, content(code, seen=True)), strict=True)
    assert problems == []
    check_types(response)


@CODES
def test_a_text_around_output_and_an_unknown_field_do_no_harm(code: str) -> None:
    interface = by_code(code)
    if interface.behaviour.envelope == "none":
        return
    inner = content(code, seen=False)
    if isinstance(inner, dict):
        inner["no_such_field"] = {"deep": 1}
    text = json.dumps(inner, ensure_ascii=False).replace('"#', "").replace('#"', "")
    body = json.dumps({"infcode": "0", "output": text}, ensure_ascii=False).encode()
    response, problems = read(code, body, strict=True)
    assert problems == []
    check_types(response)


@CODES
@pytest.mark.parametrize("empty", ["absent", "null", '""', "{}", "[]"])
def test_an_empty_output_is_an_empty_response_or_a_missing_proof(code: str, empty: str) -> None:
    interface = by_code(code)
    output_part = "" if empty == "absent" else f',"output":{empty}'
    envelope: ReplyEnvelope = read_reply(f'{{"infcode":0{output_part}}}'.encode(), strict=True)
    if any(p.startswith("output.") for p in interface.behaviour.proof):
        with pytest.raises(MissingProof):
            decode_output(interface, envelope, strict=True)
        return
    response, _ = decode_output(interface, envelope, strict=True)
    for f in fields_of(type(response)):
        value = getattr(response, f.name)
        if isinstance(f, Node):
            assert value == () if f.many else isinstance(value, f.row)
        elif interface.behaviour.envelope != "none":
            assert value in (None, ())


@CODES
def test_unreadable_values_are_told_and_never_raise(code: str) -> None:
    interface = by_code(code)
    if any(p.startswith("output.") for p in interface.behaviour.proof):
        return

    def broken(node: NodeSpec) -> dict[str, Any]:
        return {
            m.code: ([broken(m)] if m.repeated else broken(m))
            if isinstance(m, NodeSpec)
            else ("xyz" if m.type in ("number", "integer", "date", "datetime", "boolean") else "甲")
            for m in node.members
        }

    spec = catalog().interfaces[code]
    if spec.output_kind == "scalar":
        return
    _, problems = read(code, reply(code, broken(spec.output)), strict=False)
    expected = [
        m.code
        for _, m in spec.output.walk()
        if isinstance(m, FieldSpec)
        and (
            m.type in ("date", "datetime", "boolean", "object", "map")
            or whole_number(m)
            or m.scale
            or m.money
        )
        and (m.type != "string")
    ]
    assert [p.field for p in problems if p.rule == "unreadable"] == expected
    assert all(p.severity == "warning" for p in problems)
