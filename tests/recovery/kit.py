"""A bureau, a hospital with the real client, and recovery beside it: real sockets, a real journal on disk."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import aiohttp
import attrs
from aiohttp.test_utils import TestServer

from mi_core import AsyncClient
from mi_core.config import Config, RecoverySettings, load_config
from mi_core.errors import OutcomeUnknown
from mi_core.interfaces import by_code
from mi_core.journal import AttemptRecord, AttemptState
from mi_core.model import Request, Response
from mi_core.pipeline import CallOptions
from mi_core.recovery import Line, Recovery, Tempo
from mi_plugins.sandbox import Settings, create_app
from mi_plugins.sandbox.announce import config_toml
from mi_plugins.sandbox.office import Office
from mi_plugins.sandbox.rulebook import Rulebook
from tests.sandbox.hospital import Hospital, Visit, fee
from tests.sandbox.wards import Purchase, Stay

HOSPITAL, PHARMACY = "H43000000001", "P43000000001"
NO_RECORD = "没有与所给条件对应的结算记录"
NOTHING_TO_REVERSE = "未检索到与原报文对应的业务，无可冲正内容"
FAST = Tempo(first=0.02, longest=0.2, reversal=0.02, idle=0.02, recon=0.05, reversals_per_second=100)

LONG = RecoverySettings(
    acceptance=1800, processing=300, replica_lag=0, likely_refused=0, query_without_setl_id=True,
    absent=(NO_RECORD, NOTHING_TO_REVERSE),
)  # fmt: skip
"""Half an hour: nothing is "not executed" while a test runs."""
OVER = attrs.evolve(LONG, acceptance=0, processing=0)
"""Everything sent before is beyond its fence."""


@attrs.define
class Desk:
    """A cashier with the client, for the messages of :class:`Visit`, :class:`Stay` and :class:`Purchase`."""

    mi: AsyncClient
    code: str = HOSPITAL

    async def call(self, infno: str, content: Any, insuplc_admdvs: str = "990101", **more: Any) -> Any:
        reply = await self.typed(infno, content, insuplc_admdvs=insuplc_admdvs, **more)
        return reply.to_dict()

    async def typed(self, infno: str, content: Any, **more: Any) -> Any:
        request = by_code(infno).request.from_dict(content)
        more.setdefault("insuplc_admdvs", "990101")
        return await self.mi.call(request, **more)


@attrs.define
class Ward:
    """One institution, restartable; ``hospital`` is its way to the bureau's control desk."""

    config: Config
    hospital: Hospital
    mi: AsyncClient

    @property
    def desk(self) -> Desk:
        return Desk(self.mi)

    @property
    def visit(self) -> Visit:
        return Visit(self.desk)  # type: ignore[arg-type]  # all that a visit needs of a hospital is ``call``

    @property
    def stay(self) -> Stay:
        return Stay(self.desk)  # type: ignore[arg-type]  # as above

    @property
    def purchase(self) -> Purchase:
        return Purchase(self.desk, 1)  # type: ignore[arg-type]  # as above

    @property
    def institution(self) -> str:
        return next(iter(self.config.institutions))

    async def billed(self, total: str = "60.00") -> tuple[Visit, dict[str, Any]]:
        """A visit ready to settle, and what it would send."""
        visit = await (await self.visit.register()).inform()
        await visit.charge(fee(visit, 1, total))
        quoted = await visit.quote(total)
        return visit, {"data": visit.settle_data(quoted["setlinfo"])}

    async def lose(self, infno: str, content: Any, fault: str, **more: Any) -> AttemptRecord:
        """Make a call whose answer does not come; its attempt, in doubt."""
        await self.hospital.fault(
            infno, fault, **{k: more.pop(k) for k in ("seconds", "execute") if k in more}
        )
        try:
            await self.desk.call(infno, content, **more)
        except OutcomeUnknown as unknown:
            assert unknown.msgid
            return self.attempt(unknown.msgid)
        raise AssertionError(f"{infno} was answered")

    def attempt(self, msgid: str) -> AttemptRecord:
        found = self.mi.journal.read.attempt(msgid)
        assert found is not None
        return found

    def recovery(self, known: RecoverySettings = LONG, **more: Any) -> Recovery:
        one = self.config.institutions[self.institution]
        config = attrs.evolve(self.config, institutions={self.institution: attrs.evolve(one, recovery=known)})
        more.setdefault("tempo", FAST)
        return Recovery(self.mi.journal, config, self.call, **more)

    async def call(self, request: Request[Any], options: CallOptions) -> Response:
        reply: Response = await self.mi._call(request, options)
        return reply

    async def end(
        self, attempt: AttemptRecord, known: RecoverySettings = LONG, seconds: float = 20.0, **more: Any
    ) -> AttemptRecord:
        """Recover until it has ended."""
        await self.recovery(known, **more).settle(attempt.operation_id, timeout=seconds)
        return self.attempt(attempt.msgid)

    async def restart(self) -> None:
        """Another process: nothing is known but what is on disk."""
        await self.mi.close()
        self.mi = await AsyncClient(self.config).open()

    async def done(self, infno: str) -> list[dict[str, Any]]:
        """What the bureau has executed of an interface."""
        found: list[dict[str, Any]] = (await self.hospital.ledger(infno=infno))["executions"]
        return found


@contextlib.asynccontextmanager
async def ward(
    rulebook: Rulebook, folder: Path, institution: str = HOSPITAL, **settings: Any
) -> AsyncIterator[Ward]:
    """Bureau and client, opened."""
    settings.setdefault("blank_setl_id", True)
    chosen = Settings(crowd=0, **settings)
    async with (
        TestServer(create_app(office=Office(chosen, rulebook))) as server,
        aiohttp.ClientSession() as http,
    ):
        url = str(server.make_url("")).rstrip("/")
        file = folder / "mi.toml"
        more = f'\n[journal]\npath = "{folder / "journal.db"}"\nrecover = false\n'
        file.write_text(config_toml(url, chosen, institution) + more, encoding="utf-8")
        config = load_config(file)
        here = Ward(
            config, Hospital(http, url, chosen.control_token, institution), await AsyncClient(config).open()
        )
        try:
            yield here
        finally:
            await here.mi.close()


async def until(what: Any, seconds: float = 20.0) -> None:
    """Wait for something to become true."""
    async with asyncio.timeout(seconds):
        while not await what():
            await asyncio.sleep(0.02)


def known(here: Ward, settings: RecoverySettings) -> Config:
    """The configuration with other knowledge of the gateway."""
    one = here.config.institutions[here.institution]
    return attrs.evolve(here.config, institutions={here.institution: attrs.evolve(one, recovery=settings)})


async def confirmed(here: Ward, msgid: str) -> bool:
    """For :func:`until`."""
    return here.attempt(msgid).state is AttemptState.CONFIRMED


__all__ = [
    "FAST", "HOSPITAL", "LONG", "NO_RECORD", "OVER", "PHARMACY", "AttemptState", "Decimal", "Desk", "Line", "Ward", "confirmed",
    "known", "until", "ward",
]  # fmt: skip
