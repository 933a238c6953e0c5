"""A filing whose program dies: at every call and note, at the bureau by SIGKILL; it is filed once and withdrawn once.

The queries (5304, 5301, 5302) show a filing without its number. So where the answer to the filing itself is lost, people learn the
number from the bureau and say it (``mi doubt``); everything else is found out by itself.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from mi_core import AsyncClient
from mi_core.flows import FlowStopped, Registration
from mi_plugins.sandbox.message import Message
from mi_plugins.sandbox.office import Office
from mi_plugins.sandbox.rulebook import Rulebook
from tests.flows.crashing import Fate, Play, Story
from tests.flows.kit import patient
from tests.flows.test_crashes import bureau
from tests.flows.test_regional_stories import QUERIES
from tests.flows.test_registration import ACCIDENT, CHRONIC, DESIGNATED, TRANSFER
from tests.recovery.kit import HOSPITAL, OVER, Ward, known, ward

KINDS = {
    "transfer": (TRANSFER, "2501", "2502"), "chronic": (CHRONIC, "2503", "2504"), "designated": (DESIGNATED, "2505", "2506"),
    "accident": (ACCIDENT, "2507", ""),
}  # fmt: skip
CANCELLED = [name for name, (_, _, cancel) in KINDS.items() if cancel]
NUMBER = "990100R000000000001"
"""Of the sandbox's first filing: what the bureau tells on the telephone."""
DEATHS = [
    (what, how)
    for what in KINDS
    for how in ("note after", "after", "drop_before")
    if (what, how) != ("accident", "drop_before")
]
"""No query shows an accident filing: a lost answer to it is always for people."""
ROOT = Path(__file__).resolve().parents[2]


def filed_and_withdrawn(what: str) -> Story:
    """As a careful program does it: resume first, then step after step."""
    fields, _, cancel = KINDS[what]

    async def story(mi: AsyncClient) -> Any:
        filing = Registration(mi, f"B-{what}", patience=20)
        standing = await filing.resume()
        if standing.stage != "cancelled":
            await filing.file(what, patient(), **fields)
            if cancel:
                await filing.cancel(memo="办错")
        return (await filing.standing()).stage

    return story


async def counts(here: Ward) -> dict[str, int]:
    """What the bureau has executed of filings and their withdrawals."""
    codes = [code for _, *both in KINDS.values() for code in both if code]
    found = {code: len(await here.done(code)) for code in codes}
    return {code: n for code, n in found.items() if n}


