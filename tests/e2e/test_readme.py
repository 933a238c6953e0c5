"""The README's Python runs as printed, against a real sandbox; its shell commands exist."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from mi_core.cli.main import cli
from mi_plugins.demo.sandbox_process import running_sandbox

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_the_ten_lines_run(readme: str, tmp_path: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / readme).read_text(encoding="utf-8"), re.S)
    assert blocks
    with running_sandbox(seed=1) as sandbox:
        (tmp_path / "mi.toml").write_text(sandbox["config_toml"], encoding="utf-8")
        for block in blocks:
            done = subprocess.run(
                [sys.executable, "-W", "error", "-c", f"import sys; sys.path[:0] = {[str(ROOT)]!r}\n{block}"],
                cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", timeout=60,
            )  # fmt: skip
            assert done.returncode == 0, done.stderr
            assert re.search(r"^310 1000\.00$", done.stdout, re.M), done.stdout


def test_every_command_of_the_readme_exists() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = {line.split()[0] for line in re.findall(r"\bmi ((?!-)[a-z][a-z-]+(?: [a-z]+)?)", text)}
    assert {"sandbox", "doctor", "call", "codes", "catalog", "new-config"} <= commands
    for name in sorted(commands):
        done = CliRunner().invoke(cli, [name, "--help"])
        assert done.exit_code == 0, (name, done.output)
