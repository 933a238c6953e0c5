"""A line of 3202 that was asked for before a 2601 left: it must not confirm what is being taken back."""

from __future__ import annotations

from pathlib import Path

import pytest

from mi_core.journal import AttemptState, MoveRefused, Resolution
from tests.journal.kit import OK, TIMEOUT, UNSENT, Clock, done, open_journal, reversal, send, settlement
from tests.journal.test_correcting import both

FOUND = Resolution(to=AttemptState.CONFIRMED, source="recon", reason="found", identifier="S1", response=b"{}")
PEOPLE = Resolution(to=AttemptState.MANUAL, source="limit", reason="8 questions without an answer")


@pytest.mark.parametrize("sent", [True, False])
def test_a_line_older_than_the_reversal_confirms_nothing(tmp_path: Path, sent: bool) -> None:
    journal = open_journal(tmp_path / "journal.db", Clock())
    try:
        ticket = done(journal, settlement(), TIMEOUT)
        journal.wait(journal.resolve_job(ticket.msgid, PEOPLE))
        both(journal, ticket, None)
        back = send(journal, reversal(ticket.msgid))
        if not sent:
            journal.wait(journal.end_job(back, UNSENT))
            assert journal.wait(journal.resolve_job(ticket.msgid, FOUND)).state is AttemptState.CONFIRMED
            return
        with pytest.raises(MoveRefused):
            journal.wait(journal.resolve_job(ticket.msgid, FOUND))
        journal.wait(journal.end_job(back, OK))
        found = journal.read.attempt(ticket.msgid)
        assert found is not None and found.state is AttemptState.MANUAL
    finally:
        journal.close()
