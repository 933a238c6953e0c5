"""Two interfaces, or one before and after the overlays, field by field."""

from __future__ import annotations

from typing import Literal

import attrs

from mi_core.model.spec import FieldSpec, InterfaceSpec, NodeSpec

__all__ = ["Difference", "compare", "facts", "fields_of", "notation", "output_difference"]


@attrs.frozen
class Difference:
    """One field that differs; ``facts`` are what is said of it on either side (``None`` = absent)."""

    kind: Literal["added", "removed", "changed"]
    path: str
    label: str
    before: dict[str, str] | None
    after: dict[str, str] | None


def notation(field: FieldSpec) -> str:
    """A type as specifications write it: ``string(30)``, ``number(16,2)``, ``date``."""
    if field.digits is not None:
        return f"{field.type}({field.digits}" + (f",{field.scale})" if field.scale is not None else ")")
    return f"{field.type}({field.max_length})" if field.max_length is not None else field.type


def facts(member: FieldSpec | NodeSpec) -> dict[str, str]:
    """What two versions of a member are compared by."""
    required = "Y" if member.required else "N"
    if isinstance(member, NodeSpec):
        return {"label": member.label, "type": "rows" if member.repeated else "node", "required": required}
    codes = member.code_table or ("open" if member.open else "/".join(member.enum))
    return {"label": member.label, "type": notation(member), "required": required, "codes": codes}


def fields_of(spec: InterfaceSpec) -> dict[str, FieldSpec | NodeSpec]:
    """Every member by its full path (``input.data.psn_no``), in specification order."""
    out: dict[str, FieldSpec | NodeSpec] = {}
    for part in (spec.input, spec.output):
        out.update(part.walk(part.code))
    return out


def output_difference(before: InterfaceSpec, after: InterfaceSpec) -> Difference | None:
    """The reply as a whole: one object in the one, a list in the other."""
    old, new = before.output_kind, after.output_kind
    if old == new:
        return None
    label = after.output.label
    return Difference("changed", after.output.code, label, _whole(old, label), _whole(new, label))


def _whole(kind: str, label: str) -> dict[str, str]:
    return {"label": label, "type": kind}


def compare(before: InterfaceSpec, after: InterfaceSpec) -> list[Difference]:
    """Differences in the order of ``before``, then what only ``after`` has."""
    old, new = fields_of(before), fields_of(after)
    out: list[Difference] = []
    for path, member in old.items():
        if path not in new:
            out.append(Difference("removed", path, member.label, facts(member), None))
        elif facts(member) != facts(new[path]):
            out.append(Difference("changed", path, new[path].label, facts(member), facts(new[path])))
    whole = output_difference(before, after)
    out += [] if whole is None else [whole]
    out.extend(Difference("added", p, m.label, None, facts(m)) for p, m in new.items() if p not in old)
    return out
