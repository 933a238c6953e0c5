"""How SM2 signatures and ciphertexts are written. The caller names the form; nothing is guessed from the bytes."""

from __future__ import annotations

from enum import Enum

import attrs

from mi_core.crypto.curve import ORDER, POINT_SIZE, SIZE
from mi_core.crypto.der import OCTET_STRING, SEQUENCE, DerError, DerReader, integer, tagged

__all__ = [
    "CiphertextForm",
    "FormError",
    "SignatureForm",
    "Sm2Ciphertext",
    "read_ciphertext",
    "read_signature",
    "write_ciphertext",
    "write_signature",
]  # fmt: skip


class SignatureForm(str, Enum):
    """Form of a signature."""

    RS = "rs"
    """r‖s, 64 bytes."""
    DER = "der"
    """SEQUENCE of two INTEGERs (GM/T 0009), 70 to 72 bytes mostly."""


class CiphertextForm(str, Enum):
    """Order and writing of C1 (point), C2 (text), C3 (32-byte hash)."""

    C1C3C2 = "c1c3c2"
    """GB/T 32918.4: 04‖x‖y, C3, C2."""
    C1C2C3 = "c1c2c3"
    """The order of the draft of 2010, still met: 04‖x‖y, C2, C3."""
    C1C3C2_BARE = "c1c3c2-bare"
    """As C1C3C2 without the leading 04 (gmssl and its users)."""
    C1C2C3_BARE = "c1c2c3-bare"
    """As C1C2C3 without the leading 04."""
    DER = "der"
    """SEQUENCE of x, y, C3, C2 (GM/T 0009)."""


class FormError(ValueError):
    """The bytes are not of the form that was named. Carries no content."""


@attrs.frozen(repr=False)
class Sm2Ciphertext:
    """A ciphertext in parts: C1 as x‖y (64 bytes), C3, C2."""

    c1: bytes
    c3: bytes
    c2: bytes


def write_signature(rs: bytes, form: SignatureForm) -> bytes:
    """r‖s in the form asked for."""
    form = SignatureForm(form)  # a plain "rs" must not pass for DER
    if form is SignatureForm.RS:
        return rs
    r, s = (int.from_bytes(part, "big") for part in (rs[:SIZE], rs[SIZE:]))
    return tagged(SEQUENCE, integer(r) + integer(s))


def read_signature(data: bytes, form: SignatureForm) -> bytes:
    """r‖s, with r and s in 1 … n-1. Raises :class:`FormError`."""
    form = SignatureForm(form)
    if form is SignatureForm.RS:
        if len(data) != 2 * SIZE:
            raise FormError("length of r‖s")
        r, s = int.from_bytes(data[:SIZE], "big"), int.from_bytes(data[SIZE:], "big")
    else:
        try:
            reader = DerReader(data)
            pair = reader.sequence()
            reader.end()
            r, s = pair.integer(), pair.integer()
            pair.end()
        except DerError as error:
            raise FormError(str(error)) from None
    if not (1 <= r < ORDER and 1 <= s < ORDER):
        raise FormError("range of r, s")
    return r.to_bytes(SIZE, "big") + s.to_bytes(SIZE, "big")


def write_ciphertext(parts: Sm2Ciphertext, form: CiphertextForm) -> bytes:
    """The parts in the form asked for."""
    form = CiphertextForm(form)
    if form is CiphertextForm.DER:
        x, y = (int.from_bytes(part, "big") for part in (parts.c1[:SIZE], parts.c1[SIZE:]))
        c3, c2 = tagged(OCTET_STRING, parts.c3), tagged(OCTET_STRING, parts.c2)
        return tagged(SEQUENCE, integer(x) + integer(y) + c3 + c2)
    tail = parts.c3 + parts.c2 if form in _C3_FIRST else parts.c2 + parts.c3
    return (b"" if form in _BARE else b"\x04") + parts.c1 + tail


def read_ciphertext(data: bytes, form: CiphertextForm) -> Sm2Ciphertext:
    """The parts; C2 is never empty. That C1 is on the curve is checked later. Raises :class:`FormError`."""
    form = CiphertextForm(form)
    parts = _read_der(data) if form is CiphertextForm.DER else _read_joined(data, form)
    if len(parts.c1) != POINT_SIZE or len(parts.c3) != SIZE or not parts.c2:
        raise FormError("length of the parts")
    return parts


_BARE = frozenset({CiphertextForm.C1C3C2_BARE, CiphertextForm.C1C2C3_BARE})
_C3_FIRST = frozenset({CiphertextForm.C1C3C2, CiphertextForm.C1C3C2_BARE})


def _read_joined(data: bytes, form: CiphertextForm) -> Sm2Ciphertext:
    if form not in _BARE:
        if data[:1] != b"\x04":
            raise FormError("C1 does not begin with 04")
        data = data[1:]
    c1, tail = data[:POINT_SIZE], data[POINT_SIZE:]
    if form in _C3_FIRST:
        return Sm2Ciphertext(c1, tail[:SIZE], tail[SIZE:])
    return Sm2Ciphertext(c1, tail[-SIZE:], tail[:-SIZE])


def _read_der(data: bytes) -> Sm2Ciphertext:
    try:
        reader = DerReader(data)
        body = reader.sequence()
        reader.end()
        x, y = body.integer(), body.integer()
        c3, c2 = body.take(OCTET_STRING), body.take(OCTET_STRING)
        body.end()
        c1 = x.to_bytes(SIZE, "big") + y.to_bytes(SIZE, "big")
    except (DerError, OverflowError):
        raise FormError("DER of a ciphertext") from None
    return Sm2Ciphertext(c1, c3, c2)
