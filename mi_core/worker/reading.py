"""A request as the HIS wrote it -> a typed request and its options; everything wrong with both at once."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, Final

import attrs

from mi_core.config import Config
from mi_core.errors import InvalidInput
from mi_core.model import Problem, Request
from mi_core.pipeline import CallOptions, options_of
from mi_core.pipeline.raw import request_from
from mi_core.scalars import parse_decimal
from mi_core.worker.records import Claimed

__all__ = ["Wish", "read"]

_OPTIONS: Final = (
    "institution", "insuplc_admdvs", "operator", "operation_key", "deadline", "amounts_accepted",
)  # fmt: skip
DEEPEST: Final = 32


@attrs.frozen
class Wish:
    """What the HIS wants."""

    request: Request[Any] = attrs.field(repr=False)
    options: CallOptions


def read(claimed: Claimed, config: Config) -> Wish:
    """Raises ``InvalidInput`` with the problems of input and options together, ``ConfigError`` for an institution that is
    not configured."""
    problems: list[Problem] = []
    options = CallOptions()
    try:
        options = _options(claimed)
    except InvalidInput as wrong:
        problems += wrong.problems
    institution = config.institution(options.institution)
    request: Request[Any] | None = None
    title = ""
    try:
        data = _object("input_data", claimed.input_data)
        request = request_from(claimed.interface_code.strip(), data, institution)
    except InvalidInput as wrong:
        problems += wrong.problems
        title = wrong.title
    else:
        problems += _required(request) if problems else []
    if problems or request is None:
        raise InvalidInput(
            problems, interface=claimed.interface_code, title=title, institution=institution.code
        )
    if request.__interface__.behaviour.exact:
        key = options.operation_key or claimed.key
        options = attrs.evolve(
            options,
            operation_key=key,
            operation_id=claimed.operation_id(claimed.attempts),
            asked_at=claimed.asked_at,
        )
    return Wish(request, options)


def _required(request: Request[Any]) -> list[Problem]:
    """Where the options are wrong the call is never made, so its own check is made here."""
    return [problem for problem in request.problems() if problem.severity == "error"]


def _options(claimed: Claimed) -> CallOptions:
    if claimed.options is None or not claimed.options.strip():
        return options_of()
    given = _object("options", claimed.options)
    unknown = sorted(given.keys() - set(_OPTIONS))
    found = [
        _problem(
            name, f"没有此选项；可用：{'、'.join(_OPTIONS)}", f"unknown option; known: {', '.join(_OPTIONS)}"
        )
        for name in unknown
    ]
    if isinstance(given.get("deadline"), Decimal):
        given["deadline"] = float(given["deadline"])
    try:
        chosen = options_of(**{name: given[name] for name in _OPTIONS if name in given})
    except InvalidInput as wrong:
        found += wrong.problems
    if found:
        raise InvalidInput(found)
    return chosen


def _object(field: str, text: str) -> dict[str, Any]:
    """A JSON object; numbers exact, no key twice, nothing that JSON does not know."""

    try:
        value = _JSON.decode(text.removeprefix("\ufeff"))
        if not isinstance(value, dict):
            raise _Wrong("应为 JSON 对象", "must be a JSON object")
        if text.count("{") + text.count("[") > DEEPEST and _depth(value) > DEEPEST:
            raise _Wrong(f"嵌套超过 {DEEPEST} 层", f"nested deeper than {DEEPEST} levels")
    except json.JSONDecodeError as error:
        where, where_en = (
            f"第 {error.lineno} 行第 {error.colno} 列",
            f"line {error.lineno}, column {error.colno}",
        )
        zh, en = f"不是有效的 JSON：{where}附近有误", f"no valid JSON: {error.msg} at {where_en}"
    except _Wrong as wrong:
        zh, en = wrong.zh, wrong.en
    except (RecursionError, ValueError, ArithmeticError):
        zh, en = (
            "JSON 无法读取：嵌套过深或数字过长",
            "unreadable JSON: nested too deeply, or a number too long",
        )
    else:
        return value
    raise InvalidInput([_problem(field, zh, en)])


class _Wrong(Exception):
    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _Wrong(f"同一对象中 {twice} 出现了两次", f"{twice} stands twice in one object")
    return made


def _no_number(name: str) -> Any:
    raise _Wrong(f"{name} 不是数", f"{name} is no number")


_JSON: Final = json.JSONDecoder(parse_float=parse_decimal, parse_constant=_no_number, object_pairs_hook=_once)
"""Made once: making it takes longer than reading a request."""


def _depth(value: Any) -> int:
    deepest, waiting = 0, [(value, 1)]
    while waiting:
        here, depth = waiting.pop()
        deepest = max(deepest, depth)
        inner = here.values() if isinstance(here, dict) else here
        waiting += [(one, depth + 1) for one in inner if isinstance(one, dict | list)]
    return deepest


def _problem(field: str, zh: str, en: str) -> Problem:
    label = {"input_data": "交易输入", "options": "选项"}.get(field, "选项")
    return Problem(path="", field=field, label=label, rule="bridge", zh=zh, en=en)
