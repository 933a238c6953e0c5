"""A read that is sent again is told by one line of ours at level info; nothing of a library reaches an operator's screen."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
import stamina

from mi_core.errors import GatewayUnreachable
from mi_core.retry import RetryBudget, repeat_read
from tests.cli.shell import configure, mi


def failing(times: int) -> list[int]:
    return [0] * times + [1]


async def send(answers: list[int]) -> int:
    if answers.pop(0):
        return 7
    raise GatewayUnreachable(
        "无法连接", "the gateway cannot be reached (refused)", interface="1101", msgid="M1"
    )


async def test_one_line_for_each_repeat(caplog: pytest.LogCaptureFixture) -> None:
    answers = failing(2)
    caplog.set_level(logging.INFO)
    assert await repeat_read(lambda: send(answers), RetryBudget(), lambda: 30.0) == 7
    told = [(r.name, r.levelname, r.getMessage()) for r in caplog.records]
    line = "1101 M1 is asked again: the gateway cannot be reached (refused)"
    assert told == [("mi_core.call", "INFO", line)] * 2


async def test_the_programs_own_use_of_the_library_is_left_alone(caplog: pytest.LogCaptureFixture) -> None:
    ours, answers = failing(2), failing(1)
    await repeat_read(lambda: send(ours), RetryBudget(), lambda: 30.0)
    caplog.clear()
    async for attempt in stamina.retry_context(on=GatewayUnreachable, attempts=2, wait_initial=0.01):
        with attempt:
            await send(answers)
    assert [r.getMessage() for r in caplog.records if r.name == "stamina"] == ["stamina.retry_scheduled"]


def test_an_operator_sees_the_error_only(tmp_path: Path) -> None:
    configure(tmp_path, "http://127.0.0.1:9/")
    code, _, err = mi(
        "call", "1201", "--set", "fixmedins_type=1", "--set", "fixmedins_code=H43000000001", place=tmp_path
    )
    assert code == 5 and "stamina" not in err and "retry" not in err
