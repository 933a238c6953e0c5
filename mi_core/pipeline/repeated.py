"""The same business again: the stored result instead of a second send."""

from __future__ import annotations

import logging

from mi_core.journal import Stored
from mi_core.model import Problem, ReplyMeta, Response
from mi_core.pipeline.contexts import InputCtx
from mi_core.pipeline.reading import parse, undecoded
from mi_core.wire import decode_output

__all__ = ["decode_stored"]

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
        response, problems = decode_output(asked.interface, reply, strict=True)
    except Exception as error:
        _log.warning("%s: the stored reply of %s cannot be decoded", asked.interface.code, done.msgid)
        response, problems = undecoded(asked.interface.response, error)
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
