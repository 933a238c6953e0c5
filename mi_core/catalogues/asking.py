"""The questions and their answers, by field code, whatever the region's document looks like."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from mi_core.catalogues.sources import Source
from mi_core.config import Institution
from mi_core.errors import InvalidInput
from mi_core.model import Request
from mi_core.regions import filled
from mi_core.types import CHINA_TIME

__all__ = ["field_of", "request_of", "rows_of_reply", "text_of"]


def request_of(institution: Institution, source: Source, known: Mapping[str, Any]) -> Request[Any]:
    """A request with what is ``known``. What narrows the answer is left out unless the region's document demands it."""
    interface = institution.interface(source.code)
    given = {**known, **({"fixmedins_code": institution.code} if source.own else {})}
    try:
        return filled(interface, given)
    except InvalidInput as error:
        more = {
            "insu_admdvs": institution.insuplc_admdvs or institution.mdtrtarea_admvs, "vali_flag": "1",
            "query_date": dt.datetime.now(CHINA_TIME).date(),
        }  # fmt: skip
        missing = {problem.field for problem in error.problems}
        return filled(interface, {**given, **{k: v for k, v in more.items() if k in missing}})


def field_of(content: Any, *names: str) -> str:
    """The text of the first field of one of the ``names``, wherever the reply has it; empty when there is none."""
    if isinstance(content, Mapping):
        for name in names:
            if content.get(name) not in (None, "") and not isinstance(content[name], Mapping | list | tuple):
                return text_of(content[name]) or ""
        for value in content.values():
            if found := field_of(value, *names):
                return found
    return ""


def rows_of_reply(content: Any) -> list[Mapping[str, Any]]:
    """The rows of a page: the reply's first list, or the reply itself where its root is one."""
    if isinstance(content, list | tuple):
        return [row for row in content if isinstance(row, Mapping)]
    if isinstance(content, Mapping):
        for value in content.values():
            if isinstance(value, list | tuple):
                return rows_of_reply(value)
        for value in content.values():
            if isinstance(value, Mapping) and (found := rows_of_reply(value)):
                return found
    return []


def text_of(value: Any) -> str | None:
    """A value as the file of a catalogue would have it; ``None`` for nothing."""
    if value is None or value == "":
        return None
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, dt.datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    return str(value)
