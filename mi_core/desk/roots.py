"""Roots of the audit chain in a file that is kept elsewhere: with them a cut-off tail shows.

The file is JSON and only grows: exporting again verifies what it holds first, so that it cannot be made to agree with a
journal that was cut.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from mi_core.desk.words import Words, beijing
from mi_core.errors import InvalidInput, StoreError
from mi_core.journal import ChainReport, Reader, Root
from mi_core.journal.learned import judged
from mi_core.model import Problem
from mi_core.whole_files import write_whole

__all__ = ["WHY", "export", "read_roots", "verify"]

_FORMAT: Final = "mi audit roots 1"
_SHARED: Final = 0o666
"""The file is for others, who keep it."""

WHY: Final[dict[str, Words]] = {
    "changed": ("记录被修改", "the record was changed"),
    "missing": ("记录缺失（被删除）", "a record is missing (deleted)"),
    "broken link": (
        "记录链断开（被调换、插入或改写）",
        "the chain is broken (reordered, inserted or rewritten)",
    ),
    "truncated": ("尾部记录被截断", "the tail was cut off"),
    "key missing": ("写入该记录的密钥缺失", "the key that wrote it is missing"),
    "state differs": ("业务状态与审计记录不符", "the recorded state is not the audited one"),
    "row changed": ("业务内容被修改", "the business data of the row were changed"),
    "attempt missing": (
        "审计链记有发送，但该次发送的记录被删除",
        "the chain has a send whose row was deleted",
    ),
    "attempt unrecorded": ("有发送记录，但审计链没有它", "a row of a send that the chain does not have"),
    "operation missing": ("发送记录所属的业务被删除", "the operation of a send was deleted"),
    "operation empty": ("业务的最后一次发送没有记录", "an operation whose latest send has no row"),
}


def read_roots(path: Path) -> list[Root]:
    """The roots of a file made by :func:`export`; raises ``InvalidInput`` for another file."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["format"] != _FORMAT:
            raise ValueError
        return [
            Root(int(r["writer"]), int(r["seq"]), bytes.fromhex(r["hash"]))
            for e in content["exports"]
            for r in e["roots"]
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
        problem = Problem(
            path="", field="--roots", label="根文件", rule="file",
            zh=f"{path} 不能作为根文件读取（{why}）；应由 mi audit roots --export 生成",
            en=f"{path} cannot be read as a file of roots ({why}); mi audit roots --export makes one",
        )  # fmt: skip
        raise InvalidInput([problem]) from None


def verify(reader: Reader, roots: Sequence[Root]) -> ChainReport:
    """The whole check: chains, roots, states, clear columns, and that the accepted refusal texts are what people made."""
    report = reader.verify(roots)
    reader.ask(judged)
    return report


def export(reader: Reader, path: Path, now: int) -> list[Root]:
    """Add the present roots to ``path``; raises ``StoreError`` when the journal does not agree with what stands there."""
    exports: list[dict[str, Any]] = []
    if path.exists():
        known = read_roots(path)
        if not reader.verify(known).intact:
            raise StoreError(
                f"{path} 中已有的根与日志不符，未导出", f"the journal does not agree with the roots in {path}, nothing was exported",
                hint_zh=f"用 mi audit verify --roots {path} 查看", hint_en=f"see: mi audit verify --roots {path}",
            )  # fmt: skip
        exports = json.loads(path.read_text(encoding="utf-8"))["exports"]
    roots = reader.roots()
    exports.append(
        {
            "at": beijing(now),
            "roots": [{"writer": r.writer, "seq": r.seq, "hash": r.hash.hex()} for r in roots],
        }
    )
    _write(path, json.dumps({"format": _FORMAT, "exports": exports}, ensure_ascii=False, indent=1) + "\n")
    return roots


def _write(path: Path, text: str) -> None:
    try:
        write_whole(path, text, mode=_SHARED)
    except OSError as error:
        raise StoreError(
            f"无法写入 {path}：{error.strerror}", f"{path} cannot be written: {error.strerror}",
            hint_zh="检查文件夹与权限", hint_en="check the folder and its rights",
        ) from None  # fmt: skip
