"""Code tables as classes: members are named by their Chinese label, any other value is constructible too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Self, TypeVar

__all__ = ["Code", "Member"]

C = TypeVar("C")


class Member:
    """Declares a member in the body of a code table; reading it from the class gives an instance of that class."""

    __slots__ = ("label", "value")

    def __init__(self, value: str, label: str | None = None) -> None:
        self.value, self.label = value, label

    def __get__(self, instance: object, owner: type[C]) -> C:
        raise AttributeError("replaced by a real member when the class is made")


class Code(str):
    """Base of the generated code tables. An instance *is* the code, so it can stand in every ``str`` field.

    ``MedType.普通门诊 == "11"``; ``MedType("11").label == "普通门诊"``; ``MedType("99")`` is allowed and not
    :attr:`known`, because bureaus extend tables; membership is checked in requests only.
    """

    __slots__ = ()
    __key__: ClassVar[str] = ""
    """Key of the table in the catalogue."""
    __title__: ClassVar[str] = ""
    __labels__: ClassVar[dict[str, str]] = {}

    def __init_subclass__(cls, key: str = "", title: str = "", **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.__key__, cls.__title__ = key, title
        found = {name: m for name, m in vars(cls).items() if isinstance(m, Member)}
        cls.__labels__ = {m.value: m.label or name for name, m in found.items()}
        for name, member in found.items():
            setattr(cls, name, cls(member.value))

    @property
    def label(self) -> str:
        """The Chinese label; the code itself where the table does not have it."""
        return self.__labels__.get(self, str(self))

    @property
    def known(self) -> bool:
        """Whether the table lists this code."""
        return self in self.__labels__

    @classmethod
    def labels(cls) -> Mapping[str, str]:
        """Code -> label, in the specification's order."""
        return MappingProxyType(cls.__labels__)

    @classmethod
    def members(cls) -> Iterator[Self]:
        """Every code of the table, in the specification's order."""
        return (cls(value) for value in cls.__labels__)

    @classmethod
    def by_label(cls, label: str) -> Self:
        """The code with that label; ``KeyError`` when no code or more than one has it."""
        found = [value for value, text in cls.__labels__.items() if text == label]
        if len(found) != 1:
            raise KeyError(f"{label!r}: {len(found)} codes of {cls.__key__} have this label")
        return cls(found[0])

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    __str__ = str.__str__
