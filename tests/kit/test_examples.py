"""Factories: typed, overridable, the region's own where a class is a region's."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from mi_core.errors import UnknownName
from mi_core.interfaces import OutpatientSettlementRequest, by_code
from mi_core.testing import examples, strategies
from mi_core.types import UNSET
from mi_core.validation import check_request
from mi_plugins.regions.guangzhou import interfaces as guangzhou


def test_overrides_replace_and_unset_leaves_out() -> None:
    request = examples.valid(OutpatientSettlementRequest, chrg_bchno="B7", invono=UNSET)
    assert (request.chrg_bchno, request.invono) == ("B7", UNSET)
    assert "invono" not in request.to_dict()["data"]
    assert (
        examples.valid("2207")
        == examples.valid(by_code("2207"))
        == examples.valid(OutpatientSettlementRequest)
    )
    wrong = examples.valid(OutpatientSettlementRequest, med_type="nonsense")
    assert [p.rule for p in check_request(wrong)] == ["code"]


def test_minimal_has_the_required_fields_only() -> None:
    request = examples.minimal(OutpatientSettlementRequest)
    assert request.invono is UNSET and request.psn_no
    assert check_request(request) == []


def test_an_unknown_name_is_an_error() -> None:
    with pytest.raises(TypeError, match="no_such_field"):
        examples.valid(OutpatientSettlementRequest, no_such_field=1)
    with pytest.raises(TypeError, match='such as "2207"'):
        examples.valid(2207)  # type: ignore[call-overload]  # what a newcomer writes


@pytest.mark.parametrize(
    "made", [examples.valid, examples.minimal, examples.invalid, examples.reply, strategies.requests]
)
@pytest.mark.parametrize(
    ("code", "hint"),
    [("9999", "mi catalog search"), ("2270", "2207 门诊结算"), ("2203a", "2203A"), ("门诊结算", "2207 门诊结算")],
)  # fmt: skip
def test_an_unknown_code_is_told_with_what_it_may_be(
    made: Callable[[str], object], code: str, hint: str
) -> None:
    with pytest.raises(UnknownName) as unknown:
        made(code)
    assert code in unknown.value.message("en") and hint in unknown.value.message("en")
    assert code in unknown.value.message("zh") and hint in unknown.value.message("zh")


def test_an_unknown_member_of_a_reply_is_told_with_what_it_may_be() -> None:
    for path, place, hint in (
        ("setlinf__setl_id", "2207.output", "setlinfo"),
        ("setlinfo__setlid", "2207.output.setlinfo", "setl_id"),
        ("setlinfo__setl_id__x", "2207.output.setlinfo.setl_id", "mi catalog show 2207"),
    ):
        with pytest.raises(UnknownName) as unknown:
            examples.output("2207", **{path: "1"})
        assert place in unknown.value.en and hint in unknown.value.hint_en


def test_a_reply_repeats_the_request_and_adds_up() -> None:
    request = examples.valid(OutpatientSettlementRequest, psn_no="P9", medfee_sumamt=Decimal("100.01"))
    info = examples.reply(OutpatientSettlementRequest, request, msgid="M1", setlinfo__setl_id="S9").setlinfo
    assert (info.psn_no, info.medfee_sumamt, info.setl_id, info.medins_setl_id) == (
        "P9",
        Decimal("100.01"),
        "S9",
        "M1",
    )
    assert (
        info.fund_pay_sumamt is not None and info.psn_part_amt is not None and info.hosp_part_amt is not None
    )
    assert info.fund_pay_sumamt + info.psn_part_amt + info.hosp_part_amt == Decimal("100.01")
    assert examples.reply(OutpatientSettlementRequest, setlinfo__psn_name=...).setlinfo.psn_name is None


def test_a_class_of_a_region_is_taken_as_the_region_has_it() -> None:
    for code in guangzhou.OWN_CODES:
        interface = guangzhou.by_code(code)
        request = examples.valid(interface)
        assert type(request) is interface.request and type(request).__module__.startswith(
            "mi_plugins.regions.guangzhou"
        )
        assert [p for p in interface.check(request) if p.severity == "error"] == []
        assert isinstance(examples.reply(interface, request), interface.response)
    spoilt = next(examples.invalid(guangzhou.by_code("2207")))
    assert spoilt.rule and next(iter(spoilt)) == spoilt.rule


def test_every_broken_rule_of_a_region_is_found() -> None:
    for code in ("2207", "2201", "1101", guangzhou.OWN_CODES[-1]):
        interface = guangzhou.by_code(code)
        for spoilt in examples.invalid(interface):
            request, problems = interface.request_from_dict(spoilt.payload)
            found = check_request(request) if request is not None else problems
            assert (spoilt.rule, spoilt.path) in [(p.rule, p.path) for p in found], (code, spoilt)
