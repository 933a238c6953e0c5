"""What the commands print: one language at a time, nothing cut off, no traceback when the output goes away."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from mi_core.cli.exits import exit_code
from mi_core.cli.words import in_one_language
from mi_core.errors import OutcomeUnknown, ReplyUnreadable, StoreError
from tests.cli.shell import COMMAND, environment, mi

CHINESE = re.compile(r"[㐀-鿿]")
CLICK_ENGLISH = re.compile(
    r"Usage|Options:|Commands:|Error|Try |Show this|Invalid|Missing|default:|No such|Aborted"
)
COMMANDS = (
    "call",
    "catalog",
    "codegen",
    "codes",
    "crypto",
    "db",
    "demo",
    "doctor",
    "new-config",
    "ops",
    "sandbox",
)
PAGES = [
    (), *((name,) for name in COMMANDS), ("db", "status"), ("ops", "list"), ("catalog", "list"), ("catalog", "import"),
    ("sandbox", "persons"),
]  # fmt: skip


@pytest.mark.parametrize("page", PAGES, ids=" ".join)
def test_help_is_in_one_language(page: tuple[str, ...]) -> None:
    code, out, _ = mi("--lang", "en", *page, "--help")
    assert code == 0 and not CHINESE.search(out), CHINESE.findall(out)
    code, out, _ = mi(*page, "--help")
    assert code == 0 and CHINESE.search(out) and not CLICK_ENGLISH.search(out)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_command_has_a_short_text(lang: str) -> None:
    code, out, _ = mi("--help", "--lang", lang)
    listed = dict(re.findall(r"^  ([a-z-]+) {2,}(\S.*)$", out, re.M))
    assert code == 0 and set(COMMANDS) <= set(listed)
    for name in COMMANDS:
        assert "..." not in listed[name], name
        assert bool(CHINESE.search(listed[name])) == (lang == "zh"), listed[name]
    assert "141" in out


@pytest.mark.parametrize(
    "wrong",
    [("nix",), ("call",), ("call", "--nix"), ("demo", "--seed", "x"), ("catalog", "list", "--effect", "x")],
)
def test_wrong_usage_in_chinese(wrong: tuple[str, ...]) -> None:
    code, out, err = mi(*wrong)
    assert (code, out) == (2, "") and "错误：" in err and not CLICK_ENGLISH.search(err)
    code, _, err = mi("--lang", "en", *wrong)
    assert code == 2 and not CHINESE.search(err)


def test_bilingual_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    both = {"调用 / call it": ("调用", "call it"), "或 a / b / or a / b": ("或 a", "b / or a / b"), "读 / 写": ("读 / 写",) * 2,
            "甲。\n\nOne.": ("甲。", "One."), "only": ("only", "only")}  # fmt: skip
    for text, (zh, en) in both.items():
        monkeypatch.setenv("MI_LANG", "zh")
        assert in_one_language(text) == zh
        monkeypatch.setenv("MI_LANG", "en")
        assert in_one_language(text) == en


@pytest.mark.parametrize("columns", [None, "80"])
def test_tables_cut_nothing_off(columns: str | None) -> None:
    variables = {} if columns is None else {"COLUMNS": columns}
    for command in (("catalog", "list"), ("codes",), ("sandbox", "persons"), ("catalog", "show", "2207")):
        code, out, _ = mi(*command, variables=variables)
        assert code == 0 and "…" not in out, command
        if columns is None and command[-1] == "list":
            assert "OutpatientSettlementCancellation" in out
        if command[-1] == "persons":
            assert "SANDBOX-TOKEN-00000000000001" in out and "9901010000000001"[:6] in out


@pytest.mark.skipif(sys.platform == "win32", reason="/dev/full and closed pipes as on POSIX systems")
@pytest.mark.parametrize(
    "command", [("catalog", "list"), ("catalog", "list", "--json"), ("codes",), ("--help",)]
)
def test_output_that_cannot_be_written(command: tuple[str, ...]) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([*COMMAND, *command], stdout=full, stderr=subprocess.PIPE, env=environment())
    assert done.returncode == 1 and "系统错误" in done.stderr.decode()
    assert b"Traceback" not in done.stderr and b"Exception" not in done.stderr
    process = subprocess.Popen(
        [*COMMAND, *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()
    )
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    told = process.stderr.read()
    process.stderr.close()
    assert (process.wait(), told) == (141, b"")


def test_codes_of_their_own() -> None:
    assert exit_code(ReplyUnreadable("", "")) == 7
    assert exit_code(StoreError("", "")) == 8
    assert exit_code(OutcomeUnknown("", "")) == 6


@pytest.mark.skipif(sys.platform == "win32", reason="opens a pseudo-terminal")
def test_what_takes_long_shows_that_it_works_on_a_terminal_only() -> None:
    import pty

    screen, terminal = pty.openpty()
    command = [*COMMAND, "catalog", "verify"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=terminal, env=environment(TERM="xterm"))
    os.close(terminal)
    shown = os.read(screen, 100_000).decode()
    os.close(screen)
    assert done.returncode in (0, 1) and "核对摘要" in shown
    assert "核对摘要" not in mi("catalog", "verify")[2]
