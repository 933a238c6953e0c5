"""Class bodies and the run-time table of members."""

from __future__ import annotations

from mi_codegen.ir import FieldIR, InlineIR, MemberIR, NodeIR, RecordIR, RootIR
from mi_codegen.render.layout import Doc, Group, called, layout
from mi_codegen.render.literals import docstring, literal, number, value
from mi_core.model.spec import FieldSpec

__all__ = ["body", "leaves", "members_table"]


def leaves(record: RecordIR) -> list[FieldIR | NodeIR]:
    """Every attribute of the class, in the specification's order."""
    out: list[FieldIR | NodeIR] = []
    for member in record.members:
        if isinstance(member, InlineIR):
            out += member.members
        else:
            out.append(member.member if isinstance(member, RootIR) else member)
    return out


def body(record: RecordIR) -> str:
    """Attributes with their docstrings."""
    lines: list[str] = []
    for member in leaves(record):
        lines.append(f"    {member.name}: {_declaration(member, record)}")
        lines.append(f"    {docstring(_about(member), indent=4)}")
    return "\n".join(lines)


def _declaration(member: FieldIR | NodeIR, record: RecordIR) -> str:
    if record.direction == "input":
        kind = _request_type(member)
        required = member.required if isinstance(member, NodeIR) else member.spec.required
        if required:
            return kind
        none = "" if isinstance(member, NodeIR) else " | None"
        return f"{kind} | UnsetType{none} = UNSET"
    if isinstance(member, NodeIR):
        if member.many:
            return f"tuple[{member.row}, ...] = ()"
        return member.row if member.proof else f"{member.row} = attrs.field(factory={member.row})"
    if member.kind in ("Many", "Strings"):
        return f"tuple[{member.python}, ...] = ()"
    return member.python if member.proof else f"{member.python} | None = None"


def _request_type(member: FieldIR | NodeIR) -> str:
    if isinstance(member, NodeIR):
        return f"Sequence[{member.row}]" if member.many else member.row
    return f"Sequence[{member.python}]" if member.kind in ("Many", "Strings") else member.python


def _about(member: FieldIR | NodeIR) -> str:
    if isinstance(member, NodeIR):
        label, parts = member.spec.label or member.name, ["rows" if member.many else "node"]
        required, inferred = member.required, member.spec.inferred
        wire = "" if member.path == "output" else member.spec.code
    else:
        label, parts = member.spec.label or member.spec.code, [_size(member.spec)]
        if member.code_class:
            parts.append(f"codes ``{member.code_class}``")
        elif member.spec.enum:
            titles = member.spec.enum_titles or ("",) * len(member.spec.enum)
            parts.append(
                "one of "
                + ", ".join(f"{c} {t}".strip() for c, t in zip(member.spec.enum, titles, strict=False))
            )
        elif member.spec.open:
            parts.append("coded, no table")
        required, inferred, wire = member.spec.required, member.spec.inferred, member.spec.code
    if member.proof:
        parts.append("proof of success")
    elif required:
        parts.append("required")
    if inferred:
        parts.append("inferred")
    if wire and wire != member.name:
        parts.append(f"``{wire}`` on the wire")
    return f"{label} · {', '.join(parts)}"


def _size(spec: FieldSpec) -> str:
    if spec.type == "number":
        digits = str(spec.digits) if spec.digits is not None else ""
        return (
            f"number({digits},{spec.scale})" if spec.scale else (f"number({digits})" if digits else "number")
        )
    text = f"{spec.type}({spec.max_length})" if spec.max_length is not None else spec.type
    return f"{text} {spec.pattern}" if spec.pattern else text


def members_table(record: RecordIR) -> str:
    """``X.__members__ = (…)``: what checks, readers and masking know about the fields at run time."""
    entries = [_entry(member, record) for member in record.members]
    return layout(
        Group("(", entries, ")", single=len(entries) == 1), before=f"{record.class_name}.__members__ = "
    )


def _entry(member: MemberIR, record: RecordIR) -> Doc:
    if isinstance(member, InlineIR):
        names = [literal(member.spec.code), literal(member.spec.label)]
        return called("Inline", [*names, *(_entry(m, record) for m in member.members)])
    if isinstance(member, RootIR):
        return called("Root", [literal(member.name), _entry(member.member, record)])
    return called(*_constructor(member, record))


def _constructor(member: FieldIR | NodeIR, record: RecordIR) -> tuple[str, list[Doc]]:
    parts: list[Doc] = [
        literal("" if isinstance(member, NodeIR) and member.path == "output" else member.spec.code),
        literal(member.spec.label),
    ]
    required = member.proof or (
        record.direction == "input"
        and (member.required if isinstance(member, NodeIR) else member.spec.required)
    )
    if isinstance(member, NodeIR):
        parts.append(member.row)
        parts += ["many=True"] if member.many else []
        parts += [f"most={number(member.spec.max_items)}"] if member.spec.max_items is not None else []
    else:
        parts += _limits(member, record)
    parts += ["required=True"] if required else []
    parts += [f"name={literal(member.name)}"] if member.name != member.spec.code else []
    if isinstance(member, FieldIR) and member.spec.sensitivity != "none":
        parts.append(f"sensitivity={literal(member.spec.sensitivity)}")
    return ("Node" if isinstance(member, NodeIR) else member.kind), parts


def _limits(member: FieldIR, record: RecordIR) -> list[Doc]:
    spec, kind = member.spec, member.kind
    if kind == "Text":
        parts: list[Doc] = [] if spec.max_length is None else [number(spec.max_length)]
        if member.code_class and record.direction == "output":
            parts.append(f"codes={literal(spec.code_table or '')}")
        return parts + (["identity=True"] if is_identity(spec) and record.direction == "input" else [])
    if kind == "Digits":
        return [] if spec.digits is None else [number(spec.digits)]
    if kind == "Coded":
        titles = spec.enum_titles or spec.enum
        return [member.code_class or value(dict(zip(spec.enum, titles, strict=False)))]
    if kind == "Number":
        return [] if spec.digits is None and spec.scale is None else [number(spec.digits), number(spec.scale)]
    if kind == "Integer":
        return [] if spec.digits is None else [number(spec.digits)]
    return [literal(spec.pattern)] if spec.pattern and kind in ("Day", "Moment", "DateText") else []


def is_identity(spec: FieldSpec) -> bool:
    """Whether the field may hold an identity number whose check digit can be verified."""
    return spec.sensitivity == "id-number" and ("证件号" in spec.label or "身份证" in spec.label)
