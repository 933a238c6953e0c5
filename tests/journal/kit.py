"""What the journal's tests share: a clock that is told the time, keys, intents, and an abrupt end of a worker."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs

from mi_core.journal import BeforeSend, Intent, Journal, Key, KeyRing, Stored, Ticket, Verdict
from mi_core.types import Effect, Outcome

INSTITUTION = "H43000000001"
START = 1_767_225_600_000  # 2026-01-01 08:00 Beijing time
OK = Verdict(
    outcome=Outcome.CONFIRMED, evidence="infcode 0", response=b'{"infcode":0}', identifier="S1", infcode="0"
)
TIMEOUT = Verdict(outcome=Outcome.IN_DOUBT, evidence="timeout")
REFUSED = Verdict(outcome=Outcome.REJECTED, evidence="known refusal", infcode="-1")
UNSENT = Verdict(outcome=Outcome.NOT_SENT, evidence="connect refused")


class Clock:
    """Milliseconds that only move when told."""

    def __init__(self, now: int = START) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += int(seconds * 1000)


def ring(number: int = 1) -> KeyRing:
    return KeyRing(Key(number, bytes([number]) * 32))


def open_journal(path: Path, clock: Clock | None = None, **options: Any) -> Journal:
    if clock is not None:
        options["clock"] = clock
    options.setdefault("slots", 4)
    keys = options.pop("keys", None) or ring()
    return Journal.open(path, keys, **options)


def settlement(visit: str = "M1", batch: str = "B1", amount: str = "128.50", **changes: Any) -> Intent:
    base = Intent(
        institution=INSTITUTION, interface="2207", effect=Effect.MONEY, business_key=(visit, batch),
        lock_keys=(f"mdtrt_id={visit}",), amounts={"data.medfee_sumamt": Decimal(amount)}, psn_no=f"P{visit}",
        at_risk=Decimal(amount), reversible=True,
    )  # fmt: skip
    return attrs.evolve(base, **changes)


def reversal(msgid: str) -> Intent:
    return Intent(
        institution=INSTITUTION,
        interface="2601",
        effect=Effect.REVERSAL,
        business_key=(msgid,),
        reverses=msgid,
    )


def before(journal: Journal, content: bytes = b"{}", signed_at: int = START, **changes: Any) -> BeforeSend:
    values: dict[str, Any] = {
        "msgid": journal.msgid_now(INSTITUTION).value, "endpoint": "https://gateway/call", "profile_version": "hunan-1",
        "mdtrtarea_admvs": "430100", "insuplc_admdvs": "430100", "operator": "op1", "request": b'{"infno":"2207"}',
        "content": content, "signed_at": signed_at, "deadline_at": signed_at + 60_000,
    }  # fmt: skip
    return BeforeSend(**(values | changes))


def begin(journal: Journal, intent: Intent, **changes: Any) -> Ticket | Stored:
    return journal.wait(journal.begin_job(intent, before(journal, **changes)))


def send(journal: Journal, intent: Intent, **changes: Any) -> Ticket:
    ticket = begin(journal, intent, **changes)
    assert isinstance(ticket, Ticket)
    return ticket


def done(journal: Journal, intent: Intent, verdict: Verdict = OK, **changes: Any) -> Ticket:
    ticket = send(journal, intent, **changes)
    assert journal.wait(journal.end_job(ticket, verdict)).applied
    return ticket


def crash(journal: Journal) -> None:
    """The worker is gone without a word: no orderly stop, its lock is free."""
    journal._writer.close()
    journal.read.close()
    if journal._asking is not None:
        journal._asking.close()
    journal._database.close()
    journal._slot.release()
