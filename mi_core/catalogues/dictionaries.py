"""Dictionaries (1901): each is asked for by its type and takes the place of what was here."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import attrs
from sqlalchemy import delete

from mi_core.catalog.regions import region_catalog
from mi_core.catalogues.asking import field_of, rows_of_reply
from mi_core.catalogues.database import Database
from mi_core.catalogues.keeping import now, upsert
from mi_core.catalogues.progress import Progress, Tell, nothing
from mi_core.catalogues.sources import DICTIONARY
from mi_core.catalogues.tables import dictionary
from mi_core.config import Institution
from mi_core.errors import ConfigError, MiError
from mi_core.regions import filled
from mi_core.types import CHINA_TIME

__all__ = ["NO_PARENT", "DictionaryResult", "sync_dictionaries"]

NO_PARENT: Final = "0"
"""``parent_value`` must be given, and the specification does not say what stands for none."""
_AT_ONCE: Final = 8
_VALUE, _PARENT, _VALID = ("value",), ("parentValue", "parent_value"), ("valiFlag", "vali_flag")


@attrs.frozen(kw_only=True)
class DictionaryResult:
    """What came of one dictionary. Without codes and without error the bureau does not have it; what was here stays."""

    type: str
    codes: int = 0
    error: MiError | None = attrs.field(default=None, repr=False)


async def sync_dictionaries(
    mi: Any,
    types: Iterable[str] = (),
    *,
    institution: str | None = None,
    parent: str = NO_PARENT,
    tell: Tell = nothing,
) -> list[DictionaryResult]:
    """Ask for ``types`` (those of our code tables when empty) and keep what comes; ``mi`` is an open ``AsyncClient``.

    ``parent``: what is sent as the parent's value. One that fails is told in its result, and the others go on. Raises
    ``StoreError``, and ``ConfigError`` where the region hands dictionaries out in another way.
    """
    await mi.open()
    who: Institution = mi.config.institution(institution)
    _be_askable(who)
    asked = list(types) or list(own_types(who.region))
    database = await Database.open(mi.config)
    results: list[DictionaryResult] = []
    try:
        for some in _parts(asked):
            got = await asyncio.gather(*(_asked(mi, who, one, parent) for one in some))
            await _keep(database, who.region, {r.type: rows for r, rows in got if rows})
            results += [result for result, _ in got]
            tell(Progress("1901", some[-1], "page", len(results), len(asked)))
    finally:
        await asyncio.shield(database.close())
    tell(Progress("1901", "", "done", len(results), len(asked)))
    return results


def own_types(region: str) -> list[str]:
    """The dictionaries that our code tables stand for; a second table of a code (``clr_type#2``) has no type of its own."""
    return sorted(key for key in region_catalog(region).code_tables if "#" not in key)


def _be_askable(who: Institution) -> None:
    spec = region_catalog(who.region).interfaces["1901"]
    assert spec.behaviour.log_type == DICTIONARY
    codes = {path.rpartition(".")[2] for path, _ in spec.output.walk()}
    if "file_qury_no" in codes or not codes.issuperset(_VALUE):
        raise ConfigError(
            f"地区 {who.region} 的 1901 以文件下发字典，文件格式未知，无法同步",
            f"1901 of {who.region} hands out a file whose columns are not known",
            hint_zh="取得文件说明后，用 overlay 写入该地区的文档", hint_en="describe it in an overlay of the region once it is known",
        )  # fmt: skip


async def _asked(
    mi: Any, who: Institution, type_: str, parent: str
) -> tuple[DictionaryResult, list[dict[str, Any]]]:
    today = dt.datetime.now(CHINA_TIME).date()
    known = {
        "type": type_, "parent_value": parent, "parentValue": parent, "admdvs": who.mdtrtarea_admvs, "date": today,
        "Vali_Flag": "1", "vali_Flag": "1",
    }  # fmt: skip
    try:
        reply = await mi.call(filled(who.interface("1901"), known), institution=who.code)
    except MiError as error:
        return DictionaryResult(type=type_, error=error), []
    rows = [made for row in rows_of_reply(reply.to_dict()) if (made := _row(type_, row)) is not None]
    return DictionaryResult(type=type_, codes=len(rows)), rows


def _row(type_: str, row: Mapping[str, Any]) -> dict[str, Any] | None:
    value, sort = field_of(row, *_VALUE), field_of(row, "sort")
    if not value or len(value) > 64:
        return None
    return {
        "value": value, "label": field_of(row, "label")[:500], "parent": field_of(row, *_PARENT)[:64],
        "sort": int(sort) if sort.isdigit() and len(sort) < 19 else 0, "valid": 0 if field_of(row, *_VALID) == "0" else 1,
    }  # fmt: skip


async def _keep(database: Database, scope: str, got: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    if not got:
        return
    at = now()
    async with database.transaction() as connection:
        await connection.execute(
            delete(dictionary).where(dictionary.c.scope == scope, dictionary.c.type.in_(list(got)))
        )
        rows = [
            {**row, "scope": scope, "type": type_, "synced_at": at}
            for type_, many in got.items()
            for row in many
        ]
        await connection.execute(upsert(connection, dictionary), rows)


def _parts(types: Sequence[str]) -> Iterator[Sequence[str]]:
    return (types[at : at + _AT_ONCE] for at in range(0, len(types), _AT_ONCE))
