"""What people do to the journal: decide, propose, confirm, withdraw, look closer — each an event of the audit chain.

A decision that needs two is first a *proposal*: an event, valid for a day, that a second person confirms with the same
content. There is no table for it; what counts is read from the sealed part of the events, which nobody can forge
without the key. Free text (reasons) and identifiers stand only there.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from typing import Any, Final, Literal

import attrs

from mi_core.errors import NotSent
from mi_core.journal import ending
from mi_core.journal.clues import Rows, against, clues
from mi_core.journal.correcting import check_later, contradicted, correct
from mi_core.journal.keyring import KeyRing
from mi_core.journal.persons import Person, PersonRefused
from mi_core.journal.records import Resolution
from mi_core.journal.refusals import MoveRefused
from mi_core.journal.states import CORRECTIONS, MOVES, NO_EFFECT, OPEN_STATES, AttemptState
from mi_core.journal.transaction import Transaction

__all__ = [
    "VALID", "Decided", "Decision", "DecisionRefused", "Proposal", "check_second", "decide", "granted", "needed", "note",
    "note_decision", "opened", "pending", "withdraw",
]  # fmt: skip

VALID: Final = 24 * 3600 * 1000
"""Milliseconds for which a proposal waits for its second person, and a permitted reversal for its send."""


class DecisionRefused(NotSent):
    """The decision cannot be taken like this: it differs from the first person's, or it contradicts the evidence."""

    code = "decision_refused"


@attrs.frozen(kw_only=True)
class Decision:
    """What a person wants: end an attempt in ``to``, have a 2601 sent for it (``reverse``), or (``reopen``) let money out
    again from an older copy of the journal."""

    act: Literal["resolve", "reverse", "reopen"]
    to: AttemptState | None = None
    identifier: str | None = attrs.field(default=None, repr=False)
    """For an execution: its id at the centre, e.g. ``setl_id``."""
    against_evidence: bool = False
    reason: str = attrs.field(default="", repr=False)

    def is_same(self, other: Decision) -> bool:
        """The same but for the reasons, which each person gives in their own words."""
        return attrs.evolve(self, reason="") == attrs.evolve(other, reason="")


@attrs.frozen
class Proposal:
    """A first person's decision."""

    id: str
    operation_id: str
    msgid: str
    decision: Decision
    by: Person
    at: int
    expires_at: int


@attrs.frozen
class Decided:
    """What a call of :func:`decide` did: ``state`` is None as long as a second person is needed, or for a reversal."""

    proposal: Proposal | None
    state: AttemptState | None = None
    second: Person | None = None


def needed(state: AttemptState, decision: Decision) -> int:
    """How many persons: two to leave MANUAL, to correct an end, to force a 2601, and for every end after which the same
    business may be sent again. One may say "executed": a mistake is found by reconciliation and settles nothing twice."""
    if decision.act == "reverse" or state is AttemptState.MANUAL or state in CORRECTIONS:
        return 2
    return 2 if decision.to in NO_EFFECT or decision.to is AttemptState.REVERSED else 1


def note(
    tx: Transaction, ring: KeyRing, kind: str, who: Person, *, key: str, operation_id: str | None = None,
    msgid: str | None = None, data: Mapping[str, Any] | None = None, private: Mapping[str, Any] | None = None,
) -> int:  # fmt: skip
    """One operator's action as an event; ``private`` is sealed with it under ``key``. The event's number."""
    clear = {"key": key, "by": who.name, "login": who.login, "done_at": tx.now, **(data or {})}
    place = _place(kind, key, operation_id, msgid)
    sealed = ring.seal(json.dumps({**clear, **(private or {})}).encode(), place)
    return tx.event(kind, operation_id, msgid, data=json.dumps(clear, ensure_ascii=False), evidence_ct=sealed)


def _place(kind: str, key: str, operation_id: str | None, msgid: str | None) -> str:
    """Authenticated with the sealed part: an event cannot be moved to another operation."""
    return f"event/{kind}/{key}/{operation_id or ''}/{msgid or ''}"


def opened(
    ring: KeyRing, kind: str, operation_id: str | None, msgid: str | None, data: str, sealed: bytes | None
) -> dict[str, Any]:
    """The whole of an operator's event; raises :class:`mi_core.errors.StoreError` when it is not as it was written."""
    place = _place(kind, str(json.loads(data).get("key", "")), operation_id, msgid)
    content: dict[str, Any] = json.loads(ring.open(bytes(sealed or b""), place))
    return content


_EVENTS: Final = """SELECT kind, msgid, data, evidence_ct FROM event WHERE operation_id = ?
    AND kind IN ('proposed', 'confirmed', 'withdrawn') ORDER BY at, writer, seq"""


