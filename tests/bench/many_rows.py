"""A log of any size within seconds: rows made by the database itself, indexes added afterwards.

Two institutions, twenty interfaces, ninety days from the first of this month; every third row is a settlement with its
business row. Bodies are short and not decryptable: nothing that reads statistics looks at them.
"""

from __future__ import annotations

import datetime as dt
import math
import random

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from mi_plugins.stores.durations import duration_class
from mi_plugins.stores.sql.address import Address
from mi_plugins.stores.sql.counting import count_day
from mi_plugins.stores.sql.engine import connected
from mi_plugins.stores.sql.rows import now
from mi_plugins.stores.sql.schema import upgrade

__all__ = ["DAYS", "duration_of", "fill"]

DAYS = 90
_LOG, _MONEY, _DAYS = "business_operation_logs", "settlement_business", "operation_log_days"
_SAMPLES = 1999
_CODES = ("2207", "2304", "2102", "2204", "2201", "2203", "2206", "2208", "1101", "5201",
          "5203", "5205", "5303", "9001", "2301", "2303", "2401", "4101", "2601", "3202")  # fmt: skip
_CHOICE = random.Random(5203)
_MS = [max(1, round(math.exp(_CHOICE.gauss(5.5, 0.8)))) for _ in range(_SAMPLES)]


def duration_of(number: int) -> int:
    """Milliseconds of row ``number`` (from 1)."""
    return _MS[number % _SAMPLES]


async def fill(address: Address, rows: int) -> dt.date:
    """A new database with ``rows`` rows; returns its first day. Raises ``StoreError``."""
    first = now().date().replace(day=1)
    await upgrade(address)
    async with connected(address) as connection:
        kind = connection.dialect.name
        await connection.execute(text("CREATE TABLE bench_d (k INTEGER PRIMARY KEY, ms INTEGER, c INTEGER)"))
        await connection.execute(text("CREATE TABLE bench_c (k INTEGER PRIMARY KEY, code VARCHAR(10))"))
        values = [{"k": i, "ms": ms, "c": duration_class(ms)} for i, ms in enumerate(_MS)]
        await connection.execute(text("INSERT INTO bench_d VALUES (:k, :ms, :c)"), values)
        codes = [{"k": i, "code": code} for i, code in enumerate(_CODES)]
        await connection.execute(text("INSERT INTO bench_c VALUES (:k, :code)"), codes)
        await connection.commit()
        kept = {table: await _indexes(connection, table) for table in (_LOG, _MONEY)}
        for table, indexes in kept.items():
            await _drop(connection, table, list(indexes))
        for statement in _statements(kind, rows, first):
            await connection.execute(text(statement))
            await connection.commit()
        for table, indexes in kept.items():
            await _add(connection, table, indexes)
        if kind != "sqlite":
            for table in (_LOG, _MONEY, _DAYS):
                await connection.execute(
                    text(f"ANALYZE TABLE {table}" if kind != "postgresql" else f"ANALYZE {table}")
                )
        for i in range(DAYS):
            await count_day(connection, (first + dt.timedelta(days=i)).isoformat())
            await connection.commit()
        await connection.execute(text("DROP TABLE bench_d"))
        await connection.execute(text("DROP TABLE bench_c"))
        await connection.commit()
    return first


async def _indexes(connection: AsyncConnection, table: str) -> dict[str, tuple[bool, list[str]]]:
    from sqlalchemy import inspect

    found = await connection.run_sync(lambda c: inspect(c).get_indexes(table))
    return {str(i["name"]): (bool(i["unique"]), [str(c) for c in i["column_names"]]) for i in found
            if str(i["name"]).startswith("ix_") and str(i["name"]) != "ix_operation_log_id"}  # fmt: skip


async def _drop(connection: AsyncConnection, table: str, names: list[str]) -> None:
    if connection.dialect.name == "mysql":
        parts = ", ".join(f"DROP INDEX {name}" for name in names)
        await connection.execute(text(f"ALTER TABLE {table} {parts}"))
    else:
        for name in names:
            await connection.execute(text(f"DROP INDEX {name}"))
    await connection.commit()


