"""The result file: a CSV or workbook that people open and that a killed upload is continued from.

It grows while rows are sent. Before a message leaves, its rows are written as ``发送中`` and synced to disk; what came of
them follows behind. At an orderly end the file is rewritten with one line for each row. So whatever happens, the last line
of a row tells what is known of it; a row whose last line is ``发送中`` was under way when the program died: unknown.
Of a workbook (``.xlsx``) it is the CSV beside it that grows; it becomes the workbook at the end.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, Literal

import attrs

from mi_core.types import CHINA_TIME
from mi_core.uploads.results_excel import growing, is_workbook, library, rows_of_workbook, write_workbook
from mi_core.uploads.results_lock import ResultFileError, locked, unlocked, unwritable
from mi_core.uploads.tables import unquoted

__all__ = ["STATES", "Result", "ResultFile", "ResultFileError", "State", "quoted", "read_results"]

State = Literal["sent", "refused", "unknown", "not_sent", "invalid", "sending"]
STATES: Final[dict[State, str]] = {
    "sent": "已受理", "refused": "被拒绝", "unknown": "结果未知", "not_sent": "未发送", "invalid": "有错误", "sending": "发送中",
}  # fmt: skip
_BY_WORD: Final[dict[str, State]] = {word: state for state, word in STATES.items()}
HEADING: Final = ("行号", "状态", "说明", "报文ID", "时间", "接口", "机构", "内容摘要", "回参")
_FORMULA: Final = re.compile(r"^\s*[=+\-@\t\r]")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@attrs.frozen(kw_only=True)
class Result:
    """What is known of one row."""

    number: int
    state: State
    text: str = ""
    """The bureau's own words, or ours."""
    msgid: str = ""
    digest: str = ""
    reply: str = ""
    """What the reply says of the row beside that (JSON), e.g. the ``setl_list_id`` of 4101."""


def quoted(text: str) -> str:
    """A cell that no spreadsheet takes for a formula, on one line and without control characters."""
    text = _CONTROL.sub("", " ".join(text.split("\n")) if "\n" in text else text).replace("\r", " ")
    long_number = text.isdigit() and len(text) > 11  # Excel would show 4.3E+29
    return f"'{text}" if long_number or _FORMULA.match(text) else text


class ResultFile:
    """Open for one upload; ``known`` has what an earlier run came to (only with ``again``)."""

    def __init__(self, path: Path, interface: str, institution: str, *, again: bool) -> None:
        self.path, self._interface, self._institution = path, interface, institution
        self._growing = growing(path)
        if is_workbook(path):
            library()
        self._lock = locked(path)
        self._interrupted: list[Result] = []
        try:
            self.known = self._earlier(again)
            _make_private(self._growing)
            self._file = self._growing.open("ab")
            if self._growing.stat().st_size == 0:
                self._file.write(_line(HEADING, mark=True))
                self._file.flush()
            self.write(self._interrupted)
        except OSError as error:
            self._unlock()
            raise unwritable(path, error) from None
        except BaseException:
            self._unlock()
            raise

    def write(self, results: Iterable[Result], *, sync: bool = False) -> None:
        """Append; with ``sync`` it is on the disk when this returns."""
        now = dt.datetime.now(CHINA_TIME).strftime("%Y-%m-%d %H:%M:%S")
        try:
            self._file.write(b"".join(self._encoded(result, now) for result in results))
            self._file.flush()
            if sync:
                os.fsync(self._file.fileno())
        except OSError as error:
            raise unwritable(self.path, error) from None

    def close(self, *, tidy: bool = True) -> None:
        """Let go of the file; ``tidy``: with one line for each row, in order."""
        if self._file.closed:
            return
        try:
            self._file.close()
            if tidy:
                self._tidy()
                if is_workbook(self.path):
                    self._pack()
        except OSError as error:
            raise unwritable(self.path, error) from None
        finally:
            self._unlock()

    def _encoded(self, result: Result, now: str) -> bytes:
        return _line((
            str(result.number), STATES[result.state], result.text, result.msgid, now, self._interface, self._institution,
            result.digest, result.reply,
        ))  # fmt: skip

    def _pack(self) -> None:
        """The workbook of what the CSV has come to, which then goes."""
        try:
            write_workbook(
                self.path, HEADING, (list(map(unquoted, cells)) for _, cells in _cells(self._growing))
            )
        except OverflowError:
            raise ResultFileError(
                f"行数超过 Excel 的上限，结果保留在 {self._growing}", f"more rows than Excel takes: the results are in {self._growing}",
                hint_zh="续传时用 --retry 指定此 CSV", hint_en="name that CSV for --retry",
            ) from None  # fmt: skip
        self._growing.unlink()

    def _unpack(self) -> None:
        """The CSV to go on with, of a workbook that an earlier upload ended with."""
        draft = self._growing.with_name(self._growing.name + ".part")
        _make_private(draft)
        with draft.open("wb") as out:
            out.write(_line(HEADING, mark=True))
            out.writelines(_line(cells) for _, cells in _cells(self.path))
        draft.replace(self._growing)

    def _earlier(self, again: bool) -> dict[int, tuple[State, str]]:
        there = [p for p in dict.fromkeys((self._growing, self.path)) if p.exists() and p.stat().st_size > 0]
        if not there:
            return {}
        if again and there == [self.path] and is_workbook(self.path):
            self._unpack()
        if not again:
            raise ResultFileError(
                f"结果文件 {self.path} 已存在，未发送", f"the result file {self.path} exists, nothing was sent",
                hint_zh=f"继续上次的上传（已受理的不再发送）：--retry {self.path}；重新开始：--result 另一个文件",
                hint_en=f"go on with it (accepted rows are not sent again): --retry {self.path}; begin anew: --result OTHER",
            )  # fmt: skip
        _cut_torn_line(self._growing)
        known: dict[int, tuple[State, str]] = {}
        for result, interface, institution in _read(self._growing):
            if (interface, institution) != (self._interface, self._institution):
                raise ResultFileError(
                    f"{self.path} 是 {interface}（{institution}）的结果，不是 {self._interface}（{self._institution}）的",
                    f"{self.path} is of {interface} ({institution}), not of {self._interface} ({self._institution})",
                    hint_zh="指定正确的结果文件", hint_en="name the right result file",
                )  # fmt: skip
            known[result.number] = (result.state, result.digest)
        for number, (state, digest) in known.items():
            if state == "sending":
                known[number] = ("unknown", digest)
                self._interrupted.append(
                    Result(number=number, state="unknown", text="上次中断时正在发送", digest=digest)
                )
        return known

    def _tidy(self) -> None:
        """Rewrite with the last line of each row, by row; only places in the file are kept in memory."""
        places: dict[int, int] = {}
        with self._growing.open("rb") as file:
            head = file.readline()
            place = file.tell()
            for line in file:
                number = line.partition(b",")[0]
                places[int(number)] = place
                place += len(line)
            draft = self._growing.with_name(self._growing.name + ".part")
            _make_private(draft)
            with draft.open("wb") as out:
                out.write(head)
                for number_ in sorted(places):
                    file.seek(places[number_])
                    out.write(file.readline())
                out.flush()
                os.fsync(out.fileno())
        draft.replace(self._growing)

    def _unlock(self) -> None:
        unlocked(self.path, self._lock)


