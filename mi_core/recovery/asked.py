"""What the questions about one attempt have said so far, and what follows from all of it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any, Final

import attrs

from mi_core.journal import Finding, Sight
from mi_core.model.outcome import OutcomeQuery
from mi_core.recovery.adopting import adopted, identifier_of, missing_of
from mi_core.recovery.answers import CONTRADICTION, Seen
from mi_core.scalars import parse_moment
from mi_core.types import CHINA_TIME

__all__ = ["DECIDES", "Answer", "Asked", "Kept", "Silence", "answered_at"]

DECIDES = frozenset({"found", "unidentified", "refunded", CONTRADICTION})
"""What an own row says that needs no further question."""
_STALE: Final = 3_600_000
"""Milliseconds after which an answer is fetched again."""


@attrs.frozen
class Silence:
    """No answer came: it says nothing and uses up no patience at once."""

    why: str
    unsent: bool = False
    """Nothing was even asked (the gateway is away or has too much to do): it never uses up any."""


@attrs.frozen
class Answer:
    """One answer of the centre."""

    at: int
    """When the centre was asked, by the earlier of its clock and ours."""
    raw: bytes | None = attrs.field(repr=False)
    output: Any = attrs.field(default=None, repr=False)
    refused: str | None = None
    whole: bool = True
    """All rows of the answer are in ``output``."""


@attrs.define
class Kept:
    """Answers of a look that remained incomplete: the next one asks only for what is lacking.

    Where one answer is put together from a dozen questions, a gateway that loses every fifth would else hardly ever
    answer all of them at once.
    """

    answers: dict[str, Answer] = attrs.field(factory=dict)

    def fresh(self, now: int, fence: int | None) -> None:
        """Forget what is too old, and what says less than an answer of now would: from before the fence."""
        since = now - _STALE if fence is None or now < fence else max(fence, now - _STALE)
        self.answers = {key: one for key, one in self.answers.items() if one.at >= since}


class Asked:
    """What the questions about one attempt have said so far."""

    def __init__(self) -> None:
        self.seen: list[tuple[OutcomeQuery, Seen, Answer]] = []
        self.at: int | None = None

    def took(self, answer: Answer) -> None:
        """An answer came."""
        self.at = answer.at if self.at is None else min(self.at, answer.at)

    def add(self, query: OutcomeQuery, seen: Seen, answer: Answer) -> None:
        """It said this."""
        self.took(answer)
        self.seen.append((query, seen, answer))

    def unclear(self, query: OutcomeQuery) -> None:
        """A row of the preliminary question does not say what to ask for."""
        assert self.at is not None
        self.seen.append(
            (query, Seen("unknown", detail="a row that cannot be asked for"), Answer(self.at, None))
        )

    def finding(self, silent: str) -> Finding | Silence:
        """The conclusion: a row of its own decides; without one all must agree and nobody have been silent."""
        if self.at is None:
            return Silence(silent or "nothing could be asked")
        query, seen, answer = self.seen[-1]
        if seen.means in DECIDES:
            return self._found(query, seen, answer)
        if seen.row is not None and seen.means == "absent":
            return Finding(sight=Sight.ABSENT, source="query", asked_at=self.at, response=answer.raw)
        if silent:
            return Silence(silent)
        said = {one.means for _, one, _ in self.seen} - {"nothing"}
        if said == {"absent"}:
            return Finding(sight=Sight.ABSENT, source="query", asked_at=self.at, response=answer.raw)
        if said == {"executed"}:
            reply = adopted(None, None, None)
            return Finding(sight=Sight.FOUND, source="query", asked_at=self.at, response=reply)
        return Finding(sight=Sight.UNKNOWN, source="query", asked_at=self.at, response=answer.raw)

    def _found(self, query: OutcomeQuery, seen: Seen, answer: Answer) -> Finding:
        assert self.at is not None
        sight = Sight(seen.means)
        if sight is not Sight.FOUND:
            return Finding(sight=sight, source="query", asked_at=self.at, response=answer.raw)
        return Finding(
            sight=sight, source="query", asked_at=self.at, identifier=identifier_of(query, seen),
            response=adopted(query, seen, answer.output), missing=missing_of(query, seen),
        )  # fmt: skip


def answered_at(raw: bytes | None) -> int | None:
    """When the centre took the question, by its own clock (milliseconds); ``None`` when the answer does not say."""
    try:
        top = json.loads(raw or b"null")
    except (ValueError, RecursionError):
        return None
    for key in ("refmsg_time", "respond_time"):
        text = top.get(key) if isinstance(top, Mapping) else None
        try:
            moment = parse_moment(str(text)) if text else None
        except (ValueError, OverflowError):
            moment = None
        if isinstance(moment, dt.datetime):
            return round(moment.replace(tzinfo=CHINA_TIME).timestamp() * 1000)
    return None
