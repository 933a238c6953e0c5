"""Nobody waits for ever: not behind what is new, not behind what is looked at again, not for an answer in many parts."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import attrs

from mi_core.errors import ReplyUnreadable
from mi_core.journal import AttemptState, BeforeSend, Intent, Verdict
from mi_core.journal.findings import doubts
from mi_core.recovery import Recovery, Tempo
from mi_core.recovery.asked import Answer, Kept
from mi_core.types import Effect, Outcome
from tests.recovery.kit import FAST, LONG, OVER, Ward, confirmed, known, until

S = AttemptState


class TestFairness:
    async def test_looking_back_holds_up_nobody(self, here: Ward) -> None:
        """However many there are to look at again, and however slow that is."""
        _, content = await here.billed()
        await here.end(await here.lose("2207", content, "drop_before"), OVER)
        stop, hanging = asyncio.Event(), asyncio.Event()
        gone = here.mi.journal.read.tombstones(here.institution)[0].msgid
        visit = json.loads(here.attempt(gone).request or b"")["input"]["data"]["mdtrt_id"]

        async def slow(request: Any, options: Any) -> Any:
            if visit in str(request.to_dict()):
                hanging.set()
                await asyncio.sleep(60)
            return await here.call(request, options)

        tempo = attrs.evolve(FAST, watch=0.01)
        running = asyncio.create_task(
            Recovery(here.mi.journal, known(here, LONG), slow, tempo=tempo).run(stop)
        )
        await asyncio.wait_for(hanging.wait(), 20)
        lost = await here.lose("2207", (await here.billed())[1], "drop_after")
        await until(lambda: confirmed(here, lost.msgid))
        stop.set()
        await asyncio.wait_for(running, 5)

    async def test_what_is_overdue_is_not_overtaken_by_what_is_new(self, here: Ward) -> None:
        old = await here.lose("2207", (await here.billed())[1], "drop_before")
        recovery = here.recovery(LONG)
        await recovery.once()
        resolver = recovery._resolver
        await asyncio.sleep(0.3)
        new = await here.lose("2207", (await here.billed())[1], "drop_before")
        waiting = await recovery._doubts()
        assert [one.msgid for one in sorted(waiting, key=resolver.due)] == [old.msgid, new.msgid]

    async def test_an_answer_of_many_parts_is_put_together(self, here: Ward) -> None:
        """2404 asks a dozen questions: what was answered is not asked again because another answer was lost."""
        stay = await here.stay.admit()
        lost = await here.lose("2404", {"data": stay.which}, "drop_after")
        asked: list[str] = []

        async def lossy(request: Any, options: Any) -> Any:
            asked.append(str(request.to_dict()))
            if len(asked) % 5 == 0:
                raise ReplyUnreadable("", "timeout")
            return await here.call(request, options)

        recovery = Recovery(here.mi.journal, known(here, OVER), lossy, tempo=FAST)
        await recovery.settle(lost.operation_id, timeout=20)
        assert here.attempt(lost.msgid).state is S.CONFIRMED
        assert len(set(asked)) == 12 and len(asked) == 12 + len(asked) // 5

    async def test_a_silent_gateway_is_not_asked_all_of_it(self, here: Ward) -> None:
        stay = await here.stay.admit()
        lost = await here.lose("2404", {"data": stay.which}, "drop_after")
        asked: list[str] = []

        async def mute(request: Any, options: Any) -> Any:
            asked.append(request.__interface__.code)
            raise ReplyUnreadable("", "timeout")

        await Recovery(here.mi.journal, known(here, OVER), mute, tempo=FAST).once()
        assert asked == ["5303", "5201", "5201", "5201"]
        assert here.attempt(lost.msgid).state is S.IN_DOUBT

    def test_what_is_kept_is_of_after_the_fence(self) -> None:
        kept = Kept({"early": Answer(50, b""), "late": Answer(150, b"")})
        kept.fresh(90, 100)
        assert set(kept.answers) == {"early", "late"}
        kept.fresh(200, 100)
        assert set(kept.answers) == {"late"}
        kept.fresh(200 + 3_600_000, None)
        assert not kept.answers


class TestMany:
    async def test_ten_thousand_are_listed_fast_and_looked_at_fairly(self, here: Ward) -> None:
        """People's cases in front of the queue do not hold up the rest."""
        journal = here.mi.journal

        async def doubt(number: int) -> None:
            key = f"V{number}"
            intent = Intent(
                institution=here.institution, interface="2402", effect=Effect.STATE, business_key=(key,), lock_keys=(key,)
            )  # fmt: skip
            msgid = await journal.msgid(here.institution)
            now = time.time_ns() // 1_000_000
            body = b'{"infno":"2402","input":{"dscginfo":{"mdtrt_id":"' + key.encode() + b'","psn_no":"1"}}}'
            before = BeforeSend(
                msgid=msgid.value, endpoint="", profile_version="", mdtrtarea_admvs="", insuplc_admdvs="", operator="",
                request=body, content=body, signed_at=now, deadline_at=now,
            )  # fmt: skip
            ticket = await journal.begin(intent, before)
            await journal.end(ticket, Verdict(outcome=Outcome.IN_DOUBT, evidence="timeout"))  # type: ignore[arg-type]  # new keys

        for start in range(0, 10_000, 500):
            await asyncio.gather(*(doubt(n) for n in range(start, start + 500)))
        epoch = journal.epoch
        started = time.perf_counter()
        listed = journal.read.ask(lambda rows, _: doubts(rows, epoch))
        assert len(listed) == 10_000
        assert time.perf_counter() - started < 2.0
        report_of = here.recovery(OVER, tempo=Tempo(idle=0.01))
        stop = asyncio.Event()
        running = asyncio.create_task(report_of.run(stop))

        async def some() -> bool:
            return journal.read.counts().get(S.MANUAL, 0) >= 300

        await until(some, 60)
        stop.set()
        await asyncio.wait_for(running, 10)
        ended = journal.read.ask(
            lambda rows, _: rows("SELECT msgid FROM attempt WHERE state = 'MANUAL' LIMIT 1000", ())
        )
        assert {row[0] for row in ended} <= {doubt.msgid for doubt in listed[:2000]}
