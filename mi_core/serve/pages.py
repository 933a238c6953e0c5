"""The documents, and the page that shows them (vendored Swagger UI; no other server is ever asked)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Final

from aiohttp import web

from mi_core.serve.bodies import answer
from mi_core.serve.openapi import flow_document, index_document, interface_document
from mi_core.serve.refusals import no_such_thing
from mi_core.serve.service import SERVICE, institution_of, need, token_of
from mi_core.serve.steps import kinds

__all__ = ["asset", "home", "index", "interface", "is_browser", "list_institutions", "page", "without_token"]

_TYPES: Final = {".html": "text/html", ".js": "text/javascript", ".css": "text/css"}
_HOW: Final = "token.html"
ASSETS: Final = ("docs.html", "docs.js", "docs.css", "compat.js", "swagger-ui-bundle.js", "swagger-ui.css")
_PIECE: Final = 64 * 1024
_POLICY: Final = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"


async def list_institutions(request: web.Request) -> web.Response:
    """``GET /v1/institutions``: those that the token may see."""
    need("describe")
    config, token = request.app[SERVICE].config, token_of()
    rows = [
        {"code": one.code, "name": one.name, "region": one.region, "url": f"/v1/institutions/{one.code}"}
        for one in config.institutions.values()
        if token.may_see(one.code)
    ]
    return answer(
        request, {"environment": config.environment, "institutions": rows, "roles": list(token.roles)}
    )


async def index(request: web.Request) -> web.Response:
    """``GET …/openapi.json``."""
    need("describe")
    institution = institution_of(request)
    return answer(request, await asyncio.to_thread(index_document, institution))


async def interface(request: web.Request) -> web.Response:
    """``GET …/openapi/{infno}.json``, also by the name of a flow."""
    need("describe")
    institution, infno = institution_of(request), request.match_info["infno"]
    try:
        build = flow_document if infno in kinds() else interface_document
        return answer(request, await asyncio.to_thread(build, institution, infno))
    except KeyError:
        raise no_such_thing() from None


async def home(request: web.Request) -> web.Response:
    """``GET /``: whoever types the bare address wants the documentation."""
    return web.Response(status=302, headers={"Location": "/docs"})


def is_browser(request: web.Request) -> bool:
    """A person's browser that opens an address, no program: only browsers ask for XHTML, and old libraries for ``text/html``."""
    return request.method == "GET" and "application/xhtml+xml" in request.headers.get("Accept", "")


async def without_token(headers: Mapping[str, str]) -> web.Response:
    """What a person sees who opens an address of the API in a browser."""
    response = await _file(_HOW)
    response.set_status(401)
    response.headers.update(headers)
    response.headers["Cache-Control"] = "no-store"
    return response


async def page(request: web.Request) -> web.Response:
    """``GET /docs``: an empty page until a token is entered."""
    return await _file("docs.html")


async def asset(request: web.Request) -> web.Response:
    """``GET /docs/{name}``: its scripts and styles."""
    name = request.match_info["name"]
    if name not in ASSETS:
        raise no_such_thing()
    return await _file(name)


@lru_cache(maxsize=len(ASSETS) + 1)
def _content(name: str) -> bytes:
    """Read once: who asks needs no token, and many who read slowly must not fill the memory."""
    return files("mi_core.serve").joinpath("static", name).read_bytes()


async def _pieces(content: bytes) -> AsyncIterator[bytes]:
    """Written one by one, each when the one before it was taken."""
    for start in range(0, len(content), _PIECE):
        yield content[start : start + _PIECE]


async def _file(name: str) -> web.Response:
    content = await asyncio.to_thread(_content, name)
    kind = _TYPES[f".{name.rpartition('.')[2]}"]
    headers = {
        "Content-Security-Policy": _POLICY, "Cache-Control": "max-age=3600", "Content-Length": str(len(content)),
    }  # fmt: skip
    return web.Response(body=_pieces(content), content_type=kind, charset="utf-8", headers=headers)
