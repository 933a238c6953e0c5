"""Reading what was synchronised: by code, by any part of a name, by initials. No call leaves for that."""

from __future__ import annotations

import contextlib
import unicodedata
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any, Final

import attrs
import msgspec
from sqlalchemy import Select, and_, case, func, or_, select
from sqlalchemy.sql.elements import ColumnElement

from mi_core.catalogues.database import Database
from mi_core.catalogues.entry import DictionaryCode, Entry, NotSynchronised, SourceState
from mi_core.catalogues.sources import Source, chosen
from mi_core.catalogues.tables import content, dictionary, entry, source
from mi_core.config import Config, Institution

__all__ = ["Catalogue", "open_catalogue"]

_BATCH: Final = 2000
_BRACKETS: Final = str.maketrans("()", "（）")
_cells = msgspec.json.Decoder(list[str | None])
_columns = msgspec.json.Decoder(list[str])


@contextlib.asynccontextmanager
async def open_catalogue(config: Config, institution: str | None = None) -> AsyncIterator[Catalogue]:
    """The catalogues of an institution (the only one, when none is named); the database is closed afterwards."""
    database = await Database.open(config)
    try:
        yield Catalogue(database, config.institution(institution))
    finally:
        await database.close()


@attrs.frozen(eq=False)
class Catalogue:
    """What an institution's bureau listed, as far as it was synchronised."""

    database: Database
    institution: Institution

    async def find(self, kind: str, text: str, *, limit: int = 20, withdrawn: bool = False) -> list[Entry]:
        """Entries that have every word of ``text`` somewhere in code, names, specification, maker, approval number or
        initials; case does not matter. Best first: the code itself, a code or initials that begin so, the name itself, a
        name that begins so, anything else; shorter names first. ``withdrawn``: those that are not valid, too.
        """
        words = text.casefold().split()
        if not words:
            return []
        places = await self._places(kind)
        whole = " ".join(words)
        query = (
            self._of(places, withdrawn)
            .where(
                *(
                    or_(*(entry.c.search.like(f"%{_plain(one)}%", escape="\\") for one in _writings(word)))
                    for word in words
                )
            )
            .order_by(_rank(text.strip(), whole), func.length(entry.c.name), entry.c.code, entry.c.record)
            .limit(limit)
        )
        return await self._entries(query, places)

    async def by_code(self, kind: str, code: str, *, withdrawn: bool = True) -> list[Entry]:
        """All records of a code, valid ones first, then the newest first; empty when there is none."""
        places = await self._places(kind)
        query = (
            self._of(places, withdrawn)
            .where(entry.c.code == code.strip())
            .order_by(entry.c.valid.desc(), entry.c.version.desc(), entry.c.record)
        )
        return await self._entries(query, places)

    async def entries(self, kind: str, *, withdrawn: bool = False) -> AsyncIterator[Entry]:
        """All entries of a kind, read in batches: for those who match many items of their own."""
        places = await self._places(kind)
        for place in places.values():
            after = ""
            while True:
                query = (
                    self._of({place.source: place}, withdrawn)
                    .where(entry.c.record > after)
                    .order_by(entry.c.record)
                    .limit(_BATCH)
                )
                found = await self._entries(query, places)
                for one in found:
                    yield one
                if len(found) < _BATCH:
                    break
                after = found[-1].record

    async def dictionary(self, type_: str, *, withdrawn: bool = False) -> list[DictionaryCode]:
        """The codes of a dictionary as the bureau last gave them (1901). Raises :class:`NotSynchronised`."""
        columns = dictionary.c
        query = (
            select(columns.type, columns.value, columns.label, columns.parent, columns.sort, columns.valid)
            .where(columns.scope == self.institution.region, columns.type == type_)
            .order_by(columns.sort, columns.value)
        )
        async with self.database.reading() as connection:
            rows = (await connection.execute(query)).all()
        if not rows:
            raise _never(f"字典 {type_}", f"dictionary {type_}", "mi sync dictionaries")
        found = [DictionaryCode(**{**row._mapping, "valid": bool(row.valid)}) for row in rows]
        return [one for one in found if one.valid or withdrawn]

    async def dictionary_types(self) -> list[str]:
        """The dictionaries that are here."""
        query = select(dictionary.c.type).where(dictionary.c.scope == self.institution.region).distinct()
        async with self.database.reading() as connection:
            return sorted((await connection.execute(query)).scalars())

    async def sources(self) -> list[SourceState]:
        """What is here, by interface code."""
        scopes = (self.institution.region, self.institution.code)
        query = select(source).where(source.c.scope.in_(scopes)).order_by(source.c.source)
        async with self.database.reading() as connection:
            rows = (await connection.execute(query)).all()
        return [
            SourceState(
                source=r.source, title=r.title, kind=r.kind, scope=r.scope, rows=r.rows, cursor=r.cursor,
                synced_at=r.synced_at, unfinished=r.pending is not None,
            )
            for r in rows
        ]  # fmt: skip

    async def _places(self, kind: str) -> dict[str, _Place]:
        """The sources of a kind that are here, with the columns their cells have. Raises ``UnknownName``, ``NotSynchronised``."""
        meant: Sequence[Source] = chosen(self.institution.region, (kind,))
        query = select(source.c.scope, source.c.source, source.c.columns).where(
            or_(
                *(and_(source.c.scope == s.scope(self.institution), source.c.source == s.code) for s in meant)
            ),
            or_(source.c.rows > 0, source.c.synced_at.is_not(None)),
        )
        async with self.database.reading() as connection:
            rows = (await connection.execute(query)).all()
        kinds = {one.code: one for one in meant}
        places = {
            r.source: _Place(r.scope, r.source, _columns.decode(r.columns), kinds[r.source]) for r in rows
        }
        if not places:
            titles = "、".join(one.title for one in meant)
            raise _never(f"{kind}（{titles}）", kind, f"mi sync catalogs {kind}")
        return places

    def _of(self, places: Mapping[str, _Place], withdrawn: bool) -> Select[Any]:
        where: list[ColumnElement[bool]] = [
            or_(*(and_(entry.c.scope == p.scope, entry.c.source == p.source) for p in places.values()))
        ]
        if not withdrawn:
            where.append(entry.c.valid == 1)
        return select(*(entry.c[name] for name in _READ)).where(*where)

    async def _entries(self, query: Select[Any], places: Mapping[str, _Place]) -> list[Entry]:
        async with self.database.reading() as connection:
            rows = (await connection.execute(query)).all()
            cells: dict[tuple[str, str], str] = {}
            for name, place in places.items():
                records = [row.record for row in rows if row.source == name]
                for some in _parts(records):
                    wanted = select(content.c.source, content.c.record, content.c.cells).where(
                        content.c.scope == place.scope, content.c.source == name, content.c.record.in_(some)
                    )
                    cells |= {(r.source, r.record): r.cells for r in await connection.execute(wanted)}
        return [places[row.source].entry(row, cells.get((row.source, row.record), "[]")) for row in rows]


