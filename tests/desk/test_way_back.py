"""People were wrong, or hollow: two say "not executed" and the bureau has it; one confirms it with nothing but an id."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from mi_core import AsyncClient
from mi_core.config import load_config
from mi_core.journal import AttemptRecord, AttemptState, Resolution
from mi_plugins.sandbox.rulebook import Rulebook
from tests.cli.shell import mi
from tests.recovery.kit import NO_RECORD, NOTHING_TO_REVERSE, Ward, ward

S = AttemptState
MANUAL = Resolution(to=S.MANUAL, source="limit", reason="8 questions without an answer")


@pytest.fixture(scope="module")
def rulebook() -> Rulebook:
    return Rulebook()


@pytest.fixture
async def here(rulebook: Rulebook, tmp_path: Path) -> AsyncIterator[Ward]:
    """A region whose 5203 wants a ``setl_id``, so that only people and 3202 can tell; its fence is over at once."""
    async with ward(rulebook, tmp_path, blank_setl_id=False) as found:
        known = {
            "acceptance": 0.001, "processing": 0.001, "replica_lag": 0.001, "likely_refused": 0.001,
            "absent": [NO_RECORD, NOTHING_TO_REVERSE],
        }  # fmt: skip
        lines = "".join(f"{k} = {json.dumps(v, ensure_ascii=False)}\n" for k, v in known.items())
        file = tmp_path / "mi.toml"
        text = re.sub(
            r"(?s)\n\[institutions\.\w+\.recovery\].*?(?=\n\[|\Z)", "\n", file.read_text(encoding="utf-8")
        )
        text += f"\n[institutions.{found.institution}.recovery]\n{lines}"
        file.write_text(f'{text}\n[store]\noperation_log = "sqlite:///mi.db"\n', encoding="utf-8")
        file.chmod(0o600)
        await found.mi.close()
        found.config = load_config(file)
        found.mi = await AsyncClient(found.config).open()
        yield found


class Desk:
    """``mi`` in the hospital's folder; the bureau answers from this loop meanwhile."""

    def __init__(self, here: Ward, place: Path) -> None:
        self.here, self.place = here, place

    async def mi(self, *arguments: str, code: int = 0) -> str:
        found, out, err = await asyncio.to_thread(lambda: mi(*arguments, place=self.place))
        assert found == code, out + err
        return out + err

    async def both(self, *command: str) -> str:
        """Two persons give the same command in turn."""
        said = ""
        for who in ("张三", "李四"):
            said = await self.mi(*command, "--reason", "电话与医保局核实", "--by", who)
        return said

    async def wrong(self) -> tuple[AttemptRecord, dict[str, Any]]:
        """A settlement that the bureau has, and of which two persons said that it has not; what was sent."""
        _, content = await self.here.billed()
        lost = await self.here.lose("2207", content, "drop_after")
        await self.here.mi.close()
        await self.both("doubt", "resolve", lost.operation_id, "--not-executed")
        return lost, content

    async def attempt(self, lost: AttemptRecord) -> AttemptRecord:
        await self.here.restart()
        found = self.here.attempt(lost.msgid)
        await self.here.mi.close()
        return found

    async def setl_id(self, lost: AttemptRecord) -> str:
        return str((await self.here.hospital.ledger(msgid=lost.msgid))["settlements"][0]["setl_id"])


@pytest.fixture
def desk(here: Ward, tmp_path: Path) -> Desk:
    return Desk(here, tmp_path)


def command(text: str, start: str) -> list[str]:
    """The command that a text names, as somebody would type it."""
    found = re.search(rf"mi ({start} [ -~]+?) --reason", text)
    assert found, text
    return found[1].split()


async def test_two_persons_take_back_their_not_executed(desk: Desk, here: Ward) -> None:
    """The whole way, by nothing but what the commands say."""
    lost, content = await desk.wrong()
    setl_id = await desk.setl_id(lost)
    told = await desk.mi("reconcile", "today", "--apply", code=1)
    assert "由两人更正" in told and "未平账" in told
    listed = await desk.mi("doubt", "list")
    assert lost.operation_id in listed and "记录有误" in listed
    shown = await desk.mi("doubt", "show", lost.msgid)
    assert f"mi doubt resolve {lost.operation_id} --executed" in shown
    told = await desk.mi("reconcile", "today", "--csv", "day.csv", code=1)
    keep = command(told, "doubt resolve")
    assert " ".join(keep) in (desk.place / "day.csv").read_text(encoding="utf-8-sig")
    assert keep == ["doubt", "resolve", lost.operation_id, "--executed", "--identifier", setl_id]
    alone = await desk.mi(*keep, "--reason", "核实", "--by", "张三")
    assert "尚未生效" in alone and (await desk.attempt(lost)).state is S.NOT_EXECUTED
    said = await desk.mi(*keep, "--reason", "核实", "--by", "李四")
    assert "已定为：已成功" in said and "内容已从中心取得" in said
    after = await desk.attempt(lost)
    assert (after.state, after.source, after.identifier) == (S.CONFIRMED, "person", setl_id)
    assert "平账" in await desk.mi("reconcile", "today")
    assert "没有未决业务" in await desk.mi("doubt", "list")
    assert "完整" in await desk.mi("audit", "verify")
    story = await desk.mi("audit", "show", "--operation", lost.operation_id)
    assert "两人更正" in story and "未执行 → 已成功" in story and "张三、李四" in story
    shown = await desk.mi("doubt", "show", lost.operation_id)
    for text in (story, shown):
        assert "人工处理" in text and not re.search(
            r"\b(source|reason|act|to|executed|decided|query|recon)\b", text
        )
    assert "操作日志" in said, "its row keeps the end that it had; people are told"
    await here.restart()
    again = await here.desk.typed("2207", content)
    assert again.meta.repeated and again.setlinfo.setl_id == setl_id and again.meta.source == "person"
    assert len(await here.done("2207")) == 1, "asked again, it is not settled twice"


