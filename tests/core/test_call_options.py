"""What a caller says beside the request is checked like the request: everything at once, before anything is sent."""

from __future__ import annotations

from typing import Any

import pytest

from mi_core import AsyncClient, BureauRefused, InvalidInput
from mi_core.config import Operator
from mi_core.pipeline import options_of
from tests.core.calls import client
from tests.plugins import bad_server as bad


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("insuplc_admdvs", "长沙"), ("insuplc_admdvs", "12"), ("insuplc_admdvs", 430100), ("operator", "foo"), ("operator", {}),
        ("operator", {"id": "1"}), ("operator", {"id": "1", "name": "甲", "nmae": "x"}), ("operator", {"id": 1, "name": "甲"}),
        ("operation_key", " "), ("deadline", float("nan")), ("deadline", float("inf")), ("deadline", "3"), ("deadline", True),
    ],
)  # fmt: skip
def test_a_wrong_option_is_named(name: str, value: Any) -> None:
    with pytest.raises(InvalidInput) as caught:
        options_of(**{name: value})
    assert [problem.field for problem in caught.value.problems] == [name]


def test_all_wrong_options_at_once_and_right_ones_pass() -> None:
    with pytest.raises(InvalidInput) as caught:
        options_of(insuplc_admdvs="1", operator="x", deadline="y")
    assert {problem.field for problem in caught.value.problems} == {"insuplc_admdvs", "operator", "deadline"}
    right = options_of(insuplc_admdvs="430100", operator={"id": "7", "name": "七"}, deadline=3)
    assert right.operator == Operator(id="7", name="七")


async def test_call_raw_wants_a_dict_and_takes_a_number_as_code() -> None:
    async with bad.bad_server(refusing) as server, client(server.url) as mi:
        for wrong in (None, [], "x"):
            with pytest.raises(InvalidInput) as caught:
                await mi.call_raw("1101", wrong)  # type: ignore[arg-type]  # wrong on purpose
            assert caught.value.problems[0].field == "input"
        assert server.requests == []
        await a_refusal_carries_the_warnings(mi)


async def a_refusal_carries_the_warnings(mi: AsyncClient) -> None:
    person = {
        "mdtrt_cert_type": "02", "mdtrt_cert_no": "1", "psn_cert_type": "01", "certno": "990101198503120038", "psn_name": "甲",
    }  # fmt: skip
    with pytest.raises(BureauRefused) as caught:
        await mi.call_raw(1101, person)  # type: ignore[arg-type]  # a number instead of text is understood
    assert [warning.field for warning in caught.value.warnings] == ["certno"]
    assert "certno" in str(caught.value)
    assert "990101198503120038" not in str(caught.value)


async def refusing(exchange: bad.Exchange) -> None:
    """Answers as a bureau that does not know the person."""
    await exchange.answer('{"infcode":-1,"err_msg":"未检索到参保人"}'.encode())
