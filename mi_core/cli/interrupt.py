"""Ctrl-C or SIGTERM while a call is under way: what is known is said, and a changing call is never called harmless."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from typing import Any, Final

import attrs

from mi_core.cli.exits import Interrupted
from mi_core.errors import CallError, NotSent, OutcomeUnknown
from mi_core.model import Interface
from mi_core.plugin import CallSeen, hookimpl

__all__ = ["Watcher", "as_ctrl_c"]

_ENDS: Final = ("SIGTERM", "SIGHUP")


@contextlib.contextmanager
def as_ctrl_c() -> Iterator[None]:
    """Take what ends a program politely (``kill``, a scheduler's stop, a terminal that closes) as Ctrl-C for a while.

    So the call ends as any interrupted one: recorded, and told what to do. A signal that is ignored (``nohup``) stays so.
    """
    before: dict[signal.Signals, Any] = {}
    if threading.current_thread() is threading.main_thread():
        for name in _ENDS:
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is signal.SIG_DFL:
                before[number] = signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@attrs.define(eq=False)
class Watcher:
    """A plugin that remembers the message that left; one per ``mi call``."""

    interface: Interface[Any]
    sent: CallSeen | None = None

    @hookimpl
    def mi_observe_before_send(self, call: CallSeen) -> None:
        """Keep the message of our call; a sign-in before it is none."""
        if call.interface == self.interface.code:
            self.sent = call

    def error(self) -> CallError:
        """What the interrupt means, as an error to show."""
        where: dict[str, Any] = {"interface": self.interface.code, "title": self.interface.title}
        if self.sent is None:
            return NotSent("已中断，未发送", "interrupted, nothing was sent", **where)
        where |= {
            "msgid": self.sent.msgid,
            "operation_id": self.sent.operation_id,
            "institution": self.sent.institution,
        }
        if self.sent.effect.exact:
            return self._in_doubt(where)
        query = self.sent.effect.retried
        return Interrupted(
            "已中断，没有等到回应", "interrupted before the reply came",
            hint_zh="可以重新调用" if query else "不确定是否已上传：先查询或清除后再上传",
            hint_en="calling again is safe" if query else "it may have been stored: query or clear before uploading again", **where,
        )  # fmt: skip

    def _in_doubt(self, where: dict[str, Any]) -> OutcomeUnknown:
        queries = [q.interface for q in self.interface.behaviour.outcome_queries]
        return OutcomeUnknown(
            "已发出，等待回应时被中断，是否已执行不确定", "sent, interrupted while waiting: it may or may not have been executed",
            hint_zh=f"不要重复发送。依次查明：{' → '.join(queries) or '向医保中心核实'}；日志见 mi ops show {where['msgid']}",
            hint_en=f"do not send it again. Find out by: {' → '.join(queries) or 'asking the bureau'}; see: mi ops show {where['msgid']}",
            evidence="interrupted", resolve_with=queries, **where,
        )  # fmt: skip
