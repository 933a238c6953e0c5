"""A hospital at a sandbox over HTTP, its catalogues in a database of any kind."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import attrs
from sqlalchemy import select

from mi_core.catalogues import SyncResult, sync_catalogues
from mi_core.catalogues.database import Database
from mi_core.catalogues.tables import content, entry, source
from mi_plugins.sandbox import Settings
from mi_plugins.sandbox.message import Message
from mi_plugins.sandbox.rulebook import Rulebook
from tests.reconcile.kit import Town, town_of

ROWS = 400
SETTINGS = Settings(crowd=0, catalogue_rows=ROWS)


@attrs.define
class Site:
    """The town, and what was asked of its bureau."""

    town: Town
    asked: Counter[str]
    questions: list[tuple[str, Any]]

    @property
    def mi(self) -> Any:
        return self.town.mi

    async def sync(self, *wanted: str, **options: Any) -> dict[str, SyncResult]:
        results = await sync_catalogues(self.mi, wanted, **options)
        return {result.source: result for result in results}

    async def move(self, **change: Any) -> dict[str, Any]:
        status, answer = await self.town.hospital.control("POST", "/catalogues", change)
        assert status == 200, answer
        return dict(answer)

    async def dump(self) -> dict[str, Any]:
        """Everything that is stored but the numbers of runs and the times."""
        return await dump(self.mi.config)


async def dump(config: Any) -> dict[str, Any]:
    database = await Database.open(config)
    columns = [c for c in entry.c if c.name != "run"]
    try:
        async with database.reading() as connection:
            rows = [
                tuple(r)
                for r in await connection.execute(select(*columns).order_by(entry.c.source, entry.c.record))
            ]
            cells = [
                tuple(r)
                for r in await connection.execute(
                    select(content).order_by(content.c.source, content.c.record)
                )
            ]
            states = select(source.c.source, source.c.rows, source.c.cursor, source.c.pending).order_by(
                source.c.source
            )
            return {
                "entries": rows,
                "cells": cells,
                "states": [tuple(r) for r in await connection.execute(states)],
            }
    finally:
        await database.close()


@asynccontextmanager
async def site_of(
    folder: Path, rulebook: Rulebook, url: str = "", settings: Settings = SETTINGS, **changes: Any
) -> AsyncIterator[Site]:
    folder.mkdir(exist_ok=True)
    place = {"catalogues": {"path": url}} if url else {}
    async with town_of(folder, rulebook, settings=settings, **place, **changes) as town:
        site = Site(town, Counter(), [])
        answer = town.office.answer

        def counted(message: Message, lag: float = 0.0) -> Any:
            site.asked[message.infno] += 1
            site.questions.append((message.infno, json.loads(json.dumps(message.input, default=str))))
            return answer(message, lag)

        town.office.answer = counted  # type: ignore[method-assign]  # a listener, nothing is changed
        yield site


def differences(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """What only one of two dumps has; empty when they are equal."""
    return {
        name: (sorted(set(one[name]) - set(other[name])), sorted(set(other[name]) - set(one[name])))
        for name in one
        if one[name] != other[name]
    }
