"""The conditions of an interface: the ``if``/``then`` part of JSON Schema that the catalogue uses, evaluated here on its own.

A value ``""`` or ``null`` counts as absent. ``properties`` only speaks of members that are present.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["holds", "is_absent", "missing"]


def is_absent(value: object) -> bool:
    """Whether a value counts as not given."""
    return value is None or value == ""


def holds(schema: Mapping[str, Any], value: object) -> bool:
    """Whether ``value`` satisfies ``schema``."""
    if "const" in schema and value != schema["const"]:
        return False
    if "enum" in schema and value not in schema["enum"]:
        return False
    if isinstance(value, Mapping):
        if any(is_absent(value.get(name)) for name in schema.get("required", ())):
            return False
        for name, inner in schema.get("properties", {}).items():
            member = value.get(name)
            if not is_absent(member) and not holds(inner, member):
                return False
    elif isinstance(value, list):
        if "items" in schema and not all(holds(schema["items"], row) for row in value):
            return False
        if "contains" in schema and not any(holds(schema["contains"], row) for row in value):
            return False
    if "not" in schema and holds(schema["not"], value):
        return False
    if "allOf" in schema and not all(holds(part, value) for part in schema["allOf"]):
        return False
    return not ("anyOf" in schema and not any(holds(part, value) for part in schema["anyOf"]))


def missing(schema: Mapping[str, Any], value: Mapping[str, Any]) -> Iterator[str]:
    """Names of the members that ``schema`` (a ``then``) asks for and that are absent, nested ones dotted."""
    for name in schema.get("required", ()):
        if is_absent(value.get(name)):
            yield name
    for name, inner in schema.get("properties", {}).items():
        member = value.get(name)
        if isinstance(member, Mapping):
            for deeper in missing(inner, member):
                yield f"{name}.{deeper}"
