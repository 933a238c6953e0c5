"""Naming a region in the configuration: which there are, what it brings beneath the institution's own keys."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mi_core import ConfigError
from mi_core.catalog.regions import shipped_regions
from mi_core.config import Config, Institution, load_config
from mi_core.config.regions import with_regions
from mi_core.errors import PluginError
from mi_core.plugin import Region, hookimpl
from mi_core.plugin.manager import load_plugins
from mi_plugins.regions import SHIPPED
from mi_plugins.regions.guangzhou.interfaces import by_code
from tests.core.calls import HOSPITAL, settlement
from tests.plugins.bad_server import bad_server
from tests.regions_runtime.kit import Bureau, hospital, settled

GATEWAY = {"profile": "none", "url": "http://127.0.0.1:1/"}


def loaded(region: str | None = None, code: str = HOSPITAL, **institution: Any) -> Institution:
    values: dict[str, Any] = {
        "name": "示例医院",
        "mdtrtarea_admvs": "440100",
        "gateway": GATEWAY,
        **institution,
    }
    if region is not None:
        values["region"] = region
    config = load_config(
        "/dev/null", environment="test", journal={"path": "memory"}, institutions={code: values}
    )
    return config.institution(code)


def test_the_shipped_ones_are_registered() -> None:
    assert shipped_regions() == SHIPPED
    known = load_plugins().regions
    for name in SHIPPED:
        region = known[name]()
        assert (region.name, bool(region.title), region.described in ("base", "whole", "partial")) == (
            name,
            True,
            True,
        )


def test_an_institution_speaks_its_regions_documents() -> None:
    assert loaded("guangzhou").interface("2207") is by_code("2207")
    assert loaded("guangzhou").interface("2001").region == ""
    assert loaded().dialect is None and loaded("hunan").dialect is None
    assert loaded("hunan").interface("2207").region == ""


def test_an_unknown_region_is_told_with_those_that_there_are() -> None:
    with pytest.raises(ConfigError) as wrong:
        loaded("guangdong", recer_sys_code="X" * 11)
    text = wrong.value.message("zh")
    assert "没有地区 guangdong" in text and "guangzhou" in text and "jiangsu" in text
    assert "recer_sys_code" in text, "all mistakes at once"


def test_what_a_region_says_stands_beneath_the_configuration() -> None:
    assert loaded("jiangsu").timeouts.settlement == 120 and loaded("jiangsu").timeouts.query == 120
    assert loaded("jiangsu", timeouts={"query": 7}).timeouts.query == 7
    assert loaded("zhejiang").timeouts.query == 30


def test_the_usual_gateway_is_taken_when_none_is_named() -> None:
    keys = {"url": "http://127.0.0.1:1/", "paas_id": "p", "paas_token": "t"}
    assert loaded("foshan", gateway=keys).gateway.profile == "tif"
    assert loaded("foshan").gateway.profile == "none"


def test_fields_of_the_head() -> None:
    assert loaded("jiangsu", head_extras={"fixmedins_soft_fcty": "示例"}).head_extras == {
        "fixmedins_soft_fcty": "示例"
    }
    assert loaded("jilin", head_extras={"enc_type": "SM4"}).head_extras == {"enc_type": "SM4"}
    with pytest.raises(ConfigError, match=r"head_extras\.enc_typ.*可用：enc_type"):
        loaded("jilin", head_extras={"enc_typ": "SM4"})
    with pytest.raises(ConfigError, match=r"head_extras\.fixmedins_soft_fcty"):
        loaded(head_extras={"fixmedins_soft_fcty": "示例"})


async def test_an_extra_field_travels_in_the_head() -> None:
    bureau = Bureau({"2207": settled})
    extras = {"head_extras": {"fixmedins_soft_fcty": "示例"}}
    async with bad_server(bureau) as server, hospital(server.url, "jiangsu", institution=extras) as mi:
        await mi.call(settlement())
    assert bureau.asked[0]["fixmedins_soft_fcty"] == "示例"


class Somewhere:
    """A third party's region, by the hook that the shipped ones use."""

    REGION = Region(
        name="somewhere", title="某地", title_en="Somewhere", interfaces="mi_plugins.regions.guangzhou.interfaces",
        head_lengths={"fixmedins_name": 20}, refusals=("示例拒绝",), reversible=("2304",),
        query_without_setl_id=True, infver="V1.0", recer_sys_code="YBXT",
    )  # fmt: skip

    @hookimpl
    def mi_register_regions(self, registry: Any) -> None:
        registry.add("somewhere", lambda: self.REGION)


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    plugins = load_plugins(extra=[("somewhere", Somewhere())])
    monkeypatch.setattr("mi_core.config.regions.load_plugins", lambda **_: plugins)


