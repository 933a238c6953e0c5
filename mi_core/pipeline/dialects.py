"""Calls to an institution of a region: each message is made by the document that holds there, whosever class was used."""

from __future__ import annotations

from functools import cache
from typing import Any

import attrs

from mi_core.config import Institution
from mi_core.errors import InvalidInput
from mi_core.model import Interface, Problem, Request, Response
from mi_core.model.fields.node import Node
from mi_core.model.fields.reading import parse_json
from mi_core.pipeline.contexts import InputCtx
from mi_core.regions import reads_as_it_is, recast, reread
from mi_core.wire import ReplyEnvelope, decode_output, to_bytes

__all__ = ["Spoken", "spoken", "typed_reply"]

_BASE = ("通用规范", "the base specification")


@attrs.frozen
class Spoken:
    """A request as it is said at an institution."""

    request: Request[Any]
    interface: Interface[Any]
    home: Interface[Any] | None = None
    """The document of the class that the caller used, where it is another: the reply comes back as its class."""


def spoken(request: Request[Any], institution: Institution) -> Spoken:
    """The request under the institution's own document. Raises ``InvalidInput`` naming the class to use."""
    home: Interface[Any] = request.__interface__
    try:
        target = institution.interface(home.code)
    except KeyError:
        raise _unknown_here(home, institution) from None
    if target.region == home.region:
        return Spoken(request, _as_sent(home, (), _absent(institution, home.code)))
    made, problems = recast(request, target, _titles(institution))
    if made is None or any(p.severity == "error" for p in problems):
        raise InvalidInput(problems, interface=home.code, title=home.title, institution=institution.code)
    sent = _as_sent(target, type(request).__left_out__, _absent(institution, home.code))
    return Spoken(made, sent, home)


def _absent(institution: Institution, code: str) -> str | None:
    return None if institution.dialect is None else institution.dialect.absent_nodes.get(code)


def _titles(institution: Institution) -> tuple[str, str]:
    region = institution.dialect
    return _BASE if region is None else (region.title, region.title_en)


def _unknown_here(home: Interface[Any], institution: Institution) -> InvalidInput:
    zh, en = _titles(institution)
    problem = Problem(
        path="", field="infno", label="交易编号", rule="region",
        zh=f"{zh}（{institution.region}）没有接口 {home.code}；它属于地区 {home.region}",
        en=f"{en} ({institution.region}) has no interface {home.code}; it belongs to the region {home.region}",
    )  # fmt: skip
    return InvalidInput([problem], interface=home.code, title=home.title, institution=institution.code)


@cache
def _as_sent(interface: Interface[Any], left_out: tuple[str, ...], absent: str | None) -> Interface[Any]:
    """The same document with fields that do not travel in the message, or a word for nodes that are not sent."""
    if not left_out and absent is None:
        return interface
    whole = interface.encode_input
    nodes = (
        [m.wire for m in interface.request.__members__ if isinstance(m, Node)] if absent is not None else []
    )

    def encode_input(request: Any) -> bytes:
        tree = parse_json(whole(request))
        for row in tree.values():
            for name in left_out if isinstance(row, dict) else ():
                row.pop(name, None)
        return to_bytes({**tree, **{name: absent for name in nodes if not tree.get(name)}})

    return attrs.evolve(interface, encode_input=encode_input)


def typed_reply(asked: InputCtx, reply: ReplyEnvelope, *, strict: bool) -> tuple[Response, list[Problem]]:
    """The content as the class that the caller expects. Raises ``MissingProof``, and ``Lossy`` for more than it can hold."""
    home = asked.home
    if home is None:
        return decode_output(asked.interface, reply, strict=strict)
    if reads_as_it_is(asked.interface.response, home.response):
        return decode_output(
            home, attrs.evolve(reply, output_raw=reply.output_raw, typed=None), strict=strict
        )
    problems: list[Problem] = []
    return home.structure_output(content_at_home(asked, _plain(reply)), problems), problems


def content_at_home(asked: InputCtx, output: Any) -> Any:
    """``output`` of a reply in the shape of the caller's document."""
    if asked.home is None:
        return output
    return reread(output, asked.interface.response, asked.home.response)


def _plain(reply: ReplyEnvelope) -> Any:
    if reply.checked:
        return reply.output()
    raw = reply.output_raw
    return None if raw is None else parse_json(raw)
