"""Putting the catalogue's questions to the centre, through the same pipeline as every call."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

import attrs

from mi_core.classify import Refusals
from mi_core.config import Config
from mi_core.errors import BureauRefused, InvalidInput, MiError, NotSent
from mi_core.journal import AttemptRecord, Finding, Journal
from mi_core.journal.findings import giver, siblings
from mi_core.model import Interface, Request, Response
from mi_core.model.outcome import OutcomeQuery, Source
from mi_core.pipeline import CallOptions
from mi_core.recovery.answers import Seen, read, without_row
from mi_core.recovery.asked import DECIDES, Answer, Asked, Kept, Silence, answered_at
from mi_core.recovery.case import Case, Opened, applies, case_of, content_of, questions_of
from mi_core.recovery.pace import Pace

__all__ = ["Asker", "Call"]

_log = logging.getLogger("mi_core.recovery")
_SILENT: Final = 3
"""Variants of a question that get no answer until the rest is left for the next look."""


class Call(Protocol):
    """The pipeline's ``call``."""

    async def __call__(self, request: Request[Any], options: CallOptions) -> Response:
        """The reply, or an error of :mod:`mi_core.errors`."""
        ...


class _Silent(Exception):
    """Internal: there was no answer; ``unsent``: there was no question either."""

    def __init__(self, why: str, *, unsent: bool) -> None:
        super().__init__(why)
        self.unsent = unsent


class Asker:
    """Asks about attempts. ``clock``: milliseconds, as the journal's."""

    def __init__(
        self, journal: Journal, config: Config, call: Call, clock: Callable[[], int], pace: Pace
    ) -> None:
        self._journal, self._config, self._call, self._clock, self._pace = journal, config, call, clock, pace

    async def questions(self, attempt: AttemptRecord) -> list[tuple[OutcomeQuery, Case]]:
        """What can be asked about it here, each with what it needs from the journal; blocking reads run in a thread."""
        return await asyncio.to_thread(self._questions, attempt)

    def _questions(self, attempt: AttemptRecord) -> list[tuple[OutcomeQuery, Case]]:
        case, found = case_of(attempt), []
        blank_taken = self._config.institution(attempt.institution).recovery.query_without_setl_id
        for query in self._config.behaviour(attempt.institution, attempt.interface).outcome_queries:
            if not query.ask or (query.region and not blank_taken) or not applies(query, case):
                continue
            own = self._with_journal(query, case)
            if own is not None and questions_of(query.ask if query.first is None else query.first.ask, own):
                found.append((query, own))
        return found

    async def named(self, attempt: AttemptRecord, identifier: str) -> list[tuple[OutcomeQuery, Case]]:
        """What can be asked about it now that its id at the centre is known; only what gives the content of the reply.

        A row that does not bear our message id is its own only under that id: by person and number alone it may be another.
        """
        return await asyncio.to_thread(self._named, attempt, identifier)

    def _named(self, attempt: AttemptRecord, identifier: str) -> list[tuple[OutcomeQuery, Case]]:
        case, found = case_of(attempt), []
        for query in self._config.behaviour(attempt.institution, attempt.interface).outcome_queries:
            field = query.identifier
            if not query.ask or field is None or query.adopt is None or not applies(query, case):
                continue
            known = (Source(const=identifier),)
            ask = tuple((path, known if path.rpartition(".")[2] == field else s) for path, s in query.ask)
            blank = tuple(path for path in query.blank if path.rpartition(".")[2] != field)
            by_message = any(source.own == "msgid" for _, source in query.match)
            match = query.match if by_message else (*query.match, (field, known[0]))
            asked = attrs.evolve(
                query, ask=ask, blank=blank, match=match, region=bool(blank) and query.region
            )
            own = None if asked.region else self._with_journal(asked, case)
            if own is not None:
                found.append((asked, own))
        return found

    def _with_journal(self, query: OutcomeQuery, case: Case) -> Case | None:
        """The case with what earlier calls gave; ``None`` when the call that the question needs is not known here."""
        journal, attempt = self._journal, case.attempt
        if query.opener is not None:
            interface, path = query.opener
            names = questions_of((("id", (_call(path),)),), case)
            name = str(names[0]["id"]) if names else ""
            msgid = journal.read.ask(
                lambda rows, ring: giver(rows, ring, attempt.institution, interface, name)
            )
            opener = None if msgid is None else journal.read.attempt(msgid)
            if opener is None:
                return None
            reply = opener.result if opener.result is not None else opener.response
            case = attrs.evolve(
                case, opened=Opened(content_of(opener.request, "input"), content_of(reply, "output"))
            )
        if query.fresh is not None:
            same = query.fresh
            msgids = journal.read.ask(
                lambda rows, _: siblings(rows, attempt.operation_id, attempt.msgid, same)
            )
            others = [other for msgid in msgids if (other := journal.read.attempt(msgid)) is not None]
            case = attrs.evolve(case, known=frozenset(_names(others, query.identifier or "")))
        return case

    async def look(
        self, questions: list[tuple[OutcomeQuery, Case]], kept: Kept | None = None
    ) -> Finding | Silence:
        """Ask one after the other until one decides. What ``kept`` has is not asked again; it gets what was answered."""
        asked, silent = Asked(), ""
        kept = Kept() if kept is None else kept
        for query, case in questions:
            try:
                if await self._ask(query, case, asked, kept):
                    break
            except _Silent as none:
                if none.unsent:
                    return Silence(str(none), unsent=True)
                silent = str(none)
        found = asked.finding(silent)
        if isinstance(found, Finding):
            kept.answers.clear()
        return found

    async def _ask(self, query: OutcomeQuery, case: Case, asked: Asked, kept: Kept) -> bool:
        """One question in all its variants; True when it decides. Raises :class:`_Silent` when one got no answer."""
        rows: list[Mapping[str, Any] | None] = [None]
        silent: list[_Silent] = []
        if query.first is not None:
            rows = []
            for content in questions_of(query.first.ask, case):
                answer = await self._get(case, query.first.interface, content, (), kept)
                asked.took(answer)
                found = _first_rows(answer, query.first.rows)
                if found is None:
                    asked.add(
                        query, Seen("unknown", detail=f"{query.first.interface}: {answer.refused}"), answer
                    )
                    return False
                rows += found
                if not rows:
                    asked.add(query, without_row(query), answer)
        for row in rows:
            contents = questions_of(query.ask, case, row)
            if not contents:
                asked.unclear(query)
            for content in contents:
                try:
                    answer = await self._get(case, query.interface, content, query.blank, kept)
                except _Silent as none:
                    silent.append(none)
                    if none.unsent or len(silent) >= _SILENT:
                        raise
                    continue
                seen = self._seen(query, case, answer)
                asked.add(query, seen, answer)
                if seen.means in DECIDES or (seen.row is not None and seen.means == "absent"):
                    return True
        if silent:
            raise silent[0]
        return False

    def _seen(self, query: OutcomeQuery, case: Case, answer: Answer) -> Seen:
        if answer.refused is not None:
            absent = Refusals(self._config.institution(case.attempt.institution).recovery.absent)
            known = answer.refused in absent
            return without_row(query) if known else Seen("unknown", detail=f"refused: {query.interface}")
        seen = read(query, case, answer.output)
        if seen.row is None and not answer.whole:
            return Seen("unknown", detail="the answer cannot be read whole")
        return seen

    async def _get(
        self, case: Case, interface: str, content: Mapping[str, Any], blank: tuple[str, ...], kept: Kept
    ) -> Answer:
        key = json.dumps([interface, content], sort_keys=True, default=str)
        if key not in kept.answers:
            kept.answers[key] = await self._fetch(case, interface, content, blank)
        return kept.answers[key]

    async def _fetch(
        self, case: Case, interface: str, content: Mapping[str, Any], blank: tuple[str, ...]
    ) -> Answer:
        attempt = case.attempt
        options = CallOptions(
            lane="recovery", institution=attempt.institution, insuplc_admdvs=attempt.insuplc_admdvs or None,
            blank=tuple("/" + path.replace(".", "/") for path in blank),
        )  # fmt: skip
        await self._pace.wait()
        started = self._clock()
        try:
            spoken = self._config.institution(attempt.institution).interface(interface)
            request = _request(spoken, content, blank)
            reply = await self._call(request, options)
        except BureauRefused as refused:
            at = min(started, answered_at(refused.raw) or started)
            absent = Refusals(self._config.institution(attempt.institution).recovery.absent)
            return Answer(at, refused.raw, [] if refused.reason in absent else None, refused.reason)
        except InvalidInput as wrong:
            _log.error("%s: the question %s cannot be asked: %s", attempt.msgid, interface, wrong.en)
            return Answer(started, None, refused="(invalid question)")
        except MiError as silent:
            raise _Silent(silent.code, unsent=isinstance(silent, NotSent)) from None
        return _read(reply, started)


