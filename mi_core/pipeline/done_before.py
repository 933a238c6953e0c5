"""What was done already, without the least chance that it is done again: the journal is asked, nothing is sent."""

from __future__ import annotations

from typing import Any

from mi_core.model import Request, Response
from mi_core.pipeline.attachments import attached
from mi_core.pipeline.contexts import CallOptions
from mi_core.pipeline.identifiers import identifiers_of
from mi_core.pipeline.intents import intent_of
from mi_core.pipeline.journalled import standing
from mi_core.pipeline.prepare import encode, prepare
from mi_core.pipeline.repeated import decode_stored
from mi_core.pipeline.runtime import Runtime

__all__ = ["done_before"]


async def done_before(runtime: Runtime, request: Request[Any], options: CallOptions) -> Response | None:
    """The stored reply of a changing call whose business stands; ``None`` where the same call would be sent.

    Raises ``VisitBusy`` and its siblings, as the call would, e.g. while a call that takes it back is unresolved.
    """
    runtime = attached(runtime, options)
    asked = prepare(runtime, request, options)
    identifiers = identifiers_of(asked.behaviour, encode(asked))
    done = await standing(runtime, asked, intent_of(runtime, asked, identifiers), identifiers)
    return None if done is None else decode_stored(asked, done)
