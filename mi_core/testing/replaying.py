"""Recordings played again: a file of exchanges becomes the script of a fake gateway.

A recording is one JSON object: ``format`` (1), ``catalogue`` (its version), ``region``, ``exchanges``. An exchange says
``interface``, ``request`` (scrubbed, by wire name) and ``reply``, one of::

    {"status": 200, "output": …, "infcode": "0", "err_msg": ""}    answered; a bare message has "output" alone
    {"status": 200, "gateway": "401", "message": "…"}               refused by the gateway
    {"status": 502, "unreadable": true}                             answered with something else
    {"failure": "timeout", "left": true}                            not answered; "left": bytes were sent
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from mi_core.errors import MiError
from mi_core.testing.examples import to_json
from mi_core.testing.gateway import FakeGateway
from mi_core.testing.script import Script, Seen

__all__ = ["FORMAT", "MESSAGE_ID", "follow", "replay"]

FORMAT: Final = 1
MESSAGE_ID: Final = "MSGID"
"""Stands for the message's own id, which a replay puts back."""


def replay(source: str | Path) -> FakeGateway:
    """A fake gateway that answers as recorded, each interface in its order; the persons are those of the new calls.

    Raises ``ValueError`` that names file and line (or exchange) for a file that is no recording, ``OSError`` for one that
    cannot be read.
    """
    content = _content(Path(source))
    region = content.get("region", "")
    try:
        gateway = FakeGateway(region=region if isinstance(region, str) else repr(region))
    except MiError as error:
        raise ValueError(f"{source}: {error.message('en')}") from error
    for number, exchange in enumerate(content["exchanges"], 1):
        try:
            follow(gateway.on(exchange["interface"]), exchange, MESSAGE_ID)
        except MiError as error:
            raise ValueError(f"{source}: exchange {number}: {error.message('en')}") from error
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise ValueError(
                f"{source}: exchange {number} is not as a recorder writes it: {error!r}"
            ) from error
    return gateway


def _content(source: Path) -> dict[str, Any]:
    data = source.read_bytes()
    try:
        content = json.loads(data, parse_float=Decimal)
    except json.JSONDecodeError as error:
        raise ValueError(f"{source}, line {error.lineno}, column {error.colno}: {error.msg}") from None
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ValueError(f"{source}, line {line}: not UTF-8") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ValueError(
            f"{source} is no recording of format {FORMAT} (mi_core.testing.Recorder writes them)"
        )
    if not isinstance(content.get("exchanges"), list):
        raise ValueError(f"{source} is no recording: the list exchanges is missing")
    return content


def follow(script: Script, exchange: Mapping[str, Any], message_id: str) -> None:
    """Add the step that does what was recorded.

    What the recorded reply repeated of its own request (person, visit) is taken from the new request; ``message_id``
    stands for the id of the message.
    """
    told = exchange["reply"]
    if "failure" in told:
        if told["left"]:
            script.drop_after()
        else:
            script.drop_before()
    elif told.get("unreadable"):
        script.garbage(status=told["status"])
    elif "gateway" in told:
        script.refuse_by_gateway(told["message"], code=_number(told["gateway"]))
    else:
        recorded, kept = dict(_scalars(exchange["request"] or {})), told["output"]
        head = (
            {"infcode": _number(told["infcode"]), "err_msg": told["err_msg"]} if "infcode" in told else None
        )

        def answer(seen: Seen) -> bytes:
            now = dict(_scalars(seen.input))
            output = _rebound(kept, recorded, now, message_id, seen.msgid)
            return to_json(output if head is None else {**head, "output": output})

        script.answer_with(answer, status=told["status"])


def _number(text: str) -> Any:
    return int(text) if text.lstrip("-").isdigit() else text


def _scalars(tree: Any) -> Iterator[tuple[str, Any]]:
    """Every scalar by its wire name; the first of a name counts."""
    found: dict[str, Any] = {}
    waiting = [tree]
    while waiting:
        item = waiting.pop(0)
        if isinstance(item, Mapping):
            for name, value in item.items():
                if isinstance(value, (Mapping, list, tuple)):
                    waiting.append(value)
                else:
                    found.setdefault(name, value)
        elif isinstance(item, (list, tuple)):
            waiting += item
    yield from found.items()


def _rebound(tree: Any, recorded: Mapping[str, Any], now: Mapping[str, Any], mark: str, msgid: str) -> Any:
    if isinstance(tree, Mapping):
        out = {}
        for name, value in tree.items():
            if isinstance(value, (Mapping, list)):
                out[name] = _rebound(value, recorded, now, mark, msgid)
            elif value not in (None, "") and name in now and recorded.get(name) == value:
                out[name] = now[name]
            else:
                out[name] = msgid if value == mark else value
        return out
    if isinstance(tree, list):
        return [_rebound(item, recorded, now, mark, msgid) for item in tree]
    return tree
