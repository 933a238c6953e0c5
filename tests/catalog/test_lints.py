"""Lints that know nothing of the importer: an importer cannot check itself. All read the effective JSON."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from mi_core.catalog import load_catalog

CATALOG = load_catalog()
JSON = dict[str, Any]
CODES = list(CATALOG.interfaces)
TABLES = {key: {o["const"] for o in CATALOG.code_table_document(key)["oneOf"]} for key in CATALOG.code_tables}


@cache
def document(code: str) -> JSON:
    return CATALOG.document(code)


def row(node: JSON) -> JSON:
    return node["items"] if node.get("type") == "array" else node


def is_node(member: JSON) -> bool:
    return "properties" in member or "properties" in member.get("items", {})


def nodes(code: str) -> Iterator[tuple[str, JSON]]:
    """Every object with members: path and node (of one row or many)."""

    def visit(path: str, node: JSON) -> Iterator[tuple[str, JSON]]:
        yield path, node
        for key, member in row(node)["properties"].items():
            if is_node(member):
                yield from visit(f"{path}.{key}", member)

    for part, node in document(code)["properties"].items():
        yield from visit(part, node)
    if "xmlDocument" in document(code)["x-mi"]:
        yield from visit("xmlDocument", document(code)["x-mi"]["xmlDocument"])


def fields(code: str) -> Iterator[tuple[str, str, JSON]]:
    for path, node in nodes(code):
        for key, member in row(node)["properties"].items():
            if not is_node(member):
                yield f"{path}.{key}", key, member


def everything() -> Iterator[tuple[str, str, str, JSON]]:
    for code in CODES:
        for path, key, member in fields(code):
            yield code, path, key, member


def faults(test: Any) -> list[str]:
    return [f"{c} {p}" for c, p, k, m in everything() if test(c, p, k, m)]


def all_texts() -> Iterator[tuple[str, str]]:
    def visit(where: str, value: Any) -> Iterator[tuple[str, str]]:
        if isinstance(value, str):
            yield where, value
        elif isinstance(value, dict):
            for key, item in value.items():
                yield where, key
                yield from visit(where, item)
        elif isinstance(value, list):
            for item in value:
                yield from visit(where, item)

    for code in CODES:
        yield from visit(code, document(code))
    for key in CATALOG.code_tables:
        yield from visit(key, CATALOG.code_table_document(key))


def test_wire_codes_are_ascii_and_plain() -> None:
    wire = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*\Z")
    assert faults(lambda c, p, k, m: not wire.match(k)) == []
    assert [f"{c} {p}" for c in CODES for p, _ in nodes(c) if not wire.match(p.rpartition(".")[2])] == []


def test_code_values_are_ascii() -> None:
    plain = re.compile(r"-?[A-Za-z0-9][A-Za-z0-9._-]*\Z")
    assert [(k, v) for k, values in TABLES.items() for v in values if not plain.match(v)] == []


def test_no_box_glyphs_or_controls() -> None:
    glyph = re.compile(
        "[\ue000-\uf8ff\ufffd\u25a0-\u25ff\u2500-\u257f\u0000-\u0008\u000b-\u001f\u007f\u200b-\u200f\ufeff]"
    )
    assert [(w, text) for w, text in all_texts() if glyph.search(text)] == []


def test_labels_are_names_not_remarks() -> None:
    assert [f"{c} {p} {m['title']}" for c, p, _, m in everything() if not 0 < len(m["title"]) <= 40] == []
    assert [
        f"{c} {p} {m['title']}" for c, p, _, m in everything() if re.search("[。；;]|必填|详见", m["title"])
    ] == []


def test_every_node_has_a_name() -> None:
    loose = [
        f"{c} {p}" for c in CODES for p, n in nodes(c) if p not in ("input", "output") and not n.get("title")
    ]
    assert loose == []
    assert [f"{c} {p}" for c in CODES for p, n in nodes(c) if "节点标识" in n.get("title", "")] == []


HEAD = {
    "msgid", "mdtrtarea_admvs", "recer_sys_code", "dev_safe_info", "cainfo", "signtype", "infver", "inf_time",
    "infcode", "inf_refmsgid", "refmsg_time", "respond_time", "err_msg",
}  # fmt: skip


def test_no_head_fields_in_nodes() -> None:
    # 3202's result file names our msgid; three inpatient tables ask for the place of treatment among their own fields.
    allowed = {
        "2303 input.data.mdtrtarea_admvs",
        "2304 input.data.mdtrtarea_admvs",
        "2401 input.mdtrtinfo.mdtrtarea_admvs",
    }
    assert set(faults(lambda c, p, k, m: k in HEAD)) == allowed


# The source's own remark gives these reply times as yyyy-MM-dd.
DATED_REPLIES = ("4507 output.", "4509 output.", "4510 output.", "4511 output.", "4512 output.")


def test_times_are_times() -> None:
    """A reply's `…时间` is a point in time. A request keeps the date the source asks for: more might be refused."""

    def wrong(code: str, path: str, key: str, member: JSON) -> bool:
        named = key.lower().endswith("time") and "日期" not in member["title"]
        return named and member.get("format") == "date" and path.startswith("output")

    assert [f for f in faults(wrong) if not f.startswith(DATED_REPLIES)] == []


