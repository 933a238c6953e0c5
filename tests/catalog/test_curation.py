"""A new import refreshes the transcription and keeps what people decided."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from catalog_tables import JSON, SOURCE, document, field, interface, table

from mi_codegen.importer import merge
from mi_codegen.importer.layout import dumps


def curated(made: JSON) -> JSON:
    made = json.loads(json.dumps(made))
    made["description"] = "Does a trial."
    made["x-mi"].update(
        slug="trial",
        className="Trial",
        effect="money",
        flat="data",
        proof=["infcode"],
        businessKey=["data.a"],
    )
    data = made["properties"]["input"]["properties"]["data"]
    data["allOf"] = [{"if": {"required": ["a"]}, "then": {"required": ["b"]}}]
    data["anyOf"] = [{"required": ["a"]}, {"required": ["b"]}]
    data["properties"]["a"]["x-mi"] = {"codeTable": "gend", "class": "health", "pattern": "yyyyMM"}
    data["properties"]["b"]["enum"] = ["1", "2"]
    made["properties"]["input"]["required"] = ["data"]
    rows = made["properties"]["output"]["properties"]["rows"]
    made["properties"]["output"]["properties"]["rows"] = {
        "title": rows["title"], "type": "array",
        "items": {k: v for k, v in rows.items() if k not in ("title", "x-mi")}, "x-mi": rows["x-mi"],
    }  # fmt: skip
    return made


def test_decisions_survive_and_the_transcription_is_refreshed(folder: Path) -> None:
    old = curated(document(folder, interface(**SOURCE)))
    newer = {
        "input": [
            table(
                "data",
                field("a", "甲改", max_length=6, required=True, coded=True),
                field("c", "丙"),
                field("b", "乙"),
            )
        ],
        "output": [table("rows", field("x", kind="date"))],
    }
    made, lost = merge(document(folder, interface(**newer, mode="定时")), old)
    data = made["properties"]["input"]["properties"]["data"]
    assert list(data["properties"]) == ["a", "c", "b"]
    assert data["properties"]["a"] == {
        "title": "甲改", "type": "string", "maxLength": 6, "x-mi": {"codeTable": "gend", "class": "health", "pattern": "yyyyMM"},
    }  # fmt: skip
    assert data["required"] == ["a"]
    assert data["properties"]["b"]["enum"] == ["1", "2"]
    assert (data["allOf"], data["anyOf"]) == (
        old["properties"]["input"]["properties"]["data"]["allOf"], [{"required": ["a"]}, {"required": ["b"]}],
    )  # fmt: skip
    assert made["properties"]["input"]["required"] == ["data"]
    assert made["properties"]["output"]["properties"]["rows"]["type"] == "array"
    assert made["x-mi"]["effect"] == "money"
    assert (made["x-mi"]["slug"], made["x-mi"]["mode"], made["description"]) == (
        "trial",
        "定时",
        "Does a trial.",
    )
    assert lost == ["output.rows.y: no longer in the source"]


def test_a_place_given_by_hand_survives_a_source_without_one(folder: Path) -> None:
    old = document(folder, interface(category="", group=""))
    old["x-mi"].update(category="2_service", group="3-住院结算")
    again, _ = merge(document(folder, interface(category="", group="")), old)
    assert (again["x-mi"]["category"], again["x-mi"]["group"]) == ("2_service", "3-住院结算")
    named, _ = merge(document(folder, interface(group="9-新组")), old)
    assert named["x-mi"]["group"] == "9-新组"


def test_decisions_in_file_layouts_survive(folder: Path) -> None:
    layout = {
        "direction": "file_in",
        "caption": "说明",
        "node": "?",
        "fields": [field("gend", coded=True), field("sex", coded=True)],
    }
    old = document(folder, interface(files=[layout]))
    old["x-mi"]["files"][0]["columns"][1]["x-mi"] = {"codeTable": "gend", "class": "health"}
    layout["fields"] = [field("new"), *layout["fields"]]
    made, _ = merge(document(folder, interface(files=[layout])), old)
    columns = made["x-mi"]["files"][0]["columns"]
    assert [(c["column"], c["code"]) for c in columns] == [(1, "new"), (2, "gend"), (3, "sex")]
    assert columns[2]["x-mi"] == {"codeTable": "gend", "class": "health"}
    gone, _ = merge(document(folder, interface()), old)
    assert "files" not in gone["x-mi"]


def test_a_field_that_becomes_a_node_loses_its_decisions_and_says_so(folder: Path) -> None:
    flat = document(folder, interface(input=[table("data", field("rows", kind="list"))]))
    flat["properties"]["input"]["properties"]["data"]["properties"]["rows"]["x-mi"] = {"class": "health"}
    deep = document(
        folder, interface(input=[table("data", field("rows", kind="list")), table("rows", field("x"))])
    )
    made, lost = merge(deep, flat)
    assert made["properties"] == deep["properties"]
    assert "was a field" in lost[0]
    made, lost = merge(flat, deep)
    assert made["properties"] == flat["properties"]
    assert "was a node" in lost[0]


def test_bindings_are_decisions(folder: Path) -> None:
    """A field bound by hand stays bound whatever the source marks; a field that becomes coded gets a binding."""
    plain, coded = field("gend"), field("gend", coded=True)
    old = document(folder, interface(input=[table("data", plain)]))
    new = document(folder, interface(input=[table("data", coded)]))

    def binding(made: JSON) -> Any:
        return made["properties"]["input"]["properties"]["data"]["properties"]["gend"].get("x-mi")

    assert binding(merge(new, old)[0]) == {"codeTable": "gend"}
    assert binding(merge(old, new)[0]) == {"codeTable": "gend"}
    old["properties"]["input"]["properties"]["data"]["properties"]["gend"]["enum"] = ["1"]
    assert binding(merge(new, old)[0]) is None


def test_merging_what_did_not_change_changes_nothing(folder: Path) -> None:
    fresh = document(folder, interface(**SOURCE))
    old = curated(fresh)
    made, lost = merge(fresh, old)
    assert (made, lost) == (old, [])
    assert dumps(merge(fresh, made)[0]) == dumps(made)
