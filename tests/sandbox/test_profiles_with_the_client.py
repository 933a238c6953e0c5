"""The project's gateway plugins and the sandbox's checking side, two readings of the same facts, understand each other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestServer

from mi_core import AsyncClient
from mi_core.interfaces import by_code
from mi_plugins.sandbox import Settings, create_app
from mi_plugins.sandbox.announce import config_toml
from mi_plugins.sandbox.office import Office
from mi_plugins.sandbox.profiles.envelope_sm import PATHS
from mi_plugins.sandbox.rulebook import Rulebook
from mi_plugins.sandbox.settings import PROFILES
from tests.sandbox.centre import Centre, Order, Shop, revocation, uploaded, visit_at, which
from tests.sandbox.hospital import Hospital
from tests.sandbox.test_with_the_client import nowhere
from tests.sandbox.wards import Stay


@pytest.mark.parametrize("profile", [name for name in PROFILES if name != "envelope-sm"])
async def test_a_stay_over_every_profile(rulebook: Rulebook, tmp_path: Path, profile: str) -> None:
    settings, stay = Settings(crowd=0), Stay(nowhere())
    office = Office(settings, rulebook)
    config = tmp_path / "mi.toml"
    async with TestServer(create_app(office=office)) as server:
        url = str(server.make_url("")).rstrip("/")
        config.write_text(config_toml(url, settings, profile=profile), encoding="utf-8")
        async with AsyncClient.from_config(config) as mi:

            async def call(infno: str, content: Any, **more: Any) -> Any:
                reply = await mi.call(
                    by_code(infno).request.from_dict(content), insuplc_admdvs="990101", **more
                )
                assert not reply.meta.problems and not reply.meta.discrepancies, infno
                return reply

            stay.mdtrt_id = (await call("2401", stay.admission())).result.mdtrt_id
            await call("2301", {"feedetail": [stay.fee(1, "500.00")]})
            await call("2303", stay.claim("500.00"))
            await call("2402", stay.leaving())
            settled = await call("2304", stay.claim("500.00"), operation_key="stay-1")
            which = {"data": stay.which | {"setl_id": settled.setlinfo.setl_id}}
            assert (await call("5203", which)).setlinfo.psn_pay == settled.setlinfo.psn_part_amt
        assert [row["setl_id"] for row in office.ledger({})["settlements"]] == [settled.setlinfo.setl_id]


class ThroughTheClient(Centre):
    """Sends typed requests; everything of the replies can be read."""

    def __init__(self, hospital: Hospital, mi: AsyncClient) -> None:
        super().__init__(hospital)
        self.mi, self.called = mi, set[str]()

    async def call(self, infno: str, business: dict[str, Any]) -> dict[str, Any]:
        reply = await self.mi.call(by_code(infno).request.from_dict({"data": business}))
        assert not reply.meta.problems and not reply.meta.discrepancies and not reply.extra, infno
        self.called.add(infno)
        found: dict[str, Any] = reply.to_dict()["data"]
        return found


async def test_every_interface_of_the_centres(hospital: Hospital, settings: Settings, tmp_path: Path) -> None:
    config = tmp_path / "mi.toml"
    config.write_text(config_toml(hospital.url, settings, profile="envelope-sm"), encoding="utf-8")
    async with AsyncClient.from_config(config) as mi:
        centre, visit = ThroughTheClient(hospital, mi), await visit_at(hospital)
        sent = await uploaded(centre, visit)
        shop = await Shop(hospital, sent).review()
        await shop.sell()
        for infno in ("7105", "7106", "7107"):
            assert (await centre.call(infno, which(visit, sent["hiRxno"])))["hiRxno"] == sent["hiRxno"]
        other = await uploaded(centre, visit)
        await centre.call("7104", revocation(visit, other["hiRxno"]))
        await centre.call(
            "7211", {"fixmedinsCode": hospital.code, "drugName": "阿莫西林", "pageNum": 1, "pageSize": 5}
        )
        for withdrawn in (True, False):
            order = Order(hospital, await visit_at(hospital))
            order.centre = centre
            await order.upload()
            if withdrawn:
                assert (await order.withdraw())["success"] is True
                continue
            await order.refund(await order.pay())
            assert (await order.query())["ordStas"] == "7"
    assert centre.called == set(PATHS.values())
