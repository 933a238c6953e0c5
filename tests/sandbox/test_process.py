"""The sandbox as a program: what it prints, how it stops; and that it depends on none of what it checks."""

from __future__ import annotations

import ast
import json
import os
import signal
import socket
import subprocess
import sys
import tomllib
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

import mi_plugins.sandbox
from mi_core.errors import MiError
from mi_plugins.sandbox.cli import sandbox
from mi_plugins.sandbox.idnumber import is_valid

ROOT = Path(mi_plugins.sandbox.__file__).parent


@contextmanager
def started(*arguments: str, **environment: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, "-m", "mi_plugins.sandbox", "--port", "0", *arguments]
    project = str(ROOT.parent.parent)
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8",
        env={**os.environ, "PYTHONPATH": project, **environment},
    )  # fmt: skip
    assert process.stdin is not None and process.stdout is not None and process.stderr is not None
    try:
        yield process, process.stdout.readline()
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            stream.close()


def test_announcement_and_end_with_parent(tmp_path: Path) -> None:
    with started("--json", "--exit-with-parent", "--seed", "5", "--db", str(tmp_path / "s.db")) as (
        process,
        line,
    ):
        said = json.loads(line)
        config = tomllib.loads(said["config_toml"])
        assert said["seed"] == 5 and said["institution"] in config["institutions"]
        assert config["institutions"][said["institution"]]["gateway"]["url"] == said["gateway_url"]
        request = urllib.request.Request(
            said["control_url"] + "/faults", headers={said["control_header"]: said["control_token"]}
        )
        with urllib.request.urlopen(request, timeout=10) as reply:
            assert json.load(reply) == {"faults": []}
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(timeout=20) == 0


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to handle")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_stop_it_quietly(number: int) -> None:
    with started("--json") as (process, line):
        assert json.loads(line)["url"].startswith("http://127.0.0.1:")
        process.send_signal(number)
        assert process.wait(timeout=20) == 0
        assert process.stderr is not None and process.stderr.read() == ""


@pytest.mark.parametrize(("language", "text"), [("zh", "沙箱医保局已启动"), ("en", "sandbox bureau running")])
def test_people_read_it_in_their_language(language: str, text: str) -> None:
    with started(MI_LANG=language) as (_, line):
        assert text in line


def test_a_taken_port_is_explained() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        command = [sys.executable, "-m", "mi_plugins.sandbox", "--port", str(taken.getsockname()[1])]
        done = subprocess.run(
            command, capture_output=True, text=True, encoding="utf-8", check=False, timeout=60,
            env={**os.environ, "PYTHONPATH": str(ROOT.parent.parent), "MI_LANG": "en"},
        )  # fmt: skip
        assert done.returncode == 1 and "--port 0" in done.stderr


def test_an_unusable_database_is_explained(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("no database " * 200)
    done = CliRunner().invoke(sandbox, ["--port", "0", "--db", str(tmp_path / "text.db")])
    assert isinstance(done.exception, MiError) and "--db" in done.exception.message()


def test_persons_command() -> None:
    shown = CliRunner().invoke(sandbox, ["persons"], env={"COLUMNS": "240"})
    assert shown.exit_code == 0 and "沙箱职工甲" in shown.output
    people = json.loads(CliRunner().invoke(sandbox, ["persons", "--json"]).output)
    assert len(people) == 10 and all(is_valid(one["certno"]) for one in people)


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def test_it_checks_with_code_of_its_own() -> None:
    allowed = (
        "mi_core.catalog",
        "mi_core.crypto",
        "mi_core.model",
        "mi_core.types",
        "mi_core.errors",
        "mi_core.cli.text",
        "mi_plugins.sandbox",
    )
    files = list(ROOT.rglob("*.py"))
    found = {name for path in files for name in imports(path) if name.startswith(("mi_", "tests"))}
    assert len(files) > 30 and all(name.startswith(allowed) for name in found)


def test_files_stay_small() -> None:
    assert all(len(path.read_text(encoding="utf-8").splitlines()) < 300 for path in ROOT.rglob("*.py"))
