"""What became of a send: the only place that may say Confirmed, Rejected or NotSent (journal design, classifier).

Values in, :class:`Verdict` out; nothing here raises on what a gateway sends. Whatever is not positively known is InDoubt.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

import attrs

from mi_core.masking import scrub
from mi_core.model import Behaviour, Discrepancy
from mi_core.money import identity_findings
from mi_core.types import Outcome
from mi_core.wire import ReplyEnvelope

__all__ = ["Refusals", "Sent", "Verdict", "classify_failure", "classify_reply", "refused_by_status"]

_NOTHING: Final = frozenset({"", "null", "none", "nil", "undefined", "nan"})
GATEWAY_REFUSAL: Final = 401
"""``code`` of the gateway's own answer; the four refusals of ``csb`` all carry it."""

_NO_ACCESS: Final = frozenset({401, 403})
_TEXT_READ: Final = 4000
"""Bytes of an answer without an envelope that are looked at, and characters of them that are shown."""
_TEXT_SHOWN: Final = 200


@attrs.frozen
class Sent:
    """What the reply must agree with."""

    msgid: str
    person: str | None = attrs.field(default=None, repr=False)


@attrs.frozen
class Verdict:
    """The outcome with its evidence. ``executed``: the bureau says it did it, but the reply does not prove it."""

    outcome: Outcome
    evidence: str
    infcode: str | None = None
    reason: str = attrs.field(default="", repr=False)
    """The other side's own text; may name a person, hence not in ``repr``."""
    by_gateway: bool = False
    likely_refused: bool = False
    executed: bool = False
    discrepancies: tuple[Discrepancy, ...] = ()
    identifier: str | None = None
    """The value that proves a confirmed call, e.g. its ``setl_id``; ``None`` where the proof is ``infcode``."""


class Refusals:
    """Texts that a region's bureau is known to send only when it did nothing. ``*`` stands for a changing part."""

    def __init__(self, texts: Collection[str] = ()) -> None:
        self._patterns = [
            re.compile(".*".join(map(re.escape, t.split("*"))), re.DOTALL) for t in texts if t.strip("* ")
        ]

    def __contains__(self, text: object) -> bool:
        return isinstance(text, str) and any(p.fullmatch(text.strip()) for p in self._patterns)


def classify_failure(*, nothing_left: bool, evidence: str) -> Verdict:
    """No whole reply came: NotSent only when it is proven that no byte left."""
    return Verdict(Outcome.NOT_SENT if nothing_left else Outcome.IN_DOUBT, evidence)


def classify_reply(
    behaviour: Behaviour, status: int, reply: ReplyEnvelope, sent: Sent, refusals: Refusals,
    *, certain_401: bool = True,
) -> Verdict:  # fmt: skip
    """A reply came and could be read as JSON (with the strict parser for exact effects).

    ``certain_401``: a 401 of this gateway is known to be its own word that it passed nothing on.
    """
    if status in (200, GATEWAY_REFUSAL) and _gateway_refused(reply):
        assert reply.gateway is not None
        reason = str(reply.gateway.get("message") or "")
        if certain_401 or not behaviour.exact:
            return Verdict(Outcome.REJECTED, "gateway", reason=reason, by_gateway=True)
        return Verdict(Outcome.IN_DOUBT, "unproven 401", reason=reason, likely_refused=True)
    if status != 200:
        code = None if reply.infcode is None else _shown(reply.infcode)
        return Verdict(Outcome.IN_DOUBT, f"http {status}", infcode=code)
    exact = behaviour.exact
    if reply.infcode == "0":
        return (
            _succeeded(behaviour, reply, sent)
            if exact
            else Verdict(Outcome.CONFIRMED, "infcode 0", infcode="0")
        )
    reason = reply.err_msg or _text(reply.field("message"))
    if reply.infcode is None:
        return Verdict(Outcome.IN_DOUBT, "no infcode", reason=reason)
    if not exact:
        return Verdict(
            Outcome.REJECTED, f"infcode {_shown(reply.infcode)}", infcode=_shown(reply.infcode), reason=reason
        )
    if reply.infcode == "-1" or behaviour.envelope == "order":
        if reason in refusals:
            return Verdict(Outcome.REJECTED, "known refusal", infcode=_shown(reply.infcode), reason=reason)
        return Verdict(
            Outcome.IN_DOUBT,
            "unlisted refusal",
            infcode=_shown(reply.infcode),
            reason=reason,
            likely_refused=True,
        )
    return Verdict(
        Outcome.IN_DOUBT, f"infcode {_shown(reply.infcode)}", infcode=_shown(reply.infcode), reason=reason
    )


def refused_by_status(status: int, reply: ReplyEnvelope | None, body: bytes) -> Verdict | None:
    """HTTP 401 or 403 without an envelope, for a call that changes nothing: whoever said it, the keys are what to look at.

    Never for a call that changes something: such an answer does not prove that nothing was passed on.
    """
    if status not in _NO_ACCESS or (reply is not None and (reply.infcode is not None or reply.by_centre)):
        return None
    text = scrub(" ".join(body[:_TEXT_READ].decode("utf-8", "replace").split()))
    said = text if len(text) <= _TEXT_SHOWN else f"{text[:_TEXT_SHOWN]}…"
    return Verdict(Outcome.REJECTED, f"http {status}", reason=said, by_gateway=True)


def _shown(infcode: str) -> str:
    """A status code is short ASCII; anything else may be personal and is stored and shown nowhere in clear."""
    return infcode if re.fullmatch(r"[-+.0-9A-Za-z_]{1,12}", infcode) else "(odd)"


