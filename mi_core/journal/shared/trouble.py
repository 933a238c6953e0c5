"""What can go wrong with a database server, sorted by what the writer has to do about it."""

from __future__ import annotations

import asyncio
from enum import Enum
from typing import Final

from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from mi_core.errors import StoreError

__all__ = [
    "ERRORS",
    "Kind",
    "Trouble",
    "busy",
    "lease_lost",
    "lost_records",
    "trouble",
    "unknown",
    "unreachable",
    "violated",
]

ERRORS: Final = (SQLAlchemyError, OSError, TimeoutError, EOFError, asyncio.IncompleteReadError)
"""What drivers and SQLAlchemy raise."""


class Kind(Enum):
    """What follows from an error."""

    VIOLATED = "violated"
    """A uniqueness constraint: somebody was faster. Undo, look again."""
    CONTENDED = "contended"
    """Deadlock, lock wait, serialisation: undone by the server, may be tried again at once."""
    LOST = "lost"
    """The connection is gone or not to be trusted."""
    REFUSED = "refused"
    """The server said no (read-only, full, wrong value, no such table)."""


class Trouble(Exception):
    """An error of the database inside a job; never leaves the writer."""

    def __init__(self, kind: Kind, cause: BaseException) -> None:
        super().__init__(f"{kind.value}: {text_of(cause)}")
        self.kind, self.cause = kind, cause


_CONTENDED: Final = frozenset({1020, 1205, 1213, "40001", "40P01", "55P03"})
_LOST: Final = frozenset({1040, 1053, 1927, 1152, 1153, 1158, 1159, 1160, 1161, 4031, "25P03", "25P04"})


def trouble(error: BaseException) -> Trouble:
    """Sort an error; what is not understood counts as a lost connection, so that the truth is looked up."""
    return Trouble(_kind(error), error)


def _kind(error: BaseException) -> Kind:
    if not isinstance(error, DBAPIError):
        return Kind.LOST
    number = _number(error)
    if number in _CONTENDED:
        return Kind.CONTENDED
    if isinstance(error, IntegrityError):
        return Kind.VIOLATED
    if error.connection_invalidated or number is None or number in _LOST:
        return Kind.LOST
    if isinstance(number, int):
        return Kind.LOST if 2000 <= number < 2100 else Kind.REFUSED
    return Kind.LOST if number[:2] in ("08", "57", "58", "XX") else Kind.REFUSED


def _number(error: DBAPIError) -> int | str | None:
    """MySQL's error number or PostgreSQL's SQLSTATE."""
    state = getattr(error.orig, "sqlstate", None)
    if isinstance(state, str):
        return state
    args = getattr(error.orig, "args", ())
    return args[0] if args and isinstance(args[0], int) else None


def text_of(error: BaseException) -> str:
    """The driver's words in one line, without SQLAlchemy's statement and parameters (they are personal data)."""
    inner = getattr(error, "orig", None) or error
    return " ".join(f"{type(inner).__name__}: {inner}".split())[:200]


_HINT = {
    "hint_zh": "不发送变更类业务；检查数据库服务与网络，恢复后自动继续",
    "hint_en": "no changing call is let out; check server and network, it goes on by itself",
}


def unreachable(where: str, cause: BaseException) -> StoreError:
    """Nothing was stored."""
    return _caused(StoreError(
        f"连不上日志数据库（{where}）：{text_of(cause)}", f"the journal's database cannot be used ({where}): {text_of(cause)}", **_HINT,
    ), cause)  # fmt: skip


def unknown(where: str, cause: BaseException) -> StoreError:
    """The connection broke during COMMIT and the server cannot be asked."""
    return _caused(StoreError(
        f"提交时与日志数据库断线，是否已写入未知（{where}）", f"the connection broke during COMMIT, stored or not is unknown ({where})",
        hint_zh="变更类业务没有发送；恢复后自动核对，未发送的会作废", hint_en="nothing was sent; it is looked up when the server is back",
    ), cause)  # fmt: skip


def busy(where: str, cause: BaseException) -> StoreError:
    """Others held the locks for too long; nothing was stored."""
    return _caused(StoreError(
        f"日志数据库忙（{where}）：{text_of(cause)}", f"the journal's database is busy ({where}): {text_of(cause)}", **_HINT,
    ), cause)  # fmt: skip


def violated(cause: BaseException) -> StoreError:
    """A constraint, or a value that the server does not take; undone as a whole."""
    return _caused(StoreError(
        f"日志约束不允许该写入：{text_of(cause)}", f"the journal's constraints forbid this: {text_of(cause)}",
        hint_zh="该写入已整体撤销；请重新发起业务", hint_en="it was undone as a whole; start the call again",
    ), cause)  # fmt: skip


def lease_lost() -> StoreError:
    """Our lease ran out: somebody else may have taken over."""
    return StoreError(
        "本进程的租约已过期，业务没有发送", "this worker's lease has run out; nothing was sent",
        hint_zh="进程曾停顿或与数据库断线；请重新发起业务", hint_en="the process stood still or lost the server; start the call again",
    )  # fmt: skip


def lost_records(where: str) -> StoreError:
    """What the server had acknowledged is not there any more."""
    return StoreError(
        f"日志数据库丢失了已确认的记录（{where}）", f"the journal's database lost records that it had acknowledged ({where})",
        hint_zh="可能恢复了旧备份或切换到落后的从库；核对后重启", hint_en="an old backup or a lagging replica? compare, then restart",
    )  # fmt: skip


def _caused(error: StoreError, cause: BaseException) -> StoreError:
    error.__cause__ = cause
    return error
