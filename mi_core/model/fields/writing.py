"""The last step of encoding: a dict in wire form -> compact UTF-8 JSON with plain, exact numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, getcontext
from typing import Any

import msgspec

from mi_core.model.fields.fitting import fitted, too_long
from mi_core.scalars import plain

__all__ = ["encoder", "to_bytes"]


def _other(value: Any) -> Any:
    """Subclasses (code-table members) as their base type."""
    if isinstance(value, str):
        return str.__str__(value)  # its own __str__ may show something else
    if isinstance(value, Decimal):
        return Decimal(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} cannot be sent")


_fast = msgspec.json.Encoder(decimal_format="number", enc_hook=_other)


def _odd(data: bytes) -> bool:
    """Whether a number may stand there that is not in plain notation: ``1E+2``, ``NaN``, ``Infinity`` (or a text like it).

    One-byte searches come first: they are many times faster and mostly decide.
    """
    if b"E" in data and (b"E+" in data or b"E-" in data):
        return True
    return (
        (b"N" in data and b"NaN" in data)
        or (b"I" in data and b"Infinity" in data)
        or not getcontext().capitals
    )


def to_bytes(wire: Any) -> bytes:
    """Compact JSON in the dict's order. ``ValueError`` for a number that has no plain notation."""
    data = _fast.encode(wire)
    return _fast.encode(_exact(wire)) if _odd(data) else data


def encoder(wire: Callable[[Any], dict[str, Any]]) -> Callable[[Any], bytes]:
    """``Interface.encode_input`` from the generated function that builds the dict."""

    def encode_input(request: Any) -> bytes:
        tree = wire(request)
        data = to_bytes(tree)
        long = too_long(type(request))
        return data if long is None or long.search(data) is None else to_bytes(fitted(request, tree))

    return encode_input


def _exact(value: Any) -> Any:
    """The same with every Decimal as the raw text of its plain notation."""
    if isinstance(value, Decimal):
        return msgspec.Raw(plain(value).encode())
    if isinstance(value, Mapping):
        return {key: _exact(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_exact(item) for item in value]
    return value
