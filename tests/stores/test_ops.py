"""What people ask the log: lists, statistics, exports, on every database and by the command."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
import zipfile
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mi_core.cli.main import cli, exit_code
from mi_core.errors import MiError
from mi_core.plugin import StoreSettings
from mi_core.plugin.manager import load_plugins
from mi_core.types import Effect, Outcome
from mi_plugins.stores.durations import class_limit, duration_class
from mi_plugins.stores.sql.address import Address
from mi_plugins.stores.sql.export import cell, export
from mi_plugins.stores.sql.keys import existing_sealer
from mi_plugins.stores.sql.queries import Wanted, find, pages
from mi_plugins.stores.sql.statistics import statistics
from tests.plugins.rows import end, start
from tests.stores import kit

DAY = dt.datetime(2026, 11, 3, 8, 0)


@pytest.fixture
async def filled(any_url: str, tmp_path: Path) -> str:
    """40 operations: two days, two interfaces, two institutions, all states."""
    await kit.prepared(any_url)
    store = load_plugins().stores[any_url.partition("://")[0]](StoreSettings(any_url, tmp_path / "mi.key"))
    await store.open()
    for i in range(40):
        at = DAY + dt.timedelta(days=i % 2, seconds=i)
        code = "2207" if i < 20 else "5203"
        institution = "H43000000001" if i % 4 < 2 else "H43000000002"
        await store.begin(start(
            i, api_code=code, effect=Effect.MONEY if i < 20 else Effect.QUERY, request=kit.REQUEST, operation_time=at,
            psn_no=f"P{i % 3}", mdtrt_id=f"V{i}", trace_id=f"trace{i}", institution_code=institution,
            business_category="结算业务" if i < 20 else "查询业务", operator_name="=HYPERLINK(1)",
        ))  # fmt: skip
        if i == 39:
            continue
        status: Any = "failed" if i % 10 == 7 else "in_doubt" if i == 18 else "success"
        outcome = {"failed": Outcome.REJECTED, "in_doubt": Outcome.IN_DOUBT}.get(status, Outcome.CONFIRMED)
        done = at + dt.timedelta(milliseconds=1000 if i == 0 else 100)
        await store.end(end(i, status=status, outcome=outcome, complete_time=done, response=kit.RESPONSE))
    await store.close()
    return any_url


async def test_find(filled: str, tmp_path: Path) -> None:
    address = Address.read(filled)
    sealer = existing_sealer(address, tmp_path / "mi.key")

    async def ids(limit: int = 100, **wanted: Any) -> list[str]:
        return [row["operation_id"] for row in await find(address, Wanted(**wanted), sealer, limit)]

    assert len(await ids()) == 40 and await ids(3) == ["op39", "op37", "op35"]
    assert len(await ids(interfaces=("2207",))) == 20 == len(await ids(categories=("查询业务",)))
    assert len(await ids(psn_no="P1")) == 13 and await ids(mdtrt_id="V7") == ["op7"] == await ids(
        trace_id="trace7"
    )
    assert set(await ids(statuses=("failed", "in_doubt"))) == {"op7", "op17", "op18", "op27", "op37"}
    assert len(await ids(since=DAY + dt.timedelta(days=1))) == 20 and len(await ids(until=DAY)) == 0
    assert await ids(psn_no="P1", statuses=("pending",)) == [] and await ids(statuses=("pending",)) == [
        "op39"
    ]
    assert await ids(msgid=start(5).msgid) == ["op5"]


async def test_statistics(filled: str) -> None:
    address = Address.read(filled)
    (first, second) = await statistics(address, by=("day",))
    assert first.key == {"day": "2026-11-03"} and (first.count, first.success, first.in_doubt) == (20, 19, 1)
    assert (second.count, second.failed, second.pending) == (20, 4, 1)
    assert first.average_ms == 145.0 and first.p95_ms is not None and 100 <= first.p95_ms <= 105
    assert first.amounts == {
        "medfee_sumamt": Decimal("1156.50"),
        "fund_pay_sumamt": Decimal("900.90"),
        "psn_part_amt": Decimal("255.60"),
    }
    found = await statistics(
        address, by=("interface", "institution"), since=dt.date(2026, 11, 4), until=dt.date(2026, 11, 4)
    )
    assert [s.key for s in found] == [
        {"institution": i, "interface": c} for i in ("H43000000001", "H43000000002") for c in ("2207", "5203")
    ]
    assert sum(s.count for s in found) == 20 and found[1].amounts == {}
    (only,) = await statistics(address, by=("interface",), interfaces=["2207"], institutions=["H43000000001"])
    assert only.count == 10
    assert await statistics(address, since=dt.date(2027, 1, 1)) == []


async def test_export(filled: str, tmp_path: Path) -> None:
    address, columns = (
        Address.read(filled),
        [("operation_id", "操作号"), ("operator_name", "操作员"), ("medfee_sumamt", "总费用")],
    )
    assert (
        await export(pages(address, Wanted(), None, amounts=True), columns, tmp_path / "a.csv", "csv") == 40
    )
    content = (tmp_path / "a.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    assert rows[0] == ["操作号", "操作员", "总费用"] and len(rows) == 41
    assert rows[-1] == ["op0", "'=HYPERLINK(1)", "128.50"] and rows[1] == ["op39", "'=HYPERLINK(1)", ""]
    pytest.importorskip("xlsxwriter")
    assert (
        await export(pages(address, Wanted(), None, amounts=True), columns, tmp_path / "a.xlsx", "xlsx") == 40
    )
    with zipfile.ZipFile(tmp_path / "a.xlsx") as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet and "<v>128.5</v>" in sheet and "<t>=HYPERLINK(1)</t>" in sheet


async def test_long_amounts_and_dangerous_cells(tmp_path: Path) -> None:
    assert [cell(v) for v in ("=1+1", "+86", "-x", "@a", "\t=1", "\x00=2", "a=1")] == [
        "'=1+1", "'+86", "'-x", "'@a", "'\t=1", "'=2", "a=1"]  # fmt: skip
    assert cell(Decimal("-12.50")) == "-12.50" and cell(Decimal("9999999999999.99")) == "9999999999999.99"
    long = Decimal("99999999999999.99")
    assert cell(long) == "'99999999999999.99"
    pytest.importorskip("xlsxwriter")

    async def one() -> AsyncIterator[list[dict[str, Any]]]:
        yield [{"a": long, "b": Decimal("1.10"), "c": "=1", "d": DAY}]

    await export(one(), [(n, n) for n in "abcd"], tmp_path / "x.xlsx", "xlsx")
    with zipfile.ZipFile(tmp_path / "x.xlsx") as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<t>99999999999999.99</t>" in sheet and "<v>1.1</v>" in sheet and "<t>=1</t>" in sheet
    assert {p.name for p in tmp_path.iterdir()} == {"x.xlsx"}


def test_classes_of_durations() -> None:
    for ms in (*range(2000), 10**5, 2**31 - 1):
        assert (
            class_limit(duration_class(ms) - 1)
            < ms
            <= class_limit(duration_class(ms))
            <= max(1, ms * 1.05 + 1)
            or ms == 0
        )


def mi(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(cli, list(arguments), catch_exceptions=True)
    if isinstance(result.exception, MiError):
        return exit_code(result.exception), result.exception.message()
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


async def _in_thread(*arguments: str) -> tuple[int, str]:
    import asyncio

    return await asyncio.to_thread(mi, *arguments)


async def test_commands(filled: str, tmp_path: Path) -> None:
    where = ("--url", filled, "--key-file", str(tmp_path / "mi.key"))
    code, out = await _in_thread("ops", "list", *where, "--person", "P1", "--until", "2026-11-03", "--json")
    assert code == 0 and {r["api_code"] for r in json.loads(out)} == {"2207", "5203"}
    code, out = await _in_thread("ops", "list", *where, "--limit", "2")
    assert code == 0 and "op39" in out and "2 行" in out
    code, out = await _in_thread("ops", "show", "trace7", *where, "--bodies", "--json")
    assert (
        code == 0 and json.loads(out)["operation_id"] == "op7" and "setlinfo" in json.loads(out)["response"]
    )
    code, out = await _in_thread("ops", "show", "op7", *where)
    assert code == 0 and "setlinfo" not in out
    code, out = await _in_thread("ops", "show", "nothing", *where)
    assert code == 2 and "mi ops list" in out
    code, out = await _in_thread("ops", "stats", *where, "--by", "day,interface", "--json")
    assert code == 0 and json.loads(out)[0]["medfee_sumamt"] == "1156.50"
    code, out = await _in_thread("--lang", "en", "ops", "stats", *where)
    assert code == 0 and "1156.50" in out
    for name in ("x.csv", "x.xlsx"):
        code, out = await _in_thread("ops", "export", str(tmp_path / name), *where, "--status", "failed")
        assert code == 0 and (tmp_path / name).exists()
    assert (await _in_thread("ops", "stats", *where, "--by", "colour"))[0] == 2
    assert (await _in_thread("ops", "list", *where, "--since", "yesterday"))[0] == 2
    code, out = await _in_thread("db", "project", "--rebuild", *where)
    assert code == 0 and "settlement_business: 20" in out


FILTERS: dict[str, tuple[tuple[str, ...], set[int]]] = {
    "interface": (("--interface", "2207"), set(range(20))),
    "interfaces": (("-i", "2207", "-i", "5203"), set(range(40))),
    "category": (("--category", "查询业务"), set(range(20, 40))),
    "institution": (("--institution", "H43000000002"), {i for i in range(40) if i % 4 >= 2}),
    "person": (("--person", "P1"), {i for i in range(40) if i % 3 == 1}),
    "certno": (("--certno", "CANARY-CERT-2"), set(range(40))),
    "no such certno": (("--certno", "X"), set()),
    "visit": (("--visit", "V7"), {7}),
    "status": (("--status", "failed"), {7, 17, 27, 37}),
    "statuses": (("--status", "pending", "--status", "in_doubt"), {18, 39}),
    "day": (("--since", "2026-11-04", "--until", "2026-11-04"), {i for i in range(40) if i % 2}),
    "time": (("--since", "2026-11-03T08:00:10", "--until", "2026-11-03T08:00:20"), {10, 12, 14, 16, 18}),
    "trace": (("--trace", "trace7"), {7}),
    "msgid": (("--msgid", start(5).msgid), {5}),
    "together": (("--person", "P1", "--interface", "2207", "--status", "failed"), {7}),
}


@pytest.mark.parametrize("kind", ["list", "csv", "xlsx"])
async def test_every_question_by_the_command(filled: str, tmp_path: Path, kind: str) -> None:
    """Each filter with ``mi ops list`` and in both exports: the same operations, the newest first."""
    if kind == "xlsx":
        pytest.importorskip("xlsxwriter")
    where = ("--url", filled, "--key-file", str(tmp_path / "mi.key"))
    for name, (options, expected) in FILTERS.items():
        if kind == "list":
            code, out = await _in_thread("ops", "list", *where, *options, "--json")
            ids = [row["operation_id"] for row in json.loads(out)]
            assert ids == sorted(ids, key=lambda op: (int(op[2:]) % 2, int(op[2:])), reverse=True), name
        else:
            path = tmp_path / f"{name}.{kind}"
            code, out = await _in_thread("ops", "export", str(path), *where, *options)
            ids = _csv_ids(path) if kind == "csv" else _xlsx_ids(path)
            assert f"{len(expected)} 行" in out, name
        assert code == 0 and {int(op[2:]) for op in ids} == expected and len(ids) == len(expected), name


def _csv_ids(path: Path) -> list[str]:
    rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    assert all(row["机构"] for row in rows) and not any("CANARY" in repr(row) for row in rows)
    return [row["操作号"] for row in rows]


def _xlsx_ids(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as book:
        texts = b"".join(
            book.read(n) for n in book.namelist() if "sheet1" in n or "sharedStrings" in n
        ).decode()
    assert "CANARY" not in texts
    return re.findall(r"<t[^>]*>(op\d+)</t>", texts)


async def test_statistics_by_every_key(filled: str) -> None:
    code, out = await _in_thread(
        "ops", "stats", "--url", filled, "--by", "day,interface,institution", "--json"
    )
    found = json.loads(out)
    assert code == 0 and len(found) == 8 and sum(row["count"] for row in found) == 40
    first = found[0]
    assert (first["day"], first["interface"], first["institution"]) == ("2026-11-03", "2207", "H43000000001")
    assert (first["count"], first["success"], first["failed"], first["in_doubt"], first["pending"]) == (
        5,
        5,
        0,
        0,
        0,
    )
    assert (
        first["average_ms"] == 280.0
        and 1000 <= first["p95_ms"] <= 1051
        and first["medfee_sumamt"] == "642.50"
    )
    assert sum(row["in_doubt"] for row in found) == 1 and sum(row["pending"] for row in found) == 1
    assert sum(row["failed"] for row in found) == 4


def test_p95_is_exact_to_five_percent() -> None:
    """Against the true percentile, for many shapes, and over groups put together."""
    import random

    from mi_plugins.stores.days import Changes, classes_of
    from mi_plugins.stores.sql.statistics import Statistic

    choice = random.Random(95)
    for size in (1, 2, 19, 20, 21, 100, 999):
        durations = [round(choice.lognormvariate(5, 1.5)) for _ in range(size)]
        together = Statistic({})
        for part in (durations[::2], durations[1::2]):
            changes = Changes()
            for ms in part:
                changes.add(("2026-11-03", "H", "2207", "success"), duration_class(ms), (1, ms, 0, 0, 0, 0))
            for row in changes.rows({}):
                together.add("success", row["number"], row["total_ms"], classes_of(row["durations"]))
        together.close()
        true = sorted(durations)[-(-size * 95 // 100) - 1]
        assert together.p95_ms is not None and true <= together.p95_ms <= true * 1.05 + 1, size
        assert together.average_ms == round(sum(durations) / size, 1) and together.count == size