_READ: Final = ("source", "record", "code", "name", "pinyin", "version", "valid")


@attrs.frozen
class _Place:
    """Where the entries of one source are, and what their cells mean."""

    scope: str
    source: str
    columns: list[str]
    known: Source

    def entry(self, row: Any, cells: str) -> Entry:
        """One row as a value."""
        fields = {name: cell for name, cell in zip(self.columns, _cells.decode(cells), strict=False) if cell}
        says = self.known.entries
        return Entry(
            source=row.source, kind=says.kind, code=row.code, name=row.name, pinyin=row.pinyin, version=row.version,
            valid=bool(row.valid), record=row.record, fields=fields, maker=fields.get(says.maker or "", ""),
            spec=next((fields[name] for name in says.spec if name in fields), ""),
        )  # fmt: skip


def _rank(text: str, whole: str) -> ColumnElement[int]:
    """How well an entry fits, 0 best."""
    code, start = text.upper(), _plain(whole)
    return case(
        (or_(entry.c.code == text, entry.c.code == code), 0),
        (or_(entry.c.code.like(f"{_plain(text)}%", escape="\\"), entry.c.code.like(f"{_plain(code)}%", escape="\\")), 1),
        (func.lower(entry.c.name) == whole, 2),
        (entry.c.pinyin == whole, 3),
        (func.lower(entry.c.name).like(f"{start}%", escape="\\"), 4),
        (entry.c.pinyin.like(f"{start}%", escape="\\"), 5),
        else_=6,
    )  # fmt: skip


def _writings(word: str) -> list[str]:
    """A word as it was typed, in plain width, and with the brackets that catalogues use."""
    plain = unicodedata.normalize("NFKC", word)
    return list(dict.fromkeys((word, plain, plain.translate(_BRACKETS))))


def _plain(text: str) -> str:
    """Without the meaning of LIKE's signs."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _parts(records: Sequence[str], size: int = 500) -> Iterable[Sequence[str]]:
    return (records[at : at + size] for at in range(0, len(records), size))


def _never(zh: str, en: str, command: str) -> NotSynchronised:
    return NotSynchronised(
        f"{zh} 尚未同步到本地",
        f"{en} was not synchronised yet",
        hint_zh=f"运行 {command}",
        hint_en=f"run: {command}",
    )
