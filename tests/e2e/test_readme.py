"""What the READMEs say is done literally: the shell steps, the Python, the plugin; the sample error is what is printed."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from click.testing import CliRunner

from mi_core import AsyncClient
from mi_core.cli.main import cli
from mi_core.model import Request
from mi_core.types import CHINA_TIME
from mi_plugins.demo.sandbox_process import running_sandbox
from mi_plugins.demo.visit import run_visit
from mi_plugins.sandbox.persons import DOCUMENTED
from tests.cli.shell import COMMAND, HOSPITAL, ROOT, configure, environment, mi
from tests.core.calls import settlement

READMES = ["README.md", "README.zh-CN.md"]
SAMPLE = settlement().to_dict()
SAMPLE["data"] |= {"mdtrt_cert_type": "03", "medfee_sumamt": "128.505"}


def blocks(readme: str, kind: str) -> list[str]:
    """The code blocks of one kind."""
    return re.findall(rf"```{kind}\n(.*?)```", (ROOT / readme).read_text(encoding="utf-8"), re.S)


def python_with(readme: str, text: str) -> str:
    """The one Python block that has ``text``."""
    (found,) = (block for block in blocks(readme, "python") if text in block)
    return found


def port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


@contextmanager
def running(command: list[str], place: Path) -> Iterator[None]:
    """``mi sandbox`` as the README starts it: at its default port, which another run of this test may hold for a while."""
    end = time.monotonic() + 90
    while not port_is_free(8899) and time.monotonic() < end:
        time.sleep(0.5)
    process = subprocess.Popen(
        [*COMMAND, *command], cwd=place, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )  # fmt: skip
    try:
        while port_is_free(8899) and time.monotonic() < end and process.poll() is None:
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.communicate(timeout=20)


@pytest.mark.xdist_group("port 8899")
@pytest.mark.parametrize("readme", READMES)
def test_the_steps_lead_to_the_ten_lines(readme: str, tmp_path: Path) -> None:
    steps = re.findall(r"^\$ (?:mi )?(.*?)(?: +#.*)?$", blocks(readme, "console")[1], re.M)
    assert steps == ["pip install .", "new-config --sandbox", "sandbox", "doctor"]
    assert mi(*steps[1].split(), place=tmp_path)[0] == 0
    with running(steps[2].split(), tmp_path):
        code, out, err = mi(*steps[3].split(), place=tmp_path)
        assert code == 0, out + err
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", python_with(readme, "PersonInformationRequest")],
            cwd=tmp_path, env=environment(), capture_output=True, text=True, encoding="utf-8", timeout=60,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert re.search(r"^310 1000\.00$", done.stdout, re.M), done.stdout


class _Seen:
    """A client that remembers what it was asked, so that the reader's variables can be filled."""

    def __init__(self, mi: AsyncClient) -> None:
        self._mi = mi
        self.asked: dict[str, Request[Any]] = {}

    async def call(self, request: Request[Any], **options: Any) -> Any:
        self.asked[request.__interface__.code] = request
        return await self._mi.call(request, **options)


async def _quoted_again(sandbox: dict[str, Any]) -> Request[Any]:
    """A visit that was settled, refunded and quoted again: its settlement; the answer to the next one will be lost."""
    async with AsyncClient.from_config("mi.toml") as mi:
        seen = _Seen(mi)
        now = dt.datetime.now(CHINA_TIME).replace(tzinfo=None, microsecond=0)
        await run_visit(seen, DOCUMENTED[0], sandbox["institution"], now, lambda step: None)  # type: ignore[arg-type]  # it only calls
        await seen.call(seen.asked["2206"])
    header = {sandbox["control_header"]: sandbox["control_token"]}
    async with (
        aiohttp.ClientSession(headers=header) as session,
        session.post(
            f"{sandbox['control_url']}/faults", json={"infno": "2207", "fault": "drop_after"}
        ) as reply,
    ):
        assert reply.status == 200
    return seen.asked["2207"]


