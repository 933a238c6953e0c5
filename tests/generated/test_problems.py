"""What a cashier reads: conditions, codes, sizes, identity numbers, dates; values are masked by their sensitivity."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import attrs
import pytest

from mi_core.errors import InvalidInput
from mi_core.interfaces import OutpatientFeeUploadRequest, OutpatientSettlementRequest, by_code
from mi_core.model import Problem, Request
from mi_core.types import UNSET
from mi_core.validation import check_request
from tests.generated.synthesis import catalog, request_values

SETTLEMENT = OutpatientSettlementRequest.from_dict(request_values(catalog().interfaces["2207"]))


def only(request: Request[Any]) -> Problem:
    """The one problem of a request."""
    (found,) = check_request(request)
    return found


def settlement(**changes: Any) -> OutpatientSettlementRequest:
    """The valid request with something changed."""
    return attrs.evolve(SETTLEMENT, **changes)


def test_a_condition_is_told_with_label_and_reason() -> None:
    found = only(settlement(mdtrt_cert_type="03", card_sn=UNSET))
    assert found.message("zh") == "card_sn（卡识别码）：就诊凭证类型为 03 时必填"
    assert found.message("en") == "card_sn (卡识别码): required when mdtrt_cert_type is 03"
    assert only(settlement(mdtrt_cert_type="03", card_sn="")).rule == "condition"
    assert only(settlement(mdtrt_cert_type="03", card_sn=None)).rule == "condition"
    assert check_request(settlement(mdtrt_cert_type="01", card_sn=UNSET)) == []


def test_an_unknown_code_tells_what_is_allowed_or_near() -> None:
    assert "01 " in only(settlement(mdtrt_cert_type="9")).zh
    assert "“普通门诊”的代码是 11" in only(settlement(med_type="普通门诊")).zh
    assert "mi codes med_type" in only(settlement(med_type="zzz")).en
    assert check_request(settlement(med_type=__import__("mi_core.codes").codes.MedType.普通门诊)) == []


def test_a_float_is_refused_with_the_way_out() -> None:
    found = only(settlement(medfee_sumamt=128.5))
    assert 'Decimal("128.5")' in found.zh
    assert 'Decimal("128.5")' in found.en


def test_personal_data_is_masked_and_credentials_are_not_shown() -> None:
    secret = "C" * 60
    found = only(settlement(mdtrt_cert_no=secret))
    assert found.value is None
    assert secret not in found.message("zh")
    found = only(settlement(psn_no="4301" + "5" * 30))
    assert found.value == "430" + "*" * 11 + "5555"


def test_a_wrong_check_digit_is_a_warning() -> None:
    found = only(settlement(certno="430101199001010000"))
    assert (found.rule, found.severity) == ("id_number", "warning")
    assert found.value == "430***********0000"
    assert only(settlement(certno="43010119901301001X")).severity == "warning"
    assert check_request(settlement(certno="E12345678")) == []


def test_required_fields_cannot_be_none_and_never_become_zero() -> None:
    for value in (None, UNSET):
        found = only(settlement(medfee_sumamt=value))
        assert (found.rule, found.path) == ("required", "/data/medfee_sumamt")


def test_problems_of_rows_carry_their_index() -> None:
    rows = request_values(catalog().interfaces["2204"])["feedetail"]
    bad = {**rows[0], "cnt": "x", "feedetl_sn": "", "no_such": 1, "fee_ocur_time": "2024-13-01 00:00:00"}
    with pytest.raises(InvalidInput) as caught:
        OutpatientFeeUploadRequest.from_dict({"feedetail": [rows[0], bad]})
    assert [(p.path, p.rule) for p in caught.value.problems] == [
        ("/feedetail/1/no_such", "unknown_field"),
        ("/feedetail/1/feedetl_sn", "required"),
        ("/feedetail/1/fee_ocur_time", "date"),
        ("/feedetail/1/cnt", "type"),
    ]
    (found,) = by_code("2204").check(OutpatientFeeUploadRequest(feedetail=[]))
    assert (found.path, found.rule) == ("/feedetail", "required")
    (found,) = by_code("2204").check(OutpatientFeeUploadRequest(feedetail=[rows[0]]))  # a dict is no row
    assert (found.path, found.rule) == ("/feedetail/0", "type")
    (found,) = by_code("2204").check(OutpatientFeeUploadRequest(feedetail="no"))  # type: ignore[arg-type]  # a text is no list
    assert (found.path, found.rule) == ("/feedetail", "type")


def test_plain_data_may_be_flat_or_nested_and_told_the_closest_name() -> None:
    values = request_values(catalog().interfaces["2207"])
    assert OutpatientSettlementRequest.from_dict(values["data"]) == SETTLEMENT
    texts = {k: str(v) if isinstance(v, Decimal) else v for k, v in values["data"].items()}
    assert OutpatientSettlementRequest.from_dict(texts) == SETTLEMENT
    request, problems = by_code("2207").request_from_dict({"data": {**values["data"], "psn_n0": "1"}})
    assert request is None
    assert [p.path for p in problems] == ["/data/psn_n0"]
    del values["data"]["psn_no"]
    _, problems = by_code("2207").request_from_dict({**values["data"], "psn_n0": "1"})
    assert {p.rule for p in problems} == {"unknown_field", "required"}
    assert any("psn_no" in p.zh for p in problems if p.rule == "unknown_field")


def test_an_input_over_its_limit_is_told_with_the_numbers() -> None:
    rows = request_values(catalog().interfaces["2204"])["feedetail"]
    request = OutpatientFeeUploadRequest.from_dict({"feedetail": rows * 200})
    found = only(request)
    assert found.rule == "input_limit"
    assert str(by_code("2204").behaviour.input_limit) in found.zh


def test_nobody_is_born_tomorrow() -> None:
    for code in ("2401", "4401", "2161", "6201", "4261", "2166"):
        interface = by_code(code)
        request, _ = interface.request_from_dict(request_values(catalog().interfaces[code]))
        assert request is not None
        late = [p for p in check_request(request, today=dt.date(1900, 1, 1)) if p.zh == "出生日期晚于今天"]
        if late:
            assert late[0].path.startswith("/")
            return
    pytest.fail("no interface with a birth date was tried")


def test_every_problem_is_reported_at_once() -> None:
    request, problems = by_code("2207").request_from_dict(
        {"psn_no": "x" * 31, "medfee_sumamt": "abc", "what": 1}
    )
    assert request is None
    rules = {p.field: p.rule for p in problems}
    assert (rules["psn_no"], rules["medfee_sumamt"], rules["what"]) == ("max_length", "type", "unknown_field")
    assert rules["mdtrt_id"] == "required"
    assert len(problems) > 12
