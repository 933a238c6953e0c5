"""Candidates of the medical catalogue for a hospital's own item, each with a score that says what it is made of.

A score is a weighted mean, 0–100, of what both sides tell: name, specification, maker, approval number, dosage form. It
is a proposal; people accept it. What the hospital gave as national code comes first whatever its score is, and is marked.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from importlib import import_module
from typing import Any, Final

import attrs

from mi_core.errors import ConfigError
from mi_core.mapping.normal import plain_name, spec_of

__all__ = ["Candidate", "Matcher", "Offer", "Wanted"]

WEIGHTS: Final = {"name": 50, "spec": 25, "maker": 15, "dosform": 10}
_WORDS: Final = {"name": "名称", "spec": "规格", "maker": "厂家", "dosform": "剂型"}
SAME_APPROVAL: Final = 10
"""Added where approval numbers agree: one number is one product of one maker in one strength."""
OTHER_STRENGTH: Final = 60
"""A candidate of another strength is never better than this."""
OTHER_FORM: Final = 70
"""The same for another dosage form."""
_LEGAL: Final = re.compile(r"(股份|责任)?有限(责任)?公司$|集团|公司$|总厂$|厂$")
_NAMES_LOOKED_AT: Final = 40
_ENTRIES_LOOKED_AT: Final = 4_000


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
        self._by_name: dict[str, list[Offer]] = defaultdict(list)
        self._by_code: dict[str, list[Offer]] = defaultdict(list)
        self._by_approval: dict[str, list[Offer]] = defaultdict(list)
        for offer in offers:
            self._by_name[plain_name(offer.name)].append(offer)
            self._by_code[offer.code].append(offer)
            if offer.approval:
                self._by_approval[plain_name(offer.approval)].append(offer)
        self._names = list(self._by_name)
        self._pairs: dict[str, list[int]] = defaultdict(list)
        for place, name in enumerate(self._names):
            for pair in _pairs_of(name):
                self._pairs[pair].append(place)

    def __len__(self) -> int:
        return sum(map(len, self._by_code.values()))

    def candidates(self, wanted: Wanted, *, limit: int = 5, least: int = 40) -> list[Candidate]:
        """The best offers, best first; an offer with the given code is always the first."""
        found: dict[tuple[str, str], Candidate] = {}
        for offer in self._possible(wanted):
            candidate = self._scored(wanted, offer)
            key = (offer.source, offer.code)
            if key not in found or candidate.score > found[key].score:
                found[key] = candidate
        good = [c for c in found.values() if c.given or c.score >= least]
        return sorted(good, key=lambda c: (not c.given, -c.score, c.offer.code))[:limit]

    def _possible(self, wanted: Wanted) -> list[Offer]:
        offers = list(self._by_code.get(wanted.code, ())) if wanted.code else []
        if wanted.approval:
            offers += self._by_approval.get(plain_name(wanted.approval), ())
        for name in self._similar(plain_name(wanted.name)):
            offers += self._by_name[name]
            if len(offers) > _ENTRIES_LOOKED_AT:
                break
        if wanted.list_type:
            offers = [o for o in offers if o.code == wanted.code or o.list_type in ("", wanted.list_type)]
        return offers

    def _similar(self, name: str) -> list[str]:
        """Names that share most pairs of characters, most similar first; shared pairs count more in short names."""
        shared: Counter[int] = Counter()
        pairs = _pairs_of(name)
        for pair in pairs:
            shared.update(self._pairs.get(pair, ()))
        ranked = sorted(
            shared.items(), key=lambda one: -2 * one[1] / (len(pairs) + max(len(self._names[one[0]]) - 1, 1))
        )
        return [self._names[place] for place, _ in ranked[:_NAMES_LOOKED_AT]]

    def _scored(self, wanted: Wanted, offer: Offer) -> Candidate:
        parts: dict[str, float] = {"name": self._name(wanted, offer)}
        other_strength = False
        if wanted.spec and offer.spec:
            parts["spec"], other_strength = self._spec(wanted.spec, offer.spec)
        if wanted.maker and offer.maker:
            parts["maker"] = self._maker(wanted.maker, offer.maker)
        if wanted.dosform and offer.dosform:
            parts["dosform"] = self._fuzz.ratio(_form(wanted.dosform), _form(offer.dosform))
        score = sum(WEIGHTS[n] * value for n, value in parts.items()) / sum(WEIGHTS[n] for n in parts)
        words = [f"{_WORDS[n]} {round(value)}" for n, value in parts.items()]
        if parts.get("dosform", 100) < 50:
            score = min(score, OTHER_FORM)
            words.append("剂型不同")
        if other_strength:
            score = min(score, OTHER_STRENGTH)
            words.append(f"含量或尺寸不同（{spec_of(wanted.spec)} / {spec_of(offer.spec)}）")
        if wanted.approval and plain_name(wanted.approval) == plain_name(offer.approval):
            score = min(score + SAME_APPROVAL, 100)
            words.append("批准文号相同")
        given = bool(wanted.code) and wanted.code == offer.code
        if given:
            words.insert(0, "国家编码相同" + ("，但名称相差较大，请核对" if parts["name"] < 50 else ""))
        return Candidate(offer=offer, score=round(score), explained="；".join(words), given=given)

    def _name(self, wanted: Wanted, offer: Offer) -> float:
        """Hospitals write the dosage form into the name or beside it; either counts."""
        own, other = plain_name(wanted.name), plain_name(offer.name)
        best = float(self._fuzz.ratio(own, other))
        form = plain_name(wanted.dosform)
        if form and form not in own:
            best = max(best, float(self._fuzz.ratio(own + form, other)))
        form = plain_name(offer.dosform)
        if form and form not in other:
            best = max(best, float(self._fuzz.ratio(own, other + form)))
        if min(len(own), len(other)) >= 4:  # 诊查费（普通门诊） and 普通门诊诊查费
            shuffled = float(self._fuzz.ratio("".join(sorted(own)), "".join(sorted(other))))
            best = max(best, shuffled * 0.9)
        return best

    def _maker(self, own: str, other: str) -> float:
        """Hospitals shorten names of companies."""
        a, b = (_LEGAL.sub("", plain_name(name)) for name in (own, other))
        ratio = float(self._fuzz.ratio(a, b))
        short, long = sorted((a, b), key=len)
        return max(ratio, 95.0) if len(short) >= 2 and short in long else ratio

    def _spec(self, own: str, other: str) -> tuple[float, bool]:
        a, b = spec_of(own), spec_of(other)
        if a.strength and b.strength:
            if not (a.strength <= b.strength or b.strength <= a.strength):
                return 0.0, True
            if a.counts and b.counts and not a.counts & b.counts:
                return 60.0, False
            return (100.0 if a.strength == b.strength else 85.0), False
        return float(self._fuzz.ratio(plain_name(own), plain_name(other))), False


def _form(text: str) -> str:
    """胶囊 and 胶囊剂 are one."""
    return plain_name(text).removesuffix("剂")


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
