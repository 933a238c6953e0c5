"""How the members of a message correspond in two documents: computed once for a pair of classes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Literal, cast

import attrs

from mi_core.model.fields.base import Field
from mi_core.model.fields.node import Inline, MemberSpec, Node
from mi_core.model.record import Record

__all__ = ["Member", "Pair", "Place", "Plan", "class_name", "places_of", "plan_of"]


@attrs.frozen(eq=False)
class Place:
    """Somewhere that fields stand: the message itself (``wire`` empty), a node of one row, a list of rows."""

    wire: str
    kind: Literal["own", "one", "many"]
    members: tuple[MemberSpec, ...]
    label: str = ""
    name: str = ""
    """The class of its rows, where it has one."""

    @property
    def fields(self) -> dict[str, Field]:
        """Its scalars by code."""
        return {m.wire: m for m in self.members if isinstance(m, Field) and not isinstance(m, Node)}


Member = tuple[str, ...]
"""Wire names of a scalar from the message down, for places of one row."""


@attrs.frozen(eq=False)
class Pair:
    """A place of the one document and the same in the other."""

    here: Place
    there: Place
    plan: Plan


@attrs.frozen(eq=False)
class Plan:
    """What becomes of the members of a place."""

    moves: tuple[tuple[Member, Member, Field], ...]
    """Scalars of places of one row: from, to, the field there."""
    lost: tuple[tuple[Member, Field], ...]
    """Scalars without a place there."""
    pairs: tuple[Pair, ...]
    """Lists, and nodes of which at least one side is a list."""
    gone: tuple[Place, ...]
    """Lists without a place there."""
    unfilled: frozenset[Member]
    """Required there, and nothing here could fill it."""

    in_place: bool = attrs.field(init=False)
    """Everything that has a place there has it where it is here, under the same name."""

    @in_place.default
    def _stays(self) -> bool:
        if any(start != end for start, end, _ in self.moves):
            return False
        return all(
            p.here.wire == p.there.wire and p.here.kind == p.there.kind and p.plan.in_place
            for p in self.pairs
        )

    def lacking(self) -> frozenset[str]:
        """Pointers, without places in lists, of what is required there and cannot be filled from here."""
        own = {"/" + "/".join(member) for member in self.unfilled}
        return frozenset(own | {f"/{p.there.wire}{below}" for p in self.pairs for below in p.plan.lacking()})


def places_of(members: Sequence[MemberSpec]) -> list[Place]:
    """The places directly in a message: itself first."""
    own = tuple(m for m in members if isinstance(m, Field) and not isinstance(m, Node))
    found = [Place("", "own", own)]
    for member in members:
        if isinstance(member, Inline):
            found.append(Place(member.wire, "one", member.members, member.label))
        elif isinstance(member, Node):
            kind: Literal["one", "many"] = "many" if member.many else "one"
            found.append(Place(member.wire, kind, member.row.__members__, member.label, member.row.__name__))
    return found


def _plan(here: Sequence[MemberSpec], there: Sequence[MemberSpec]) -> Plan:
    targets = places_of(there)
    couples = _coupled(places_of(here), targets)
    single = [p for p in targets if p.kind != "many"]
    moves: list[tuple[Member, Member, Field]] = []
    left: list[tuple[Member, Field]] = []
    lost: list[tuple[Member, Field]] = []
    pairs: list[Pair] = []
    gone: list[Place] = []
    for place, other in couples:
        if place.kind == "many" or (other is not None and other.kind == "many"):
            if other is None:
                gone.append(place)
            else:
                pairs.append(Pair(place, other, _plan(place.members, other.members)))
            continue
        known = {} if other is None else other.fields
        for code, field in place.fields.items():
            start = _path(place, code)
            if other is not None and code in known:
                moves.append((start, _path(other, code), known[code]))
            elif other is not None:
                left.append((start, field))
            else:
                lost.append((start, field))
        below = _plan_nodes(place, other)
        if below is not None:
            moves += below.moves
            lost += below.lost
            pairs += below.pairs
            gone += below.gone
    taken = [other for _, other in couples if other is not None]
    moved, nowhere = _elsewhere(left, [p for p in single if p not in taken])
    moves += moved
    required = {
        _path(place, code)
        for place in single
        if place.kind == "own" or _needed(there, place)
        for code, field in place.fields.items()
        if field.required
    }
    filled = {end for _, end, _ in moves}
    return Plan(tuple(moves), tuple(lost + nowhere), tuple(pairs), tuple(gone), frozenset(required - filled))


def _needed(there: Sequence[MemberSpec], place: Place) -> bool:
    """Whether the node of one row has to be there: the flat one always, others when they are required."""
    for member in there:
        if isinstance(member, Inline):
            if member.wire == place.wire:
                return True
        elif isinstance(member, Node) and member.wire == place.wire:
            return member.required
    return False


def _path(place: Place, code: str) -> Member:
    return (code,) if place.kind == "own" else (place.wire, code)


def _plan_nodes(place: Place, other: Place | None) -> Plan | None:
    """Nodes within a node of one row, as seen from the message."""
    nodes = [m for m in place.members if isinstance(m, Node)]
    if not nodes:
        return None
    below = _plan(nodes, [] if other is None else [m for m in other.members if isinstance(m, Node)])
    start, end = (place.wire,), (place.wire if other is None else other.wire,)

    def deeper(one: Place, stem: Member) -> Place:
        return attrs.evolve(one, wire="/".join((*stem, one.wire)))

    return Plan(
        tuple((start + a, end + b, f) for a, b, f in below.moves), tuple((start + a, f) for a, f in below.lost),
        tuple(Pair(deeper(p.here, start), deeper(p.there, end), p.plan) for p in below.pairs),
        tuple(deeper(p, start) for p in below.gone), frozenset(end + b for b in below.unfilled),
    )  # fmt: skip


def _coupled(here: list[Place], there: list[Place]) -> list[tuple[Place, Place | None]]:
    """Each place with its counterpart: of the same name, of the same rows, else the one that shares most fields."""
    found: dict[int, Place] = {}
    free = list(there)

    def couple(i: int, other: Place) -> None:
        found[i] = other
        free.remove(other)

    for same in (_same_wire, _same_rows):
        for i, place in enumerate(here):
            if i not in found and place.wire:
                other = next((p for p in free if p.wire and same(place, p)), None)
                if other is not None:
                    couple(i, other)
    ranked = sorted(
        ((n, i, p) for i, place in enumerate(here) if i not in found for p in free if (n := _shared(place, p))),
        key=lambda one: -one[0],
    )  # fmt: skip
    for _, i, other in ranked:
        if i not in found and other in free:
            couple(i, other)
    return [(place, found.get(i)) for i, place in enumerate(here)]


def _same_wire(a: Place, b: Place) -> bool:
    return a.wire == b.wire


def _same_rows(a: Place, b: Place) -> bool:
    return bool(a.name) and a.name == b.name


def _shared(a: Place, b: Place) -> int:
    """How many fields both have; none when that is less than half of the first one's."""
    n = len(a.fields.keys() & b.fields.keys())
    return n if n * 2 >= len(a.fields) else 0


