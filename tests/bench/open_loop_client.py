"""Our client, in a process of its own, told what to call when: ``python -m tests.bench.open_loop_client URL FOLDER SHED``.

It listens on a port (printed); a line ``number interface deadline`` starts that call at once, whatever else is under way;
the answer is a line ``number outcome``. Journal and log are SQLite files in FOLDER. ``SHED`` is ``yes``, or ``no`` for the
comparison without bounds. It ends when its standard input does.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys

import attrs

from mi_core import AsyncClient
from mi_core.config import Config, load_config
from mi_core.errors import MiError, OutcomeUnknown, ReplyUnreadable
from mi_core.overload import Overloaded
from tests.bench.callers import HOSPITAL, REQUESTS, settlement

__all__ = ["config"]

UNBOUNDED = {
    "money": 10_000, "money_queue": 1, "read": 10_000, "read_queue": 1, "adaptive": False, "failures": 1000,
}  # fmt: skip


def config(url: str, folder: str, *, shed: bool) -> Config:
    """The exposure limit is out of the way: what is measured is the gate."""
    institution = {
        "name": "示例医院", "mdtrtarea_admvs": "439900", "sign_in": False, "operator": {"id": "001", "name": "收费员"},
        "gateway": {"profile": "csb", "url": url, "access_key": "test-ak", "secret_key": "test-sk-0123456789"},
    }  # fmt: skip
    return load_config(
        "/dev/null", environment="test", institutions={HOSPITAL: institution},
        store={"operation_log": f"sqlite:///{folder}/log.db"},
        journal={"path": f"{folder}/journal.db", "max_in_doubt": 100_000, "recover": False},
        **({} if shed else {"limits": UNBOUNDED, "transport": {"pool": 10_000}}),
    )  # fmt: skip


async def outcome(client: AsyncClient, number: int, interface: str, deadline: float) -> str:
    """One call."""
    made = REQUESTS[interface]()
    if interface == "2207":
        made = attrs.evolve(settlement(), mdtrt_id=f"V{number}")
    try:
        await client.call(made, deadline=deadline)
    except Overloaded as refusal:
        return f"shed:{refusal.why}"
    except OutcomeUnknown:
        return "doubt"
    except ReplyUnreadable:
        return "lost"
    except MiError as error:
        return error.code
    return "done"


async def main() -> None:
    """Until standard input ends."""
    logging.disable(logging.CRITICAL)
    url, folder, shed = sys.argv[1:]
    tasks: set[asyncio.Task[None]] = set()
    async with AsyncClient(config(url, folder, shed=shed == "yes")) as client:

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            async def one(number: int, interface: str, deadline: float) -> None:
                said = await outcome(client, number, interface, deadline)
                writer.write(f"{number} {said}\n".encode())

            while line := await reader.readline():
                number, interface, deadline = line.split()
                task = asyncio.create_task(one(int(number), interface.decode(), float(deadline)))
                tasks.add(task)
                task.add_done_callback(tasks.discard)
            writer.close()

        server = await asyncio.start_server(talk, "127.0.0.1", 0)
        print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
        await asyncio.to_thread(sys.stdin.read)
        server.close()


if __name__ == "__main__":
    asyncio.run(main())
