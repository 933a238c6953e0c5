"""The schema on any of the databases: where it stands, bringing it up to date, and what a server must offer."""

from __future__ import annotations

from contextlib import suppress

from sqlalchemy import inspect, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from mi_core.errors import StoreError
from mi_plugins.stores import migrate
from mi_plugins.stores.sql.address import Address
from mi_plugins.stores.sql.engine import connected, explain, make_engine

__all__ = ["revision", "server_facts", "status", "unfit", "upgrade"]

_LOCK = 5203_2207


async def revision(connection: AsyncConnection) -> str | None:
    """The revision of the open database; ``None`` without tables of ours."""
    if not await connection.run_sync(lambda c: inspect(c).has_table("alembic_version")):
        return None
    row = (await connection.execute(text("SELECT version_num FROM alembic_version"))).first()
    return str(row[0]) if row else None


async def status(address: Address) -> str | None:
    """The revision, asked with an own connection; raises ``StoreError``."""
    if not address.server:
        return migrate.current(address.file)
    async with connected(address) as connection:
        return await revision(connection)


async def upgrade(address: Address, target: str = "head") -> tuple[str | None, str]:
    """Create or upgrade; returns the revisions before and after. Only one process at a time does it."""
    if not address.server:
        return migrate.upgrade(address.file)
    engine = make_engine(address, pool=1)
    try:
        async with engine.connect() as guard, engine.connect() as connection:
            problem = unfit(await server_facts(guard))
            if problem is not None:
                raise problem
            await _lock(guard, address)
            try:
                before = await revision(connection)
                await connection.commit()
                await connection.run_sync(migrate.run, target)
                await connection.commit()
                after = await revision(connection)
            finally:
                with suppress(SQLAlchemyError):
                    await _unlock(guard, address)
            return before, after or migrate.HEAD
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        raise explain(error, address) from error
    finally:
        await engine.dispose()


async def _lock(connection: AsyncConnection, address: Address) -> None:
    statement = (
        f"SELECT pg_advisory_lock({_LOCK})" if address.postgresql else f"SELECT GET_LOCK('mi-{_LOCK}', 60)"
    )
    if (await connection.execute(text(statement))).scalar() == 0:
        raise StoreError(
            f"另一进程正在升级 {address.shown}", f"another process is upgrading {address.shown}",
            hint_zh="等它结束后再运行", hint_en="run it again when that has ended",
        )  # fmt: skip


async def _unlock(connection: AsyncConnection, address: Address) -> None:
    statement = (
        f"SELECT pg_advisory_unlock({_LOCK})" if address.postgresql else f"SELECT RELEASE_LOCK('mi-{_LOCK}')"
    )
    await connection.execute(text(statement))


async def server_facts(connection: AsyncConnection) -> dict[str, str]:
    """``kind``, ``version`` and ``charset`` of the connected server."""
    if connection.dialect.name == "postgresql":
        version = (await connection.execute(text("SHOW server_version"))).scalar_one()
        charset = (await connection.execute(text("SHOW server_encoding"))).scalar_one()
        return {"kind": "PostgreSQL", "version": str(version).split()[0], "charset": str(charset)}
    version, charset = (await connection.execute(text("SELECT version(), @@character_set_database"))).one()
    kind = "MariaDB" if "mariadb" in str(version).lower() else "MySQL"
    return {"kind": kind, "version": str(version).split("-")[0], "charset": str(charset)}


_NEEDED = {"MySQL": (8, 0), "MariaDB": (10, 6), "PostgreSQL": (13, 0)}


def unfit(facts: dict[str, str]) -> StoreError | None:
    """Why the log cannot be kept on this server, if it cannot."""
    kind, version, charset = facts["kind"], facts["version"], facts["charset"]
    needed = _NEEDED[kind]
    if tuple(int(n) for n in version.split(".")[:2] if n.isdigit()) < needed:
        oldest = ".".join(map(str, needed))
        return StoreError(
            f"{kind} {version} 版本过低", f"{kind} {version} is too old",
            hint_zh=f"需要 {kind} {oldest} 或更高", hint_en=f"{kind} {oldest} or newer is needed",
        )  # fmt: skip
    wanted = "UTF8" if kind == "PostgreSQL" else "utf8mb4"
    if charset.lower() != wanted.lower():
        return StoreError(
            f"库的字符集为 {charset}，需要 {wanted}", f"the database's character set is {charset}, {wanted} is needed",
            hint_zh="PostgreSQL 须以 ENCODING 'UTF8' 重新建库" if wanted == "UTF8" else "ALTER DATABASE 库名 CHARACTER SET utf8mb4",
            hint_en="create the database with ENCODING 'UTF8'" if wanted == "UTF8" else "ALTER DATABASE name CHARACTER SET utf8mb4",
        )  # fmt: skip
    return None
