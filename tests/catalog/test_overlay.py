"""The overlay engine: what each operation does, and that every misfit is told with file, entry and pointer."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi_core.catalog.overlay import conflicts, read_overlay
from mi_core.catalog.overlay_ops import apply
from mi_core.catalog.pointer import PointerError, join, parse, resolve

JSON = dict[str, Any]


def document() -> JSON:
    return {
        "x-mi": {"code": "2102", "cancelledBy": "2103"},
        "properties": {
            "input": {
                "type": "object",
                "properties": {
                    "data": {
                        "title": "输入", "type": "object",
                        "properties": {
                            "psn_no": {"title": "人员编号", "type": "string"},
                            "gend": {"title": "性别", "type": "string"},
                            "tel": {"title": "电话", "type": "string"},
                        },
                        "required": ["psn_no", "gend"],
                        "x-mi": {"sourceTable": "input.0"},
                    },
                    "?2": {"title": "明细", "type": "object", "properties": {"cnt": {"title": "数量"}}},
                },
                "required": ["data"],
            },
            "output": {"type": "object", "properties": {}},
        },
        "oneOf": [{"const": "11", "title": "普通门诊"}, {"const": "13", "title": "急诊"}],
    }  # fmt: skip


DATA = "/properties/input/properties/data"


def entry(op: str, pointer: str, **more: Any) -> JSON:
    return {"document": "2102", "op": op, "pointer": pointer, "reason": "r", "evidence": "e", **more}


def run(*entries: JSON) -> tuple[JSON, list[Any]]:
    overlay, problems = read_overlay({"name": "t", "title": "t", "entries": list(entries)}, "overlays/t.json")
    target = document()
    return target, problems + apply(target, overlay.entries, overlay.file)


def applied(*entries: JSON) -> JSON:
    target, problems = run(*entries)
    assert problems == []
    return target


def data(target: JSON) -> JSON:
    node: JSON = target["properties"]["input"]["properties"]["data"]
    return node


def test_add_after_a_sibling_and_last() -> None:
    target = applied(
        entry("add", f"{DATA}/properties/naty", value={"title": "民族"}, after="psn_no"),
        entry("add", f"{DATA}/properties/memo", value={"title": "备注"}),
    )
    assert list(data(target)["properties"]) == ["psn_no", "naty", "gend", "tel", "memo"]


def test_add_grows_only_known_containers() -> None:
    target = applied(
        entry("add", f"{DATA}/properties/tel/x-mi/open", value=True),
        entry("add", f"{DATA}/allOf/-", value={"if": {}, "then": {}}),
        entry("add", "/properties/output/required/@x"),
    )
    assert data(target)["properties"]["tel"]["x-mi"] == {"open": True}
    assert data(target)["allOf"] == [{"if": {}, "then": {}}]
    assert target["properties"]["output"]["required"] == ["x"]
    _, problems = run(entry("add", f"{DATA}/other/-", value=1))
    assert [p.pointer for p in problems] == [f"{DATA}/other"]


def test_add_a_code_after_another() -> None:
    target = applied(entry("add", "/oneOf/@12", value={"const": "12", "title": "门诊挂号"}, after="@11"))
    assert [c["const"] for c in target["oneOf"]] == ["11", "12", "13"]


def test_a_value_is_copied_not_shared() -> None:
    value = {"title": "x", "x-mi": {}}
    raw = {
        "entries": [
            entry("add", f"{DATA}/properties/a", value=value),
            entry("add", f"{DATA}/properties/a/x-mi/open", value=True),
        ]
    }
    overlay, _ = read_overlay(raw, "f")
    assert apply(document(), overlay.entries, "f") == apply(document(), overlay.entries, "f") == []
    assert value == {"title": "x", "x-mi": {}}


def test_remove_takes_the_requirement_too() -> None:
    target = applied(entry("remove", f"{DATA}/properties/gend"))
    assert data(target)["required"] == ["psn_no"]
    assert "gend" not in data(target)["properties"]


def test_remove_leaves_no_empty_lists() -> None:
    target = applied(entry("remove", f"{DATA}/required/@gend"), entry("remove", f"{DATA}/required/@psn_no"))
    assert "required" not in data(target)


def test_remove_leaves_no_empty_facts() -> None:
    target = applied(
        entry("add", f"{DATA}/properties/tel/x-mi/open", value=True),
        entry("remove", f"{DATA}/properties/tel/x-mi/open"),
    )
    assert data(target)["properties"]["tel"] == {"title": "电话", "type": "string"}
    more = applied(
        entry("add", f"{DATA}/x-mi/inferred", value=True), entry("remove", f"{DATA}/x-mi/inferred")
    )
    assert data(more)["x-mi"] == {"sourceTable": "input.0"}


def test_replace_keeps_the_place() -> None:
    target = applied(entry("replace", f"{DATA}/properties/gend", value={"title": "性别", "type": "integer"}))
    assert list(data(target)["properties"]) == ["psn_no", "gend", "tel"]
    assert data(target)["properties"]["gend"]["type"] == "integer"
    assert (
        applied(entry("replace", "/oneOf/@13", value={"const": "14", "title": "x"}))["oneOf"][1]["const"]
        == "14"
    )


def test_renaming_keeps_place_and_requirement() -> None:
    target = applied(entry("move", f"{DATA}/properties/sex", **{"from": f"{DATA}/properties/gend"}))
    assert list(data(target)["properties"]) == ["psn_no", "sex", "tel"]
    assert data(target)["required"] == ["psn_no", "sex"]


def test_move_into_another_node_takes_the_requirement_along() -> None:
    target = applied(
        entry(
            "move", "/properties/input/properties/?2/properties/gend", **{"from": f"{DATA}/properties/gend"}
        )
    )
    assert data(target)["required"] == ["psn_no"]
    assert target["properties"]["input"]["properties"]["?2"]["required"] == ["gend"]


def test_move_onto_a_field_keeps_the_target_s_requirement() -> None:
    target = applied(entry("move", f"{DATA}/properties/gend", **{"from": "/properties/input/properties/?2"}))
    assert list(target["properties"]["input"]["properties"]) == ["data"]
    assert data(target)["properties"]["gend"]["title"] == "明细"
    assert data(target)["required"] == ["psn_no", "gend"]


def test_a_required_node_does_not_make_its_target_required() -> None:
    target = applied(
        entry("add", "/properties/input/required/@?2"),
        entry("move", f"{DATA}/properties/tel", **{"from": "/properties/input/properties/?2"}),
    )
    assert data(target)["required"] == ["psn_no", "gend"]
    assert target["properties"]["input"]["required"] == ["data"]


def test_an_only_child_becomes_the_body() -> None:
    target = applied(
        entry("remove", "/properties/input/properties/?2"),
        entry("move", "/properties/input", **{"from": DATA}),
    )
    assert "psn_no" in target["properties"]["input"]["properties"]
    _, problems = run(entry("move", "/properties/input", **{"from": DATA}))
    assert "would be lost" in problems[0].en


def test_a_body_moves_into_itself() -> None:
    target = applied(entry("move", f"{DATA}/properties/rows", **{"from": DATA}))
    assert data(target) == {
        "title": "输入",
        "type": "object",
        "properties": {"rows": document()["properties"]["input"]["properties"]["data"]},
    }


def test_wrap_and_unwrap_are_inverse() -> None:
    wrapped = applied(entry("wrap", DATA))
    assert data(wrapped)["type"] == "array"
    assert list(data(wrapped)["items"]) == ["type", "properties", "required"]
    assert data(applied(entry("wrap", DATA), entry("unwrap", DATA))) == data(document())


@pytest.mark.parametrize(
    ("bad", "word"),
    [
        (entry("remove", f"{DATA}/properties/none"), "none"),
        (entry("replace", "/properties/nowhere/x", value=1), "nowhere"),
        (entry("add", f"{DATA}/properties/gend", value={}), "replace"),
        (entry("add", f"{DATA}/properties/a", value={}, after="zzz"), "zzz"),
        (entry("add", "/oneOf/@11", value={"const": "11"}), "replace"),
        (entry("add", "/oneOf/0", value={}), "@value"),
        (entry("move", f"{DATA}/properties/x", **{"from": f"{DATA}/properties/none"}), "none"),
        (entry("move", DATA, **{"from": DATA}), "same place"),
        (entry("wrap", f"{DATA}/properties/gend"), "single-row"),
        (entry("unwrap", DATA), "many rows"),
        (entry("wrap", "/oneOf/@11"), "@11"),
        (entry("unwrap", "/oneOf/@11"), "@11"),
        (entry("unwrap", "/x-mi/code"), "code"),
        (entry("move", f"{DATA}/properties/a/b", **{"from": DATA}), "own properties"),
        (entry("move", "/oneOf/@11/x", **{"from": "/oneOf/@11"}), "members of objects"),
        (entry("remove", ""), "whole document"),
        (entry("remove", "properties"), "properties"),
        (entry("remove", "/oneOf/@99"), "@99"),
    ],
)
def test_a_misfit_names_file_entry_and_pointer(bad: JSON, word: str) -> None:
    before = document()
    target, problems = run(bad)
    assert len(problems) == 1
    problem = problems[0]
    assert (problem.file, problem.entry) == ("overlays/t.json", 0)
    assert word in problem.message("en")
    assert "overlays/t.json [0]" in problem.message("zh")
    assert target == before


def test_all_misfits_are_told_and_the_rest_is_applied() -> None:
    target, problems = run(
        entry("remove", "/a"), entry("remove", f"{DATA}/properties/tel"), entry("wrap", "/b"),
    )  # fmt: skip
    assert [p.entry for p in problems] == [0, 2]
    assert "tel" not in data(target)["properties"]


@pytest.mark.parametrize(
    "bad",
    [
        "text", {}, entry("rename", "/x"), entry("move", "/x"), entry("add", "/x"), entry("add", "/x", value=1, extra=1),
        {**entry("remove", "/x"), "reason": ""}, {**entry("remove", "/x"), "evidence": " "}, {**entry("remove", "/x"), "pointer": 3},
    ],
)  # fmt: skip
def test_malformed_entries_are_problems(bad: Any) -> None:
    overlay, problems = read_overlay(
        {"name": "t", "title": "t", "entries": [bad, entry("remove", "/y")]}, "f.json"
    )
    assert [p.entry for p in problems] == [0]
    assert [e.index for e in overlay.entries] == [1]


def test_an_overlay_without_entries_is_a_problem() -> None:
    assert read_overlay({"name": "t"}, "f.json")[1][0].pointer == "/entries"
    assert read_overlay([], "f.json")[1]


def test_two_overlays_may_not_touch_the_same_pointer() -> None:
    first, _ = read_overlay(
        {"entries": [entry("remove", "/a"), entry("add", "/allOf/-", value={})]}, "one.json"
    )
    second, _ = read_overlay(
        {
            "entries": [
                entry("add", "/allOf/-", value={}),
                entry("replace", "/a", value=1),
                entry("move", "/c", **{"from": "/a"}),
            ]
        },
        "two.json",
    )
    found = conflicts([first, second])
    assert [(p.file, p.entry, p.pointer) for p in found] == [("two.json", 1, "/a"), ("two.json", 2, "/a")]
    assert "one.json" in found[0].message("en")
    assert conflicts([first]) == []


@given(st.lists(st.text(min_size=1), max_size=6))
def test_pointers_are_read_as_written(tokens: list[str]) -> None:
    assert parse(join(tokens)) == tokens


POINTERS = st.lists(
    st.sampled_from(["properties", "input", "data", "required", "@gend", "oneOf", "0", "-", "x-mi", "~", ""]),
    max_size=5,
)
ENTRIES = st.fixed_dictionaries(
    {
        "op": st.sampled_from(["add", "remove", "replace", "move", "wrap", "unwrap", "x"]),
        "pointer": POINTERS.map(join) | st.text(max_size=5),
        "from": POINTERS.map(join),
        "value": st.none()
        | st.booleans()
        | st.dictionaries(st.sampled_from(["type", "properties"]), st.none(), max_size=2),
        "after": st.none() | st.sampled_from(["data", "@11", "11"]),
    }
)


@given(st.lists(ENTRIES, max_size=5))
def test_whatever_an_overlay_says_only_problems_come_of_it(raw: list[JSON]) -> None:
    entries = [entry(r.pop("op"), r.pop("pointer"), **r) for r in copy.deepcopy(raw)]
    target, _ = run(*entries)
    json.dumps(target)


def test_resolve_names_the_first_part_that_does_not_fit() -> None:
    with pytest.raises(PointerError) as caught:
        resolve(document(), ["properties", "input", "no", "more"])
    assert caught.value.token == "no"


def _overlay(name: str, *entries: JSON) -> Any:
    return read_overlay({"name": name, "entries": list(entries)}, f"{name}.json")[0]


def test_exchanging_a_place_touches_what_is_within() -> None:
    inner, outer = (
        _overlay("inner", entry("replace", "/a/invono/maxLength", value=1)),
        _overlay("outer", entry("replace", "/a/invono", value={})),
    )
    for first, second in ((inner, outer), (outer, inner)):
        (found,) = conflicts([first, second])
        assert found.file == second.file and first.file in found.message("en")
    assert conflicts([_overlay("both", *inner.of("2102"), *outer.of("2102"))]) == []
    both = _overlay(
        "both", entry("replace", "/a/invono", value={}), entry("replace", "/a/invono/maxLength", value=1)
    )
    assert conflicts([both]) == []
    knowing = _overlay("outer", entry("remove", "/a/invono", over="inner"))
    assert conflicts([inner, knowing]) == []
    appended = _overlay("list", entry("add", "/a/invono/enum/-", value="1"))
    assert len(conflicts([appended, outer])) == 1
    beside = _overlay("beside", entry("replace", "/a/invono_2", value={}), entry("add", "/a", value={}))
    assert conflicts([inner, beside]) == [] and conflicts([beside, inner]) == []


def test_a_region_is_written_over_the_errata() -> None:
    errata = _overlay("errata", entry("remove", "/a/required/@x"), entry("add", "/b", value=1))
    whole = _overlay("north", entry("replace", "/a/required", value=[]))
    assert conflicts([errata], [whole]) == []
    (found,) = conflicts([errata], [_overlay("north", entry("replace", "/b", value=2))])
    assert found.file == "north.json"
    south = _overlay("south", entry("replace", "/a/required/@y", value="z"))
    assert [p.file for p in conflicts([errata], [whole, south])] == ["south.json"]