async def _add(connection: AsyncConnection, table: str, indexes: dict[str, tuple[bool, list[str]]]) -> None:
    if connection.dialect.name == "mysql":
        parts = ", ".join(f"ADD {'UNIQUE ' if unique else ''}INDEX {name} ({', '.join(columns)})"
                          for name, (unique, columns) in indexes.items())  # fmt: skip
        await connection.execute(text(f"ALTER TABLE {table} {parts}"))
    else:
        for name, (unique, columns) in indexes.items():
            kind = "UNIQUE " if unique else ""
            await connection.execute(text(f"CREATE {kind}INDEX {name} ON {table} ({', '.join(columns)})"))
    await connection.commit()


def _statements(kind: str, rows: int, first: dt.date) -> list[str]:
    last = DAYS * 86400 - 1
    if kind == "sqlite":
        numbers = f"WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {rows}) "
        source = "s"
        at = f"strftime('%Y-%m-%d %H:%M:%S', '{first}', '+' || (n * {last} / {rows}) || ' seconds') || '.000000'"
        on = f"date('{first}', '+' || (n * {last} / {rows}) || ' seconds')"
        blob, hashed, label = "randomblob(40)", "lower(hex(randomblob(32)))", "printf('%030d', n)"
    elif kind == "mysql":
        numbers, source = "", f"(SELECT seq AS n FROM seq_1_to_{rows}) s"
        at = f"TIMESTAMPADD(SECOND, n * {last} DIV {rows}, '{first}')"
        on = f"DATE_FORMAT({at}, '%Y-%m-%d')"
        blob, hashed, label = "RANDOM_BYTES(40)", "SHA2(n % 50000, 256)", "LPAD(n, 30, '0')"
    else:
        numbers, source = "", f"generate_series(1, {rows}) s(n)"
        at = f"(timestamp '{first}' + (n::bigint * {last} / {rows}) * interval '1 second')"
        on = f"to_char({at}, 'YYYY-MM-DD')"
        blob, hashed = "decode(md5(n::text), 'hex')", "md5(n::text) || md5(n::text)"
        label = "lpad(n::text, 30, '0')"
    status = ("CASE WHEN n % 97 = 0 THEN 'failed' WHEN n % 499 = 0 THEN 'in_doubt' WHEN n % 701 = 0 THEN 'not_sent' "
              "ELSE 'success' END")  # fmt: skip
    code = "CASE WHEN n % 3 = 0 THEN '2207' ELSE code END"
    where = "CASE WHEN n / 7 % 2 = 0 THEN 'H43000000001' ELSE 'H43000000002' END"
    join = f"{source} JOIN bench_d ON bench_d.k = n % {_SAMPLES} JOIN bench_c ON bench_c.k = n / 3 % 20"
    if kind == "mysql":
        join, where = join.replace("n / ", "n DIV "), where.replace("n / ", "n DIV ")
    log = (
        f"INSERT INTO {_LOG} (id, operation_id, msgid, api_code, api_name, effect, business_category, business_type, "
        "institution_code, psn_no_hash, mdtrt_id_hash, request_data, response_data, status, outcome, evidence, "
        "operation_time, complete_time, operator_id, operator_name, trace_id, created_at, updated_at, operation_day, "
        f"duration_ms, duration_class) {numbers}SELECT n, {label}, {label}, {code}, '门诊结算', 'money', '结算业务', 'outpatient', "
        f"{where}, {hashed}, {hashed}, {blob}, {blob}, {status}, NULL, 'infcode 0', {at}, {at}, '1', '收费员', {label}, "
        f"{at}, {at}, {on}, ms, c FROM {join}"
    )
    money = "'128.50', '28.40', '100.10'"
    business = (
        f"INSERT INTO {_MONEY} (id, operation_log_id, operation_time, operation_day, institution_code, api_code, "
        "settlement_id, psn_no_hash, mdtrt_id_hash, settlement_type, settlement_subtype, setl_id, medfee_sumamt, psn_part_amt, "
        "fund_pay_sumamt, settlement_time, settlement_status, settlement_detail, created_at, updated_at) "
        f"SELECT id, id, operation_time, operation_day, institution_code, api_code, operation_id, psn_no_hash, mdtrt_id_hash, "
        f"'outpatient', 'settlement', 'S', {money if kind != 'postgresql' else money.replace(chr(39), '')}, operation_time, "
        f"CASE WHEN status = 'success' THEN 'completed' ELSE status END, request_data, created_at, updated_at "
        f"FROM {_LOG} WHERE api_code = '2207'"
    )
    return [log, business, *([f"SELECT setval('{_LOG}_id_seq', {rows})"] if kind == "postgresql" else [])]
