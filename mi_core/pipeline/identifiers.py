"""Who and which visit a message is about, read from the encoded ``input``: for locks, the log, and the reply's check."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import attrs
import msgspec

from mi_core.model import Behaviour

__all__ = ["Identifiers", "identifiers_of"]

_exact = msgspec.json.Decoder(float_hook=Decimal).decode
_decode = msgspec.json.Decoder(str).decode
_VALUE = rb':("(?!")[^"\\]*(?:\\.[^"\\]*)*")'
_PSN_NO = re.compile(rb'"psn(?:_no|No)"' + _VALUE)
_CERTNO = re.compile(rb'"cert(?:no|No)"' + _VALUE)
_MDTRT_ID = re.compile(rb'"mdtrt(?:_id|Id)"' + _VALUE)


@attrs.frozen(repr=False)
class Identifiers:
    """``None`` where the message has none. Not in ``repr``: personal data."""

    psn_no: str | None = None
    certno: str | None = None
    mdtrt_id: str | None = None
    person: str | None = None
    """The value at the document's person path; the reply must be about the same."""
    locks: tuple[tuple[str, str], ...] = ()
    """(wire name, value) of the visit this call changes; empty for reads."""
    reverses: str | None = None
    """``omsgid`` of a reversal."""
    business_key: tuple[str, ...] = ()
    """Values of the document's business key; empty when one of them is missing."""
    amounts: Mapping[str, Decimal] = attrs.Factory(dict)
    """Amounts by path, for exact calls."""


def identifiers_of(behaviour: Behaviour, input_json: bytes) -> Identifiers:
    """Read them; ``input_json`` is our own encoding."""
    person, locks, reverses = None, [], None
    key: tuple[str, ...] = ()
    amounts: dict[str, Decimal] = {}
    if behaviour.effect != "query" and (behaviour.lock_key or behaviour.person_request or behaviour.exact):
        tree = _exact(input_json) if behaviour.amounts else msgspec.json.decode(input_json)
        if behaviour.exact:
            found = [next(_ids(tree, path), "") for path in behaviour.business_key]
            key = tuple(found) if all(found) else ()
            amounts = {
                path: value for path in behaviour.amounts if (value := _amount(tree, path)) is not None
            }
        if behaviour.person_request:
            person = next(_values(tree, behaviour.person_request), None)
        for path in behaviour.lock_key:
            name = path.rpartition(".")[2]
            locks += [(name, value) for value in dict.fromkeys(_ids(tree, path))]
            if behaviour.effect == "reversal":
                reverses = next(_values(tree, path), None)
    return Identifiers(
        _first(_PSN_NO, input_json), _first(_CERTNO, input_json), _first(_MDTRT_ID, input_json),
        person, tuple(locks), reverses, key, amounts,
    )  # fmt: skip


def _first(wanted: re.Pattern[bytes], input_json: bytes) -> str | None:
    """The first value that is not empty. A text cannot look like a key: its own quotes are escaped."""
    match = wanted.search(input_json)
    return _decode(match[1]) if match else None


def _amount(tree: Any, path: str) -> Decimal | None:
    """The sum over the rows of ``path``; ``None`` when there is none."""
    values = [Decimal(text) for text in _values(tree, path)]
    return sum(values, Decimal(0)) if values else None


def _ids(tree: Any, path: str) -> Iterator[str]:
    """As :func:`_values` without blanks around: they make no other visit, and the bureau's own ids have none."""
    return (text for value in _values(tree, path) if (text := value.strip()))


def _values(tree: Any, path: str) -> Iterator[str]:
    """Non-empty scalars at a dotted path; a list stands for its rows."""
    if isinstance(tree, list):
        for row in tree:
            yield from _values(row, path)
    elif isinstance(tree, dict):
        head, _, rest = path.partition(".")
        value = tree.get(head)
        if rest:
            yield from _values(value, rest)
        elif isinstance(value, str | int | Decimal) and str(value):
            yield str(value)
