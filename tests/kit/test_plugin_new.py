"""``mi plugin new``: the project it writes passes its own tests and the contract; a wrong name is refused clearly."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from mi_core.cli.plugin_new import TEMPLATE, render
from tests.cli.shell import environment, mi

NAME, MODULE = "hospital-x", "hospital_x"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project as people get it, installed as ``pip install -e .`` leaves it: its metadata beside its package."""
    place = tmp_path_factory.mktemp("new")
    code, out, err = mi("plugin", "new", NAME, place=place)
    assert code == 0, out + err
    folder = place / NAME
    points = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"][
        "entry-points"
    ]["mi_core"]
    info = folder / f"{MODULE}-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {NAME}\nVersion: 0.1.0\n")
    lines = "".join(f"{name} = {module}\n" for name, module in points.items())
    (info / "entry_points.txt").write_text(f"[mi_core]\n{lines}")
    return folder


def variables(project: Path) -> dict[str, str]:
    return {"PYTHONPATH": os.pathsep.join((str(project), environment()["PYTHONPATH"]))}


def test_the_project_is_complete(project: Path) -> None:
    files = {str(p.relative_to(project).as_posix()) for p in project.rglob("*") if p.is_file()}
    assert files >= {
        "pyproject.toml", "noxfile.py", "README.md", "README.zh-CN.md", ".gitignore", "tests/test_plugin.py", "tests/counterpart.py",
        *(f"{MODULE}/{f}" for f in ("__init__.py", "gateway.py", "watch.py", "region.json", "py.typed", "interfaces/__init__.py")),
        f"{MODULE}/interfaces/i2207_outpatient_settlement.py", f"{MODULE}/codes/psn_setlway.py",
    }  # fmt: skip
    assert not [name for name in files if "jinja" in name]
    assert "{{" not in "".join(render(NAME).values())
    json.loads((project / MODULE / "overlay" / "2207.json").read_text(encoding="utf-8"))


def test_its_generated_classes_are_current(project: Path) -> None:
    code, out, err = mi("codegen", "--plugin", MODULE, "--check", place=project)
    assert code == 0, out + err
    overlay = project / MODULE / "overlay" / "2207.json"
    before = overlay.read_text(encoding="utf-8")
    overlay.write_text(before.replace('"value": 30', '"value": 31'), encoding="utf-8")
    try:
        assert mi("codegen", "--plugin", MODULE, "--check", place=project)[0] == 1
    finally:
        overlay.write_text(before, encoding="utf-8")


def run(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "mi_core.testing.pytest_plugin", "-p", "no:cacheprovider", *arguments],
        cwd=project, env=environment(**variables(project)), capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


def test_its_own_tests_and_the_contract_pass(project: Path) -> None:
    done = run(project)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
    assert "failed" not in done.stdout
    shown = run(project, "--collect-only").stdout
    for kind in ("plugin:", f"gateway {NAME}:", f"region {MODULE}:"):
        assert f"mi-plugin {NAME}::{kind}" in shown or kind in shown, shown


def test_a_plugin_that_breaks_the_contract_fails_it(project: Path) -> None:
    source = project / MODULE / "gateway.py"
    before = source.read_text(encoding="utf-8")
    source.write_text(
        before.replace("timestamp = str(now_ms)", "import time; timestamp = str(int(time.time()))"),
        encoding="utf-8",
    )
    try:
        done = run(project, "-k", "time")
        assert done.returncode == 1
        assert "is this machine's time" in done.stdout
    finally:
        source.write_text(before, encoding="utf-8")


def test_it_is_listed_with_where_it_comes_from(project: Path) -> None:
    code, out, err = mi("plugins", "show", NAME, "--json", place=project, variables=variables(project))
    assert code == 0, out + err
    (row,) = json.loads(out)["plugins"]
    assert (row["distribution"], row["version"], row["status"], row["entry_point"]) == (
        NAME,
        "0.1.0",
        "loaded",
        MODULE,
    )
    assert row["provides"] == {"gateways": [NAME], "regions": [MODULE]}
    assert set(row["hooks"]) == {"mi_register_gateways", "mi_register_regions", "mi_observe_after_call"}
    assert Path(row["file"]) == project / MODULE / "__init__.py"


