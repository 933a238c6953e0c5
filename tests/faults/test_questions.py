"""Finding out the outcome while the means of finding out are spoilt."""

from __future__ import annotations

import asyncio
from typing import Any

import attrs
import pytest

from mi_core.journal import AttemptRecord
from mi_core.pipeline import late_outcomes
from mi_core.recovery import Line, Recovery
from tests.faults.play import told
from tests.faults.questions import QUESTIONS, Question
from tests.faults.stage import Stage
from tests.recovery.kit import FAST


@pytest.mark.parametrize("case", QUESTIONS, ids=lambda case: case.name)
async def test_question(case: Question, here: Stage) -> None:
    await someone_else(here)
    lost = await lost_settlement(here, case)
    await spoil(here, case)
    recovery = looking(here, case)
    await looked(here, case, recovery, lost.msgid)
    if not case.ends:
        assert (await told(here))[0] == "VisitBusy"
    here.line.calm()
    for order in case.spoilt.values():
        if isinstance(order, str) and case.during != "REVERSING":
            await here.hospital.control("DELETE", "/faults")
    await here.line.let_go()
    await recovery.settle(lost.operation_id, timeout=20)
    ended = here.attempt(lost.msgid)
    assert ended.state.value == case.calm, ended.reason
    await truth(here, case, ended)


async def someone_else(here: Stage) -> None:
    """Another settlement of the day, so that the books are not empty."""
    _, other = await here.billed("30.00")
    await here.desk.call("2207", other)


async def looked(here: Stage, case: Question, recovery: Recovery, msgid: str) -> None:
    """A look, or as many as it takes to come to that state; and it stays there."""

    for _ in range(500):
        await recovery.once()
        if here.attempt(msgid).state.value == case.during:
            break
        await asyncio.sleep(0.02)
    await recovery.once()
    assert here.attempt(msgid).state.value == case.during


async def lost_settlement(here: Stage, case: Question) -> AttemptRecord:
    here.line.faults["2207"] = case.lost
    word, _ = await told(here)
    assert word.startswith("OutcomeUnknown")
    here.line.calm()
    return here.attempts()[-1]


async def spoil(here: Stage, case: Question) -> None:
    for infno, order in case.spoilt.items():
        if isinstance(order, str):
            await here.hospital.fault(infno, order, times=-1, seconds=3600)
        else:
            here.line.faults[infno] = order


def looking(here: Stage, case: Question) -> Recovery:
    """Recovery with the region's data of this line; the log's rows are completed as the client does it."""
    assert here.mi._runtime is not None
    store = here.mi._runtime.store
    done: list[Line] = []
    recovery = here.recovery(case.known, on_progress=done.append, tempo=attrs.evolve(FAST, watch=0.0))
    here.learn = lambda: [
        late_outcomes.complete_row(store, line.msgid, line.after) for line in done if line.resolved
    ]
    return recovery


async def truth(here: Stage, case: Question, ended: AttemptRecord) -> None:
    """Both ledgers, the log, the audit chain, the messages."""
    for row in here.learn():
        await row
    live = await here.live()
    reversals = here.mi.journal.read.reversals(ended.msgid)
    match case.calm:
        case "CONFIRMED":
            assert [row["setl_id"] for row in live] == [ended.identifier]
            assert here.rows()[ended.msgid] == "success"
            word, reply = await told(here)
            assert (word, reply.meta.repeated) == ("reply", True)
        case "REVERSED":
            assert live == []
            assert here.rows()[ended.msgid] == "failed"
            assert len(reversals) >= 2 and [r.state.value for r in reversals][-1] == "CONFIRMED"
            assert {r.state.value for r in reversals[:-1]} == {"SUPERSEDED"}
        case "MANUAL":
            assert len(live) == 1 and ended.reason and await here.is_held()
        case "NOT_EXECUTED":  # the region's data were wrong: it was executed, and that is seen
            assert len(live) == 1
            await contradicted(here, case)
    assert case.calm == "REVERSED" or reversals == []
    assert here.line.seen("2207") == 2, "someone else's and ours, once each"
    assert len(set(here.line.messages)) == len(here.line.messages)
    assert here.mi.journal.read.verify().intact


async def contradicted(here: Stage, case: Question) -> None:
    """The watch over what was concluded tells people."""
    (stone,) = here.mi.journal.read.tombstones(here.institution)
    assert not stone.contradicted
    await looking(here, case)._watch.look()
    (stone,) = here.mi.journal.read.tombstones(here.institution)
    assert stone.contradicted


def test_names() -> None:
    names: list[Any] = [case.name for case in QUESTIONS]
    assert len(set(names)) == len(names)
