"""Lines of a table as checked rows: every problem by the catalogue, with line number, heading, field and label."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs

from mi_core.files import BadInputFile
from mi_core.model import Problem, Request
from mi_core.model.fields import Field
from mi_core.uploads.cells import PARTS, damaged, number_for_code, value_of
from mi_core.uploads.shape import Column, HeadingFault, Shape, resolve
from mi_core.uploads.tables import Line, LineFault, Table
from mi_core.validation import check_request

__all__ = ["CheckedTable", "LineProblem", "Row", "plain_request"]


@attrs.frozen(kw_only=True)
class Row:
    """One row that is right: what is sent, and what names it."""

    number: int
    """Its line in the table; of several lines of one message the first."""
    data: dict[str, Any] = attrs.field(repr=False)
    size: int
    """Characters that it takes in the message."""
    digest: str
    """Of its content, to tell whether a line was changed since."""
    lock: tuple[str, ...] = attrs.field(default=(), repr=False)
    """The visit it belongs to, where the interface has such a key: two visits never travel in one message."""


@attrs.frozen
class LineProblem:
    """What is wrong with a line. ``column``: the heading it stands under, where there is one."""

    number: int
    column: str
    problem: Problem

    def message(self, lang: str = "zh") -> str:
        """``第 5 行 单价：pric（单价）：最多 6 位小数``."""
        text = (
            self.problem.message(lang)
            if self.problem.field
            else (self.problem.en if lang == "en" else self.problem.zh)
        )
        where = f"line {self.number}" if lang == "en" else f"第 {self.number} 行"
        return f"{where}：{text}" if lang != "en" else f"{where}: {text}"


class CheckedTable:
    """A table bound to an interface. Raises :class:`BadInputFile` for a heading that does not fit, with all that is wrong.

    ``constants``: values (by heading) for every row that has none of its own.
    """

    def __init__(
        self, shape: Shape, table: Table, *, constants: Mapping[str, Any] | None = None, ignore: bool = False
    ) -> None:
        self.shape, self.table = shape, table
        self._given = dict(constants or {})
        columns, faults = resolve(shape, table.heading(), ignore=ignore)
        fixed, more = resolve(shape, list(self._given))
        self._columns, self._fixed = columns, fixed
        if faults or more:
            raise _unfit(table.name, [*faults, *more])
        self.numbers: Counter[str] = Counter()
        """Heading -> cells that are numbers where a code is meant; counted by :meth:`rows`."""
        self._groups = next((i for i, c in enumerate(columns) if c.group), None)
        self._headings = {_pointer(c): c.heading for c in (*fixed, *columns) if c.field is not None}
        self.frame = len(_encoded(shape, []).decode()) if shape.listed else 0

    def rows(self) -> Iterator[Row | list[LineProblem]]:
        """Each row, or everything that is wrong with it; in the table's order, never more than one at a time in memory."""
        for lines in self._messages():
            faults = [_fault(line) for line in lines if isinstance(line, LineFault)]
            good = [line for line in lines if isinstance(line, Line)]
            yield faults or self._row(good)

    def notes(self) -> list[tuple[str, str]]:
        """What is no mistake and should be known of the rows that were read; (Chinese, English)."""
        told = list(getattr(self.table, "notes", ()))
        for heading, count in self.numbers.items():
            if count:
                told.append((
                    f"列“{heading}”有 {count} 个单元格是数字：编码若以 0 开头，前面的 0 已丢失，请核对（应设为文本）",
                    f"{count} cells of column {heading!r} are numbers: codes that begin with 0 have lost it; the column should be text",
                ))  # fmt: skip
        return told

    def _messages(self) -> Iterator[list[Line | LineFault]]:
        """The lines that make one row each; without a group column, one line."""
        if self._groups is None:
            bad: list[Line | LineFault] = []
            for line in self.table.lines():
                if isinstance(line, LineFault):
                    if bad and bad[0].number != line.number:
                        yield bad
                        bad = []
                    bad.append(line)
                    continue
                if bad:
                    yield bad
                    bad = []
                yield [line]
            if bad:
                yield bad
            return
        yield from self._grouped(self._groups)

    def _grouped(self, place: int) -> Iterator[list[Line | LineFault]]:
        together: list[Line | LineFault] = []
        name: Any = None
        for line in self.table.lines():
            own = line.cells[place] if isinstance(line, Line) else name
            if together and own != name:
                yield together
                together = []
            name = own
            together.append(line)
        if together:
            yield together

    def _row(self, lines: Sequence[Line]) -> Row | list[LineProblem]:
        tree: dict[str, Any] = {}
        problems: list[LineProblem] = []
        for column in self._fixed:
            _put(tree, column, self._given[column.heading], 0)
        for place, line in enumerate(lines):
            for column, cell in zip(self._columns, line.cells, strict=True):
                if column.field is None or cell is None or cell == "":
                    continue
                self.numbers[column.heading] += number_for_code(column.field, cell)
                fault = damaged(column.field, cell) or _put(tree, column, cell, place)
                if fault is not None:
                    problems.append(LineProblem(line.number, column.heading, fault))
        number = lines[0].number
        data = _dense(tree)
        content = self.shape.message([data])
        request, found = self.shape.interface.request_from_dict(content)
        if request is not None:
            found = check_request(request)
        told = {one.problem.field for one in problems}
        problems += [self._told(number, p) for p in found if p.severity == "error" and p.field not in told]
        if problems or request is None:
            return problems
        encoded = self.shape.interface.encode_input(request)
        return Row(
            number=number, data=data, size=len(encoded.decode()) - self.frame,
            digest="x" + hashlib.sha256(encoded).hexdigest()[:15], lock=self._lock(content),
        )  # fmt: skip

    def _lock(self, content: Mapping[str, Any]) -> tuple[str, ...]:
        found = []
        for path in self.shape.interface.behaviour.lock_key:
            value: Any = content
            for name in path.split("."):
                value = value[0] if isinstance(value, list) and value else value
                value = value.get(name) if isinstance(value, Mapping) else None
            found.append(str(value))
        return tuple(found)

    def _told(self, number: int, problem: Problem) -> LineProblem:
        names = [part for part in problem.path.split("/") if part and not part.isdigit()]
        own = names[len(self.shape.node) :] if self.shape.listed else names
        heading = self._headings.get("/".join(own)) or self._headings.get(problem.field, "")
        return LineProblem(number, heading, problem)


