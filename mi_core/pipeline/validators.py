"""The validators of a request: all of them run, none of them may change it, and one that fails stops the call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mi_core.errors import MiError, NotSent
from mi_core.model import Problem
from mi_core.pipeline.contexts import InputCtx
from mi_core.plugin import Validator

__all__ = ["findings"]


def findings(validators: Sequence[Validator], asked: InputCtx) -> list[Problem]:
    """Everything that is wrong, warnings included. Raises :class:`NotSent` for a validator that breaks its contract.

    With one validator (the catalogue's own) nobody else sees the request; otherwise it is compared afterwards, because
    rows and lists are open to whoever holds them.
    """
    watched = len(validators) > 1
    before = _written(asked) if watched else None
    found: list[Problem] = []
    for validator in validators:
        try:
            told = list(_told(validator, asked))
            if not all(isinstance(problem, Problem) for problem in told):
                raise TypeError("check returns a list of Problem")
        except (MiError, KeyboardInterrupt):
            raise
        except BaseException as error:  # SystemExit ends no program, and CancelledError cancels nothing here
            raise _broken(validator, asked) from error
        found += told
    if watched and _written(asked) != before:
        raise NotSent(
            "插件改动了请求内容，未发送", "a plugin changed the request, nothing was sent",
            hint_zh="校验插件只能查看；停用最近安装的校验插件（mi plugins list）",
            hint_en="validators may only look; take out the one that was installed last (mi plugins list)", **asked.where(),
        )  # fmt: skip
    return found


def _told(validator: Validator, asked: InputCtx) -> Sequence[Problem]:
    """One with ``check_at`` is told the institution, too."""
    check_at = getattr(validator, "check_at", None)
    if check_at is None:
        return validator.check(asked.interface, asked.request)
    found: Sequence[Problem] = check_at(asked.interface, asked.request, asked.institution.code)
    return found


def _broken(validator: Validator, asked: InputCtx) -> NotSent:
    name = f"{type(validator).__module__}.{type(validator).__qualname__}"
    return NotSent(
        f"校验程序出错（{name}），未发送", f"validator {name} failed, nothing was sent",
        hint_zh="mi plugins list 查看各校验程序来自哪个插件", hint_en="mi plugins list shows which plugin brought it", **asked.where(),
    )  # fmt: skip


def _written(asked: InputCtx) -> Any:
    """The message's content as it would be sent; of one that cannot be written, why."""
    try:
        return asked.interface.encode_input(asked.request)
    except Exception as error:
        return type(error)
