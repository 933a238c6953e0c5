"""Reconciling a day: resolve what is open, compare totals, compare details where they differ, judge, write down.

What is written with ``apply``: resolutions by the journal's own rules, an event with evidence for every difference, and
the end of the watch over what was not executed, once the day is balanced. Reversals are only listed: recovery sends them
for what it holds (EXECUTED_UNIDENTIFIED), and two persons decide the others with ``mi doubt``.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

import attrs

from mi_core.config import Config, Institution
from mi_core.errors import ConfigError, MiError, NotSent
from mi_core.files import Call
from mi_core.journal import AttemptRecord, Finding, Journal
from mi_core.journal.fences import terms_of
from mi_core.reconcile import acting
from mi_core.reconcile.asking import SKEW, findings, now_ms, span_of
from mi_core.reconcile.books import Books, day_of, is_settlement, milliseconds, read_books
from mi_core.reconcile.cases import cases_of, open_case
from mi_core.reconcile.details import compare_details
from mi_core.reconcile.report import Applied, Case, DayReport, OpenCall
from mi_core.reconcile.totals import ALWAYS, GroupResult, Way, compare_totals, groups_of

__all__ = ["Scope", "reconcile_day"]

_DAY = dt.timedelta(days=1)
_LOOK_BACK = dt.timedelta(days=7)


@attrs.frozen(kw_only=True)
class Scope:
    """What is asked about beside what the journal shows. Empty: the usual."""

    insutypes: tuple[str, ...] = ()
    """Insurances; all of the code table when empty."""
    clr_types: tuple[str, ...] = ALWAYS
    """Clearing types asked about even where none was seen."""
    offices: tuple[str, ...] = ()
    """Clearing offices; the institution's own area when empty."""


USUAL: Final = Scope()


async def reconcile_day(
    call: Call, journal: Journal, config: Config, institution: str | None, day: dt.date, *, apply: bool = False,
    scope: Scope = USUAL, clock: Callable[[], int] = now_ms,
) -> DayReport:  # fmt: skip
    """Reconcile ``day`` (Beijing) of an institution. Raises :class:`NotSent` when the bureau cannot be reached."""
    where = config.institution(institution)
    if day > day_of(clock() + SKEW):
        raise ConfigError(
            f"{day} 还没有到",
            f"{day} is yet to come",
            hint_zh="给出今天或以前的日期",
            hint_en="give today or an earlier day",
        )
    work = _Work(call, journal, config, where, day, scope, clock)
    applied: list[Applied] = []
    seen = await work.look_at_open()
    if apply:
        applied += await acting.conclude(journal, where.recovery, work.open, seen, clock())
    books = await work.read()
    results = await work.totals(books)
    lines, failures = await work.details(books, results)
    cases = [case for one in work.open if (case := _open_case(one, seen)) is not None]
    shown = {case.msgid for case in cases}
    cases += [case for case in lines if case.msgid is None or case.msgid not in shown]
    contradicted = await asyncio.to_thread(work.contradicted)
    if apply:
        applied += await acting.observe(journal, cases)
        contradicted = await asyncio.to_thread(work.contradicted)
    report = DayReport(
        institution=where.code, day=day, at=clock(), over=work.over, groups=results, cases=tuple(cases),
        unusable=tuple(one for one in books.unusable if one.day == day),
        unresolved=tuple(OpenCall.of(one) for one in work.open), contradicted=contradicted, failures=failures,
        applied=tuple(applied), dry_run=not apply,
    )  # fmt: skip
    if not (apply and report.balanced):
        return report
    return attrs.evolve(report, closed=await work.close())


def _open_case(attempt: AttemptRecord, seen: Mapping[str, Finding]) -> Case | None:
    found = seen.get(attempt.msgid)
    return None if found is None else open_case(attempt, found)


