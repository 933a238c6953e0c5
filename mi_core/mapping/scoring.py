"""How well an offer of the catalogue fits an item: a weighted mean, 0–100, of what both sides tell.

Name, specification, maker and dosage form count; an equal approval number adds. The parts of thousands of offers are the same
few texts (a maker, a strength), so each is compared once for an item.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from mi_core.mapping.normal import plain_name, spec_of, without_brackets

if TYPE_CHECKING:
    from mi_core.mapping.matching import Offer, Wanted

__all__ = ["Scorer"]

WEIGHTS: Final = {"name": 50, "spec": 25, "maker": 15, "dosform": 10}
_WORDS: Final = {"name": "名称", "spec": "规格", "maker": "厂家", "dosform": "剂型"}
SAME_APPROVAL: Final = 10
"""Added where approval numbers agree: one number is one product of one maker in one strength."""
OTHER_STRENGTH: Final = 60
"""A candidate of another strength is never better than this."""
OTHER_FORM: Final = 70
"""The same for another dosage form."""
BRACKETS: Final = 0.97
"""What stands in brackets may be the trade name, or the dosage form: without it a little less is certain."""
_LEGAL: Final = re.compile(r"(股份|责任)?有限(责任)?公司$|集团|公司$|总厂$|厂$")


class Scorer:
    """Scores offers for one item."""

    def __init__(self, fuzz: Any, wanted: Wanted) -> None:
        self._ratio, self._wanted = fuzz.ratio, wanted
        self._own, self._form = plain_name(wanted.name), plain_name(wanted.dosform)
        self._bare = plain_name(without_brackets(wanted.name))
        self._names: dict[tuple[str, str], float] = {}
        self._specs: dict[str, tuple[float, bool]] = {}
        self._makers: dict[str, float] = {}
        self._forms: dict[str, float] = {}
        self._approval = plain_name(wanted.approval)
        self._wants_spec, self._wants_maker = bool(wanted.spec), bool(wanted.maker)
        told = [WEIGHTS[part] for part in ("spec", "maker", "dosform") if getattr(wanted, part)]
        self._others, self._weight = 100 * sum(told), WEIGHTS["name"] + sum(told)

    def most(self, name: float) -> float:
        """What an offer with a name of that likeness can reach at best (without the approval number)."""
        return (WEIGHTS["name"] * name + self._others) / self._weight

    def score(self, offer: Offer, name: float) -> float:
        """0–100; ``name``: the likeness of its name (:meth:`name`)."""
        total, weight, most = WEIGHTS["name"] * name, WEIGHTS["name"], 100.0
        if self._wants_spec and offer.spec:
            value, other = self._specs.get(offer.spec) or self._spec(offer.spec)
            total += WEIGHTS["spec"] * value
            weight += WEIGHTS["spec"]
            if other:
                most = OTHER_STRENGTH
        if self._wants_maker and offer.maker:
            likeness = self._makers.get(offer.maker)
            total += WEIGHTS["maker"] * (self._maker(offer.maker) if likeness is None else likeness)
            weight += WEIGHTS["maker"]
        if self._form and offer.dosform:
            value = self._dosform(offer.dosform)
            total += WEIGHTS["dosform"] * value
            weight += WEIGHTS["dosform"]
            if value < 50 and most > OTHER_FORM:
                most = OTHER_FORM
        score = total / weight
        if score > most:
            score = most
        if self._approval and self._approval == plain_name(offer.approval):
            return min(score + SAME_APPROVAL, 100.0)
        return score

    def explained(self, offer: Offer) -> str:
        """What the score is made of, for people."""
        wanted = self._wanted
        parts = {"name": self.name(plain_name(offer.name), offer.dosform)}
        other = False
        if wanted.spec and offer.spec:
            parts["spec"], other = self._spec(offer.spec)
        if wanted.maker and offer.maker:
            parts["maker"] = self._maker(offer.maker)
        if self._form and offer.dosform:
            parts["dosform"] = self._dosform(offer.dosform)
        words = [f"{_WORDS[name]} {round(value)}" for name, value in parts.items()]
        if parts.get("dosform", 100) < 50:
            words.append("剂型不同")
        if other:
            words.append(f"含量或尺寸不同（{spec_of(wanted.spec)} / {spec_of(offer.spec)}）")
        if self._approval and self._approval == plain_name(offer.approval):
            words.append("批准文号相同")
        if wanted.code and wanted.code == offer.code:
            words.insert(0, "国家编码相同" + ("，但名称相差较大，请核对" if parts["name"] < 50 else ""))
        return "；".join(words)

    def name(self, other: str, dosform: str) -> float:
        """The likeness of a plain name. Hospitals write the dosage form into the name or beside it; either counts."""
        key = (other, dosform)
        best = self._names.get(key)
        if best is None:
            best = self._names[key] = self._compared(other, plain_name(dosform))
        return best

    def _compared(self, other: str, theirs: str) -> float:
        own, form, ratio = self._own, self._form, self._ratio
        best = float(ratio(own, other))
        if (
            len(self._bare) >= 2 and self._bare != own
        ):  # 阿莫西林胶囊（阿莫灵）: a trade name, a maker, a place
            best = max(best, float(ratio(self._bare, other)) * BRACKETS)
        if form and form not in own:
            best = max(best, float(ratio(own + form, other)))
        if theirs and theirs not in other:
            best = max(best, float(ratio(own, other + theirs)))
        if min(len(own), len(other)) >= 4:  # 诊查费（普通门诊） and 普通门诊诊查费
            shuffled = float(ratio("".join(sorted(own)), "".join(sorted(other))))
            best = max(best, shuffled * 0.9)
        return best

    def _maker(self, other: str) -> float:
        """Hospitals shorten names of companies."""
        value = self._makers.get(other)
        if value is None:
            a, b = (_LEGAL.sub("", plain_name(name)) for name in (self._wanted.maker, other))
            value = float(self._ratio(a, b))
            short, long = sorted((a, b), key=len)
            if len(short) >= 2 and short in long:
                value = max(value, 95.0)
            self._makers[other] = value
        return value

    def _dosform(self, other: str) -> float:
        """胶囊 and 胶囊剂 are one."""
        value = self._forms.get(other)
        if value is None:
            value = float(self._ratio(self._form.removesuffix("剂"), plain_name(other).removesuffix("剂")))
            self._forms[other] = value
        return value

    def _spec(self, other: str) -> tuple[float, bool]:
        """Likeness, and whether the strengths exclude each other."""
        found = self._specs.get(other)
        if found is None:
            found = self._specs[other] = self._amounts(other)
        return found

    def _amounts(self, other: str) -> tuple[float, bool]:
        a, b = spec_of(self._wanted.spec), spec_of(other)
        if not (a.strength and b.strength):
            return float(self._ratio(plain_name(self._wanted.spec), plain_name(other))), False
        if not (a.strength <= b.strength or b.strength <= a.strength):
            return 0.0, True
        if a.counts and b.counts and not a.counts & b.counts:
            return 60.0, False
        return (100.0 if a.strength == b.strength else 85.0), False
