"""``mi recover`` and a forced 2601 against a real bureau, with the settlement's answer really lost."""

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


@pytest.fixture(scope="module")
def rulebook() -> Rulebook:
    return Rulebook()


@pytest.fixture
async def here(rulebook: Rulebook, tmp_path: Path) -> AsyncIterator[Ward]:
    async with ward(rulebook, tmp_path) as found:
        known = {
            "acceptance": 1800, "processing": 300, "replica_lag": 0.001, "likely_refused": 0.001, "query_without_setl_id": True,
            "absent": [NO_RECORD, NOTHING_TO_REVERSE],
        }  # fmt: skip
        lines = "".join(f"{k} = {json.dumps(v, ensure_ascii=False)}\n" for k, v in known.items())
        file = tmp_path / "mi.toml"
        text = re.sub(
            r"(?s)\n\[institutions\.\w+\.recovery\].*?(?=\n\[|\Z)", "\n", file.read_text(encoding="utf-8")
        )
        text += f"\n[institutions.{found.institution}.recovery]\n{lines}"
        file.write_text(f'{text}\n[store]\noperation_log = "sqlite:///mi.db"\n', encoding="utf-8")
        (tmp_path / "mi.toml").chmod(0o600)
        await found.mi.close()
        found.config = load_config(tmp_path / "mi.toml")
        found.mi = await AsyncClient(found.config).open()
        yield found


async def shell(place: Path, *arguments: str) -> tuple[int, str, str]:
    """The bureau answers from this loop meanwhile."""
    return await asyncio.to_thread(lambda: mi(*arguments, place=place))


async def stopped(here: Ward, fault: str, **more: Any) -> AttemptRecord:
    """A settlement in doubt whose program has stopped."""
    _, content = await here.billed()
    lost = await here.lose("2207", content, fault, **more)
    await here.mi.close()
    return lost


async def test_what_was_executed_is_found(here: Ward, tmp_path: Path) -> None:
    lost = await stopped(here, "drop_after")
    code, out, err = await shell(tmp_path, "recover", "--wait", "20", "--json")
    done = json.loads(out)
    assert (code, done["resolved"], done["open"]) == (0, 1, 0), err
    (line,) = done["lines"]
    assert (line["operation_id"], line["before"], line["after"]) == (
        lost.operation_id,
        "IN_DOUBT",
        "CONFIRMED",
    )
    code, out, _ = await shell(tmp_path, "recover")
    assert code == 0 and "未决 0 笔" in out
    code, out, _ = await shell(tmp_path, "doubt", "show", lost.operation_id)
    assert code == 0 and "已成功" in out and "无需处理" in out
    assert len(await here.done("2207")) == 1
    assert await logged(tmp_path, lost) == "success"


async def logged(place: Path, attempt: AttemptRecord) -> str:
    """What the operation log says of it."""
    code, out, err = await shell(place, "ops", "show", attempt.msgid, "--json")
    assert code == 0, err
    return str(json.loads(out)["status"])


async def test_what_may_still_arrive_is_waited_for(here: Ward, tmp_path: Path) -> None:
    lost = await stopped(here, "drop_before")
    code, out, err = await shell(tmp_path, "recover", "--json")
    done = json.loads(out)
    assert (code, done["resolved"], done["open"]) == (1, 0, 1), err
    (left,) = done["left"]
    assert (
        left["operation_id"] == lost.operation_id
        and left["elsewhere"] is False
        and "不代表未执行" in left["next"]
    )
    code, out, _ = await shell(tmp_path, "recover", "--institution", "nix")
    assert code == 2


async def test_a_running_program_resolves_its_own(here: Ward, tmp_path: Path) -> None:
    _, content = await here.billed()
    lost = await here.lose("2207", content, "drop_after")
    code, out, err = await shell(tmp_path, "recover", "--json")
    done = json.loads(out)
    assert (code, done["resolved"], [x["elsewhere"] for x in done["left"]]) == (1, 0, [True]), err
    assert here.attempt(lost.msgid).state is S.IN_DOUBT
    command = (
        "doubt",
        "resolve",
        lost.operation_id,
        "--executed",
        "--identifier",
        "S1",
        "--reason",
        "5203 核实",
        "--by",
    )
    code, out, err = await shell(tmp_path, *command, "张三")
    assert code == 0, err
    assert here.attempt(lost.msgid).state is S.CONFIRMED, "people may decide while the service runs"
    assert await logged(tmp_path, lost) == "success"


async def test_two_persons_have_it_reversed(here: Ward, tmp_path: Path) -> None:
    _, content = await here.billed()
    lost = await here.lose("2207", content, "drop_after")
    manual = Resolution(to=S.MANUAL, source="limit", reason="8 questions without an answer")
    assert (await here.mi.journal.resolve(lost.msgid, manual)).applied
    await here.mi.close()
    command = ("doubt", "reverse", lost.operation_id, "--force", "--reason", "患者要求冲正", "--by")
    code, out, err = await shell(tmp_path, *command, "张三")
    assert code == 0 and "尚未生效" in out, err
    assert await here.done("2601") == []
    code, out, err = await shell(tmp_path, *command, "李四")
    assert code == 0 and "2601 已被接受" in out, err
    assert len(await here.done("2601")) == 1
    code, out, _ = await shell(tmp_path, "doubt", "show", lost.operation_id)
    assert "2601 冲正已成功" in out and "两人" in out
    resolve = ("doubt", "resolve", lost.operation_id, "--reversed", "--reason", "5203 核实已冲正", "--by")
    for who in ("张三", "李四"):
        code, out, err = await shell(tmp_path, *resolve, who)
        assert code == 0, err
    assert "已冲正" in out
    code, out, _ = await shell(tmp_path, "audit", "verify")
    assert code == 0 and "完整" in out
