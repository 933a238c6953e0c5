"""An upload of a whole table: check all of it, then send what is right, a message at a time, several at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

import attrs

from mi_core.config import Config
from mi_core.errors import ConfigError, InvalidInput
from mi_core.model import Interface, Problem, Request
from mi_core.uploads.checking import CheckedTable, LineProblem, Row
from mi_core.uploads.chunks import packed
from mi_core.uploads.results import Result, ResultFile, State
from mi_core.uploads.sending import Sender, Stopped
from mi_core.uploads.shape import Shape, shape_of
from mi_core.uploads.tables import Table

__all__ = ["Caller", "Options", "Progress", "UploadReport", "check", "upload", "uploadable"]

KEPT_PROBLEMS: Final = 1_000
"""Of more than these only the number is kept; the result file has all of them."""
_FRESH: Final = ("refused", "not_sent", "invalid")

Progress = Callable[[int, int], None]
"""Rows that are done, rows in all."""


class Caller(Protocol):
    """What sends: :class:`mi_core.AsyncClient`."""

    config: Config

    async def open(self) -> Any:
        """Load plugins, so that regions are known."""
        ...

    async def call(self, request: Request[Any], *, institution: str | None = None) -> Any:
        """Send one message."""
        ...


@attrs.frozen(kw_only=True)
class Options:
    """How a table is uploaded."""

    constants: Mapping[str, Any] = attrs.field(factory=dict)
    """Values by heading for rows that have none of their own."""
    ignore_columns: bool = False
    """Columns that the interface does not have are left out instead of refused."""
    rows_per_call: int = 100
    concurrency: int = 8
    partial: bool = False
    """Send the rows that are right although others are not."""
    again: bool = False
    """Go on with an earlier result file: what was accepted is not sent again."""
    resend_unknown: bool = False
    """With :attr:`again`: send rows of unknown fate also where a repetition could be stored twice."""


@attrs.define(kw_only=True)
class UploadReport:
    """What came of it. ``counts`` by state of this run and the earlier ones; ``problems`` the first of what is wrong."""

    interface: str
    result: Path | None
    rows: int = 0
    counts: dict[State, int] = attrs.field(factory=dict)
    problems: list[LineProblem] = attrs.field(factory=list)
    wrong: int = 0
    """Rows that are wrong."""
    skipped: int = 0
    """Rows that an earlier run had sent."""
    unknown: list[int] = attrs.field(factory=list)
    """Lines whose fate nobody knows, named."""
    calls: int = 0
    stopped: Stopped | None = None
    """Why it ended early."""
    notes: list[tuple[str, str]] = attrs.field(factory=list)
    """(Chinese, English): what is no mistake and should be known, e.g. sheets that were not read."""

    @property
    def complete(self) -> bool:
        """Whether every row is accepted."""
        return not self.problems and self.counts.get("sent", 0) == self.rows

    @property
    def left(self) -> int:
        """Rows that were not tried."""
        return self.rows - sum(self.counts.values())


def uploadable(interface: Interface[Any]) -> None:
    """Raise ``InvalidInput`` for what is no upload: settlements and registrations are flows, queries are calls."""
    behaviour = interface.behaviour
    if behaviour.effect == "upload" and behaviour.direction == "call" and not interface.withdrawn:
        return
    zh = (
        "不是上传类接口"
        if behaviour.effect != "upload"
        else "由平台调用"
        if behaviour.direction != "call"
        else "已停用"
    )
    problem = Problem(
        "", "infno", "交易编号", "upload", f"{zh}，不能批量上传；单笔请用 mi call",
        "no upload in force, so not for tables; for a single one use mi call",
    )  # fmt: skip
    raise InvalidInput([problem], interface=interface.code, title=interface.title)


def check(interface: Interface[Any], table: Table, options: Options | None = None) -> UploadReport:
    """Only look: how many rows there are and everything that is wrong with them. Nothing is sent or written."""
    uploadable(interface)
    chosen = options or Options()
    checked = _checked(shape_of(interface), table, chosen)
    report = UploadReport(interface=interface.code, result=None)
    for _ in _looked(checked, report, {}):
        pass
    report.notes = checked.notes()
    return report


async def upload(
    client: Caller, code: str, table: Table, result: str | Path, options: Options | None = None, *,
    institution: str | None = None, progress: Progress | None = None,
) -> UploadReport:  # fmt: skip
    """Upload every row of ``table`` to the interface ``code``; ``result``: the file that says what came of each.

    Nothing is sent while one row is wrong (unless :attr:`Options.partial`); the report then has the ``problems``. Raises
    ``InvalidInput`` (no upload interface), ``BadFile`` (the table), ``ResultFileError``, ``ConfigError``.
    """
    chosen = options or Options()
    if chosen.rows_per_call < 1 or chosen.concurrency < 1:
        raise ConfigError("每次行数与并发数至少为 1", "rows per call and concurrency are at least 1")
    await client.open()
    where = client.config.institution(institution)
    interface = _known(where.interface, code)
    uploadable(interface)
    checked = _checked(shape_of(interface), table, chosen)
    file = await asyncio.to_thread(ResultFile, Path(result), code, where.code, again=chosen.again)
    report = UploadReport(interface=code, result=Path(result))
    tidy = False
    try:
        await asyncio.to_thread(_look, checked, report, file)
        if report.problems and not chosen.partial:
            report.counts = {"invalid": report.wrong}
        else:
            await _send(client, checked, file, report, chosen, where.code, progress)
        tidy = True
    finally:
        await asyncio.to_thread(file.close, tidy=tidy)
    return report


def _known(find: Callable[[str], Interface[Any]], code: str) -> Interface[Any]:
    try:
        return find(code)
    except KeyError:
        problem = Problem(
            "",
            "infno",
            "交易编号",
            "unknown",
            f"没有接口 {code}；用 mi catalog list 查看",
            f"no interface {code}",
        )
        raise InvalidInput([problem], interface=code) from None


def _checked(shape: Shape, table: Table, options: Options) -> CheckedTable:
    return CheckedTable(shape, table, constants=options.constants, ignore=options.ignore_columns)


def _looked(
    checked: CheckedTable, report: UploadReport, known: Mapping[int, tuple[State, str]]
) -> Iterator[list[Result]]:
    """Read everything once: count, and yield what is to be written of rows that are wrong."""
    for found in checked.rows():
        report.rows += 1
        if isinstance(found, Row):
            state, digest = known.get(found.number, ("", ""))
            if state != "sent" or digest == found.digest:
                continue
            problems = [_changed(found.number)]
        else:
            problems = found
        report.wrong += 1
        report.problems += problems[: max(KEPT_PROBLEMS - len(report.problems), 0)]
        if problems[0].number in known and known[problems[0].number][0] in ("sent", "unknown"):
            continue  # what is known of that line stays the last word on it
        yield [
            Result(number=problems[0].number, state="invalid", text="；".join(p.message() for p in problems))
        ]


def _look(checked: CheckedTable, report: UploadReport, file: ResultFile) -> None:
    """The first reading, in a thread of its own: a large table must not hold up the client's other calls."""
    for wrong in _looked(checked, report, file.known):
        file.write(wrong)
    report.notes = checked.notes()


