"""What a fake gateway does with the calls of one interface, in turn; the last step stays."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Self

import attrs

from mi_core.errors import UnknownName
from mi_core.model import Interface, Request
from mi_core.plugin import HttpReply, HttpRequest, Sending, TransportFailure
from mi_core.testing import examples

__all__ = ["FakeGatewayError", "Script", "Seen"]

Answer = Callable[["Seen"], bytes]


class FakeGatewayError(AssertionError):
    """A test and its fake gateway do not fit together: an unexpected call, a message or an answer that breaks the catalogue."""


@attrs.frozen
class Seen:
    """One message that reached the fake gateway. Test data only: it is shown in clear."""

    code: str
    msgid: str
    input: Mapping[str, Any]
    """By wire name, amounts as ``Decimal``, as it was on the wire."""
    head: Mapping[str, Any]
    """The head without ``input``; empty for a bare message."""
    request: Request[Any] | None
    """The same as a typed request; ``None`` when it breaks the catalogue."""
    http: HttpRequest


@attrs.frozen
class _Step:
    answer: Answer | None
    status: int = 200
    delay: float = 0.0
    leaves: bool = True
    """The message reached the bureau; ``False``: the connection failed before."""
    evidence: str = ""
    """The exchange fails with it instead of being answered."""
    content: bytes | None = None
    """A file that is fetched (9102)."""


class Script:
    """What happens to the calls of one interface. Methods add a step and return the script: ``.drop_after().reply()``."""

    def __init__(self, interface: Interface[Any]) -> None:
        self.interface = interface
        self._steps: list[_Step] = []
        self._next = 0
        self._delay = 0.0
        self._turn = threading.Lock()

    def reply(self, output: Any = None, **overrides: Any) -> Self:
        """Answer with success: an ``output`` of your own, or one made for each request (see ``examples.reply``).

        ``overrides``: values by wire name, nodes joined by two underscores; ``...`` leaves a field out. Raises
        :class:`FakeGatewayError` for an ``output`` or a field that the catalogue does not know.
        """
        interface = self.interface
        if output is None:
            _check(interface, _made(interface, None, overrides))
        else:
            _check(interface, output)

        def answer(seen: Seen) -> bytes:
            content = output if output is not None else _made(interface, seen, overrides)
            if interface.behaviour.envelope == "none":
                return examples.to_json(content)
            return examples.to_json({"infcode": 0, "inf_refmsgid": "R1", "err_msg": "", "output": content})

        return self._add(answer)

    def refuse(self, text: str, *, infcode: Any = -1) -> Self:
        """The bureau refuses: ``infcode`` and ``err_msg``. Only texts in ``refusals`` of the institution are certain."""
        return self._add(_always({"infcode": infcode, "inf_refmsgid": "R1", "err_msg": text, "output": None}))

    def refuse_by_gateway(self, message: str, *, code: Any = 401) -> Self:
        """The gateway itself refuses; the bureau never saw the message."""
        return self._add(_always({"code": code, "message": message}))

    def drop_before(self) -> Self:
        """No connection: it is proven that nothing left."""
        return self._add(None, leaves=False, evidence="connection refused")

    def drop_after(self) -> Self:
        """The message arrives, and the connection ends without an answer."""
        return self._add(None, evidence="connection closed")

    def hang(self) -> Self:
        """The message arrives, and nothing comes until the caller's time is over."""
        self._delay = 86_400.0
        return self._add(None, evidence="timeout")

    def garbage(self, body: bytes = b"<html>\xff", *, status: int = 200) -> Self:
        """Bytes that are no answer; also an HTTP status of your own."""
        return self._add(lambda _seen: body, status=status)

    def file(self, content: bytes) -> Self:
        """A file is fetched (9102)."""
        return self._add(None, content=content)

    def answer_with(self, answer: Answer, *, status: int = 200) -> Self:
        """Answer with the bytes that a function makes of the message; they are not checked."""
        return self._add(answer, status=status)

    def delay(self, seconds: float) -> Self:
        """The next step answers so much later."""
        self._delay = seconds
        return self

    def _add(self, answer: Answer | None, **how: Any) -> Self:
        self._steps.append(_Step(answer, delay=self._delay, **how))
        self._delay = 0.0
        return self

    def step(self) -> _Step:
        """The step for the next message."""
        if not self._steps:
            code, title = self.interface.code, self.interface.title
            raise FakeGatewayError(
                f'on("{code}") says nothing of what happens to {code} {title}: add .reply() or another step'
            )
        with self._turn:
            step = self._steps[min(self._next, len(self._steps) - 1)]
            self._next += 1
        return step


async def perform(step: _Step, seen: Seen, sending: Sending, arrived: Callable[[], None]) -> HttpReply:
    """Do what the step says; ``arrived`` is called once the message counts as sent."""
    if not step.leaves:
        raise TransportFailure(step.evidence, "scripted")
    sending.bytes_leave()
    arrived()
    if step.delay:
        await asyncio.sleep(step.delay)
    if step.evidence:
        raise TransportFailure(step.evidence, "scripted")
    if step.content is not None:
        return _filed(step.content, seen.http)
    assert step.answer is not None
    return HttpReply(step.status, {"content-type": "application/json"}, step.answer(seen))


def _filed(content: bytes, request: HttpRequest) -> HttpReply:
    headers = {"content-type": "application/octet-stream"}
    if request.save is None or len(content) > request.save.limit:
        return HttpReply(200, headers, content)
    request.save.path.write_bytes(content)
    return HttpReply(200, headers, b"", saved=len(content))


def _always(body: Mapping[str, Any]) -> Answer:
    data = examples.to_json(body)
    return lambda _seen: data


def _made(interface: Interface[Any], seen: Seen | None, overrides: Mapping[str, Any]) -> Any:
    asked, msgid = (seen.input, seen.msgid) if seen is not None else (None, None)
    try:
        return examples.output(interface, asked, msgid=msgid, **overrides)
    except UnknownName as error:
        raise FakeGatewayError(error.message("en")) from error
    except (KeyError, TypeError, AttributeError) as error:
        raise FakeGatewayError(f"the reply of {interface.code} cannot be made: {error!r}") from error


def _check(interface: Interface[Any], output: Any) -> None:
    """A reply that no bureau could send would prove nothing. Missing fields and other amounts are the test's business."""
    from mi_core.wire import MissingProof, decode_output, read_reply

    bare = interface.behaviour.envelope == "none"
    try:
        body = examples.to_json(output if bare else {"infcode": 0, "output": output})
        response, problems = decode_output(interface, read_reply(body, strict=True), strict=True)
    except MissingProof:
        return
    except (TypeError, ValueError) as error:
        raise FakeGatewayError(f"the reply of {interface.code} cannot be written as JSON: {error}") from error
    faults = [p.message("en") for p in problems]
    faults += [f"{pointer}: there is no such field" for pointer in response.with_meta(_raw(body)).extra]
    if faults:
        raise FakeGatewayError(f"the reply of {interface.code} breaks the catalogue: " + "; ".join(faults))


def _raw(body: bytes) -> Any:
    from mi_core.model import ReplyMeta

    return ReplyMeta(raw=body)


def read_message(body: bytes) -> dict[str, Any]:
    """A message as it was on the wire, numbers exact."""
    message = json.loads(body, parse_float=Decimal)
    if not isinstance(message, dict):
        raise FakeGatewayError("the message is no JSON object")
    return message
