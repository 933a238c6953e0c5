"""Fourth stage: intermediate representation -> text. Pure; templates hold the order, filters the logic."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import jinja2

from mi_codegen.ir import CodeModule, InterfaceModule, Output, RecordIR
from mi_codegen.load import Source
from mi_codegen.render import checks, layout, literals, members, module, wire

__all__ = ["render", "render_region"]


def _records(m: InterfaceModule) -> list[RecordIR]:
    return [r for r in (*m.rows, m.response, m.request) if r is not None]


def _inputs(m: InterfaceModule) -> list[RecordIR]:
    return [r for r in _records(m) if r.direction == "input"]


def _entry(names: Sequence[str], key: str) -> str:
    """One line of the table of modules."""
    return layout.layout(literals.value(tuple(names)), 4, before=f"{literals.literal(key)}: ", after=",")


def _environment() -> jinja2.Environment:
    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent.parent / "templates"),
        undefined=jinja2.StrictUndefined, keep_trailing_newline=True, autoescape=False,  # noqa: S701  # writes Python, not HTML
    )  # fmt: skip
    filters: dict[str, Callable[..., Any]] = {
        "body": members.body,
        "members_table": members.members_table,
        "table_of": checks.table_name,
        "check_function": checks.check_function,
        "wire_function": wire.wire_function,
        "module_docstring": module.module_docstring,
        "record_docstring": module.record_docstring,
        "imports": module.imports,
        "exported": module.exported,
        "units": module.units,
        "entry": _entry,
        "class_head": module.class_head,
        "code_member": module.code_member,
        "descriptor": module.descriptor,
        "records": _records,
        "inputs": _inputs,
        "literal": literals.literal,
        "unit": lambda scale: "0." + "0" * (scale - 1) + "1",
        "code_constants": module.code_constants,
        "code_docstring": module.code_docstring,
        "code_class_docstring": module.code_class_docstring,
        "by_module": lambda modules: sorted(modules, key=lambda m: m.module),
    }
    env.filters |= filters
    return env


def render(interfaces: Sequence[InterfaceModule], tables: Sequence[CodeModule]) -> list[Output]:
    """Every file of ``interfaces/`` and ``codes/``, sorted by path."""
    env = _environment()
    interface, table = env.get_template("interface.py.jinja"), env.get_template("code_table.py.jinja")
    out = [Output(f"interfaces/{m.module}.py", _tidy(interface.render(module=m))) for m in interfaces]
    out += [Output(f"codes/{m.module}.py", _tidy(table.render(module=m))) for m in tables]
    packages: tuple[tuple[str, Sequence[Any]], ...] = (("interfaces", interfaces), ("codes", tables))
    for package, modules in packages:
        for suffix in ("py", "pyi"):
            text = env.get_template(f"{package}_init.{suffix}.jinja").render(modules=modules)
            out.append(Output(f"{package}/__init__.{suffix}", _tidy(text)))
    return sorted(out, key=lambda o: o.path)


def render_region(
    interfaces: Sequence[InterfaceModule], tables: Sequence[CodeModule], source: Source
) -> list[Output]:
    """The files of a region's packages; none where the region is the base."""
    env = _environment()
    interface, table = env.get_template("interface.py.jinja"), env.get_template("code_table.py.jinja")
    out = [Output(f"interfaces/{m.module}.py", _tidy(interface.render(module=m))) for m in interfaces]
    out += [Output(f"codes/{m.module}.py", _tidy(table.render(module=m))) for m in tables]
    catalog, own = source.catalog, {m.spec.code for m in interfaces}
    # What an overlay adds is generated here, so whatever is not generated here is the base's.
    classes = [s.class_name for code, s in catalog.interfaces.items() if code not in own]
    others = sorted(f"{name}{kind}" for name in classes for kind in ("Request", "Response"))
    mine = {t.class_name for t in tables}
    other_codes = sorted(t.class_name for t in catalog.code_tables.values() if t.class_name not in mine)
    packages: tuple[tuple[str, Sequence[Any], list[str]], ...] = (
        ("interfaces", interfaces, others), ("codes", tables, other_codes),
    )  # fmt: skip
    for package, modules, rest in packages:
        for suffix in ("py", "pyi") if modules else ():
            template = env.get_template(f"region_{package}.{suffix}.jinja")
            text = template.render(modules=modules, others=rest, region=source.region, package=source.package)
            out.append(Output(f"{package}/__init__.{suffix}", _tidy(text)))
    return sorted(out, key=lambda o: o.path)


def _tidy(text: str) -> str:
    """At most two empty lines in a row, none at the end, no blanks at line ends."""
    text = re.sub(r"[ \t]+\n", "\n", text)
    return re.sub(r"\n{4,}", "\n\n\n", text).rstrip("\n") + "\n"