def pending(rows: Rows, ring: KeyRing, operation_id: str, now: int) -> Proposal | None:
    """The proposal about an operation that waits for a second person, if one does."""
    found: dict[str, Proposal] = {}
    for kind, msgid, data, sealed in rows(_EVENTS, (operation_id,)):
        content = opened(ring, kind, operation_id, msgid, data, sealed)
        if kind == "proposed":
            proposal = _proposal(operation_id, str(msgid), content)
            if proposal.expires_at > now:
                found[proposal.id] = proposal
        else:
            found.pop(str(content["key"]), None)
    return next(iter(found.values()), None)


def granted(rows: Rows, ring: KeyRing, operation_id: str, msgid: str, now: int) -> bool:
    """Whether two persons have permitted a 2601 for this attempt within the last day."""
    for kind, about, data, sealed in rows(_EVENTS, (operation_id,)):
        if kind == "confirmed" and about == msgid:
            content = opened(ring, kind, operation_id, about, data, sealed)
            if content["act"] == "reverse" and int(content["done_at"]) + VALID > now:
                return True
    return False


def _proposal(operation_id: str, msgid: str, content: Mapping[str, Any]) -> Proposal:
    to = content["to"]
    decision = Decision(
        act=content["act"], to=None if to is None else AttemptState(to), identifier=content["identifier"],
        against_evidence=content["against_evidence"], reason=content["reason"],
    )  # fmt: skip
    by = Person(content["by"], content["login"])
    at, expires_at = int(content["done_at"]), int(content["expires_at"])
    return Proposal(content["key"], operation_id, msgid, decision, by, at, expires_at)


def decide(
    tx: Transaction, ring: KeyRing, epoch: int, operation_id: str, decision: Decision, who: Person
) -> Decided:
    """Take a decision about an operation's open attempt, or about an end of it that the centre contradicts: at once, as a
    proposal, or as the second person.

    Raises :class:`MoveRefused` (nothing open, no such move), :class:`DecisionRefused`, :class:`PersonRefused`.
    Nothing is written before every check has passed.
    """
    msgid, state = _undecided(tx, operation_id)
    _check_move(msgid, state, decision)
    contradicting = [] if decision.to is None else against(clues(tx.rows, msgid), decision.to)
    if state in CORRECTIONS:
        check_later(tx, ring, operation_id, msgid, decision.to, certain=decision.against_evidence)
    if contradicting and not decision.against_evidence:
        raise DecisionRefused(
            f"与已有证据矛盾（{len(contradicting)} 条），未作任何更改",
            f"the evidence says otherwise ({len(contradicting)} observation(s)), nothing was changed",
            hint_zh="用 mi doubt show 查看证据；确认无误后加 --against-evidence（会报警并留痕）",
            hint_en="see mi doubt show; if it is certain, add --against-evidence (raises an alarm)",
        )  # fmt: skip
    first = pending(tx.rows, ring, operation_id, tx.now)
    if needed(state, decision) < 2:
        if first is not None:
            raise _differ(first, decision)
        note_decision(tx, ring, "decided", secrets.token_hex(8), operation_id, msgid, decision, who)
        persons: tuple[Person, ...] = (who,)
    elif first is None:
        key, expires = secrets.token_hex(8), tx.now + VALID
        note_decision(tx, ring, "proposed", key, operation_id, msgid, decision, who, {"expires_at": expires})
        return Decided(Proposal(key, operation_id, msgid, decision, who, tx.now, expires))
    else:
        check_second(first, msgid, decision, who)
        note_decision(
            tx, ring, "confirmed", first.id, operation_id, msgid, decision, who, {"first": first.by.name}
        )
        persons = (first.by, who)
    if contradicting:
        tx.alarm(
            "against_evidence", msgid, operation_id,
            f"{decision.to.value if decision.to else ''} by {len(persons)} person(s) against {len(contradicting)} observation(s)",
        )  # fmt: skip
    if decision.act == "reverse":
        return Decided(first, None, who)
    assert decision.to is not None
    resolution = Resolution(
        to=decision.to, source="person", reason="decided by people", identifier=decision.identifier,
        persons=tuple(person.name for person in persons),
    )  # fmt: skip
    if state in CORRECTIONS:
        return Decided(first, correct(tx, ring, operation_id, msgid, resolution), who)
    ended = ending.resolve(tx, msgid, resolution, ring, epoch)
    return Decided(first, ended.state, who if first is not None else None)