def test_dates_are_dates() -> None:
    def wrong(code: str, path: str, key: str, member: JSON) -> bool:
        return key.endswith(("_date", "Date")) and member.get("type") not in ("string", None)

    assert faults(wrong) == []


def test_amounts_are_numbers() -> None:
    def wrong(code: str, path: str, key: str, member: JSON) -> bool:
        amount = re.search(r"(_amt|_sumamt|_sumfee|_payamt|Amt|Sumamt|Sumfee)\Z", key)
        return bool(amount) and member.get("type") != "number"

    assert faults(wrong) == []


def test_names_and_numbers_of_people_are_text() -> None:
    def wrong(code: str, path: str, key: str, member: JSON) -> bool:
        text = re.search(r"(_name|Name|certno|Certno|psn_no|psnNo|mdtrt_id|setl_id)\Z", key)
        return bool(text) and (member.get("type") in ("number", "boolean") or "format" in member)

    assert faults(wrong) == []


@pytest.mark.parametrize(
    ("label", "types"),
    [
        (r"(金额|总额|费用|支出|余额)\Z", {"number"}),
        (r"(姓名|名称|电话|地址|证件号码|编码|代码)\Z", {"string"}),
        (r"标志\Z", {"string", "boolean"}),
    ],
)
def test_label_and_type_are_plausible_together(label: str, types: set[str]) -> None:
    def wrong(code: str, path: str, key: str, member: JSON) -> bool:
        return bool(re.search(label, member["title"])) and (
            member.get("type") not in types or "format" in member
        )

    assert faults(wrong) == []


def test_money_is_not_a_whole_number() -> None:
    def wrong(code: str, path: str, key: str, member: JSON) -> bool:
        mi = member.get("x-mi", {})
        exact = mi.get("scale") or (mi.get("money") and "digits" not in mi)
        return member.get("type") == "number" and not exact and (mi.get("class") == "money" or "money" in mi)

    assert faults(wrong) == []


def test_digits_hold_their_scale() -> None:
    def wrong(code: str, path: str, key: str, member: JSON) -> bool:
        mi = member.get("x-mi", {})
        return mi.get("scale", 0) > mi.get("digits", 99) or (
            bool(mi.get("scale")) and member.get("type") != "number"
        )

    assert faults(wrong) == []


def test_every_field_has_a_type() -> None:
    assert faults(lambda c, p, k, m: "type" not in m) == []


def test_code_table_references() -> None:
    assert faults(lambda c, p, k, m: m.get("x-mi", {}).get("codeTable", "med_type") not in TABLES) == []


def test_bound_fields_hold_every_code_of_their_table() -> None:
    def wrong(code: str, path: str, key: str, member: JSON) -> bool:
        table = member.get("x-mi", {}).get("codeTable")
        limit = member.get("maxLength")
        return bool(table) and limit is not None and max(map(len, TABLES[table])) > limit

    assert faults(wrong) == []


def test_bound_fields_are_text() -> None:
    def wrong(code: str, path: str, key: str, member: JSON) -> bool:
        return "codeTable" in member.get("x-mi", {}) and member.get("type") in ("boolean", "object")

    assert faults(wrong) == []


def named(schema: JSON) -> Iterator[tuple[str, list[str]]]:
    """(field, values it is compared with) of a condition."""
    for key, test in schema.get("properties", {}).items():
        yield key, [str(v) for v in test.get("enum", [test["const"]] if "const" in test else [])]
    for key in schema.get("required", ()):
        yield key, []
    for part in ([schema["not"]] if "not" in schema else []) + schema.get("anyOf", []):
        yield from named(part)


