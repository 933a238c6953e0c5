"""The project's own rules, checked where a reviewer would otherwise have to remember them."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GENERATED = re.compile(
    r"^(mi_core/(interfaces|codes)/|mi_plugins/regions/[^/]+/interfaces/|tests/codegen/golden/)"
)


def tracked(*patterns: str) -> list[Path]:
    """Files that git knows or would add; outside a checkout (an unpacked sdist) every file."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        pytest.skip("not a git checkout: nothing says which files belong to the project")
    return [ROOT / line for line in done.stdout.splitlines() if (ROOT / line).is_file()]


def handwritten() -> list[Path]:
    """Python files that people write."""
    return [path for path in tracked("*.py") if not GENERATED.match(path.relative_to(ROOT).as_posix())]


def test_both_readmes_show_the_same_code() -> None:
    def code(name: str) -> list[str]:
        text = (ROOT / name).read_text(encoding="utf-8")
        return [
            re.sub(r"\s*#.*", "", block)
            for block in re.findall(r"```(?:python|console)\n(.*?)```", text, re.S)
        ]

    english, chinese = code("README.md"), code("README.zh-CN.md")
    assert len(english) >= 4
    assert english == chinese


def test_templates_are_short() -> None:
    templates = tracked("*.jinja")
    assert templates
    assert {p.name: n for p in templates if (n := len(p.read_text(encoding="utf-8").splitlines())) > 80} == {}


def test_files_have_one_reason_and_are_short() -> None:
    assert {
        str(p.relative_to(ROOT)): n
        for p in handwritten()
        if (n := len(p.read_text(encoding="utf-8").splitlines())) > 400
    } == {}


def test_every_ignore_has_its_reason_beside_it() -> None:
    bare = re.compile(r"#\s*(?:type: ignore\[[^\]]*\]|noqa(?::\s*[A-Z0-9, ]+)?|pragma: no cover)\s*$")
    nameless = re.compile(r"#\s*type: ignore(?!\[)")
    found = []
    for path in handwritten():
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if (bare.search(line) or nameless.search(line)) and "re.compile" not in line:
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()}")
    assert found == []


def test_nothing_is_left_for_later() -> None:
    words = re.compile(
        r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "X" + "XX", "raise NotImplemented" + "Error")) + r")\b"
    )
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in handwritten()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if words.search(line)
    ]
    assert found == []


def test_no_path_of_a_developers_machine() -> None:
    machine = re.compile(
        "|".join(
            (r"/wo" + r"rk/", r"/opt/ve" + r"nv", r"/tmp/" + r"w\b", r"/ro" + r"ot/", r"/ho" + r"me/[a-z]")
        )
    )
    found = []
    for path in tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{path.relative_to(ROOT)}: {hit.group()}" for hit in [machine.search(text)] if hit]
    assert found == []


def test_every_session_is_told_to_contributors() -> None:
    sessions = re.findall(r"@nox\.session\ndef (\w+)", (ROOT / "noxfile.py").read_text(encoding="utf-8"))
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8") + (ROOT / "README.md").read_text(
        encoding="utf-8"
    )
    assert {
        name for name in sessions if f"nox -s {name}" not in text and f"noxfile.py {name}" not in text
    } == set()


def test_ci_runs_the_commands_of_the_readme() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    commands = re.findall(
        r"^\$ (python3 noxfile\.py \w+)", (ROOT / "README.md").read_text(encoding="utf-8"), re.M
    )
    assert len(commands) == 2
    assert [command for command in commands if f"\n{command}\n" not in script] == []


def test_the_agreed_top_level() -> None:
    allowed = {
        "pyproject.toml", "noxfile.py", "README.md", "README.zh-CN.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE",
        "mi_core", "mi_plugins", "codegen", "interface_catalog", "schema", "tests", "docs", "deploy", "examples", "uv.lock",
    }  # fmt: skip
    tops = {path.relative_to(ROOT).parts[0] for path in tracked()}
    assert {name for name in tops if not name.startswith(".")} - allowed == set()


def test_the_changelog_knows_the_version() -> None:
    version = re.search(
        r'__version__ = "(.+)"', (ROOT / "mi_core" / "_version.py").read_text(encoding="utf-8")
    )
    assert version is not None
    assert f"## {version.group(1)}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert (
        tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["name"] == "mi-core"
    )
