"""Replies: bytes -> typed objects, against pydantic v2 (the same fields and types) and plain ``json.loads``."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Annotated, Any

import pydantic

from mi_core.interfaces import by_code
from mi_core.model import Interface
from mi_core.model.fields import Day, Integer, Moment, Node, Number
from mi_core.model.record import Record, fields_of
from mi_core.wire import decode_output, read_reply
from tests.bench.harness import Row, race
from tests.bench.payloads import reply

__all__ = ["measure"]

TYPES: dict[type, Any] = {Number: Decimal, Integer: int, Day: dt.date, Moment: dt.datetime}
_none_if_empty = pydantic.BeforeValidator(lambda v: None if v == "" else v)


def model(cls: type[Record], tolerant: bool) -> type[pydantic.BaseModel]:
    """The pydantic twin of a class; ``tolerant`` reads an empty text as ``None``, as ours always does."""
    fields: dict[str, Any] = {}
    for f in fields_of(cls):
        if isinstance(f, Node):
            inner: Any = model(f.row, tolerant)
            fields[f.name] = (list[inner] if f.many else inner, ...)
        else:
            kind: Any = TYPES.get(type(f), str) | None
            fields[f.name] = (Annotated[kind, _none_if_empty] if tolerant else kind, None)
    return pydantic.create_model(cls.__name__, **fields)


def twin(code: str, tolerant: bool) -> type[pydantic.BaseModel]:
    """The pydantic twin of a whole reply."""
    text: Any = (str | None, None)
    head: dict[str, Any] = {
        "infcode": (int | str, ...),
        "err_msg": text,
        "inf_refmsgid": text,
        "refmsg_time": text,
    }
    return pydantic.create_model(
        "Reply", **head, respond_time=text, output=(model(by_code(code).response, tolerant), ...)
    )


def ours(interface: Interface[Any], body: bytes, strict: bool) -> object:
    """What the pipeline does with a reply."""
    return decode_output(interface, read_reply(body, strict=strict, interface=interface), strict=strict)


def measure() -> list[Row]:
    """5203 (query, fast path) and 2207 (money, strict parser), clean and as seen."""
    rows = []
    for code, strict, targets in (
        ("5203", False, {"pydantic": 1.5, "json.loads": 1.1}),
        ("2207", True, {"pydantic": 0.6}),
    ):
        for clean in (True, False):
            body = reply(code, clean=clean)
            candidates: dict[str, Callable[[], object]] = {
                "ours": partial(ours, by_code(code), body, strict),
                "pydantic": partial(twin(code, not clean).model_validate_json, body),
                "json.loads": partial(json.loads, body),
            }
            rows.append(race(f"{code} reply -> typed", "clean" if clean else "as seen", candidates, targets))
    return rows
