"""The generator for regions: a third party's folder, ``--check``, orphans, code tables, problems instead of code."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mi_codegen.cli import codegen
from mi_codegen.generate import generate_region, package_of
from mi_codegen.render.literals import literal, number
from mi_core.errors import MiError

PLACE = "/properties/input/properties/data/properties"


def entry(document: str, op: str, pointer: str, **more: Any) -> dict[str, Any]:
    return {"document": document, "op": op, "pointer": pointer, **more, "reason": "r", "evidence": "e"}


def plugin(root: Path, *entries: dict[str, Any]) -> Path:
    """A project with the package ``mi_north_plugin`` and its region ``north``."""
    folder = root / "src/mi_north_plugin/north"
    (folder / "overlay").mkdir(parents=True, exist_ok=True)
    for package in (folder, folder.parent):
        (package / "__init__.py").write_text("", encoding="utf-8")
    facts = {"name": "north", "title": "北", "titleEn": "North", "described": "partial", "evidence": ["e"]}
    (folder / "region.json").write_text(json.dumps(facts, ensure_ascii=False), encoding="utf-8")
    text = json.dumps({"name": "north-one", "title": "t", "entries": list(entries)}, ensure_ascii=False)
    (folder / "overlay/one.json").write_text(text, encoding="utf-8")
    return folder


FIELD = entry(
    "2208",
    "add",
    f"{PLACE}/north_no",
    value={"title": "北号", "type": "string", "maxLength": 4},
    after="psn_no",
)
CODE = entry("code_tables/mdtrt_cert_type", "add", "/oneOf/-", value={"const": "N9", "title": "北方卡"})


def run(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(codegen, arguments, env={"MI_LANG": "en"})
    assert result.exit_code == code, result.output
    return result.output


def test_a_plugin_s_own_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = plugin(tmp_path, FIELD, CODE)
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv/region.json").write_text("{}", encoding="utf-8")
    run("--plugin", str(tmp_path))
    run("--plugin", str(folder), "--check")
    monkeypatch.syspath_prepend(str(tmp_path / "src"))
    own = importlib.import_module("mi_north_plugin.north.interfaces")
    codes = importlib.import_module("mi_north_plugin.north.codes")
    base = importlib.import_module("mi_core.interfaces")
    try:
        assert "2208" in own.OWN_CODES and "2205" not in own.OWN_CODES
        assert own.by_code("2208").region == "north" and own.by_code("2205") is base.by_code("2205")
        cancel = own.OutpatientSettlementCancellationRequest
        assert cancel(setl_id="s", mdtrt_id="m", psn_no="p", north_no="1234").problems() == []
        assert cancel(setl_id="s", mdtrt_id="m", psn_no="p", north_no="12345").problems() != []
        # whoever is checked against the changed code table is generated too
        settle = own.OutpatientRegistrationRequest
        assert settle is not base.OutpatientRegistrationRequest
        assert "N9" in codes.MdtrtCertType.labels() and codes.by_key("mdtrt_cert_type") is codes.MdtrtCertType
        faults = {p.path for p in settle(**_registration("N9")).problems()}
        refused = {p.path for p in base.OutpatientRegistrationRequest(**_registration("N9")).problems()}
        assert refused - faults and all("mdtrt_cert_type" in path for path in refused - faults)
    finally:
        for name in [m for m in sys.modules if m.startswith("mi_north_plugin")]:
            del sys.modules[name]


def _registration(kind: str) -> dict[str, Any]:
    import datetime as dt

    return {
        "psn_no": "1", "insutype": "310", "begntime": dt.datetime(2024, 1, 1), "mdtrt_cert_type": kind, "mdtrt_cert_no": "1",
        "psn_cert_type": "01", "certno": "1", "psn_type": "11", "psn_name": "甲", "ipt_otp_no": "1", "dept_code": "1",
        "dept_name": "科", "caty": "A01",
    }  # fmt: skip


def test_check_finds_what_differs_and_orphans(tmp_path: Path) -> None:
    folder = plugin(tmp_path, FIELD)
    run("--plugin", str(folder))
    assert not (folder / "codes").exists()
    changed = next((folder / "interfaces").glob("i2208_*.py"))
    changed.write_text(changed.read_text("utf-8") + "# more\n", encoding="utf-8")
    (folder / "interfaces/i9999_old.py").write_text("", encoding="utf-8")
    (folder / "interfaces/__init__.pyi").unlink()
    said = json.loads(run("--plugin", str(folder), "--check", "--json", code=1))
    assert [(d["path"], d["kind"]) for d in said["differences"]] == [
        ("north/interfaces/__init__.pyi", "missing"), (f"north/interfaces/{changed.name}", "changed"),
        ("north/interfaces/i9999_old.py", "orphan"),
    ]  # fmt: skip
    run("--plugin", str(folder))
    run("--plugin", str(folder), "--check")
    plugin(tmp_path)  # nothing differs any more: the package goes
    run("--plugin", str(folder))
    assert list((folder / "interfaces").glob("*.py*")) == []


def test_a_region_s_files_are_deterministic_and_ordinary_python(tmp_path: Path) -> None:
    folder = plugin(tmp_path, FIELD, CODE)
    first, problems = generate_region(folder)
    assert problems == [] and first == generate_region(folder)[0]
    for output in first:
        compile(output.text, output.path, "exec")
        assert str(tmp_path) not in output.text
    assert package_of(folder) == "mi_north_plugin.north"


def test_a_name_that_an_overlay_lets_dangle_is_told(tmp_path: Path) -> None:
    data = "/properties/input/properties/data"
    moved = entry("2208", "move", "/properties/input/properties/visit", **{"from": data})
    folder = plugin(tmp_path, moved)
    result = CliRunner().invoke(codegen, ["--plugin", str(folder)], env={"MI_LANG": "en"})
    assert result.exit_code == 2 and "businessKey" in result.output + result.stderr
    assert not (folder / "interfaces").exists()


def test_a_folder_without_a_region(tmp_path: Path) -> None:
    result = CliRunner().invoke(codegen, ["--plugin", str(tmp_path)])
    assert isinstance(result.exception, MiError) and "region.json" in result.exception.message("en")


@pytest.mark.parametrize("wrong", ["forty", "print('INJECTED')", "4)\nimport os", True, -1, 4.5, None, [4]])
def test_no_overlay_value_becomes_code(tmp_path: Path, wrong: Any) -> None:
    folder = plugin(tmp_path, FIELD, entry("2207", "replace", f"{PLACE}/psn_no/maxLength", value=wrong))
    result = CliRunner().invoke(codegen, ["--plugin", str(folder)], env={"MI_LANG": "en"})
    assert result.exit_code == 2 and not (folder / "interfaces").exists()
    told = result.output + result.stderr
    assert "north/overlay/one.json [1]" in told and "2207" in told and "whole number" in told


def test_region_json_is_checked_first(tmp_path: Path) -> None:
    folder = plugin(tmp_path, FIELD)
    facts = json.loads((folder / "region.json").read_text("utf-8"))
    for wrong in ({"described": "mostly"}, {"name": "south"}):
        (folder / "region.json").write_text(json.dumps(facts | wrong), encoding="utf-8")
        result = CliRunner().invoke(codegen, ["--plugin", str(folder)], env={"MI_LANG": "en"})
        assert result.exit_code == 2 and not (folder / "interfaces").exists()
        assert "north/region.json" in result.output + result.stderr


def test_literals_take_checked_kinds_only() -> None:
    assert (number(4), number(None), literal('"')) == ("4", "None", '"\\""')
    for wrong in ("4", True, 4.0):
        with pytest.raises(TypeError):
            number(wrong)  # type: ignore[arg-type]  # that is the point
    with pytest.raises(TypeError):
        literal(["x"])  # type: ignore[arg-type]  # as above
