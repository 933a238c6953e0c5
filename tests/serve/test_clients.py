"""The examples of docs/clients, compiled and run against a live service, where their runtime is on this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.serve.kit import FIRST, PERSON, ROOT, Served

CLIENTS = ROOT / "docs" / "clients"
Build = Callable[[Path], list[str]]


def csharp(folder: Path) -> list[str]:
    made = folder / "Settle.exe"
    run(["mcs", f"-out:{made}", str(CLIENTS / "csharp" / "Settle.cs")])
    return ["mono", str(made)]


def java(folder: Path) -> list[str]:
    run(
        [
            "javac",
            "-Xlint:-options",
            "--release",
            "8",
            "-encoding",
            "UTF-8",
            "-d",
            str(folder),
            str(CLIENTS / "java" / "Settle.java"),
        ]
    )
    return ["java", "-cp", str(folder), "Settle"]


def pascal(folder: Path) -> list[str]:
    run(["fpc", f"-FE{folder}", f"-FU{folder}", str(CLIENTS / "pascal" / "settle.pas")])
    return [str(folder / "settle")]


def curl(folder: Path) -> list[str]:
    return ["sh", str(CLIENTS / "curl" / "settle.sh")]


BUILDS: dict[str, tuple[tuple[str, ...], Build]] = {
    "csharp": (("mcs", "mono"), csharp), "java": (("javac", "java"), java), "pascal": (("fpc",), pascal), "curl": (("curl", "sed"), curl),
}  # fmt: skip


def run(command: list[str]) -> str:
    """As in a shell; Java reads its arguments by the locale, and nothing else depends on one."""
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "LC_ALL": "C.UTF-8"}
    done = subprocess.run(command, capture_output=True, env=environment, timeout=300)
    assert done.returncode == 0, done.stdout.decode("utf-8", "replace") + done.stderr.decode(
        "utf-8", "replace"
    )
    return done.stdout.decode("utf-8")


@pytest.fixture(scope="module", params=sorted(BUILDS))
def example(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    programs, build = BUILDS[request.param]
    missing = [program for program in programs if shutil.which(program) is None]
    if missing:
        if os.environ.get("MI_REQUIRE_SERVICES") == "1":
            pytest.fail(f"not on this machine: {', '.join(missing)}")
        pytest.skip(f"not on this machine: {', '.join(missing)}")
    return build(tmp_path_factory.mktemp(request.param))


@pytest.mark.service
def test_an_example_asks_fails_and_polls(example: list[str], served: Served) -> None:
    told = run([*example, served.url, served.tokens["operator"], FIRST, PERSON.certno, PERSON.name])
    assert told.split() == [
        "姓名",
        PERSON.name,
        "余额",
        "1000.00",
        "422",
        "invalid_input",
        "psn_no",
        "操作",
        "done",
    ]


def test_every_example_is_told() -> None:
    text = (CLIENTS / "README.md").read_text(encoding="utf-8")
    files = [
        str(path.relative_to(CLIENTS))
        for path in CLIENTS.rglob("*")
        if path.is_file() and path.name != "README.md"
    ]
    assert len(files) == len(BUILDS)
    assert [name for name in files if name not in text] == []
