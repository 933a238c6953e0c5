"""The straight-line check of a row: one quick test per field, the exact explanation only where it fails."""

from __future__ import annotations

from mi_codegen.ir import FieldIR, InlineIR, NodeIR, RecordIR
from mi_codegen.render.conditions import any_of_lines, condition_lines
from mi_codegen.render.layout import WIDTH, called, layout, width
from mi_codegen.render.literals import literal, number
from mi_codegen.render.members import is_identity

__all__ = ["check_function", "function_name", "table_name"]


def function_name(prefix: str, class_name: str) -> str:
    """``_check_fee_item`` for ``FeeItem``."""
    snake = "".join(f"_{c.lower()}" if c.isupper() else c for c in class_name)
    return f"_{prefix}{snake}"


def table_name(record: RecordIR) -> str:
    """The module's dict of the fields of a class, by attribute name."""
    return "_request" if record.path == "input" else function_name("", record.class_name)[1:]


def codes_name(member: FieldIR) -> str:
    """The module's constant that holds the codes of a field's table."""
    return f"_{(member.code_module or '').upper()}"


def check_function(record: RecordIR) -> str:
    """``_check_x(r, at, out)`` of a row, ``_check(r) -> problems`` of the request."""
    if record.path == "input":
        lines = ["def _check(r: Any) -> list[Problem]:", "    out: list[Problem] = []"]
    else:
        lines = [
            f"def {function_name('check', record.class_name)}(r: Any, at: str, out: list[Problem]) -> None:"
        ]
    head = len(lines)
    at = '""' if record.path == "input" else "at"
    inline: InlineIR | None = None
    for member in record.members:
        if isinstance(member, InlineIR):
            inline = member
            for leaf in member.members:
                lines += _leaf(leaf, record, literal(f"/{member.spec.code}"))
        elif isinstance(member, (FieldIR, NodeIR)):
            lines += _leaf(member, record, at)
    where = literal(f"/{inline.spec.code}") if inline is not None else at
    lines += condition_lines(record, table_name(record), where)
    lines += any_of_lines(record, table_name(record), where)
    if record.path == "input":
        lines.append("    return out")
    elif len(lines) == head:
        lines.append("    return")
    return "\n".join(lines)


def _leaf(member: FieldIR | NodeIR, record: RecordIR, at: str) -> list[str]:
    field = f"{table_name(record)}[{literal(member.name)}]"
    if isinstance(member, NodeIR):
        check = function_name("check", member.row)
        call = called(f"{field}.check_rows", [f"r.{member.name}", at, "out", check])
        return ["    " + layout(call, 4)]
    lines = _if(member)
    if lines is None:
        return [f"    {field}.check(r.{member.name}, {at}, out)"]
    return [f"    v = r.{member.name}", *lines, f"        {field}.check(v, {at}, out)"]


def _if(member: FieldIR) -> list[str] | None:
    """An ``if`` over ``v`` that is false only for a value that is certainly right; ``None`` = always ask the field.

    A value that is there has the class of its kind, so that is asked before whether it is there.
    """
    required = member.spec.required
    if member.kind == "Coded" and member.code_class:
        test = f"not isinstance(v, str) or v not in {codes_name(member)}"
        return _line([test]) if required else _line([_ABSENT, f"({test})"], " and ")
    kind, faults = _faults(member)
    if not kind:
        return None if required else _line([_ABSENT])
    if required:
        return _line([" or ".join([f"v.__class__ is not {kind}", *faults])])
    if not faults:
        return _line([f"v.__class__ is not {kind}", _ABSENT], " and ")
    test = " or ".join(faults)
    return _line([f"({test})" if len(faults) > 1 else test, f"if v.__class__ is {kind}", f"else ({_ABSENT})"])


_ABSENT = "v is not UNSET and v is not None"


def _line(parts: list[str], joint: str = " ") -> list[str]:
    """``if parts:``, one part per line where it is too long."""
    flat = f"    if {joint.join(parts)}:"
    if width(flat) <= WIDTH:
        return [flat]
    return [
        "    if (",
        f"        {parts[0]}",
        *(f"        {joint.lstrip()}{part}" for part in parts[1:]),
        "    ):",
    ]


def _faults(member: FieldIR) -> tuple[str, list[str]]:
    """The class of a right value, and what else may be wrong with it, as expressions over ``v``."""
    spec = member.spec
    if member.kind == "Text":
        faults = ['v < "!"'] if spec.required else []
        faults += [f"len(v) > {number(spec.max_length)}"] if spec.max_length is not None else []
        faults.append("not v.isprintable()")
        return "str", faults + (["id_number_fault(v)"] if is_identity(spec) else [])
    if member.kind == "Digits":
        faults = ["not v.isdecimal()", "not v.isascii()", 'v[0] == "0"']
        return "str", faults + ([f"len(v) > {number(spec.digits)}"] if spec.digits is not None else [])
    if member.kind == "Number":
        size = (
            f"v.adjusted() > {number(spec.digits - (spec.scale or 0) - 1)}"
            if spec.digits
            else "not v.is_finite()"
        )
        if spec.scale == 2:  # amounts mostly have their two decimals, and that is told at half the price
            return "Decimal", [size, "(not v.same_quantum(U2) and remainder(v, U2))"]
        return "Decimal", [size, *([f"remainder(v, U{number(spec.scale)})"] if spec.scale else [])]
    if member.kind == "Integer":
        limit = 10 ** min(spec.digits or 18, 18)
        return "int", [f"not -{limit:_} < v < {limit:_}"]
    if member.kind in ("Day", "Moment"):
        return f"dt.{'date' if member.kind == 'Day' else 'datetime'}", ["v.year < EARLIEST"]
    return ("bool" if member.kind == "Flag" else ""), []
