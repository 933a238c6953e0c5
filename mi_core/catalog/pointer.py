"""JSON pointers (RFC 6901) with one addition: ``@v`` names the list element that is ``v`` or is keyed by ``v``.

An object in a list is keyed by its ``const`` (a code), ``code`` (a field), ``interface`` or ``column``:
``/oneOf/@12`` is the code 12, ``/required/@psn_no`` the requirement of ``psn_no``. Values survive when neighbours
change places; indexes do not.
"""

from __future__ import annotations

from typing import Any

__all__ = ["PointerError", "element_index", "join", "parse", "resolve"]

_KEYS = ("const", "code", "interface", "column")


class PointerError(LookupError):
    """The pointer does not fit the document; ``token`` is the first part that does not."""

    def __init__(self, pointer: str, token: str) -> None:
        super().__init__(pointer)
        self.pointer, self.token = pointer, token


def parse(pointer: str) -> list[str]:
    """``/a/b~1c`` -> ``["a", "b/c"]``; raises :class:`PointerError` when it is no pointer."""
    if pointer == "":
        return []
    if not pointer.startswith("/"):
        raise PointerError(pointer, pointer)
    return [token.replace("~1", "/").replace("~0", "~") for token in pointer[1:].split("/")]


def join(tokens: list[str]) -> str:
    """The inverse of :func:`parse`."""
    return "".join("/" + token.replace("~", "~0").replace("/", "~1") for token in tokens)


def element_index(items: list[Any], token: str) -> int | None:
    """Where ``token`` (``@v`` or an index) points in ``items``; ``None`` when nowhere."""
    if token.startswith("@"):
        value = token[1:]
        for i, item in enumerate(items):
            if item == value or (
                isinstance(item, dict) and any(str(item[k]) == value for k in _KEYS if k in item)
            ):
                return i
        return None
    if token.isascii() and token.isdigit() and int(token) < len(items):
        return int(token)
    return None


def resolve(document: Any, tokens: list[str]) -> Any:
    """The value at ``tokens``; raises :class:`PointerError` naming the first part that does not fit."""
    here = document
    for token in tokens:
        if isinstance(here, dict) and token in here:
            here = here[token]
            continue
        index = element_index(here, token) if isinstance(here, list) else None
        if index is None:
            raise PointerError(join(tokens), token)
        here = here[index]
    return here
