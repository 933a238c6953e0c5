"""A HIS that knows nothing but SQL, its database, and workers: real servers, the sandbox over HTTP, a journal on disk."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import attrs
from sqlalchemy.engine import make_url

from mi_core.config import Config, load_config
from mi_core.worker import BridgeClient, Queue, Worker
from mi_core.worker.connecting import address_of, connected
from mi_core.worker.scripts import grants, install, statements
from tests.stores.servers import Server

HIS, HIS_PASSWORD = "his_app", "his-test"


@attrs.define
class His:
    """A session of the HIS's own account. MySQL: ``CALL``; PostgreSQL: ``SELECT``; then it polls the view."""

    kind: str
    connection: Any

    @classmethod
    async def login(cls, url: str, user: str = HIS, password: str = HIS_PASSWORD) -> His:
        where = make_url(url)
        if where.drivername == "postgresql":
            import asyncpg

            made: Any = await asyncpg.connect(
                host=where.host, port=where.port, user=user, password=password, database=where.database
            )
        else:
            import aiomysql

            made = await aiomysql.connect(
                host=where.host, port=where.port, user=user, password=password, db=where.database,
                charset="utf8mb4", autocommit=True,
            )  # fmt: skip
        return cls("postgresql" if where.drivername == "postgresql" else "mysql", made)

    async def close(self) -> None:
        if self.kind == "postgresql":
            await self.connection.close()
        else:
            self.connection.close()

    async def rows(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        """``?`` marks a parameter."""
        if self.kind == "postgresql":
            first, *rest = sql.split("?")
            text = first + "".join(f"${n}{piece}" for n, piece in enumerate(rest, 1))
            return [dict(row) for row in await self.connection.fetch(text, *values)]
        import aiomysql

        async with self.connection.cursor(aiomysql.DictCursor) as cursor:
            await cursor.execute(sql.replace("%", "%%").replace("?", "%s"), values)
            return list(await cursor.fetchall())

    async def submit(self, code: str, data: Any, *, priority: int | None = None, **options: Any) -> int:
        """``data``: a dict, or the very text."""
        text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False, default=str)
        chosen = json.dumps(options, ensure_ascii=False) if options else None
        if self.kind == "postgresql":
            found = await self.rows(
                "SELECT sp_medical_insurance_call(?, ?, ?, ?) AS result_id", code, text, priority, chosen
            )
        elif options or priority is not None:
            await self.rows(
                "CALL sp_medical_insurance_request(?, ?, ?, ?, @result_id)", code, text, priority, chosen
            )
            found = await self.rows("SELECT @result_id AS result_id")
        else:
            await self.rows("CALL sp_medical_insurance_call(?, ?, @result_id)", code, text)
            found = await self.rows("SELECT @result_id AS result_id")
        return int(found[0]["result_id"])

    async def cancel(self, number: int) -> bool:
        if self.kind == "postgresql":
            return bool((await self.rows("SELECT sp_medical_insurance_cancel(?) AS done", number))[0]["done"])
        await self.rows("CALL sp_medical_insurance_cancel(?, @done)", number)
        return bool((await self.rows("SELECT @done AS done"))[0]["done"])

    async def result(self, number: int) -> dict[str, Any]:
        """The view's row now."""
        found = await self.rows("SELECT * FROM v_medical_insurance_result WHERE result_id = ?", number)
        assert len(found) == 1
        return found[0]

    async def wait(
        self, number: int, *, past: tuple[str, ...] = ("PROCESSING",), seconds: float = 60.0
    ) -> dict[str, Any]:
        """Poll until the status is another than ``past``."""
        until = time.monotonic() + seconds
        while (row := await self.result(number))["result_status"] in past:
            assert time.monotonic() < until, row
            await asyncio.sleep(0.02)
        return row

    async def call(self, code: str, data: Any, **options: Any) -> Any:
        """Submit, wait, and the reply's ``output``; any other end than SUCCESS fails the test."""
        row = await self.wait(await self.submit(code, data, **options))
        assert row["result_status"] == "SUCCESS", row
        return json.loads(row["response_data"])["output"]


async def prepared(server: Server, url: str) -> None:
    """Install the bridge as its owner, and let the HIS's account in with the script of rights."""
    async with connected(address_of(url)) as connection:
        await install(connection)
    database = make_url(url).database
    rights = grants(server.kind, HIS, "mi")
    if server.kind == "mysql":
        server.admin(f"CREATE USER IF NOT EXISTS '{HIS}'@'%' IDENTIFIED BY '{HIS_PASSWORD}'")
        server.admin("CREATE USER IF NOT EXISTS 'mi'@'%' IDENTIFIED BY 'mi-test'")
        for one in statements("mysql", rights):
            server.admin(f"USE {database}; {one}")
        return
    with contextlib.suppress(Exception):
        server.admin(f"CREATE ROLE {HIS} LOGIN PASSWORD '{HIS_PASSWORD}'")
    async with connected(address_of(url)) as connection:
        await install(connection, rights)


def configured(base: Config, url: str, **more: Any) -> Config:
    """The hospital's configuration with the bridge in it."""
    more.setdefault("lease", 60.0)
    bridge = attrs.evolve(base.bridge, database=url, **more)
    return attrs.evolve(base, bridge=bridge, journal=attrs.evolve(base.journal, recover=True))


@contextlib.asynccontextmanager
async def working(config: Config) -> AsyncIterator[Worker]:
    """A worker in this process; stops in an orderly way."""
    stop = asyncio.Event()
    async with Queue.at(address_of(config.bridge.database)) as queue, BridgeClient(config) as client:
        here = Worker(client, queue, config.bridge)
        task = asyncio.create_task(here.run(stop))
        try:
            yield here
        finally:
            stop.set()
            await task


def config_of(path: Path) -> Config:
    return load_config(path)
