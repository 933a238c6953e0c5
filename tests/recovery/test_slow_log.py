"""A log that has much to catch up keeps nobody at the window waiting: recovery goes on beside it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import attrs

from mi_core import AsyncClient
from mi_core.journal import AttemptState
from mi_core.plugin import OperationStatus, hookimpl
from mi_plugins.stores.memory import MemoryLog
from tests.core.calls import with_plugins
from tests.recovery.kit import LONG, Ward


class SlowLog(MemoryLog):
    """A server that is asked what it has, and takes its time."""

    durable = True

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.answers = asyncio.Event(), asyncio.Event()

    async def states(self, operation_ids: Sequence[str]) -> dict[str, OperationStatus]:
        self.asked.set()
        await self.answers.wait()
        return await super().states(operation_ids)


@attrs.define
class SlowStore:
    log: Any

    @hookimpl
    def mi_register_stores(self, registry: Any) -> None:
        registry.add("slow", lambda settings: self.log)


async def test_what_is_in_doubt_is_resolved_while_the_log_catches_up(here: Ward) -> None:
    _, content = await here.billed()
    lost = await here.lose("2207", content, "drop_after")
    await here.mi.close()
    log = SlowLog()
    one = here.config.institutions[here.institution]
    config = attrs.evolve(
        here.config, store=attrs.evolve(here.config.store, operation_log="slow://x"),
        journal=attrs.evolve(here.config.journal, recover=True),
        institutions={here.institution: attrs.evolve(one, recovery=LONG)},
    )  # fmt: skip
    async with AsyncClient(config, plugins=with_plugins(("slow", SlowStore(log)))) as mi:
        await asyncio.wait_for(log.asked.wait(), 20)
        assert mi.journal.read.unresolved() != []
        await mi.wait_for(lost.operation_id, timeout=30)
        assert not log.answers.is_set()
        log.answers.set()
        here.mi = mi
        assert here.attempt(lost.msgid).state is AttemptState.CONFIRMED
        while not (rows := await log.find(msgid=lost.msgid)) or not rows[0].end:
            await asyncio.sleep(0.01)
        assert rows[0].end.status == "success", "and the log has the end that was found meanwhile"


async def test_a_log_that_forgets_is_not_given_what_others_did(here: Ward) -> None:
    _, content = await here.billed()
    await here.desk.call("2207", content)
    await here.mi.close()
    log = SlowLog()
    log.durable = False
    config = attrs.evolve(
        here.config, store=attrs.evolve(here.config.store, operation_log="slow://x"),
        journal=attrs.evolve(here.config.journal, recover=True),
    )  # fmt: skip
    async with AsyncClient(config, plugins=with_plugins(("slow", SlowStore(log)))) as mi:
        here.mi = mi
        await here.billed()
        asked = log.asked.is_set()
        log.answers.set()
        assert not asked


async def test_many_attempts_in_one_question(here: Ward) -> None:
    msgids = []
    for total in ("10.00", "20.00"):
        _, content = await here.billed(total)
        msgids.append((await here.desk.typed("2207", content)).meta.msgid)
    found = here.mi.journal.read.attempts_of([*msgids, "unknown"])
    assert {msgid: found[msgid] for msgid in msgids} == {one: here.attempt(one) for one in msgids}
    assert len(found) == 2 and here.mi.journal.read.attempts_of([]) == {}
