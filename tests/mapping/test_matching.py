"""What counts as the same, and what does not."""

from __future__ import annotations

from decimal import Decimal
from importlib import import_module

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi_core.mapping.matching import Matcher, Offer, Wanted
from mi_core.mapping.normal import plain_name, spec_of
from mi_core.mapping.scoring import Scorer
from tests.bench.mapping_rate import items
from tests.bench.mapping_rate import offers as drugs


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("0.25g×24粒/盒", "250mg*24"), ("２５０ＭＧ", "0.25克"), ("1.25万单位", "12500IU"), ("500ml", "0.5L"), ("50μg", "0.05mg"),
        ("10ml:0.1g", "100毫克：10毫升"),
    ],
    ids=range(6),
)  # fmt: skip
def test_the_same_amounts(one: str, other: str) -> None:
    assert spec_of(one).strength == spec_of(other).strength and spec_of(one).counts == spec_of(other).counts


@given(st.decimals(Decimal("0.01"), Decimal(900), places=2))
def test_grams_and_milligrams(amount: Decimal) -> None:
    assert (
        spec_of(f"{amount}g").strength
        == spec_of(f"{amount * 1000}mg").strength
        == spec_of(f"{amount}克").strength
    )


def test_names_without_width_case_and_punctuation() -> None:
    assert plain_name("阿莫西林（ＡＭＸ）· 胶囊 ") == plain_name("阿莫西林(amx)胶囊")


def offers() -> list[Offer]:
    made = [
        Offer(code=f"N{i}", name=f"某药{i:04}号片", source="1301", list_type="101", spec="1mg")
        for i in range(3000)
    ]
    return [*made, Offer(code="A", name="头孢克肟分散片", source="1301", list_type="101", spec="50mg", maker="甲", dosform="分散片"),
            Offer(code="B", name="头孢克肟颗粒", source="1301", list_type="101", spec="50mg", maker="甲"),
            Offer(code="C", name="头孢克肟分散片", source="1305", list_type="201")]  # fmt: skip


def test_the_right_one_is_found_among_many() -> None:
    matcher = Matcher(offers())
    found = matcher.candidates(Wanted(name="头孢克肟", dosform="分散片", spec="0.05g*12", list_type="101"))
    assert (
        [c.offer.code for c in found[:2]] == ["A", "B"]
        and found[0].score > found[1].score
        and len(matcher) == 3003
    )
    assert {c.offer.list_type for c in found} == {"101"}


def test_another_strength_is_never_good() -> None:
    found = Matcher(offers()).candidates(
        Wanted(name="头孢克肟分散片", spec="100mg", maker="甲", dosform="分散片", list_type="101")
    )
    assert found[0].offer.code == "A" and found[0].score <= 60 and "含量或尺寸不同" in found[0].explained


def test_a_given_code_comes_first_and_a_name_that_does_not_fit_is_told() -> None:
    found = Matcher(offers()).candidates(Wanted(name="完全不同的东西", code="B"))
    assert found[0].given and found[0].offer.code == "B" and "名称相差较大" in found[0].explained


@given(
    st.text("阿莫西林胶囊颗粒（）() 0.25g×*/", max_size=30), st.text("0123456789.gmlu万×*/粒", max_size=20)
)
def test_no_text_breaks_it(name: str, spec: str) -> None:
    for candidate in MATCHER.candidates(Wanted(name=name, spec=spec)):
        assert 40 <= candidate.score <= 100 and candidate.explained


def test_what_is_left_alone_is_never_better_than_what_is_found() -> None:
    """The index, and giving up early, against a comparison with every offer: the same best score."""
    some = list(drugs(4_000))
    matcher = Matcher(some)
    fuzz = import_module("rapidfuzz.fuzz")
    for wanted, meant in items(some, 25):
        found = matcher.candidates(wanted)
        scorer = Scorer(fuzz, wanted)
        best = max(round(scorer.score(o, scorer.name(plain_name(o.name), o.dosform))) for o in some)
        assert found[0].score == best, wanted
        assert meant.code in {c.offer.code for c in found}


def test_giving_up_early_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    some = list(drugs(3_000))
    matcher = Matcher(some)
    wanted = [one for one, _ in items(some, 60)]
    early = [matcher.candidates(one) for one in wanted]
    monkeypatch.setattr(Scorer, "most", lambda *_: 1_000.0)  # nothing is left alone
    assert [matcher.candidates(one) for one in wanted] == early


def test_ties_are_told_in_the_same_order_every_time() -> None:
    twins = [Offer(code=f"T{n}", name="维生素C片", source="1301") for n in range(9)]
    for order in (twins, twins[::-1]):
        assert [c.offer.code for c in Matcher(order).candidates(Wanted(name="维生素C片"))] == [
            f"T{n}" for n in range(5)
        ]


MATCHER = Matcher(offers()[-40:])
