"""Refusal texts that people judged: accepted ones mean "the centre did nothing", rejected ones are not proposed again.

A row is sealed, and it counts only as long as the last event about it in the audit chain says the same: who forged one
could turn a settlement into a refusal.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, Literal

import attrs

from mi_core.errors import NotSent, StoreError
from mi_core.journal.clues import Rows
from mi_core.journal.keyring import KeyRing
from mi_core.journal.people import note, opened
from mi_core.journal.persons import Person
from mi_core.journal.states import AttemptState
from mi_core.journal.transaction import Transaction

if TYPE_CHECKING:
    from mi_core.journal.journal import Journal

__all__ = [
    "Judged", "RefusalText", "Said", "TextRefused", "accepted_refusals", "judge", "judged", "refusals_mark", "remove", "said",
]  # fmt: skip

Judged = Literal["accepted", "rejected"]
_EXECUTED: Final = frozenset(
    {
        AttemptState.CONFIRMED,
        AttemptState.EXECUTED_UNIDENTIFIED,
        AttemptState.REVERSING,
        AttemptState.REVERSED,
    }
)
"""Also what is or was taken back: it may have been executed."""


class TextRefused(NotSent):
    """A refusal text that may not be accepted, or is not there; nothing was changed."""

    code = "text_refused"


@attrs.frozen(kw_only=True)
class RefusalText:
    """One judged text of an institution; ``*`` stands for a changing part."""

    id: str
    institution: str
    text: str
    judged: Judged
    by: str
    at: int


@attrs.frozen
class Said:
    """The answer of a failed call together with what became of the call."""

    msgid: str
    operation_id: str
    interface: str
    state: AttemptState
    executed: bool
    """It had an effect after all, or nobody can rule it out."""
    response: bytes = attrs.field(repr=False)
    request: bytes = attrs.field(repr=False)


def accepted_refusals(journal: Journal, institution: str) -> list[str]:
    """The texts accepted for an institution, to be added to the configured ones. Raises :class:`StoreError` for a row
    that is not as people made it."""
    found = journal.read.ask(lambda rows, ring: judged(rows, ring, institution))
    return [text.text for text in found if text.judged == "accepted"]


def refusals_mark(journal: Journal) -> str:
    """Changes whenever a text is accepted, rejected or removed; cheap, to be compared from time to time."""
    found = journal.read.ask(lambda rows, _: rows("SELECT count(*), coalesce(max(id), '') FROM refusal", ()))
    return "/".join(map(str, found[0]))


def judged(rows: Rows, ring: KeyRing, institution: str | None = None) -> list[RefusalText]:
    """All judged texts, oldest first."""
    where, values = ("", ()) if institution is None else (" WHERE institution = ?", (institution,))
    found = rows(f"SELECT id, institution, text_ct FROM refusal{where} ORDER BY changed_at, id", values)  # noqa: S608  # constants
    return [_read(rows, ring, *row) for row in found]


def _read(rows: Rows, ring: KeyRing, key: str, institution: str, sealed: bytes) -> RefusalText:
    content = json.loads(ring.open(bytes(sealed), _place(key, institution)))
    events = rows(
        "SELECT kind, operation_id, msgid, data, evidence_ct, at FROM event WHERE operation_id = ? ORDER BY at, writer, seq",
        (key,),
    )
    last = opened(ring, *events[-1][:5]) if events else {}
    if not events or (events[-1][0], last.get("text")) != (f"refusal {content['judged']}", content["text"]):
        raise StoreError(
            f"拒绝文本记录 {key} 与审计链不符", f"the refusal text {key} is not what the audit chain says",
            hint_zh="用 mi audit verify 检查日志是否被改动", hint_en="run mi audit verify: the journal may have been changed",
        )  # fmt: skip
    return RefusalText(
        id=key, institution=institution, text=content["text"], judged=content["judged"], by=last["by"],
        at=int(events[-1][5]),
    )  # fmt: skip


def judge(
    tx: Transaction, ring: KeyRing, institution: str, text: str, verdict: Judged, who: Person, evidence: dict[str, int]
) -> RefusalText:  # fmt: skip
    """Accept or reject a text; an earlier judgement of the same text is replaced. ``evidence``: the counts it rests on."""
    _drop(tx, ring, institution, text, who)
    key = f"{tx.now:012x}{secrets.token_hex(10)}"
    sealed = ring.seal(json.dumps({"text": text, "judged": verdict}).encode(), _place(key, institution))
    tx.run(
        "INSERT INTO refusal (id, institution, text_hash, text_ct, changed_at) VALUES (?, ?, ?, ?, ?)",
        (key, institution, _hashes(ring, institution, text)[0], sealed, tx.now),
    )
    note(tx, ring, f"refusal {verdict}", who, key=key, operation_id=key,
         data={"institution": institution, **evidence}, private={"text": text})  # fmt: skip
    return RefusalText(id=key, institution=institution, text=text, judged=verdict, by=who.name, at=tx.now)


def remove(tx: Transaction, ring: KeyRing, institution: str, text: str, who: Person) -> None:
    """Forget a judgement; raises :class:`TextRefused` when there is none."""
    if _drop(tx, ring, institution, text, who):
        return
    raise TextRefused(
        f"机构 {institution} 没有记录该文本", f"no such text is recorded for {institution}",
        hint_zh="用 mi refusals list 查看；mi.toml 中的须改配置文件", hint_en="see mi refusals list; those of mi.toml are changed there",
    )  # fmt: skip


def _drop(tx: Transaction, ring: KeyRing, institution: str, text: str, who: Person) -> int:
    """Each row that goes leaves its event, so that none comes back unseen."""
    dropped = 0
    for hashed in _hashes(ring, institution, text):
        for (key,) in tx.rows(
            "SELECT id FROM refusal WHERE institution = ? AND text_hash = ?", (institution, hashed)
        ):
            note(tx, ring, "refusal removed", who, key=key, operation_id=key,
                 data={"institution": institution}, private={"text": text})  # fmt: skip
            dropped += tx.run("DELETE FROM refusal WHERE id = ?", (key,))
    return dropped


def _hashes(ring: KeyRing, institution: str, text: str) -> tuple[bytes, ...]:
    return ring.digests(f"refusal {institution} {text}")


def _place(key: str, institution: str) -> str:
    return f"refusal/{institution}/{key}"


_SAID: Final = """SELECT a.msgid, a.operation_id, a.interface, a.state, coalesce(t.contradicted, 0), a.response_ct,
    a.request_ct FROM attempt a LEFT JOIN tombstone t ON t.msgid = a.msgid
    WHERE a.institution = ? AND a.likely_refused = 1 AND a.response_ct IS NOT NULL"""
_CONTRADICTED: Final = """SELECT a.msgid, a.operation_id, a.interface, a.state, 1, a.response_ct, a.request_ct
    FROM tombstone t JOIN attempt a ON a.msgid = t.msgid
    WHERE t.contradicted = 1 AND a.institution = ? AND a.likely_refused = 0 AND a.response_ct IS NOT NULL"""
_LATE: Final = """SELECT a.msgid, a.operation_id, a.interface, a.state, 0, e.evidence_ct, a.request_ct
    FROM event e JOIN attempt a ON a.msgid = e.msgid
    WHERE e.kind = 'late' AND e.evidence_ct IS NOT NULL AND a.institution = ?"""


def said(rows: Rows, ring: KeyRing, institution: str) -> Iterator[Said]:
    """Answers that may hold an unlisted refusal, also late ones and those of calls that were seen alive afterwards."""
    for sql, place in (
        (_SAID, "attempt/{}/response"),
        (_CONTRADICTED, "attempt/{}/response"),
        (_LATE, "event/{}"),
    ):
        for msgid, operation_id, interface, state, contradicted, response, request in rows(
            sql, (institution,)
        ):
            became = AttemptState(state)
            yield Said(
                msgid, operation_id, interface, became, became in _EXECUTED or bool(contradicted),
                ring.open(bytes(response), place.format(msgid)),
                ring.open(bytes(request), f"attempt/{msgid}/request"),
            )  # fmt: skip
