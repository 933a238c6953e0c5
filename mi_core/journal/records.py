"""What goes into the journal and what comes out: frozen values, no input or output.

Times are integer milliseconds since 1970 (UTC) unless said otherwise; amounts are :class:`decimal.Decimal` yuan.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import attrs

from mi_core.journal.states import AttemptState, OperationState
from mi_core.types import Effect, Outcome

__all__ = [
    "Alarm", "AttemptRecord", "BeforeSend", "CancelTarget", "Ended", "EventRecord", "Intent", "Resolution", "Stored",
    "Takeover", "Ticket", "Tombstone", "Verdict",
]  # fmt: skip


@attrs.frozen
class CancelTarget:
    """What a cancelling call (2208, 2305, 2103, 2404 …) takes back: one of ``interfaces``, known by ``identifier``."""

    interfaces: tuple[str, ...]
    identifier: str
    """The proof value of the confirmed call, e.g. its ``setl_id`` (:attr:`Verdict.identifier`)."""


@attrs.frozen(kw_only=True)
class Intent:
    """One business intent, before a message id exists. Key: (institution, interface, business key, generation)."""

    institution: str
    interface: str
    """``infno``."""
    effect: Effect
    business_key: tuple[str, ...] = attrs.field(repr=False)
    """Values of the document's ``businessKey`` fields in order, or the caller's ``operation_key``."""
    lock_keys: tuple[str, ...] = attrs.field(default=(), repr=False)
    """Values that serialise changing calls of one visit, e.g. ``mdtrt_id=…``; empty for a reversal (its target holds)."""
    amounts: Mapping[str, Decimal] = attrs.Factory(dict)
    """Amounts compared inside a generation, by field path."""
    psn_no: str | None = attrs.field(default=None, repr=False)
    at_risk: Decimal = Decimal(0)
    """Yuan exposed while the outcome is unknown (invariant I12)."""
    reversible: bool = False
    """2601 can take it back."""
    repeatable: bool = False
    """A done call may be made again under the same key when its content differs (2403 changes a visit repeatedly)."""
    cancels: CancelTarget | None = None
    reverses: str | None = None
    """For a reversal: the msgid that it takes back (``omsgid``)."""
    quoted_at: int | None = None
    """When the amounts were quoted (2206, 2303)."""
    quoted_by: str = ""
    """The interface that quotes them."""
    quote_required: bool = False
    """After NOT_EXECUTED a new send needs a newer quote, and different amounts need ``amounts_accepted``."""
    amounts_accepted: bool = False
    asked_at: int | None = None
    """When this was decided on (ms since 1970), where that may be long ago: what was taken back since is not done anew."""
    operation_id: str = ""
    """For a new operation, so that log and journal name it alike; empty: the journal makes one."""


@attrs.frozen(kw_only=True)
class BeforeSend:
    """What is stored before the first byte leaves; signed already, so that ``signed_at`` is what leaves."""

    msgid: str
    endpoint: str
    profile_version: str
    mdtrtarea_admvs: str
    insuplc_admdvs: str
    operator: str
    """The operator's number (``opter``), not a name."""
    request: bytes = attrs.field(repr=False)
    """The bytes as sent, ``sign_no`` included; stored encrypted."""
    content: bytes = attrs.field(repr=False)
    """The encoded ``input`` alone: its keyed fingerprint tells whether two requests ask the same."""
    signed_at: int
    deadline_at: int


@attrs.frozen
class Ticket:
    """The right to end one attempt: msgid plus the values that compare-and-set checks."""

    operation_id: str
    generation: int
    msgid: str
    number: int
    version: int
    epoch: int
    institution: str
    interface: str
    cancels: str | None = None
    """The operation that this call takes back when it is confirmed."""
    reverses: str | None = None
    """The msgid that this reversal takes back."""
    more_locks: bool = False
    """It holds more than one visit lock."""


