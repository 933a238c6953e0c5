"""The review list: out to a table that people fill in, and back. All of it is taken, or nothing."""

from __future__ import annotations

import csv
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any, Final

from mi_core.catalogues import Catalogue
from mi_core.catalogues.entry import NotSynchronised
from mi_core.files import BadInputFile
from mi_core.mapping.book import Book, Entry, State
from mi_core.mapping.items import ItemFaults
from mi_core.mapping.proposing import SOURCES
from mi_core.uploads.results import quoted
from mi_core.uploads.tables import Line, LineFault, Table

__all__ = ["HEADING", "accept_from", "take_review", "write_review"]

HEADING: Final = (
    "院内编码", "院内名称", "院内规格", "院内厂家", "状态", "候选", "医疗目录编码", "目录名称", "目录规格", "目录厂家", "得分", "说明",
    "决定", "改用编码",
)  # fmt: skip
_YES: Final = ("是", "y", "yes", "1", "对", "√", "accept")
_NO: Final = ("否", "n", "no", "0", "不对照", "×", "reject")
_WORDS: Final = {"open": "未对照", "proposed": "待审核"}


async def write_review(book: Book, path: Path) -> int:
    """Every open or proposed item, a line for each candidate; returns the number of items.

    People write 是 beside the right candidate, 否 beside any line of an item that has no counterpart, or another code into the
    last column. ``.xlsx`` needs xlsxwriter.
    """
    count = 0
    rows: list[list[str]] = []
    async for entry in book.entries("open", "proposed"):
        count += 1
        rows += [list(map(str, row)) for row in _lines(entry)]
    if path.suffix.lower() == ".xlsx":
        _write_workbook(path, rows)
    else:
        with path.open("x", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(HEADING)
            writer.writerows([quoted(cell) for cell in row] for row in rows)
    return count


async def take_review(book: Book, catalogue: Catalogue | None, table: Table, by: str) -> dict[State, int]:
    """What people decided. Raises :class:`BadInputFile` (``ItemFaults`` with every mistake); then nothing is taken.

    ``catalogue``: where codes that are in no candidate are looked up; without one they are not accepted.
    """
    heading = table.heading()
    missing = [name for name in ("院内编码", "医疗目录编码", "决定", "改用编码") if name not in heading]
    if missing:
        raise BadInputFile(
            f"{table.name} 不是审核表，缺少列：{'、'.join(missing)}", f"{table.name} is no review list",
            hint_zh="用 mi mapping review --out 导出", hint_en="write one with: mi mapping review --out",
        )  # fmt: skip
    decided: dict[str, tuple[int, State, str]] = {}
    faults: list[tuple[int, str, str]] = []
    for line in table.lines():
        if isinstance(line, LineFault):
            faults.append((line.number, line.zh, line.en))
            continue
        _decide(line, dict(zip(heading, line.cells, strict=True)), decided, faults)
    final = await _checked(book, catalogue, decided, faults)
    if faults:
        raise ItemFaults(table.name, sorted(faults))
    await book.decide(final, by)
    counts: dict[State, int] = {}
    for state, _, _ in final.values():
        counts[state] = counts.get(state, 0) + 1
    return counts


async def accept_from(book: Book, score: int, by: str) -> int:
    """Accept every proposal of at least that score; returns how many."""
    good = {
        entry.item.id: ("accepted", entry.code, entry.code_name)
        async for entry in book.entries("proposed")
        if entry.score is not None and entry.score >= score
    }
    await book.decide(good, by)  # type: ignore[arg-type]  # the literal is a State
    return len(good)


def _lines(entry: Entry) -> list[list[Any]]:
    own = entry.item
    first = [
        own.id,
        own.name,
        own.fields.get("spec", ""),
        own.fields.get("prodentp_name", ""),
        _WORDS[entry.state],
    ]
    if not entry.candidates:
        return [[*first, "", "", "", "", "", "", "没有相近的目录，请在最后一列填写编码或决定“否”", "", ""]]
    return [
        [*first, n, c["code"], c["name"], c["spec"], c["maker"], c["score"], c["explained"], "", ""]
        for n, c in enumerate(entry.candidates, 1)
    ]


def _write_workbook(path: Path, rows: list[list[str]]) -> None:
    from importlib import import_module

    from mi_core.errors import ConfigError

    try:
        xlsxwriter: Any = import_module("xlsxwriter")
    except ImportError:
        raise ConfigError(
            "写 Excel 需要 xlsxwriter", "writing Excel needs xlsxwriter",
            hint_zh="pip install 'mi-core[excel]'，或导出 .csv", hint_en="pip install 'mi-core[excel]', or use .csv",
        ) from None  # fmt: skip
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        sheet = book.add_worksheet("审核")
        sheet.freeze_panes(1, 2)
        for number, row in enumerate([list(HEADING), *rows]):
            for place, cell in enumerate(row):
                sheet.write_string(number, place, cell)


def _decide(
    line: Line, cells: Mapping[str, Any], decided: dict[str, tuple[int, State, str]], faults: list[tuple[int, str, str]]
) -> None:  # fmt: skip
    key, word = str(cells["院内编码"] or "").strip(), str(cells["决定"] or "").strip().lower()
    other, own = str(cells["改用编码"] or "").strip(), str(cells["医疗目录编码"] or "").strip()
    if not word and not other:
        return
    state: State
    if other and word in _NO:
        faults.append(
            (line.number, f"{key}：既写了“否”又写了改用编码", f"{key}: both refused and another code")
        )
        return
    if other:
        state, code = "accepted", other
    elif word in _YES:
        state, code = "accepted", own
    elif word in _NO:
        state, code = "rejected", ""
    else:
        faults.append(
            (
                line.number,
                f"{key}：决定“{word}”应为“是”或“否”",
                f"{key}: the decision {word!r} is neither yes nor no",
            )
        )
        return
    if state == "accepted" and not code:
        faults.append(
            (line.number, f"{key}：此行没有候选，请填写改用编码", f"{key}: no candidate here, name a code")
        )
    elif key in decided and decided[key][1:] != (state, code):
        faults.append(
            (
                line.number,
                f"{key}：与第 {decided[key][0]} 行的决定矛盾",
                f"{key}: contradicts line {decided[key][0]}",
            )
        )
    else:
        decided[key] = (line.number, state, code)


async def _checked(
    book: Book, catalogue: Catalogue | None, decided: Mapping[str, tuple[int, State, str]], faults: list[tuple[int, str, str]]
) -> dict[str, tuple[State, str, str]]:  # fmt: skip
    """Only items of this institution that are not uploaded, only codes that exist."""
    known = await book.get(list(decided))
    final: dict[str, tuple[State, str, str]] = {}
    for key, (number, state, code) in decided.items():
        entry = known.get(key)
        if entry is None:
            faults.append((number, f"没有院内项目 {key}", f"there is no item {key}"))
            continue
        if entry.state == "uploaded":
            faults.append(
                (
                    number,
                    f"{key} 已上传；先用 mi mapping withdraw 撤销",
                    f"{key} is uploaded: withdraw it first",
                )
            )
            continue
        name = next((str(c["name"]) for c in entry.candidates if c["code"] == code), "") if code else ""
        if code and not name:
            name = await _name_of(catalogue, entry, code)
            if not name:
                faults.append(
                    (
                        number,
                        f"{key}：目录中没有有效的编码 {code}",
                        f"{key}: no valid catalogue entry has the code {code}",
                    )
                )
                continue
        final[key] = (state, code, name)
    return final


async def _name_of(catalogue: Catalogue | None, entry: Entry, code: str) -> str:
    kind = entry.item.list_type
    sources = SOURCES.get(kind, ()) or tuple(s for some in SOURCES.values() for s in some)
    async for found in _by_code(catalogue, sources, code):
        return found
    return ""


async def _by_code(catalogue: Catalogue | None, sources: tuple[str, ...], code: str) -> AsyncIterator[str]:
    for source in sources if catalogue is not None else ():
        try:
            for entry in await catalogue.by_code(source, code, withdrawn=False):  # type: ignore[union-attr]  # not None: see the loop
                yield entry.name
        except NotSynchronised:
            continue