def _encoded(shape: Shape, rows: list[Any]) -> bytes:
    """The message around no rows at all."""
    import json

    return json.dumps(shape.message(rows), separators=(",", ":")).encode()


def _pointer(column: Column) -> str:
    return "/".join([*(s.wire for s in column.steps), column.field.wire if column.field else ""])


def _put(tree: dict[str, Any], column: Column, cell: Any, line: int) -> Problem | None:
    """Set the cell in its place; lists are dicts by place until all lines are read."""
    assert column.field is not None
    spread = next((i for i, step in enumerate(column.steps) if step.spread), None)
    if spread is None:
        return _set(tree, column, value_of(column.field, cell), line, None)
    parts = [p.strip() for p in PARTS.split(str(cell)) if p.strip()]
    for place, part in enumerate(parts):
        fault = _set(tree, column, value_of(column.field, part), line, place)
        if fault is not None:
            return fault
    return None


def _set(tree: dict[Any, Any], column: Column, value: Any, line: int, part: int | None) -> Problem | None:
    for step in column.steps:
        tree = tree.setdefault(step.wire, {})
        if step.many:
            place = part if step.spread else line if step.place is None else step.place
            tree = tree.setdefault(place, {})
    assert column.field is not None
    wire = column.field.wire
    if wire in tree and tree[wire] != value:
        return _problem(
            column.field, "同一报文的几行写了不同的值，应相同或只写在第一行", "lines of one message differ: write it once"
        )  # fmt: skip
    tree[wire] = value
    return None


def _dense(value: Any) -> Any:
    """Dicts by place become lists; places without a row are left out."""
    if not isinstance(value, dict):
        return value
    if value and all(isinstance(key, int) for key in value):
        return [_dense(value[key]) for key in sorted(value)]
    return {key: _dense(inner) for key, inner in value.items()}


def _fault(line: LineFault) -> LineProblem:
    where = f"列“{line.column}”" if line.column else ""
    where_en = f"column {line.column!r} " if line.column else ""
    return LineProblem(
        line.number, line.column, Problem("", "", "", "cell", f"{where}{line.zh}", f"{where_en}{line.en}")
    )


def _problem(field: Field, zh: str, en: str) -> Problem:
    return Problem("", field.wire, field.label, "cell", zh, en)


def _unfit(name: str, faults: Sequence[HeadingFault]) -> BadInputFile:
    zh = "".join(f"\n  - {f.heading}：{f.zh}" for f in faults)
    en = "".join(f"\n  - {f.heading}: {f.en}" for f in faults)
    return BadInputFile(
        f"{name} 的表头有 {len(faults)} 处不符，未发送{zh}", f"{len(faults)} columns of {name} do not fit, nothing was sent{en}",
        hint_zh="mi upload 接口 --template FILE 可生成正确的表头", hint_en="mi upload CODE --template FILE writes the headings",
    )  # fmt: skip


def plain_request(shape: Shape, rows: Sequence[Row]) -> Request[Any]:
    """The message of some checked rows."""
    return shape.interface.request.from_dict(shape.message([row.data for row in rows]))
