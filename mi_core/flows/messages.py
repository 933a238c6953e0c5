"""Requests of a flow under whatever document holds at the institution, by field code.

A flow knows most fields of a message (the person, the visit, the amounts); the caller gives the others. Where a region's
document has a node under another name, or lacks a field that only the flow knows, that is followed silently; a value that
the *caller* gave and the region has no place for is refused, as the client refuses it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mi_core.config import Institution
from mi_core.errors import InvalidInput
from mi_core.flows.record import plain_values
from mi_core.model import Interface, Problem, Request
from mi_core.model.fields import Field, Node
from mi_core.regions.plan import Place, places_of
from mi_core.types import UNSET

__all__ = ["Fields", "Rows", "message", "node", "rows_of"]

Fields = Mapping[str, Any]
"""Values by field code."""
Rows = Sequence[Fields]


def message(
    institution: Institution, code: str, known: Fields, given: Fields | None = None, rows: Mapping[str, Rows] | None = None
) -> Request[Any]:  # fmt: skip
    """The request of interface ``code``: ``known`` by the flow, ``given`` by the caller (wins), ``rows`` of lists by node.

    Raises ``InvalidInput`` with every problem.
    """
    interface = institution.interface(code)
    given = {} if given is None else {k: v for k, v in given.items() if v is not UNSET}
    values = {**known, **given}
    tree: dict[str, Any] = {}
    placed: set[str] = set()
    for place in places_of(interface.request.__members__):
        if place.kind == "many":
            wanted = (rows or {}).get(_list_name(place, rows or {}))
            if wanted is not None:
                tree[place.wire] = [_row(place, row) for row in wanted]
            continue
        names = [m.wire for m in place.members if isinstance(m, Field)]
        inside = {c: values[c] for c in names if values.get(c, UNSET) is not UNSET}
        placed |= inside.keys()
        if inside:
            (tree.setdefault(place.wire, {}) if place.wire else tree).update(inside)
    for name in given.keys() & {m.wire for m in interface.request.__members__ if isinstance(m, Node)}:
        tree[name] = given[name]  # a whole node of the region's own (agnterinfo)
        placed.add(name)
    lost = [name for name in given if name not in placed and given[name] not in (None, "")]
    if lost:
        raise _no_such_field(interface, institution, lost)
    return interface.request.from_dict(plain_values(tree))


def _list_name(place: Place, rows: Mapping[str, Rows]) -> str:
    """The caller's name of a list: the region's own, or the only one there is."""
    return place.wire if place.wire in rows or len(rows) != 1 else next(iter(rows))


def _row(place: Place, row: Fields) -> dict[str, Any]:
    own = {m.wire for m in place.members if isinstance(m, Field)}
    return {name: value for name, value in row.items() if name in own or value not in (None, "", UNSET)}


def _no_such_field(interface: Interface[Any], institution: Institution, names: Sequence[str]) -> InvalidInput:
    problems = [
        Problem(
            path="", field=name, label=name, rule="unknown_field",
            zh=f"{interface.code} 没有此字段（地区 {institution.region}）",
            en=f"{interface.code} has no such field in {institution.region}",
        )
        for name in names
    ]  # fmt: skip
    return InvalidInput(
        problems, interface=interface.code, title=interface.title, institution=institution.code
    )


def node(reply: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The node of one row of a reply (as ``to_dict`` gives it); empty when it did not come."""
    found = reply.get(name)
    if isinstance(found, (list, tuple)):
        found = found[0] if found else None
    return dict(found) if isinstance(found, Mapping) else {}


def rows_of(reply: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """The rows of a list of a reply."""
    found = reply.get(name)
    if isinstance(found, Mapping):
        return [dict(found)]
    return [dict(row) for row in found or () if isinstance(row, Mapping)]
