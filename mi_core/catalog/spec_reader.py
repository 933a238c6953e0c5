"""A document (after overlays) -> :class:`mi_core.model.InterfaceSpec`; every oddity is a problem with its pointer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import attrs

from mi_core.catalog.node_reader import Findings, read_field, read_node
from mi_core.catalog.outcome_reader import read_outcome_query
from mi_core.catalog.problems import CatalogProblem
from mi_core.catalog.shapes import code_table_shape, interface_shape, node_shape
from mi_core.model.spec import (
    Behaviour,
    CodeTable,
    EntryColumns,
    FileColumn,
    FileLayout,
    Identity,
    InterfaceSpec,
    NodeSpec,
)

__all__ = ["INTERFACE_MI_KEYS", "read_code_table", "read_head", "read_interface"]

INTERFACE_MI_KEYS = frozenset({
    "code", "slug", "className", "chapterTitle", "category", "group", "mode", "sender", "receiver",
    "listed", "business", "withdrawn", "effect", "repeat", "action", "direction", "envelope", "inputLimit",
    "timeout", "flat", "proof", "proofValues", "person", "businessKey", "lockKey", "amounts", "identities",
    "outcomeQueries", "nobodyTells", "quotedBy", "cancelledBy", "cancels", "reversible", "logTable", "logCategory", "logType", "projection",
    "catalogue", "source", "files", "output", "xmlDocument", "inferred",
})  # fmt: skip
"""Everything the ``x-mi`` of an interface may hold."""

_CHOICES: Mapping[str, tuple[str, ...]] = {
    "effect": ("query", "upload", "state", "money", "reversal"),
    "repeat": ("safe", "replace", "never"),
    "direction": ("call", "inbound"),
    "envelope": ("national", "none", "order"),
    "timeout": ("settlement", "query", "upload", "download"),
}


def read_interface(document: Any, file: str) -> tuple[InterfaceSpec | None, list[CatalogProblem]]:
    """The frozen specification of one effective document, and everything that is wrong with it."""
    found = Findings(file)
    if not isinstance(document, dict) or not isinstance(document.get("x-mi"), dict):
        found.add("/x-mi", "不是接口文档", "this is no interface document")
        return None, found.problems
    interface_shape(document, found.add)
    if found.problems:
        return None, found.problems
    found.keys("", document, ("$id", "$schema", "title", "description", "x-mi", "type", "properties"))
    mi = document["x-mi"]
    found.keys("/x-mi", mi, INTERFACE_MI_KEYS)
    for key in ("code", "slug", "className", "category", "effect"):
        if not isinstance(mi.get(key), str) or not mi[key]:
            found.add(f"/x-mi/{key}", f"缺少 {key}", f"{key} is missing")
    for key, choices in _CHOICES.items():
        if key in mi and mi[key] not in choices:
            found.add(
                f"/x-mi/{key}", f"取值应为 {'、'.join(choices)}", f"must be one of {', '.join(choices)}"
            )
    parts = document.get("properties")
    if not isinstance(parts, dict) or set(parts) != {"input", "output"}:
        found.add(
            "/properties", "必须有且仅有 input 和 output", "input and output must stand here, nothing else"
        )
        return None, found.problems
    nodes = {part: read_node(part, parts[part], f"/properties/{part}", found) for part in ("input", "output")}
    files = _files(mi.get("files", []), found)
    entries = _entries(mi.get("catalogue"), nodes["output"], files, found)
    if found.problems:
        return None, found.problems
    try:
        return attrs.evolve(_interface(document, mi, nodes, files, file), entries=entries), []
    except (AttributeError, KeyError, TypeError, ValueError) as error:  # deep in outcomeQueries
        found.add("/x-mi/outcomeQueries", f"形式不对（{error!r}）", f"is not of the right form ({error!r})")
        return None, found.problems


def _interface(
    document: Mapping[str, Any],
    mi: Mapping[str, Any],
    nodes: Mapping[str, NodeSpec],
    files: tuple[FileLayout, ...],
    file: str,
) -> InterfaceSpec:
    source = mi.get("source", {})
    return InterfaceSpec(
        code=mi["code"], title=document.get("title", ""), description=document.get("description", ""),
        slug=mi["slug"], class_name=mi["className"], category=mi["category"], group=mi.get("group", ""),
        listed=bool(mi.get("listed", True)), business=bool(mi.get("business", True)),
        withdrawn=bool(mi.get("withdrawn", False)), input=nodes["input"], output=nodes["output"],
        behaviour=_behaviour(mi), files=files, sender=mi.get("sender", ""), receiver=mi.get("receiver", ""),
        mode=mi.get("mode", ""), chapter_title=mi.get("chapterTitle", ""),
        source_document=source.get("document", ""), source_chapter=source.get("chapter", ""),
        output_kind=_output_kind(document, mi), document_path=file,
    )  # fmt: skip


def _output_kind(document: Mapping[str, Any], mi: Mapping[str, Any]) -> Any:
    if mi.get("output") == "scalar":
        return "scalar"
    root = document["properties"]["output"]
    if root.get("type") == "array":
        return "array"
    return "object-or-array" if root.get("x-mi", {}).get("rootMay") == "array" else "object"


def _behaviour(mi: Mapping[str, Any]) -> Behaviour:
    person, undone = mi.get("person") or {}, mi.get("cancels") or ()
    undone = (undone,) if isinstance(undone, str) else tuple(undone)
    return Behaviour(
        effect=mi["effect"], action=mi.get("action"), repeat=mi.get("repeat"), direction=mi.get("direction", "call"),
        envelope=mi.get("envelope", "national"), input_limit=mi.get("inputLimit", 40_000),
        timeout=mi.get("timeout", "query"), flat=mi.get("flat"), proof=tuple(mi.get("proof", ())),
        proof_values=tuple((path, tuple(values)) for path, values in mi.get("proofValues", {}).items()),
        person_request=person.get("request"), person_reply=person.get("reply"),
        business_key=tuple(mi.get("businessKey", ())), lock_key=tuple(mi.get("lockKey", ())),
        amounts=tuple(mi.get("amounts", ())),
        identities=tuple(
            Identity(i["node"], i["total"], tuple(i["parts"]), i.get("relation", "=")) for i in mi.get("identities", ())
        ),
        outcome_queries=tuple(map(read_outcome_query, mi.get("outcomeQueries", ()))),
        nobody_tells=mi.get("nobodyTells"), quoted_by=mi.get("quotedBy"),
        cancelled_by=mi.get("cancelledBy"), cancels=undone[0] if len(undone) == 1 else None, cancels_all=undone,
        reversible=bool(mi.get("reversible", False)),
        log_table=mi.get("logTable"), log_category=mi.get("logCategory", ""), log_type=mi.get("logType", ""),
    )  # fmt: skip


def _entries(
    raw: Any, output: NodeSpec, files: tuple[FileLayout, ...], found: Findings
) -> EntryColumns | None:
    """What ``x-mi.catalogue`` says; every column or field that it names must be there."""
    if raw is None:
        return None
    try:
        lists = {name: tuple(raw.get(name, ())) for name in ("names", "spec")}
        entries = EntryColumns(**{**raw, **lists})
    except TypeError as error:
        found.add("/x-mi/catalogue", f"形式不对（{error}）", f"is not of the right form ({error})")
        return None
    known = {c.label for layout in files if layout.direction == "output" for c in layout.columns}
    known = known or {code.rpartition(".")[2] for code, _ in output.walk()}
    for missing in sorted(set(entries.columns()) - known):
        found.add("/x-mi/catalogue", f"没有 {missing} 这一列", f"there is no column {missing}")
    return entries


def _files(raw: Any, found: Findings) -> tuple[FileLayout, ...]:
    layouts: list[FileLayout] = []
    for n, layout in enumerate(raw):
        columns: list[FileColumn] = []
        for i, column in enumerate(layout.get("columns", ())):
            code = column.get("code")
            if code is None:
                columns.append(FileColumn(column["column"], column["title"]))
                continue
            member = {k: v for k, v in column.items() if k not in ("column", "code", "required")}
            field = read_field(
                code, member, bool(column.get("required")), f"/x-mi/files/{n}/columns/{i}", found
            )
            columns.append(
                FileColumn(
                    column["column"], field.label, code, field.type, field.max_length, field.digits, field.scale,
                    field.required,
                )
            )  # fmt: skip
        layouts.append(FileLayout(layout["direction"], layout.get("caption", ""), tuple(columns)))
    return tuple(layouts)


def read_head(document: Any, key: str, file: str) -> tuple[NodeSpec, list[CatalogProblem]]:
    """One head of the envelope (``request``, ``response``, ``gatewayHeaders``)."""
    found = Findings(file)
    raw = document.get(key) if isinstance(document, dict) else None
    node_shape(raw, f"/{key}", found.add)
    if found.problems:
        return NodeSpec(key, ""), found.problems
    node = read_node(key, raw if isinstance(raw, dict) else {}, f"/{key}", found)
    return node, found.problems


def read_code_table(document: Any, file: str) -> tuple[CodeTable | None, list[CatalogProblem]]:
    """A code table; codes must be unique."""
    found = Findings(file)
    if not isinstance(document, dict) or not isinstance(document.get("x-mi"), dict):
        found.add("/x-mi", "不是代码表", "this is no code table")
        return None, found.problems
    code_table_shape(document, found.add)
    if found.problems:
        return None, found.problems
    found.keys("", document, ("$id", "$schema", "title", "x-mi", "oneOf"))
    mi = document["x-mi"]
    found.keys("/x-mi", mi, ("code", "className", "sameAs"))
    codes: dict[str, str] = {}
    for i, item in enumerate(document.get("oneOf", ())):
        if not isinstance(item, dict) or set(item) != {"const", "title"}:
            found.add(f"/oneOf/{i}", "应为 const 与 title", "const and title must stand here")
            continue
        if item["const"] in codes:
            found.add(f"/oneOf/{i}", f"代码 {item['const']} 重复", f"code {item['const']} stands there twice")
        codes[item["const"]] = item["title"]
    key = str(document.get("$id", "")).removeprefix("urn:mi:code:")
    for name, value in (("$id", key), ("x-mi/className", mi.get("className")), ("x-mi/code", mi.get("code"))):
        if not value:
            found.add(f"/{name}", f"缺少 {name}", f"{name} is missing")
    if found.problems:
        return None, found.problems
    return CodeTable(
        key, mi["code"], cast(str, document.get("title", "")), mi["className"], codes, file, mi.get("sameAs")
    ), []
