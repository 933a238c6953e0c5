"""A hospital that reaches the bureau by one gateway and the two centres by another, and is told their news."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import aiohttp
import attrs
from aiohttp import web
from aiohttp.test_utils import TestServer

from mi_core import AsyncClient
from mi_core.config import Config, RecoverySettings, load_config
from mi_core.flows import MobilePayment, Payer
from mi_core.inbound import INBOX, Inbox, Notification, inbound_app
from mi_plugins.sandbox import Settings, create_app
from mi_plugins.sandbox.announce import config_toml, sandbox_gateway
from mi_plugins.sandbox.office import Office
from mi_plugins.sandbox.rulebook import Rulebook
from tests.flows.kit import NOON
from tests.recovery.kit import OVER
from tests.sandbox.centre import D, Shop, order, prescription, visit_at
from tests.sandbox.hospital import Hospital, Visit


@attrs.define
class Counter:
    """A cashier with the client; ``hospital`` is its way to the sandbox's control desk."""

    config: Config
    hospital: Hospital
    mi: AsyncClient
    app: web.Application
    told: list[Notification] = attrs.Factory(list)
    visit: Visit | None = None

    @property
    def institution(self) -> str:
        return self.hospital.code

    async def restart(self, known: RecoverySettings | None = None) -> None:
        """Another process: nothing is known but what is on disk."""
        await self.mi.close()
        config = self.config
        if known is not None:
            institutions = {
                code: attrs.evolve(one, recovery=known) for code, one in config.institutions.items()
            }
            config = attrs.evolve(config, institutions=institutions)
        self.mi = await AsyncClient(config).open()

    def order(self, key: str, **more: Any) -> MobilePayment:
        return MobilePayment(self.mi, key, **more)

    async def bill(self, *rows: tuple[str, str], visit: Visit | None = None) -> dict[str, Any]:
        """Arguments of :meth:`MobilePayment.upload`: 100.00 of which the insurance pays, and 50.00 in cash."""
        visit = visit or await visit_at(self.hospital)
        self.visit = visit
        sent, person = order(visit, *rows), visit.person
        added = ("psnNo", "chrgBchno", "medType", "mdtrtId")
        return {
            "payer": Payer(psn_no=person.psn_no, insutype=visit.insurance.insutype, certno=person.certno, name=person.name,
                           ec_token=person.token),
            "rows": [{k: v for k, v in row.items() if k not in added} for row in sent["feedetailList"]],
            "diagnoses": sent["diseinfoList"], "chrg_bchno": "M1", "med_type": "11", "begntime": NOON, "mdtrt_id": visit.mdtrt_id,
            **{name: sent[name] for name in (
                "iptOtpNo", "deptName", "caty", "feeType", "acctUsedFlag", "diseCodg", "psnSetlway", "extData")},
        }  # fmt: skip

    async def uploaded(self, key: str, *rows: tuple[str, str], **more: Any) -> MobilePayment:
        payment = self.order(key, **more)
        bill = await self.bill(*rows)
        await payment.upload(bill.pop("payer"), bill.pop("rows"), bill.pop("diagnoses"), **bill)
        return payment

    async def prescription(self, *drugs: dict[str, Any]) -> dict[str, Any]:
        """Arguments of :meth:`EPrescription.check`, as a doctor's program has them."""
        visit = await visit_at(self.hospital)
        self.visit = visit
        sent = prescription(visit, *drugs)
        known = ("hospRxno", "valiEndTime", "rxDrugCnt", "rxdrugdetail", "mdtrtinfo", "diseinfo")
        info = {k: v for k, v in sent["mdtrtinfo"].items() if not k.startswith("fixmedins")}
        fields = {k: v for k, v in sent.items() if k not in known}
        return {"visit": info, "drugs": sent["rxdrugdetail"], "diagnoses": sent["diseinfo"], **fields}

    def shop(self, checked: Mapping[str, Any]) -> Shop:
        """The pharmacy that the patient goes to."""
        return Shop(self.hospital, dict(checked))

    async def done(self, infno: str) -> int:
        """How often the centre executed it."""
        return len((await self.hospital.ledger(infno=infno))["executions"])


@contextlib.asynccontextmanager
async def counter(rulebook: Rulebook, folder: Path, **settings: Any) -> AsyncIterator[Counter]:
    """Sandbox, inbound application and client, opened; every end of a business is told to the hospital."""
    settings.setdefault("notify_again", 0.02)
    office = Office(Settings(crowd=0, blank_setl_id=True, **settings), rulebook)
    async with TestServer(create_app(office=office)) as server, aiohttp.ClientSession() as session:
        url = str(server.make_url("")).rstrip("/")
        hospital = Hospital(session, url, office.settings.control_token)
        centres = sandbox_gateway("envelope-sm", url, office.settings)
        lines = "\n".join(f'{name} = "{value}"' for name, value in centres.items())
        text = (
            f"{config_toml(url, office.settings)}\n[institutions.{hospital.code}.gateways.centres]\n{lines}\n"
        )
        file = folder / "mi.toml"
        file.write_text(f'{text}\n[journal]\npath = "{folder / "mi.journal.db"}"\n', encoding="utf-8")
        config = load_config(file)
        one = attrs.evolve(config.institution(), recovery=OVER)
        config = attrs.evolve(config, institutions={one.code: one})
        told: list[Notification] = []
        app = inbound_app(config, told.append)
        async with TestServer(app) as inbound:
            await hospital.control("POST", "/notices", {"url": str(inbound.make_url(f"/{hospital.code}"))})
            found = Counter(config, hospital, await AsyncClient(config).open(), app, told)
            try:
                yield found
            finally:
                await found.mi.close()


def inbox_of(counter: Counter) -> Inbox:
    return counter.app[INBOX]


__all__ = ["Counter", "D", "counter", "inbox_of"]
