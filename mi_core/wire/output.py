"""``output`` as a typed response: straight into the classes where the bytes conform, tolerantly where they do not."""

from __future__ import annotations

import datetime as dt
import re
import typing
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Final

import msgspec

from mi_core.model import Interface, Problem, Response
from mi_core.model.fields.node import Node, Root
from mi_core.model.fields.reading import MissingProof, parse_json
from mi_core.model.record import Record, fields_of
from mi_core.wire.envelope import ReplyEnvelope
from mi_core.wire.front import check_front

__all__ = ["decode_output"]

_ODD: Final = re.compile(rb':\s*"["\s\\_+\-nNsSiI\xc2\xe1-\xe3]')
"""A value that is an empty text, or could be one that ``Decimal`` takes for NaN or Infinity (it skips blanks and ``_``)."""
_NAIVE = Annotated[dt.datetime, msgspec.Meta(tz=False)]
Read = Callable[[bytes], Response]


def decode_output(
    interface: Interface[Any], envelope: ReplyEnvelope, *, strict: bool
) -> tuple[Response, list[Problem]]:
    """The typed response and what of it could not be read. Raises :class:`MissingProof` and nothing else.

    ``strict`` is the reply's own strictness: it also puts a JSON text inside ``output`` through the front parser.
    """
    raw = envelope.body if interface.behaviour.envelope == "none" else envelope.output_raw
    if raw is not None:
        fast = None if envelope.odd_numbers else _reader(interface)
        if fast is not None and (response := _fast(fast, raw)) is not None:
            _demand_proof(interface, response)
            return response, []
    return _lenient(interface, raw, strict)


def _fast(read: Read, raw: bytes) -> Response | None:
    """Conforming bytes only. The JSON is valid (the head was read from it), so ``:""`` can only be an empty value."""
    odd = _ODD.search(raw)
    if odd is not None:
        raw = raw.replace(b':""', b":null")
        odd = _ODD.search(raw)
        if odd is not None and odd[0][-1:] == b'"':
            return None  # an empty text after white space
    try:
        response = read(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError):
        return None
    return response if odd is None or _finite(response) else None


def _finite(record: Record) -> bool:
    """Whether every Decimal is a number."""
    for f in fields_of(type(record)):
        value = getattr(record, f.name)
        if value.__class__ is Decimal and not value.is_finite():
            return False
        if value.__class__ is tuple and not all(_finite(row) for row in value if isinstance(row, Record)):
            return False
        if isinstance(value, Record) and not _finite(value):
            return False
    return True


def _lenient(interface: Interface[Any], raw: bytes | None, strict: bool) -> tuple[Response, list[Problem]]:
    problems: list[Problem] = []
    value: Any = None
    if raw is not None:
        try:
            value = parse_json(raw)
            if isinstance(value, str) and strict and value.strip()[:1] in ("{", "["):
                check_front(value.encode())
        except Exception as error:  # after a confirmed call nothing but a missing proof may be raised
            text = f"output cannot be read: {error}"
            problems.append(Problem("", "output", "", "unreadable", "output 无法读取", text, None, "warning"))
            value = None
    return interface.structure_output(value, problems), problems


def _demand_proof(interface: Interface[Any], response: Response) -> None:
    for path in interface.behaviour.proof:
        if not path.startswith("output."):
            continue
        value: Any = response
        for part in path.split(".")[1:]:
            value = getattr(value, part, None)
        if value is None or (isinstance(value, str) and not value.strip()):
            raise MissingProof("/" + path.removeprefix("output.").replace(".", "/"))


@cache
def _reader(interface: Interface[Any]) -> Read | None:
    """The fast reader of a class, or ``None`` where a field needs more than its type says (renamed, dated otherwise)."""
    cls = interface.response
    if not _direct(cls, set()):
        return None
    members = cls.__members__
    if len(members) == 1 and isinstance(members[0], Root):
        root = members[0]
        if not isinstance(root.field, Node):
            return None
        rows = msgspec.json.Decoder(tuple[root.field.row, ...], float_hook=Decimal)  # type: ignore[name-defined]  # a class known at run time
        return lambda raw: cls(**{root.name: rows.decode(raw)})
    decode: Read = msgspec.json.Decoder(cls, float_hook=Decimal).decode
    return decode


def _direct(cls: type[Record], seen: set[type[Record]]) -> bool:
    """Whether wire names are attribute names all the way down; tells msgspec that times carry no zone."""
    if cls in seen:
        return True
    seen.add(cls)
    for name, hint in cls.__annotations__.items():
        if hint is dt.datetime or dt.datetime in typing.get_args(hint):
            cls.__annotations__[name] = _NAIVE | None if hint is not dt.datetime else _NAIVE
    for f in fields_of(cls):
        renamed = f.wire not in ("", f.name)
        if renamed or getattr(f, "pattern", None) or (isinstance(f, Node) and not _direct(f.row, seen)):
            return False
    return True
