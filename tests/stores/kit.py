"""Logs on servers for the tests."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import text

from mi_core.plugin import StoreSettings
from mi_plugins.stores.sql.address import Address
from mi_plugins.stores.sql.engine import connected
from mi_plugins.stores.sql.log import ServerLog
from mi_plugins.stores.sql.schema import upgrade

SETTLE_INPUT = {"data": {"psn_no": "P1", "mdtrt_id": "V1", "chrg_bchno": "B1", "medfee_sumamt": 128.5}}
SETTLE_OUTPUT = {
    "setlinfo": {
        "setl_id": "S1", "psn_no": "P1", "mdtrt_id": "V1", "medfee_sumamt": 128.5, "fund_pay_sumamt": "100.10",
        "psn_part_amt": 28.4, "setl_time": "2024-03-01 12:00:01",
    }
}  # fmt: skip
REQUEST = json.dumps({"infno": "2207", "input": SETTLE_INPUT}).encode()
RESPONSE = json.dumps({"infcode": 0, "output": SETTLE_OUTPUT}).encode()


@asynccontextmanager
async def server_log(url: str, folder: Path) -> AsyncIterator[ServerLog]:
    """An open log; its key and spool lie in ``folder``."""
    log = ServerLog(StoreSettings(url, folder / "mi.key"))
    await log.open()
    try:
        yield log
    finally:
        await log.close()


async def prepared(url: str) -> Address:
    """The address of a database with all tables."""
    address = Address.read(url)
    await upgrade(address)
    return address


async def rows(url: str, sql: str) -> list[dict[str, Any]]:
    """What a statement returns."""
    async with connected(Address.read(url)) as connection:
        return [dict(row) for row in (await connection.execute(text(sql))).mappings()]
