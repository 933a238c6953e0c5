"""The two callers of the runtime rows: our client, and aiohttp that posts the very bytes which ours would send."""

from __future__ import annotations

import gc
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from itertools import count
from statistics import median
from typing import Any

import aiohttp
import attrs

from mi_core import AsyncClient
from mi_core.config import load_config
from mi_core.interfaces import OutpatientSettlementRequest, SettlementQueryRequest
from mi_core.model import Request
from mi_core.plugin import HttpRequest
from tests.bench.loopback import PERSON

__all__ = ["REQUESTS", "Pair", "pair", "times"]

HOSPITAL = "H43000000001"
Post = Callable[[], Awaitable[object]]


_batches = count(1)


def settlement() -> OutpatientSettlementRequest:
    """2207 as it usually looks; each is business of its own, or the journal would answer from its store."""
    batch = f"B{next(_batches)}"
    return OutpatientSettlementRequest(
        psn_no=PERSON, mdtrt_cert_type="02", mdtrt_cert_no="43000019900101123X", psn_cert_type="01",
        certno="43000019900101123X", med_type="11", medfee_sumamt=Decimal("128.50"), psn_setlway="01", mdtrt_id="V1",
        chrg_bchno=batch, acct_used_flag="0", insutype="310", fulamt_ownpay_amt=Decimal("0"), overlmt_selfpay=Decimal("0"),
        preselfpay_amt=Decimal("0"), inscp_scp_amt=Decimal("128.50"),
    )  # fmt: skip


REQUESTS: dict[str, Callable[[], Request[Any]]] = {
    "5203": lambda: SettlementQueryRequest(psn_no=PERSON, setl_id="S1", mdtrt_id="V1"),
    "2207": settlement,
}


@attrs.frozen
class Pair:
    """``ours`` makes the request object too: a program has to."""

    ours: Post
    raw: Post
    settle: Post
    """Returns when the log has nothing left to write, so that it does not run on into the other's time."""


@asynccontextmanager
async def pair(
    url: str, code: str, *, profile: str = "none", log: str = "memory", pool: int = 100
) -> AsyncIterator[Pair]:
    """A client and a plain session, both with warm connections."""
    keys = {} if profile == "none" else {"access_key": "test-ak", "secret_key": "test-sk-0123456789"}
    institution = {
        "name": "示例医院", "mdtrtarea_admvs": "439900", "sign_in": False, "operator": {"id": "001", "name": "收费员"},
        "gateway": {"profile": profile, "url": url, **keys},
    }  # fmt: skip
    config = load_config(
        "/dev/null", environment="test", institutions={HOSPITAL: institution},
        store={"operation_log": log}, transport={"pool": pool}, journal={"recover": False},
    )  # fmt: skip
    make = REQUESTS[code]
    async with (
        AsyncClient(config) as client,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=pool)) as session,
    ):
        sent = await _message(client, make())

        async def raw() -> bytes:
            async with session.post(sent.url, data=sent.body, headers=sent.headers) as response:
                return await response.read()

        async def ours() -> object:
            return await client.call(make())

        async def settle() -> object:
            return await (await client._open()).store.get("")

        reply = await client.call(make())
        if reply.meta.discrepancies or reply.meta.problems:
            raise RuntimeError(f"the gateway's reply is not as documented: {reply.meta}")
        yield Pair(ours, raw, settle)


async def _message(client: AsyncClient, request: Request[Any]) -> HttpRequest:
    """What the client hands to its transport."""
    runtime = await client._open()
    transport, seen = runtime.transport, []
    send = transport.send

    async def recording(request: HttpRequest, **options: Any) -> Any:
        seen.append(request)
        return await send(request, **options)

    transport.send = recording  # type: ignore[method-assign]  # put back below
    try:
        await client.call(request)
    finally:
        del transport.send
    return seen[0]


async def times(callers: Pair, calls: int) -> tuple[float, float]:
    """Median seconds of ours and of raw, taking turns call by call."""
    clock = time.perf_counter
    ours, raw = [], []
    gc.collect()
    for _ in range(calls):
        start = clock()
        await callers.raw()
        between = clock()
        await callers.ours()
        ours.append(clock() - between)
        raw.append(between - start)
        await callers.settle()
    return median(ours), median(raw)
