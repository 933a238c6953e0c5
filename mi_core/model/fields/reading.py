"""Replies: from parsed JSON to typed rows, as tolerant as the field demands (architecture decision 4).

``""``, ``null`` and absent are ``None``; numbers come as strings and strings as numbers; a single object stands for
a list of one. What still cannot be read becomes ``None`` and a :class:`Problem`, never an error, except that a proof
of success that is absent raises :class:`MissingProof`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeVar

import msgspec

from mi_core.masking import mask
from mi_core.model.fields.base import Field, Unreadable
from mi_core.model.fields.node import Node, Root
from mi_core.model.fields.number import Number
from mi_core.model.fields.text import Text
from mi_core.model.message import Response
from mi_core.model.problem import Problem
from mi_core.model.record import Record, fields_of, per_class

__all__ = ["MissingProof", "as_output", "parse_json", "read_row", "reader"]

T = TypeVar("T", bound=Record)

_json = msgspec.json.Decoder(float_hook=Decimal)


class MissingProof(Exception):
    """The reply lacks the field that proves the call was executed; ``path`` is its pointer below ``output``."""

    def __init__(self, path: str) -> None:
        super().__init__(f"the reply lacks its proof of success {path}")
        self.path = path


def parse_json(data: bytes | str) -> Any:
    """JSON with exact numbers (``int`` and ``Decimal``); ``ValueError`` when it is none."""
    try:
        return _json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"no JSON: {error}") from None


@per_class
def _plan(cls: type[Record]) -> tuple[tuple[str, str, type, Field, bool], ...]:
    """Per field: attribute, wire name, the class of a value that needs no conversion, the field, whether it is proof."""
    plan = []
    for f in fields_of(cls):
        direct: type = str if isinstance(f, Text) else type(None)
        plan.append((f.name, f.wire, direct, f, f.required and not isinstance(f, Node)))
    return tuple(plan)


def read_row(cls: type[T], raw: Any, at: str, out: list[Problem]) -> T:
    """One row of a reply; ``raw`` is what came (anything but an object counts as an empty row, with a problem)."""
    if not isinstance(raw, Mapping):
        if raw not in (None, "", []):
            kind = type(raw).__name__
            out.append(
                Problem(
                    at,
                    at.rpartition("/")[2],
                    "",
                    "type",
                    f"应为对象，收到 {kind}",
                    f"object expected, {kind} received",
                )
            )
        raw = {}
    values: dict[str, Any] = {}
    get = raw.get
    for name, wire, direct, f, proof in _plan(cls):
        value = get(wire)
        if value is None or value == "":
            if isinstance(f, Node):
                values[name] = read_node(f, value, at, out)
            elif proof:
                raise MissingProof(f"{at}/{wire}")
            continue
        if value.__class__ is direct:
            values[name] = value
        elif isinstance(f, Node):
            values[name] = read_node(f, value, at, out)
        else:
            values[name] = _read_value(f, value, at, out)
        if proof and (values[name] is None or (values[name].__class__ is str and not values[name].strip())):
            raise MissingProof(f"{at}/{wire}")
    return cls(**values)


def _read_value(f: Field, value: Any, at: str, out: list[Problem]) -> Any:
    try:
        if isinstance(f, Number) and value.__class__ is str and not value.strip():
            return None
        return f.read(value)
    except Unreadable as error:
        shown = mask(value, f.sensitivity) if isinstance(value, (str, int, Decimal)) else None
        out.append(
            Problem(f"{at}/{f.wire}", f.wire, f.label, "unreadable", error.zh, error.en, shown, "warning")
        )
    except ValueError:
        out.append(
            Problem(
                f"{at}/{f.wire}", f.wire, f.label, "unreadable", "无法读取", "cannot be read", None, "warning"
            )
        )
    return f.absent


def read_node(node: Node, value: Any, at: str, out: list[Problem]) -> Any:
    """The row, or the tuple of rows, of a node."""
    here = f"{at}/{node.wire}" if node.wire else at
    if not node.many:
        if isinstance(value, Sequence) and not isinstance(value, str) and len(value) == 1:
            value = value[0]
        return read_row(node.row, value, here, out)
    if value is None or value == "":
        return ()
    rows = value if isinstance(value, (list, tuple)) else (value,)
    return tuple(read_row(node.row, row, f"{here}/{i}", out) for i, row in enumerate(rows) if row is not None)


R = TypeVar("R", bound=Response)


def reader(cls: type[R]) -> Callable[[Any, list[Problem]], R]:
    """The lenient reader of a response class (``Interface.structure_output``).

    It takes the parsed ``output`` (numbers as ``Decimal`` or ``int``), ``None``, ``""`` or a JSON text, and a list that
    receives what could not be read; raises :class:`MissingProof`.
    """

    def structure_output(output: Any, problems: list[Problem]) -> R:
        output = as_output(cls, output)
        members = cls.__members__
        if len(members) == 1 and isinstance(members[0], Root):
            f = members[0].field
            if output in ("", {}, []):
                output = None
            read = read_node(f, output, "", problems) if isinstance(f, Node) else _scalar(f, output, problems)
            return cls(**{f.name: read})
        return read_row(cls, output, "", problems)

    return structure_output


def as_output(cls: type[Response], output: Any) -> Any:
    """``output`` in the documented shape: a JSON text is parsed, a bare list stands for the object around it."""
    if isinstance(output, str):
        output = _unwrapped(output)
    if isinstance(output, (list, tuple)) and not any(isinstance(m, Root) for m in cls.__members__):
        return _rows_as_node(cls, output)
    return output


def _scalar(f: Field, value: Any, out: list[Problem]) -> Any:
    return f.absent if value in (None, "") else _read_value(f, value, "", out)


def _rows_as_node(cls: type[Record], rows: Sequence[Any]) -> Any:
    """A bare list where an object with one list node is documented is that node; a list of one object is the object."""
    nodes = [f for f in fields_of(cls) if isinstance(f, Node) and f.many]
    if len(nodes) == 1 and len(fields_of(cls)) == 1:
        return {nodes[0].wire: list(rows)}
    return rows[0] if len(rows) == 1 else (list(rows) or None)


def _unwrapped(text: str) -> Any:
    """``output`` that travels as JSON in a string; any other text is left as it is."""
    stripped = text.strip()
    if stripped[:1] in ("{", "["):
        try:
            return parse_json(stripped)
        except ValueError:
            return text
    return text
