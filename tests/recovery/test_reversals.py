"""2601, the last means: of what was executed and has no id, and of what nobody could find out."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping
from typing import Any

import attrs
import pytest

from mi_core.errors import NotSent, VisitBusy
from mi_core.journal import AttemptState, BeforeSend, Finding, Intent, Resolution, Sight, Ticket, Verdict
from mi_core.recovery import Line, Tempo
from mi_core.types import Effect, Outcome
from tests.recovery.kit import FAST, LONG, OVER, Ward

S = AttemptState


class Books:
    """What 3202 would say, where its own package is not the subject."""

    def __init__(self, *sights: Sight, closed: bool = False) -> None:
        self.sights, self.closed, self.asked = list(sights), closed, 0

    async def __call__(
        self, call: Any, journal: Any, config: Any, institution: str, day: Any, msgids: Iterable[str]
    ) -> Mapping[str, Finding]:
        self.asked += 1
        sight = self.sights[0] if len(self.sights) == 1 else self.sights.pop(0)
        return {
            m: Finding(
                sight=sight, source="recon", asked_at=time.time_ns() // 1_000_000, day_closed=self.closed
            )
            for m in msgids
        }


async def unidentified(here: Ward) -> tuple[Any, dict[str, Any], Any]:
    """A settlement that 3202 has shown, with blank ids."""
    visit, content = await here.billed()
    lost = await here.lose("2207", content, "drop_after")
    await here.mi.journal.resolve(
        lost.msgid, Resolution(to=S.EXECUTED_UNIDENTIFIED, source="recon", reason="msgid proven, ids blank")
    )
    return visit, content, here.attempt(lost.msgid)


async def unsent(here: Ward, target: str) -> None:
    """A reversal that is journalled and then proven never to have left."""
    journal, code = here.mi.journal, here.institution
    msgid, now = await journal.msgid(code), time.time_ns() // 1_000_000
    intent = Intent(
        institution=code, interface="2601", effect=Effect.REVERSAL, business_key=(target,), reverses=target
    )
    before = BeforeSend(
        msgid=msgid.value, endpoint="", profile_version="", mdtrtarea_admvs="", insuplc_admdvs="", operator="", request=b"{}",
        content=b"{}", signed_at=now, deadline_at=now,
    )  # fmt: skip
    ticket = await journal.begin(intent, before)
    assert isinstance(ticket, Ticket)
    await journal.end(ticket, Verdict(outcome=Outcome.NOT_SENT, evidence="connect refused"))


NO_QUERY = attrs.evolve(LONG, query_without_setl_id=False, questions=2)


class TestUnidentified:
    async def test_a_query_finds_its_ids(self, here: Ward) -> None:
        _, _, lost = await unidentified(here)
        ended = await here.end(lost)
        assert (ended.state, bool(ended.identifier)) == (S.CONFIRMED, True)

    async def test_without_a_query_it_is_reversed_and_verified(self, here: Ward) -> None:
        visit, content, lost = await unidentified(here)
        books = Books(Sight.UNIDENTIFIED, Sight.UNIDENTIFIED, Sight.ABSENT, closed=True)
        ended = await here.end(lost, NO_QUERY, findings=books)
        assert (ended.state, ended.source) == (S.REVERSED, "recon")
        reversals = here.mi.journal.read.reversals(lost.msgid)
        assert [r.state for r in reversals] == [S.CONFIRMED]
        await visit.quote("60.00")
        await here.desk.call("2207", content)
        live = [e for e in await here.done("2207") if e["state"] == "done"]
        assert len(live) == 1

    async def test_a_reversal_that_hangs_is_sent_again(self, here: Ward) -> None:
        """The same ``omsgid``, a new message: until the answer is definite."""
        _, _, lost = await unidentified(here)
        await here.hospital.fault("2601", "drop_after", times=2)
        books = Books(Sight.UNIDENTIFIED, Sight.UNIDENTIFIED, Sight.ABSENT, closed=True)
        ended = await here.end(lost, NO_QUERY, findings=books)
        assert ended.state is S.REVERSED
        states = [r.state for r in here.mi.journal.read.reversals(lost.msgid)]
        assert states == [S.SUPERSEDED, S.SUPERSEDED, S.CONFIRMED]

    async def test_a_reversal_without_end_goes_to_people(self, here: Ward) -> None:
        _, _, lost = await unidentified(here)
        await here.hospital.fault("2601", "drop_before", times=-1)
        ended = await here.end(lost, attrs.evolve(NO_QUERY, reversals=3), findings=Books(Sight.UNIDENTIFIED))
        assert (ended.state, ended.source) == (S.MANUAL, "limit")
        assert len(here.mi.journal.read.reversals(lost.msgid)) == 3

    async def test_reversals_that_never_left_do_not_count(self, here: Ward) -> None:
        """The gateway is away: that is no reason to give up."""
        _, _, lost = await unidentified(here)

        async def away(request: Any, options: Any) -> Any:
            if request.__interface__.code == "2601":
                await unsent(here, lost.msgid)
                raise NotSent("", "unreachable")
            return await here.call(request, options)

        recovery = here.recovery(attrs.evolve(NO_QUERY, reversals=1), findings=Books(Sight.UNIDENTIFIED))
        recovery._resolver.reverser.call = away
        for _ in range(6):
            await recovery.once()
            await asyncio.sleep(0.05)
        sent = here.mi.journal.read.reversals(lost.msgid)
        assert len(sent) > 1 and {r.state for r in sent} == {S.NOT_SENT}
        assert here.attempt(lost.msgid).state is S.REVERSING

    async def test_a_reversal_that_may_not_leave_is_tried_ever_more_rarely_and_quietly(
        self, here: Ward, caplog: pytest.LogCaptureFixture
    ) -> None:
        """The 2601 of a dead worker blocks it until that one's lease is over."""
        _, _, lost = await unidentified(here)
        now, tried = time.time_ns() // 1_000_000, 0

        async def busy(request: Any, options: Any) -> Any:
            nonlocal tried
            if request.__interface__.code == "2601":
                tried += 1
                raise VisitBusy("", "a changing call of this visit is unresolved")
            return await here.call(request, options)

        recovery = here.recovery(
            attrs.evolve(NO_QUERY, reversals=1), findings=Books(Sight.UNIDENTIFIED), clock=lambda: now,
            tempo=attrs.evolve(FAST, reversal=10.0, longest=300.0),
        )  # fmt: skip
        recovery._resolver.reverser.call = busy
        lines: list[Line] = []
        for _ in range(70):
            lines += (await recovery.once()).lines
            now += 1_000
        assert tried == 3  # at 0, 10 and 30 seconds
        assert sum("not sent" in one.message for one in caplog.records if one.levelname == "WARNING") == 1
        assert {line.after for line in lines} == {S.EXECUTED_UNIDENTIFIED}
        recovery._resolver.reverser.call = here.call
        now += 60_000
        await recovery.once()
        assert len(here.mi.journal.read.reversals(lost.msgid)) == 1

    async def test_alive_after_its_reversal(self, here: Ward) -> None:
        """The answer says reversed, the books say alive: people decide."""
        _, _, lost = await unidentified(here)
        ended = await here.end(lost, NO_QUERY, findings=Books(Sight.UNIDENTIFIED))
        assert ended.state is S.MANUAL
        assert "alive" in (ended.reason or "")

    async def test_a_restart_between_reversal_and_proof(self, here: Ward) -> None:
        _, _, lost = await unidentified(here)
        slow = attrs.evolve(FAST, recon=30.0, first=30.0, longest=30.0)
        books = Books(Sight.UNIDENTIFIED)
        await here.recovery(attrs.evolve(NO_QUERY, questions=1), findings=books, tempo=slow).once()
        assert here.attempt(lost.msgid).state is S.REVERSING
        await here.restart()
        assert here.attempt(lost.msgid).state is S.REVERSING
        ended = await here.end(lost, NO_QUERY, findings=Books(Sight.ABSENT, closed=True))
        assert ended.state is S.REVERSED
        assert len(here.mi.journal.read.reversals(lost.msgid)) == 1


