"""Candidates of the medical catalogue for a hospital's own item, each with a score that says what it is made of.

Names that share pairs of characters are found by an index and looked at from the most similar on; the rest is left alone as
soon as nothing in it can be better than what was found. How a score is made: :mod:`mi_core.mapping.scoring`. It is a proposal;
people accept it. What the hospital gave as national code comes first whatever its score is, and is marked.
"""

from __future__ import annotations

import heapq
from bisect import insort
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from importlib import import_module
from sys import intern
from typing import Any, Final

import attrs

from mi_core.errors import ConfigError
from mi_core.mapping.normal import plain_name
from mi_core.mapping.scoring import Scorer

__all__ = ["Candidate", "Matcher", "Offer", "Wanted"]

_NAMES_LOOKED_AT: Final = 40
_ENTRIES_LOOKED_AT: Final = 4_000
_PLACES_COUNTED: Final = 30_000
"""Places of pairs that are counted for one item, those of rare pairs first: 片 or 注射 stand in half of all names and tell little."""


@attrs.frozen(kw_only=True)
class Offer:
    """An entry of the medical catalogue, as far as it is compared."""

    code: str
    name: str
    source: str
    """The interface it came from."""
    list_type: str = ""
    spec: str = ""
    maker: str = ""
    approval: str = ""
    dosform: str = ""


@attrs.frozen(kw_only=True)
class Wanted:
    """A hospital's item, as far as it is compared."""

    name: str
    list_type: str = ""
    code: str = ""
    """The national code that the hospital has for it."""
    spec: str = ""
    maker: str = ""
    approval: str = ""
    dosform: str = ""


@attrs.frozen(kw_only=True)
class Candidate:
    """An offer with its score and what it is made of, for people."""

    offer: Offer
    score: int
    explained: str
    given: bool = False
    """It has the national code that the hospital gave."""


class Matcher:
    """All offers, found again by pairs of characters of their names; memory for each, so build it once for many items."""

    def __init__(self, offers: Iterable[Offer]) -> None:
        self._fuzz = _library()
        self._groups: dict[str, list[Offer]] = {}
        self._forms: dict[str, set[str]] = defaultdict(set)
        self._by_code: dict[str, list[Offer]] = defaultdict(list)
        self._by_approval: dict[str, list[Offer]] = defaultdict(list)
        for offer in map(_shared, offers):
            name = plain_name(offer.name)
            self._groups.setdefault(name, []).append(offer)
            self._forms[name].add(offer.dosform)
            self._by_code[offer.code].append(offer)
            if offer.approval:
                self._by_approval[plain_name(offer.approval)].append(offer)
        self._names = list(self._groups)
        self._pairs: dict[str, list[int]] = defaultdict(list)
        for place, name in enumerate(self._names):
            for pair in _pairs_of(name):
                self._pairs[pair].append(place)

    def __len__(self) -> int:
        return sum(map(len, self._by_code.values()))

    def candidates(self, wanted: Wanted, *, limit: int = 5, least: int = 40) -> list[Candidate]:
        """The best offers, best first; an offer with the given code is always the first."""
        scorer = Scorer(self._fuzz, wanted)
        found = _Best(limit)
        given = self._by_code.get(wanted.code, ()) if wanted.code else ()
        same = self._by_approval.get(plain_name(wanted.approval), ()) if wanted.approval else ()
        for offer in (*given, *same):
            if _of_kind(offer, wanted):
                found.add(offer, scorer.score(offer, scorer.name(plain_name(offer.name), offer.dosform)))
        self._by_names(wanted, scorer, found)
        ranked = sorted(
            (offer.code != wanted.code, -round(score), offer.code, offer.source, offer)
            for offer, score in found.all(wanted.code)
        )
        return [
            Candidate(offer=offer, score=-less, explained=scorer.explained(offer), given=not other)
            for other, less, _, _, offer in ranked[:limit]
            if not other or -less >= least
        ]

    def _by_names(self, wanted: Wanted, scorer: Scorer, found: _Best) -> None:
        """Offers of similar names, the most similar first, until none of the rest can be better."""
        ranked = []
        for name in self._similar(plain_name(wanted.name)):
            by_form = {form: scorer.name(name, form) for form in self._forms[name]}
            ranked.append((-max(by_form.values()), name, by_form))
        looked = 0
        for less, name, by_form in sorted(ranked, key=lambda one: one[:2]):
            if looked > _ENTRIES_LOOKED_AT or scorer.most(-less) < found.worst:
                return
            group = self._groups[name]
            looked += len(group)
            for offer in group:
                score = scorer.score(offer, by_form[offer.dosform])
                if score >= found.worst and _of_kind(offer, wanted):
                    found.add(offer, score)

    def _similar(self, name: str) -> list[str]:
        """Names that share most pairs of characters, most similar first; shared pairs count more in short names."""
        pairs = _pairs_of(name)
        places = sorted((self._pairs[pair] for pair in pairs if pair in self._pairs), key=len)
        shared: Counter[int] = Counter()
        counted = 0
        for some in places:
            shared.update(some)
            counted += len(some)
            if counted > _PLACES_COUNTED:
                break
        most = max(shared.values(), default=0)
        ranked = [
            (-count / (len(pairs) + len(self._names[place])), place) for place, count in shared.items() if 2 * count >= most
        ]  # fmt: skip
        return [self._names[place] for _, place in heapq.nsmallest(_NAMES_LOOKED_AT, ranked)]


