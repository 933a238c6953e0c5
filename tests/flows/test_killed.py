"""Real processes that are killed (SIGKILL) while a call of theirs is at the bureau; another process goes on."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from mi_core import AsyncClient
from mi_plugins.sandbox.message import Message
from mi_plugins.sandbox.office import Office
from mi_plugins.sandbox.rulebook import Rulebook
from tests.flows.stories import partly_refunded
from tests.recovery.kit import LONG, known, ward

PROGRAM = """
import asyncio, sys
from mi_core import AsyncClient
from tests.flows.stories import partly_refunded

async def main():
    async with AsyncClient.from_config(sys.argv[1]) as mi:
        await partly_refunded(mi)

asyncio.run(main())
"""
ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("infno", ["2201", "2204", "2207", "2208"])
async def test_killed_at_the_counter(
    infno: str, rulebook: Rulebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    process: asyncio.subprocess.Process | None = None
    answer = Office.answer

    def kill_then_answer(office: Office, message: Message, lag: float = 0.0) -> object:
        """The bureau executes what the program did not live to hear of."""
        nonlocal process
        reply = answer(office, message, lag)
        if message.infno == infno and process is not None:
            os.kill(process.pid, signal.SIGKILL)
            process = None
        return reply

    async with ward(rulebook, tmp_path) as here:
        await here.mi.close()
        monkeypatch.setattr(Office, "answer", kill_then_answer)
        process = victim = await asyncio.create_subprocess_exec(
            sys.executable, "-c", PROGRAM, str(tmp_path / "mi.toml"), cwd=ROOT,
            env={**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "codegen")))},
        )  # fmt: skip
        assert await asyncio.wait_for(victim.wait(), 120) == -signal.SIGKILL
        here.mi = await AsyncClient(known(here, LONG)).open()
        found = await partly_refunded(here.mi)
        assert found["medfee_sumamt"] == "660.50"
        assert [len(await here.done(code)) for code in ("2201", "2207", "2208")] == [1, 2, 1]
        assert not here.mi.journal.read.verify().bad
