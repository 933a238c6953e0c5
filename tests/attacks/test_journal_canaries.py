"""Unique personal data through doubt, recovery, the desk and the journal's files: nowhere in clear."""

from __future__ import annotations

import io
import json
import logging
import traceback
from pathlib import Path
from typing import Any

import pytest

from mi_core import MiError
from mi_core.desk import doubts, showing, trail
from mi_core.interfaces import OutpatientSettlementCancellationRequest, ReversalRequest
from tests.attacks.test_canaries import CANARIES, NAME, PHONE, SECRET
from tests.core.calls import client, in_turn, refused, settled, settlement
from tests.plugins import bad_server as bad
from tests.plugins.bad_server import Exchange, Fault, bad_server

KEY = "CANARYKEY58213"
SETL = "CANARYSETL58213"
REASON = "CANARY-REASON-58213"
FORBIDDEN = (SECRET, *CANARIES.values(), NAME, PHONE, KEY, REASON)


async def person(exchange: Exchange) -> None:
    """An executed settlement for somebody else, with everything about them."""
    await settled(psn_no="9" * 20, psn_name=NAME, certno=CANARIES["certno"], setl_id=SETL)(exchange)


async def loud(exchange: Exchange) -> None:
    text = f"参保人{NAME} 证件{CANARIES['certno']} 电话{PHONE} 就诊{CANARIES['mdtrt_id']} 未找到"
    await refused(text)(exchange)


async def personal_code(exchange: Exchange) -> None:
    body = {"infcode": f"{NAME}{CANARIES['psn_no']}", "err_msg": NAME, "output": None}
    await exchange.answer(json.dumps(body).encode(), status="502 Bad Gateway")


async def echoed(exchange: Exchange) -> None:
    await exchange.answer(exchange.request)


DOUBTS: dict[str, Fault] = {
    "another person": person, "loud": loud, "502 with a name": personal_code, "echo": echoed, "drop": bad.drop_after_reading,
}  # fmt: skip


@pytest.mark.parametrize("kind", DOUBTS)
async def test_nothing_leaks_from_the_journal(
    kind: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(1)
    for name in ("asyncio", "aiohttp", "mi_core", "mi_core.recovery", "mi_core.journal", "sqlalchemy"):
        logging.getLogger(name).setLevel(1)
    seen = io.StringIO()
    request = settlement(**{**CANARIES, "mdtrt_cert_type": "03"})
    refund = OutpatientSettlementCancellationRequest(
        setl_id=SETL, mdtrt_id=CANARIES["mdtrt_id"], psn_no=CANARIES["psn_no"]
    )

    async def tried(work: Any) -> Any:
        try:
            reply = await work
            seen.write(repr(reply) + str(reply) + repr(getattr(reply, "meta", "")))
            return reply
        except MiError as error:
            seen.write(
                "".join(traceback.format_exception(error)) + repr(error) + str(error) + repr(error.args)
            )
            return error

    gateway = {"profile": "csb", "url": "", "access_key": "test-ak", "secret_key": SECRET}
    async with bad_server(in_turn(DOUBTS[kind], loud)) as server:
        gateway["url"] = server.url
        mi = client(
            server.url, store={"operation_log": f"sqlite:///{tmp_path / 'mi.db'}"}, institution={"gateway": gateway},
            journal={"path": str(tmp_path / "j.db")},
        )  # fmt: skip
        async with mi:
            failed = await tried(mi.call(request, deadline=1.0, operation_key=KEY))
            operation = str(failed.operation_id)
            await tried(mi.call(request))
            await tried(mi.call(refund))
            await tried(mi.wait_for(operation, timeout=0.5))
            for omsgid in (failed.msgid, "H43000000001" + "0" * 18):
                await tried(mi.call(ReversalRequest(psn_no=CANARIES["psn_no"], omsgid=omsgid, oinfno="2207")))
            seen.write(repr(await mi.recovery.once()))
            for attempt in mi.journal.read.attempts(operation):
                seen.write(repr(attempt) + repr(mi.journal.read.events(operation)))
            now = 2 * 10**12
            found, lines = doubts.operation(mi.journal.read, mi.config, operation, now)
            seen.write(repr(found) + repr(lines) + repr(doubts.row(found)))
            for attempt in lines:
                seen.write(repr(showing.request_lines(attempt)) + repr(showing.business_of(attempt)))
                seen.write(repr(showing.reply_lines(attempt)))
            await tried(mi.resolve(operation, executed=True, identifier="S1", reason=REASON))
            seen.write(
                repr([trail.line_dict(one, 0) for one in trail.of_operation(mi.journal.read, operation)])
            )
            await tried(mi.resolve(operation, executed=False, by=("甲", "乙"), reason=REASON))
            await tried(mi.call(request))
            files = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
        files |= {f"closed {p.name}": p.read_bytes() for p in tmp_path.iterdir()}
    assert any("j.db-wal" in name for name in files) and any(".msgids" in name for name in files)
    for canary in FORBIDDEN:
        assert canary not in caplog.text, f"{canary} is logged"
        if canary not in (NAME, CANARIES["mdtrt_id"]):  # the bureau's own sentence, for the cashier's eyes
            assert canary not in seen.getvalue(), f"{canary} is shown"
        for name, content in files.items():
            for form in (canary.encode(), json.dumps(canary)[1:-1].encode(), canary.encode("utf-16-le")):
                assert form not in content, f"{canary} is in {name}"
