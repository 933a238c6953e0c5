"""The fields of ``mi call``: a JSON file with each ``--set`` put in its place. Mistakes are usage errors of the option."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn

import click

from mi_core.cli.text import t

__all__ = ["call_input", "read_operator"]

DEEPEST = 32
"""Levels of nesting; no interface has more than five."""


def call_input(
    code: str, file: str | None, settings: Sequence[str], encoding: str = "utf-8"
) -> dict[str, Any]:
    """The content of ``--file`` with each ``--set`` put in its place; a flat field joins its node where the file nests."""
    data = {} if file is None else _read(file, encoding)
    for setting in settings:
        path, separator, value = setting.partition("=")
        if not separator or not all(path.split(".")):
            _wrong("--set", f"应为 字段=值：{setting}", f"must be PATH=VALUE: {setting}")
        steps = path.split(".")
        node = _flat_node(code, steps[0])
        if len(steps) == 1:
            _refuse_node(code, steps[0])
        _put(data, [node, *steps] if node in data and steps[0] not in data else steps, value)
    return data


def read_operator(text: str | None) -> dict[str, str] | None:
    """``ID:NAME``; the gateway wants both."""
    if text is None:
        return None
    number, _, name = text.partition(":")
    if not number.strip() or not name.strip():
        _wrong(
            "--operator",
            f"应为 编号:姓名，如 001:张三：{text}",
            f"must be ID:NAME, e.g. 001:Zhang San: {text}",
        )
    return {"id": number.strip(), "name": name.strip()}


def _wrong(option: str, zh: str, en: str) -> NoReturn:
    raise click.BadParameter(t(zh, en), param_hint=option)


def _read(file: str, encoding: str) -> dict[str, Any]:
    try:
        content = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        _wrong("--file", f"无法读取 {file}：{error.strerror}", f"cannot read {file}: {error.strerror}")
    try:
        text = content.decode("utf-8-sig" if encoding.lower() in ("utf-8", "utf8") else encoding)
    except LookupError:
        _wrong("--encoding", f"没有编码 {encoding}", f"there is no encoding {encoding}")
    except UnicodeDecodeError:
        _wrong(
            "--file",
            f"文件不是 {encoding.upper()}，请转换为 UTF-8 或用 --encoding gb18030 等指明编码",
            f"the file is not {encoding.upper()}: convert it to UTF-8 or name its encoding, e.g. --encoding gb18030",
        )
    try:
        data = json.loads(text, parse_float=Decimal, parse_constant=_no_number, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        where, where_en = (
            f"第 {error.lineno} 行第 {error.colno} 列",
            f"line {error.lineno}, column {error.colno}",
        )
        _wrong("--file", f"不是有效的 JSON：{where}附近有误", f"no valid JSON: {error.msg} at {where_en}")
    except RecursionError:
        _too_deep()
    except ValueError as error:
        _wrong("--file", f"JSON 中的数无法读取：{error}", f"unreadable number in the JSON: {error}")
    if not isinstance(data, dict):
        _wrong("--file", "应为 JSON 对象", "must be a JSON object")
    if any(depth > DEEPEST for depth in _depths(data)):
        _too_deep()
    return data


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        _wrong("--file", f"同一对象中 {twice} 出现了两次", f"{twice} stands twice in one object")
    return data


def _no_number(name: str) -> NoReturn:
    _wrong("--file", f"{name} 不是数", f"{name} is no number")


def _too_deep() -> NoReturn:
    _wrong("--file", f"嵌套超过 {DEEPEST} 层", f"nested deeper than {DEEPEST} levels")


def _depths(value: Any) -> Iterator[int]:
    """The depth of every object and list, without recursion."""
    waiting = [(value, 1)]
    while waiting:
        here, depth = waiting.pop()
        yield depth
        inner = here.values() if isinstance(here, dict) else here
        waiting += [(one, depth + 1) for one in inner if isinstance(one, dict | list)]


def _members(code: str) -> Sequence[Any]:
    from mi_core.interfaces import by_code

    try:
        return by_code(code).request.__members__
    except KeyError:
        return ()  # told when the request is built


def _flat_node(code: str, field: str) -> str:
    """The node of ``input`` that the flat ``field`` of interface ``code`` stands in; empty when there is none."""
    from mi_core.model.fields import Inline

    inlined = (m for m in _members(code) if isinstance(m, Inline))
    return next((m.wire for m in inlined if any(field == f.wire for f in m.members)), "")


def _refuse_node(code: str, name: str) -> None:
    """A whole node cannot be set to a text: say how its fields are set."""
    from mi_core.model.fields import Inline, Node

    for member in _members(code):
        if isinstance(member, Inline | Node) and member.wire == name:
            fields = member.members if isinstance(member, Inline) else member.row.__members__
            place = f"{name}.0" if isinstance(member, Node) and member.many else name
            example = f"{place}.{getattr(fields[0], 'wire', '')}=…"
            _wrong(
                "--set", f"{name} 是节点，不能直接赋值；请写它的字段，如 {example}",
                f"{name} is a node and takes no value; set its fields, e.g. {example}",
            )  # fmt: skip


def _put(target: Any, path: list[str], value: str) -> None:
    """Set ``value`` at ``path``; a number as a step is a place in a list, which grows by one at most."""
    for step, following in zip(path, [*path[1:], None], strict=True):
        fresh: Any = value if following is None else [] if following.isdecimal() else {}
        if isinstance(target, list):
            if not (step.isascii() and step.isdecimal()) or int(step[:9]) > len(target):
                _wrong("--set", f"列表中没有位置 {step}", f"no place {step} in the list")
            if int(step) == len(target):
                target.append(fresh)
            elif following is None:
                target[int(step)] = fresh
            target = target[int(step)]
        elif isinstance(target, dict):
            if following is None or not isinstance(target.get(step), dict | list):
                target[step] = fresh
            target = target[step]
        else:
            _wrong("--set", f"{step} 的上一级不是节点", f"what {step} stands in is no node")
