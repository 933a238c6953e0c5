"""The two shapes of a node in a document: one row (an object) and many rows (a list of that object)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

__all__ = ["is_node", "row_of", "unwrapped", "wrapped"]

_OUTSIDE = ("title", "x-mi")


def wrapped(node: dict[str, Any]) -> dict[str, Any]:
    """``{"title", "type": "object", …}`` -> ``{"title", "type": "array", "items": {…}, "x-mi"}``."""
    items = {k: v for k, v in node.items() if k not in _OUTSIDE}
    outside = {k: node[k] for k in _OUTSIDE if k in node}
    head = {"title": outside.pop("title")} if "title" in outside else {}
    return {**head, "type": "array", "items": items, **outside}


def unwrapped(node: dict[str, Any]) -> dict[str, Any]:
    """The reverse of :func:`wrapped`."""
    head = {"title": node["title"]} if "title" in node else {}
    tail = {"x-mi": node["x-mi"]} if "x-mi" in node else {}
    return {**head, **node["items"], **tail}


def row_of(node: Mapping[str, Any]) -> dict[str, Any]:
    """The object that holds the members of a node of either shape."""
    row: Any = node["items"] if node.get("type") == "array" else node
    return cast("dict[str, Any]", row)


def is_node(value: Any) -> bool:
    """Whether a member of ``properties`` is a node with members of its own (not an open object or list)."""
    if not isinstance(value, dict):
        return False
    if value.get("type") == "array":
        items = value.get("items")
        return isinstance(items, dict) and "properties" in items
    return "properties" in value
