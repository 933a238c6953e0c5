"""The strict front parser: what no reply of a money call may contain."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mi_core.wire import ReplyMalformed, read_reply
from mi_core.wire.front import LARGEST, check_front

DUPLICATES = [
    b'{"infcode":0,"infcode":-1}',
    b'{"a":{"b":1,"b":1}}',
    b'{"a":[{"b":1},{"b":1,"b":2}]}',
    b'{"a" :1,"a":2}',
    b'{"a"\n:1,"b":{"c":1,"c"\t:2}}',
    b'{"a":1,"\\u0061":2}',
    b'{"x\\\\":1,"x\\\\":2}',
    b'{"t":"\\":","a":1,"a":2}',
    b'{"a":1,"a" : "\\":"}',
    b'{"":1,"":2}',
]


@pytest.mark.parametrize("body", DUPLICATES)
def test_duplicate_keys_are_refused(body: bytes) -> None:
    with pytest.raises(ReplyMalformed, match="twice"):
        read_reply(body, strict=True)


GOOD = [
    b'{"a":1,"b":{"a":1}}',
    b'{"a":[{"b":1},{"b":2}]}',
    b'{ "a" : 1 , "b" : "\\":" }',
    b'{"t":"\\":\\":","a":"x:","b":":"}',
    b'{"x\\\\":"\\\\","y":1}',
    '{"说明":"他说：\\"好\\"","a":"\\\\\\":"}'.encode(),
    b'{"a":"0e0","b":"1E+5 ","c":1.5e3}',
    b'{"long":"' + b"1" * 100 + b'"}',
]


@pytest.mark.parametrize("body", GOOD)
def test_unusual_but_right_json_passes(body: bytes) -> None:
    check_front(body)


@pytest.mark.parametrize(
    "body",
    [
        b"", b" ", b"null", b"[]", b'"text"', b"5", b"<html>", b'{"a":NaN}', b'{"a":Infinity}', b'{"a":-Infinity}',
        b'{"a":1', b'{"a":1}}', b'{"a":1,}', b"{'a':1}", b'{"a":01}', b'{"a":1e400}', b'{"a":"\xff"}', b'{"a":"\xc3"}',
        b'{"a":"\x01"}', b'{"a":"\\ud800"}', b'{"a":\\u0031}', b"\x00", b'{"a":1}\x00', "{\"a\":\"é\"}".encode("latin-1"),
        "{\"a\":\"中\"}".encode("gbk"), "{\"a\":1}".encode("utf-16"),
    ],
)  # fmt: skip
def test_what_is_no_reply_raises_one_error(body: bytes) -> None:
    with pytest.raises(ReplyMalformed) as caught:
        read_reply(body, strict=True)
    assert caught.value.reason


def test_depth_size_and_length_of_numbers_are_limited() -> None:
    check_front(b'{"a":' + b"[" * 31 + b"]" * 31 + b"}")
    for deep in (32, 33, 1000, 200_000):
        with pytest.raises(ReplyMalformed, match=r"nested|JSON"):
            check_front(b'{"a":' + b"[" * deep + b"]" * deep + b"}")
    check_front(b'{"a":' + b"1" * 40 + b"}")
    for number in (b"1" * 41, b"0." + b"1" * 40, b"1e100", b"1E-999", b"-" + b"9" * 50):
        with pytest.raises(ReplyMalformed):
            check_front(b'{"a":' + number + b"}")
    with pytest.raises(ReplyMalformed, match="bytes"):
        read_reply(b'{"a":"' + b"x" * LARGEST + b'"}', strict=False)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=12,
)


@settings(suppress_health_check=[HealthCheck.too_slow])  # a busy machine draws slowly
@given(
    st.dictionaries(st.text(max_size=5), json_values, max_size=4),
    st.sampled_from([None, 1, "\t"]),
    st.booleans(),
)
def test_every_object_of_a_json_writer_passes(
    value: dict[str, object], indent: int | str | None, ascii_only: bool
) -> None:
    check_front(json.dumps(value, indent=indent, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass"))


@given(
    st.dictionaries(st.text(max_size=5), json_values, min_size=1, max_size=4),
    st.sampled_from(["", " ", "\n"]),
)
def test_a_repeated_key_is_always_found(value: dict[str, object], space: str) -> None:
    text = json.dumps(value)
    key = json.dumps(next(iter(value)))
    with pytest.raises(ReplyMalformed):
        check_front(f"{text[:-1]},{space}{key}{space}:1}}".encode())


@given(st.binary(max_size=60))
def test_any_bytes_are_a_reply_or_malformed(body: bytes) -> None:
    for strict in (True, False):
        try:
            envelope = read_reply(body, strict=strict)
        except ReplyMalformed:
            continue
        assert envelope.fields is not None
        assert envelope.gateway is None or "code" in envelope.gateway
        assert envelope.refmsg_time is None or envelope.refmsg_time.tzinfo is None
