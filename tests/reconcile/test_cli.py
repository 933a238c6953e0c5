"""``mi reconcile`` as a cashier runs it: against a sandbox in a thread, in Chinese."""

from __future__ import annotations

import asyncio
import csv
import datetime as dt
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from mi_core.cli.main import cli
from mi_core.cli.reconcile_view import _safe
from mi_plugins.sandbox.rulebook import Rulebook
from tests.cli.shell import configure
from tests.cli.shell import mi as shell
from tests.reconcile.kit import HOSPITAL, Town, settled, today, town_of


class Running:
    """A town whose client is closed, so that the command opens the journal itself; the bureau stays open."""

    def __init__(self, loop: asyncio.AbstractEventLoop, town: Town, config: Path) -> None:
        self.loop, self.town, self.config = loop, town, config

    def do(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(60)


@pytest.fixture
def running(tmp_path: Path, rulebook: Rulebook) -> Iterator[Callable[[Any], Running]]:
    """``running(prepare)``: ``prepare(town)`` is awaited while the client is open."""
    stops: list[Callable[[], None]] = []

    def start(prepare: Any) -> Running:
        ready: list[Running] = []
        opened, stop = threading.Event(), asyncio.Event()

        async def main() -> None:
            async with town_of(tmp_path, rulebook) as town:
                await prepare(town)
                await town.mi.close()
                config = tmp_path / f"{HOSPITAL}.toml"
                text = config.read_text(encoding="utf-8")
                journal = f'[journal]\npath = "{tmp_path / "j.db"}"\nrecover = false\n'
                config.write_text(
                    text.replace("[institutions", journal + "[institutions", 1), encoding="utf-8"
                )
                ready.append(Running(asyncio.get_running_loop(), town, config))
                opened.set()
                await stop.wait()

        thread = threading.Thread(target=lambda: asyncio.run(main()), daemon=True)
        thread.start()
        assert opened.wait(60)
        running = ready[0]

        def end() -> None:
            running.loop.call_soon_threadsafe(stop.set)
            thread.join(30)

        stops.append(end)
        return running

    yield start
    for stop in stops:
        stop()


def mi(running: Running, *arguments: str) -> Result:
    return CliRunner().invoke(
        cli, ["reconcile", *arguments, "--config", str(running.config)], env={"COLUMNS": "300"}
    )


async def two(town: Town) -> None:
    await settled(town)
    await settled(town, 2)


async def two_with_trouble(town: Town) -> None:
    await two(town)
    await town.disagree("amount_differs", amount=250)
    await town.disagree("foreign_msgid")


def test_a_balanced_day(running: Any) -> None:
    town = running(two)
    result = mi(town, "today")
    assert result.exit_code == 0, result.output
    assert "平账" in result.output and "500.00" in result.output and "另核对" in result.output
    assert "次日须再对一次" in result.output
    assert mi(town, "yesterday").exit_code == 0
    told = json.loads(mi(town, str(today()), "--json", "--apply").output)
    assert told["balanced"] is True and told["dry_run"] is False and told["day"] == str(today())
    assert {g["verdict"] for g in told["groups"]} == {"even"}
    assert [g["medfee_sumamt"] for g in told["groups"] if g["count"]] == ["500.00", "500.00"]


def test_a_day_with_differences(running: Any, tmp_path: Path) -> None:
    town = running(two_with_trouble)
    file = tmp_path / "out.csv"
    result = mi(town, "today", "--csv", str(file))
    assert result.exit_code == 1, result.output
    for text in ("金额不符", "他方报文号", "502.50", "立即报告", "✗ 未平账", "X99999999999"):
        assert text in result.output
    with file.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.reader(stream))
    assert rows[0][:3] == ["机构", "日期", "情况"] and len(rows) == 3
    assert {row[2] for row in rows[1:]} == {"金额不符", "他方报文号，报警"}
    told = json.loads(mi(town, "today", "--json").output)
    case = next(c for c in told["cases"] if c["action"] == "amount")
    assert (case["here"]["total"], case["there"]["total"]) == ("500.00", "502.50")
    result = mi(town, "today", "--detail", case["msgid"])
    assert "发送 2207" in result.output and "已成功" in result.output and "中心返回成功" in result.output
    assert (
        "不知道" in mi(town, "today", "--detail", "X1").output
        or "没有报文" in mi(town, "today", "--detail", "X1").output
    )
    english = CliRunner().invoke(
        cli,
        ["--lang", "en", "reconcile", "today", "--config", str(town.config)],
        env={"COLUMNS": "300", "MI_LANG": ""},
    )
    assert english.exit_code == 1 and "NOT BALANCED" in english.output and "amounts differ" in english.output


def test_words_for_days(running: Any) -> None:
    town = running(two)
    for word in ("2026-13-01", "tomorrow", "2026/01/01", ""):
        result = mi(town, word)
        assert result.exit_code == 2 and "不是日期" in result.output
    future = str(today() + dt.timedelta(days=3))
    result = mi(town, future)
    assert (result.exit_code != 0 and result.exit_code != 1) or "还没有到" in str(result.exception)


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-500.00 / 1", "@x", "\t=1"])
def test_formulas_are_quoted(cell: str) -> None:
    assert _safe(cell) == f"'{cell}" and _safe("-") == "-" and _safe("500") == "500"


def test_a_journal_in_memory_has_nothing_to_compare_with(tmp_path: Path) -> None:
    """What was settled is gone with the program that did it: an empty day that agrees would be a lie."""
    configure(tmp_path, "http://127.0.0.1:9/", environment="test")
    file = tmp_path / "mi.toml"
    file.write_text(file.read_text(encoding="utf-8") + '[journal]\npath = "memory"\n', encoding="utf-8")
    for more in ((), ("--json",), ("--apply",)):
        code, out, err = shell("reconcile", "today", *more, place=tmp_path)
        assert (code, out) == (2, "") and "没有可供核对的记录" in err and "journal.db" in err
