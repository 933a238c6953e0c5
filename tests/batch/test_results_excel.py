"""Results as a workbook: the same rows, and the same going on, as with a CSV."""

from __future__ import annotations

from pathlib import Path

import pytest

from mi_core.uploads import ResultFileError
from tests.batch.goods import row, states, strict, workbook, written
from tests.batch.test_upload import gateway, run


async def test_the_result_as_a_workbook_and_the_rest_from_it(tmp_path: Path) -> None:
    """The bureau refuses two rows; their causes stand in the workbook, and a retry of it sends those two."""
    bad = ["D1", "D2"]
    where = gateway(strict(lambda one: "=目录停用" if one["fixmedins_hilist_id"] in bad else ""))
    table, result = written(tmp_path / "rows.csv", [row(i) for i in range(5)]), tmp_path / "result.xlsx"
    first = await run(where, table, result)
    assert first.counts == {"sent": 3, "refused": 2} and sorted(p.name for p in tmp_path.iterdir()) == [
        "result.xlsx",
        "rows.csv",
    ]
    assert result.stat().st_mode & 0o777 == 0o600
    assert {n: s for n, s in states(result).items() if s[0] != "sent"} == {
        3: ("refused", "=目录停用"),
        4: ("refused", "=目录停用"),
    }
    with pytest.raises(ResultFileError, match="已存在"):
        await run(where, table, result)
    bad.clear()
    sends = where.sends()
    again = await run(where, table, result, again=True)
    assert again.complete and again.skipped == 3 and where.sends() == sends + 1
    assert set(states(result).values()) == {("sent", "")} and not (tmp_path / "result.xlsx.csv").exists()
    await run(where, table, tmp_path / "result.csv")
    assert list(states(tmp_path / "result.csv")) == list(states(result))


async def test_a_workbook_whose_upload_was_killed_goes_on_from_the_csv_beside_it(tmp_path: Path) -> None:
    where, result = gateway(), tmp_path / "r.xlsx"
    table = written(tmp_path / "rows.csv", [row(i) for i in range(3)])
    await run(where, table, tmp_path / "r.csv")
    grown = (tmp_path / "r.csv").read_text("utf-8-sig").replace("3,已受理", "3,发送中")
    (tmp_path / "r.xlsx.csv").write_text(grown, encoding="utf-8-sig")
    with pytest.raises(ResultFileError, match="已存在"):
        await run(where, table, result)
    report = await run(where, table, result, again=True)
    assert report.counts == {"sent": 2, "unknown": 1} and where.sends() == 1
    assert states(result)[3] == ("unknown", "上次中断时正在发送") and not (tmp_path / "r.xlsx.csv").exists()
    # a kill between the workbook and the removal of its CSV: the CSV has the word
    (tmp_path / "r.xlsx.csv").write_text(grown.replace("3,发送中", "3,未发送"), encoding="utf-8-sig")
    again = await run(where, table, result, again=True)
    assert again.complete and where.sends() == 2 and states(result)[3][0] == "sent"
    with pytest.raises(ResultFileError, match="不是上传的结果文件"):
        await run(where, table, workbook(tmp_path / "other.xlsx", [row(1)]), again=True)