def _elsewhere(
    left: Sequence[tuple[Member, Field]], free: Sequence[Place]
) -> tuple[list[tuple[Member, Member, Field]], list[tuple[Member, Field]]]:
    """Fields that their own node no longer has, where exactly one node that is new there has such a field.

    Never into a node that has its counterpart here: its fields are those of somebody or something else.
    """
    moved: list[tuple[Member, Member, Field]] = []
    lost: list[tuple[Member, Field]] = []
    for start, field in left:
        code = start[-1]
        places = [p for p in free if code in p.fields]
        again = sum(1 for other, _ in left if other[-1] == code)
        if len(places) == 1 and again == 1:
            moved.append((start, _path(places[0], code), places[0].fields[code]))
        else:
            lost.append((start, field))
    return moved, lost


def _of_classes(here: type[Record], there: type[Record]) -> Plan:
    return _plan(here.__members__, there.__members__)


plan_of = cast("Callable[[type[Record], type[Record]], Plan]", cache(_of_classes))
"""The plan for messages or rows of one class that become another; made once (``cache`` is not typed for classes)."""


def class_name(cls: type[Record]) -> str:
    """Where users import a class from: ``mi_plugins.regions.guangzhou.interfaces.OutpatientSettlementRequest``."""
    return f"{cls.__module__.rpartition('.')[0]}.{cls.__name__}"
