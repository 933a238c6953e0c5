"""The generator as a black box: golden output, determinism, ``--check``, and documents that try to break out."""

from __future__ import annotations

import ast
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mi_codegen.cli import codegen
from mi_codegen.generate import generate
from mi_codegen.ir import Output
from mi_codegen.write import Difference, compare, write

HERE = Path(__file__).parent
SMALL = HERE / "small_catalog"
GOLDEN = HERE / "golden"


def generated(catalog: Path = SMALL) -> list[Output]:
    """The files of a catalogue that has no problems."""
    files, problems = generate(catalog)
    assert problems == []
    return files


def test_the_small_catalogue_gives_the_golden_files() -> None:
    assert compare(generated(), GOLDEN) == []


def test_the_shipped_classes_are_what_the_catalogue_says() -> None:
    result = CliRunner().invoke(codegen, ["--check"])
    assert result.exit_code == 0, result.output


def test_generation_is_deterministic_and_dateless() -> None:
    first, second = generated(), generated()
    assert first == second
    assert not any("202" in o.text.split('"""')[1] for o in first if "/i800" in o.path)


def test_check_finds_changed_missing_and_orphan_files(tmp_path: Path) -> None:
    files = generated()
    assert len(write(files, tmp_path)) == len(files)
    assert write(files, tmp_path) == []
    changed, missing = tmp_path / "codes/card_type.py", tmp_path / "interfaces/i8002_example_query.py"
    changed.write_bytes(changed.read_bytes().replace(b"\n", b"\r\n"))
    missing.unlink()
    (tmp_path / "interfaces/old.py").write_text("")
    (tmp_path / "interfaces/__pycache__").mkdir()
    (tmp_path / "interfaces/__pycache__/x.pyc").write_text("")
    expected = [
        Difference("codes/card_type.py", "changed"),
        Difference("interfaces/i8002_example_query.py", "missing"),
        Difference("interfaces/old.py", "orphan"),
    ]
    assert compare(files, tmp_path) == expected
    arguments = ["--check", "--catalog", str(SMALL), "--output", str(tmp_path), "--json"]
    result = CliRunner().invoke(codegen, arguments)
    assert result.exit_code == 1
    assert json.loads(result.output)["differences"] == [{"path": d.path, "kind": d.kind} for d in expected]
    assert CliRunner().invoke(codegen, arguments[1:]).exit_code == 0
    assert CliRunner().invoke(codegen, arguments).exit_code == 0


HOSTILE = [
    '"""\nimport os; os.system("x")\n"""', "'''", '"', '""', "\\", '\\"', "\\\\", "\n", "\r\n", "x\\", '"""', '\\"""', "{{ 7 * 7 }}",
    "{% for x in y %}", "{# #}", "\u2028", "\u2029", "\x00", "\x85", "\ufeff", "\u202e", "# comment\n#", "\ud800", "%s", "{0}",
    "a" * 300, "`", '") or boom() or ("', "N{DIGIT ONE}", "\\N{DIGIT ONE}", "\\u0041", "𠀀",
]  # fmt: skip
BOOM = frozenset({"os", "system", "boom"})


def copied(target: Path) -> Path:
    """A copy of the small catalogue that may be changed."""
    shutil.copytree(SMALL, target / "catalog")
    return target / "catalog"


def rewrite(path: Path, document: dict[str, Any]) -> None:
    """Write a document as ASCII JSON, so that every character can be in it."""
    path.write_text(json.dumps(document), encoding="ascii")


def poisoned(value: Any, text: str) -> Any:
    """Every title, description and remark of a document replaced."""
    if isinstance(value, list):
        return [poisoned(v, text) for v in value]
    if not isinstance(value, dict):
        return value
    texts = (
        "title",
        "description",
        "sender",
        "receiver",
        "mode",
        "group",
        "document",
        "chapter",
        "enumTitles",
        "logCategory",
    )
    return {
        k: ([text] * len(v) if isinstance(v, list) else text)
        if k in texts and isinstance(v, (str, list))
        else poisoned(v, text)
        for k, v in value.items()
    }


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_of_a_document_breaks_out_of_its_literal(tmp_path: Path, text: str) -> None:
    root = copied(tmp_path)
    for path in [*root.glob("interfaces/*/*.json"), *root.glob("code_tables/*.json")]:
        rewrite(path, poisoned(json.loads(path.read_text("utf-8")), text))
    files, problems = generate(root)
    if problems:
        return  # refused as a value is as good
    assert files
    for file in files:
        tree = ast.parse(file.text.encode("utf-8"))
        names = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)} | {
            n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute)
        }
        assert not names & BOOM, file.path
    module = next(f for f in files if f.path.endswith("i8001_example_settlement.py"))
    titles = [
        n.value.value
        for n in ast.walk(ast.parse(module.text))
        if isinstance(n, ast.keyword) and n.arg == "title" and isinstance(n.value, ast.Constant)
    ]
    assert titles == [text]


