"""From a recorded exchange to a step of a fake gateway's script."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mi_core.testing.examples import to_json
from mi_core.testing.script import Script, Seen

__all__ = ["follow"]


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
        recorded = dict(_scalars(exchange["request"] or {}))

        def answer(seen: Seen) -> bytes:
            now = dict(_scalars(seen.input))
            output = _rebound(told["output"], recorded, now, message_id, seen.msgid)
            if "infcode" not in told:
                return to_json(output)
            return to_json(
                {"infcode": _number(told["infcode"]), "err_msg": told["err_msg"], "output": output}
            )

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