def _read(reply: Response, started: int) -> Answer:
    raw = reply.meta.raw
    at = min(started, answered_at(raw) or started)
    output = content_of(raw, "output")
    if output is not None:
        return Answer(at, raw, output)
    typed = reply.to_dict()  # an encrypted answer: only what our classes hold
    return Answer(at, raw, typed, whole=all(isinstance(v, list | tuple) for v in typed.values()))


def _request(interface: Interface[Any], content: Mapping[str, Any], blank: tuple[str, ...]) -> Request[Any]:
    """The typed question; fields that are sent empty are put in after the check."""
    filled: Any = json.loads(json.dumps(content, default=str)) if blank else content
    for path in blank:
        *nodes, field = path.split(".")
        here = filled
        for node in nodes:
            here = here[node]
        here[field] = "-"
    request: Any = interface.request.from_dict(filled)
    empty = {path.rpartition(".")[2]: "" for path in blank}
    checked: Request[Any] = attrs.evolve(request, **empty) if blank else request
    return checked


def _first_rows(answer: Answer, path: str) -> list[Mapping[str, Any] | None] | None:
    """The rows of a preliminary answer; ``None`` when it is not understood."""
    if answer.refused is not None:
        return None if answer.output is None else []
    here: Any = answer.output
    for step in path.split(".") if path else ():
        if not isinstance(here, Mapping) or step not in here:
            return None
        here = here[step]
    rows = [] if here is None else here if isinstance(here, list | tuple) else [here]
    return (
        [row for row in rows if isinstance(row, Mapping)] if answer.whole or isinstance(here, list) else None
    )


def _names(others: list[AttemptRecord], field: str) -> set[str]:
    """Identifiers that other calls gave: as recorded, and the field of that name in their replies."""
    names = {other.identifier for other in others if other.identifier}
    for other in others:
        reply = content_of(other.result if other.result is not None else other.response, "output")
        for node in reply.values() if isinstance(reply, Mapping) else ():
            value = node.get(field) if isinstance(node, Mapping) else None
            if value:
                names.add(str(value))
    return names


def _call(path: str) -> Any:
    return Source(call=path)
