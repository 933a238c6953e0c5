"""The check of a whole request: the generated field checks, plausible dates, the limit of the message."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from mi_core.model import Problem, Request
from mi_core.model.fields import Day, Field, Inline, Node
from mi_core.model.record import Record, per_class
from mi_core.types import CHINA_TIME

__all__ = ["check_request"]


def check_request(request: Request[Any], *, today: dt.date | None = None) -> list[Problem]:
    """Everything that is wrong, errors and warnings; empty when the request can be sent.

    ``today`` is the day that no birth may lie behind (default: the date in Beijing). The size of ``input`` is checked
    only when nothing else is wrong, because a wrong value cannot be encoded.
    """
    interface = request.__interface__
    problems = list(interface.check(request))
    if _dated(type(request)):
        problems += _births(request, today or dt.datetime.now(CHINA_TIME).date())
    if not any(p.severity == "error" for p in problems):
        problems += _size(request)
    return problems


def _size(request: Request[Any]) -> Iterator[Problem]:
    interface = request.__interface__
    limit = interface.behaviour.input_limit
    data = interface.encode_input(request)
    if len(data) <= limit:  # a character has at least one byte
        return
    size = len(data.decode())
    if size > limit:
        yield Problem(
            "", "input", "交易输入", "input_limit",
            f"报文 {size} 个字符，超过上限 {limit}，请分批发送",
            f"{size} characters, the limit is {limit}: send it in batches",
        )  # fmt: skip


@per_class
def _dated(cls: type[Record]) -> tuple[tuple[str, Field], ...]:
    """The birth dates of a class, and the nodes below which there are some, each with the pointer of its row."""
    found: list[tuple[str, Field]] = []
    for member in cls.__members__:
        prefix = f"/{member.wire}" if isinstance(member, Inline) else ""
        fields = (
            member.members if isinstance(member, Inline) else (member,) if isinstance(member, Field) else ()
        )
        for f in fields:
            if (isinstance(f, Node) and _dated(f.row)) or (isinstance(f, Day) and "出生" in f.label):
                found.append((prefix, f))
    return tuple(found)


def _births(record: Record, today: dt.date, at: str = "") -> Iterator[Problem]:
    for prefix, f in _dated(type(record)):
        value = getattr(record, f.name, None)
        here = f"{at}{prefix}/{f.wire}"
        if isinstance(f, Node):
            rows = value if isinstance(value, (list, tuple)) else (value,)
            for i, row in enumerate(rows):
                if isinstance(row, Record):
                    yield from _births(row, today, here if rows is not value else f"{here}/{i}")
        elif isinstance(value, dt.date):
            day = value.date() if isinstance(value, dt.datetime) else value
            if day > today:
                yield Problem(here, f.wire, f.label, "date", "出生日期晚于今天", "born after today")
