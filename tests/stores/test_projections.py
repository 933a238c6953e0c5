"""The six business tables: filled with the log row, the same after a rebuild, complete in the catalogue."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from mi_core.catalog import load_catalog, read_projection
from mi_core.catalog.projection import COLUMNS
from mi_core.plugin import OperationLogStore, StoreSettings
from mi_core.plugin.manager import load_plugins
from mi_core.types import Effect, Outcome
from mi_plugins.stores.business_tables import BUSINESS
from mi_plugins.stores.projector import project
from mi_plugins.stores.sealing import Sealer
from mi_plugins.stores.sql.address import Address
from mi_plugins.stores.sql.keys import existing_sealer
from mi_plugins.stores.sql.rebuild import rebuild
from tests.plugins.rows import end, start
from tests.stores import kit

SUCCESS: dict[str, Any] = {
    "status": "success", "outcome": Outcome.CONFIRMED, "error_code": None, "error_message": None, "response": kit.RESPONSE,
}  # fmt: skip


async def _open(url: str, folder: Path) -> OperationLogStore:
    await kit.prepared(url)
    store = load_plugins().stores[url.partition("://")[0]](StoreSettings(url, folder / "mi.key"))
    await store.open()
    return store


async def _rows(url: str, key: Path) -> dict[str, list[dict[str, Any]]]:
    """All business rows, what is sealed opened."""
    sealer = existing_sealer(Address.read(url), key)
    out = {}
    for name in BUSINESS:
        rows = await kit.rows(url, f"SELECT * FROM {name} ORDER BY id")
        for row in rows:
            own = next(row[c] for c in row if c.endswith("_id") and c == f"{_short(name)}_id")
            for column, value in row.items():
                if isinstance(value, bytes):
                    row[column] = sealer.unseal(value, f"{own}/{name}/{column}").decode()
        out[name] = rows
    return out


def _short(name: str) -> str:
    from mi_plugins.stores.business_tables import prefix

    return prefix(name)


async def test_filled_with_the_log_and_the_same_after_a_rebuild(any_url: str, tmp_path: Path) -> None:
    store = await _open(any_url, tmp_path)
    await store.begin(start(1, request=kit.REQUEST))
    await store.end(end(1, **SUCCESS))
    await store.begin(start(2, request=kit.REQUEST))
    await store.end(end(2, response=None))
    await store.begin(start(3, request=kit.REQUEST))
    await store.end(end(3, status="in_doubt", outcome=Outcome.IN_DOUBT, response=kit.RESPONSE))
    await store.begin(start(4, request=kit.REQUEST, api_code="5203", effect=Effect.QUERY))
    await store.end(end(4, **SUCCESS))
    await store.begin(start(5, request=kit.REQUEST))
    before = await _rows(any_url, tmp_path / "mi.key")
    assert [r["settlement_status"] for r in before["settlement_business"]] == [
        "completed",
        "failed",
        "in_doubt",
    ]
    await store.end(end(3, status="success", outcome=None, response=None))
    await store.close()
    found = await _rows(any_url, tmp_path / "mi.key")
    rows = found["settlement_business"]
    assert [r["settlement_status"] for r in rows] == ["completed", "failed", "completed"]
    assert sum(len(r) for r in found.values()) == 3, "queries and open calls have no row"
    first = rows[0]
    assert first["settlement_id"] == "op1" and first["psn_no"] == "P1" and first["setl_id"] == "S1"
    assert [Decimal(str(first[c])) for c in ("medfee_sumamt", "fund_pay_sumamt", "psn_part_amt")] == [
        Decimal("128.5"), Decimal("100.10"), Decimal("28.4")]  # fmt: skip
    assert "fund_pay_sumamt" in first["settlement_detail"] and first["operation_day"] == "2024-03-01"
    assert rows[1]["medfee_sumamt"] is not None and rows[1]["setl_id"] is None, "what the request tells"
    log = await kit.rows(
        any_url, "SELECT id, operation_id, operation_time FROM business_operation_logs ORDER BY id"
    )
    assert [(r["operation_log_id"], r["operation_time"]) for r in rows] == [
        (r["id"], r["operation_time"]) for r in log[:3]
    ]
    address, sealer = Address.read(any_url), existing_sealer(Address.read(any_url), tmp_path / "mi.key")
    for _ in range(2):
        counts = await rebuild(address, sealer)
        assert counts["settlement_business"] == 3 and sum(counts.values()) == 3
        assert await _rows(any_url, tmp_path / "mi.key") == found


def test_every_mapping_of_the_catalogue_fits_the_tables() -> None:
    for name, table in BUSINESS.items():
        fixed = {
            "id",
            "operation_log_id",
            "operation_time",
            "operation_day",
            "institution_code",
            "api_code",
            "created_at",
            "updated_at",
        }
        short = _short(name)
        fixed |= {f"{short}_id", f"{short}_status", f"{short}_detail"}
        assert {c.name for c in table.columns if not c.name.endswith("_hash")} - fixed == set(COLUMNS[name])
    tables = {code: p.table for code in load_catalog().interfaces if (p := read_projection(code))}
    assert {name: list(tables.values()).count(name) for name in BUSINESS} == {
        "settlement_business": 17, "registration_business": 7, "inpatient_business": 5, "prescription_business": 20,
        "online_payment_business": 8, "information_collection_business": 32,
    }  # fmt: skip
    assert not {"2306", "2406", "2407"} & tables.keys(), "these are logged only"


@pytest.mark.parametrize(
    "response",
    [
        None,
        b"",
        b"<html>",
        b"[1,2]",
        b'{"output": []}',
        b'{"output": {"setlinfo": [{"medfee_sumamt": "x"}]}}',
    ],
)
@pytest.mark.parametrize("code", ["2207", "2204", "2401", "2503", "7103", "6202", "4101"])
def test_any_answer_makes_a_row(code: str, response: bytes | None) -> None:
    log = {"id": 1, "operation_id": "op", "operation_time": dt.datetime(2026, 1, 1), "complete_time": dt.datetime(2026, 1, 1, 1),
           "status": "failed", "api_code": code, "institution_code": "H"}  # fmt: skip
    made = project(
        log, b'{"input": {"data": {"medfee_sumamt": 1e30, "psn_no": 5}}}', response, Sealer(bytes(32))
    )
    assert made is not None
    table = BUSINESS[made[0]]
    assert set(made[1]) == {c.name for c in table.columns}
    assert [c.name for c in table.columns if not c.nullable and made[1][c.name] is None] == []


@pytest.mark.parametrize(
    ("code", "told", "status"),
    [("6202", "6", "paid"), ("6202", "1", "pending"), ("6202", None, "pending"), ("6301", "8", "refunded"),
     ("6301", "12", "cancelled"), ("6301", 15, "failed"), ("6203", None, "refunded"), ("6201", None, "pending"),
     ("6401", None, "cancelled"), ("6101", None, "queried")],
)  # fmt: skip
def test_a_payment_has_the_status_that_the_reply_tells(code: str, told: Any, status: str) -> None:
    """An order is paid when the centre says so, not when the call succeeded."""
    log = {"id": 1, "operation_id": "op", "operation_time": dt.datetime(2026, 1, 1), "complete_time": dt.datetime(2026, 1, 1, 1),
           "status": "success", "api_code": code, "institution_code": "H"}  # fmt: skip
    reply = {"output": {"data": {"ordStas": told, "hiTrnsDate": "20260102", "hiTrnsTime": "120111"}}}
    request = {"input": {"data": {"appRefdTime": "20260102120111"}}}
    made = project(log, json.dumps(request).encode(), json.dumps(reply).encode(), Sealer(bytes(32)))
    assert made is not None and made[1]["payment_status"] == status
    if code == "6203":
        assert made[1]["payment_time"] == dt.datetime(2026, 1, 2, 12, 1, 11)
    refused = project({**log, "status": "failed"}, b"{}", json.dumps(reply).encode(), Sealer(bytes(32)))
    assert refused is not None and refused[1]["payment_status"] == "failed"
