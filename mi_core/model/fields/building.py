"""Requests from plain dicts, for code that has none of our types: every fault is a Problem, nothing raises."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from mi_core.model.fields.base import Field
from mi_core.model.fields.node import Inline, MemberSpec, Node, Root
from mi_core.model.message import Request
from mi_core.model.problem import Problem
from mi_core.model.record import Record

__all__ = ["builder"]

Built = tuple[Request[Any] | None, list[Problem]]


def builder(
    cls: type[Request[Any]], check: Callable[[Any], list[Problem]]
) -> Callable[[Mapping[str, Any]], Built]:
    """``Interface.request_from_dict`` of a request class.

    Takes wire names, nested as in ``input`` or with the flat node's fields at the top; numbers and dates may be
    strings; an unknown name is a problem that tells the closest one. The request is ``None`` when an error was found.
    """

    def request_from_dict(data: Mapping[str, Any]) -> Built:
        problems: list[Problem] = []
        values: dict[str, Any] = {}
        _fill(cls.__members__, data, "", values, problems)
        request = cls(**values)
        problems += check(request)
        failed = any(p.severity == "error" for p in problems)
        return (None if failed else request), problems

    return request_from_dict


def _fill(
    members: Sequence[MemberSpec],
    data: Mapping[str, Any],
    at: str,
    values: dict[str, Any],
    out: list[Problem],
) -> None:
    known: dict[str, Field] = {}
    used: set[str] = set()
    for member in members:
        if isinstance(member, Root):
            known[member.name] = member.field
        elif isinstance(member, Field):
            known[member.wire] = member
        else:
            _fill_inline(member, data, at, values, out, used, members)
    for wire, f in known.items():
        used.add(wire)
        _take(f, data, wire, at, values, out)
    if data.keys() <= used:
        return
    names = [*known, *(m.wire for m in members if isinstance(m, Inline))]
    names += [f.wire for m in members if isinstance(m, Inline) for f in m.members]
    _unknown((k for k in data if k not in used), names, at, out, data)


def _fill_inline(
    member: Inline, data: Mapping[str, Any], at: str, values: dict[str, Any], out: list[Problem], used: set[str],
    siblings: Sequence[MemberSpec],
) -> None:  # fmt: skip
    nested = data.get(member.wire)
    if isinstance(nested, Mapping) and member.wire not in {f.wire for f in member.members}:
        used.add(member.wire)
        _fill(member.members, nested, f"{at}/{member.wire}", values, out)
        return
    taken = {m.wire for m in siblings if isinstance(m, Field)}
    for f in member.members:
        if f.wire not in taken:
            used.add(f.wire)
            _take(f, data, f.wire, f"{at}/{member.wire}", values, out)


def _take(
    f: Field, data: Mapping[str, Any], wire: str, at: str, values: dict[str, Any], out: list[Problem]
) -> None:
    if wire not in data:
        if f.required:
            values[f.name] = None
        return
    value = data[wire]
    if isinstance(f, Node):
        values[f.name] = _node(f, value, f"{at}/{f.wire}", out)
    elif f.blank(value) and not f.required:
        values[f.name] = None
    else:
        values[f.name] = value if value is None else f.parse(value)


def _node(node: Node, value: Any, at: str, out: list[Problem]) -> Any:
    if node.many and isinstance(value, (list, tuple)):
        return [_row(node.row, v, f"{at}/{i}", out) for i, v in enumerate(value)]
    if node.many and isinstance(value, Mapping):
        return [_row(node.row, value, f"{at}/0", out)]
    return _row(node.row, value, at, out)


def _row(cls: type[Record], value: Any, at: str, out: list[Problem]) -> Any:
    if not isinstance(value, Mapping):
        return value
    values: dict[str, Any] = {}
    _fill(cls.__members__, value, at, values, out)
    return cls(**values)


def _unknown(
    keys: Iterable[str], names: Sequence[str], at: str, out: list[Problem], data: Mapping[str, Any]
) -> None:
    for key in keys:
        from difflib import get_close_matches  # only when something is wrong: it costs an import

        near = get_close_matches(str(key), names, n=1, cutoff=0.6)
        zh, en = "没有这个字段", "there is no such field"
        if near and near[0] not in data:
            zh, en = f"{zh}，是否应为 {near[0]}", f"{en}, did you mean {near[0]}?"
        else:
            zh, en = f"{zh}，请删除", f"{en}, remove it"
        out.append(Problem(f"{at}/{key}", str(key), "", "unknown_field", zh, en))
