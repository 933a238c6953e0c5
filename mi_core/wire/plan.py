"""How the replies of one interface are read fast: msgspec decoders made from its classes, once."""

from __future__ import annotations

import datetime as dt
import re
import typing
from collections.abc import Callable
from decimal import Decimal
from functools import cache, partial
from typing import Annotated, Any, Final

import attrs
import msgspec

from mi_core.model import Interface, Response
from mi_core.model.fields.node import Node, Root
from mi_core.model.record import Record, fields_of

__all__ = ["NOT_READ", "NULL", "ODD", "SUSPECT", "Plan", "Whole", "plan_of"]

_FIRST: Final = rb"\"\\_+\-nNsSiI\xc2\xe1-\xe3 \t\r\n\f\v"
"""First characters of a text that is empty, or that ``Decimal`` could take for NaN or Infinity (it skips blanks and ``_``)."""
ODD: Final = re.compile(rb':[ \t\r\n]*"[' + _FIRST + rb"]")
"""A value that msgspec would not read as we do: an empty text, or what may be NaN in quotes."""
SUSPECT: Final = re.compile(rb':[" \t\r\n][' + _FIRST + rb"]")
"""Finds every :data:`ODD` value, and some innocent ones, in two thirds of its time."""
NOT_READ: Final = (msgspec.DecodeError, UnicodeDecodeError, ValueError, RecursionError)
"""What a decoder raises for bytes that do not conform."""
_NAIVE = Annotated[dt.datetime, msgspec.Meta(tz=False)]


NULL: Final = msgspec.Raw(b"null")


class Whole(msgspec.Struct, gc=False):
    """The national head with its content, read in one go."""

    infcode: Any = None
    err_msg: Any = None
    output: Any = None
    inf_refmsgid: msgspec.Raw = NULL
    refmsg_time: msgspec.Raw = NULL
    respond_time: msgspec.Raw = NULL


@attrs.frozen
class Plan:
    """How the replies of an interface are read."""

    bare: bool
    """The content is the body itself: the interface has no national head."""
    content: Callable[[bytes], Response] | None
    """The fast reader of the content, or ``None`` where a field needs more than its type says (renamed, dated otherwise)."""
    whole: Callable[[bytes], Whole] | None
    """The same for head and content together."""
    convert: Callable[[Any], Response] | None
    """The same from parsed values instead of bytes."""
    proofs: tuple[tuple[str, tuple[str, ...]], ...]
    """Pointer and attributes of each field that proves success."""


@cache
def plan_of(interface: Interface[Any]) -> Plan:
    """The plan of an interface."""
    cls, bare = interface.response, interface.behaviour.envelope == "none"
    proofs = [p.split(".")[1:] for p in interface.behaviour.proof if p.startswith("output.")]
    content, whole, convert = None, None, None
    if _direct(cls, set()):
        root = cls.__members__[0] if len(cls.__members__) == 1 else None
        if isinstance(root, Root):
            content = _rows(cls, root)
        else:
            content = msgspec.json.Decoder(cls, float_hook=Decimal).decode
            whole = None if bare else _together(cls)
            convert = None if bare else partial(msgspec.convert, type=cls)
    pointers = tuple(("/" + "/".join(names), tuple(names)) for names in proofs)
    return Plan(bare, content, whole, convert, pointers)


def _rows(cls: type[Response], root: Root) -> Callable[[bytes], Response] | None:
    if not isinstance(root.field, Node):
        return None
    rows = msgspec.json.Decoder(tuple[root.field.row, ...], float_hook=Decimal)  # type: ignore[name-defined]  # a class known at run time
    return lambda raw: cls(**{root.name: rows.decode(raw)})


def _together(cls: type[Response]) -> Any:
    kind = msgspec.defstruct(cls.__name__, [("output", cls | None, None)], bases=(Whole,), gc=False)
    return msgspec.json.Decoder(kind, float_hook=Decimal).decode


def _direct(cls: type[Record], seen: set[type[Record]]) -> bool:
    """Whether wire names are attribute names all the way down; tells msgspec that times carry no zone."""
    if cls in seen:
        return True
    seen.add(cls)
    for name, hint in cls.__annotations__.items():
        if hint is dt.datetime or dt.datetime in typing.get_args(hint):
            cls.__annotations__[name] = _NAIVE | None if hint is not dt.datetime else _NAIVE
    for f in fields_of(cls):
        renamed = f.wire not in ("", f.name)
        if renamed or getattr(f, "pattern", None) or (isinstance(f, Node) and not _direct(f.row, seen)):
            return False
    return True
