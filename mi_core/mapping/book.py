"""The book of mappings of one institution: what was imported, proposed, decided, uploaded."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, Literal

import attrs
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from mi_core.catalogues.database import Database
from mi_core.config import Config, Institution
from mi_core.mapping.items import Item
from mi_core.mapping.matching import Candidate
from mi_core.mapping.tables import item as table
from mi_core.mapping.tables import migrate
from mi_core.types import CHINA_TIME

__all__ = ["STATES", "Book", "Entry", "Imported", "State", "open_book"]

State = Literal["open", "proposed", "accepted", "rejected", "uploaded", "withdrawn"]
STATES: Final[Mapping[State, tuple[str, str]]] = {
    "open": ("未对照", "open"), "proposed": ("待审核", "proposed"), "accepted": ("已审核待上传", "accepted"),
    "rejected": ("不对照", "rejected"), "uploaded": ("已上传", "uploaded"), "withdrawn": ("已撤销", "withdrawn"),
}  # fmt: skip
_SOME: Final = 500
_PAGE: Final = 1_000


@attrs.frozen(kw_only=True)
class Entry:
    """One item with what is known of its mapping."""

    item: Item
    state: State
    code: str = ""
    """The national code that is proposed, accepted or uploaded."""
    code_name: str = ""
    score: int | None = None
    explained: str = ""
    candidates: tuple[Mapping[str, Any], ...] = ()
    decided_by: str = ""
    decided_at: dt.datetime | None = None
    uploaded_at: dt.datetime | None = None
    msgid: str = ""
    said: str = ""
    """The bureau's words on the last upload, where it refused."""


@attrs.frozen
class Imported:
    """What an import did. ``absent``: items that are here and no longer in the list."""

    new: int
    changed: int
    same: int
    absent: int


@contextlib.asynccontextmanager
async def open_book(config: Config, institution: str | None = None) -> AsyncIterator[Book]:
    """The mappings of an institution, in the database of ``[catalogues]``; closed afterwards. Raises ``StoreError``."""
    where = config.institution(institution)
    database = await Database.open(config)
    try:
        async with database.transaction() as connection:
            await connection.run_sync(migrate)
        yield Book(database, where)
    finally:
        await database.close()


