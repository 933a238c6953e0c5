"""Second stage: what the generator needs beyond a readable catalogue, reported as values with file and pointer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from mi_codegen.identifiers import attribute_name, is_class_name, is_module_name, member_names, module_name
from mi_codegen.load import Source
from mi_core.catalog import CatalogProblem
from mi_core.model.spec import CodeTable, InterfaceSpec, NodeSpec

__all__ = ["check"]


def check(source: Source) -> list[CatalogProblem]:
    """Every reason not to generate; empty when the output will be valid Python."""
    out: list[CatalogProblem] = []
    for spec in source.catalog.interfaces.values():
        out += _interface(spec, source)
    for table in source.catalog.code_tables.values():
        out += _table(table)
    out += _unique(source)
    return out


def _interface(spec: InterfaceSpec, source: Source) -> Iterator[CatalogProblem]:
    file = spec.document_path
    if not is_class_name(spec.class_name):
        yield CatalogProblem(file, "/x-mi/className", "不是类名", f"{spec.class_name!r} is no class name")
    if not is_module_name(spec.slug) or not spec.code.isalnum() or not spec.code.isascii():
        yield CatalogProblem(
            file, "/x-mi/slug", "不能作为模块名", f"{spec.code}_{spec.slug} is no module name"
        )
    classes: Counter[str] = Counter({f"{spec.class_name}Request": 1, f"{spec.class_name}Response": 1})
    for part, root in (("input", spec.input), ("output", spec.output)):
        yield from _members(
            root, f"/properties/{part}", file, source, flat=spec.behaviour.flat if part == "input" else None
        )
        paths = [path for path, member in root.walk(part) if isinstance(member, NodeSpec)]
        for path in paths + (
            ["output"] if part == "output" and spec.output_kind in ("array", "object-or-array") else []
        ):
            if part == "input" and path == f"input.{spec.behaviour.flat}":
                continue
            name = source.catalog.names.nodes.get(spec.code, {}).get(path, "")
            if not is_class_name(name):
                yield CatalogProblem(
                    "names.json",
                    f"/interfaces/{spec.code}/nodes/{path}",
                    "节点没有类名",
                    "the node has no class name",
                )
            classes[name] += 1
    for name in (n for n, count in classes.items() if count > 1):
        yield CatalogProblem(
            "names.json", f"/interfaces/{spec.code}/nodes", f"类名 {name} 重复", f"class name {name} repeats"
        )
    flat = spec.behaviour.flat
    node = spec.input.member(flat) if flat else None
    if flat and (not isinstance(node, NodeSpec) or node.repeated):
        yield CatalogProblem(
            file, "/x-mi/flat", "应为输入中的单行节点", "must name a single-row node of input"
        )


def _members(
    node: NodeSpec, at: str, file: str, source: Source, flat: str | None
) -> Iterator[CatalogProblem]:
    own = list(node.members)
    if flat:
        own = [m for m in own if m.code != flat]
        inline = node.member(flat)
        own += inline.members if isinstance(inline, NodeSpec) else ()
    for name, count in Counter(attribute_name(m.code) for m in own).items():
        if count > 1:
            yield CatalogProblem(file, at, f"属性名 {name} 重复", f"the attribute name {name} repeats")
    for member in node.members:
        here = f"{at}/properties/{member.code}"
        if isinstance(member, NodeSpec):
            yield from _members(member, f"{here}/items" if member.repeated else here, file, source, None)
        elif member.code_table and member.code_table not in source.catalog.code_tables:
            yield CatalogProblem(
                file, f"{here}/x-mi/codeTable", "代码表不存在", f"no code table {member.code_table}"
            )
    known = {m.code for m in node.members}
    for i, condition in enumerate(node.conditions):
        for code in _named(condition.when) | _named(condition.then):
            if code not in known:
                yield CatalogProblem(
                    file,
                    f"{at}/allOf/{i}",
                    f"条件中的字段 {code} 不在此节点",
                    f"the condition names {code}, not a member here",
                )
    for i, group in enumerate(node.any_of):
        for code in set(group) - known:
            yield CatalogProblem(
                file, f"{at}/anyOf/{i}", f"字段 {code} 不在此节点", f"{code} is not a member here"
            )


def _named(schema: Any) -> set[str]:
    """Members that a condition refers to."""
    if isinstance(schema, (list, tuple)):
        return set().union(*map(_named, schema))
    if not isinstance(schema, Mapping):
        return set()
    found = set(schema.get("required", ())) | set(schema.get("properties", ()))
    return found.union(*(_named(schema[key]) for key in ("not", "anyOf", "allOf") if key in schema))


def _table(table: CodeTable) -> Iterator[CatalogProblem]:
    if not is_class_name(table.class_name):
        yield CatalogProblem(
            table.document_path, "/x-mi/className", "不是类名", f"{table.class_name!r} is no class name"
        )
    for name in (n for n in member_names(table.codes).values() if not n.isidentifier()):
        yield CatalogProblem(
            table.document_path, "/oneOf", "标签不能作为标识符", f"{name!r} is no identifier"
        )


def _unique(source: Source) -> Iterator[CatalogProblem]:
    tables = source.catalog.code_tables.values()
    for what, names in (
        ("class", [t.class_name for t in tables]),
        ("module", [module_name(t.class_name) for t in tables]),
        ("interface class", [i.class_name for i in source.catalog.interfaces.values()]),
    ):
        for name in (n for n, count in Counter(names).items() if count > 1):
            yield CatalogProblem("names.json", "", f"名称 {name} 重复", f"{what} name {name} repeats")
