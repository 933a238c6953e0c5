"""Requests built to slip through the check, or to change after it."""

from __future__ import annotations

import asyncio
import datetime as dt
import enum
import json
from decimal import Decimal
from typing import Any

import pytest

from mi_core import InvalidInput, MiError
from mi_core.interfaces import by_code
from mi_core.model import Problem
from mi_core.plugin import hookimpl
from tests.core.calls import client, settled, settlement, with_plugins
from tests.plugins.bad_server import bad_server


def problems(**changes: Any) -> list[str]:
    return [p.rule for p in settlement(**changes).problems()]


def sent(**changes: Any) -> dict[str, Any]:
    """The message's fields with numbers as they are written."""
    request = settlement(**changes)
    assert request.problems() == []
    body = request.__interface__.encode_input(request)
    data: dict[str, Any] = json.loads(body, parse_int=str, parse_float=str, parse_constant=str)["data"]
    return data


@pytest.mark.parametrize(
    "amount",
    [Decimal("1E+30"), Decimal("NaN"), Decimal("sNaN"), Decimal("-Infinity"), Decimal("0.001"), Decimal("1E-9"),
     Decimal("123456789012345"), Decimal("99999999999999.995"), True, False, 1.5, float("nan"), "1", "１", b"1", 1 + 0j,
     10**14, [], {}],
)  # fmt: skip
def test_amounts_that_must_not_leave(amount: Any) -> None:
    assert problems(medfee_sumamt=amount)


@pytest.mark.parametrize(
    ("amount", "text"),
    [("1E+2", "100"), ("1.5E+1", "15"), ("0E+5", "0"), ("99999999999999.99", "99999999999999.99"), ("0E-2", "0.00"), ("1E-2", "0.01")],
)  # fmt: skip
def test_amounts_are_written_plainly(amount: str, text: str) -> None:
    assert sent(medfee_sumamt=Decimal(amount))["medfee_sumamt"] == text


class Visit(str, enum.Enum):
    ONE = "V1"
    KIND = "11"


class Shy(str):
    """Shows something else than it is, as secrets in many frameworks do."""

    def __str__(self) -> str:
        return "****"

    def __len__(self) -> int:
        return 1


def test_subclasses_of_text_are_sent_as_the_text_they_are() -> None:
    data = sent(mdtrt_id=Visit.ONE, med_type=Visit.KIND)
    assert (data["mdtrt_id"], data["med_type"]) == ("V1", "11")
    assert settlement(med_type=Visit.KIND).to_dict()["data"]["med_type"] == "11"
    try:
        data = sent(mdtrt_id=Shy("V1"))
    except AssertionError:
        return  # refused is right, too
    assert data["mdtrt_id"] == "V1"


def test_a_text_that_lies_about_its_length() -> None:
    assert problems(mdtrt_id=Shy("V" * 31))


class Cents(Decimal):
    pass


class Whole(int):
    pass


@pytest.mark.parametrize("value", [Cents("5"), Whole(5)])
def test_subclasses_of_numbers_are_sent_or_named_as_a_problem(value: Any) -> None:
    """Not an error of the encoder that names neither the field nor what to do."""
    if not problems(medfee_sumamt=value):
        assert sent(medfee_sumamt=value)["medfee_sumamt"] == "5"


@pytest.mark.parametrize(
    "text", ["a\ud800", "a\x00", "a\x1b[31m", "a\x7f", "a\x85", "a\nb", "V" * 31, " ", "\u3000", "", None, 5]
)
def test_texts_that_must_not_leave(text: Any) -> None:
    assert problems(mdtrt_id=text)


@pytest.mark.parametrize(
    ("field", "value"),
    [("medfee_sumamt", v) for v in ("１２８", "1_0", "0x10", "1e400", "NaN", "Infinity", "1,000", "٣", "1" * 41, " ", "--1", "1e99999999")]
    + [("mdtrt_id", v) for v in ({}, [], True, 1.5, {"a": 1})],
)  # fmt: skip
def test_raw_values_that_must_not_leave(field: str, value: Any) -> None:
    data = settlement().to_dict()["data"]
    with pytest.raises(InvalidInput) as caught:
        by_code("2207").request.from_dict({"data": {**data, field: value}})
    assert any(p.field == field for p in caught.value.problems)


