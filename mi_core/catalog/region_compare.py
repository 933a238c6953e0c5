"""Two regions, interface by interface and field by field; a node that only has another key counts as moved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

import attrs

from mi_core.catalog.catalog import Catalog
from mi_core.catalog.compare import facts, fields_of, output_difference
from mi_core.model.spec import FieldSpec, InterfaceSpec, NodeSpec

__all__ = ["RegionDifference", "compare_regions"]

Kind = Literal[
    "interface added", "interface removed", "moved", "added", "removed", "changed", "unsaid", "codes", "behaviour"
]  # fmt: skip


@attrs.frozen
class RegionDifference:
    """One difference. ``unsaid``: the field stays as the base has it, but the region's tables do not mention it; ``codes``:
    its code table has other codes; ``behaviour``: what calls need to know (``path`` says which part), no field differs by it."""

    interface: str
    title: str
    kind: Kind
    path: str = ""
    label: str = ""
    before: dict[str, str] | None = None
    after: dict[str, str] | None = None


def compare_regions(before: Catalog, after: Catalog, only: str | None = None) -> list[RegionDifference]:
    """All differences in the order of ``before``, then the interfaces that only ``after`` has."""
    codes = [*before.interfaces, *(c for c in after.interfaces if c not in before.interfaces)]
    out: list[RegionDifference] = []
    for code in codes if only is None else [only]:
        if code not in after.interfaces:
            spec = before.interfaces[code]
            out.append(RegionDifference(code, spec.title, "interface removed"))
        elif code not in before.interfaces:
            spec = after.interfaces[code]
            out.append(RegionDifference(code, spec.title, "interface added"))
        else:
            if before.digest(code) != after.digest(code):
                out += _fields(before, after, code)
                out += _behaviour(before.interfaces[code], after.interfaces[code])
            out += _codes(before, after, code)
    return out


def _behaviour(old: InterfaceSpec, new: InterfaceSpec) -> Iterator[RegionDifference]:
    for field in attrs.fields(type(old.behaviour)):
        if getattr(old.behaviour, field.name) != getattr(new.behaviour, field.name):
            yield RegionDifference(new.code, new.title, "behaviour", field.name)


def _codes(before: Catalog, after: Catalog, code: str) -> Iterator[RegionDifference]:
    """Fields of the request that have the same table, whose codes differ: they are checked against another one. In a reply
    any code is taken."""
    spec = after.interfaces[code]
    for path, member in spec.input.walk(spec.input.code):
        key = member.code_table if isinstance(member, FieldSpec) else None
        if key is None or key not in before.code_tables:
            continue
        old, new = before.code_tables[key].codes, after.code_tables[key].codes
        if old != new:
            yield RegionDifference(
                code, spec.title, "codes", path, member.label, _said(old, new), _said(new, old)
            )


def _said(mine: Mapping[str, str], other: Mapping[str, str]) -> dict[str, str]:
    return {"codes": "/".join(f"{c} {label}" for c, label in mine.items() if other.get(c) != label)}


def _fields(before: Catalog, after: Catalog, code: str) -> Iterator[RegionDifference]:
    old_spec, new_spec = before.interfaces[code], after.interfaces[code]
    moves = _moves(before, after, old_spec, new_spec)
    title = new_spec.title
    old = {_moved(path, moves): (path, member) for path, member in fields_of(old_spec).items()}
    new = fields_of(new_spec)
    for source, target in moves.items():
        member = new.get(target)
        label = member.label if member is not None else ""
        yield RegionDifference(code, title, "moved", source, label, {"path": source}, {"path": target})
    whole = output_difference(old_spec, new_spec)
    if whole is not None:
        yield RegionDifference(code, title, "changed", whole.path, whole.label, whole.before, whole.after)
    for path, (was, member) in old.items():
        other = new.get(path)
        if other is None:
            if was not in moves:
                yield RegionDifference(code, title, "removed", was, member.label, facts(member), None)
            continue
        first, second = facts(member), facts(other)
        if _shape(first) != _shape(second):
            yield RegionDifference(code, title, "changed", path, other.label, first, second)
        elif other.inferred and not member.inferred:
            yield RegionDifference(code, title, "unsaid", path, other.label, first, second)
    for path, member in new.items():
        if path not in old and path not in moves.values():
            yield RegionDifference(code, title, "added", path, member.label, None, facts(member))


def _shape(said: dict[str, str]) -> dict[str, str]:
    return {k: v for k, v in said.items() if k != "label"}


def _moved(path: str, moves: dict[str, str]) -> str:
    for source, target in moves.items():
        if path == source or path.startswith(f"{source}."):
            path = target + path[len(source) :]
    return path


def _moves(before: Catalog, after: Catalog, old: InterfaceSpec, new: InterfaceSpec) -> dict[str, str]:
    """Nodes that are gone and whose rows have the same class elsewhere, or whose fields lie in the part itself."""
    names, others = before.names.nodes.get(old.code, {}), after.names.nodes.get(new.code, {})
    had, has = fields_of(old), fields_of(new)
    out = _moved_down(had, has)
    for path, member in had.items():
        if path in has or not isinstance(member, NodeSpec):
            continue
        name = names.get(path)
        same = [
            p for p, m in has.items() if p not in had and isinstance(m, NodeSpec) and others.get(p) == name
        ]
        part = path.partition(".")[0]
        codes = {f"{part}.{m.code}" for m in member.members if isinstance(m, FieldSpec)}
        if name and len(same) == 1:
            out[path] = same[0]
        elif codes and codes <= has.keys() and path.count(".") == 1:
            out[path] = part
    return out


def _moved_down(
    had: Mapping[str, FieldSpec | NodeSpec], has: Mapping[str, FieldSpec | NodeSpec]
) -> dict[str, str]:
    """Fields that lay in a part itself and lie in a node there now, all of them."""
    out: dict[str, str] = {}
    for part in ("input", "output"):
        gone = {
            p for p, m in had.items() if p.count(".") == 1 and p.startswith(part) and isinstance(m, FieldSpec)
        }
        if not gone or gone & has.keys():
            continue
        nodes = [(path, m) for path, m in has.items() if isinstance(m, NodeSpec) and path not in had]
        for path, node in nodes:
            if path.startswith(f"{part}.") and gone <= {f"{part}.{m.code}" for m in node.members}:
                out[part] = path
                break
    return out
