"""A hospital's program in a process of its own that ends or stands still at an exact point of one settlement.

``python worker.py MI_TOML POINT SIGNAL`` reads the bill from its standard input, sends it once and prints what it was
told as one line of JSON. At POINT it sends SIGNAL (``KILL``, ``STOP``, or ``NONE``) to itself:

``at the start``       nothing is written anywhere and nothing is signed
``before begin``       the message is signed, the journal knows of nothing, and nothing is written
``written ahead``      SENT is on disk, the log has no row, no byte has left
``half the bytes``     a part of the request has left
``not recorded``       the answer is here, the journal does not know it
``not logged``         the journal knows it, the log does not
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from asyncio.selector_events import _SelectorSocketTransport as SocketTransport  # type: ignore[attr-defined]  # its write
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from mi_core import AsyncClient
from mi_core.errors import CallError, MiError
from mi_core.interfaces import by_code
from mi_core.journal import Journal
from mi_core.pipeline import journalled

POINTS = ("at the start", "before begin", "written ahead", "half the bytes", "not recorded", "not logged")


def around(owner: Any, name: str, before: Callable[[], None], after: Callable[[], None]) -> None:
    """Do something around a coroutine method, which works as always."""
    real = getattr(owner, name)

    async def called(*args: Any, **more: Any) -> Any:
        before()
        result = await real(*args, **more)
        after()
        return result

    setattr(owner, name, called)


def halved(stop: Callable[[], None]) -> None:
    """Of the settlement's bytes only the first half reaches the socket."""
    real = SocketTransport.write

    def write(transport: Any, data: Any) -> None:
        if b'"infno":"2207"' not in bytes(data):
            real(transport, data)
            return
        half = bytes(data)[: len(data) // 2]
        transport._sock.sendall(half)
        stop()
        real(transport, data[len(half) :])

    SocketTransport.write = write


def arm(point: str, stop: Callable[[], None]) -> None:
    """``stop`` is called when the settlement reaches that point."""

    def nothing() -> None: ...

    match point:
        case "at the start":
            around(journalled, "next_msgid", stop, nothing)
        case "before begin":
            around(Journal, "begin", stop, nothing)
        case "written ahead":
            around(Journal, "begin", nothing, stop)
        case "half the bytes":
            halved(stop)
        case "not recorded":
            around(Journal, "end", stop, nothing)
        case "not logged":
            around(Journal, "end", nothing, stop)
        case _:
            raise SystemExit(f"no such point: {point}")


async def settle(config: str, bill: Any, ready: Callable[[], None]) -> dict[str, Any]:
    async with AsyncClient.from_config(config) as mi:
        await mi.call(
            by_code("9001").request.from_dict({"signIn": {"opter_no": "1", "mac": "0", "ip": "127.0.0.1"}})
        )
        ready()
        try:
            reply = await mi.call(by_code("2207").request.from_dict(bill), insuplc_admdvs="990101")
        except MiError as error:
            operation = error.operation_id if isinstance(error, CallError) else None
            return {"told": type(error).__name__, "operation": operation, "text": error.en}
    return {"told": "reply", "setl_id": reply.setlinfo.setl_id, "repeated": reply.meta.repeated}


def main() -> None:
    config, point, name = sys.argv[1:4]
    bill = json.loads(sys.stdin.read(), parse_float=Decimal)

    def stop() -> None:
        if name != "NONE":
            os.kill(os.getpid(), getattr(signal, f"SIG{name}"))

    def ready() -> None:
        arm(point, stop)

    print(json.dumps(asyncio.run(settle(config, bill, ready))), flush=True)


if __name__ == "__main__":
    main()