@pytest.mark.parametrize(
    "time",
    ["0000-01-01 00:00:00", "10000-01-01 00:00:00", "2024-02-30 00:00:00", "2024-01-01 24:00:00", "2024-01-01 23:60:00",
     "2024-01-01 23:59:60", "1799-12-31 00:00:00", "２０２４-01-01 00:00:00", "2024-13-01", "-2024-01-01", "2024-01-01T00:00:00+25:00"],
)  # fmt: skip
def test_times_that_do_not_exist(time: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        by_code("2201").request.from_dict({"begntime": time})
    assert any(p.field == "begntime" for p in caught.value.problems), "an impossible time"


def test_times_of_other_zones_become_beijing_time() -> None:
    kind = by_code("2201").request

    def written(value: Any) -> Any:
        base = {"psn_no": "1", "insutype": "310", "mdtrt_cert_type": "02", "mdtrt_cert_no": "1", "psn_cert_type": "01",
                "certno": "1", "ipt_otp_no": "1", "atddr_no": "1", "dr_name": "1", "dept_code": "1", "dept_name": "1",
                "caty": "A02", "psn_type": "11", "psn_name": "甲", "begntime": value}  # fmt: skip
        request = kind.from_dict({k: v for k, v in base.items() if k in {f.wire for f in _fields(kind)}})
        return json.loads(request.__interface__.encode_input(request))["data"]["begntime"]

    tokyo = dt.timezone(dt.timedelta(hours=9))
    assert written(dt.datetime(2024, 1, 1, 0, 30, tzinfo=tokyo)) == "2023-12-31 23:30:00"
    assert written("2024-01-01T00:30:00+09:00") == "2023-12-31 23:30:00"
    assert written(dt.datetime(2024, 1, 1, 0, 30)) == "2024-01-01 00:30:00"


def _fields(kind: Any) -> Any:
    from mi_core.model.record import fields_of

    return fields_of(kind)


async def test_input_is_limited_in_characters_not_bytes() -> None:
    """40,000 exactly passes, 40,001 does not, and a Chinese character is one."""
    kind = by_code("2205").request  # small: only the frame counts
    assert kind.__interface__.behaviour.input_limit == 40_000
    from mi_core.interfaces import OutpatientFeeUploadRequest as Upload

    def upload(count: int, last: int) -> Any:
        row = {"feedetl_sn": "1", "mdtrt_id": "V", "psn_no": "P", "chrg_bchno": "B", "rx_circ_flag": "0",
               "fee_ocur_time": "2024-01-01 00:00:00", "med_list_codg": "1", "medins_list_codg": "1",
               "det_item_fee_sumamt": "1", "cnt": "1", "pric": "1", "bilg_dept_codg": "1", "bilg_dept_name": "科",
               "bilg_dr_codg": "1", "bilg_dr_name": "医", "hosp_appr_flag": "0"}  # fmt: skip
        return [{**row, "memo": "注" * (450 if i < count - 1 else last)} for i in range(count)]

    names = {f.wire for f in _fields(_fields(Upload)[0].row)}  # type: ignore[attr-defined]  # the first member is a node
    assert "memo" in names or "exp_content" in names
    text = "memo" if "memo" in names else "exp_content"

    def problems_of(count: int, last: int) -> tuple[int, list[str]]:
        from mi_core.validation import check_request

        rows = [
            {(text if k == "memo" else k): v for k, v in r.items() if k == "memo" or k in names}
            for r in upload(count, last)
        ]
        request = Upload.from_dict({"feedetail": rows})
        size = len(request.__interface__.encode_input(request).decode())
        return size, [p.rule for p in check_request(request) if p.severity == "error"]

    count = 2
    while problems_of(count + 1, 1)[0] <= 40_000:
        count += 1
    size, _ = problems_of(count, 1)
    exact = 1 + 40_000 - size
    assert problems_of(count, exact) == (40_000, [])
    assert problems_of(count, exact + 1) == (40_001, ["input_limit"])


def nested(depth: int) -> Any:
    value: Any = {"a": "1"}
    for _ in range(depth):
        value = {"a": value}
    return value


def cyclic() -> Any:
    value: dict[str, Any] = {}
    value["a"] = [value]
    return value


def open_field() -> tuple[str, str, str]:
    """Some interface with an open object: (code, node, field)."""
    from mi_core.interfaces import ALL_CODES
    from mi_core.model.fields.node import Inline
    from mi_core.model.fields.open import Anything, Many

    for code in ("6201", "6202", "6401", "4261", "3101", "7101", *ALL_CODES):
        for member in by_code(code).request.__members__:
            for f in member.members if isinstance(member, Inline) else (member,):
                if isinstance(f, Anything) and not isinstance(f, Many):
                    return code, member.wire if isinstance(member, Inline) else "", f.wire
    raise AssertionError("no open object in the catalogue")


HOSTILE: dict[str, Any] = {
    "deeper than any reader": nested(2000),
    "deeper than a reply may be": nested(40),
    "cyclic": cyclic(),
    "half a character": {"a": "\ud800"},
    "half a character as name": {"\ud800": "1"},
    "number as name": {1.5: "1"},
    "nothing as name": {None: "1"},
    "bytes": {"a": b"1"},
    "a set": {"a": {1}},
    "float": {"a": 1.5},
    "NaN": {"a": Decimal("NaN")},
    "1E+400": {"a": Decimal("1E+400")},
    "object": {"a": object()},
    "60 digits": {"a": 10**60},
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_open_objects_are_checked_to_the_bottom(kind: str) -> None:
    """Every bad value is a Problem of its field; nothing else is raised, nor told only when it is encoded."""
    code, node, field = open_field()
    value = {field: HOSTILE[kind]}
    found: object
    try:
        by_code(code).request.from_dict({node: value} if node else value)
    except InvalidInput as error:
        found = any(p.field == field and p.rule != "required" for p in error.problems)
    except Exception as error:  # its traceback is too deep to be shown
        found = type(error).__name__
    else:
        found = "accepted"
    assert found is True


class Meddler:
    """A validator of a third party that changes what was checked before it."""

    def check(self, interface: Any, request: Any) -> list[Problem]:
        object.__setattr__(request, "medfee_sumamt", Decimal("999999999999999999.999"))
        object.__setattr__(request, "mdtrt_id", "V" * 400)
        return []

    @hookimpl
    def mi_register_validators(self, registry: Any) -> None:
        registry.add("meddler", lambda: self)


async def test_what_a_validator_changes_is_checked_or_not_sent() -> None:
    async with (
        bad_server(settled()) as server,
        client(server.url, plugins=with_plugins(("m", Meddler()))) as mi,
    ):
        with pytest.raises(MiError):
            await mi.call(settlement())
        assert server.connections == 0


async def test_a_request_changed_while_the_call_waits_does_not_change_the_message() -> None:
    """What was checked is what leaves, whatever the caller does with his rows meanwhile."""
    first = {"mdtrt_id": "V1", "psn_no": "P1", "chrg_bchno": "B1"}
    request = by_code("2205").request.from_dict({"data": [first]} if _rows("2205") else first)
    async with bad_server(settled()) as server, client(server.url) as mi:
        task = asyncio.create_task(mi.call(request))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        for name in ("mdtrt_id", "data"):
            if hasattr(request, name):
                object.__setattr__(request, name, "V2" * 40)
        await asyncio.gather(task, return_exceptions=True)
        assert b"V1" in server.requests[0] and b"V2" not in server.requests[0]


def _rows(code: str) -> bool:
    from mi_core.model.fields.node import Node

    return isinstance(by_code(code).request.__members__[0], Node)
