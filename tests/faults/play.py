"""One line of the table played: the call, what is seen, the second click, recovery, and what must always be true."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import attrs

from mi_core.errors import MiError, NotSent, OutcomeUnknown, Refused, VisitBusy
from tests.faults.stage import Stage
from tests.faults.table import FREE, HELD, Case

END_OF_ROW = {"CONFIRMED": "success", "NOT_EXECUTED": "failed", "REJECTED": "failed", "NOT_SENT": "not_sent"}


@attrs.define
class Seen:
    """What came of it, in the columns of the table."""

    told: str
    attempt: str
    operation: str
    log: str
    sent: int
    visit: str = ""
    calm: str = "-"


async def told(here: Stage, **more: Any) -> tuple[str, Any]:
    """Make the call; the word of the table for what the caller is told, and the reply or error itself."""
    if here.by is not None:
        return await here.by()
    here.calling = asyncio.ensure_future(here.settle(**more))
    try:
        reply = await here.calling
    except OutcomeUnknown as error:
        return f"OutcomeUnknown: {error.evidence}", error
    except (MiError, asyncio.CancelledError) as error:
        return type(error).__name__, error
    rules = ", ".join(one.rule for one in reply.meta.discrepancies)
    return f"reply: {rules}" if rules else "reply", reply


async def play(here: Stage, case: Case) -> Seen:
    """From the fault to the calm; asserts on the way what is true for every line."""
    async with case.trouble(here):
        word, result = await told(here)
        await truthful(here, result)
    here.line.calm()
    if here.leaving is not None:
        await here.come_back()
    await here.quiet()
    await _logged(here)
    seen = looked_at(here, word)
    if case.visit.startswith("again") or not here.alive:
        await here.come_back()
    await second_click(here, seen, result)
    if case.visit.startswith("again"):
        seen.visit = f"again {seen.visit}"
    for attempt in here.attempts():
        if attempt.ended_at is None:
            seen.calm = (await here.resolve(attempt)).state.value
    return seen


def looked_at(here: Stage, word: str) -> Seen:
    """Journal, log and line right after the fault."""
    attempt, operation = (here.states() or [("-", "-")])[-1]
    log = list(here.rows().values()) or ["-"]
    return Seen(word, attempt, operation, log[-1], here.line.seen("2207"))


async def truthful(here: Stage, result: Any) -> None:
    """I8: what the caller is told agrees with the bureau's books."""
    live = await here.live()
    if isinstance(result, (NotSent, Refused)):
        assert live == [], "told that nothing was done, and it was"
    elif not isinstance(result, BaseException):
        assert [row["setl_id"] for row in live] == [result.setlinfo.setl_id]


async def second_click(here: Stage, seen: Seen, result: Any) -> None:
    """The cashier tries again at once: never a second message while the first is open."""
    seen.visit = HELD if await here.is_held() else FREE
    if seen.visit != HELD:
        return
    sent = here.line.seen("2207")
    word, busy = await told(here)
    assert isinstance(busy, VisitBusy), word
    (open_,) = [one for one in here.attempts() if one.ended_at is None]
    assert busy.operation_id == open_.operation_id
    if isinstance(result, OutcomeUnknown):
        assert (result.operation_id, result.msgid) == (open_.operation_id, open_.msgid)
    assert here.line.seen("2207") == sent, "sent a second time while the first is open"


async def settled_once(here: Stage) -> None:
    """After everything the cashier settles, and the bureau has exactly one settlement that the hospital knows."""
    before = here.line.seen("2207")
    done = {"CONFIRMED"} & {one.state.value for one in here.attempts()}
    if not done:
        await here.quote()
    word, reply = await told(here)
    assert word == "reply"
    assert reply.meta.repeated == bool(done)
    assert here.line.seen("2207") == before + (not done)
    (live,) = await here.live()
    assert reply.meta.identifier in (None, live["setl_id"]) and live["setl_id"] == reply.setlinfo.setl_id


async def invariants(here: Stage) -> None:
    """I1 to I7 on both ledgers, the audit chain, and the log agreeing with the journal."""
    attempts = {one.msgid: one for one in here.attempts()}
    arrived = Counter(here.line.messages)
    assert max(arrived.values()) == 1, "a message was sent twice, or its id was used twice"
    assert {msgid for infno, msgid in arrived if infno == "2207"} <= set(attempts), (
        "I4: sent, not written ahead"
    )
    books = {row["msgid"]: row for row in await here.live()}
    assert len({(row["mdtrt_id"], row["chrg_bchno"]) for row in books.values()}) == len(books), "I1 doubled"
    confirmed = {one.msgid for one in attempts.values() if one.state.value == "CONFIRMED"}
    assert set(books) == confirmed, "I2 orphan or I3 ghost"
    for one in attempts.values():
        if one.identifier and one.msgid in books:
            assert one.identifier == books[one.msgid]["setl_id"]
    report = here.mi.journal.read.verify()
    assert report.intact and report.events > 0
    assert here.mi.journal.read.exposure(here.institution).operations == 0


def behind(here: Stage) -> dict[str, str]:
    """Messages of which the log does not say what the journal knows, with what it says; ``-``: it has no row."""
    ends = {one.msgid: END_OF_ROW[one.state.value] for one in here.attempts()}
    rows = dict.fromkeys(ends, "-") | here.rows()
    return {msgid: status for msgid, status in rows.items() if status != ends.get(msgid, "not_sent")}


async def _logged(here: Stage) -> None:
    """An open client has written what it handed over to its log."""
    store = here.mi._runtime.store if here.alive and here.mi._runtime is not None else None
    if store is not None and hasattr(store, "flush"):
        await store.flush()


async def caught_up(here: Stage) -> dict[str, str]:
    """:func:`behind` once the log, which is written after the reply was returned, has had its time."""
    for _ in range(200):
        if not (found := behind(here)):
            break
        await asyncio.sleep(0.02)
    return found


def no_personal_data(here: Stage, logged: str) -> None:
    """Neither in the program's log nor in any file."""
    for word in here.personal():
        assert word not in logged, "personal data in the log"
        for path in here.folder.rglob("*"):
            if path.is_file() and path.name != "mi.toml":
                assert word.encode() not in path.read_bytes(), f"personal data in {path.name}"
