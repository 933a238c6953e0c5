"""Rows and stores for the tests of the operation log."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from mi_core.plugin import OperationEnd, OperationLogStore, OperationStart, StoreSettings
from mi_core.plugin.manager import load_plugins
from mi_core.types import Effect, Outcome
from mi_plugins.stores.sqlite_log import SqliteLog

CANARY = {
    "psn_no": "CANARY-PSN-1",
    "certno": "CANARY-CERT-2",
    "mdtrt_id": "CANARY-VISIT-3",
    "operation_key": "CANARY-KEY-4",
}
REQUEST, RESPONSE, REFUSAL = '{"姓名":"CANARY-NAME-5"}'.encode(), b"CANARY-REPLY-6", "CANARY-TEXT-7 不存在"


def start(number: int = 1, **changes: Any) -> OperationStart:
    values: dict[str, Any] = {
        "operation_id": f"op{number}", "msgid": f"H4300000000120240301120000{number:04d}", "api_code": "2207", "api_name": "门诊结算",
        "effect": Effect.MONEY, "business_category": "结算业务", "business_type": "outpatient", "institution_code": "H43000000001",
        "operator_id": "001", "operator_name": "收费员", "operation_time": dt.datetime(2024, 3, 1, 12, 0, 0, 123456),
        "request": REQUEST, "trace_id": "t", "client_ip": "10.0.0.9", **CANARY,
    }  # fmt: skip
    return OperationStart(**{**values, **changes})


def end(number: int = 1, **changes: Any) -> OperationEnd:
    values: dict[str, Any] = {
        "operation_id": f"op{number}", "status": "failed", "outcome": Outcome.REJECTED, "evidence": "known refusal",
        "complete_time": dt.datetime(2024, 3, 1, 12, 0, 1), "error_code": "-1", "error_message": REFUSAL, "response": RESPONSE,
    }  # fmt: skip
    return OperationEnd(**{**values, **changes})


@pytest.fixture(params=["memory", "sqlite"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[OperationLogStore]:
    target = "memory" if request.param == "memory" else f"sqlite:///{tmp_path}/mi.db"
    made = load_plugins().stores[request.param](StoreSettings(target))
    await made.open()
    yield made
    await made.close()


@pytest.fixture
async def log(tmp_path: Path) -> AsyncIterator[SqliteLog]:
    made = SqliteLog(StoreSettings(f"sqlite:///{tmp_path}/mi.db"))
    await made.open()
    yield made
    await made.close()


def files(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.iterdir()}
