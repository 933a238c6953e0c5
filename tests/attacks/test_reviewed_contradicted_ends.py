"""What is recorded as never sent and is alive at the centre: the same business must not be sent a second time."""

from __future__ import annotations

from pathlib import Path

import pytest

from mi_core.errors import VisitBusy
from mi_core.journal import Journal, Stored, Ticket
from tests.journal.kit import UNSENT, Clock, begin, done, open_journal, settlement
from tests.journal.test_correcting import both, seen


def test_never_sent_but_alive_is_not_sent_again_before_people_decide(tmp_path: Path) -> None:
    journal: Journal = open_journal(tmp_path / "journal.db", Clock())
    try:
        ticket = done(journal, settlement(), UNSENT)
        seen(journal, ticket)
        for amount in ("128.50", "99.00"):  # another attempt of the operation, and a new generation
            with pytest.raises(VisitBusy, match=ticket.operation_id):
                begin(journal, settlement(amount=amount))
        both(journal, ticket)
        again = begin(journal, settlement())
        assert isinstance(again, Stored) and again.identifier == "S7"
    finally:
        journal.close()


def test_never_sent_and_not_seen_may_be_sent(tmp_path: Path) -> None:
    journal: Journal = open_journal(tmp_path / "journal.db", Clock())
    try:
        done(journal, settlement(), UNSENT)
        again = begin(journal, settlement())
        assert isinstance(again, Ticket) and again.number == 2
    finally:
        journal.close()
