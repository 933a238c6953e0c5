"""``mi mapping`` as a shell runs it, against the sandbox: import, match, review, upload, status, withdraw."""

from __future__ import annotations

import asyncio
import csv
import json
from pathlib import Path

from aiohttp.test_utils import TestServer

from mi_core.config import load_config
from mi_plugins.sandbox import Settings, create_app
from mi_plugins.sandbox.announce import config_toml
from tests.cli.shell import mi
from tests.mapping.shelf import DRUGS, ITEMS, stocked


async def test_the_whole_way(tmp_path: Path) -> None:
    settings = Settings(crowd=0)

    async def run(*arguments: str, code: int = 0) -> str:
        done, out, err = await asyncio.to_thread(mi, "mapping", *arguments, place=tmp_path)
        assert done == code, (arguments, out, err)
        return out + err

    async with TestServer(create_app(settings)) as server:
        path = tmp_path / "mi.toml"
        path.write_text(config_toml(str(server.make_url("")).rstrip("/"), settings), encoding="utf-8")
        path.chmod(0o600)
        await stocked(load_config(path))
        (tmp_path / "items.csv").write_text(ITEMS, encoding="gb18030")
        assert "新增 5，变更 0，未变 0" in await run("import", "items.csv")
        assert "新增 0，变更 0，未变 5" in await run("import", "items.csv")
        assert "4 项有候选待审核，1 项需人工选择" in await run("match")
        await run("review", "--out", "review.csv")
        assert "审核人" in await run("review", "--in", "review.csv", code=2)
        with (tmp_path / "review.csv").open(encoding="utf-8-sig", newline="") as file:
            heading, *rows = list(csv.reader(file))
        for row in rows:
            row[12] = "是" if (row[0], row[6]) == ("D1", DRUGS[0][0]) else ""
        with (tmp_path / "review.csv").open("w", encoding="gbk", newline="") as file:
            csv.writer(file).writerows([heading, *rows])
        assert "已审核待上传 1" in await run("review", "--in", "review.csv", "--by", "李四")
        assert "通过 1 项" in await run("review", "--accept-from", "95", "--by", "李四")
        assert "已受理 2" in await run("upload", "--result", "3301.csv")
        told = json.loads((await run("status", "--json")).strip())
        assert told["counts"] == {"open": 1, "proposed": 2, "uploaded": 2} and told["bureau"] is None
        assert "已受理 1" in await run("withdraw", "D1")
        assert "D1" in await run("status", "--state", "withdrawn")
        assert "没有文件" in await run("import", "none.csv", code=3)
        result = set(tmp_path.glob("mapping.*.csv"))
        assert "没有已上传的对照：D1、D77" in await run("withdraw", "D1", "D77", code=2)
        assert "没有审核通过" in await run("upload") and set(tmp_path.glob("mapping.*.csv")) == result
