"""What the demos of the two centres share: the second gateway, and the hospital's door for notifications."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import attrs

from mi_core import AsyncClient
from mi_core.errors import MiError
from mi_core.flows import OutpatientVisit
from mi_core.inbound import Notification, inbound_app
from mi_plugins.demo.flows.outpatient import patient_of
from mi_plugins.demo.flows.stage import Stage
from mi_plugins.sandbox.persons import Person

__all__ = ["DEPARTMENT", "DOCTOR", "News", "acknowledged", "centres", "registered", "told"]

DEPARTMENT: Final[dict[str, Any]] = {"dept_code": "0301", "dept_name": "心血管内科", "caty": "A03.04"}
DOCTOR: Final[dict[str, Any]] = {"atddr_no": "D43000000001", "dr_name": "沙箱医师"}
PATIENCE = 30.0
"""Seconds for a notification to come."""


def centres(stage: Stage) -> str:
    """The lines of ``mi.toml`` by which 6xxx and 7xxx go to the centres."""
    keys = stage.sandbox["profiles"]["envelope-sm"]
    lines = "\n".join(f'{name} = "{value}"' for name, value in keys.items())
    return f"\n[institutions.{stage.sandbox['institution']}.gateways.centres]\n{lines}\n"


@attrs.define
class News:
    """Notifications that were handled."""

    got: list[Notification] = attrs.Factory(list)
    came: asyncio.Condition = attrs.Factory(asyncio.Condition)

    async def handle(self, notification: Notification) -> None:
        """The hospital's handler."""
        async with self.came:
            self.got.append(notification)
            self.came.notify_all()

    async def of(self, code: str) -> Notification:
        """The first one of that interface, once it is there."""
        try:
            async with asyncio.timeout(PATIENCE), self.came:
                await self.came.wait_for(lambda: any(one.interface == code for one in self.got))
        except TimeoutError:
            raise MiError(f"没有等到通知 {code}", f"notification {code} did not come") from None
        return next(one for one in self.got if one.interface == code)


@asynccontextmanager
async def told(stage: Stage, mi: AsyncClient) -> AsyncIterator[News]:
    """The hospital receives notifications on a free port, and the sandbox knows where."""
    from aiohttp import web

    news = News()
    runner = web.AppRunner(inbound_app(mi.config, news.handle), access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/{stage.sandbox['institution']}"
        await stage.control("notices", {"url": url})
        yield news
    finally:
        await stage.control("notices", {"url": ""})
        await runner.cleanup()


async def acknowledged(stage: Stage) -> None:
    """Until the hospital has acknowledged every notification."""
    async with asyncio.timeout(PATIENCE):
        while any(one["state"] != "acknowledged" for one in (await stage.control("notices"))["notices"]):  # noqa: ASYNC110  # another process answers
            await asyncio.sleep(0.05)


async def registered(stage: Stage, mi: AsyncClient, person: Person, key: str) -> str:
    """An outpatient visit with its diagnosis; returns ``mdtrt_id``."""
    visit = OutpatientVisit(mi, key)
    opened = await visit.open(patient_of(person), med_type="11", begntime=stage.now, **DEPARTMENT, **DOCTOR)
    await visit.diagnose([{
        "diag_type": "1", "diag_srt_no": 1, "diag_code": "I10.x00x002", "diag_name": "高血压", "diag_dept": "0301",
        "dise_dor_no": "D43000000001", "dise_dor_name": "沙箱医师", "diag_time": stage.now, "vali_flag": "1",
    }], dise_codg="I10.x00x002", dise_name="高血压")  # fmt: skip
    stage.tell("open", "挂号、诊断", "registered and diagnosed", 就诊ID__visit=opened.mdtrt_id)
    return opened.mdtrt_id
