"""The common base of requests, responses and rows: fields by wire name, comparison, a masked ``repr``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, ClassVar, TypeVar, cast

from mi_core.masking import mask
from mi_core.model.fields.base import Field
from mi_core.model.fields.node import Inline, MemberSpec, Root
from mi_core.types import UNSET

__all__ = ["Record", "fields_of", "per_class"]

V = TypeVar("V")


class Record:
    """Base of all generated classes. ``repr`` never shows personal data or credentials in clear."""

    __slots__ = ()
    __members__: ClassVar[tuple[MemberSpec, ...]] = ()
    """The members in the specification's order (set by the generated module)."""

    def __eq__(self, other: object) -> bool:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return all(getattr(self, f.name) == getattr(other, f.name) for f in fields_of(type(self)))

    def __hash__(self) -> int:
        return hash((type(self), *(getattr(self, f.name) for f in fields_of(type(self)))))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(_shown(self))})"


def per_class(function: Callable[[type[Record]], V]) -> Callable[[type[Record]], V]:
    """Remember the answer for each class (``functools.cache``, typed for classes whose instances may not be hashable)."""
    return cast("Callable[[type[Record]], V]", cache(function))


@per_class
def fields_of(cls: type[Record]) -> tuple[Field, ...]:
    """Every field that is an attribute of ``cls``, in the specification's order."""
    return tuple(_flatten(cls.__members__))


def _flatten(members: tuple[MemberSpec, ...]) -> Iterator[Field]:
    for member in members:
        if isinstance(member, Inline):
            yield from member.members
        elif isinstance(member, Root):
            yield member.field
        else:
            yield member


def _shown(record: Record) -> Iterator[str]:
    for f in fields_of(type(record)):
        value: Any = getattr(record, f.name, UNSET)
        if value is UNSET or (value is None and not f.required):
            continue
        if isinstance(value, Record):
            yield f"{f.name}={value!r}"
        elif isinstance(value, (list, tuple)):
            yield f"{f.name}=[{len(value)}]"
        elif value is None:
            yield f"{f.name}=None"
        else:
            shown = mask(value, f.sensitivity)
            yield f"{f.name}=…" if shown is None else f"{f.name}={shown!r}"
