"""Reviewed: a clock that is set back keeps nobody out."""

from __future__ import annotations

from pathlib import Path

from mi_core.inbound import Inbox
from mi_core.journal.keyring import Key, KeyRing

NOON = 1_760_000_000_000
DAY = 86_400_000


def test_a_dead_handlers_claim_ends_also_when_the_clock_was_set_back(tmp_path: Path) -> None:
    ring = KeyRing(Key(1, b"k" * 32))
    dead, alive = (Inbox(str(tmp_path / "inbox.db"), ring, lease=60.0) for _ in range(2))
    told = ("H1", "6302", ("P1",), b"{}", b"{}")
    try:
        assert dead.begin(*told, now_ms=NOON).verdict == "handle"
        assert alive.begin(*told, now_ms=NOON + 59_000).verdict == "busy"
        assert alive.begin(*told, now_ms=NOON - DAY).verdict == "handle"
        assert dead.begin(*told, now_ms=NOON - DAY + 1_000).verdict == "busy"
    finally:
        dead.close()
        alive.close()