def read_results(path: Path) -> Iterator[Result]:
    """The last word on each row of a tidy file; of one that grows, every line."""
    for result, _, _ in _read(path):
        yield result


def _read(path: Path) -> Iterator[tuple[Result, str, str]]:
    for _, cells in _cells(path):
        number, word, text, msgid, _, interface, institution, digest, reply = map(unquoted, cells)
        result = Result(
            number=int(number), state=_BY_WORD[word], text=text, msgid=msgid, digest=digest, reply=reply
        )
        yield result, interface, institution


def _cells(path: Path) -> Iterator[tuple[int, list[str]]]:
    """(line, cells) below the heading of a CSV or workbook; both as this module writes them."""
    lines = rows_of_workbook(path) if is_workbook(path) else _csv_lines(path)
    if tuple(next(lines, (0, []))[1]) != HEADING:
        raise ResultFileError(
            f"{path} 不是上传的结果文件", f"{path} is no result file of an upload",
            hint_zh="指定上次上传生成的结果文件", hint_en="name the file that the earlier upload wrote",
        )  # fmt: skip
    for line, cells in lines:
        if len(cells) != len(HEADING) or not cells[0].isdigit() or cells[1] not in _BY_WORD:
            raise ResultFileError(
                f"{path} 第 {line} 行已损坏", f"line {line} of {path} is damaged",
                hint_zh="结果文件不能手工修改；用备份，或在确认中心已有哪些行后重新上传", hint_en="it must not be edited by hand",
            )  # fmt: skip
        yield line, cells


def _csv_lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file)
        for cells in reader:
            yield reader.line_num, cells


def _line(cells: Sequence[str], *, mark: bool = False) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerow([quoted(cell) for cell in cells])
    return (b"\xef\xbb\xbf" if mark else b"") + out.getvalue().encode("utf-8", "replace")


def _make_private(path: Path) -> None:
    """Nobody else may read it, from its first byte on: it says what the bureau answered of whom."""
    path.touch(0o600)
    path.chmod(0o600)  # one that was there already


def _cut_torn_line(path: Path) -> None:
    """A line that a crash cut off is taken away; what it was about was under way or its outcome unknown all the same."""
    with path.open("rb+") as file:
        size = file.seek(0, os.SEEK_END)
        place = size
        while place > 0:
            step = min(4096, place)
            file.seek(place - step)
            found = file.read(step).rfind(b"\n")
            if found >= 0:
                place = place - step + found + 1
                break
            place -= step
        if place < size:
            file.truncate(place)
