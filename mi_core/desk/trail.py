"""The audit trail as lines: what happened to an operation, and what operators did."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import attrs

from mi_core.desk.words import STATES, beijing, event_words
from mi_core.journal import Reader
from mi_core.journal.clues import Clue, Rows, clues
from mi_core.journal.database import Row
from mi_core.journal.keyring import KeyRing
from mi_core.journal.people import opened
from mi_core.masking import scrub

__all__ = ["ACTIONS", "Line", "evidence_of", "line_dict", "of_operation", "recent"]

ACTIONS: Final = (
    "proposed", "confirmed", "decided", "reopened", "withdrawn", "revealed", "refusal accepted", "refusal rejected", "refusal removed",
)  # fmt: skip
"""Events that a person made."""
_COLUMNS: Final = "writer, seq, at, kind, operation_id, msgid, from_state, to_state, data, evidence_ct"


@attrs.frozen(kw_only=True)
class Line:
    """One event; ``reason`` is a person's own words (of a decision), opened from the sealed part."""

    writer: int
    seq: int
    at: int
    kind: str
    operation_id: str | None
    msgid: str | None
    from_state: str | None
    to_state: str | None
    data: Mapping[str, Any]
    reason: str = ""


def _line(ring: KeyRing, row: Row, *, reasons: bool) -> Line:
    writer, seq, at, kind, operation_id, msgid, before, after, data, sealed = row
    content = opened(ring, kind, operation_id, msgid, data, sealed) if reasons and kind in ACTIONS else {}
    return Line(
        writer=int(writer), seq=int(seq), at=int(at), kind=str(kind), operation_id=operation_id, msgid=msgid,
        from_state=before, to_state=after, data=json.loads(data), reason=str(content.get("reason") or ""),
    )  # fmt: skip


def of_operation(reader: Reader, operation_id: str) -> list[Line]:
    """Everything that happened to an operation, in time order."""

    def ask(rows: Rows, ring: KeyRing) -> list[Line]:
        found = rows(
            f"SELECT {_COLUMNS} FROM event WHERE operation_id = ? ORDER BY at, writer, seq",  # noqa: S608  # constant
            (operation_id,),
        )
        return [_line(ring, row, reasons=True) for row in found]

    return reader.ask(ask)


def recent(reader: Reader, limit: int, *, actions: bool) -> list[Line]:
    """The newest events of all writers, newest first; with ``actions`` only what people did."""
    kinds = f" AND kind IN ({', '.join('?' * len(ACTIONS))})" if actions else ""
    chosen = ACTIONS if actions else ()

    def ask(rows: Rows, ring: KeyRing) -> list[Line]:
        out: list[Line] = []
        for (writer,) in rows("SELECT DISTINCT writer FROM event", ()):
            found = rows(
                f"SELECT {_COLUMNS} FROM event WHERE writer = ?{kinds} ORDER BY seq DESC LIMIT ?",  # noqa: S608  # constants
                (writer, *chosen, limit),
            )
            out += [_line(ring, row, reasons=True) for row in found]
        return sorted(out, key=lambda line: (line.at, line.seq), reverse=True)[:limit]

    return reader.ask(ask)


def evidence_of(reader: Reader, msgid: str) -> Sequence[Clue]:
    """What was seen of an attempt."""
    return reader.ask(lambda rows, _: clues(rows, msgid))


_SHOWN: Final = (
    "evidence",
    "source",
    "executed",
    "contradiction",
    "sight",
    "reason",
    "act",
    "to",
    "first",
    "against_evidence",
)
"""Keys of an event's data that say something to a person; digests and numbers do not."""


def line_dict(line: Line, lang: int) -> dict[str, Any]:
    """A line as data; ``lang``: 0 Chinese, 1 English. Free text is scrubbed."""
    state = [STATES[s][lang] if s in STATES else s for s in (line.from_state, line.to_state) if s]
    details = {k: line.data[k] for k in _SHOWN if line.data.get(k) not in (None, "", False)}
    if line.reason:
        details["reason"] = line.reason
    who = {k: line.data[k] for k in ("by", "login", "persons") if line.data.get(k)}
    return {
        "writer": line.writer, "seq": line.seq, "at": beijing(line.at), "kind": line.kind, "what": event_words(line.kind)[lang],
        "operation_id": line.operation_id, "msgid": line.msgid, "state": " → ".join(dict.fromkeys(state)), **who,
        "details": {k: scrub(v) if isinstance(v, str) else v for k, v in details.items()},
    }  # fmt: skip
