"""Where the schema differs from the design the user gave, and only there: asked of the real databases (issue 3, stores)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, text
from sqlalchemy.exc import IntegrityError

from mi_core.catalog import load_catalog, read_projection
from mi_core.plugin import StoreSettings
from mi_core.plugin.manager import load_plugins
from mi_core.types import Outcome
from mi_plugins.stores.business_tables import BUSINESS
from mi_plugins.stores.sql.address import Address
from mi_plugins.stores.sql.engine import connected
from tests.plugins.rows import CANARY, end, start
from tests.stores import kit

LOG = "business_operation_logs"
DESIGN: dict[str, set[str]] = {
    LOG: {
        "id", "operation_id", "api_code", "api_name", "business_category", "business_type", "institution_code", "psn_no",
        "mdtrt_id", "request_data", "response_data", "status", "error_code", "error_message", "operation_time",
        "complete_time", "operator_id", "operator_name", "trace_id", "client_ip", "created_at", "updated_at",
    },
    "settlement_business": {
        "settlement_id", "settlement_type", "settlement_subtype", "mdtrt_id", "psn_no", "setl_id", "medfee_sumamt",
        "psn_part_amt", "fund_pay_sumamt", "settlement_status", "settlement_detail", "settlement_time",
    },
    "registration_business": {
        "registration_id", "registration_type", "registration_action", "psn_no", "trt_dcla_detl_sn", "registration_status",
        "registration_detail", "audit_opinion", "audit_time", "effective_date", "expiry_date",
    },
    "inpatient_business": {
        "inpatient_id", "inpatient_action", "mdtrt_id", "psn_no", "inpatient_status", "inpatient_detail", "admission_time",
        "discharge_time",
    },
    "prescription_business": {
        "prescription_id", "prescription_action", "prescription_source", "psn_no", "fixmedins_code", "prescription_status",
        "prescription_detail", "prescription_time", "dispense_time",
    },
    "online_payment_business": {
        "payment_id", "payment_action", "psn_no", "order_no", "payment_status", "order_amount", "paid_amount",
        "payment_detail", "order_time", "payment_time",
    },
    "information_collection_business": {
        "collection_id", "collection_type", "collection_action", "psn_no", "mdtrt_id", "collection_status",
        "collection_detail", "collection_time",
    },
}  # fmt: skip
COMMON = {"id", "operation_log_id", "created_at", "updated_at"}


async def _inspected(url: str, ask: Any) -> Any:
    async with connected(Address.read(url)) as connection:
        return await connection.run_sync(lambda c: ask(inspect(c)))


async def test_the_columns_of_the_design_are_there(any_url: str) -> None:
    await kit.prepared(any_url)
    found = await _inspected(any_url, lambda i: {t: {c["name"] for c in i.get_columns(t)} for t in DESIGN})
    assert {t: (DESIGN[t] | (COMMON if t != LOG else set())) - found[t] for t in DESIGN} == {
        t: set() for t in DESIGN
    }
    assert set(DESIGN) == {LOG, *BUSINESS}


async def test_no_foreign_keys(any_url: str) -> None:
    await kit.prepared(any_url)
    found = await _inspected(
        any_url, lambda i: [k for t in i.get_table_names() for k in i.get_foreign_keys(t)]
    )
    assert found == []


async def test_primary_key_of_the_partitioned_log(server_url: str) -> None:
    await kit.prepared(server_url)
    key = await _inspected(server_url, lambda i: i.get_pk_constraint(LOG)["constrained_columns"])
    assert key == ["operation_time", "id"]
    if server_url.startswith("mysql"):
        found = await kit.rows(
            server_url,
            "SELECT partition_method AS how, partition_expression AS what, count(*) AS n FROM information_schema.partitions "
            f"WHERE table_schema = database() AND table_name = '{LOG}' GROUP BY 1, 2",
        )
        assert (found[0]["how"], found[0]["what"]) == ("RANGE COLUMNS", "`operation_time`") and found[0][
            "n"
        ] >= 5
        return
    found = await kit.rows(server_url, f"SELECT pg_get_partkeydef('{LOG}'::regclass) AS what")
    assert found == [{"what": "RANGE (operation_time)"}]


async def test_an_operation_id_is_unique_over_all_months(any_url: str, tmp_path: Path) -> None:
    """On SQLite by the log itself, on servers by ``operation_log_ids``, written in the same transaction."""
    await kit.prepared(any_url)
    store: Any = load_plugins().stores[any_url.partition("://")[0]](
        StoreSettings(any_url, tmp_path / "mi.key")
    )
    await store.open()
    await store.begin(start(1))
    await store.close()
    table = LOG if any_url.startswith("sqlite") else "operation_log_ids"
    uniques = await _inspected(
        any_url,
        lambda i: [tuple(u["column_names"]) for u in (*i.get_unique_constraints(table), *i.get_indexes(table)) if u.get("unique", True)]
        + [tuple(i.get_pk_constraint(table)["constrained_columns"])],
    )  # fmt: skip
    assert ("operation_id",) in uniques and ("institution_code", "msgid") in uniques
    columns = "operation_id, institution_code, msgid, operation_time"
    other = f"'2031-05-06 00:00:00.000000', '{'0' * 30}'"
    if table == LOG:
        names = [
            r["name"]
            for r in await kit.rows(
                any_url, f"SELECT name FROM pragma_table_info('{LOG}') WHERE name <> 'id'"
            )
        ]
        values = ", ".join({"operation_time": other[:28], "msgid": other[30:]}.get(n, n) for n in names)
        statement = f"INSERT INTO {LOG} ({', '.join(names)}) SELECT {values} FROM {LOG}"
    else:
        source = f"operation_id, institution_code, {other[30:]}, {other[:28]} FROM {LOG}"
        statement = f"INSERT INTO operation_log_ids ({columns}) SELECT {source}"
    with pytest.raises(Exception, match=r"(?i)unique|duplicate") as caught:
        async with connected(Address.read(any_url)) as connection:
            await connection.execute(text(statement))
    assert isinstance(caught.value.__cause__, IntegrityError)
    if table != LOG:
        assert len(await kit.rows(any_url, f"SELECT {columns} FROM operation_log_ids")) == 1


async def test_every_status_and_nothing_personal_in_clear(any_url: str, tmp_path: Path) -> None:
    await kit.prepared(any_url)
    store: Any = load_plugins().stores[any_url.partition("://")[0]](
        StoreSettings(any_url, tmp_path / "mi.key")
    )
    await store.open()
    outcomes = {
        "success": Outcome.CONFIRMED,
        "failed": Outcome.REJECTED,
        "not_sent": Outcome.NOT_SENT,
        "in_doubt": Outcome.IN_DOUBT,
    }
    await store.begin(start(0))
    for i, (status, outcome) in enumerate(outcomes.items(), 1):
        await store.begin(start(i, request=kit.REQUEST))
        await store.end(end(i, status=status, outcome=outcome, response=kit.RESPONSE))
    await store.close()
    rows = await kit.rows(any_url, f"SELECT * FROM {LOG} ORDER BY id")
    assert [r["status"] for r in rows] == ["pending", *outcomes]
    business = await kit.rows(any_url, "SELECT * FROM settlement_business ORDER BY id")
    assert [r["settlement_status"] for r in business] == ["completed", "failed", "not_sent", "in_doubt"]
    for row in rows:
        for name in ("psn_no", "certno", "mdtrt_id"):
            assert isinstance(row[name], bytes) and CANARY[name].encode() not in row[name], "ciphertext"
            assert re.fullmatch("[0-9a-f]{64}", row[f"{name}_hash"]), "and keyed hash"
    assert len({r["psn_no"] for r in rows}) == 5 and len({r["psn_no_hash"] for r in rows}) == 1
    assert "CANARY" not in repr(rows) + repr(business)
    for body in (kit.REQUEST, kit.RESPONSE):
        assert all(body not in bytes(v) for r in rows for v in r.values() if isinstance(v, bytes))


def test_the_interfaces_of_the_tables() -> None:
    """The design's ranges name 32 interfaces of information collection, not 25; three are logged only."""
    of: dict[str, set[str]] = {name: set() for name in BUSINESS}
    for code in load_catalog().interfaces:
        mapping = read_projection(code)
        if mapping is not None:
            of[mapping.table].add(code)
    numbers = lambda first, last: {str(n) for n in range(first, last + 1)}  # noqa: E731  # three times below
    assert of["settlement_business"] == {
        "2101",
        "2102",
        "2103",
        *numbers(2201, 2208),
        *numbers(2301, 2305),
    } | (of["settlement_business"] & {"2206", "2207A", "2203A"})
    assert of["registration_business"] == numbers(2501, 2507) and of["inpatient_business"] == numbers(
        2401, 2405
    )
    assert of["prescription_business"] == numbers(7101, 7109) | numbers(7201, 7211)
    assert of["online_payment_business"] == {"6101", *numbers(6201, 6204), "6301", "6302", "6401"}
    assert len(of["information_collection_business"]) == 32
    assert not set().union(*of.values()) & {"2306", "2406", "2407", "2601", "5201", "9001"}
