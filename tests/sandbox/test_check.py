"""The sandbox's own validator."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from mi_core.model import CodeTable, Condition, FieldSpec, NodeSpec
from mi_plugins.sandbox.check import compile_node

TABLES = {"kind": CodeTable("kind", "kind", "类别", "Kind", {"1": "甲", "03": "丙"})}
NODE = NodeSpec(
    "data", "输入",
    members=(
        FieldSpec("name", "姓名", required=True, max_length=3),
        FieldSpec("kind", "类别", code_table="kind"),
        FieldSpec("free", "自由编码", open=True, max_length=4),
        FieldSpec("flag", "标志", enum=("Y", "N")),
        FieldSpec("amt", "金额", "number", digits=5, scale=2),
        FieldSpec("cnt", "数量", "number", digits=2),
        FieldSpec("any", "任意", "number"),
        FieldSpec("num", "整数", "integer"),
        FieldSpec("day", "日期", "date"),
        FieldSpec("at", "时间", "datetime"),
        FieldSpec("month", "年月", "date", pattern="yyyyMM"),
        FieldSpec("on", "开关", "boolean"),
        FieldSpec("texts", "文本组", "strings"),
        FieldSpec("open", "对象", "object"),
        FieldSpec("card", "卡"),
        NodeSpec("rows", "行", repeated=True, max_items=2, members=(FieldSpec("a", "甲", required=True), FieldSpec("b", "乙"))),
        NodeSpec("map", "映射", open=True, members=(FieldSpec("a", "甲", max_length=1),)),
    ),
    conditions=(Condition({"properties": {"kind": {"const": "03"}}, "required": ["kind"]}, {"required": ["card"]}),),
)  # fmt: skip
check = compile_node(NODE, TABLES)


def findings(**content: Any) -> list[str]:
    found: list[str] = []
    check({"name": "张三"} | content, "", found)
    return found


@pytest.mark.parametrize(
    "content",
    [
        {}, {"kind": "1"}, {"kind": ""}, {"kind": None}, {"free": "zzzz"}, {"flag": "Y"}, {"amt": Decimal("999.99")}, {"amt": -5},
        {"cnt": 99}, {"any": Decimal("1.23456")}, {"num": 7}, {"day": "2024-02-29"}, {"at": "2024-02-29 23:59:59"}, {"month": "202402"},
        {"on": True}, {"texts": ["a"]}, {"open": {"x": 1}}, {"rows": [{"a": "1"}]}, {"map": {"a": "1", "z": [1]}}, {"amt": ""},
        {"kind": "03", "card": "c"}, {"amt": Decimal("100.0")},
    ],
)  # fmt: skip
def test_good_values(content: dict[str, Any]) -> None:
    assert findings(**content) == []


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ({"name": ""}, "缺少必填项姓名[name]"),
        ({"name": None}, "缺少必填项"),
        ({"name": "一二三四"}, "超过3个字符"),
        ({"name": 3}, "须为字符型"),
        ({"kind": "2"}, "不是有效字典值"),
        ({"kind": 1}, "须为字符型"),
        ({"flag": "X"}, "不是有效字典值"),
        ({"free": "zzzzz"}, "超过4"),
        ({"amt": Decimal("1000")}, "整数部分超过3位"),
        ({"amt": Decimal("1.234")}, "小数超过2位"),
        ({"amt": "1.00"}, "须为数值型"),
        ({"amt": True}, "须为数值型"),
        ({"amt": Decimal("NaN")}, "有限"),
        ({"cnt": Decimal("1.5")}, "须为整数"),
        ({"cnt": 100}, "超过2位"),
        ({"num": Decimal("1.5")}, "须为整数"),
        ({"day": "2023-02-29"}, "有效时间"),
        ({"day": "20240229"}, "有效时间"),
        ({"at": "2024-02-29T00:00:00"}, "有效时间"),
        ({"at": "2024-02-29"}, "有效时间"),
        ({"month": "202413"}, "有效时间"),
        ({"on": "x"}, "布尔"),
        ({"texts": [1]}, "字符串数组"),
        ({"open": "x"}, "须为对象"),
        ({"zzz": 1}, "未约定的字段[zzz]"),
        ({"zzz": None}, "未约定的字段"),
        ({"rows": {"a": "1"}}, "须为数组"),
        ({"rows": [{"b": "1"}]}, "rows第1行缺少必填项甲[a]"),
        ({"rows": [{"a": "1"}] * 3}, "最多2行"),
        ({"rows": ["x"]}, "须为对象"),
        ({"map": {"a": "12"}}, "超过1"),
        ({"kind": "03"}, "须提供卡[card]"),
        ({"kind": "03", "card": ""}, "须提供卡"),
    ],
)
def test_bad_values(content: dict[str, Any], text: str) -> None:
    found = findings(**content)
    assert len(found) == 1 and text in found[0]


def test_all_findings_at_once() -> None:
    assert len(findings(name="", kind="2", amt="x", zzz=1)) == 4


def test_combinations_that_are_forbidden() -> None:
    members = (FieldSpec("a", "甲"), FieldSpec("b", "乙"))
    rule = Condition({"required": ["a"]}, {"properties": {"b": {"enum": ["1"]}}})
    either = NodeSpec("n", "节点", members=members, conditions=(rule,), any_of=(("a",), ("b",)))
    judge = compile_node(either, {})
    for content, text in (
        ({}, "至少提供一项：甲[a]、乙[b]"),
        ({"a": "1", "b": "2"}, "取值组合"),
        ({"a": "1", "b": "1"}, ""),
    ):
        found: list[str] = []
        judge(content, "", found)
        assert (found == []) == (text == "") and all(text in one for one in found)
