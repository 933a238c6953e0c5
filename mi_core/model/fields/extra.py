"""Fields of a reply that stand in no document, found in the kept bytes when somebody asks for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any
from weakref import WeakKeyDictionary

from mi_core.model.fields.node import Inline, Node, Root
from mi_core.model.fields.reading import as_output, parse_json
from mi_core.model.message import Response
from mi_core.model.record import Record

__all__ = ["extra_of"]

DEEPEST = 32
_Shape = tuple[Node | None, frozenset[str] | None, Mapping[str, Node]]
_shapes: WeakKeyDictionary[type[Record], _Shape] = WeakKeyDictionary()


def extra_of(response: Response) -> Mapping[str, Any]:
    """JSON pointer below ``output`` -> value (numbers exact). Empty for a reply without kept bytes; read once."""
    try:
        found: Mapping[str, Any] = object.__getattribute__(response, "_extra")
        return found
    except AttributeError:
        pass
    found = MappingProxyType(dict(_unknown(type(response), _output(response), "", 0)))
    object.__setattr__(response, "_extra", found)
    return found


def _output(response: Response) -> Any:
    raw = response.meta.raw
    if not raw:
        return None
    try:
        body = parse_json(raw.removeprefix(b"\xef\xbb\xbf"))
    except ValueError:
        return None
    if response.__interface__.behaviour.envelope == "none":
        return body
    return as_output(type(response), body.get("output")) if isinstance(body, Mapping) else None


def _unknown(cls: type[Record], value: Any, at: str, depth: int) -> Iterator[tuple[str, Any]]:
    if depth > DEEPEST or not isinstance(value, (Mapping, list)):
        return
    if (shape := _shapes.get(cls)) is None:
        shape = _shapes[cls] = _shape(cls)
    root, known, nodes = shape
    if root is not None:
        yield from _rows(root, value, at, depth)
        return
    if known is None or not isinstance(value, Mapping):
        return
    if nodes or not value.keys() <= known:
        for key, item in value.items():
            if key not in known:
                yield _at(at, key), item
            elif (node := nodes.get(key)) is not None:
                yield from _rows(node, item, _at(at, key), depth)


def _at(place: str, key: object) -> str:
    return f"{place}/{str(key).replace('~', '~0').replace('/', '~1')}"


def _shape(cls: type[Record]) -> _Shape:
    """The node of a bare list or value, or the names of the fields and those of them that are nodes."""
    members = cls.__members__
    if len(members) == 1 and isinstance(members[0], Root):
        f = members[0].field
        return (f if isinstance(f, Node) else None), None, {}
    fields = [m for m in members if not isinstance(m, (Inline, Root))]
    return None, frozenset(m.wire for m in fields), {m.wire: m for m in fields if isinstance(m, Node)}


def _rows(node: Node, value: Any, at: str, depth: int) -> Iterator[tuple[str, Any]]:
    if isinstance(value, list):
        for i, row in enumerate(value):
            yield from _unknown(node.row, row, f"{at}/{i}", depth + 1)
    else:
        yield from _unknown(node.row, value, at, depth + 1)
