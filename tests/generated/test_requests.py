"""Every request of the catalogue: a valid instance passes, is encoded and read back; each single fault is found."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import attrs
import pytest

from mi_core.interfaces import ALL_CODES, by_code
from mi_core.model import FieldSpec, InterfaceSpec, NodeSpec, Request
from mi_core.model.fields import Inline, Node
from mi_core.model.record import Record, fields_of
from tests.generated.synthesis import catalog, faults, request_values

CODES = pytest.mark.parametrize("code", ALL_CODES)


def build(code: str) -> tuple[InterfaceSpec, Request[Any]]:
    """The specification and a valid request with every field filled."""
    spec = catalog().interfaces[code]
    request, problems = by_code(code).request_from_dict(request_values(spec))
    assert problems == []
    assert request is not None
    return spec, request


def jsonable(value: Any) -> Any:
    """What the wire carries for a value, by the specification's default notations."""
    if isinstance(value, dict):
        return {k: jsonable(v) for k, v in value.items()}
    if isinstance(value, list):
        return [jsonable(v) for v in value]
    if isinstance(value, dt.datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    return value.isoformat() if isinstance(value, dt.date) else value


def serials_as_numbers(node: NodeSpec, row: Any) -> Any:
    """Long serial numbers travel as JSON numbers."""
    if isinstance(row, list):
        return [serials_as_numbers(node, r) for r in row]
    out = {}
    for code, value in row.items():
        member = node.member(code)
        if isinstance(member, NodeSpec):
            value = serials_as_numbers(member, value)
        elif isinstance(member, FieldSpec) and member.type == "number" and isinstance(value, str):
            value = int(value)
        out[code] = value
    return out


@CODES
def test_a_valid_request_passes_and_is_written_as_documented(code: str) -> None:
    spec, request = build(code)
    data = by_code(code).encode_input(request)
    expected = serials_as_numbers(spec.input, jsonable(request_values(spec)))
    assert json.loads(data, parse_float=Decimal) == expected
    assert list(json.loads(data)) == [m.code for m in spec.input.members if m.code in expected]


@CODES
def test_a_request_is_the_same_after_a_round_trip_of_its_dict(code: str) -> None:
    _, request = build(code)
    again, problems = by_code(code).request_from_dict(request.to_dict())
    assert problems == []
    assert again == request
    parsed, problems = by_code(code).request_from_dict(
        json.loads(by_code(code).encode_input(request), parse_float=Decimal)
    )
    assert problems == []
    assert parsed == request


@CODES
def test_the_fields_of_a_request_stand_in_the_specifications_order(code: str) -> None:
    spec = catalog().interfaces[code]
    members = by_code(code).request.__members__
    assert [m.wire for m in members if not hasattr(m, "field")] == [m.code for m in spec.input.members]
    for member, source in zip(members, spec.input.members, strict=True):
        if isinstance(member, Inline):
            assert isinstance(source, NodeSpec)
            assert [f.wire for f in member.members] == [m.code for m in source.members]


def spoilt(request: Request[Any], path: list[tuple[str, int | None]], name: str, value: Any) -> Request[Any]:
    """The request with one attribute of one row replaced."""
    changed: Request[Any] = _evolve(request, path, name, value)
    return changed


def _evolve(record: Any, path: list[tuple[str, int | None]], name: str, value: Any) -> Any:
    if not path:
        return attrs.evolve(record, **{name: value})
    (head, index), rest = path[0], path[1:]
    inner = getattr(record, head)
    if index is None:
        return attrs.evolve(record, **{head: _evolve(inner, rest, name, value)})
    return attrs.evolve(record, **{head: [_evolve(inner[0], rest, name, value)]})


Place = tuple[str, str, FieldSpec, list[tuple[str, int | None]]]


def places(spec: InterfaceSpec, cls: type[Record]) -> Iterator[Place]:
    """Every scalar field of a request: pointer, attribute name, specification, path of records to it."""
    for member in cls.__members__:
        if isinstance(member, Inline):
            node = spec.input.member(member.wire)
            assert isinstance(node, NodeSpec)
            for f in member.members:
                yield from _places(f, node, f"/{member.wire}", [])
        elif isinstance(member, Node) or hasattr(member, "wire"):
            yield from _places(member, spec.input, "", [])


def _places(f: Any, node: NodeSpec, at: str, path: list[tuple[str, int | None]]) -> Iterator[Place]:
    source = node.member(f.wire)
    if isinstance(source, FieldSpec):
        yield f"{at}/{f.wire}", f.name, source, path
        return
    assert isinstance(source, NodeSpec)
    here = f"{at}/{f.wire}/0" if source.repeated else f"{at}/{f.wire}"
    for inner in f.row.__members__:
        yield from _places(inner, source, here, [*path, (f.name, 0 if source.repeated else None)])


@CODES
def test_every_fault_of_every_field_is_found_and_told(code: str) -> None:
    spec, request = build(code)
    interface = by_code(code)
    for pointer, name, field, path in places(spec, interface.request):
        for fault in faults(field):
            found = interface.check(spoilt(request, path, name, fault.value))
            hits = [p for p in found if p.path == pointer and p.rule == fault.rule]
            assert hits, f"{pointer}: {fault} was not found, only {[(p.path, p.rule) for p in found]}"
            assert hits[0].field == field.code
            assert hits[0].label == field.label
            assert hits[0].zh
            assert hits[0].en
            assert hits[0].severity == "error"


@CODES
def test_a_missing_field_and_an_unknown_one_are_problems_of_plain_data(code: str) -> None:
    spec = catalog().interfaces[code]
    interface = by_code(code)
    request, problems = interface.request_from_dict({"no_such_field": 1})
    assert request is None
    assert [p.rule for p in problems if p.path == "/no_such_field"] == ["unknown_field"]
    if any(f.required for f in fields_of(interface.request)):
        assert any(p.rule == "required" for p in problems)
    assert spec.code == interface.code
