"""The project's client and the sandbox, two readings of one catalogue: a stay and a purchase (all interfaces: test_everything_typed)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from aiohttp.test_utils import TestServer

from mi_core import AsyncClient
from mi_core.interfaces import by_code
from mi_plugins.sandbox import Settings, create_app
from mi_plugins.sandbox.announce import config_toml
from mi_plugins.sandbox.office import Office
from mi_plugins.sandbox.rulebook import Rulebook
from tests.sandbox.hospital import Hospital
from tests.sandbox.wards import Purchase, Stay


async def test_a_stay_and_a_purchase_through_the_client(rulebook: Rulebook, tmp_path: Path) -> None:
    settings = Settings(crowd=0)
    office = Office(settings, rulebook)
    stay, purchase = Stay(nowhere()), Purchase(nowhere(), 1)
    async with TestServer(create_app(office=office)) as server:
        url = str(server.make_url("")).rstrip("/")

        def config(institution: str) -> Path:
            path = tmp_path / f"{institution}.toml"
            path.write_text(config_toml(url, settings, institution), encoding="utf-8")
            return path

        async def call(mi: AsyncClient, infno: str, content: Any, **more: Any) -> Any:
            reply = await mi.call(by_code(infno).request.from_dict(content), insuplc_admdvs="990101", **more)
            assert not reply.meta.problems and not reply.meta.discrepancies, infno
            return reply

        async with AsyncClient.from_config(config("H43000000001")) as mi:
            stay.mdtrt_id = (await call(mi, "2401", stay.admission())).result.mdtrt_id
            await call(mi, "2403", stay.changed())
            await call(mi, "2301", {"feedetail": [stay.fee(1, "500.00")]})
            await call(mi, "2303", stay.claim("500.00"))
            await call(mi, "2402", stay.leaving())
            settled = await call(mi, "2304", stay.claim("500.00"), operation_key="stay-1")
            which = {"data": stay.which | {"setl_id": settled.setlinfo.setl_id}}
            assert (await call(mi, "5203", which)).setlinfo.psn_pay == settled.setlinfo.psn_part_amt
            await call(mi, "2305", which)
            await call(mi, "2405", {"data": stay.which})
            await call(mi, "2302", {"data": [stay.which | {"feedetl_sn": "0000"}]})
            await call(mi, "2404", {"data": stay.which})
        async with AsyncClient.from_config(config("P43000000001")) as mi:
            basket = purchase.basket(purchase.drug(1, "20.00"))
            await call(mi, "2101", basket)
            info = (await call(mi, "2102", basket, operation_key="purchase-1")).setlinfo
            which = {
                "data": {"setl_id": info.setl_id, "mdtrt_id": info.mdtrt_id, "psn_no": purchase.person.psn_no}
            }
            assert (await call(mi, "2103", which)).setlinfo.medfee_sumamt == -info.medfee_sumamt


def nowhere() -> Hospital:
    """Messages only: the client sends them."""
    return Hospital(None, "", "")  # type: ignore[arg-type]  # no session is needed
