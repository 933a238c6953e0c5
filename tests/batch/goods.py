"""A stock-taking (3501A) as tables, and bureaus that answer it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from mi_core.testing.script import Seen

HEADING = (
    "医疗目录编码", "定点医药机构目录编号", "fixmedins_hilist_name", "处方药标志", "盘存日期", "库存数量", "定点医药机构批次流水号",
    "生产日期", "有效期止", "单价(pric)",
)  # fmt: skip


def row(number: int, **changes: Any) -> list[Any]:
    """One counted article."""
    values = {
        "code": f"XJ01CAA040E{number:06}", "own": f"D{number}", "name": f"阿莫西林胶囊{number}", "rx": "1", "day": "2026/11/1",
        "count": "12.5", "batch": f"B{number}", "made": "2026-01-01", "until": "2028-01-01", "price": "10.25",
    }  # fmt: skip
    return list({**values, **changes}.values())


def written(
    path: Path, rows: Iterable[Iterable[Any]], *, heading: Iterable[str] = HEADING, encoding: str = "utf-8"
) -> Path:
    """A CSV file."""
    text = io.StringIO()
    csv.writer(text).writerows([list(heading), *map(list, rows)])
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def workbook(path: Path, rows: Iterable[Iterable[Any]], *, heading: Iterable[str] = HEADING) -> Path:
    """An Excel file."""
    openpyxl: Any = import_module("openpyxl")  # it has no types
    book = openpyxl.Workbook()
    for cells in [list(heading), *map(list, rows)]:
        book.active.append(cells)
    book.save(path)
    return path


def accepted(output: Mapping[str, Any] | None = None) -> bytes:
    return json.dumps({"infcode": 0, "output": dict(output or {})}, ensure_ascii=False).encode()


def refused(text: str) -> bytes:
    return json.dumps({"infcode": -1, "err_msg": text}, ensure_ascii=False).encode()


def strict(bad: Callable[[Mapping[str, Any]], str]) -> Callable[[Seen], bytes]:
    """A bureau that refuses a whole message for one row; ``bad`` says why, or nothing."""

    def answer(seen: Seen) -> bytes:
        why = next((text for one in seen.input["invinfoDetail"] if (text := bad(one))), "")
        return refused(why) if why else accepted()

    return answer


def states(path: Path) -> dict[int, tuple[str, str]]:
    """Line -> state and text, as the result file has them."""
    from mi_core.uploads import read_results

    return {result.number: (result.state, result.text) for result in read_results(path)}