class _Work:
    """One day of one institution."""

    def __init__(
        self, call: Call, journal: Journal, config: Config, where: Institution, day: dt.date, scope: Scope,
        clock: Callable[[], int],
    ) -> None:  # fmt: skip
        self.call, self.journal, self.config, self.where, self.day = call, journal, config, where, day
        self.scope, self.clock = scope, clock
        self.open: tuple[AttemptRecord, ...] = ()
        """Unresolved calls that may have been executed on the day; see :meth:`read`."""

    @property
    def over(self) -> bool:
        """Nothing of the day can still come."""
        terms = terms_of(self.where.recovery)
        return self.clock() >= milliseconds(self.day + _DAY) + span_of(terms) + (terms.lag or 0)

    async def read(self) -> Books:
        """The journal's side, as it is now."""
        books = await asyncio.to_thread(
            read_books, self.journal, self.where.code, self.day - _LOOK_BACK, self.day
        )
        start = milliseconds(self.day) - span_of(terms_of(self.where.recovery))
        end = milliseconds(self.day + _DAY) + SKEW
        self.open = tuple(one for one in books.unresolved if start <= one.sent_at < end)
        return books

    async def look_at_open(self) -> dict[str, Finding]:
        """What 3202 says of the open settlements and refunds."""
        await self.read()
        by_day: dict[dt.date, list[str]] = {}
        for one in self.open:
            if is_settlement(one.interface):
                by_day.setdefault(day_of(one.signed_at), []).append(one.msgid)
        found: dict[str, Finding] = {}
        for day, msgids in by_day.items():
            found |= await findings(
                self.call, self.journal, self.config, self.where.code, day, msgids, clock=self.clock
            )
        return found

    def ways(self, books: Books) -> set[Way]:
        """Clearing types and offices to ask about."""
        seen = books.ways()
        offices = {*self.scope.offices, *(office for _, office in seen)} or {self.where.mdtrtarea_admvs}
        types = {*self.scope.clr_types, *(kind for kind, _ in seen)}
        return {(kind, office) for kind in types for office in offices}

    async def totals(self, books: Books, day: dt.date | None = None) -> tuple[GroupResult, ...]:
        """3201 for every group of a day."""
        rows = books.of(day or self.day)
        groups = groups_of(rows, self.ways(books), self.scope.insutypes)
        return await compare_totals(self.call, self.where, day or self.day, rows, groups)

    async def details(
        self, books: Books, results: Sequence[GroupResult]
    ) -> tuple[list[Case], dict[Way, str]]:
        """3202 wherever 3201 does not agree."""
        cases: list[Case] = []
        failures: dict[Way, str] = {}
        for way in sorted({one.group.way for one in results if not one.settled}):
            rows = [row for row in books.of(self.day) if (row.clr_type, row.optins) == way]
            try:
                told = await compare_details(self.call, self.where, self.day, way, rows)
            except NotSent:
                raise
            except MiError as error:
                failures[way] = error.message()
                continue
            known = await asyncio.to_thread(self._attempts, (line.msgid for line in told.rows))
            cases += cases_of(told.rows, rows, self.where.code, known.get)
        return cases, failures

    def _attempts(self, msgids: Iterable[str | None]) -> dict[str, AttemptRecord]:
        found = (self.journal.read.attempt(msgid) for msgid in msgids if msgid)
        return {one.msgid: one for one in found if one is not None}

    def contradicted(self) -> tuple[str, ...]:
        """Calls of the day that were recorded as without effect and seen alive."""
        stones = [one for one in self.journal.read.tombstones(self.where.code) if one.contradicted]
        known = (self.journal.read.attempt(stone.msgid) for stone in stones)
        return tuple(one.msgid for one in known if one is not None and day_of(one.signed_at) == self.day)

    async def close(self) -> int:
        """Close the tombstones of this day, and those of the day before whose message might have come over midnight."""
        days = [self.day]
        books = await self.read()
        before = self.day - _DAY
        if any(
            day_of(stone.created_at) <= self.day for stone in self.journal.read.tombstones(self.where.code)
        ):
            results = await self.totals(books, before)
            if all(one.settled for one in results):
                days.append(before)
        return await acting.close_tombstones(
            self.journal, self.where.recovery, self.where.code, days, self.clock()
        )
