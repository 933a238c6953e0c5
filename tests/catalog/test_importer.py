"""The importer: literal transcription, nesting, and that decisions of people survive a new import."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from catalog_tables import JSON, SOURCE, document, field, interface, table, write
from click.testing import CliRunner

from mi_codegen.importer import SourceError, import_catalog, read_tables
from mi_codegen.importer.cli import import_tables
from mi_codegen.importer.codes import class_name
from mi_codegen.importer.digest import digest_tables, main
from mi_codegen.importer.document import clean_caption
from mi_codegen.importer.source import SourceTable
from mi_core.catalog import Catalog, data_root
from mi_core.catalog.schema_check import schema_problems
from mi_core.errors import ConfigError


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (field("a", max_length=3), {"title": "名", "type": "string", "maxLength": 3}),
        (
            field("a", kind="number", digits=16, scale=2),
            {"title": "名", "type": "number", "x-mi": {"digits": 16, "scale": 2}},
        ),
        (field("a", kind="integer"), {"title": "名", "type": "integer"}),
        (field("a", kind="date"), {"title": "名", "type": "string", "format": "date"}),
        (field("a", kind="datetime"), {"title": "名", "type": "string", "format": "date-time"}),
        (field("a", kind="boolean"), {"title": "名", "type": "boolean"}),
        (field("a", kind="text"), {"title": "名", "type": "string", "x-mi": {"kind": "text"}}),
        (field("a", kind="base64"), {"title": "名", "type": "string", "contentEncoding": "base64"}),
        (field("a", kind="bytes"), {"title": "名", "type": "string", "x-mi": {"kind": "bytes"}}),
        (field("a", kind="object"), {"title": "名", "type": "object"}),
        (field("a", kind="map"), {"title": "名", "type": "object", "x-mi": {"kind": "map"}}),
        (field("a", kind="list"), {"title": "名", "type": "array"}),
        (field("a", kind="string[]"), {"title": "名", "type": "array", "items": {"type": "string"}}),
        (field("a", kind=""), {"title": "名"}),
        (field("gend", coded=True), {"title": "名", "type": "string", "x-mi": {"codeTable": "gend"}}),
        (field("Gend", coded=True), {"title": "名", "type": "string", "x-mi": {"codeTable": "gend"}}),
        (field("sex", coded=True), {"title": "名", "type": "string", "x-mi": {"open": True}}),
    ],
)
def test_a_field_is_transcribed_literally(folder: Path, source: JSON, expected: JSON) -> None:
    made = document(folder, interface(input=[table("data", source)]))
    assert made["properties"]["input"]["properties"]["data"]["properties"][source["code"]] == expected


def test_nodes_duplicates_and_unnamed_tables(folder: Path) -> None:
    made = document(
        folder,
        interface(
            input=[
                table("data", field("a", required=True), field("a", max_length=9), field("rows", "明细", "list"),
                      field("one", "对象", "object")),
                table("rows", field("x", required=True)), table("one", field("y")), table("?", field("z")),
                table("many", field("m"), repeated=True),
            ],
            output=[table(None, field("p", required=True), caption="输出（节点标识：无节点）")],
        ),
    )  # fmt: skip
    root, out = made["properties"]["input"], made["properties"]["output"]
    assert list(root["properties"]) == ["data", "?4", "many"]
    data = root["properties"]["data"]
    assert list(data["properties"]) == ["a", "a#2", "rows", "one"]
    assert data["required"] == ["a"]
    assert data["properties"]["rows"]["type"] == "array"
    assert data["properties"]["rows"]["title"] == "明细"
    assert data["properties"]["rows"]["items"]["required"] == ["x"]
    assert data["properties"]["rows"]["x-mi"] == {"sourceTable": "input.1"}
    assert data["properties"]["one"]["type"] == "object"
    assert root["properties"]["many"]["type"] == "array"
    assert out["title"] == "输出"
    assert (out["required"], out["x-mi"]) == (["p"], {"sourceTable": "output.0"})


def test_a_table_named_like_its_own_field_stays(folder: Path) -> None:
    made = document(folder, interface(output=[table("sign_time", field("sign_time"))]))
    assert list(made["properties"]["output"]["properties"]["sign_time"]["properties"]) == ["sign_time"]


def test_file_layouts(folder: Path) -> None:
    columns = {
        "direction": "file_out",
        "caption": "columns",
        "node": "file_out",
        "fields": [{"column": 1, "label": "编码"}, {"column": 2, "label": "名称"}],
    }
    coded = {
        "direction": "file_in",
        "caption": "说明",
        "node": "?",
        "fields": [field("psn_no", required=True)],
    }
    whole = {"direction": "output", "caption": "输出", "node": "?", "fields": [field("q")]}
    made = document(folder, interface(files=[columns, coded, whole]))
    files = made["x-mi"]["files"]
    assert [f["direction"] for f in files] == ["output", "input"]
    assert files[0]["columns"] == [{"column": 1, "title": "编码"}, {"column": 2, "title": "名称"}]
    assert files[1]["columns"] == [
        {"column": 1, "code": "psn_no", "title": "名", "type": "string", "required": True}
    ]
    assert made["properties"]["output"]["properties"]["?1"]["x-mi"] == {"sourceTable": "files.2"}


@pytest.mark.parametrize(
    ("caption", "name"),
    [
        ("输出-结算信息（节点标识：setlinfo）", "结算信息"), ("输入（节点标识：data）", "输入"), ("节点data输入", "输入"),
        ("节点 feedetl", "输入"), ("fmiDTO  自费病人就诊信息", "自费病人就诊信息"), ("注:接口用于采集", "输入"),
        ("输出-DRG申请退出列表（节点标识：data）", "DRG申请退出列表"), ("表 输入（节点标识：data）", "输入"),
    ],
)  # fmt: skip
def test_captions_become_names(caption: str, name: str) -> None:
    assert clean_caption(SourceTable("input", 0, "x", caption, ())) == name


def test_what_the_source_leaves_out(folder: Path) -> None:
    bare = {
        k: v
        for k, v in interface().items()
        if k not in ("listed", "business", "withdrawn", "name", "parties")
    }
    mi = document(folder, bare)["x-mi"]
    assert (mi["listed"], mi["business"], mi["withdrawn"], mi["sender"]) == (True, True, False, "")
    assert "chapterTitle" not in mi
    assert document(folder, interface(title="另名"))["x-mi"]["chapterTitle"] == "另名"


@pytest.mark.parametrize("bad", [
    {"input": [table("data", field("a", kind="money"))]}, {"input": [table("data", {**field("a"), "lenght": 3})]},
    {"outputs": []}, {"files": [{"direction": "sideways", "caption": "", "node": None, "fields": []}]},
    {"input": [table("data", field("a", max_length="3"))]},
])  # fmt: skip
def test_unknown_things_in_the_source_are_refused(folder: Path, bad: JSON) -> None:
    with pytest.raises(SourceError) as caught:
        read_tables(write(folder, interface(**bad)))
    assert "8001" in caught.value.problems[0]


@pytest.mark.parametrize(
    "text",
    ["{}", '["x"]', "[{}]", '[{"code": 8001}]', '[{"code": "../../x"}]', '[{"code": "8001", "input": {"a": 1}}]',
     '[{"code": "8001", "input": [3]}]', '[{"code": "8001", "input": [{"fields": ["a"]}]}]'],
)  # fmt: skip
def test_a_file_of_another_shape_is_refused_with_its_place(tmp_path: Path, text: str) -> None:
    (tmp_path / "interfaces.json").write_text(text, encoding="utf-8")
    with pytest.raises(SourceError, match=r"interfaces\.json"):
        read_tables(tmp_path)


def test_a_key_that_is_no_file_name_is_refused(tmp_path: Path) -> None:
    (tmp_path / "interfaces.json").write_text("[]", encoding="utf-8")
    evil = {"../evil": {"code": "a", "label": "b", "values": {}}, "x": 3}
    (tmp_path / "dictionaries.json").write_text(json.dumps(evil), encoding="utf-8")
    with pytest.raises(SourceError) as caught:
        read_tables(tmp_path)
    assert len(caught.value.problems) == 2


def test_a_folder_without_tables_and_one_with_a_twin(folder: Path) -> None:
    with pytest.raises(SourceError):
        read_tables(folder)
    with pytest.raises(SourceError, match="twice"):
        read_tables(write(folder, interface(), interface()))


def test_a_new_catalogue_and_its_report(folder: Path, tmp_path: Path) -> None:
    root = tmp_path / "catalogue"
    unclear = interface(
        "8002", category="", input=[table("?", field("k", coded=True), field("k"), field("t", kind=""))]
    )
    write(folder, interface(**SOURCE), unclear)
    dry = import_catalog(read_tables(folder), root, "T-1", dry_run=True)
    assert dry.added[:2] == ["8001", "8002"]
    assert not root.exists()
    report = import_catalog(read_tables(folder), root, "T-1")
    assert report.added == dry.added
    told = "\n".join(report.curate)
    for word in ("effect", "no category", "does not name the node", "twice", "without a table", "no type"):
        assert word in told
    again = import_catalog(read_tables(folder), root, "T-1")
    assert (again.added, again.changed, again.unchanged) == ([], [], len(report.added))
    write(folder, unclear)
    assert import_catalog(read_tables(folder), root, "T-1").missing == ["8001"]
    assert len(list(root.rglob("8001_*.json"))) == 1


def test_an_imported_document_fits_the_schema_once_it_is_described(folder: Path, tmp_path: Path) -> None:
    root = tmp_path / "catalogue"
    import_catalog(read_tables(write(folder, interface(**SOURCE))), root, "T-1")
    (root / "overlays").mkdir()
    (root / "overlays/errata.json").write_text(
        '{"name": "errata", "title": "t", "entries": []}', encoding="utf-8"
    )
    messages = [p.en for p in schema_problems(Catalog(root))]
    assert len(messages) == 1
    assert "''" in messages[0]


def test_the_command(folder: Path, tmp_path: Path) -> None:
    root = tmp_path / "catalogue"
    write(folder, interface(**SOURCE))
    done = CliRunner().invoke(import_tables, [str(folder), "--output", str(root), "--dry-run"])
    assert done.exit_code == 0
    assert "8001" in done.output
    assert not root.exists()
    done = CliRunner().invoke(import_tables, [str(folder), "--output", str(root), "--json"])
    assert json.loads(done.output)["added"] == ["8001", "code_tables/gend", "envelope"]
    (folder / "interfaces.json").write_text("{", encoding="utf-8")
    assert isinstance(
        CliRunner().invoke(import_tables, [str(folder), "--output", str(root)]).exception, ConfigError
    )


@pytest.mark.parametrize(
    ("key", "name"),
    [("med_type", "MedType"), ("TRUM_FLAG", "TrumFlag"), ("clr_type#2", "ClrType2"), ("hcv-ab", "HcvAb")],
)
def test_class_names(key: str, name: str) -> None:
    assert class_name(key) == name


def test_the_digest_sees_every_fact(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = digest_tables(write(folder, interface(**SOURCE)))
    for change in (
        {"code": "q"},
        {"label": "q"},
        {"type": "date"},
        {"max_length": 4},
        {"required": True},
        {"digits": 1},
        {"scale": 1},
    ):
        other = {
            **SOURCE,
            "input": [table("data", {**SOURCE["input"][0]["fields"][0], **change}, field("b", "乙"))],
        }
        after = digest_tables(write(folder, interface(**other)))
        assert after["tables"]["8001 input.0"] != before["tables"]["8001 input.0"], change
        assert after["tables"]["8001 output.0"] == before["tables"]["8001 output.0"]
    assert main([str(folder)]) == 0
    assert json.loads(capsys.readouterr().out)["interfaces"]
    assert main([]) == 2


@pytest.mark.skipif(
    not os.environ.get("MI_SPEC_DIR"), reason="MI_SPEC_DIR names no folder with the source tables"
)
def test_importing_the_source_again_changes_nothing(tmp_path: Path) -> None:
    root = Path(shutil.copytree(data_root(), tmp_path / "catalogue"))
    report = import_catalog(read_tables(Path(os.environ["MI_SPEC_DIR"])), root, "HN-1.1.27")
    assert (report.added, report.changed, report.missing, report.dropped) == ([], [], [], [])
    assert report.unchanged == 212 + 303 + 1
