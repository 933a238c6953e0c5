"""Dictionaries (1901): each is asked for by its type and takes the place of what was here."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
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
from mi_core.errors import BureauRefused, ConfigError, MiError, Refused
from mi_core.regions import filled
from mi_core.types import CHINA_TIME

__all__ = ["NO_PARENT", "DictionaryResult", "sync_dictionaries"]

NO_PARENT: Final = "0"
"""``parent_value`` must be given, and the specification does not say what stands for none."""
_AT_ONCE: Final = 8
_NUMBER: Final = ("file_qury_no",)
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
    ``StoreError``, and ``ConfigError`` where the bureau hands out a file of unknown columns, which is kept beside the database.
    """
    await mi.open()
    who: Institution = mi.config.institution(institution)
    asked = list(types) or list(own_types(who.region))
    database = await Database.open(mi.config)
    results: list[DictionaryResult] = []
    try:
        await _no_file(mi, who, asked[0], parent, database.folder)
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


async def _no_file(mi: Any, who: Institution, type_: str, parent: str, folder: Path) -> None:
    """Some regions' documents have a file in the reply of 1901, whose columns nobody has described. Ask once: where rows come all is
    well; a file is fetched and kept for people, and the error says where it is. Raises ``ConfigError``."""
    spec = region_catalog(who.region).interfaces["1901"]
    assert spec.behaviour.log_type == DICTIONARY
    codes = {path.rpartition(".")[2] for path, _ in spec.output.walk()}
    if not codes.issuperset(_NUMBER):
        return
    content = (await mi.call(_question(who, type_, parent), institution=who.code)).to_dict()
    number, name = field_of(content, *_NUMBER), field_of(content, "filename")
    if not number:
        if any(field_of(row, *_VALUE) for row in rows_of_reply(content)):
            return
        raise _unknown(who, "中心没有给出字典行，也没有给出文件", "neither rows nor a file came")
    target = folder / f"1901-{who.region}-{dt.datetime.now(CHINA_TIME):%Y%m%d-%H%M%S}.zip"
    got = await _fetched(mi, who, number, name, target)
    raise _unknown(
        who,
        f"文件已保存为 {got.path}（SHA-256 {got.sha256}）",
        f"it is kept as {got.path} (SHA-256 {got.sha256})",
    )


async def _fetched(mi: Any, who: Institution, number: str, name: str, target: Path) -> Any:
    """The file, as the institution's own or as one of the catalogues: the specification does not say which it is."""
    try:
        return await mi.download_file(number, name, to=target, institution=who.code)
    except (BureauRefused, Refused):
        return await mi.download_file(number, name, to=target, catalogue=True, institution=who.code)


def _unknown(who: Institution, zh: str, en: str) -> ConfigError:
    return ConfigError(
        f"地区 {who.region} 的 1901 以文件下发字典，文件格式未知，未入库；{zh}",
        f"1901 of {who.region} hands out a file whose columns are not known, nothing was taken; {en}",
        hint_zh="向当地索取文件说明后，用 overlay 写入该地区的文档", hint_en="describe it in an overlay of the region once it is known",
    )  # fmt: skip


def _question(who: Institution, type_: str, parent: str) -> Any:
    today = dt.datetime.now(CHINA_TIME).date()
    known = {
        "type": type_, "parent_value": parent, "parentValue": parent, "admdvs": who.mdtrtarea_admvs, "date": today,
        "Vali_Flag": "1", "vali_Flag": "1",
    }  # fmt: skip
    return filled(who.interface("1901"), known)


async def _asked(
    mi: Any, who: Institution, type_: str, parent: str
) -> tuple[DictionaryResult, list[dict[str, Any]]]:
    try:
        reply = await mi.call(_question(who, type_, parent), institution=who.code)
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
