"""A mapping whose keys are known and whose values are read when first asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Generic, TypeVar

__all__ = ["Lazy"]

V = TypeVar("V")


class Lazy(Mapping[str, V], Generic[V]):
    """``read(key)`` is called once per key."""

    def __init__(self, keys: Sequence[str], read: Callable[[str], V]) -> None:
        self._keys = dict.fromkeys(keys)
        self._read = read
        self._values: dict[str, V] = {}

    def __getitem__(self, key: str) -> V:
        try:
            return self._values[key]
        except KeyError:
            if key not in self._keys:
                raise
        value = self._values[key] = self._read(key)
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)

    def __contains__(self, key: object) -> bool:
        return key in self._keys
