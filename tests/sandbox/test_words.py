"""What the sandbox says to whoever steers it: Chinese by default, English when asked, every event with its meaning."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from mi_core.errors import MiError
from mi_plugins.sandbox.cli import sandbox
from mi_plugins.sandbox.fault_words import EVENTS, FAULT_WORDS
from mi_plugins.sandbox.faults import FAULTS
from mi_plugins.sandbox.running import leave_note
from tests.sandbox.hospital import Hospital

WRONG: tuple[tuple[str, str, object, str, str], ...] = (
    ("POST", "/faults", {"fault": "drop_aftr"}, "是否指 drop_after", "did you mean drop_after"),
    ("POST", "/faults", {"fault": "hang", "colour": 1}, "没有这些键：colour", "unknown keys: colour"),
    ("POST", "/faults", {"fault": "hang", "seconds": "long"}, "须为数字", "are numbers"),
    ("POST", "/clock", {"set": "soon"}, "不是时间", "is no time"),
    ("POST", "/seed", {"persons": -1}, "0 至", "0 to"),
    ("POST", "/notices", {"infno": "7108", "subject": "none"}, "没有处方 none", "no prescription none"),
    ("POST", "/notices", {"infno": "6302", "subject": "none"}, "没有已支付的订单", "no paid order"),
    ("POST", "/orders", {"mdtrt_regno": "none"}, "没有待支付", "the bureau refuses"),
    ("POST", "/orders", {}, "须给出 mdtrt_regno", "mdtrt_regno is required"),
    ("POST", "/decisions", {"number": "none"}, "没有等待审核", "nothing of number none"),
    ("POST", "/disagreements", {"kind": "none"}, "须为其中之一", "must be one of"),
    ("POST", "/catalogues", {"rows": 1}, "须为 20 至", "from 20 to"),
    ("GET", "/nothing", None, "没有这个控制地址", "no such control endpoint"),
)


@pytest.mark.parametrize(
    ("method", "path", "order", "zh", "en"), WRONG, ids=lambda value: value if isinstance(value, str) else ""
)
async def test_a_refusal_in_both_languages(
    hospital: Hospital, method: str, path: str, order: object, zh: str, en: str
) -> None:
    status, told = await hospital.control(method, path, order)
    assert status in (400, 404) and zh in told["error_zh"] and en in told["error"]


async def test_what_is_no_json(hospital: Hospital) -> None:
    headers = {"X-Sandbox-Token": hospital.token}
    async with hospital.session.post(hospital.url + "/_control/faults", data=b"{", headers=headers) as reply:
        told = await reply.json()
    assert reply.status == 400 and "不是 JSON" in told["error_zh"] and "no JSON" in told["error"]
    _, told = await hospital.control("GET", "/faults", token="wrong")
    assert "控制令牌" in told["error_zh"]


def test_every_fault_has_its_meaning() -> None:
    assert [name.replace("-", "_") for name in FAULT_WORDS] == list(FAULTS)
    shown = CliRunner().invoke(sandbox, ["trigger"], env={"COLUMNS": "240"})
    assert shown.exit_code == 0 and "drop-after" in shown.output and "decide NUMBER" in shown.output
    told = json.loads(CliRunner().invoke(sandbox, ["trigger", "--json"]).output)
    assert len(told) == len(FAULTS) + len(EVENTS)


@pytest.mark.parametrize(
    "words",
    [("notify", "7108"), ("decide",), ("pay-order", "1", "2"), ("drop-after", "2207", "--match", "x")],
)
def test_a_command_used_wrongly(
    words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    wrong = CliRunner().invoke(sandbox, ["trigger", *words])
    assert wrong.exit_code == 2 and ("用法" in wrong.output or "须为" in wrong.output)
    wrong = CliRunner().invoke(sandbox, ["trigger", *words], env={"MI_LANG": "en"})
    assert wrong.exit_code == 2 and ("usage:" in wrong.output or "--match is" in wrong.output)


def test_nobody_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with leave_note("http://127.0.0.1:9", "token"):
        result = CliRunner().invoke(sandbox, ["clock"])
    assert (
        isinstance(result.exception, MiError)
        and "无法连接沙箱" in result.exception.zh
        and result.exception.hint_zh
    )


@pytest.mark.parametrize(
    ("language", "text"), [("zh", "没有故障 drop_aftr；是否指"), ("en", "there is no fault drop_aftr")]
)
def test_a_file_of_faults(tmp_path: Path, language: str, text: str) -> None:
    path = tmp_path / "faults.json"
    path.write_text('[{"infno": "2207", "fault": "drop_aftr"}]')
    done = subprocess.run(
        [sys.executable, "-m", "mi_core.cli.main", "--lang", language, "sandbox", "--port", "0", "--faults", str(path)],
        capture_output=True, text=True, encoding="utf-8", check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 1 and text in done.stderr
