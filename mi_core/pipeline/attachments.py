"""Files beside a message (9101) and replies that are files (9102), carried through the same stages as any call.

The stages never see the file: they get a runtime whose transport adds it to the request, or puts the reply on the disk
and answers for it with a message of its own. Log and classifier therefore treat such calls like all others.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import attrs

from mi_core.pipeline.contexts import CallOptions
from mi_core.pipeline.runtime import Runtime
from mi_core.plugin import (
    FilePart,
    GatewayAuth,
    HttpReply,
    HttpRequest,
    ProbeReply,
    SaveTo,
    Sending,
    Transport,
    TransportFailure,
)

__all__ = ["attached"]


def attached(runtime: Runtime, options: CallOptions) -> Runtime:
    """The runtime for a call with ``options``: itself unless they name a file."""
    if options.file is None and options.save is None:
        return runtime
    gateways = runtime.gateways.opening(_Opening)
    transport = _Carrier(runtime.transport, options.file, options.save)
    return attrs.evolve(runtime, transport=transport, gateways=gateways)


@attrs.frozen
class _Carrier:
    """A transport that adds the file to what it sends, and tells of a saved reply by a message."""

    _transport: Transport
    _file: FilePart | None
    _save: SaveTo | None

    @property
    def keeps_deadline(self) -> bool:
        return bool(getattr(self._transport, "keeps_deadline", False))

    async def send(self, request: HttpRequest, *, deadline: float, sending: Sending) -> HttpReply:
        if not getattr(self._transport, "carries_files", False):
            sending.promise()
            raise TransportFailure("transport without files")
        request = attrs.evolve(request, file=self._file, save=self._save)
        reply = await self._transport.send(request, deadline=deadline, sending=sending)
        return reply if reply.saved is None else attrs.evolve(reply, body=_told(reply.saved))

    async def probe(self, url: str, *, timeout: float) -> ProbeReply:  # noqa: ASYNC109  # the interface's own name
        return await self._transport.probe(url, timeout=timeout)

    async def close(self) -> None:
        await self._transport.close()


@attrs.frozen
class _Opening:
    """A gateway whose replies are opened as ever; a saved file is no envelope, and nothing in it is opened."""

    _gateway: GatewayAuth

    def __getattr__(self, name: str) -> Any:
        return getattr(self._gateway, name)

    def seal(self, infno: str, body: bytes, now_ms: int) -> HttpRequest:
        return self._gateway.seal(infno, body, now_ms)

    def open(self, reply: HttpReply) -> bytes:
        return reply.body if reply.saved is not None else self._gateway.open(reply)


def _told(size: int) -> bytes:
    """What stands in the log for a file that came."""
    content: Mapping[str, Any] = {"infcode": 0, "err_msg": "", "output": {"bytes": size}}
    return json.dumps(content, separators=(",", ":")).encode()