@attrs.frozen
class Stored:
    """The same intent was done already; nothing is sent. ``response`` are the bytes that confirmed it."""

    operation_id: str
    generation: int
    msgid: str
    response: bytes | None = attrs.field(repr=False)
    identifier: str | None
    source: str
    """``reply``, ``query``, ``recon``, ``late`` or ``person``."""
    missing: tuple[str, ...] = ()
    """Fields of the reply that a query could not give."""


@attrs.frozen(kw_only=True)
class Verdict:
    """The classifier's word on one answer (or on its absence)."""

    outcome: Outcome
    evidence: str
    """Short and stable: ``timeout``, ``http 502``, ``infcode 0`` …"""
    response: bytes | None = attrs.field(default=None, repr=False)
    identifier: str | None = None
    """The proof value, e.g. ``setl_id``."""
    infcode: str | None = None
    likely_refused: bool = False
    discrepancy: bool = False
    """Confirmed, but the money identities do not hold; or in doubt though executed (no proof, another person's answer).
    Alarms, never reverses."""


@attrs.frozen(kw_only=True)
class Resolution:
    """How an unresolved attempt moves on, with what it rests on."""

    to: AttemptState
    source: str
    """``query``, ``recon``, ``reversal``, ``late``, ``person`` or ``limit``."""
    reason: str
    response: bytes | None = attrs.field(default=None, repr=False)
    identifier: str | None = None
    missing: tuple[str, ...] = ()
    persons: tuple[str, ...] = ()
    """Who decided; leaving MANUAL needs two different persons."""


@attrs.frozen
class Ended:
    """What an answer or resolution did: ``applied`` is False when it lost the race and was stored as evidence."""

    state: AttemptState
    applied: bool
    contradiction: bool = False


@attrs.frozen
class Takeover:
    """What a start (or a look at dead neighbours) took over."""

    in_doubt: int
    """SENT attempts of dead owners that are IN_DOUBT now."""
    adopted: int
    """Unresolved attempts that only changed their owner."""


@attrs.frozen
class Alarm:
    """Something a person must see. ``kind``: contradiction, discrepancy, executed_in_doubt."""

    kind: str
    msgid: str | None
    operation_id: str | None
    detail: str


@attrs.frozen(kw_only=True)
class AttemptRecord:
    """One attempt as stored; encrypted columns are opened."""

    msgid: str
    operation_id: str
    number: int
    generation: int
    interface: str
    institution: str
    effect: Effect
    state: AttemptState
    operation_state: OperationState
    version: int
    epoch: int
    endpoint: str
    profile_version: str
    mdtrtarea_admvs: str
    insuplc_admdvs: str
    operator: str
    psn_no: str | None = attrs.field(repr=False)
    business_key: tuple[str, ...] = attrs.field(repr=False)
    lock_keys: tuple[str, ...] = attrs.field(repr=False)
    amounts: Mapping[str, Decimal]
    request: bytes = attrs.field(repr=False)
    response: bytes | None = attrs.field(repr=False)
    result: bytes | None = attrs.field(repr=False)
    """What confirmed it when that was not the reply (a query's answer, a row of 3202)."""
    identifier: str | None
    evidence: str | None
    infcode: str | None
    likely_refused: bool
    reversible: bool
    reverses: str | None
    source: str | None
    missing: tuple[str, ...]
    reason: str | None
    signed_at: int
    deadline_at: int
    sent_at: int
    ended_at: int | None
    at_risk: Decimal


@attrs.frozen
class EventRecord:
    """One link of the audit chain."""

    writer: int
    seq: int
    at: int
    kind: str
    operation_id: str | None
    msgid: str | None
    from_state: str | None
    to_state: str | None
    data: Mapping[str, object]


@attrs.frozen
class Tombstone:
    """A NOT_EXECUTED attempt that is watched until its day is reconciled."""

    msgid: str
    operation_id: str
    institution: str
    created_at: int
    contradicted: bool
