"""A log of the first revision, upgraded: every value kept, business rows, identifiers and statistics made from it."""

from __future__ import annotations

import asyncio
import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from mi_core.errors import StoreError
from mi_core.plugin import StoreSettings
from mi_core.plugin.manager import load_plugins
from mi_plugins.stores import migrate
from mi_plugins.stores.sealing import Sealer
from mi_plugins.stores.sql.address import Address
from mi_plugins.stores.sql.engine import connected
from mi_plugins.stores.sql.keys import existing_sealer
from mi_plugins.stores.sql.rebuild import RESTORED, rebuild
from mi_plugins.stores.sql.schema import upgrade
from mi_plugins.stores.sql.statistics import statistics
from tests.plugins.rows import end, start
from tests.stores import kit
from tests.stores.test_ops import mi

BEGUN = dt.datetime(2026, 1, 31, 23, 59, 59)
ROWS = 7


async def _old_log(url: str, key: Path) -> list[dict[str, Any]]:
    """Rows as the first revision wrote them: identifiers as keyed hashes only."""
    address, sealer = Address.read(url), Sealer.from_file(key, create=True)
    if address.server:
        await upgrade(address, "0001")
    async with connected(address) as connection:
        if not address.server:
            await connection.run_sync(migrate.run, "0001")
        await connection.execute(
            text("INSERT INTO operation_log_keys VALUES (:k, :t)"),
            {"k": sealer.key_id, "t": _fit(BEGUN, address)},
        )
        for n in range(ROWS):
            values: dict[str, Any] = {
                "operation_id": f"op{n}", "msgid": f"m{n}", "api_code": "2207", "api_name": "门诊结算", "effect": "money",
                "business_category": "结算业务", "business_type": "outpatient", "institution_code": "H1",
                "psn_no_hash": sealer.fingerprint("psn_no", "P1"), "mdtrt_id_hash": sealer.fingerprint("mdtrt_id", "V1"),
                "certno_hash": sealer.fingerprint("certno", "not in the body"), "operation_key_hash": None,
                "request_data": sealer.seal(kit.REQUEST, f"op{n}/request"),
                "response_data": sealer.seal(kit.RESPONSE, f"op{n}/response") if n else None,
                "status": "success" if n else "pending", "outcome": "confirmed" if n else None, "evidence": "infcode 0",
                "error_code": None, "error_message": None, "operation_time": _fit(BEGUN, address),
                "complete_time": _fit(BEGUN + dt.timedelta(seconds=n), address) if n else None, "operator_id": "1",
                "operator_name": "收费员", "trace_id": f"t{n}", "client_ip": "::1", "created_at": _fit(BEGUN, address),
                "updated_at": _fit(BEGUN, address),
            }  # fmt: skip
            names = ", ".join(values)
            marks = ", ".join(f":{name}" for name in values)
            await connection.execute(
                text(f"INSERT INTO business_operation_logs ({names}) VALUES ({marks})"), values
            )
        await connection.commit()
    return await kit.rows(url, "SELECT * FROM business_operation_logs ORDER BY id")


def _fit(moment: dt.datetime, address: Address) -> Any:
    return moment if address.server else f"{moment}.000000"


async def test_nothing_is_lost_and_everything_is_made(any_url: str, tmp_path: Path) -> None:
    key, address = tmp_path / "mi.key", Address.read(any_url)
    before = await _old_log(any_url, key)
    assert await upgrade(address) == ("0001", migrate.HEAD)
    after = await kit.rows(any_url, "SELECT * FROM business_operation_logs ORDER BY id")
    assert [{name: row[name] for name in before[0]} for row in after] == before and len(before) == ROWS
    (found,) = await statistics(address, by=("interface",))
    assert (found.count, found.success, found.pending) == (ROWS, ROWS - 1, 1) and found.amounts == {}
    assert found.average_ms == 3500.0 and found.p95_ms is not None and 6000 <= found.p95_ms <= 6301
    sealer = existing_sealer(address, key)
    counts = await rebuild(address, sealer)
    assert counts["settlement_business"] == ROWS - 1 and counts[RESTORED] == ROWS
    log = load_plugins().stores[any_url.partition("://")[0]](StoreSettings(any_url, key))
    await log.open()
    record = await log.get("op3")
    assert record is not None and (record.start.psn_no, record.start.mdtrt_id) == ("P1", "V1")
    assert record.start.certno is None, "what is not in the body is not made up"
    await log.close()
    (found,) = await statistics(address, by=("interface",))
    assert str(found.amounts["medfee_sumamt"]) == f"{128.5 * (ROWS - 1):.2f}" and found.count == ROWS
    assert (await rebuild(address, sealer))[RESTORED] == 0, "a second time finds nothing to do"