@pytest.mark.parametrize(
    "name", ["Hospital", "9x", "a b", "a_b", "-x", "x-", "a--b", "json", "class", "mi-core", "x" * 41, ""]
)
def test_a_name_that_does_not_work_is_refused(name: str, tmp_path: Path) -> None:
    code, _, err = mi("--lang", "en", "plugin", "new", "--", name, place=tmp_path)
    assert code == 2
    assert "is no name for a plugin" in err and "hospital-rules" in err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("tif", "a gateway profile has that name"),
        ("guangzhou", "a region has that name"),
        ("aiohttp", "the distribution aiohttp"),
        ("mi-core-x", ""),
    ],
)
def test_a_name_that_is_taken_is_refused(name: str, said: str, tmp_path: Path) -> None:
    code, _, err = mi("--lang", "en", "plugin", "new", name, place=tmp_path)
    assert code == (2 if said else 0) and said in err
    assert bool(list(tmp_path.iterdir())) == (not said)


def test_the_name_of_an_installed_plugin_or_module_is_refused(project: Path, tmp_path: Path) -> None:
    (tmp_path / "somebodys.py").write_text("")
    own = os.pathsep.join((str(tmp_path), variables(project)["PYTHONPATH"]))
    for name, said in (
        (NAME, f"the distribution {NAME} 0.1.0 is installed"), ("somebodys", "the module somebodys exists"),
    ):  # fmt: skip
        code, _, err = mi(
            "--lang", "en", "plugin", "new", name, place=tmp_path, variables={"PYTHONPATH": own}
        )
        assert code == 2 and said in err and "mi plugins list" in err
        assert not (tmp_path / name).exists()


def test_a_file_in_its_place(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text("x")
    code, _, err = mi("--lang", "en", "plugin", "new", NAME, place=tmp_path)
    assert code == 2 and "no empty folder" in err


@pytest.mark.parametrize("name", ["hospital_x", "Hospital-X", "hospital.x"])
def test_hyphens_and_underscores_are_one(project: Path, name: str) -> None:
    for command in ("show", "why"):
        code, out, err = mi("plugins", command, name, place=project, variables=variables(project))
        assert code == 0 and NAME in out, err


def test_pytest_says_what_may_be_meant(project: Path) -> None:
    said = (project / "README.md").read_text(encoding="utf-8")
    assert "--mi-plugin" in said
    for name, code in (("hospital_x", 0), ("hospitl-x", 4)):
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "mi_core.testing.pytest_plugin", "-p", "no:cacheprovider",
             "--mi-plugin", name, "--mi-counterpart", "tests.counterpart", "-k", "region", str(project / "tests")],
            cwd=project, env=environment(**variables(project)), capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        assert done.returncode == code, done.stdout + done.stderr
        assert code == 0 or "是否指 hospital-x" in done.stdout + done.stderr


def test_a_broken_overlay_is_told_wherever_the_plugin_is_listed(project: Path) -> None:
    overlay = project / MODULE / "overlay" / "2207.json"
    before = overlay.read_text(encoding="utf-8")
    overlay.write_text(before.replace('"pointer": "/', '"pointer": "/nowhere/'), encoding="utf-8")
    english = {**variables(project), "MI_LANG": "en", "COLUMNS": "300"}
    try:
        for command, code in (
            (("plugins", "why", NAME), 1), (("plugins", "list"), 1), (("regions", "show", MODULE), 2),
            (("regions", "list"), 0), (("plugins", "show", NAME), 0),
        ):  # fmt: skip
            done, out, err = mi(*command, place=project, variables=english)
            assert (command, done) == (command, code)
            assert "overlay/2207.json" in out + err and "/nowhere/" in out + err
        _, out, _ = mi("plugins", "show", NAME, "--json", place=project, variables=english)
        assert json.loads(out)["plugins"][0]["status"] == "broken"
    finally:
        overlay.write_text(before, encoding="utf-8")
    done, out, err = mi("plugins", "why", NAME, place=project, variables=english)
    assert done == 0 and "is loaded" in out and "cannot be used" not in out


def test_an_existing_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / NAME).mkdir()
    (tmp_path / NAME / "mine.txt").write_text("x")
    code, _, err = mi("plugin", "new", NAME, place=tmp_path)
    assert code == 2 and "不是空文件夹" in err
    assert [p.name for p in (tmp_path / NAME).iterdir()] == ["mine.txt"]


def test_without_the_extra_the_error_says_what_to_install(tmp_path: Path) -> None:
    text = (
        "import sys; sys.modules['jinja2'] = None\n"
        f"from mi_core.cli.main import main\nmain(['plugin', 'new', '{NAME}'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", text],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "mi-core[codegen]" in done.stderr
    assert not list(tmp_path.iterdir())


def test_the_template_lies_in_the_packages() -> None:
    assert TEMPLATE.is_dir() and list(TEMPLATE.rglob("*.jinja"))
