"""A host of its own: ``python worker.py URL MODE [LEASE]``; speaks one line at a time, obeys one line at a time.

``hold``: begins settlements, says their msgids and READY; then ``holds``, ``end``, ``begin`` and ``epoch`` on demand.
``click``: waits for a line, then begins the same settlement 50 times at once and says what came of each.
``busy``: settles forever, saying each msgid before (``S``) it is sent and after (``C``) it is confirmed.
``ids``: waits for a line, then says 400 message ids, 40 settlements among them.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from mi_core.errors import MiError
from mi_core.journal import BeforeSend, Journal, Stored, Ticket
from tests.journal.kit import INSTITUTION, OK, before, send, settlement
from tests.journal.shared.kit import now, open_real


def say(text: object) -> None:
    print(text, flush=True)


def begin(journal: Journal, visit: str) -> Ticket:
    return send(journal, settlement(visit), signed_at=now(), deadline_at=now() + 500)


def hold(journal: Journal) -> None:
    tickets = [begin(journal, f"H{os.getpid()}-{n}") for n in range(3)]
    for ticket in tickets:
        say(ticket.msgid)
    say("READY")
    for line in sys.stdin:
        match line.strip():
            case "holds":
                say([journal.holds(ticket) for ticket in tickets])
            case "end":
                say([journal.wait(journal.end_job(ticket, OK)).applied for ticket in tickets])
            case "begin":
                say(journal.holds(begin(journal, f"H{os.getpid()}-new")))
            case "epoch":
                say(journal.epoch)
        say("DONE")


def click(journal: Journal) -> None:
    async def one() -> str:
        try:
            result = await journal.begin(settlement("SAME"), sending())
        except MiError as error:
            return type(error).__name__
        if isinstance(result, Stored):
            return "Stored"
        return "Ticket" if (await journal.end(result, OK)).applied else "lost"

    def sending() -> BeforeSend:
        return before(journal, signed_at=now(), msgid=ids.pop())

    async def all_at_once() -> list[str]:
        return await asyncio.gather(*(one() for _ in range(50)))

    ids = [journal.msgid_now(INSTITUTION).value for _ in range(50)]
    say("READY")
    sys.stdin.readline()
    for result in asyncio.run(all_at_once()):
        say(result)
    say("DONE")


def busy(journal: Journal) -> None:
    say("READY")
    number = 0
    while True:
        number += 1
        ticket = send(journal, settlement(f"V{os.getpid()}-{number}"), signed_at=now())
        say(f"S {ticket.msgid}")
        journal.wait(journal.end_job(ticket, OK))
        say(f"C {ticket.msgid}")


def ids(journal: Journal) -> None:
    say("READY")
    sys.stdin.readline()
    for number in range(400):
        if number % 10 == 0:
            ticket = send(journal, settlement(f"V{os.getpid()}-{number}"), signed_at=now())
            journal.wait(journal.end_job(ticket, OK))
            say(ticket.msgid)
        else:
            say(journal.msgid_now(INSTITUTION).value)
    say("DONE")


MODES: dict[str, Callable[[Journal], None]] = {"hold": hold, "click": click, "busy": busy, "ids": ids}


def main() -> None:
    lease = float(sys.argv[3]) if len(sys.argv) > 3 else 30.0
    journal = open_real(sys.argv[1], lease=lease)
    MODES[sys.argv[2]](journal)
    journal.close()


if __name__ == "__main__":
    main()
