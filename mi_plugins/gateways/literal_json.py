"""JSON in which every scalar keeps the text it was written with: what signatures over JSON are made of."""

from __future__ import annotations

import json
from typing import Any, NoReturn

__all__ = ["literal_json"]


def literal_json(text: bytes) -> Any:
    """``text`` with numbers as the text that stands there (``1.50`` stays ``1.50``); ``true`` and ``false`` as ``bool``.

    Raises ``ValueError`` for what is no JSON, for a key that stands twice in one object and for NaN; ``RecursionError``
    when it is nested too deep.
    """
    return json.loads(
        text.decode("utf-8-sig"),
        parse_int=str,
        parse_float=str,
        parse_constant=_refuse,
        object_pairs_hook=_once,
    )


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return members


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")
