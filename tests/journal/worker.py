"""A worker process for the kill tests: ``python worker.py JOURNAL MODE``; speaks one line at a time.

``stop-in-flight``: begins settlements that it never ends, says READY and waits to be killed.
``busy``: settles forever, printing each msgid before (``S``) it is sent and after (``C``) it is confirmed.
a number N: waits for a line, settles N visits of its own and ends in an orderly way.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from mi_core.journal import Journal
from tests.journal.kit import before, done, open_journal, send, settlement


def now() -> int:
    return time.time_ns() // 1_000_000


def say(text: str) -> None:
    print(text, flush=True)


def busy(journal: Journal) -> None:
    number = 0
    while True:
        number += 1
        ticket = send(journal, settlement(f"V{os.getpid()}-{number}"), signed_at=now())
        say(f"S {ticket.msgid}")
        from tests.journal.kit import OK

        journal.wait(journal.end_job(ticket, OK))
        say(f"C {ticket.msgid}")


def main() -> None:
    journal = open_journal(Path(sys.argv[1]))
    mode = sys.argv[2]
    if mode == "stop-in-flight":
        for n in range(5):
            say(f"S {send(journal, settlement(f'V{os.getpid()}-{n}'), signed_at=now()).msgid}")
        say("READY")
        time.sleep(60)
    elif mode == "busy":
        say("READY")
        busy(journal)
    else:
        say("READY")
        sys.stdin.readline()
        for n in range(int(mode)):
            done(journal, settlement(f"V{os.getpid()}-{n}"), signed_at=now())
            before(journal)
        journal.close()


if __name__ == "__main__":
    main()
