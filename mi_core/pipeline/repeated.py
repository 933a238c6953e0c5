"""The same business again: the stored result instead of a second send."""

from __future__ import annotations

import logging
from typing import Any, Final

from mi_core.journal import Stored
from mi_core.model import Interface, Problem, ReplyMeta, Response
from mi_core.pipeline.contexts import InputCtx
from mi_core.pipeline.dialects import content_at_home, typed_reply
from mi_core.pipeline.reading import parse, undecoded
from mi_core.wire import MissingProof

__all__ = ["decode_stored"]

_PLACE: Final = "?"
"""Stands for a missing proof while the rest is decoded."""
_log = logging.getLogger("mi_core.call")


def decode_stored(asked: InputCtx, done: Stored) -> Response:
    """The typed reply that confirmed this business earlier. ``meta.repeated`` is true; ``meta.source`` says how it was
    learnt and ``meta.missing`` what a query could not give. Never raises: the business is done.
    """
    problems: list[Problem] = []
    infcode, err_msg = "0", None
    try:
        if done.response is None:
            raise LookupError(f"confirmed by {done.source}, without a reply")
        reply = parse(asked.interface, done.response)
        infcode, err_msg = reply.infcode or "0", reply.err_msg
        if done.missing:
            home = asked.interface if asked.home is None else asked.home
            response, problems = _incomplete(home, content_at_home(asked, reply.output()), done.missing)
        else:
            response, problems = typed_reply(asked, reply, strict=True)
    except Exception as error:
        _log.warning("%s: the stored reply of %s cannot be decoded", asked.interface.code, done.msgid)
        response, problems = undecoded(asked.reply_class, error)
    return response.with_meta(
        ReplyMeta(
            raw=done.response or b"",
            msgid=done.msgid,
            infcode=infcode,
            err_msg=err_msg,
            operation_id=done.operation_id,
            problems=tuple(problems),
            warnings=asked.warnings,
            source=done.source,
            missing=done.missing,
            repeated=True,
            identifier=done.identifier,
        )
    )


def _incomplete(
    interface: Interface[Any], output: Any, missing: tuple[str, ...]
) -> tuple[Response, list[Problem]]:
    """A reply put together from a query's answer: a proof that the query could not give is ``None`` here."""
    problems: list[Problem] = []
    output = output if isinstance(output, dict) else {}
    lacking: list[list[str]] = []
    while True:
        try:
            response = interface.structure_output(output, problems)
            break
        except MissingProof as lack:
            names = lack.path.removeprefix("/output").strip("/").split("/")
            if names in lacking or names[-1] not in {field.rpartition(".")[2] for field in missing}:
                raise
            lacking.append(names)
            node = output
            for name in names[:-1]:
                node = node.setdefault(name, {})
            node[names[-1]] = _PLACE
            problems.clear()
    for *nodes, field in lacking:
        place: Any = response
        for name in nodes:
            place = getattr(place, name)
        object.__setattr__(place, field, None)
    return response, problems
