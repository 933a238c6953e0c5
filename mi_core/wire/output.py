"""``output`` as a typed response: straight into the classes where the bytes conform, tolerantly where they do not."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from mi_core.model import Interface, Problem, Response
from mi_core.model.fields.node import Node
from mi_core.model.fields.number import Number
from mi_core.model.fields.reading import MissingProof, parse_json
from mi_core.model.record import Record, fields_of, per_class
from mi_core.wire.envelope import ReplyEnvelope
from mi_core.wire.front import check_front
from mi_core.wire.plan import NOT_READ, ODD, SUSPECT, plan_of

__all__ = ["decode_output"]

_EMPTY: Final = re.compile(rb':""')
_BLANK: Final = re.compile(rb':[ \t\r\n]+""')


def decode_output(
    interface: Interface[Any], envelope: ReplyEnvelope, *, strict: bool
) -> tuple[Response, list[Problem]]:
    """The typed response and what of it could not be read. Raises :class:`MissingProof` and nothing else.

    ``strict`` is the reply's own strictness: it also puts a JSON text inside ``output`` through the front parser.
    """
    plan = plan_of(interface)
    response, raw = envelope.typed, None
    if response is None:
        raw = envelope.body if plan.bare else envelope.output_raw
        odd = envelope.front is not None and envelope.front.odd_numbers
        if raw is not None and plan.content is not None and not odd:
            response = _fast(plan.content, raw)
    if response is None:
        return _lenient(interface, raw, strict)
    if plan.proofs:
        _demand(plan.proofs, response)
    return response, []


def _fast(read: Callable[[bytes], Response], raw: bytes) -> Response | None:
    """Conforming bytes only. The JSON is valid (the head was read from it), so ``:""`` can only be an empty value."""
    odd = False
    raw = _EMPTY.sub(b":null", raw)
    if SUSPECT.search(raw):
        if _BLANK.search(raw):
            return None  # an empty text after white space
        odd = ODD.search(raw) is not None
    try:
        response = read(raw)
    except NOT_READ:
        return None
    return response if not odd or _finite(response) else None


def _finite(record: Record) -> bool:
    """Whether every Decimal is a number."""
    numbers, nodes = _numbers_and_nodes(type(record))
    for name in numbers:
        value = getattr(record, name)
        if value is not None and not value.is_finite():
            return False
    for name in nodes:
        below = getattr(record, name)
        if not all(map(_finite, below)) if below.__class__ is tuple else not _finite(below):
            return False
    return True


@per_class
def _numbers_and_nodes(cls: type[Record]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    fields = fields_of(cls)
    return (
        tuple(f.name for f in fields if isinstance(f, Number)),
        tuple(f.name for f in fields if isinstance(f, Node)),
    )


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


def _demand(proofs: tuple[tuple[str, tuple[str, ...]], ...], response: Response) -> None:
    for pointer, names in proofs:
        value: Any = response
        for name in names:
            value = getattr(value, name, None)
        if value is None or (isinstance(value, str) and not value.strip()):
            raise MissingProof(pointer)