def note_decision(
    tx: Transaction, ring: KeyRing, kind: str, key: str, operation_id: str, msgid: str | None, decision: Decision,
    who: Person, more: Mapping[str, Any] | None = None,
) -> None:  # fmt: skip
    """A decision's event: ``proposed``, ``confirmed`` or ``decided``; what was written in words is sealed."""
    data = {
        "act": decision.act, "to": None if decision.to is None else decision.to.value,
        "against_evidence": decision.against_evidence, **(more or {}),
    }  # fmt: skip
    private = {"identifier": decision.identifier, "reason": decision.reason}
    note(tx, ring, kind, who, key=key, operation_id=operation_id, msgid=msgid, data=data, private=private)


def _undecided(tx: Transaction, operation_id: str) -> tuple[str, AttemptState]:
    found = tx.rows(
        "SELECT msgid, state FROM attempt WHERE operation_id = ? ORDER BY number DESC", (operation_id,)
    )
    if not found:
        raise MoveRefused(f"没有操作 {operation_id}", f"there is no operation {operation_id}",
                          hint_zh="用 mi doubt list 查看", hint_en="see: mi doubt list")  # fmt: skip
    msgid, state = str(found[0][0]), AttemptState(found[0][1])
    if state not in OPEN_STATES and (wrong := contradicted(tx.rows, operation_id)) is not None:
        return wrong
    if state not in OPEN_STATES or state is AttemptState.SENT:
        raise MoveRefused(
            f"操作 {operation_id} 不待处理（{state.value}）", f"operation {operation_id} waits for nobody ({state.value})",
            hint_zh="已有结果且中心并无不同的业务不能改判；发送中的请稍候",
            hint_en="an end that the bureau does not contradict is never changed; what is under way needs a moment",
            msgid=msgid, operation_id=operation_id,
        )  # fmt: skip
    return msgid, state


def _check_move(msgid: str, state: AttemptState, decision: Decision) -> None:
    moves = MOVES[state] | CORRECTIONS.get(state, frozenset())
    if decision.act == "reverse" or decision.to in moves:
        return
    wanted = decision.to.value if decision.to else "?"
    possible = ", ".join(sorted(to.value for to in moves & _ENDS)) or "-"
    raise MoveRefused(
        f"报文 {msgid} 不能从 {state.value} 变为 {wanted}", f"message {msgid} cannot go from {state.value} to {wanted}",
        hint_zh=f"当前状态可定为：{possible}", hint_en=f"from there people may decide: {possible}", msgid=msgid,
    )  # fmt: skip


_ENDS: Final = frozenset({AttemptState.CONFIRMED, AttemptState.NOT_EXECUTED, AttemptState.REVERSED})


def check_second(first: Proposal, msgid: str, decision: Decision, who: Person) -> None:
    """Raises :class:`PersonRefused` for the same person, :class:`DecisionRefused` for another decision."""
    if who.is_same(first.by):
        raise PersonRefused(
            f"{first.by.name} 已提出此处理，须由另一人确认", f"{first.by.name} has proposed this; another person has to confirm it",
            hint_zh="由第二人执行同样的命令，--by 用其本人姓名；撤回用 mi doubt withdraw",
            hint_en="the second person gives the same command with their own name; take it back by mi doubt withdraw",
        )  # fmt: skip
    if first.msgid != msgid or not decision.is_same(first.decision):
        raise _differ(first, decision)


def _differ(first: Proposal, decision: Decision) -> DecisionRefused:
    one, two = shown(first.decision), shown(decision)
    return DecisionRefused(
        f"与 {first.by.name} 提出的处理不同，未作任何更改\n  已提出：{one}\n  本次：  {two}",
        f"this differs from what {first.by.name} proposed, nothing was changed\n  proposed: {one}\n  now:      {two}",
        hint_zh="两人核对一致后重新确认，或先用 mi doubt withdraw 撤回", hint_en="agree on one, or withdraw it first: mi doubt withdraw",
    )  # fmt: skip


def shown(decision: Decision) -> str:
    """A decision in one line, for the two who compare them."""
    parts = [decision.act, decision.to.value if decision.to else "", decision.identifier or ""]
    return " ".join([p for p in parts if p] + (["against-evidence"] if decision.against_evidence else []))


def withdraw(tx: Transaction, ring: KeyRing, operation_id: str, who: Person) -> Proposal:
    """Take the pending proposal back; raises :class:`MoveRefused` when there is none."""
    first = pending(tx.rows, ring, operation_id, tx.now)
    if first is None:
        raise MoveRefused(
            f"操作 {operation_id} 没有待确认的处理", f"nothing is proposed for operation {operation_id}",
            hint_zh="可能已确认、已撤回或已过期（24 小时）", hint_en="it may have been confirmed, withdrawn or expired (24 h)",
        )  # fmt: skip
    note(tx, ring, "withdrawn", who, key=first.id, operation_id=operation_id, msgid=first.msgid)
    return first
