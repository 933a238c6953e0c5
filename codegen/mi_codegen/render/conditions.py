"""``if``/``then`` of a document as Python statements, with the sentence that a cashier will read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mi_codegen.ir import RecordIR
from mi_codegen.render.layout import Doc, Group, called, layout
from mi_codegen.render.literals import literal, value
from mi_codegen.render.members import leaves

__all__ = ["any_of_lines", "condition_lines"]


class _Words:
    """Labels (for messages) and attribute names of the members of a class, by wire name."""

    def __init__(self, record: RecordIR) -> None:
        self.labels = {m.spec.code: m.spec.label or m.spec.code for m in leaves(record)}
        self.names = {m.spec.code: m.name for m in leaves(record)}

    def label(self, code: str) -> str:
        return self.labels.get(code, code)


def condition_lines(record: RecordIR, table: str, at: str) -> list[str]:
    """All conditions of a class."""
    words = _Words(record)
    lines: list[str] = []
    for condition in record.conditions:
        test, zh, en = _when(condition.when, words)
        lines.append(f"    if {test}:")
        lines += _then(condition.then, words, table, at, zh, en) or ["        pass"]
    return lines


def _when(schema: Mapping[str, Any], words: _Words) -> tuple[str, str, str]:
    """The test as an expression, and how it is said in Chinese and English."""
    tests: list[str] = []
    zh: list[str] = []
    en: list[str] = []
    needed = list(schema.get("required", ()))
    for code, rule in schema.get("properties", {}).items():
        attribute = f"r.{words.names[code]}"
        values = (rule["const"],) if "const" in rule else tuple(rule.get("enum", ()))
        same = (
            f"{attribute} == {value(values[0])}"
            if len(values) == 1
            else f"{attribute} in {layout(value(values))}"
        )
        tests.append(same if code in needed else f"(not present({attribute}) or {same})")
        if code in needed:
            needed.remove(code)
        zh.append(f"{words.label(code)}为 {'、'.join(map(str, values))} 时")
        en.append(f"{code} is {' or '.join(map(str, values))}")
    for code in needed:
        tests.append(f"present(r.{words.names[code]})")
        zh.append(f"填写了{words.label(code)}时")
        en.append(f"{code} is given")
    negated = schema.get("not", {})
    absent = list(negated.get("required", ()))
    if absent:
        inner = " and ".join(f"present(r.{words.names[c]})" for c in absent)
        tests.append(f"not ({inner})" if len(absent) > 1 else f"not {inner}")
        zh.append(f"未填写{'、'.join(map(words.label, absent))}时")
        en.append(f"{', '.join(absent)} is not given")
    return " and ".join(tests) or "True", "且".join(zh), " and ".join(en)


def _then(schema: Mapping[str, Any], words: _Words, table: str, at: str, zh: str, en: str) -> list[str]:
    lines: list[str] = []

    def emit(function: str, code: str, *extra: Doc) -> None:
        name = words.names[code]
        doc = called(function, [f"{table}[{literal(name)}]", f"r.{name}", *extra])
        lines.append("        " + layout(doc, 8))

    def told(text_zh: str, text_en: str) -> tuple[str, str]:
        return literal(f"{zh}{text_zh}"), literal(f"{text_en} when {en}" if en else text_en)

    for code in schema.get("required", ()):
        emit("need", code, at, "out", *told("必填", "required"))
    for code, rule in schema.get("properties", {}).items():
        values = (rule["const"],) if "const" in rule else tuple(rule.get("enum", ()))
        if values:
            texts = told(f"应为 {'、'.join(map(str, values))}", f"must be {' or '.join(map(str, values))}")
            emit("restrict", code, value(values), at, "out", *texts)
    negated = schema.get("not", {})
    for group in negated.get("anyOf", [negated] if negated else []):
        for code in group.get("required", ()):
            emit("forbid", code, at, "out", *told("不能填写", "must not be given"))
    return lines


def any_of_lines(record: RecordIR, table: str, at: str) -> list[str]:
    """At least one of these groups of fields."""
    if not record.any_of:
        return []
    names = _Words(record).names
    groups = [
        Group("(", [f"{table}[{literal(names[c])}]" for c in group], ")", single=len(group) == 1)
        for group in record.any_of
    ]
    doc = called("need_any", [Group("(", groups, ")", single=len(groups) == 1), "r", at, "out"])
    return ["    " + layout(doc, 4)]
