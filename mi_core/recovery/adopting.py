"""From what a query found to the bytes of the reply that was lost."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from mi_core.model.outcome import OutcomeQuery
from mi_core.recovery.answers import Seen
from mi_core.recovery.case import at

__all__ = ["adopted", "identifier_of", "missing_of"]


def adopted(query: OutcomeQuery | None, seen: Seen | None, output: Any) -> bytes:
    """A reply of the lost interface with what the query gave. What it could not give is simply not in it."""
    content: dict[str, Any] = {}
    adopt = query.adopt if query is not None else None
    if adopt is not None and seen is not None and seen.row is not None:
        taken = {there for _, there in adopt.rename}
        fields = {name: value for name, value in seen.row.items() if name not in taken}
        fields |= {here: seen.row.get(there) for here, there in adopt.rename}
        if adopt.only:
            fields = {name: value for name, value in fields.items() if name in adopt.only}
        content[adopt.node] = fields | dict(adopt.constants)
        if seen.alone and isinstance(output, Mapping):
            content |= {name: output[name] for name in adopt.beside if name in output}
    reply = {"infcode": 0, "err_msg": "", "output": content or None}
    return _dumps(reply).encode()


def missing_of(query: OutcomeQuery | None, seen: Seen | None) -> tuple[str, ...]:
    """What the adopted reply lacks."""
    if query is None or seen is None:
        return ()
    lost = query.adopt.beside if query.adopt is not None and not seen.alone else ()
    return query.missing + lost


def identifier_of(query: OutcomeQuery | None, seen: Seen | None) -> str | None:
    """The id that the lost reply had."""
    if query is None or seen is None or seen.row is None or query.identifier is None:
        return None
    value = at(seen.row, query.identifier)
    return None if value is None else str(value)


def _dumps(value: Any) -> str:
    """JSON with exact numbers: a Decimal is written as it is."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, Mapping):
        return (
            "{" + ",".join(f"{json.dumps(k, ensure_ascii=False)}:{_dumps(v)}" for k, v in value.items()) + "}"
        )
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(_dumps, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