class TestUnknown:
    async def test_what_nobody_can_tell_is_reversed_only_where_that_is_allowed(self, here: Ward) -> None:
        _, content = await here.billed()
        lost = await here.lose("2207", content, "drop_after")
        known = attrs.evolve(OVER, query_without_setl_id=False, questions=2)
        books = Books(Sight.UNKNOWN)
        ended = await here.end(lost, known, findings=books)
        assert (ended.state, ended.source) == (S.MANUAL, "limit")
        assert here.mi.journal.read.reversals(lost.msgid) == []

    async def test_where_it_is_allowed(self, here: Ward) -> None:
        _, content = await here.billed()
        lost = await here.lose("2207", content, "drop_after")
        known = attrs.evolve(OVER, query_without_setl_id=False, questions=2, reverse_unknown=True)
        books = Books(Sight.UNKNOWN, Sight.UNKNOWN, Sight.ABSENT, closed=True)
        assert (await here.end(lost, known, findings=books)).state is S.REVERSED
        assert [e["state"] for e in await here.done("2207")] == ["reversed"]

    async def test_nothing_to_reverse_after_the_fence(self, here: Ward) -> None:
        """It never arrived: 2601 says so, in a text that the region's data lists."""
        _, content = await here.billed()
        lost = await here.lose("2207", content, "drop_before")
        known = attrs.evolve(OVER, query_without_setl_id=False, questions=1, reverse_unknown=True)
        ended = await here.end(lost, known, findings=Books(Sight.UNKNOWN))
        assert (ended.state, ended.source) == (S.REVERSED, "reversal")
        assert await here.done("2207") == []

    async def test_nothing_to_reverse_in_other_words_proves_nothing(self, here: Ward) -> None:
        _, content = await here.billed()
        lost = await here.lose("2207", content, "drop_before")
        known = attrs.evolve(
            OVER, query_without_setl_id=False, questions=1, reverse_unknown=True, absent=(), reversals=2
        )
        assert (await here.end(lost, known, findings=Books(Sight.UNKNOWN))).state is S.MANUAL