async def test_two_persons_reverse_what_they_had_called_not_executed(desk: Desk, here: Ward) -> None:
    lost, _ = await desk.wrong()
    await desk.mi(
        "doubt", "reverse", lost.operation_id, "--force", "--reason", "核实", "--by", "张三", code=5
    )
    await desk.mi("reconcile", "today", "--apply", code=1)
    told = await desk.mi("reconcile", "today", code=1)
    reverse = command(told, "doubt reverse")
    await desk.mi(*reverse, "--reason", "核实", "--by", "张三")
    assert await here.done("2601") == []
    assert "2601 已被接受" in await desk.mi(*reverse, "--reason", "核实", "--by", "李四")
    (row,) = (await here.hospital.ledger(msgid=lost.msgid))["settlements"]
    assert row["state"] != "settled"
    await desk.both("doubt", "resolve", lost.operation_id, "--reversed")
    assert (await desk.attempt(lost)).state is S.REVERSED
    assert "平账" in await desk.mi("reconcile", "today")
    assert "完整" in await desk.mi("audit", "verify")


async def test_an_end_that_nobody_contradicts_stays(desk: Desk) -> None:
    lost, _ = await desk.wrong()
    said = await desk.mi(
        "doubt", "resolve", lost.operation_id, "--executed", "--identifier", "S1", "--reason", "核实", "--by", "张三", code=5
    )  # fmt: skip
    assert "不待处理" in said and (await desk.attempt(lost)).state is S.NOT_EXECUTED


async def test_what_one_person_confirms_has_its_amounts(desk: Desk, here: Ward) -> None:
    """5203 by the id that the person gave, at once; what it cannot tell is named."""
    _, content = await here.billed()
    lost = await here.lose("2207", content, "drop_after")
    await here.mi.close()
    setl_id = await desk.setl_id(lost)
    executed = ("doubt", "resolve", lost.operation_id, "--executed", "--reason", "核实", "--by", "张三")
    assert "内容已从中心取得" in await desk.mi(*executed, "--identifier", setl_id)
    after = await desk.attempt(lost)
    assert after.source == "person" and "hosp_part_amt" in after.missing and after.result is not None
    assert "平账" in await desk.mi("reconcile", "today")
    await here.restart()
    again = await here.desk.typed("2207", content)
    assert str(again.setlinfo.medfee_sumamt) == "60.00" and "hosp_part_amt" in again.meta.missing


async def test_recovery_completes_what_the_bureau_could_not_tell_at_once(desk: Desk, here: Ward) -> None:
    """5203 is away, then back; the id was mistyped: 3202 knows the message, and its id counts."""
    _, content = await here.billed()
    lost = await here.lose("2207", content, "drop_after")
    await here.mi.close()
    for infno in ("5203", "3202", "9101"):
        await here.hospital.fault(infno, "http_502", times=-1)
    executed = ("doubt", "resolve", lost.operation_id, "--executed", "--reason", "核实", "--by", "张三")
    assert "暂未给出其内容" in await desk.mi(*executed, "--identifier", "S4711")
    assert (await desk.attempt(lost)).result is None
    told = await desk.mi("reconcile", "today", code=1)
    assert "mi recover" in told
    await here.hospital.control("DELETE", "/faults")
    assert "1 笔已从中心补全" in await desk.mi("recover")
    after = await desk.attempt(lost)
    assert (after.source, after.identifier) == ("person", await desk.setl_id(lost))
    assert "平账" in await desk.mi("reconcile", "today")
    assert "完整" in await desk.mi("audit", "verify")
    assert "补全内容" in await desk.mi("audit", "show", "--operation", lost.operation_id)


@pytest.mark.parametrize("by", ["recover", "reconcile"])
async def test_3202_ends_what_waits_for_people(by: str, desk: Desk, here: Ward) -> None:
    """A line that bears our msgid is stronger than the time that has passed."""
    _, content = await here.billed()
    lost = await here.lose("2207", content, "drop_after")
    assert (await here.mi.journal.resolve(lost.msgid, MANUAL)).applied
    await here.mi.close()
    if by == "recover":
        assert "查明 1 笔" in await desk.mi("recover")
    else:
        assert "已成功" in await desk.mi("reconcile", "today", "--apply")
    after = await desk.attempt(lost)
    assert (after.state, after.source) == (S.CONFIRMED, "recon")
    assert after.identifier == await desk.setl_id(lost)
    assert "平账" in await desk.mi("reconcile", "today")
