"""A hospital with an inbound application on a free port, and the platform that sends to it."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import aiohttp
import msgspec
from aiohttp import web
from aiohttp.test_utils import TestServer

from mi_core.config import Config, load_config
from mi_core.inbound import Notification, inbound_app
from mi_plugins.sandbox.profiles.envelope_sm import EnvelopeSm
from mi_plugins.sandbox.settings import Settings

HOSPITAL: Final = "H43000000001"
PLATFORM: Final = EnvelopeSm(Settings())
NAME, TOKEN = "沙箱药师甲", "REVERSAL-TOKEN-1"
_encode = msgspec.json.Encoder(decimal_format="number").encode

PAID: Final = {
    "payOrdId": "990100P000000000001", "callType": "02", "medOrgOrd": "MO1", "traceTime": "2026-01-01 08:00:00",
    "feeSumamt": 150.00, "ownpayAmt": 50.00, "psnAcctPay": 100.00, "fundPay": 0, "hiChrgTime": "080000", "hiDocSn": "S1",
    "hiRgstSn": "G1", "orgName": "沙箱市第一人民医院", "setlType": "ALL", "revsToken": TOKEN,
}  # fmt: skip
REVIEWED: Final = {
    "hiRxno": "990100R000000000001", "pharName": NAME, "pharCode": "HY430000000009", "rxChkStasCodg": "1", "rxChkOpnn": "合理",
    "rxChkTime": "2026-01-01 10:00:00", "rxStasCodg": "1", "rxStasName": "有效", "rxChkStasName": "审核通过",
}  # fmt: skip
TAKEN: Final = {
    "hiRxno": "990100R000000000001", "setlTime": "2026-01-01 11:00:00", "rxStasCodg": "1", "rxStasName": "有效",
    "rxUsedStasCodg": "2", "rxUsedStasName": "已使用",
    "seltdelts": [{
        "medListCodg": "SBX-A-0001", "drugGenname": "阿莫西林", "drugProdname": "阿莫西林", "drugDosform": "胶囊剂",
        "drugSpec": "0.25g*24", "cnt": "2", "prdrName": "沙箱制药",
    }],
}  # fmt: skip
SYNCHRONISED: Final = {
    "payOrdId": "990100P000000000001", "medOrgOrd": "MO1", "feeSumamt": 150, "ownPayAmt": 50, "psnAcctPay": 100, "fundPay": 0,
    "thdPayType": "SANDBOX",
}  # fmt: skip


def settings_of(folder: Path, *codes: str, journal: str | None = None, **gateway: Any) -> Config:
    """Institutions whose centres are the sandbox's; the journal is a file in ``folder``."""
    centres = {"profile": "envelope-sm", **PLATFORM.config("http://127.0.0.1:1"), **gateway}
    one = {
        "name": "沙箱医院", "mdtrtarea_admvs": "990100", "sign_in": False, "operator": {"id": "1", "name": "员"},
        "gateway": {"profile": "none", "url": "http://127.0.0.1:1"}, "gateways": {"centres": centres},
    }  # fmt: skip
    path = str(folder / "mi.journal.db") if journal is None else journal
    return load_config(
        "/dev/null",
        environment="test",
        institutions=dict.fromkeys(codes or (HOSPITAL,), one),
        journal={"path": path},
    )


class Desk:
    """The hospital's handler: remembers what it got and does what it is told."""

    def __init__(self) -> None:
        self.got: list[Notification] = []
        self.raises: list[Exception] = []
        self.may_end = asyncio.Event()
        self.may_end.set()
        self.began = asyncio.Event()

    async def handle(self, notification: Notification) -> None:
        self.got.append(notification)
        self.began.set()
        await self.may_end.wait()
        if self.raises:
            raise self.raises.pop()


class Line:
    """Sends as the platform does."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self.session, self.url = session, url

    async def post(
        self, name: str, body: bytes, institution: str | None = HOSPITAL, **headers: str
    ) -> tuple[int, bytes]:
        path = f"/{institution}/{name}" if institution else f"/{name}"
        async with self.session.post(self.url + path, data=body, headers=headers) as reply:
            return reply.status, await reply.read()

    async def tell(
        self, name: str, business: dict[str, Any], **more: Any
    ) -> tuple[int, dict[str, Any] | str]:
        """Signed; returns the status and what stands in the answer, its signature checked by the platform."""
        status, body = await self.post(name, _encode(PLATFORM.wrap(business)), **more)
        if status in (401, 404, 413, 415):
            return status, body.decode()
        code = json.loads(body)["code"]
        if code == 0:
            return status, PLATFORM.answered(body)
        assert "refused" in str(PLATFORM.answered(body)), "a refusal is signed as well"
        return status, json.loads(body)["message"]


@asynccontextmanager
async def receiving(config: Config, handler: Any, **more: Any) -> AsyncIterator[Line]:
    """The inbound application below ``/in`` of another one."""
    site = web.Application()
    site.add_subapp("/in", inbound_app(config, handler, **more))
    async with TestServer(site) as server, aiohttp.ClientSession() as session:
        yield Line(session, str(server.make_url("/in")).rstrip("/"))


def today() -> str:
    return f"{dt.date.today():%Y-%m-%d}"