@pytest.mark.parametrize("readme", READMES)
def test_the_lost_answer_is_found_as_written(
    readme: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with running_sandbox(seed=7) as sandbox:
        local = re.sub(
            r"(?m)^(mdtrtarea_admvs = .*)$", r'\1\ninsuplc_admdvs = "990101"', sandbox["config_toml"]
        )
        Path("mi.toml").write_text(local + '\n[journal]\npath = "mi.journal.db"\n')
        Path("mi.toml").chmod(0o600)
        names: dict[str, Any] = {"settlement": asyncio.run(_quoted_again(sandbox))}
        exec(python_with(readme, "OutcomeUnknown"), names)  # the README's own lines
    reply = names["reply"]
    assert reply.meta.repeated and reply.setlinfo.setl_id and reply.meta.source != "reply"
    assert reply.setlinfo.medfee_sumamt == names["settlement"].medfee_sumamt
    assert "2207" in capsys.readouterr().out, "what is told to the cashier"


@pytest.mark.parametrize("readme", READMES)
def test_the_flow_settles_and_goes_on_as_written(
    readme: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    with running_sandbox(seed=8) as sandbox:
        Path("mi.toml").write_text(sandbox["config_toml"] + '\n[journal]\npath = "mi.journal.db"\n')
        Path("mi.toml").chmod(0o600)
        exec(python_with(readme, "OutpatientVisit"), names)  # the README's own lines
    amounts = names["settlement"].amounts
    assert str(amounts.medfee_sumamt) == "37.20"
    assert names["settlement"].setl_id in capsys.readouterr().out


@pytest.mark.parametrize(("readme", "lang"), [("README.md", "en"), ("README.zh-CN.md", "zh")])
def test_the_sample_error_is_what_is_printed(readme: str, lang: str, tmp_path: Path) -> None:
    (tmp_path / "visit.json").write_text(json.dumps(SAMPLE, default=str), encoding="utf-8")
    configure(tmp_path, "http://127.0.0.1:9/")
    code, _, err = mi("--lang", lang, "call", "2207", "--file", "visit.json", place=tmp_path)
    assert code == 3
    assert err == blocks(readme, "text")[0]


@pytest.mark.parametrize("readme", READMES)
def test_regions_and_the_kit_as_written(readme: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(python_with(readme, "regions.guangzhou"), names)  # the README's own lines
    assert names["OutpatientSettlementRequest"].__interface__.region == "guangzhou"
    exec(python_with(readme, "FakeGateway()"), names)
    assert names["gateway"].sends("2207") == 1


def test_the_plugin_is_found_and_used(tmp_path: Path) -> None:
    """As an installation leaves it: the module, and the metadata made from the README's table."""
    site = tmp_path / "site"
    metadata = site / "hospital_rules-1.0.dist-info"
    metadata.mkdir(parents=True)
    (site / "hospital_rules.py").write_text(python_with("README.md", "class HospitalRules"), encoding="utf-8")
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: hospital-rules\nVersion: 1.0\n")
    table = blocks("README.md", "toml")[0].replace("project.entry-points.", "").replace('"', "")
    (metadata / "entry_points.txt").write_text(table)
    visit = {"data": {**settlement().to_dict()["data"], "chrg_bchno": "TEST1"}}
    (tmp_path / "visit.json").write_text(json.dumps(visit, default=str), encoding="utf-8")
    configure(tmp_path, "http://127.0.0.1:9/")
    variables = {"PYTHONPATH": f"{site}:{environment()['PYTHONPATH']}"}
    code, out, _ = mi("call", "2207", "--file", "visit.json", "--json", place=tmp_path, variables=variables)
    report = json.loads(out)
    assert (code, report["interface"], report["institution"]) == (3, "2207", HOSPITAL)
    assert [p["zh"] for p in report["problems"]] == ["测试批次不能结算"]
    assert mi("call", "2207", "--file", "visit.json", place=tmp_path)[0] == 5


@pytest.mark.parametrize("readme", READMES)
def test_every_command_stands_on_its_own_line_and_exists(readme: str) -> None:
    lines = [line for block in blocks(readme, "console") for line in block.splitlines()]
    assert all(line.startswith("$ ") and "·" not in line for line in lines), lines
    commands = {" ".join(re.findall(r"^\$ mi ([a-z-]+)", line)) for line in lines} - {""}
    assert {"sandbox", "doctor", "call", "codes", "catalog", "new-config", "ops"} <= commands
    for name in sorted(commands):
        done = CliRunner().invoke(cli, [name, "--help"])
        assert done.exit_code == 0, (name, done.output)
