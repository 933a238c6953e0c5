"""``GET …/lookup/{kind}?q=``: the synchronised catalogues and dictionaries, searched here; nothing is sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import attrs
from aiohttp import web

from mi_core.catalogues import open_catalogue
from mi_core.serve.addresses import place_of, query_of
from mi_core.serve.bodies import answer
from mi_core.serve.refusals import bad_request
from mi_core.serve.service import SERVICE, institution_of, need

__all__ = ["lookup"]

_MOST: Final = 500
_LONGEST: Final = 100


async def lookup(request: web.Request) -> web.Response:
    """``kind``: ``drug service material disease operation …`` or an interface code; ``dict`` with ``type=`` for a dictionary.

    ``q``: parts of code, name, initials, specification or maker, all of which must be there; ``code``: one code exactly.
    """
    service = request.app[SERVICE]
    need("lookup")
    institution, kind, asked = institution_of(request), place_of(request, "kind"), query_of(request)
    text, code, limit = asked.get("q", ""), asked.get("code", ""), _limit(asked)
    withdrawn = asked.get("withdrawn") in ("1", "true")
    if len(text) > _LONGEST or len(code) > _LONGEST:
        raise bad_request(
            f"最长 {_LONGEST} 个字符",
            f"at most {_LONGEST} characters",
            field="q" if len(text) > _LONGEST else "code",
        )
    async with open_catalogue(service.config, institution.code) as catalogue:
        found: list[Any]
        if kind == "dict":
            found = list(await catalogue.dictionary(_type(asked)))
            found = [one for one in found if not text or text in one.value or text in one.label]
        elif code:
            found = list(await catalogue.by_code(kind, code))
        elif text.strip():
            found = list(await catalogue.find(kind, text, limit=limit, withdrawn=withdrawn))
        else:
            raise bad_request(
                "须给出 q 或 code",
                "q or code is needed",
                field="q",
                hint_zh="如 ?q=阿莫西林",
                hint_en="e.g. ?q=amoxicillin",
            )
    return answer(request, {"kind": kind, "entries": [attrs.asdict(one) for one in found[:limit]]})


def _type(asked: Mapping[str, str]) -> str:
    name = asked.get("type", "")
    if not name:
        raise bad_request("须给出字典类型 type", "the dictionary's type is needed", field="type", hint_zh="如 ?type=med_type",
                          hint_en="e.g. ?type=med_type")  # fmt: skip
    return name


def _limit(asked: Mapping[str, str]) -> int:
    text = asked.get("limit", "20")
    if not (text.isascii() and text.isdigit() and len(text) < 6 and 0 < int(text) <= _MOST):
        raise bad_request(f"limit 应为 1 至 {_MOST}", f"limit is 1 to {_MOST}", field="limit")
    return int(text)
