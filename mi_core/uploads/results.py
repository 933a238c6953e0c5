"""The result file: a CSV that people open and that a killed upload is continued from.

It grows while rows are sent. Before a message leaves, its rows are written as ``发送中`` and synced to disk; what came of
them follows behind. At an orderly end the file is rewritten with one line for each row. So whatever happens, the last line
of a row tells what is known of it; a row whose last line is ``发送中`` was under way when the program died: unknown.
"""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import io
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, Literal

import attrs

from mi_core.errors import MiError
from mi_core.journal.owners import take_lock
from mi_core.types import CHINA_TIME
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


class ResultFileError(MiError):
    """A result file that exists already, belongs to another upload, is in use or cannot be written."""

    code = "result_file"


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
        self._lock = _locked(path)
        self._interrupted: list[Result] = []
        try:
            self.known = self._earlier(again)
            _make_private(path)
            self._file = path.open("ab")
            if path.stat().st_size == 0:
                self._file.write(_line(HEADING, mark=True))
                self._file.flush()
            self.write(self._interrupted)
        except OSError as error:
            self._unlock()
            raise _unwritable(path, error) from None
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
            raise _unwritable(self.path, error) from None

    def close(self, *, tidy: bool = True) -> None:
        """Let go of the file; ``tidy``: with one line for each row, in order."""
        if self._file.closed:
            return
        try:
            self._file.close()
            if tidy:
                self._tidy()
        except OSError as error:
            raise _unwritable(self.path, error) from None
        finally:
            self._unlock()

    def _encoded(self, result: Result, now: str) -> bytes:
        return _line((
            str(result.number), STATES[result.state], result.text, result.msgid, now, self._interface, self._institution,
            result.digest, result.reply,
        ))  # fmt: skip

    def _earlier(self, again: bool) -> dict[int, tuple[State, str]]:
        if not self.path.exists() or self.path.stat().st_size == 0:
            return {}
        if not again:
            raise ResultFileError(
                f"结果文件 {self.path} 已存在，未发送", f"the result file {self.path} exists, nothing was sent",
                hint_zh=f"继续上次的上传（已受理的不再发送）：--retry {self.path}；重新开始：--result 另一个文件",
                hint_en=f"go on with it (accepted rows are not sent again): --retry {self.path}; begin anew: --result OTHER",
            )  # fmt: skip
        _cut_torn_line(self.path)
        known: dict[int, tuple[State, str]] = {}
        for result, interface, institution in _read(self.path):
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
        with self.path.open("rb") as file:
            head = file.readline()
            place = file.tell()
            for line in file:
                number = line.partition(b",")[0]
                places[int(number)] = place
                place += len(line)
            draft = self.path.with_name(self.path.name + ".part")
            _make_private(draft)
            with draft.open("wb") as out:
                out.write(head)
                for number_ in sorted(places):
                    file.seek(places[number_])
                    out.write(file.readline())
                out.flush()
                os.fsync(out.fileno())
        draft.replace(self.path)

    def _unlock(self) -> None:
        _unlocked(self.path, self._lock)


def read_results(path: Path) -> Iterator[Result]:
    """The last word on each row of a tidy file; of one that grows, every line."""
    for result, _, _ in _read(path):
        yield result


def _read(path: Path) -> Iterator[tuple[Result, str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file)
        if tuple(next(reader, ())) != HEADING:
            raise ResultFileError(
                f"{path} 不是上传的结果文件", f"{path} is no result file of an upload",
                hint_zh="指定上次上传生成的结果文件", hint_en="name the file that the earlier upload wrote",
            )  # fmt: skip
        for cells in reader:
            if len(cells) != len(HEADING) or not cells[0].isdigit() or cells[1] not in _BY_WORD:
                raise ResultFileError(
                    f"{path} 第 {reader.line_num} 行已损坏", f"line {reader.line_num} of {path} is damaged",
                    hint_zh="结果文件不能手工修改；用备份，或在确认中心已有哪些行后重新上传", hint_en="it must not be edited by hand",
                )  # fmt: skip
            number, word, text, msgid, _, interface, institution, digest, reply = map(unquoted, cells)
            yield (
                Result(
                    number=int(number),
                    state=_BY_WORD[word],
                    text=text,
                    msgid=msgid,
                    digest=digest,
                    reply=reply,
                ),
                interface,
                institution,
            )


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


def _locked(path: Path) -> int:
    """The lock beside the file, held until :func:`_unlocked`. It is taken on the file that has the name *now*."""
    name = f"{path}.lock"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        while True:
            fd = os.open(name, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
            taken = take_lock(fd)
            with contextlib.suppress(FileNotFoundError):
                if taken and os.path.samestat(Path(name).stat(), os.fstat(fd)):
                    return fd
            os.close(fd)
            if not taken:
                break
    except OSError as error:
        raise _unwritable(path, error) from None
    raise ResultFileError(
        f"结果文件 {path} 正被另一个上传使用", f"another upload uses {path}",
        hint_zh="等它结束", hint_en="wait for it to end",
    )  # fmt: skip


def _unlocked(path: Path, fd: int) -> None:
    with contextlib.suppress(OSError):  # a system that does not remove open files keeps it
        Path(f"{path}.lock").unlink(missing_ok=True)
    os.close(fd)


def _unwritable(path: Path, error: OSError) -> ResultFileError:
    return ResultFileError(
        f"结果文件 {path} 无法读写：{error.strerror or error}", f"the result file {path} cannot be used: {error.strerror or error}",
        hint_zh="检查文件夹、权限、磁盘空间，文件是否正被 Excel 打开", hint_en="check folder, rights and space; does Excel have it open?",
    )  # fmt: skip
