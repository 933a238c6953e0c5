"""Requests: 500 fee items typed -> bytes against pydantic v2; checking 100 rows of 45 fields against ``jsonschema``."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

import attrs
import jsonschema  # type: ignore[import-untyped]  # no stubs installed
import pydantic

from mi_core.interfaces import by_code
from mi_core.model import Request
from mi_core.model.fields import Coded, Day, Digits, Integer, Moment, Node, Number
from mi_core.model.record import Record, fields_of
from mi_core.types import UNSET
from tests.bench.harness import Row, race
from tests.bench.payloads import request

__all__ = ["measure"]

FEE_ROWS = 500
CHECKED_ROWS = 100
TYPES: dict[type, Any] = {Number: Decimal, Integer: int, Day: dt.date, Moment: dt.datetime}


def model(cls: type[Record]) -> type[pydantic.BaseModel]:
    """The pydantic twin of a request's row."""
    fields: dict[str, Any] = {}
    for f in fields_of(cls):
        if isinstance(f, Node):
            inner: Any = model(f.row)
            fields[f.name] = (list[inner], ...)
        else:
            kind: Any = TYPES.get(type(f), str)
            fields[f.name] = (kind, ...) if f.required else (kind | None, None)
    return pydantic.create_model(cls.__name__, **fields)


def as_seen(full: Any) -> Any:
    """Every second optional field left out or sent empty, as a hospital does."""

    def thinned(row: Any) -> Any:
        fields = (f for f in fields_of(type(row)) if not f.required and not isinstance(f, Node))
        optional = [f for f in fields if f.name != "psn_no"]  # a condition of 4402 asks for it
        return attrs.evolve(
            row, **{f.name: (UNSET if i % 4 == 1 else None) for i, f in enumerate(optional) if i % 2}
        )

    lists = {
        f.name: [thinned(r) for r in getattr(full, f.name)]
        for f in fields_of(type(full))
        if isinstance(f, Node)
    }
    return attrs.evolve(full, **lists)


def _twin(typed: Request[Any]) -> pydantic.BaseModel:
    return model(type(typed)).model_validate(typed.to_dict())


def encode() -> list[Row]:
    """2204 with 500 rows."""
    rows = []
    full = request("2204", FEE_ROWS)
    for payload, typed in (("clean", full), ("as seen", as_seen(full))):
        twin = _twin(typed)
        candidates: dict[str, Callable[[], object]] = {
            "ours": partial(by_code("2204").encode_input, typed),
            "pydantic": partial(twin.model_dump_json, exclude_unset=True),
        }
        rows.append(
            race(f"2204 × {FEE_ROWS} typed -> bytes", payload, candidates, {"pydantic": 1.0}, rounds=25)
        )
    return rows


def schema_of(cls: type[Record]) -> dict[str, Any]:
    """The same rules in the words of JSON Schema, as far as it has them (it cannot count decimals exactly)."""
    fields = fields_of(cls)
    return {
        "type": "object",
        "additionalProperties": False,
        "required": [f.wire for f in fields if f.required],
        "properties": {f.wire: _rules(f) for f in fields},
    }


def _rules(f: Any) -> dict[str, Any]:
    if isinstance(f, Node):
        return {"type": "array", "items": schema_of(f.row)}
    if isinstance(f, (Number, Integer)):
        limit = 10 ** ((f.digits or 16) - (getattr(f, "scale", 0) or 0))
        return {"type": "number", "exclusiveMaximum": limit, "exclusiveMinimum": -limit}
    if isinstance(f, Moment):
        return {"type": "string", "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}$"}
    if isinstance(f, Day):
        return {"type": "string", "format": "date"}
    if isinstance(f, Digits):
        return {"type": "integer", "exclusiveMaximum": 10 ** (f.limit or 40)}
    if isinstance(f, Coded):
        return {"type": "string", "enum": [*f.labels, ""]}
    filled = {"minLength": 1} if f.required else {}
    return {
        "type": "string",
        "maxLength": f.limit or 4000,
        "pattern": r"^[^\x00-\x1f\x7f-\x9f\ud800-\udfff]*$",
        **filled,
    }


def _errors(validator: Any, plain: Any) -> list[Any]:
    return list(validator.iter_errors(plain))


def check() -> list[Row]:
    """100 medical orders of 4402 (44 fields each)."""
    code = "4402"
    full = request(code, CHECKED_ROWS)
    schema = schema_of(by_code(code).request)
    rows = []
    for payload, typed in (("clean", full), ("as seen", as_seen(full))):
        assert not by_code(code).check(typed), payload
        plain = json.loads(by_code(code).encode_input(typed))
        validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
        candidates: dict[str, Callable[[], object]] = {
            "ours": partial(by_code(code).check, typed),
            "jsonschema": partial(_errors, validator, plain),
        }
        (node,) = (f for f in fields_of(type(typed)) if isinstance(f, Node))
        width = len(fields_of(node.row))
        rows.append(
            race(
                f"check {CHECKED_ROWS} rows × {width} fields",
                payload,
                candidates,
                {"jsonschema": 100.0},
                rounds=15,
            )
        )
    return rows


def measure() -> list[Row]:
    """Both."""
    return [*encode(), *check()]
