"""``mi db check``: everything that can be wrong with the log's database, each with what to do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import attrs
from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from mi_core.errors import MiError, StoreError
from mi_plugins.stores import migrate
from mi_plugins.stores.sql.address import Address
from mi_plugins.stores.sql.engine import connected, explain
from mi_plugins.stores.sql.keys import existing_sealer, spool_path
from mi_plugins.stores.sql.partitions import months_there, shifted
from mi_plugins.stores.sql.rows import now
from mi_plugins.stores.sql.schema import revision, server_facts, unfit
from mi_plugins.stores.sql.spool import Spool
from mi_plugins.stores.tables import operation_log_keys as keys

__all__ = ["Checked", "check"]

_RIGHTS = ("SELECT", "INSERT", "UPDATE", "DELETE")


@attrs.frozen
class Checked:
    """One question: ``error`` tells what is wrong and what to do; ``note`` what was found."""

    zh: str
    en: str
    note: str = ""
    error: MiError | None = None


async def check(address: Address, key_file: Path | None) -> AsyncIterator[Checked]:
    """All questions in order; it ends where the next one makes no sense."""
    try:
        async with connected(address) as connection:
            if address.server:
                facts = await server_facts(connection)
                yield Checked(
                    "服务器",
                    "server",
                    f"{facts['kind']} {facts['version']}, {facts['charset']}",
                    unfit(facts),
                )
                if unfit(facts) is not None:
                    return
            elif not address.file.exists():
                raise StoreError(f"文件 {address.file} 不存在", f"there is no file {address.file}",
                                 hint_zh="运行 mi db upgrade", hint_en="run: mi db upgrade")  # fmt: skip
            at = await revision(connection)
            if at != migrate.HEAD:
                yield Checked("表结构", "schema", at or "-", StoreError(
                    f"结构版本为 {at or '（尚未建立）'}，需要 {migrate.HEAD}",
                    f"at revision {at or '(none)'}, needed is {migrate.HEAD}",
                    hint_zh="先备份，再运行 mi db upgrade；版本更高则升级本程序",
                    hint_en="back it up and run: mi db upgrade; if newer, upgrade this program",
                ))  # fmt: skip
                return
            yield Checked("表结构", "schema", at)
            yield Checked("读写权限", "rights", ", ".join(_RIGHTS), await _rights(connection, address))
            yield await _key(connection, address, key_file)
            if address.server:
                yield await _months(connection)
    except MiError as error:
        yield Checked("数据库", "database", address.shown, error)
        return
    if address.server:
        yield await _spool(address, key_file)


async def _rights(connection: AsyncConnection, address: Address) -> StoreError | None:
    """Each right on the log, tried on no row at all and rolled back."""
    table = "business_operation_logs"
    tries = (
        f"SELECT count(*) FROM {table} WHERE 1 = 0",  # noqa: S608  # constants
        f"INSERT INTO {table} SELECT * FROM {table} WHERE 1 = 0",  # noqa: S608  # a constant table name
        f"UPDATE {table} SET updated_at = updated_at WHERE 1 = 0",  # noqa: S608  # a constant table name
        f"DELETE FROM {table} WHERE 1 = 0",  # noqa: S608  # a constant table name
    )
    for statement in tries:
        try:
            await connection.execute(text(statement))
        except SQLAlchemyError as error:
            await connection.rollback()
            return explain(error, address)
    await connection.rollback()
    return None


async def _key(connection: AsyncConnection, address: Address, key_file: Path | None) -> Checked:
    known = set((await connection.execute(select(keys.c.key_id))).scalars())
    if not known:
        return Checked("密钥", "key", "-")
    try:
        sealer = existing_sealer(address, key_file)
    except MiError as error:
        return Checked("密钥", "key", "", error)
    if sealer.key_id in known:
        return Checked("密钥", "key", sealer.key_id)
    return Checked("密钥", "key", sealer.key_id, StoreError(
        "密钥文件不属于该日志", "the key file does not belong to this log",
        hint_zh="使用与其他主机相同的密钥文件，或从备份恢复", hint_en="use the key file of the other hosts, or restore it",
    ))  # fmt: skip


async def _months(connection: AsyncConnection) -> Checked:
    there, this = await months_there(connection), now().date().replace(day=1)
    missing = [m for m in (f"{shifted(this, i):%Y%m}" for i in (0, 1)) if m not in there]
    error = StoreError(
        f"缺少月份分区 {'、'.join(missing)}", f"months without a partition: {', '.join(missing)}",
        hint_zh="运行 mi db maintain（可设为每月任务）", hint_en="run: mi db maintain (once a month)",
    ) if missing else None  # fmt: skip
    return Checked("月份分区", "months", f"{min(there, default='-')}–{max(there, default='-')}", error)


async def _spool(address: Address, key_file: Path | None) -> Checked:
    try:
        spool = Spool(spool_path(address, key_file))
        if not spool.exists():
            return Checked("本机缓冲", "spool", "0")
        waiting = await spool.open()
        refused = await spool.refused()
        await spool.close()
    except MiError as error:
        return Checked("本机缓冲", "spool", "", error)
    problem = StoreError(
        f"缓冲中有 {refused} 行数据库不接受", f"the database does not accept {refused} rows of the spool",
        hint_zh="保留缓冲文件，查看其中 refused 表的原因", hint_en="keep the spool file and read the reasons in its table refused",
    ) if refused else None  # fmt: skip
    return Checked("本机缓冲", "spool", str(waiting), problem)
