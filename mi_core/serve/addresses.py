"""What stands in an address, percent-encoded as UTF-8 or, as many an old program does, as GB 18030."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl, unquote_to_bytes

from aiohttp import web

__all__ = ["place_of", "query_of"]


def query_of(request: web.Request) -> Mapping[str, str]:
    """The query's values by name; of several of one name the first."""
    raw = request.rel_url.raw_query_string
    found: dict[str, str] = {}
    for name, value in parse_qsl(raw, keep_blank_values=True, encoding="latin-1"):
        found.setdefault(_text(name.encode("latin-1")), _text(value.encode("latin-1")))
    return found


def place_of(request: web.Request, name: str) -> str:
    """A part of the path, by its name in the route."""
    value, resource = request.match_info[name], request.match_info.route.resource
    if "%" not in value or resource is None:
        return value
    parts = zip(resource.canonical.split("/"), request.rel_url.raw_path.split("/"), strict=True)
    return next((_text(unquote_to_bytes(raw)) for part, raw in parts if part == f"{{{name}}}"), value)


def _text(raw: bytes) -> str:
    for codec in ("utf-8", "gb18030"):
        try:
            return raw.decode(codec)
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8", "replace")
