"""Worker processes as an operator runs them (``mi worker``), killed with SIGKILL while a HIS settles; the bureau counts."""

from __future__ import annotations

import asyncio
import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import attrs
import pytest

from mi_plugins.sandbox.rulebook import Rulebook
from tests.bridge import kit
from tests.bridge.conftest import Place
from tests.bridge.kit import His, working
from tests.bridge.test_doubt import bill
from tests.bridge.test_his import WHERE
from tests.cli.shell import COMMAND, environment
from tests.recovery.kit import OVER, known, ward
from tests.stores.servers import Server

BILLS, KILLS = 14, 5
FENCE = (
    ("acceptance = 1800.0", "acceptance = 1"),
    ("processing = 60.0", "processing = 1"),
    ("lag = 60.0", "lag = 0.1"),
)
"""The bureau answers at once or after a third of a second: two seconds are enough to know that it never will."""


@attrs.define
class Crew:
    """Processes of ``mi worker`` in the hospital's folder."""

    folder: Path
    processes: list[subprocess.Popen[bytes]] = attrs.field(factory=list)
    logs: dict[int, Path] = attrs.field(factory=dict)
    started: int = 0

    def start(self) -> None:
        command = [*COMMAND, "worker", "--config", "mi.toml"]
        self.started += 1
        file = self.folder / f"worker-{self.started}.log"
        with file.open("wb") as log:
            process = subprocess.Popen(
                command, cwd=self.folder, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=environment(MI_LANG="zh")
            )  # fmt: skip
        self.processes.append(process)
        self.logs[process.pid] = file

    def kill(self, number: int) -> None:
        self.processes[number].kill()
        self.processes.pop(number).wait()

    async def end(self) -> list[int]:
        """An orderly end for who is at work by now; exit codes."""
        for process in self.processes:
            while (
                "已启动" not in self.logs[process.pid].read_text(encoding="utf-8") and process.poll() is None
            ):
                await asyncio.sleep(0.05)
            process.send_signal(signal.SIGTERM)
        return [await asyncio.to_thread(process.wait, 60) for process in self.processes]

    def said(self) -> str:
        """All of their output."""
        return "".join(file.read_text(encoding="utf-8") for file in self.folder.glob("worker-*.log"))


async def test_workers_that_are_killed_settle_every_bill_once(
    server: Server, rulebook: Rulebook, tmp_path: Path
) -> None:
    """The bureau executes whatever it is sent, twice if it is sent twice, and loses some of its answers on the way."""
    url = server.create("chaos")
    await kit.prepared(server, url)
    async with ward(rulebook, tmp_path, allow_repeats=True) as here:
        await here.mi.close()
        his, crew = await His.login(url), Crew(tmp_path)
        config = kit.configured(known(here, OVER), url)
        try:
            async with working(config):
                bills = [await bill(Place(server, url, here, config, his)) for _ in range(BILLS)]
            _write_config(tmp_path / "mi.toml", url)
            await here.hospital.fault("2207", "drop_after", times=-1, rate=0.2, seed=1)
            await here.hospital.fault("2207", "hang", times=-1, rate=0.5, seed=2, seconds=0.3)
            crew.start()
            crew.start()
            numbers = [await his.submit("2207", one, insuplc_admdvs=WHERE) for one in bills]
            await _kill_often(his, crew)
            rows = [await his.wait(n, past=("PROCESSING", "IN_DOUBT"), seconds=120) for n in numbers]
            assert await crew.end() == [0, 0]
        finally:
            for process in crew.processes:
                process.kill()
                process.wait()
            await his.close()
        executed = [one["mdtrt_id"] for one in await here.done("2207")]
    log = crew.said()
    assert len(executed) == len(set(executed)), "a bill was settled twice"
    for one, row in zip(bills, rows, strict=True):
        done = row["result_status"] == "SUCCESS"
        assert done == (one["data"]["mdtrt_id"] in executed), (row, log)
        assert done or row["error_code"] in ("not_executed", "not_sent", "reversed"), row
    assert sum(row["result_status"] == "SUCCESS" for row in rows) >= BILLS // 2
    for one in bills:  # personal data stands in no log
        assert one["data"]["psn_no"] not in log and one["data"]["certno"] not in log


def _write_config(file: Path, url: str) -> None:
    text = file.read_text(encoding="utf-8")
    for old, new in (("recover = false", "recover = true"), *FENCE):
        assert old in text
        text = text.replace(old, new)
    bridge = f'\n[bridge]\ndatabase = "{url}"\nlease = 2\nconcurrency = 3\n'
    file.write_text(text + bridge, encoding="utf-8")


async def _kill_often(his: His, crew: Crew) -> None:
    """A worker each time that something has moved, and a new one for it; the other one works on."""
    chance, before = random.Random(5), -1
    for _ in range(KILLS):
        until = time.monotonic() + 90
        while (now := await _moved(his)) == before:
            assert time.monotonic() < until, "nothing moves"
            assert [process.poll() for process in crew.processes] == [None, None], "a worker ended by itself"
            await asyncio.sleep(0.02)
        before = now
        await asyncio.sleep(chance.random() * 0.3)
        crew.kill(chance.randrange(2))
        crew.start()


async def _moved(his: His) -> int:
    """Changes with every claim and every result."""
    rows = await his.rows(
        "SELECT status, COUNT(*) AS n FROM v_medical_insurance_result GROUP BY status ORDER BY status"
    )
    return hash(tuple((row["status"], row["n"]) for row in rows))


def test_the_commands(server: Server, tmp_path: Path) -> None:
    """Install, look, install again, print the scripts: what an administrator does."""
    url = server.create("commands")

    def mi(*arguments: str) -> tuple[int, str]:
        done = subprocess.run(
            [*COMMAND, *arguments], cwd=tmp_path, capture_output=True, env=environment(MI_LANG="zh"), timeout=120
        )  # fmt: skip
        assert b"Traceback" not in done.stderr, done.stderr
        return done.returncode, done.stdout.decode() + done.stderr.decode()

    code, text = mi("bridge", "status", "--database", url)
    assert code == 8 and "mi bridge install" in text
    code, text = mi("bridge", "install", "--database", url)
    assert code == 0 and "mi-test" not in text, text
    assert mi("bridge", "install", "--database", url)[0] == 0, "it may be repeated"
    code, text = mi("bridge", "status", "--database", url, "--json")
    found = json.loads(text)
    assert code == 0 and found["statuses"] == {} and found["workers"] == [] and found["stuck"] is False
    asyncio.run(_submit(url))
    code, text = mi("bridge", "status", "--database", url, "--json")
    assert code == 1 and json.loads(text)["stuck"] is True, "somebody waits and nobody works"
    code, text = mi("bridge", "clean", "--database", url, "--keep-days", "1")
    assert code == 0 and "0" in text, "what waits is not old"
    code, text = mi("worker", "--database", url)
    assert code == 2 and "mi new-config" in text


async def _submit(url: str) -> None:
    his = await His.login(url, "mi", "mi-test")
    try:
        await his.submit("1101", {"data": {}})
    finally:
        await his.close()


@pytest.mark.parametrize("address", ["sqlite:///his.db", "mysql://mi@127.0.0.1", "oracle://mi@h/d"])
def test_an_address_that_is_none(address: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [*COMMAND, "bridge", "status", "--database", address], cwd=tmp_path, capture_output=True,
        env=environment(MI_LANG="zh"), timeout=120,
    )  # fmt: skip
    assert done.returncode == 2 and "HIS 数据库桥的地址" in done.stderr.decode()
    assert sys.executable not in done.stderr.decode()