async def test_a_rebuild_counts_the_days_as_they_were_counted(any_url: str, tmp_path: Path) -> None:
    await kit.prepared(any_url)
    key, address = tmp_path / "mi.key", Address.read(any_url)
    store: Any = load_plugins().stores[any_url.partition("://")[0]](StoreSettings(any_url, key))
    await store.open()
    for n in range(60):
        at = BEGUN + dt.timedelta(hours=n)
        await store.begin(
            start(n, request=kit.REQUEST, operation_time=at, api_code="2207" if n % 2 else "5203")
        )
        if n % 7:
            done = at + dt.timedelta(milliseconds=10 * n)
            state = (
                {"status": "in_doubt", "outcome": None}
                if n % 5 == 0
                else {"status": "success", "outcome": None}
            )
            await store.end(end(n, **state, complete_time=done, response=kit.RESPONSE))
            if n % 10 == 0:
                await store.end(end(n, status="success", outcome=None, complete_time=done, response=None))
    query = "SELECT * FROM operation_log_days WHERE number > 0 ORDER BY day_key"
    kept = [_trimmed(row) for row in await kit.rows(any_url, query)]
    await asyncio.gather(
        rebuild(address, existing_sealer(address, key)),
        *(store.begin(start(n, msgid=f"{n}", operation_time=BEGUN)) for n in range(100, 130)),
    )
    assert [_trimmed(row) for row in await kit.rows(any_url, query)] == kept and len(kept) > 4
    await asyncio.gather(
        rebuild(address, existing_sealer(address, key)),
        *(store.end(end(n, complete_time=BEGUN)) for n in range(100, 130)),
    )
    await store.close()
    found = await kit.rows(any_url, "SELECT sum(number) AS n FROM operation_log_days")
    assert int(found[0]["n"]) == sum(1 for n in range(60) if n % 7) + 30, "while it is written, too"


def _trimmed(row: dict[str, Any]) -> dict[str, Any]:
    """Classes that are empty again after an outcome in doubt was resolved do not count."""
    return {**row, "durations": bytes(row["durations"]).rstrip(b"\0")}


async def test_another_key_is_told(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/mi.db"
    await _old_log(url, tmp_path / "mi.key")
    await upgrade(Address.read(url))
    Sealer.from_file(tmp_path / "other.key", create=True)
    code, out = await asyncio.to_thread(
        mi, "db", "project", "--rebuild", "--url", url, "--key-file", str(tmp_path / "other.key")
    )
    assert code != 0 and "密钥不符" in out
    with pytest.raises(StoreError):
        await rebuild(Address.read(url), Sealer(bytes(32)))


@pytest.mark.service
async def test_mysql_through_asyncmy(server_of: Any, tmp_path: Path) -> None:
    """The other driver of MariaDB and MySQL: written, read, counted, exported."""
    pytest.importorskip("asyncmy")
    url = server_of("mysql").create("asyncmy_") + "?driver=asyncmy"
    await kit.prepared(url)
    async with kit.server_log(url, tmp_path) as log:
        for n in range(150):
            log.begin_later(start(n, request=kit.REQUEST, msgid=f"{n:030d}"))
        await asyncio.gather(*(log.end(end(n, response=kit.RESPONSE)) for n in range(150)))
        with pytest.raises(StoreError, match="重复"):
            await log.begin(start(3, msgid="x"))
        record = await log.get("op7")
        assert record is not None and record.end == end(7, response=kit.RESPONSE)
        assert record.start.request == kit.REQUEST
    (found,) = await statistics(Address.read(url))
    assert (found.count, found.failed) == (150, 150)
    counts = await rebuild(Address.read(url), existing_sealer(Address.read(url), tmp_path / "mi.key"))
    assert counts["settlement_business"] == 150
