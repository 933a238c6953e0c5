"""What a query of a catalogue is narrowed by: some bureaus demand a kind, a level, an area, and answer one at a time."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from mi_core.catalog.regions import region_catalog
from mi_core.catalogues.sources import Source
from mi_core.errors import ConfigError, UnknownName
from mi_core.model import FieldSpec

__all__ = ["EVERY", "Filters", "check_filters", "fingerprint", "passes"]

EVERY: Final = "*"
"""Instead of values: every code of the field's table, one after the other."""
_MOST: Final = 500
"""Combinations for one catalogue; each is a query of its own."""
Filters = Mapping[str, Sequence[str]]
"""Field code -> the values to ask with, each in a query of its own."""


def passes(region: str, source: Source, filters: Filters) -> list[dict[str, str]]:
    """The combinations that one catalogue is asked with; one empty one where no filter is about it. Raises ``ConfigError``."""
    fields = _fields(region, source)
    own = {name: _values(region, fields[name], values) for name, values in filters.items() if name in fields}
    made = [
        dict(zip(own, some, strict=True))
        for some in itertools.islice(itertools.product(*own.values()), _MOST + 1)
    ]
    if len(made) > _MOST:
        raise ConfigError(
            f"{source.code} 的筛选条件组合超过 {_MOST} 种", f"the filters of {source.code} make more than {_MOST} combinations",
            hint_zh="减少取值，分几次同步", hint_en="give fewer values",
        )  # fmt: skip
    return made


def fingerprint(made: Sequence[Mapping[str, str]]) -> str:
    """The combinations as text: other ones mean everything anew, because older entries of a new kind were never asked for."""
    return "" if list(made) == [{}] else json.dumps(made, ensure_ascii=False, sort_keys=True)


def check_filters(region: str, sources: Iterable[Source], filters: Filters) -> None:
    """Raise ``UnknownName`` for a field that none of the catalogues is asked with, ``ConfigError`` for one that is our own."""
    known = {name for source in sources for name in _fields(region, source)}
    for name, values in filters.items():
        if name not in known:
            raise UnknownName(
                f"这些目录的查询没有筛选字段 {name}", f"none of these catalogues is asked with {name}",
                hint_zh=f"可用：{'、'.join(sorted(known)) or '无'}", hint_en=f"there are: {', '.join(sorted(known)) or 'none'}",
            )  # fmt: skip
        if not [value for value in values if value]:
            raise ConfigError(f"筛选字段 {name} 没有值", f"the filter {name} has no value")


def _fields(region: str, source: Source) -> dict[str, FieldSpec]:
    """Fields of the request that people choose: not those of the paging, nor of files."""
    if source.is_file:
        return {}
    spec = region_catalog(region).interfaces[source.code]
    found = {m.code: m for _, m in spec.input.walk() if isinstance(m, FieldSpec)}
    return {
        name: field
        for name, field in found.items()
        if name not in ("updt_time", "page_num", "page_size", "fixmedins_code")
    }


def _values(region: str, field: FieldSpec, values: Sequence[str]) -> list[str]:
    if EVERY not in values:
        return list(dict.fromkeys(value for value in values if value))
    codes = region_catalog(region).code_tables[field.code_table].codes if field.code_table else {}
    if not codes:
        raise ConfigError(
            f"字段 {field.code}（{field.label}）没有代码表，请逐个给出取值", f"{field.code} has no code table: name its values",
            hint_zh="如 --filter 字段=1,2", hint_en="--filter FIELD=1,2",
        )  # fmt: skip
    return list(codes)
