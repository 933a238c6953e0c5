"""How one interface of the catalogue is shown to a person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import click

from mi_core.catalog.compare import notation
from mi_core.cli.text import print_table, t
from mi_core.model.spec import FieldSpec, InterfaceSpec, NodeSpec

__all__ = ["EFFECTS", "FOLD", "effect_name", "print_interface"]

EFFECTS: Final[Mapping[str, str]] = {
    "query": "查询", "upload": "上传", "state": "登记/备案", "money": "结算（动账）", "reversal": "冲正",
}  # fmt: skip

_OUTPUTS: Final[Mapping[str, tuple[str, str]]] = {
    "array": ("（整体为列表）", " (a list as a whole)"),
    "object-or-array": ("（整体为对象或列表）", " (an object or a list as a whole)"),
}
"""What is said of a reply that is not simply one object."""

FOLD: Final[Mapping[str, Any]] = {"overflow": "fold"}
"""Column option: break a long name instead of cutting it."""


def effect_name(spec: InterfaceSpec) -> str:
    """What the call does at the bureau, in the operator's language."""
    effect = spec.behaviour.effect
    return t(EFFECTS[effect], effect)


def print_interface(spec: InterfaceSpec) -> None:
    """Heading, behaviour, fields of both parts, file layouts."""
    click.echo(f"{spec.code} {spec.title} · {spec.class_name} · {effect_name(spec)} · {spec.group}")
    click.echo(spec.description)
    _show_behaviour(spec)
    whole = t(*_OUTPUTS.get(spec.output_kind, ("", "")))
    for part, name in ((spec.input, t("输入", "input")), (spec.output, t("输出", "output") + whole)):
        rows = list(_rows(part, 0))
        if rows:
            columns: list[str | tuple[str, Mapping[str, Any]]] = [
                (t("字段", "field"), FOLD),
                t("名称", "label"),
                t("类型", "type"),
                t("必填", "required"),
                t("代码表", "codes"),
            ]
            print_table(name, columns, rows)
        else:
            click.echo(t(f"{name}：无字段", f"{name}: no fields"))
    for layout in spec.files:
        click.echo(
            t(
                f"文件（{layout.caption}）：{len(layout.columns)} 列",
                f"file ({layout.caption}): {len(layout.columns)} columns",
            )
        )


def _show_behaviour(spec: InterfaceSpec) -> None:
    b = spec.behaviour
    lines = [
        (t("成功依据", "proof of success"), ", ".join(b.proof)),
        (t("业务键", "business key"), ", ".join(b.business_key)),
        (t("结果可由谁确认", "outcome told by"), ", ".join(q.interface for q in b.outcome_queries)),
        (t("撤销接口", "cancelled by"), b.cancelled_by or ""),
        (t("撤销对象", "cancels"), ", ".join(b.cancels_all)),
    ]
    for name, value in lines:
        if value:
            click.echo(f"  {name}: {value}")


def _rows(node: NodeSpec, depth: int) -> Iterator[tuple[str, str, str, str, str]]:
    pad = "  " * depth
    for member in node.members:
        need = t("是", "yes") if member.required else ""
        if isinstance(member, FieldSpec):
            codes = member.code_table or (t("开放", "open") if member.open else "/".join(member.enum))
            yield pad + member.code, member.label, notation(member), need, codes
        else:
            kind = t("多行节点", "rows") if member.repeated else t("节点", "node")
            yield f"{pad}{member.code}", member.label, kind, need, ""
            yield from _rows(member, depth + 1)
