"""Money is exact: every Decimal in the limits survives the wire unchanged, and nothing else passes the check."""

from __future__ import annotations

import json
from decimal import Context, Decimal, localcontext

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi_core.interfaces import OutpatientSettlementRequest, by_code
from mi_core.wire import decode_output, read_reply
from tests.generated.synthesis import catalog, request_values

REQUEST = OutpatientSettlementRequest.from_dict(request_values(catalog().interfaces["2207"]))
INTERFACE = by_code("2207")

amounts = st.decimals(
    min_value="-99999999999999.99", max_value="99999999999999.99", places=2, allow_nan=False
)


def sent(value: Decimal) -> str:
    """What stands in the bytes for the amount."""
    data = INTERFACE.encode_input(attrs.evolve(REQUEST, medfee_sumamt=value))
    text: str = json.loads(data, parse_float=str, parse_int=str)["data"]["medfee_sumamt"]
    return text


@given(amounts)
def test_an_amount_is_written_plainly_and_exactly(value: Decimal) -> None:
    assert INTERFACE.check(attrs.evolve(REQUEST, medfee_sumamt=value)) == []
    text = sent(value)
    assert "E" not in text.upper()
    assert Decimal(text) == value


@pytest.mark.parametrize("text", ["1E+2", "0E-8", "1.00E+1", "0.00", "-0.00", "1E2", "00012.50"])
def test_unusual_notations_of_a_decimal_become_plain(text: str) -> None:
    assert "E" not in sent(Decimal(text)).upper()
    assert Decimal(sent(Decimal(text))) == Decimal(text)


@pytest.mark.parametrize(
    ("given", "wire"),
    [("128.5000", "128.50"), ("128.500", "128.50"), ("0.0000", "0.00"), ("-1.230", "-1.23"), ("99999999999999.990000", "99999999999999.99"),
     ("1.285000E+2", "128.50"), ("128.5", "128.5"), ("128", "128"), ("100.00", "100.00")],
)  # fmt: skip
def test_zeros_behind_the_fields_decimals_do_not_leave(given: str, wire: str) -> None:
    """A database column of another scale makes them; a gateway that checks the format refuses them."""
    value = Decimal(given)
    assert INTERFACE.check(attrs.evolve(REQUEST, medfee_sumamt=value)) == []
    assert sent(value) == wire


def test_each_row_has_its_fields_own_decimals() -> None:
    fees = by_code("2204")
    values = request_values(catalog().interfaces["2204"])
    values["feedetail"] = [dict(values["feedetail"][0]) for _ in range(2)]
    values["feedetail"][1] |= {"det_item_fee_sumamt": "37.2000", "pric": "18.6000000", "cnt": "2.0000"}
    request, problems = fees.request_from_dict(values)
    assert request is not None and not [p for p in problems if p.severity == "error"], problems
    row = json.loads(fees.encode_input(request), parse_float=str, parse_int=str)["feedetail"][1]
    assert (row["det_item_fee_sumamt"], row["pric"], row["cnt"]) == ("37.20", "18.600000", "2.0000")
    assert Decimal("128.505") == attrs.evolve(REQUEST, medfee_sumamt=Decimal("128.505")).medfee_sumamt
    (problem,) = INTERFACE.check(attrs.evolve(REQUEST, medfee_sumamt=Decimal("128.505")))
    assert problem.rule == "scale"
    assert sent(Decimal("128.5050")) == "128.5050", "nothing is ever rounded on its way out"


def test_a_text_that_looks_like_such_a_number_stays() -> None:
    data = INTERFACE.encode_input(attrs.evolve(REQUEST, invono="1.5000", medfee_sumamt=Decimal("2.5000")))
    found = json.loads(data, parse_float=str)["data"]
    assert (found["invono"], found["medfee_sumamt"]) == ("1.5000", "2.50")


def test_the_users_decimal_context_changes_nothing() -> None:
    with localcontext(Context(prec=3, capitals=0)):
        value = Decimal("12345678901234.56")
        assert INTERFACE.check(attrs.evolve(REQUEST, medfee_sumamt=value)) == []
        assert sent(value) == "12345678901234.56"
        assert sent(Decimal("1e2")) == "100"
        assert sent(Decimal("12345678901234.5600")) == "12345678901234.56"


@given(amounts, st.booleans())
def test_an_amount_of_a_reply_is_read_exactly(value: Decimal, quoted: bool) -> None:
    text = f'"{value:f}"' if quoted else f"{value:f}"
    body = f'{{"infcode":0,"output":{{"setlinfo":{{"setl_id":"1","medfee_sumamt":{text}}}}}}}'.encode()
    response, problems = decode_output(INTERFACE, read_reply(body, strict=True), strict=True)
    assert problems == []
    assert response.to_dict()["setlinfo"]["medfee_sumamt"] == value


@given(st.decimals(allow_nan=True, allow_infinity=True))
def test_the_check_agrees_with_a_plain_definition(value: Decimal) -> None:
    fits = (
        value.is_finite()
        and abs(value) < Decimal(10) ** 14
        and value == value.quantize(Decimal("0.01"), context=Context(prec=500, Emax=10**6, Emin=-(10**6)))
    )
    found = INTERFACE.check(attrs.evolve(REQUEST, medfee_sumamt=value))
    assert (found == []) is bool(fits), found