@pytest.mark.parametrize("code", CODES)
def test_conditions_name_fields_and_codes_that_exist(code: str) -> None:
    wrong = []
    for path, node in nodes(code):
        members = row(node)["properties"]
        conditions = [s for c in row(node).get("allOf", ()) for s in (c["if"], c["then"])]
        for schema in conditions + row(node).get("anyOf", []):
            for field, values in named(schema):
                member = members.get(field)
                if member is None:
                    wrong.append(f"{path}: no field {field}")
                    continue
                table = member.get("x-mi", {}).get("codeTable")
                known = (
                    TABLES[table] if table else {str(v) for v in member["enum"]} if "enum" in member else None
                )
                wrong.extend(
                    f"{path}.{field}: no code {v}" for v in values if known is not None and v not in known
                )
    assert wrong == []


@pytest.mark.parametrize("code", CODES)
def test_a_conditional_field_is_not_required_anyway(code: str) -> None:
    wrong = []
    for path, node in nodes(code):
        always = set(row(node).get("required", ()))
        for condition in row(node).get("allOf", ()):
            wrong.extend(f"{path}.{f}" for f in condition["then"].get("required", ()) if f in always)
    assert wrong == []


def test_conditions_stand_once() -> None:
    wrong = []
    for code in CODES:
        for path, node in nodes(code):
            counts = Counter(str(c) for c in row(node).get("allOf", ()))
            wrong.extend(f"{code} {path}" for n in counts.values() if n > 1)
    assert wrong == []


def find(root: JSON, path: str) -> JSON | None:
    here: JSON | None = root
    for step in path.split("."):
        here = row(here)["properties"].get(step) if here is not None and is_node(here) else None
    return here


@pytest.mark.parametrize("code", CODES)
def test_behaviour_names_places_that_exist(code: str) -> None:
    mi, parts = document(code)["x-mi"], document(code)["properties"]
    asked = [*mi.get("businessKey", ()), *mi.get("lockKey", ()), *mi.get("amounts", ())]
    paths = [("input", p) for p in asked if p != "operation_key"]
    paths += [("output", p.removeprefix("output.")) for p in mi.get("proof", ()) if p != "infcode"]
    person = mi.get("person", {})
    paths += [
        (part, person[key]) for part, key in (("input", "request"), ("output", "reply")) if key in person
    ]
    for identity in mi.get("identities", ()):
        paths += [("output", f"{identity['node']}.{t}") for t in (identity["total"], *identity["parts"])]
    if mi["flat"] is not None:
        paths.append(("input", mi["flat"]))
        assert parts["input"]["properties"][mi["flat"]]["type"] == "object"
    assert [f"{part}.{p}" for part, p in paths if find(parts[part], p) is None] == []


def test_exact_calls_say_how_their_outcome_is_known() -> None:
    silent = []
    for code in CODES:
        mi = document(code)["x-mi"]
        if mi["effect"] in ("money", "state", "reversal") and not (mi.get("proof") and mi.get("businessKey")):
            silent.append(code)
    assert silent == []


def test_relations_are_mutual() -> None:
    wrong = []
    for code in CODES:
        mi = document(code)["x-mi"]
        undone = mi.get("cancels") or []
        for other in [undone] if isinstance(undone, str) else undone:
            if document(other)["x-mi"].get("cancelledBy") != code:
                wrong.append(f"{code} cancels {other}")
        by = mi.get("cancelledBy")
        back = (document(by)["x-mi"].get("cancels") or []) if by else []
        if by and code not in ([back] if isinstance(back, str) else back):
            wrong.append(f"{code} is cancelled by {by}")
        wrong.extend(
            f"{code} asks {q['interface']}"
            for q in mi.get("outcomeQueries", ())
            if q["interface"] not in CODES
        )
    assert wrong == []


def test_names_are_unique() -> None:
    for key in ("slug", "className"):
        counts = Counter(document(c)["x-mi"][key] for c in CODES)
        assert [n for n, k in counts.items() if k > 1] == []
    counts = Counter(t.class_name for t in CATALOG.code_tables.values())
    assert [n for n, k in counts.items() if k > 1] == []


@pytest.mark.parametrize("code", CODES)
def test_every_node_has_one_class_name(code: str) -> None:
    names = CATALOG.names.nodes[code]
    paths = {p for p, _ in nodes(code) if p not in ("input", "output")}
    assert paths - set(names) == set()
    assert set(names) - paths <= {"input", "output"}
    assert [n for n, k in Counter(names.values()).items() if k > 1] == []
    assert [n for n in names.values() if not re.match(r"[A-Z][A-Za-z0-9]*\Z", n)] == []


def test_flat_requests_do_not_collide() -> None:
    wrong = []
    for code in CODES:
        flat, roots = document(code)["x-mi"]["flat"], document(code)["properties"]["input"]["properties"]
        if flat is not None:
            wrong.extend(f"{code} {k}" for k in row(roots[flat])["properties"] if k in roots and k != flat)
    assert wrong == []