def _changed(number: int) -> LineProblem:
    problem = Problem(
        "", "", "", "changed", "此行上次已受理，内容现在不同：续传时不要增删行；更正已受理的内容请另做一个文件",
        "this line was accepted with other content: do not add or remove lines; corrections belong into another file",
    )  # fmt: skip
    return LineProblem(number, "", problem)


async def _send(
    client: Caller, checked: CheckedTable, file: ResultFile, report: UploadReport, options: Options, institution: str,
    progress: Progress | None,
) -> None:  # fmt: skip
    behaviour = checked.shape.interface.behaviour
    report.counts = {"invalid": report.wrong} if report.wrong else {}
    fees = bool(
        behaviour.lock_key and behaviour.cancelled_by
    )  # 2204, 2301: withdrawn first, or they are entered twice
    repeatable = (behaviour.repeat != "never" and not fees) or options.resend_unknown

    known: list[tuple[int, State]] = []  # filled where rows are read, not where results come

    def to_send() -> Iterator[Row]:
        for found in checked.rows():
            if not isinstance(found, Row):
                continue
            state = file.known.get(found.number, ("", ""))[0]
            if state == "sent":
                if file.known[found.number][1] == found.digest:
                    known.append((found.number, "sent"))
            elif state == "unknown" and not repeatable:
                known.append((found.number, "unknown"))
            else:
                yield found

    def ended(results: Sequence[Result]) -> None:
        for result in results:
            _count(report, result.state, 1)
            if result.state == "unknown":
                report.unknown.append(result.number)
        if progress is not None:
            progress(sum(report.counts.values()) + len(known), report.rows)

    most = options.rows_per_call if checked.shape.listed else 1
    chunks = packed(
        to_send(),
        most=min(most, checked.shape.most or most),
        limit=behaviour.input_limit,
        frame=checked.frame,
    )
    width = min(options.concurrency, client.config.limits.bulk)
    sender = Sender(client, checked.shape, file, institution, ended)
    report.stopped = await sender.all(chunks, width)
    report.calls = sender.calls
    for number, state in known:
        _count(report, state, 1)
        if state == "unknown":
            report.unknown.append(number)
    report.skipped = sum(state == "sent" for _, state in known)
    report.unknown.sort()


def _count(report: UploadReport, state: State, number: int) -> None:
    report.counts[state] = report.counts.get(state, 0) + number
