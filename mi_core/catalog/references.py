"""Whether what a document says of other places is true: fields, codes, tables, interfaces it names must exist."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from mi_core.catalog.catalog import Catalog
from mi_core.catalog.outcome_reader import outcome_problems
from mi_core.catalog.problems import CatalogProblem
from mi_core.catalog.projection import projection_problems
from mi_core.model.spec import CodeTable, FieldSpec, InterfaceSpec, NodeSpec

__all__ = ["reference_problems"]

Report = Callable[[str, str, str], None]


def reference_problems(catalog: Catalog) -> list[CatalogProblem]:
    """Every dangling reference of the whole catalogue."""
    out: list[CatalogProblem] = []
    for spec in catalog.interfaces.values():

        def report(pointer: str, zh: str, en: str, file: str = spec.document_path) -> None:
            out.append(CatalogProblem(file, pointer, zh, en))

        for part in (spec.input, spec.output):
            _node(part, f"/properties/{part.code}", catalog.code_tables, report)
        _behaviour(spec, catalog, report)
        projection_problems(spec, catalog.document(spec.code)["x-mi"], report)
    _unique(catalog, out)
    return out


def _fields(schema: Mapping[str, Any]) -> Iterator[str]:
    yield from schema.get("properties", {})
    yield from schema.get("required", ())
    if "not" in schema:
        yield from _fields(schema["not"])
    for option in schema.get("anyOf", ()):
        yield from _fields(option)


def _values(schema: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, test in schema.get("properties", {}).items():
        for value in test.get("enum", [test["const"]] if "const" in test else ()):
            yield name, str(value)


def _admits(member: FieldSpec | NodeSpec | None, value: str, tables: Mapping[str, CodeTable]) -> bool:
    if not isinstance(member, FieldSpec):
        return False
    if member.enum:
        return value in member.enum
    return member.code_table is None or value in tables[member.code_table].codes


def _node(node: NodeSpec, pointer: str, tables: Mapping[str, CodeTable], report: Report) -> None:
    inner = f"{pointer}/items" if node.repeated else pointer
    for i, condition in enumerate(node.conditions):
        here = f"{inner}/allOf/{i}"
        for schema in (condition.when, condition.then):
            for name in _fields(schema):
                if node.member(name) is None:
                    report(
                        here,
                        f"条件引用的字段 {name} 不存在",
                        f"the condition names {name}, which does not exist",
                    )
            for name, value in _values(schema):
                member = node.member(name)
                known = (
                    not isinstance(member, FieldSpec)
                    or member.code_table is None
                    or member.code_table in tables
                )
                if member is not None and known and not _admits(member, value, tables):
                    report(here, f"{name} 没有代码 {value}", f"{name} has no code {value}")
    for i, group in enumerate(node.any_of):
        for name in group:
            if node.member(name) is None:
                report(f"{inner}/anyOf/{i}", f"引用的字段 {name} 不存在", f"{name} does not exist")
    for member in node.members:
        here = f"{inner}/properties/{member.code}"
        if isinstance(member, NodeSpec):
            _node(member, here, tables, report)
        elif member.code_table is not None and member.code_table not in tables:
            table = member.code_table
            report(f"{here}/x-mi/codeTable", f"代码表 {table} 不存在", f"there is no code table {table}")


def _at(root: NodeSpec, path: str) -> FieldSpec | NodeSpec | None:
    here: FieldSpec | NodeSpec | None = root
    for step in path.split("."):
        here = here.member(step) if isinstance(here, NodeSpec) else None
    return here


def _behaviour(spec: InterfaceSpec, catalog: Catalog, report: Report) -> None:
    b = spec.behaviour

    def need(key: str, root: NodeSpec, path: str) -> None:
        if _at(root, path) is None:
            report(f"/x-mi/{key}", f"路径 {path} 不存在", f"{path} does not exist")

    if b.flat is not None and (not isinstance(flat := spec.input.member(b.flat), NodeSpec) or flat.repeated):
        report("/x-mi/flat", f"{b.flat} 不是单行节点", f"{b.flat} is no single-row node")
    for path in b.proof:
        if path != "infcode":
            need("proof", spec.output, path.removeprefix("output."))
    for path, values in b.proof_values:
        if path not in b.proof:
            report("/x-mi/proofValues", f"{path} 不在 proof 中", f"{path} is no proof")
        proof = _at(spec.output, path.removeprefix("output."))
        for word in values:
            if isinstance(proof, FieldSpec) and not _admits(proof, word, catalog.code_tables):
                report("/x-mi/proofValues", f"{path} 没有代码 {word}", f"{path} has no code {word}")
    if b.person_request:
        need("person/request", spec.input, b.person_request)
    if b.person_reply:
        need("person/reply", spec.output, b.person_reply)
    for key, paths in (("businessKey", b.business_key), ("lockKey", b.lock_key), ("amounts", b.amounts)):
        for path in paths:
            if path != "operation_key":
                need(key, spec.input, path)
    for i, identity in enumerate(b.identities):
        for term in (identity.total, *identity.parts):
            need(f"identities/{i}", spec.output, f"{identity.node}.{term}")
    for i, query in enumerate(b.outcome_queries):
        _known(query.interface, f"outcomeQueries/{i}", catalog, report)
    if b.quoted_by is not None:
        _known(b.quoted_by, "quotedBy", catalog, report)
    outcome_problems(spec, catalog.interfaces, report)
    if b.cancelled_by is not None:
        _known(b.cancelled_by, "cancelledBy", catalog, report)
        other = catalog.interfaces.get(b.cancelled_by)
        if other is not None and spec.code not in other.behaviour.cancels_all:
            report(
                "/x-mi/cancelledBy",
                f"{other.code} 的 cancels 没有本接口",
                f"{other.code} does not cancel this one",
            )
    for code in b.cancels_all:
        _known(code, "cancels", catalog, report)
        other = catalog.interfaces.get(code)
        if other is not None and other.behaviour.cancelled_by != spec.code:
            report(
                "/x-mi/cancels", f"{code} 的 cancelledBy 不是本接口", f"{code} is not cancelled by this one"
            )


def _known(code: str, key: str, catalog: Catalog, report: Report) -> None:
    if code not in catalog.interfaces:
        report(f"/x-mi/{key}", f"接口 {code} 不存在", f"there is no interface {code}")


def _unique(catalog: Catalog, out: list[CatalogProblem]) -> None:
    for kind, names in (("slug", catalog.names.slugs), ("className", catalog.names.classes)):
        for name, count in Counter(names.values()).items():
            if count > 1:
                out.append(
                    CatalogProblem(
                        "names.json", "", f"{kind} {name} 重复", f"{kind} {name} stands there twice"
                    )
                )
    for code, spec in catalog.interfaces.items():
        present = {path for path, _ in [*_nodes(spec.input, "input"), *_nodes(spec.output, "output")]}
        nodes = catalog.names.nodes.get(code, {})
        for name, count in Counter(n for path, n in nodes.items() if path in present).items():
            if count > 1:
                text = f"/interfaces/{code}/nodes"
                out.append(
                    CatalogProblem(
                        "names.json", text, f"类名 {name} 重复", f"class name {name} stands there twice"
                    )
                )
    for spec in catalog.interfaces.values():
        for path, member in [*_nodes(spec.input, "input"), *_nodes(spec.output, "output")]:
            if path not in catalog.names.nodes.get(spec.code, {}):
                out.append(
                    CatalogProblem(
                        "names.json", f"/interfaces/{spec.code}/nodes", f"节点 {path} 没有类名",
                        f"node {path} ({member.label}) has no class name",
                    )
                )  # fmt: skip


def _nodes(root: NodeSpec, path: str) -> Iterator[tuple[str, NodeSpec]]:
    for below, member in root.walk(path):
        if isinstance(member, NodeSpec):
            yield below, member
