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
from tests.sandbox.test_all_interfaces import request_of
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


async def test_every_interface_of_the_centres(rulebook: Rulebook, tmp_path: Path) -> None:
    settings = Settings(crowd=0)
    office = Office(settings, rulebook)
    config, found = tmp_path / "mi.toml", {}
    async with TestServer(create_app(office=office)) as server:
        url = str(server.make_url("")).rstrip("/")
        config.write_text(config_toml(url, settings, profile="envelope-sm"), encoding="utf-8")
        async with AsyncClient.from_config(config) as mi:
            for code in PATHS.values():
                content = request_of(office, rulebook.rules(code).spec)
                try:
                    reply = await mi.call(by_code(code).request.from_dict(content))
                except Exception as error:  # collected, so that one test names every interface that differs
                    found[code] = str(error)
                    continue
                if reply.meta.problems or reply.meta.discrepancies:
                    found[code] = str([*reply.meta.problems, *reply.meta.discrepancies])
    assert found == {}
