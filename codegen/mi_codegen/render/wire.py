"""The straight-line function that turns a row into a dict in wire form, in the specification's order."""

from __future__ import annotations

from mi_codegen.ir import FieldIR, InlineIR, NodeIR, RecordIR
from mi_codegen.render.checks import function_name
from mi_codegen.render.literals import literal, value
from mi_core.model.spec import FieldSpec

__all__ = ["wire_function"]


def wire_function(record: RecordIR) -> str:
    """``_wire_x(r)`` of a row, ``_wire(r)`` of the request."""
    name = "_wire" if record.path == "input" else function_name("wire", record.class_name)
    lines = [f"def {name}(r: Any) -> dict[str, Any]:"]
    members = list(record.members)
    if len(members) == 1 and isinstance(members[0], InlineIR):
        inline = members[0]
        inner = _dict("d", list(inline.members))
        return "\n".join([*lines, *inner, f"    return {{{literal(inline.spec.code)}: d}}"])
    plain: list[FieldIR | NodeIR | str] = []
    for member in members:
        if isinstance(member, InlineIR):
            lines += _dict("own", list(member.members))
            plain.append(f"{literal(member.spec.code)}: own")
        elif isinstance(member, (FieldIR, NodeIR)):
            plain.append(member)
    return "\n".join([*lines, *_dict("d", plain), "    return d"])


def _dict(name: str, members: list[FieldIR | NodeIR] | list[FieldIR | NodeIR | str]) -> list[str]:
    """The members that are always there as a dict display, then one assignment after the other."""
    split = next(
        (i for i, m in enumerate(members) if not isinstance(m, str) and not _always(m)), len(members)
    )
    lines = [f"    {name}: dict[str, Any] = {{"]
    lines += [
        f"        {m if isinstance(m, str) else f'{literal(m.spec.code)}: {_value(m)}'},"
        for m in members[:split]
    ]
    lines = [*lines, "    }"] if split else [f"    {name}: dict[str, Any] = {{}}"]
    for member in members[split:]:
        if isinstance(member, str):
            key, _, text = member.partition(": ")
            lines.append(f"    {name}[{key}] = {text}")
        elif _always(member):
            lines.append(f"    {name}[{literal(member.spec.code)}] = {_value(member)}")
        else:
            lines += _optional(name, member)
    return lines


def _always(member: FieldIR | NodeIR) -> bool:
    return member.required if isinstance(member, NodeIR) else member.spec.required


def _optional(name: str, member: FieldIR | NodeIR) -> list[str]:
    lines = [f"    v = r.{member.name}"]
    key = f"{name}[{literal(member.spec.code)}]"
    if isinstance(member, NodeIR):
        return [*lines, "    if v is not UNSET and v is not None:", f"        {key} = {_value(member, 'v')}"]
    empty = "None" if member.spec.empty == "null" else value(_empty(member.spec))
    return [
        *lines,
        "    if v is not UNSET:",
        f"        {key} = {empty} if v is None else {_value(member, 'v')}",
    ]


def _empty(spec: FieldSpec) -> str | int:
    return "" if spec.empty is None else spec.empty


def _value(member: FieldIR | NodeIR, text: str = "") -> str:
    text = text or f"r.{member.name}"
    if isinstance(member, NodeIR):
        function = function_name("wire", member.row)
        return f"[{function}(row) for row in {text}]" if member.many else f"{function}({text})"
    pattern = f", {literal(member.spec.pattern)}" if member.spec.pattern else ""
    if member.kind == "Digits":
        return f"Decimal({text})" if member.spec.required else f'(Decimal({text}) if {text} else "")'
    if member.kind == "Day":
        return f"date_text({text}{pattern})"
    return f"moment_text({text}{pattern})" if member.kind == "Moment" else text
