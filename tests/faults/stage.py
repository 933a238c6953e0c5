"""One hospital with the real client, its journal and log on disk, a line that can be spoilt, and a bureau behind it."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import attrs
import pytest
from aiohttp.test_utils import TestServer

from mi_core import AsyncClient
from mi_core.config import Config, load_config
from mi_core.errors import MiError
from mi_core.journal import AttemptRecord
from mi_plugins.sandbox import Settings, create_app
from mi_plugins.sandbox.announce import config_toml
from mi_plugins.sandbox.office import Office
from mi_plugins.sandbox.persons import DOCUMENTED
from mi_plugins.sandbox.rulebook import Rulebook
from tests.faults.line import Line, between
from tests.faults.wire import KNOWN_REFUSAL
from tests.recovery.kit import HOSPITAL, OVER, Ward
from tests.sandbox.hospital import Hospital, Visit

WINDOW = 3 * 3600.0
"""Seconds that the bureau's gateway takes a message although its time stamp is wrong."""


@attrs.define(repr=False)
class Stage(Ward):
    """A ward whose messages go over a line; ``visit`` and ``bill`` are what a fault meets."""

    line: Line = attrs.field(kw_only=True)
    folder: Path = attrs.field(kw_only=True)
    patch: pytest.MonkeyPatch = attrs.field(kw_only=True)
    patient: Visit = attrs.field(kw_only=True)
    bill: dict[str, Any] = attrs.field(kw_only=True)
    alive: bool = attrs.field(default=True, kw_only=True)
    """Whether ``mi`` is open."""
    calling: asyncio.Task[Any] | None = attrs.field(default=None, kw_only=True)
    """The settlement that is under way."""
    by: Callable[[], Awaitable[tuple[str, Any]]] | None = attrs.field(default=None, kw_only=True)
    """Who makes it, if not ``mi``."""
    learn: Callable[[], list[Any]] = attrs.field(default=list, kw_only=True)
    """What the log still has to be told."""
    leaving: asyncio.Task[None] | None = attrs.field(default=None, kw_only=True)

    async def settle(self, **more: Any) -> Any:
        """The settlement that everything here is about."""
        return await self.desk.typed("2207", self.bill, **more)

    async def quote(self) -> None:
        """2206 of the same bill."""
        data = dict(self.bill["data"])
        for name in ("fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "inscp_scp_amt"):
            del data[name]
        named = {"psn_type": self.patient.insurance.psn_type, "psn_name": self.patient.person.name}
        await self.desk.call("2206", {"data": data | named})

    async def leave(self) -> None:
        """The hospital's program ends."""
        if self.alive:
            self.alive = False
            await self.mi.close()

    async def come_back(self) -> None:
        """It is started again, as a new process would: nothing is known but what is on disk."""
        if self.leaving is not None:
            await self.leaving
        await self.leave()
        self.mi = await AsyncClient(self.config).open()
        self.alive = True

    def attempts(self, infno: str = "2207") -> list[AttemptRecord]:
        """The journal's attempts of an interface, oldest first."""
        read = self.mi.journal.read
        sql = "SELECT msgid FROM attempt WHERE interface = ? ORDER BY sent_at, number"
        found = [read.attempt(row[0]) for row in read.ask(lambda rows, _: rows(sql, (infno,)))]
        return [one for one in found if one is not None]

    def rows(self, infno: str = "2207") -> dict[str, str]:
        """The log's rows of an interface: status by msgid, oldest first; one that nobody completed is ``pending``."""
        return dict(
            self._asked(
                "log.db",
                "SELECT msgid, status FROM business_operation_logs WHERE api_code = ? ORDER BY id",
                infno,
            )
        )

    def states(self, infno: str = "2207") -> list[tuple[str, str]]:
        """The journal's states of attempts and of their operations, oldest first, whoever has it open."""
        sql = "SELECT a.state, o.state FROM attempt a JOIN operation o ON o.id = a.operation_id WHERE a.interface = ? ORDER BY a.sent_at"
        if self.alive:  # another SQLite in this process would take away the locks of the one that has it open
            return self.mi.journal.read.ask(lambda rows, _: rows(sql, (infno,)))
        return self._asked("journal/journal.db", sql, infno)

    def _asked(self, name: str, sql: str, infno: str) -> list[Any]:
        with contextlib.closing(sqlite3.connect(self.folder / name)) as file:
            return list(file.execute(sql, (infno,)))

    async def live(self) -> list[dict[str, Any]]:
        """What the bureau holds for settled of this visit, by its own books."""
        books = (await self.hospital.ledger(mdtrt_id=self.patient.mdtrt_id))["settlements"]
        return [
            row | {"setl_id": str(row["setl_id"])}
            for row in books
            if (row["kind"], row["state"]) == ("settlement", "settled")
        ]

    async def is_held(self) -> bool:
        """Whether the visit is closed for other changing calls: a harmless one is tried (2203 again)."""
        try:
            await self.patient.inform()
        except MiError as error:
            assert error.code in ("visit_busy", "bureau_refused"), (
                error
            )  # refused once it is settled: it was let out
            return error.code == "visit_busy"
        return False

    async def quiet(self) -> None:
        """Until journal and log have written what they were given, also what nobody waits for."""
        runtime = self.mi._runtime
        if runtime is None:
            return
        await asyncio.gather(*runtime.later)
        await runtime.store.flush()  # type: ignore[attr-defined]  # the embedded log has it
        for _ in range(2):  # the first may be followed by the taking back of a message that never left
            if runtime.journal.poisoned is None:
                await asyncio.to_thread(runtime.journal.wait, lambda tx: None)

    async def resolve(self, attempt: AttemptRecord) -> AttemptRecord:
        """The client's own recovery in calm; everything sent so far is beyond its fence."""
        await self.mi.recovery.settle(attempt.operation_id, timeout=20)
        await self.quiet()
        return self.attempt(attempt.msgid)

    def personal(self) -> tuple[str, ...]:
        """What must stand nowhere in clear."""
        person = DOCUMENTED[0]
        assert person.psn_no == self.patient.person.psn_no
        return (person.psn_no, person.name, person.certno, "sandbox-secret-key")


@contextlib.asynccontextmanager
async def stage(
    rulebook: Rulebook, folder: Path, patch: pytest.MonkeyPatch, *, log: str = "", **settings: Any
) -> AsyncIterator[Stage]:
    """Bureau, line and client, and a visit that is ready to be settled."""
    chosen = Settings(
        crowd=0, blank_setl_id=True, allow_repeats=True, **{"acceptance": WINDOW, **settings}
    )  # a message sent twice would settle twice
    async with (
        TestServer(create_app(office=Office(chosen, rulebook))) as server,
        aiohttp.ClientSession() as http,
    ):
        assert server.port is not None
        async with between(server.port) as line:
            url = str(server.make_url("")).rstrip("/")
            config = written(folder, line.url, chosen, log or f"sqlite:///{folder / 'log.db'}")
            mi = await AsyncClient(config).open()
            desk = Hospital(http, url, chosen.control_token, HOSPITAL)
            here = Stage(
                config, desk, mi, line=line, folder=folder, patch=patch, patient=Visit(desk), bill={}
            )
            try:
                here.patient, here.bill = await here.billed()
                here.patient.hospital = Through(here)  # type: ignore[assignment]  # all that a visit needs is ``call``
                yield here
            finally:
                line.calm()
                line.held.set()
                await here.leave()


@attrs.define
class Through:
    """The visit's way to the client that is open now."""

    here: Stage

    async def call(self, infno: str, content: Any, **more: Any) -> Any:
        return await self.here.desk.call(infno, content, **more)


def written(folder: Path, url: str, settings: Settings, log: str) -> Config:
    """``mi.toml`` as a file, so that another process can read it too."""
    (folder / "journal").mkdir()
    file = folder / "mi.toml"
    more = (
        f'\n[journal]\npath = "{folder / "journal" / "journal.db"}"\nrecover = false\n'
        "\n[limits]\nfailures = 1000\n"  # how a gateway counts as down is another subject
        f'\n[store]\noperation_log = "{log}"\nkey_file = "{folder / "log.key"}"\n'
    )
    text = config_toml(url, settings).replace(
        "sign_in = true", f'sign_in = true\nrefusals = ["{KNOWN_REFUSAL}"]'
    )
    file.write_text(text + more, encoding="utf-8")
    config = load_config(file)
    one = config.institutions[HOSPITAL]
    return attrs.evolve(config, institutions={HOSPITAL: attrs.evolve(one, recovery=OVER)})
