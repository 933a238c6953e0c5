"""The DER reader takes one writing of each value and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi_core.crypto.der import INTEGER, OCTET_STRING, SEQUENCE, DerError, DerReader, integer, tagged
from mi_core.crypto.sm2_forms import FormError, SignatureForm, read_signature, write_signature
from tests.crypto.kit import share


@share(3)
@given(st.integers(0, 1 << 300), st.binary(max_size=70_000))
def test_what_is_written_is_read(number: int, content: bytes) -> None:
    reader = DerReader(tagged(SEQUENCE, integer(number) + tagged(OCTET_STRING, content)))
    body = reader.sequence()
    reader.end()
    assert body.integer() == number
    assert body.take(OCTET_STRING) == content
    assert body.next_tag is None
    body.end()


@pytest.mark.parametrize(
    "loose",
    [
        "", "02", "0200", "0201", "020180", "02020001", "0202007f", "02810101", "0282000101", "028001010000",
        "0285000000000101", "030101", "02ff01",
    ],
)  # fmt: skip
def test_loose_integers_are_refused(loose: str) -> None:
    with pytest.raises(DerError):
        DerReader(bytes.fromhex(loose)).integer()


def test_lengths_of_more_than_one_byte_must_be_shortest() -> None:
    for head, size in (("048180", 128), ("04820100", 256)):
        assert DerReader(bytes.fromhex(head) + bytes(size)).take(OCTET_STRING) == bytes(size)
    for head, size in (("04817f", 127), ("048200ff", 255), ("0483000100", 256)):
        with pytest.raises(DerError, match="shortest"):
            DerReader(bytes.fromhex(head) + bytes(size)).take(OCTET_STRING)


@share(3)
@given(st.binary(max_size=80))
def test_noise_raises_nothing_else(noise: bytes) -> None:
    for form in SignatureForm:
        try:
            rs = read_signature(noise, form)
        except FormError:
            continue
        assert write_signature(rs, form) == noise
    with pytest.raises(DerError):
        DerReader(noise).take(INTEGER if noise[:1] != b"\x02" else SEQUENCE)