@attrs.frozen(eq=False)
class Book:
    """Reads and writes; every writing method is one transaction."""

    database: Database
    institution: Institution

    async def take(self, items: Iterable[Item]) -> Imported:
        """Import a list. An item that did not change keeps its mapping; one whose name, kind or specification did is open
        again, unless it is uploaded: then it is proposed with its code, for people to look at."""
        new = changed = same = 0
        seen: set[str] = set()
        async with self.database.transaction() as connection:
            for some in _batches(items):
                known = await self._rows(connection, [one.id for one in some])
                fresh = []
                for one in some:
                    seen.add(one.id)
                    old = known.get(one.id)
                    if old is None:
                        new += 1
                        fresh.append(
                            {**_columns(one), **_EMPTY, "institution": self.institution.code, "item": one.id}
                        )
                    elif _entry(old).item == one:
                        same += 1
                    else:
                        changed += 1
                        await self._update(
                            connection, one.id, {**_columns(one), **_reopened(_entry(old), one)}
                        )
                if fresh:
                    await connection.execute(insert(table), fresh)
            count = await connection.execute(
                select(func.count()).select_from(table).where(table.c.institution == self.institution.code)
            )
            absent = count.scalar_one() - len(seen)
        return Imported(new, changed, same, absent)

    async def entries(self, *states: State) -> AsyncIterator[Entry]:
        """Every item (in one of ``states``), by id, read in pages."""
        after = ""
        while True:
            query = (
                select(table)
                .where(table.c.institution == self.institution.code, table.c.item > after)
                .order_by(table.c.item)
                .limit(_PAGE)
            )
            if states:
                query = query.where(table.c.state.in_(states))
            async with self.database.reading() as connection:
                rows = (await connection.execute(query)).all()
            for row in rows:
                yield _entry(row)
            if len(rows) < _PAGE:
                return
            after = rows[-1].item

    async def get(self, ids: Sequence[str]) -> dict[str, Entry]:
        """Items by id; those that are not here are absent."""
        async with self.database.reading() as connection:
            found = await self._rows(connection, ids)
        return {key: _entry(row) for key, row in found.items()}

    async def counts(self) -> dict[State, int]:
        """Items by state."""
        query = (
            select(table.c.state, func.count())
            .where(table.c.institution == self.institution.code)
            .group_by(table.c.state)
        )
        async with self.database.reading() as connection:
            found: dict[Any, int] = {row[0]: row[1] for row in (await connection.execute(query)).all()}
        return {state: found[state] for state in STATES if state in found}

    async def propose(
        self, proposals: Mapping[str, Sequence[Candidate]], chosen: Mapping[str, Candidate | None]
    ) -> None:
        """Keep candidates; an item with a best one is proposed, one without stays open."""
        async with self.database.transaction() as connection:
            for key, candidates in proposals.items():
                one = chosen.get(key)
                values = {
                    "candidates": json.dumps([_candidate(c) for c in candidates], ensure_ascii=False),
                    "state": "open" if one is None else "proposed",
                    "code": "" if one is None else one.offer.code,
                    "code_name": "" if one is None else one.offer.name[:500],
                    "score": None if one is None else one.score,
                    "explained": "" if one is None else one.explained,
                }
                await self._update(connection, key, values)

    async def decide(self, decisions: Mapping[str, tuple[State, str, str]], by: str) -> None:
        """Accept, reject or choose: id -> (state, code, its name), by whom."""
        now = _now()
        async with self.database.transaction() as connection:
            for key, (state, code, name) in decisions.items():
                await self._update(connection, key, {
                    "state": state, "code": code, "code_name": name[:500], "decided_by": by, "decided_at": now, "said": "",
                })  # fmt: skip

    async def uploaded(self, results: Iterable[tuple[str, State, str, str]]) -> None:
        """What the bureau said: (id, state after it, message id, its words)."""
        now = _now()
        async with self.database.transaction() as connection:
            for key, state, msgid, said in results:
                values: dict[str, Any] = {"state": state, "msgid": msgid, "said": said}
                if state in ("uploaded", "withdrawn"):
                    values["uploaded_at"] = now
                await self._update(connection, key, values)

    async def remove(self, ids: Sequence[str]) -> None:
        """Forget items."""
        async with self.database.transaction() as connection:
            for some in _parts(ids):
                await connection.execute(
                    delete(table).where(table.c.institution == self.institution.code, table.c.item.in_(some))
                )

    async def _rows(self, connection: AsyncConnection, ids: Sequence[str]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for some in _parts(ids):
            query = select(table).where(table.c.institution == self.institution.code, table.c.item.in_(some))
            found |= {row.item: row for row in (await connection.execute(query)).all()}
        return found

    async def _update(self, connection: AsyncConnection, key: str, values: Mapping[str, Any]) -> None:
        where = (table.c.institution == self.institution.code, table.c.item == key)
        await connection.execute(update(table).where(*where).values(**values))


_EMPTY: Final[Mapping[str, Any]] = {
    "state": "open", "code": "", "code_name": "", "score": None, "explained": "", "candidates": "[]", "decided_by": "",
    "decided_at": None, "uploaded_at": None, "msgid": "", "said": "",
}  # fmt: skip


def _reopened(old: Entry, new: Item) -> dict[str, Any]:
    """What a change of the item means for its mapping: a new price nothing, anything that was compared a new look."""
    if old.item.wanted() == new.wanted() or old.state in ("open", "rejected"):
        return {} if old.item.wanted() == new.wanted() else {"state": "open", "candidates": "[]", "code": ""}
    if old.state == "uploaded":
        return {"state": "proposed", "explained": "院内项目已变更，请核对后重新上传"}
    return dict(_EMPTY)


def _columns(one: Item) -> dict[str, Any]:
    return {
        "name": one.name, "list_type": one.list_type, "given": one.code, "price": None if one.price is None else format(one.price, "f"),
        "selfpay": None if one.selfpay is None else format(one.selfpay, "f"), "begin": one.begin, "end": one.end,
        "fields": json.dumps(dict(one.fields), ensure_ascii=False, sort_keys=True),
    }  # fmt: skip


def _entry(row: Any) -> Entry:
    own = Item(
        id=row.item, name=row.name, list_type=row.list_type, code=row.given, begin=row.begin, end=row.end,
        price=None if row.price is None else Decimal(row.price), selfpay=None if row.selfpay is None else Decimal(row.selfpay),
        fields=json.loads(row.fields),
    )  # fmt: skip
    return Entry(
        item=own, state=row.state, code=row.code, code_name=row.code_name, score=row.score, explained=row.explained,
        candidates=tuple(json.loads(row.candidates)), decided_by=row.decided_by, decided_at=row.decided_at,
        uploaded_at=row.uploaded_at, msgid=row.msgid, said=row.said,
    )  # fmt: skip


def _candidate(one: Candidate) -> dict[str, Any]:
    return {**attrs.asdict(one.offer), "score": one.score, "explained": one.explained, "given": one.given}


def _now() -> dt.datetime:
    return dt.datetime.now(CHINA_TIME).replace(tzinfo=None, microsecond=0)


def _batches(items: Iterable[Item]) -> Iterable[list[Item]]:
    batch: list[Item] = []
    for one in items:
        batch.append(one)
        if len(batch) >= _SOME:
            yield batch
            batch = []
    if batch:
        yield batch


def _parts(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (ids[at : at + _SOME] for at in range(0, len(ids), _SOME))
