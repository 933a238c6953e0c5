"""A hospital whose calls are the project's own, at a sandbox over HTTP, with a journal and a clock for the journal."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import aiohttp
import attrs
from aiohttp.test_utils import TestServer

from mi_core import AsyncClient
from mi_core.config import load_config
from mi_core.interfaces import by_code
from mi_core.types import CHINA_TIME
from mi_plugins.sandbox import Settings, create_app
from mi_plugins.sandbox.announce import config_toml
from mi_plugins.sandbox.office import Office
from mi_plugins.sandbox.rulebook import Rulebook
from tests.sandbox.hospital import Hospital, Visit, fee
from tests.sandbox.wards import Purchase, Stay

HOSPITAL = "H43000000001"
PHARMACY = "P43000000001"
D = Decimal
_keys = itertools.count(1)


def today() -> dt.date:
    return dt.datetime.now(CHINA_TIME).date()


@attrs.define
class Town:
    """The sandbox, its control, and one client."""

    mi: AsyncClient
    hospital: Hospital
    """Messages by the sandbox tests' own code; its ``last_msgid`` is not ours."""
    office: Office
    folder: Path

    async def call(self, infno: str, content: Any, **options: Any) -> Any:
        return await self.mi.call(by_code(infno).request.from_dict(content), **options)

    async def disagree(self, kind: str, **more: Any) -> None:
        status, answer = await self.hospital.control("POST", "/disagreements", {"kind": kind, **more})
        assert status == 200, answer

    async def agree(self) -> None:
        await self.hospital.control("DELETE", "/disagreements")

    async def fault(self, infno: str, fault: str, **more: Any) -> None:
        await self.hospital.fault(infno, fault, **more)

    async def calm(self) -> None:
        await self.hospital.control("DELETE", "/faults")


class OurVisit(Visit):
    """The sandbox tests' visit, its messages sent by the client."""

    def __init__(self, town: Town, number: int = 0) -> None:
        super().__init__(town.hospital, number)
        self.town = town
        self.msgid = ""

    async def call(self, infno: str, content: Any, **options: Any) -> Any:
        reply = await self.town.call(infno, content, insuplc_admdvs=self.insurance.area, **options)
        self.msgid = reply.meta.msgid
        return reply.to_dict()["output"] if "output" in reply.to_dict() else reply.to_dict()


class OurStay(Stay):
    def __init__(self, town: Town, number: int = 0) -> None:
        super().__init__(town.hospital, number)
        self.town = town

    async def call(self, infno: str, content: Any, **options: Any) -> Any:
        key = {"operation_key": f"K{next(_keys)}"} if infno in ("2304", "2102") else {}
        reply = await self.town.call(infno, content, insuplc_admdvs=self.insurance.area, **key, **options)
        return reply.to_dict()


class OurPurchase(Purchase, OurStay):
    """A purchase by the client."""


async def settled(town: Town, number: int = 0, amount: str = "500.00") -> tuple[OurVisit, dict[str, Any]]:
    """A visit that is settled; ``setlinfo`` of its reply."""
    visit = OurVisit(town, number)
    await visit.register()
    await visit.inform()
    await visit.charge(fee(visit, 1, amount))
    quoted = (await visit.quote(amount))["setlinfo"]
    reply = await visit.call("2207", {"data": visit.settle_data(quoted)})
    info: dict[str, Any] = reply["setlinfo"]
    return visit, info


def plain(reply: Any) -> dict[str, Any]:
    content: dict[str, Any] = reply.to_dict()
    return content


@asynccontextmanager
async def town_of(
    folder: Path, rulebook: Rulebook, *, institution: str = HOSPITAL, settings: Settings | None = None, terms: bool = True,
    patient: bool = False, **changes: Any,
) -> AsyncIterator[Town]:  # fmt: skip
    """``changes``: of the configuration. ``terms``: the fence's terms are known. ``patient``: any time stamp is taken."""
    settings = settings or Settings(crowd=0, catalogue_rows=400)
    office = Office(attrs.evolve(settings, acceptance=1e9) if patient else settings, rulebook)
    async with TestServer(create_app(office=office)) as server, aiohttp.ClientSession() as session:
        url = str(server.make_url("")).rstrip("/")
        path = folder / f"{institution}.toml"
        text = config_toml(url, settings, institution)
        if not terms:
            text = re.sub(r"(?ms)^\[institutions\.[^]]*\.recovery\][^\n]*\n.*?(?=^\[|\Z)", "", text)
        assert terms or "recovery" not in text
        path.write_text(text, encoding="utf-8")
        config = load_config(
            path, journal={"path": str(folder / "j.db"), "recover": False, "max_in_doubt": 200}, **changes
        )
        async with AsyncClient(config) as mi:
            yield Town(mi, Hospital(session, url, settings.control_token), office, folder)