class _Best:
    """The best offers that were looked at, one for each code, and the score that a further one must reach to matter."""

    def __init__(self, limit: int) -> None:
        self._found: dict[tuple[str, str], tuple[Offer, float]] = {}
        self._top: list[float] = []
        self._limit = limit
        self.worst = -1.0

    def add(self, offer: Offer, score: float) -> None:
        key = (offer.source, offer.code)
        before = self._found.get(key)
        if before is not None and before[1] >= score:
            return
        self._found[key] = (offer, score)
        top = self._top
        if before is not None and before[1] in top:
            top.remove(before[1])
        insort(top, score)
        del top[: -self._limit]
        self.worst = top[0] if len(top) >= self._limit else -1.0

    def all(self, given: str) -> Iterable[tuple[Offer, float]]:
        """Those that may be among the best once scores are rounded, and those of the code ``given``."""
        least = self.worst - 0.5
        return [one for one in self._found.values() if one[1] >= least or one[0].code == given]


def _of_kind(offer: Offer, wanted: Wanted) -> bool:
    return not wanted.list_type or offer.list_type in ("", wanted.list_type) or offer.code == wanted.code


def _shared(offer: Offer) -> Offer:
    """The same, with texts that thousands of offers have held once in memory."""
    return attrs.evolve(
        offer, source=intern(offer.source), list_type=intern(offer.list_type), spec=intern(offer.spec), maker=intern(offer.maker),
        dosform=intern(offer.dosform),
    )  # fmt: skip


@lru_cache(maxsize=4096)
def _pairs_of(name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name[i : i + 2] for i in range(max(len(name) - 1, 1))))


def best(candidates: Sequence[Candidate]) -> Candidate | None:
    """The first, unless another one is as good: then a person has to choose."""
    if not candidates:
        return None
    if len(candidates) > 1 and not candidates[0].given and candidates[1].score == candidates[0].score:
        return None
    return candidates[0]


def _library() -> Any:
    try:
        return import_module("rapidfuzz.fuzz")
    except ImportError:
        raise ConfigError(
            "目录对照需要 rapidfuzz", "matching needs rapidfuzz",
            hint_zh="pip install 'mi-core[mapping]'", hint_en="pip install 'mi-core[mapping]'",
        ) from None  # fmt: skip
