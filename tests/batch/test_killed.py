"""A process that uploads is killed; the next run sends what is left, nothing twice, and names what is unknown."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from mi_core.uploads import read_results
from tests.batch.goods import row, written
from tests.cli.shell import COMMAND, configure, environment

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")


class Bureau:
    """Counts every row it stored; from some message on it is slow, so that a kill hits messages under way."""

    def __init__(self) -> None:
        self.rows: Counter[str] = Counter()
        self.calls = 0
        self.slow_from = 6
        self.hit = asyncio.Event()

    async def answer(self, request: web.Request) -> web.Response:
        message = json.loads(await request.read())
        self.calls += 1
        if self.calls == self.slow_from:
            self.hit.set()
            await asyncio.sleep(30)
        for one in message["input"]["invinfoDetail"]:
            self.rows[one["fixmedins_hilist_id"]] += 1
        return web.json_response({"infcode": 0, "output": {}})


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
async def test_kill_and_go_on(ending: str, tmp_path: Path) -> None:
    bureau = Bureau()
    app = web.Application()
    app.router.add_post("/{path:.*}", bureau.answer)
    table = written(tmp_path / "rows.csv", [row(i) for i in range(120)])
    async with TestServer(app) as server:
        configure(tmp_path, str(server.make_url("/")))
        command = [*COMMAND, "upload", "3501A", "rows.csv", "--rows-per-call", "10", "--concurrency", "2"]
        result = table.with_name(f"rows.result.{ending}")
        process = await asyncio.create_subprocess_exec(
            *command, "--result", str(result), cwd=tmp_path, env=environment(), stderr=subprocess.PIPE
        )
        await asyncio.wait_for(bureau.hit.wait(), 60)
        os.kill(process.pid, signal.SIGKILL)
        await process.communicate()
        assert result.exists() is (ending == "csv"), "a workbook comes at the end"
        before = Counter(bureau.rows)
        done = await asyncio.to_thread(
            subprocess.run,
            [*command, "--retry", str(result)],
            cwd=tmp_path,
            env=environment(),
            capture_output=True,
            timeout=120,
        )
        assert b"Traceback" not in done.stderr, done.stderr.decode()
        out = done.stdout.decode()
    states = {one.number: one.state for one in read_results(result)}
    assert sorted(states) == list(range(2, 122))
    unknown = [number for number, state in states.items() if state == "unknown"]
    assert done.returncode == 6 and 10 <= len(unknown) <= 20 and set(states.values()) == {"sent", "unknown"}
    assert "结果未知的行：" in out and str(unknown[0]) in out
    assert max(bureau.rows.values()) == 1  # nothing twice
    acknowledged = {f"D{number - 2}" for number, state in states.items() if state == "sent"}
    assert acknowledged <= set(bureau.rows) and set(before) <= set(bureau.rows)
    assert {path.name for path in tmp_path.glob("rows*")} == {"rows.csv", result.name}


async def test_a_torn_last_line_and_a_foreign_file(tmp_path: Path) -> None:
    from mi_core.testing import FakeGateway
    from mi_core.uploads import Options, ResultFileError, open_table, upload

    gateway = FakeGateway()
    gateway.on("3501A").reply()
    table = written(tmp_path / "rows.csv", [row(i) for i in range(3)])
    result = tmp_path / "r.csv"
    async with gateway.async_client() as client:
        await upload(client, "3501A", open_table(table), result)
        whole = result.read_bytes()
        result.write_bytes(whole + b"4,\xe5\x8f\x91\xe9")  # a power cut within a line
        report = await upload(client, "3501A", open_table(table), result, Options(again=True))
        assert report.complete and gateway.sends() == 1
        result.write_bytes(whole.replace("已受理".encode(), "受理了".encode(), 1))
        with pytest.raises(ResultFileError, match="第 2 行已损坏"):
            await upload(client, "3501A", open_table(table), result, Options(again=True))
        result.write_bytes(whole.replace(b"3501A", b"3501B"))
        with pytest.raises(ResultFileError, match="的结果，不是"):
            await upload(client, "3501A", open_table(table), result, Options(again=True))
    assert gateway.sends() == 1


async def test_two_uploads_do_not_share_a_result_file(tmp_path: Path) -> None:
    from mi_core.uploads import ResultFileError
    from mi_core.uploads.results import ResultFile

    held = ResultFile(tmp_path / "r.csv", "3501A", "H1", again=False)
    with pytest.raises(ResultFileError, match="正被另一个上传使用"):
        ResultFile(tmp_path / "r.csv", "3501A", "H1", again=True)
    held.close()
    assert not (tmp_path / "r.csv.lock").exists()
    ResultFile(tmp_path / "r.csv", "3501A", "H1", again=True).close()
