"""A whole visit over each profile against the sandbox over HTTP: quoted, settled, found again, refunded, a lost answer found."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from mi_core import AsyncClient
from mi_core.config import Config, load_config
from mi_core.errors import BureauRefused, GatewayRefused, OutcomeUnknown
from mi_core.interfaces import by_code
from mi_core.types import CHINA_TIME
from mi_plugins.demo.visit import run_visit
from mi_plugins.sandbox import Settings, create_app
from mi_plugins.sandbox.announce import config_toml, sandbox_gateway
from mi_plugins.sandbox.office import Office
from mi_plugins.sandbox.persons import DOCUMENTED
from mi_plugins.sandbox.rulebook import Rulebook
from mi_plugins.sandbox.settings import PROFILES
from tests.core.calls import settlement

HOSPITAL = "H43000000001"
SETTINGS = Settings(crowd=0)
VISITS = tuple(name for name in PROFILES if name != "envelope-sm")


@pytest.fixture(scope="module")
def rulebook() -> Rulebook:
    return Rulebook()


@pytest.fixture
async def sandbox(rulebook: Rulebook) -> AsyncIterator[TestServer]:

    async with TestServer(create_app(office=Office(SETTINGS, rulebook))) as server:
        yield server


def url_of(server: TestServer) -> str:
    return str(server.make_url("")).rstrip("/")


def configured(server: TestServer, folder: Path, profile: str, **overrides: Any) -> Config:
    path = folder / "mi.toml"
    path.write_text(config_toml(url_of(server), SETTINGS, profile=profile), encoding="utf-8")
    return load_config(
        path, journal={"path": str(folder / "journal.db")}, store={"operation_log": f"sqlite:///{folder}/mi.db"}, **overrides
    )  # fmt: skip


async def fault(server: TestServer, **content: Any) -> None:
    async with aiohttp.ClientSession() as session:
        headers = {"X-Sandbox-Token": SETTINGS.control_token}
        async with session.post(server.make_url("/_control/faults"), json=content, headers=headers) as reply:
            assert reply.status == 200, await reply.text()


@pytest.mark.parametrize("profile", VISITS)
async def test_a_visit(sandbox: TestServer, tmp_path: Path, profile: str) -> None:
    async def lose() -> None:
        await fault(sandbox, infno="2207", fault="drop_after")

    async with AsyncClient(configured(sandbox, tmp_path, profile)) as mi:
        now = dt.datetime.now(CHINA_TIME).replace(tzinfo=None, microsecond=0)
        report = await run_visit(mi, DOCUMENTED[0], HOSPITAL, now, lambda step: None, lose)
        codes = [step.code for step in report.steps]
        assert {"1101", "2201", "2204", "2206", "2207", "5203", "2208"} <= set(codes)
        assert not await unresolved(mi)


async def unresolved(mi: AsyncClient) -> list[Any]:
    import asyncio

    return list(await asyncio.to_thread(mi.journal.read.unresolved, limit=10))


async def test_orders_go_to_the_centre_and_visits_to_the_bureau(sandbox: TestServer, tmp_path: Path) -> None:
    """One client, two gateways: ``tif`` for the bureau, ``envelope-sm`` for the mobile-payment centre."""
    centre = sandbox_gateway("envelope-sm", url_of(sandbox), SETTINGS)
    config = configured(sandbox, tmp_path, "tif", institutions={HOSPITAL: {"gateways": {"pay": centre}}})
    assert config.institution().gateways["pay"].interfaces == ("6*", "7*")
    async with AsyncClient(config) as mi:
        person = DOCUMENTED[0]
        who = await mi.call(by_code("1101").request.from_dict({"data": {
            "mdtrt_cert_type": "02", "mdtrt_cert_no": person.certno, "psn_cert_type": "01", "certno": person.certno,
            "psn_name": person.name,
        }}))  # fmt: skip
        assert who.baseinfo.psn_name == person.name
        ask = by_code("6301").request.from_dict({"data": {
            "payOrdId": "O1", "payToken": "T1", "orgCodg": HOSPITAL, "idNo": person.certno, "userName": person.name, "idType": "01",
        }})  # fmt: skip
        with pytest.raises(
            BureauRefused, match="没有支付订单O1"
        ):  # its own words: it was reached and understood
            await mi.call(ask)


@pytest.mark.parametrize(
    ("profile", "wrong", "certain"),
    [
        ("csb", {"secret_key": "another"}, True),
        ("csb-seconds", {"secret_key": "another"}, False),
        ("tif", {"paas_token": "another"}, False),
        ("zj-ca", {"ca_secret": "another"}, False),
    ],
)
async def test_wrong_keys(
    sandbox: TestServer, tmp_path: Path, profile: str, wrong: dict[str, str], certain: bool
) -> None:
    """Refused by the gateway; certain only where it is known that such a refusal means: nothing was passed on."""
    config = configured(
        sandbox, tmp_path, profile, institutions={HOSPITAL: {"gateway": wrong, "sign_in": False}}
    )
    async with AsyncClient(config) as mi:
        with pytest.raises(GatewayRefused if certain else (OutcomeUnknown, GatewayRefused)) as caught:
            await mi.call(settlement(medfee_sumamt=Decimal("1.00")))
        assert isinstance(caught.value, GatewayRefused) is certain
