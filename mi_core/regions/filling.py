"""Requests that the library itself makes, under whatever document holds: what is known, by field code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mi_core.model import Interface, Request
from mi_core.regions.plan import places_of
from mi_core.regions.tree import fitted, put
from mi_core.types import UNSET

__all__ = ["filled"]


def filled(interface: Interface[Any], known: Mapping[str, Any]) -> Request[Any]:
    """A request with every field of ``known`` that the document has in a place of one row; the others are left out.

    Raises ``InvalidInput`` for what the document demands beside them.
    """
    tree: dict[str, Any] = {}
    for place in places_of(interface.request.__members__):
        if place.kind == "many":
            continue
        for code, field in place.fields.items():
            value = known.get(code, UNSET)
            if value is not UNSET:
                put(tree, (place.wire, code) if place.wire else (code,), fitted(field, value))
    return interface.request.from_dict(tree)
