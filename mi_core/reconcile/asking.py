"""3202 for messages in doubt: what recovery asks when no query can tell, or when time alone proves nothing.

"Absent" is said only when everything that could have the message was asked: every clearing type and office under which
settlements of its kind were seen to be cleared, on every day on which it may have been executed. Otherwise the answer is
"unknown", and time or people go on.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

import attrs

from mi_core.config import Config, Institution
from mi_core.errors import MiError, NotSent
from mi_core.files import Call
from mi_core.journal import AttemptRecord, FenceTerms, Finding, Journal, Sight
from mi_core.journal.fences import terms_of
from mi_core.reconcile.books import (
    EDGE,
    Books,
    cancels_of,
    day_of,
    find_settlement,
    is_settlement,
    kind_of,
    milliseconds,
    read_books,
)
from mi_core.reconcile.details import Details, compare_details
from mi_core.reconcile.rows import CentreRow, setlinfo_of
from mi_core.reconcile.sights import finding_of
from mi_core.reconcile.totals import ALWAYS, Way

__all__ = ["SKEW", "Shelf", "findings", "now_ms", "span_of"]

_log = logging.getLogger("mi_core.reconcile")
_LOOK_BACK = dt.timedelta(days=7)
"""Settlements of these days show how each kind is cleared."""
_DAY = dt.timedelta(days=1)
_FRESH: Final = 60.0
"""Seconds for which books are read once."""
SKEW: Final = 30 * 60 * 1000
"""Milliseconds that our clock may be ahead of the centre's: a gateway refuses more."""


def now_ms() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def span_of(terms: FenceTerms) -> int:
    """Milliseconds after its signature in which a message may still be executed; a day where nobody knows."""
    if terms.acceptance is None or terms.processing is None:
        return EDGE
    return min(terms.acceptance + terms.processing, EDGE)


async def findings(
    call: Call, journal: Journal, config: Config, institution: str | None, day: dt.date, msgids: Iterable[str], *,
    clock: Callable[[], int] = now_ms, shelf: Shelf | None = None,
) -> Mapping[str, Finding]:  # fmt: skip
    """What 3202 says of messages of ``institution`` that were sent on ``day``; every msgid gets a finding.

    ``day_closed`` is true only when nothing of them can still come. Raises :class:`NotSent` when the bureau cannot be
    reached; whatever else goes wrong makes the findings ``UNKNOWN``. ``shelf``: keeps our books between questions of one
    round of recovery.
    """
    where = config.institution(institution)
    terms = terms_of(where.recovery)
    wanted = await asyncio.to_thread(_attempts, journal, msgids)
    read = read_books if shelf is None else shelf.read
    books = await asyncio.to_thread(read, journal, where.code, day - _LOOK_BACK, day + _DAY)
    plans = {
        one.msgid: await asyncio.to_thread(_plan, journal, one, books, terms, clock(), where.mdtrtarea_admvs)
        for one in wanted
        if is_settlement(one.interface) and one.institution == where.code
    }
    asked = await _ask(call, where, books, {pair for plan in plans.values() for pair in plan.pairs})
    return {
        msgid: _conclude(plans[msgid], asked, terms, clock())
        if msgid in plans
        else Finding(sight=Sight.UNKNOWN, source="recon", asked_at=clock())
        for msgid in {*msgids}
    }


@attrs.define
class Shelf:
    """Our books of the last question, for a minute: a round of recovery asks about many messages of the same days.

    A settlement that is confirmed meanwhile is only missing in the file that 3202 compares; that says nothing of others.
    """

    _kept: dict[tuple[str, dt.date, dt.date], tuple[float, Books]] = attrs.field(factory=dict, init=False)

    def read(self, journal: Journal, institution: str, first: dt.date, last: dt.date) -> Books:
        """:func:`read_books`, or what it gave before. Blocking."""
        key, now = (institution, first, last), time.monotonic()
        self._kept = {k: one for k, one in self._kept.items() if now - one[0] < _FRESH}
        if key not in self._kept:
            self._kept[key] = (now, read_books(journal, institution, first, last))
        return self._kept[key][1]


