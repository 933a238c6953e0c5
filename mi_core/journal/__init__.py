"""The local journal: no settlement lost, none doubled (journal design).

A call that changes something at the bureau is written here *before* its first byte leaves, and its outcome afterwards.
Whatever happens in between — time-out, power loss, ``kill -9`` — the attempt is found again and resolved by evidence.

How the pipeline uses it::

    journal = Journal.open(path, KeyRing(Key(1, secret)), limit=ExposureLimit(20), on_alarm=tell_someone)

    intent = Intent(institution=…, interface="2207", effect=Effect.MONEY, business_key=(mdtrt_id, chrg_bchno),
                    lock_keys=(f"mdtrt_id={mdtrt_id}",), amounts={"data.medfee_sumamt": Decimal("128.50")}, …)
    if (done := await journal.peek(intent)) is not None:       # optional: spares the signature of a repeated call
        return decode(done.response)                            # done.source, done.missing -> ReplyMeta
    msgid = await journal.msgid(intent.institution)             # durable; inf_time = msgid.time
    body = sign(envelope(msgid, …))
    match await journal.begin(intent, BeforeSend(msgid=msgid.value, request=body, …)):   # fsynced when this returns
        case Stored() as done:
            return decode(done.response)
        case Ticket() as ticket:
            try:
                verdict = classify(await transport.send(body))
            except BaseException as error:                      # also cancellation: never leave it SENT
                journal.lose(ticket, type(error).__name__)
                raise
            ended = await journal.end(ticket, verdict)          # StoreError here: the reply is still the truth; the
                                                                # attempt is IN_DOUBT after the next start

Recovery (a task that starts with the program and runs on)::

    for attempt in journal.read.unresolved(epoch=journal.epoch):
        match rule(Facts(…), findings, now, terms, policy):     # pure: fence, limits, contradictions
            case Resolution() as conclusion: await journal.resolve(attempt.msgid, conclusion)
            case Ask() | Wait() | Reverse(): …                  # Reverse: begin(Intent(effect=REVERSAL, reverses=msgid))

Regularly: ``take_over()`` (neighbours that died), ``wait(sweep_job())`` (own tasks that were lost),
``wait(settle_reversals_job())``, ``read.verify(roots)`` with roots exported by ``read.roots()``.

Files beside the database ``journal.db``: ``-wal``, ``-shm`` (SQLite), ``.slot-N`` (locks of living workers),
``.msgids`` (witness of the message-id marks; keep it out of snapshots of the database).
"""

from mi_core.journal.chain import BadRecord, ChainReport, Root
from mi_core.journal.exposure import Exposure, ExposureLimit
from mi_core.journal.journal import Journal
from mi_core.journal.keyring import Key, KeyRing
from mi_core.journal.msgids import MsgId
from mi_core.journal.reading import Reader
from mi_core.journal.records import (
    Alarm,
    AttemptRecord,
    BeforeSend,
    CancelTarget,
    Ended,
    EventRecord,
    Intent,
    Resolution,
    Stored,
    Takeover,
    Ticket,
    Tombstone,
    Verdict,
)
from mi_core.journal.refusals import (
    AmountsDiffer,
    IntakeClosed,
    MoveRefused,
    NoReversal,
    QuoteNeeded,
    TakenBackSince,
)
from mi_core.journal.resolution import (
    Ask,
    Facts,
    FenceTerms,
    Finding,
    Policy,
    Reverse,
    Ruling,
    Sight,
    Wait,
    fence_end,
    rule,
)
from mi_core.journal.sending import new_operation_id
from mi_core.journal.states import AttemptState, OperationState

__all__ = [
    "Alarm", "AmountsDiffer", "Ask", "AttemptRecord", "AttemptState", "BadRecord", "BeforeSend", "CancelTarget",
    "ChainReport", "Ended", "EventRecord", "Exposure", "ExposureLimit", "Facts", "FenceTerms", "Finding", "IntakeClosed",
    "Intent", "Journal", "Key", "KeyRing", "MoveRefused", "MsgId", "NoReversal", "OperationState", "Policy",
    "QuoteNeeded", "Reader", "Resolution", "Reverse", "Root", "Ruling", "Sight", "Stored", "TakenBackSince", "Takeover",
    "Ticket", "Tombstone", "Verdict", "Wait", "fence_end", "new_operation_id", "rule",
]  # fmt: skip
