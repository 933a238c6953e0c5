"""The exit codes of ``mi``: what a script can rely on."""

from __future__ import annotations

from mi_core.errors import (
    BureauRefused,
    CallError,
    ConfigError,
    InvalidInput,
    MiError,
    NotSent,
    OutcomeUnknown,
    PluginError,
    Refused,
    ReplyUnreadable,
    StoreError,
    UnknownName,
)

__all__ = ["EPILOG", "INTERRUPTED", "PIPE_CLOSED", "Interrupted", "exit_code"]

INTERRUPTED = 130
"""Ctrl-C where nothing is in doubt (as shells number it); a changing call that was under way is 5 or 6 instead."""
PIPE_CLOSED = 141
"""The reader of our output went away (``mi … | head -1``), as shells number it."""


class Interrupted(CallError):
    """A query or upload was interrupted while it waited for the reply."""

    code = "interrupted"


_CODES: tuple[tuple[type[MiError], int], ...] = (
    (InvalidInput, 3), (Refused, 4), (BureauRefused, 4), (NotSent, 5), (OutcomeUnknown, 6), (ReplyUnreadable, 7),
    (StoreError, 8), (Interrupted, INTERRUPTED), (ConfigError, 2), (PluginError, 2), (UnknownName, 2),
)  # fmt: skip
_BY_CODE = {"bad_input_file": 3, "item_faults": 3, "result_file": 2, "bad_file": 7}
"""By ``MiError.code``: kinds whose modules are loaded on use only. A table of ours is input, a file of the bureau's a reply."""

EPILOG = (
    "退出码：0 完成 · 1 意外错误，或所检查的内容有问题 · 2 用法或配置 · 3 输入有误，未发送 · 4 被拒绝 · 5 未发送 · "
    "6 结果未知（不要重复提交） · 7 回应无法读取 · 8 操作日志不可用 · 130 被中断 · 141 输出管道已关闭"
    " / exit codes: 0 done, 1 an unexpected error or a failed check, 2 usage or configuration, 3 invalid input (not sent), "
    "4 refused, 5 not sent, 6 outcome unknown (do not repeat), 7 unreadable reply, 8 operation log unusable, "
    "130 interrupted, 141 output pipe closed"
)


def exit_code(error: MiError) -> int:
    """The process exit code that tells a script what kind of error it was; a flow that stopped has that of its cause."""
    if error.code == "flow_stopped":  # by its code: this module is loaded by every command, flows by few
        if getattr(error, "in_doubt", False):
            return exit_code(OutcomeUnknown("", ""))
        return exit_code(error.__cause__) if isinstance(error.__cause__, MiError) else 1
    if error.code == "flow_busy":
        return exit_code(NotSent("", ""))
    return next((code for kind, code in _CODES if isinstance(error, kind)), _BY_CODE.get(error.code, 1))