@attrs.frozen
class _Plan:
    """What has to be asked about one message."""

    attempt: AttemptRecord
    pairs: frozenset[tuple[Way, dt.date]]
    complete: bool
    """These are all places where it can be."""


def _attempts(journal: Journal, msgids: Iterable[str]) -> list[AttemptRecord]:
    return [found for msgid in msgids if (found := journal.read.attempt(msgid)) is not None]


def _plan(
    journal: Journal, attempt: AttemptRecord, books: Books, terms: FenceTerms, now: int, area: str
) -> _Plan:
    """Where nobody knows how it would be cleared, the usual ways are asked: it may be found, but not said to be absent."""
    ways = _ways_of(journal, attempt, books)
    first, last = day_of(attempt.signed_at - SKEW), day_of(attempt.signed_at + span_of(terms))
    reached = min(last, day_of(now))
    days = [first + _DAY * n for n in range((reached - first).days + 1)]
    asked = ways or books.ways() | {(clr_type, area) for clr_type in ALWAYS}
    pairs = {(way, day) for way in asked for day in days}
    return _Plan(attempt, frozenset(pairs), bool(ways))


def _ways_of(journal: Journal, attempt: AttemptRecord, books: Books) -> frozenset[Way]:
    """How it would be cleared: a refund as its settlement was, a settlement as others of its kind. Empty: nobody knows."""
    if not cancels_of(attempt.interface):
        return books.kinds().get(kind_of(attempt), frozenset())
    original = find_settlement(journal, attempt, books.attempts.values())
    info = {} if original is None else setlinfo_of(original)
    way = (str(info.get("clr_type") or ""), str(info.get("clr_optins") or ""))
    return frozenset({way}) if all(way) else frozenset()


async def _ask(
    call: Call, institution: Institution, books: Books, pairs: Iterable[tuple[Way, dt.date]]
) -> Mapping[tuple[Way, dt.date], Details]:
    """The answers that came; what could not be asked is not among them."""
    answers: dict[tuple[Way, dt.date], Details] = {}
    for way, day in sorted(pairs, key=lambda pair: (pair[1], pair[0])):
        ours = [row for row in books.of(day) if (row.clr_type, row.optins) == way]
        try:
            answers[way, day] = await compare_details(call, institution, day, way, ours)
        except NotSent:
            raise
        except MiError as error:
            _log.warning("3202 of %s %s %s could not be had: %s", institution.code, day, way, error.code)
    return answers


def _conclude(
    plan: _Plan, asked: Mapping[tuple[Way, dt.date], Details], terms: FenceTerms, now: int
) -> Finding:
    answers = [asked[pair] for pair in plan.pairs if pair in asked]
    rows = [row for answer in answers for row in answer.rows if row.msgid == plan.attempt.msgid]
    complete = plan.complete and len(answers) == len(plan.pairs) and not _nameless(answers)
    asked_at = min((answer.asked_at for answer in answers), default=now)
    closed = asked_at >= _nothing_comes_from(plan.attempt, terms)
    return finding_of(plan.attempt, rows, complete=complete, asked_at=asked_at, day_closed=closed)


def _nameless(answers: Sequence[Details]) -> list[CentreRow]:
    """Lines that exist at the centre and name no message: any message in doubt might be one of them."""
    return [row for one in answers for row in one.rows if row.there and row.msgid is None and not row.agrees]


def _nothing_comes_from(attempt: AttemptRecord, terms: FenceTerms) -> int:
    """From when on nothing of a message can still come: after its fence, or once the day after its day is over as well."""
    late = milliseconds(day_of(attempt.signed_at) + _DAY * 2)
    if terms.acceptance is None or terms.processing is None or terms.lag is None:
        return late
    return min(late, attempt.signed_at + terms.acceptance + terms.processing + terms.lag)
