"""A reply that came under one document, put into the shape of another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mi_core.model.fields.node import Node, Root
from mi_core.model.fields.reading import as_output
from mi_core.model.message import Response
from mi_core.model.record import Record
from mi_core.regions.plan import Pair, Plan, plan_of
from mi_core.regions.tree import MISSING, put, steps, take

__all__ = ["Lossy", "reads_as_it_is", "reread"]


class Lossy(ValueError):
    """The other class cannot hold all of the reply: several rows where it has one."""


def reads_as_it_is(came: type[Response], wanted: type[Response]) -> bool:
    """Whether ``wanted`` finds everything that it knows where ``came`` has it."""
    return (_root(came) is None) is (_root(wanted) is None) and plan_of(came, wanted).in_place


def reread(output: Any, came: type[Response], wanted: type[Response]) -> Any:
    """The plain ``output`` of a reply of class ``came`` as ``wanted`` reads it. Raises :class:`Lossy`.

    What ``wanted`` does not have stays in the kept bytes (``extra``). Values are not converted: the reader is tolerant.
    """
    output = as_output(came, output)
    row, target = _root(came), _root(wanted)
    if row is not None and target is None and not isinstance(output, Mapping):
        return _from_rows(row, output, wanted)
    if not isinstance(output, Mapping):
        return output
    if row is None and target is not None:
        return _to_rows(came, output, target)
    plan = plan_of(came, wanted)
    return output if plan.in_place else _moved(plan, output)


def _root(cls: type[Record]) -> type[Record] | None:
    """The class of the rows, where ``output`` is a list of rows instead of an object with nodes."""
    member = cls.__members__[0] if len(cls.__members__) == 1 else None
    return member.field.row if isinstance(member, Root) and isinstance(member.field, Node) else None


def _from_rows(row: type[Record], rows: Any, wanted: type[Response]) -> Any:
    """Rows where an object is expected: each row is such an object, or the rows of its list."""
    rows = rows if isinstance(rows, list | tuple) else [rows]
    names = {getattr(m, "wire", "") for m in row.__members__} & {
        getattr(m, "wire", "") for m in wanted.__members__
    }
    node = next(
        (m for m in wanted.__members__ if isinstance(m, Node) and m.row.__name__ == row.__name__), None
    )
    if names or node is None:
        if len(rows) > 1:
            raise Lossy(f"{len(rows)} rows")
        plan = plan_of(row, wanted)
        return _moved(plan, rows[0]) if rows and isinstance(rows[0], Mapping) else None
    return {node.wire: list(rows)}


def _to_rows(came: type[Response], output: Mapping[str, Any], row: type[Record]) -> Any:
    """An object where rows are expected: its list of such rows."""
    nodes = [m for m in came.__members__ if isinstance(m, Node)]
    same = [m for m in nodes if m.row.__name__ == row.__name__] or nodes
    value = output.get(same[0].wire) if len(same) == 1 else output
    return [] if value is None or value == "" else value


def _moved(plan: Plan, tree: Mapping[str, Any]) -> dict[str, Any]:
    new: dict[str, Any] = {}
    for start, end, _ in plan.moves:
        value = take(tree, start)
        if value is not MISSING:
            put(new, end, value)
    for pair in plan.pairs:
        _rows(pair, tree, new)
    return new


def _rows(pair: Pair, tree: Mapping[str, Any], new: dict[str, Any]) -> None:
    value = tree if pair.here.kind == "own" else take(tree, steps(pair.here.wire))
    if value is MISSING or value is None or value == "":
        return
    rows = [
        row if pair.plan.in_place or not isinstance(row, Mapping) else _moved(pair.plan, row)
        for row in (value if isinstance(value, list | tuple) else [value])
    ]
    if pair.there.kind == "many":
        put(new, steps(pair.there.wire), rows)
    elif len(rows) > 1:
        raise Lossy(f"{pair.here.wire}: {len(rows)} rows")
    elif rows and (pair.there.wire or isinstance(rows[0], Mapping)):
        put(new, steps(pair.there.wire), rows[0])
