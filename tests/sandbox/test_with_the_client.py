"""The project's client and the sandbox, two readings of one catalogue, understand each other for every interface."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from aiohttp.test_utils import TestServer

from mi_core import AsyncClient
from mi_core.catalog import load_catalog
from mi_core.interfaces import by_code
from mi_plugins.sandbox import Settings, create_app
from mi_plugins.sandbox.announce import config_toml
from mi_plugins.sandbox.office import Office
from mi_plugins.sandbox.rulebook import Rulebook
from tests.sandbox.test_all_interfaces import INVENTED, request_of

CATALOG = load_catalog()
CODES = [code for code in INVENTED if CATALOG.interfaces[code].behaviour.envelope != "order"]
"""Orders (6xxx) travel in another envelope, which needs another gateway plugin."""


async def test_every_interface_through_the_client(rulebook: Rulebook, tmp_path: Path) -> None:
    settings = Settings(crowd=0)
    office = Office(settings, rulebook)
    config = tmp_path / "mi.toml"
    found: dict[str, Any] = {}
    async with TestServer(create_app(office=office)) as server:
        config.write_text(config_toml(str(server.make_url("")).rstrip("/"), settings), encoding="utf-8")
        async with AsyncClient.from_config(config) as mi:
            for code in CODES:
                content = request_of(office, CATALOG.interfaces[code])
                try:
                    reply = await mi.call(by_code(code).request.from_dict(content))
                except Exception as error:  # collected, so that one test names every interface that differs
                    found[code] = str(error)
                    continue
                if reply.meta.problems or reply.meta.discrepancies:
                    found[code] = [*reply.meta.problems, *reply.meta.discrepancies]
    assert found == {}
    assert len(CODES) > 155
