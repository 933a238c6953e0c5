"""A newcomer's first commands: a configuration for a sandbox at any port, and names that are almost right."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mi_core.cli.main import cli


def run(*arguments: str, language: str = "zh") -> Result:
    return CliRunner().invoke(cli, arguments, env={"MI_LANG": language})


def test_a_configuration_for_another_port(tmp_path: Path) -> None:
    path = tmp_path / "mi.toml"
    done = run("new-config", str(path), "--sandbox", "--port", "9911", "--institution", "P43000000001")
    assert (
        done.exit_code == 0
        and "mi sandbox --port 9911" in done.output
        and f"mi doctor --config {path}" in done.output
    )
    (code, one), = tomllib.loads(path.read_text(encoding="utf-8"))["institutions"].items()  # fmt: skip
    assert code == "P43000000001" and one["gateway"]["url"] == "http://127.0.0.1:9911/csb"
    assert path.stat().st_mode & 0o077 == 0


def test_the_default_port_is_the_sandboxs() -> None:
    from mi_plugins.sandbox.announce import DEFAULT_PORT

    text = run("new-config", "--sandbox", "--stdout").output
    assert f"http://127.0.0.1:{DEFAULT_PORT}/csb" in text and DEFAULT_PORT == 8899


@pytest.mark.parametrize(
    ("arguments", "text"),
    [(("--port", "9911"), "--sandbox"), (("--sandbox", "--port", "0"), "--port"),
     (("--sandbox", "--institution", "H1"), "P43000000001")],
)  # fmt: skip
def test_what_does_not_go_together(arguments: tuple[str, ...], text: str) -> None:
    wrong = run("new-config", "--stdout", *arguments)
    assert wrong.exit_code == 2 and text in wrong.output


@pytest.mark.parametrize(
    ("words", "near"),
    [
        (("sanbox",), "sandbox"),
        (("doctr",), "doctor"),
        (("new_config",), "new-config"),
        (("reconcil", "x"), "reconcile"),
    ],
)
def test_a_command_that_is_almost_right(words: tuple[str, ...], near: str) -> None:
    wrong = run(*words)
    assert wrong.exit_code == 2 and f"是否应为 {near!r}" in wrong.output
    assert f"Did you mean {near!r}?" in run(*words, language="en").output
    assert "是否应为" not in run("qqqqqq").output


def test_the_list_of_commands_says_what_they_do() -> None:
    shown = run("--help").output
    assert "演示就诊与各业务流程" in shown and "操纵沙箱" in shown
    assert "trigger" in run("sandbox", "--help").output
