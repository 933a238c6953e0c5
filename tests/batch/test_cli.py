"""``mi upload`` as a shell runs it, against the sandbox."""

from __future__ import annotations

import asyncio
import csv
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer

from mi_plugins.sandbox import Settings, create_app
from mi_plugins.sandbox.announce import config_toml
from tests.batch.goods import row, states, written
from tests.cli.shell import mi


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Path]:
    """A folder with a configuration for a sandbox."""
    settings = Settings(crowd=0)
    async with TestServer(create_app(settings)) as server:
        path = tmp_path / "mi.toml"
        path.write_text(config_toml(str(server.make_url("")).rstrip("/"), settings), encoding="utf-8")
        path.chmod(0o600)
        yield tmp_path


async def run(place: Path, *arguments: str) -> tuple[int, str, str]:
    return await asyncio.to_thread(mi, *arguments, place=place)


async def test_template_dry_run_upload_and_retry(place: Path) -> None:
    code, out, _ = await run(place, "upload", "3501A", "--template", "new.csv")
    assert code == 0 and "12 列" in out
    with (place / "new.csv").open(encoding="utf-8-sig", newline="") as file:
        heading = next(csv.reader(file))
    assert "单价(pric)" in heading and len(heading) == 12
    good = row(1)
    names = ("med_list_codg", "fixmedins_hilist_id", "fixmedins_hilist_name", "rx_flag", "invdate", "inv_cnt", "fixmedins_bchno",
             "manu_date", "expy_end", "pric")  # fmt: skip
    values = dict(zip(names, good, strict=True))
    places = [next((n for n in names if f"({n})" in title), "") for title in heading]
    written(place / "rows.csv", [[values.get(n, "") for n in places], [values.get(n, "") if n != "pric" else "x" for n in places]],
            heading=heading, encoding="gb18030")  # fmt: skip

    code, out, err = await run(place, "upload", "3501A", "rows.csv", "--dry-run")
    assert code == 3 and "第 3 行：pric（单价）" in out and "2 行，1 行有错误，未发送" in out
    assert not (place / "rows.3501A.result.csv").exists()

    code, out, err = await run(place, "upload", "3501A", "rows.csv", "--partial")
    assert code == 3 and "已受理 1" in out and "有错误 1" in out, (out, err)
    result = place / "rows.3501A.result.csv"
    assert [state for state, _ in states(result).values()] == ["sent", "invalid"]
    code, _, err = await run(place, "upload", "3501A", "rows.csv", "--partial")
    assert code == 2 and "--retry" in err
    code, _, err = await run(place, "upload", "3501A", "rows.csv", "--retry", "rows.3501A.reslut.csv")
    assert code == 2 and "不存在" in err, "a result file by a wrong name would send every row again"
    code, _, err = await run(place, "upload", "3501A", "--template", "new.csv")
    assert code == 2 and "new.csv 已存在" in err

    text = (
        (place / "rows.csv").read_bytes().decode("gb18030").replace(",x,", ",10.5,").replace(",B1,", ",B2,")
    )
    lines = text.splitlines()
    first = (place / "rows.csv").read_bytes().decode("gb18030").splitlines()[1]
    (place / "rows.csv").write_bytes("\r\n".join([lines[0], first, lines[2]]).encode("gb18030"))
    code, out, _ = await run(place, "upload", "3501A", "rows.csv", "--retry", str(result), "--json")
    report = json.loads(out)
    assert code == 0 and report["complete"] and report["skipped"] == 1 and report["calls"] == 1


async def test_what_the_sandbox_refuses_is_told_by_line(place: Path) -> None:
    """3507A of batches that were never uploaded: the sandbox refuses, or names each row."""
    written(
        place / "gone.csv",
        [["NOBATCH1", "1"], ["NOBATCH2", "1"]],
        heading=("fixmedins_bchno", "inv_data_type"),
    )
    code, out, _ = await run(place, "upload", "3507A", "gone.csv")
    assert code in (0, 4) and "gone.3507A.result.csv" in out
    assert {state for state, _ in states(place / "gone.3507A.result.csv").values()} <= {"sent", "refused"}


async def test_wrong_usage(place: Path) -> None:
    assert (await run(place, "upload", "3501A"))[0] == 2
    code, _, err = await run(place, "upload", "2207", "rows.csv")
    assert code == 3 and "没有文件 rows.csv" in err
    (place / "other.csv").write_text("甲,乙\n1,2\n", encoding="utf-8")
    code, _, err = await run(place, "upload", "3501A", "other.csv", "--dry-run")
    assert code == 3 and "甲：没有这个字段" in err
    written(place / "rows.csv", [row(1)])
    code, _, err = await run(place, "upload", "9999", "rows.csv", "--dry-run")
    assert code == 2 and "没有接口 9999" in err
    code, _, err = await run(place, "upload", "2207", "rows.csv", "--dry-run")
    assert code == 3 and "不是上传类接口" in err
