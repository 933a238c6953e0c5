"""What a bureau would answer: the ``output`` of any interface, from the catalogue's documents alone.

An answer made for a request repeats what the request said (``psn_no``, ``mdtrt_id``, amounts), carries its proof and
adds up to the cent, so that a client confirms it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import ROUND_DOWN, Decimal
from typing import Any

from mi_core.model import FieldSpec, Identity, InterfaceSpec, NodeSpec
from mi_core.money import amount
from mi_core.testing.values import Tables, value_of

__all__ = ["completed", "output_of", "places"]

CENT = Decimal("0.01")


def output_of(
    spec: InterfaceSpec, tables: Tables, *, asked: Mapping[str, Any] | None = None, msgid: str | None = None
) -> Any:
    """``output`` as plain values by wire name. ``asked``: the request's ``input``; ``msgid``: that of its head.

    Amounts are ``Decimal`` and dates ``date``/``datetime``. Where ``output`` is a bare value it is a text.
    """
    if spec.output_kind == "scalar":
        return "示例文本"
    said = dict(_scalars(asked or {}))
    return completed(spec, _row(spec.output, tables, said, msgid), asked)


def completed(spec: InterfaceSpec, tree: dict[str, Any], asked: Mapping[str, Any] | None) -> dict[str, Any]:
    """The same with what makes it credible: states that mean success, the asked person, sums that hold."""
    behaviour = spec.behaviour
    for path, values in behaviour.proof_values:
        for row, field in places(tree, path.removeprefix("output.")):
            row[field] = values[0]
    if behaviour.person_reply and behaviour.person_request and asked is not None:
        person = _first(asked, behaviour.person_request)
        for row, field in places(tree, behaviour.person_reply) if person else ():
            row[field] = person
    for identity in behaviour.identities:
        for row in _rows(tree, identity.node):
            _balance(row, identity)
    return tree


def _row(node: NodeSpec, tables: Tables, said: Mapping[str, Any], msgid: str | None) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for member in node.members:
        if isinstance(member, NodeSpec):
            inner = _row(member, tables, said, msgid)
            row[member.code] = [inner] if member.repeated else inner
        elif member.code == "medins_setl_id":
            if msgid is not None:
                row[member.code] = msgid
        else:
            row[member.code] = _value(member, tables, said)
    return row


def _value(field: FieldSpec, tables: Tables, said: Mapping[str, Any]) -> Any:
    made = value_of(field, tables)
    told = said.get(field.code)
    return told if told not in (None, "") and type(told) is type(made) else made


def _balance(row: dict[str, Any], identity: Identity) -> None:
    """Half of the total (whole cents) to the first part, the rest to the second, nothing to the others."""
    total = amount(row.get(identity.total)) or Decimal(0)
    half = (total / 2).quantize(CENT, ROUND_DOWN)
    shares = [half, total - half] if len(identity.parts) > 1 else [total]
    shares += [Decimal(0)] * (len(identity.parts) - len(shares))
    row[identity.total] = total
    row.update(zip(identity.parts, shares, strict=True))


def _scalars(tree: Any) -> Iterator[tuple[str, Any]]:
    """Every scalar of a message by its name; of one that stands several times the outermost, first one counts last."""
    if isinstance(tree, Mapping):
        for value in tree.values():
            yield from _scalars(value)
        yield from ((k, v) for k, v in tree.items() if not isinstance(v, (Mapping, list, tuple)))
    elif isinstance(tree, (list, tuple)):
        for value in reversed(tree):
            yield from _scalars(value)


def _rows(tree: Any, path: str) -> Iterator[dict[str, Any]]:
    rows = [tree]
    for name in path.split(".") if path else ():
        below = [row.get(name) for row in rows if isinstance(row, dict)]
        rows = [item for value in below for item in (value if isinstance(value, list) else [value])]
    yield from (row for row in rows if isinstance(row, dict))


def places(tree: Any, path: str) -> Iterator[tuple[dict[str, Any], str]]:
    node, _, field = path.rpartition(".")
    for row in _rows(tree, node):
        yield row, field


def _first(tree: Mapping[str, Any], path: str) -> Any:
    return next((row.get(field) for row, field in places(dict(tree), path)), None)
