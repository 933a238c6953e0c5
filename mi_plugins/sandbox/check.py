"""The sandbox's own validator: a node of the catalogue is compiled once into closures, then checks bytes-turned-values.

Independent of the validation that clients use, on purpose: two readings of the same catalogue keep each other honest.
Numbers arrive as ``int`` or ``Decimal`` (never ``float``). An optional value may be absent, ``null`` or ``""``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mi_core.model import CodeTable, NodeSpec
from mi_plugins.sandbox.conditions import holds, missing
from mi_plugins.sandbox.scalars import ScalarCheck, compile_scalar

__all__ = ["Check", "compile_node"]

Check = Callable[[object, str, list[str]], None]
"""``check(value, path, findings)`` appends a Chinese sentence for everything that is wrong."""

MAX_FINDINGS = 20


def compile_node(node: NodeSpec, tables: Mapping[str, CodeTable]) -> Check:
    """A check for the node's value: an object, or a list of objects when the node repeats."""
    row = _compile_row(node, tables)
    if not node.repeated:
        return row
    label = f"{node.label}[{node.code}]"
    required, most = node.required, node.max_items

    def check_rows(value: object, path: str, findings: list[str]) -> None:
        if not isinstance(value, list):
            findings.append(f"节点{label}须为数组")
            return
        if required and not value:
            findings.append(f"节点{label}至少一行")
        if most is not None and len(value) > most:
            findings.append(f"节点{label}最多{most}行")
        for number, one in enumerate(value):
            if len(findings) >= MAX_FINDINGS:
                return
            row(one, f"{path}第{number + 1}行", findings)

    return check_rows


def _compile_row(node: NodeSpec, tables: Mapping[str, CodeTable]) -> Check:
    title = f"{node.label}[{node.code}]"
    scalars: dict[str, ScalarCheck] = {f.code: compile_scalar(f, tables) for f in node.fields}
    labels: dict[str, str] = {f.code: f"{f.label}[{f.code}]" for f in node.members}
    nodes: dict[str, Check] = {n.code: compile_node(n, tables) for n in node.nodes}
    required: tuple[str, ...] = tuple(m.code for m in node.members if m.required)
    rules = _compile_rules(node, labels)
    is_map = node.open

    def check_row(value: object, path: str, findings: list[str]) -> None:
        if not isinstance(value, dict):
            findings.append(f"节点{title}须为对象")
            return
        for name in required:
            member = value.get(name)
            if member is None or member == "":
                findings.append(f"{path}缺少必填项{labels[name]}")
        for name, member in value.items():
            if member is None or member == "":
                if name not in labels and not is_map:
                    findings.append(f"{path}出现未约定的字段[{name}]")
                continue
            scalar = scalars.get(name)
            if scalar is not None:
                wrong = scalar(member)
                if wrong is not None:
                    findings.append(f"{path}{labels[name]}{wrong}")
                continue
            inner = nodes.get(name)
            if inner is None:
                if not is_map:
                    findings.append(f"{path}出现未约定的字段[{name}]")
            else:
                inner(member, f"{path}{name}", findings)
        for rule in rules:
            rule(value, path, findings)

    return check_row


Rule = Callable[[Mapping[str, Any], str, list[str]], None]


def _compile_rules(node: NodeSpec, labels: Mapping[str, str]) -> list[Rule]:
    rules: list[Rule] = []
    for condition in node.conditions:
        rules.append(_condition_rule(condition.when, condition.then, labels))
    if node.any_of:
        groups = node.any_of
        names = "、".join("+".join(labels.get(n, n) for n in group) for group in groups)

        def any_rule(value: Mapping[str, Any], path: str, findings: list[str]) -> None:
            if not any(all(value.get(n) not in (None, "") for n in group) for group in groups):
                findings.append(f"{path}下列各项至少提供一项：{names}")

        rules.append(any_rule)
    return rules


def _condition_rule(when: Mapping[str, Any], then: Mapping[str, Any], labels: Mapping[str, str]) -> Rule:
    def rule(value: Mapping[str, Any], path: str, findings: list[str]) -> None:
        if not holds(when, value) or holds(then, value):
            return
        absent = [labels.get(name, name) for name in missing(then, value)]
        if absent:
            findings.append(f"{path}在当前业务条件下须提供{'、'.join(absent)}")
        else:
            names = "、".join(labels.get(name, name) for name in then.get("properties", {})) or "、".join(
                when.get("properties", {})
            )
            findings.append(f"{path}{names}的取值组合不符合业务要求")

    return rule