class TestContradictions:
    @pytest.mark.parametrize("sight", [Sight.CONTRADICTION, Sight.REFUNDED])
    async def test_the_books_contradict(self, here: Ward, sight: Sight) -> None:
        _, content = await here.billed()
        lost = await here.lose("2207", content, "drop_after")
        known = attrs.evolve(LONG, query_without_setl_id=False)
        ended = await here.end(lost, known, findings=Books(sight))
        assert ended.state is S.MANUAL and ended.reason

    async def test_taken_back_at_the_centre(self, here: Ward) -> None:
        """Somebody else has refunded it there: nothing is adopted."""
        _, content = await here.billed()
        lost = await here.lose("2207", content, "drop_after")
        done = (await here.done("2207"))[0]
        status, _ = await here.hospital.control(
            "POST", "/disagreements", {"kind": "refund_pair", "setl_id": done["setl_id"]}
        )
        assert status == 200
        ended = await here.end(lost)
        assert (ended.state, ended.source) == (S.MANUAL, "query")

    async def test_executed_twice_is_for_people(self, here: Ward) -> None:
        """The same message shows two settlements."""
        from mi_core.interfaces import by_code
        from mi_core.recovery.answers import CONTRADICTION, read
        from mi_core.recovery.case import case_of

        _, content = await here.billed()
        lost = await here.lose("2207", content, "drop_after")
        row = {"medins_setl_id": lost.msgid, "setl_id": "1", "refd_setl_flag": "0"}
        seen = read(
            by_code("2207").behaviour.outcome_queries[0],
            case_of(lost),
            {"setlinfo": [row, row | {"setl_id": "2"}]},
        )
        assert seen.means == CONTRADICTION


def test_tempo_grows_and_ends() -> None:
    tempo = Tempo()
    gaps = [tempo.gap(n) for n in range(12)]
    assert gaps == sorted(gaps) and gaps[0] == 2_000 and gaps[-1] == 300_000


class TestBooksOfTheCentre:
    """The real 3202, with its files, where no query can tell."""

    async def test_found_in_the_books(self, here: Ward) -> None:
        _, other = await here.billed("30.00")
        await here.desk.call("2207", other)
        _, content = await here.billed()
        lost = await here.lose("2207", content, "drop_after")
        ended = await here.end(lost, attrs.evolve(LONG, query_without_setl_id=False))
        assert (ended.state, ended.source) == (S.CONFIRMED, "recon")
        again = await here.desk.typed("2207", content)
        assert again.meta.repeated and again.meta.identifier == ended.identifier
        assert ended.identifier == (await here.done("2207"))[-1]["setl_id"]

    async def test_the_first_settlement_of_a_new_journal_is_found_too(self, here: Ward) -> None:
        """Nobody has seen yet how this institution's settlements are cleared: the usual ways are asked."""
        _, content = await here.billed()
        lost = await here.lose("2207", content, "drop_after")
        ended = await here.end(lost, attrs.evolve(LONG, query_without_setl_id=False))
        assert (ended.state, ended.source) == (S.CONFIRMED, "recon")

    async def test_asking_again_and_again_uses_up_no_patience(self, here: Ward) -> None:
        """Eight short-lived programs, each with the first look of its own."""
        _, content = await here.billed()
        lost = await here.lose("2207", content, "drop_before")
        for _ in range(9):
            await here.recovery(attrs.evolve(LONG, query_without_setl_id=False), tempo=Tempo()).once()
        assert here.attempt(lost.msgid).state is S.IN_DOUBT

    async def test_absent_from_the_books_after_the_fence(self, here: Ward) -> None:
        _, other = await here.billed("30.00")
        await here.desk.call("2207", other)
        _, content = await here.billed()
        lost = await here.lose("2207", content, "drop_before")
        report = await here.recovery(attrs.evolve(LONG, query_without_setl_id=False)).once()
        assert (report.waiting, here.attempt(lost.msgid).state) == (1, S.IN_DOUBT)
        ended = await here.end(lost, attrs.evolve(OVER, query_without_setl_id=False))
        assert (ended.state, ended.source) == (S.NOT_EXECUTED, "recon")

    async def test_blank_ids_are_reversed_and_verified(self, here: Ward) -> None:
        _, other = await here.billed("30.00")
        await here.desk.call("2207", other)
        _, content = await here.billed()
        lost = await here.lose("2207", content, "drop_after")
        await here.hospital.fault("9102", "blank_ids", times=-1)
        ended = await here.end(lost, attrs.evolve(OVER, query_without_setl_id=False, questions=1))
        assert ended.state is S.REVERSED
        states = {e["setl_id"]: e["state"] for e in await here.done("2207")}
        assert sorted(states.values()) == ["done", "reversed"]