@pytest.mark.parametrize(
    "text", ['x"); boom(); ("', "x\n", "x y", "", "1x", "类", "A B", "../../evil", "x.y"]
)
@pytest.mark.parametrize("place", ["slug", "className", "node"])
def test_names_that_are_no_identifiers_are_problems(tmp_path: Path, text: str, place: str) -> None:
    root = copied(tmp_path)
    path = root / "interfaces/2_service/8001_example_settlement.json"
    document, names = (
        json.loads(path.read_text("utf-8")),
        json.loads((root / "names.json").read_text("utf-8")),
    )
    if place == "node":
        names["interfaces"]["8001"]["nodes"]["input.rows"] = text
    else:
        document["x-mi"][place] = names["interfaces"]["8001"][place] = text
    rewrite(path, document)
    rewrite(root / "names.json", names)
    files, problems = generate(root)
    assert files == []
    assert problems
    assert all(p.file and p.message("en") for p in problems)


@pytest.mark.parametrize(
    "code",
    ['a"b', "a\nb", "a-b", "1a", "class", "None", "_x", "__init__", "self", "meta", "dt", "类 别", "a b"],
)
def test_any_wire_name_becomes_an_attribute(tmp_path: Path, code: str) -> None:
    root = copied(tmp_path)
    path = root / "interfaces/2_service/8002_example_query.json"
    document = json.loads(path.read_text("utf-8"))
    document["properties"]["input"]["properties"] = {code: {"title": "x", "type": "string"}}
    document["properties"]["output"]["properties"] = {code: {"title": "x", "type": "string"}}
    rewrite(path, document)
    files, problems = generate(root)
    assert problems == []
    module = next(f for f in files if f.path.endswith("i8002_example_query.py"))
    space: dict[str, Any] = {"__name__": "module"}
    exec(compile(module.text, "module", "exec"), space)
    request, problems_found = space["INTERFACE"].request_from_dict({code: "1"})
    assert problems_found == []
    assert json.loads(space["INTERFACE"].encode_input(request)) == {code: "1"}
    assert space["INTERFACE"].structure_output({code: "1"}, []).to_dict() == {"rows": [{code: "1"}]}
    assert all(f.path.isascii() for f in files)


def test_two_fields_that_become_one_attribute_are_a_problem(tmp_path: Path) -> None:
    root = copied(tmp_path)
    path = root / "interfaces/2_service/8002_example_query.json"
    document = json.loads(path.read_text("utf-8"))
    document["properties"]["input"]["properties"] = {"a-b": {"title": "x"}, "a_b": {"title": "y"}}
    rewrite(path, document)
    files, problems = generate(root)
    assert files == []
    assert [(p.file, p.pointer) for p in problems] == [
        ("interfaces/2_service/8002_example_query.json", "/properties/input")
    ]


def test_problems_of_the_catalogue_stop_the_command(tmp_path: Path) -> None:
    root = copied(tmp_path)
    path = root / "interfaces/2_service/8001_example_settlement.json"
    document = json.loads(path.read_text("utf-8"))
    document["properties"]["input"]["properties"]["data"]["properties"]["card_type"]["x-mi"]["codeTable"] = (
        "no_table"
    )
    document["properties"]["input"]["properties"]["data"]["allOf"][0]["then"]["required"] = ["no_field"]
    rewrite(path, document)
    result = CliRunner().invoke(
        codegen, ["--catalog", str(root), "--output", str(tmp_path / "out")], env={"MI_LANG": "en"}
    )
    assert result.exit_code == 2
    assert "no_table" in result.output
    assert "no_field" in result.output
    assert not (tmp_path / "out").exists()


def test_templates_are_short() -> None:
    import mi_codegen

    for template in (Path(mi_codegen.__file__).parent / "templates").glob("*.jinja"):
        assert len(template.read_text("utf-8").splitlines()) <= 80, template.name