@pytest.mark.usefixtures("installed")
class TestAThirdPartys:
    def test_everything_it_says_is_taken(self) -> None:
        one = loaded("somewhere")
        assert (one.infver, one.recer_sys_code, one.refusals) == ("V1.0", "YBXT", ("示例拒绝",))
        assert (one.recovery.reversible, one.recovery.query_without_setl_id) == (("2304",), True)

    def test_the_configuration_wins(self) -> None:
        own = {
            "infver": "1.0.0",
            "refusals": [],
            "recovery": {"query_without_setl_id": False, "reversible": []},
        }
        one = loaded("somewhere", **own)
        assert (one.infver, one.refusals) == ("1.0.0", ())
        assert (one.recovery.reversible, one.recovery.query_without_setl_id) == ((), False)
        assert one.recer_sys_code == "YBXT"

    async def test_lengths_of_the_head(self) -> None:
        from mi_core import InvalidInput

        bureau = Bureau({"2207": settled})
        long = {"name": "示" * 21}
        async with bad_server(bureau) as server, hospital(server.url, "somewhere", institution=long) as mi:
            with pytest.raises(InvalidInput) as wrong:
                await mi.call_raw("2208", {"setl_id": "S1", "psn_no": "P", "mdtrt_id": "V"})
        assert [(p.field, p.rule) for p in wrong.value.problems] == [("fixmedins_name", "max_length")]
        assert "20" in wrong.value.problems[0].zh


@pytest.mark.parametrize("region", ["hunan", "jiangsu"])
def test_message_ids_begin_with_the_code_so_it_stays_short_everywhere(region: str) -> None:
    with pytest.raises(ConfigError, match="不超过 12 位"):
        loaded(region, code="H" + "4" * 29)


async def test_a_region_of_the_clients_own_plugins() -> None:
    """A configuration made by the program: the region is found when the client opens."""
    plugins = load_plugins(extra=[("somewhere", Somewhere())])
    bureau = Bureau({"2207": settled})
    async with bad_server(bureau) as server:
        known = loaded("hunan", gateway={"profile": "none", "url": server.url}, sign_in=False)
        import attrs

        from mi_core import AsyncClient
        from mi_core.config import JournalSettings
        from mi_core.plugin import StoreSettings

        config = Config(
            environment="test", institutions={HOSPITAL: attrs.evolve(known, region="somewhere")},
            store=StoreSettings("memory"), journal=JournalSettings(path="memory", recover=False),
        )  # fmt: skip
        async with AsyncClient(config, plugins=plugins) as mi:
            assert mi.config.institution().interface("2207").region == "guangzhou"
    with pytest.raises(ConfigError, match="没有地区 somewhere"):
        with_regions(config, load_plugins().regions)


def test_a_region_file_that_is_wrong_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "nowhere"
    folder.mkdir()
    facts = {
        "name": "nowhere",
        "title": "无",
        "titleEn": "Nowhere",
        "described": "partial",
        "evidence": ["x"],
    }
    wrong = {
        "headExtra": "enc_type",
        "queryWithoutSetlId": "yes",
        "timeouts": {"settle": 3},
        "emptyForms": {"4701": "null"},
    }
    (folder / "region.json").write_text(json.dumps({**facts, "defaults": wrong}))
    with pytest.raises(PluginError) as told:
        Region.at(folder, "nowhere")
    assert all(name in told.value.en for name in wrong)
    (folder / "region.json").write_text(
        json.dumps({**facts, "defaults": {"timeout": 9, "timeouts": {"query": 3}}})
    )
    region = Region.at(folder, "nowhere")
    assert region.interfaces == "mi_core.interfaces"
    assert region.timeouts == {"settlement": 9, "query": 3, "upload": 9}


def test_a_client_of_the_base_loads_no_region() -> None:
    program = """
import sys
from mi_core.config import load_config
from mi_core.plugin.manager import load_plugins
import mi_core
load_plugins()
load_config("/dev/null", environment="test", journal={"path": "memory"}, institutions={"H1": {
    "name": "x", "mdtrtarea_admvs": "439900", "gateway": {"profile": "none", "url": "http://127.0.0.1:1/"}}})
print([m for m in sys.modules if m.startswith("mi_plugins.regions.")])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