@pytest.mark.parametrize(("what", "how"), DEATHS)
async def test_dying_at_every_moment(
    what: str, how: str, rulebook: Rulebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, code, cancel = KINDS[what]
    story, expected = filed_and_withdrawn(what), {code: 1, **({cancel: 1} if cancel else {})}
    async with bureau(rulebook, tmp_path / "calm", HOSPITAL) as here:
        result, calls, notes = await Play(here, monkeypatch).uncrashed(story)
        assert await counts(here) == expected and result == ("cancelled" if cancel else "filed")
    at_notes, never = how.startswith("note"), Fate(-1, "")
    for number in range(1, (notes if at_notes else calls) + 1):
        fate = Fate(number, how.removeprefix("note "))
        async with bureau(rulebook, tmp_path / f"{number}", HOSPITAL) as here:
            play = Play(here, monkeypatch)
            found = await play.crashed(story, never if at_notes else fate, fate if at_notes else never)
            where = f"{how} {number} of {fate.seen}; {play.deaths}"
            assert (found, await counts(here)) == (result, expected), where
            assert play.deaths or how == "drop_before", where
            assert not here.mi.journal.read.verify().bad


@pytest.mark.parametrize("what", CANCELLED)
async def test_a_withdrawal_whose_answer_is_lost_is_found_out(what: str, here: Ward) -> None:
    await here.mi.close()
    here.mi = await AsyncClient(known(here, OVER)).open()
    fields, _, cancel = KINDS[what]
    filing = Registration(here.mi, f"B-{what}", patience=20)
    await filing.file(what, patient(), **fields)
    await here.hospital.fault(cancel, "drop_after")
    await filing.cancel(memo="办错")
    assert (await filing.standing()).stage == "cancelled" and await filing.on_file(
        what, patient(), **QUERIES[what]
    ) == []
    assert (await counts(here))[cancel] == 1


@pytest.mark.parametrize("what", KINDS)
async def test_a_filing_whose_answer_is_lost_wants_its_number_from_people(what: str, here: Ward) -> None:
    await here.mi.close()
    here.mi = await AsyncClient(known(here, OVER)).open()
    fields, code, cancel = KINDS[what]
    filing = Registration(here.mi, f"B-{what}", patience=1)
    await here.hospital.fault(code, "drop_after")
    with pytest.raises(FlowStopped) as stopped:
        await filing.file(what, patient(), **fields)
    operation = stopped.value.operation_id or ""
    for lang, words in (("zh", ("流水号", "mi doubt")), ("en", ("number", "mi doubt"))):
        assert [word for word in words if word not in stopped.value.message(lang)] == []
    assert (stopped.value.in_doubt, stopped.value.continue_with, stopped.value.undo_with) == (
        True,
        "resume",
        "",
    )
    with pytest.raises(FlowStopped, match="mi doubt"):
        await filing.resume()
    if cancel:
        assert len(await filing.on_file(what, patient(), **QUERIES[what])) == 1
    await here.mi.resolve(operation, executed=True, by=("甲", "乙"), identifier=NUMBER, reason="经办机构告知")
    assert (await filing.resume()).stage == "filed"
    assert (await filing.file(what, patient(), **fields)).trt_dcla_detl_sn == NUMBER
    if cancel:
        await filing.cancel(memo="办错")
        assert await filing.on_file(what, patient(), **QUERIES[what]) == []
    assert await counts(here) == {code: 1, **({cancel: 1} if cancel else {})}


PROGRAM = """
import asyncio, sys
from mi_core import AsyncClient
from tests.flows.test_filing_crashes import filed_and_withdrawn

async def main():
    async with AsyncClient.from_config(sys.argv[1]) as mi:
        await filed_and_withdrawn(sys.argv[2])(mi)

asyncio.run(main())
"""


@pytest.mark.parametrize("executed", [True, False], ids=["executed", "not executed"])
@pytest.mark.parametrize("what", CANCELLED)
async def test_killed_while_it_is_withdrawn(
    what: str, executed: bool, rulebook: Rulebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _killed(what, KINDS[what][2], executed, rulebook, tmp_path, monkeypatch)


@pytest.mark.parametrize("what", CANCELLED)
async def test_killed_before_the_bureau_has_filed_it(
    what: str, rulebook: Rulebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _killed(what, KINDS[what][1], False, rulebook, tmp_path, monkeypatch)


async def _killed(
    what: str, infno: str, executed: bool, rulebook: Rulebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    process: asyncio.subprocess.Process | None = None
    answer = Office.answer

    class Gone(Exception):
        """The message does not reach the bureau's books."""

    def kill_then_answer(office: Office, message: Message, lag: float = 0.0) -> object:
        nonlocal process
        if message.infno == infno and process is not None:
            os.kill(process.pid, signal.SIGKILL)
            process = None
            if not executed:
                raise Gone
        return answer(office, message, lag)

    async with ward(rulebook, tmp_path) as here:
        await here.mi.close()
        monkeypatch.setattr(Office, "answer", kill_then_answer)
        process = victim = await asyncio.create_subprocess_exec(
            sys.executable, "-c", PROGRAM, str(tmp_path / "mi.toml"), what, cwd=ROOT,
            env={**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "codegen")))},
        )  # fmt: skip
        assert await asyncio.wait_for(victim.wait(), 120) == -signal.SIGKILL
        here.mi = await AsyncClient(known(here, OVER)).open()
        assert await filed_and_withdrawn(what)(here.mi) == "cancelled"
        _, code, cancel = KINDS[what]
        assert await counts(here) == {code: 1, cancel: 1}
        assert not here.mi.journal.read.verify().bad