def _gateway_refused(reply: ReplyEnvelope) -> bool:
    gateway = reply.gateway
    return (
        gateway is not None
        and str(gateway.get("code")) == str(GATEWAY_REFUSAL)
        and isinstance(gateway.get("message"), str)
        and reply.infcode is None
        and not reply.by_centre
    )


def _succeeded(behaviour: Behaviour, reply: ReplyEnvelope, sent: Sent) -> Verdict:
    """``infcode`` 0 of an exact call: Confirmed only with its proof, our message id (or none) and our person."""

    def doubt(evidence: str) -> Verdict:
        return Verdict(Outcome.IN_DOUBT, evidence, infcode="0", reason=reply.err_msg or "", executed=True)

    try:
        output = _tree(reply)
    except (ValueError, RecursionError):
        return doubt("output unreadable")
    stated = {path for path, _ in behaviour.proof_values}
    missing = [p for p in behaviour.proof if p != "infcode" and not _proven(output, p, any_text=p in stated)]
    if missing or not behaviour.proof:
        return doubt("proof missing: " + (", ".join(missing) or "none documented"))
    for path, values in behaviour.proof_values:
        if any(value not in values for value in _texts_at(output, path.removeprefix("output."))):
            return doubt(f"no success: {path} says otherwise")
    if any(value != sent.msgid for value in _message_ids(behaviour, reply, output)):
        return doubt("another message id")
    findings: list[Discrepancy] = []
    if behaviour.person_reply and sent.person:
        persons = [v for v in _texts_at(output, behaviour.person_reply) if v]
        if any(p != sent.person.strip() for p in persons):
            return doubt("another person")
        if not persons:
            field = behaviour.person_reply
            findings.append(
                Discrepancy("person_missing", f"回参缺少 {field}", f"{field} is missing in the reply")
            )
    for identity in behaviour.identities:
        findings += identity_findings(identity, _rows_at(output, identity.node))
    identifier = _identifier(behaviour, output)
    return Verdict(
        Outcome.CONFIRMED, "proof", infcode="0", discrepancies=tuple(findings), identifier=identifier
    )


def _identifier(behaviour: Behaviour, output: Any) -> str | None:
    """The first proof that is an id; one whose values the document lists is a status."""
    stated = {path for path, _ in behaviour.proof_values}
    for path in behaviour.proof:
        if path != "infcode" and path not in stated:
            return next((v for v in _texts_at(output, path.removeprefix("output.")) if v), None)
    return None


def _tree(reply: ReplyEnvelope) -> Any:
    """``output`` as plain values: decimals exact, duplicate keys and NaN refused, JSON inside a string opened."""
    tree = reply.output() if reply.checked else _loads(reply.output_raw or b"null")
    if isinstance(tree, str):
        tree = _loads(tree) if tree.strip() else None
    return tree


def _loads(text: str | bytes) -> Any:
    return json.loads(text, parse_float=Decimal, parse_constant=_refuse, object_pairs_hook=_pairs)


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("duplicate keys")
    return result


def _proven(output: Any, path: str, *, any_text: bool) -> bool:
    """The proof has a value in every row of its node (normally one): an id, unless the document lists its values."""
    node, _, field = path.removeprefix("output.").rpartition(".")
    values = [row.get(field) for row in _rows_at(output, node)]
    return bool(values) and all(_text(v) and (any_text or _is_id(v)) for v in values)


def _is_id(value: Any) -> bool:
    """``0``, a flag or a serialiser's word for nothing names no settlement."""
    return not isinstance(value, bool) and _text(value).strip("0").lower() not in _NOTHING


def _message_ids(behaviour: Behaviour, reply: ReplyEnvelope, output: Any) -> Iterable[str]:
    """Our message id as the bureau gives it back: ``medins_setl_id`` beside the proof, or ``msgid`` of the head."""
    nodes = {p.removeprefix("output.").rpartition(".")[0] for p in behaviour.proof if p.startswith("output.")}
    for node in nodes:
        yield from (v for row in _rows_at(output, node) if (v := _text(row.get("medins_setl_id"))))
    if echoed := _text(reply.field("msgid")):
        yield echoed


def _rows_at(tree: Any, path: str) -> list[dict[str, Any]]:
    """The object(s) at a dotted path; a list stands for its rows, whatever the document says."""
    rows = _rows(tree)
    for name in _names(path):
        rows = [below for row in rows for below in _rows(row.get(name))]
    return rows


@lru_cache(maxsize=4096)
def _names(path: str) -> tuple[str, ...]:
    return tuple(path.split(".")) if path else ()


def _rows(value: Any) -> list[dict[str, Any]]:
    if value.__class__ is dict:
        return [value]
    rows, waiting = [], [value]
    while waiting:
        item = waiting.pop()
        if item.__class__ is dict:
            rows.append(item)
        elif item.__class__ is list:
            waiting += reversed(item)
    return rows


def _texts_at(tree: Any, path: str) -> list[str]:
    node, _, field = path.rpartition(".")
    return [_text(row.get(field)) for row in _rows_at(tree, node)]


def _text(value: Any) -> str:
    """A scalar as text; objects, lists, ``false`` and empty values are none."""
    if value.__class__ is str:
        return str(value.strip())
    if isinstance(value, bool):
        return "true" if value else ""
    return str(value).strip() if isinstance(value, (str, int, Decimal)) else ""
