"""The straight-line check of a row: one quick test per field, the exact explanation only where it fails."""

from __future__ import annotations

from mi_codegen.ir import FieldIR, InlineIR, NodeIR, RecordIR
from mi_codegen.render.conditions import any_of_lines, condition_lines
from mi_codegen.render.layout import WIDTH, width
from mi_codegen.render.literals import literal
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
        return [
            f"    for here, row in {field}.rows(r.{member.name}, {at}, out):",
            f"        {function_name('check', member.row)}(row, here, out)",
        ]
    test = _test(member)
    call = f"{field}.check(v, {at}, out)"
    if member.spec.required and test is None:
        return [f"    {field}.check(r.{member.name}, {at}, out)"]
    parts = [] if member.spec.required else ["v is not UNSET"]
    if test is not None:
        parts += [test] if member.spec.required else ["v is not None", f"({test})"]
    return [f"    v = r.{member.name}", *_if(parts), f"        {call}"]


def _if(parts: list[str]) -> list[str]:
    """``if a and b:``, one operand per line where it is too long."""
    flat = f"    if {' and '.join(parts)}:"
    if width(flat) <= WIDTH:
        return [flat]
    return ["    if (", f"        {parts[0]}", *(f"        and {part}" for part in parts[1:]), "    ):"]


def _test(member: FieldIR) -> str | None:
    """An expression over ``v`` that is false only for a value that is certainly right; ``None`` = always ask the field."""
    spec, required = member.spec, member.spec.required
    if member.kind == "Text":
        parts = ["v.__class__ is not str"]
        parts += ['v < "!"'] if required else []
        parts += [f"len(v) > {spec.max_length}"] if spec.max_length is not None else []
        parts.append("not v.isprintable()")
        parts += ["id_number_fault(v)"] if is_identity(spec) else []
        return " or ".join(parts)
    if member.kind == "Digits":
        size = f" or len(v) > {spec.digits}" if spec.digits is not None else ""
        return f'v.__class__ is not str or not v.isdecimal() or not v.isascii() or v[0] == "0"{size}'
    if member.kind == "Coded" and member.code_class:
        return f"not isinstance(v, str) or v not in {codes_name(member)}"
    if member.kind == "Number":
        size = f"v.adjusted() > {spec.digits - (spec.scale or 0) - 1}" if spec.digits else "not v.is_finite()"
        unit = f" or remainder(v, U{spec.scale})" if spec.scale else ""
        if spec.scale == 2:  # amounts mostly have their two decimals, and that is told at half the price
            unit = " or (not v.same_quantum(U2) and remainder(v, U2))"
        return f"v.__class__ is not Decimal or {size}{unit}"
    if member.kind == "Integer":
        limit = 10 ** min(spec.digits or 18, 18)
        return f"v.__class__ is not int or not -{limit:_} < v < {limit:_}"
    if member.kind in ("Day", "Moment"):
        return f"v.__class__ is not dt.{'date' if member.kind == 'Day' else 'datetime'} or v.year < EARLIEST"
    return "v.__class__ is not bool" if member.kind == "Flag" else None
