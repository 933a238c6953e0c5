"""``mi plugins``: what is installed, what was left out and why, what to do."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from mi_core.plugin.manager import BUILT_IN
from tests.cli.shell import environment, mi
from tests.core.test_plugin_manager import BROKEN, GOOD, install


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    folder.mkdir()
    install(folder, "good_gateway", GOOD)
    return folder


def variables(site: Path) -> dict[str, str]:
    return {"PYTHONPATH": os.pathsep.join((str(site), environment()["PYTHONPATH"])), "COLUMNS": "200"}


def plugins(site: Path, *arguments: str) -> tuple[int, str, str]:
    return mi("plugins", *arguments, place=site.parent, variables=variables(site))


def rows(site: Path, *arguments: str) -> dict[str, dict[str, str]]:
    _, out, _ = plugins(site, *arguments, "--json")
    return {row["name"]: row for row in json.loads(out)["plugins"]}


def test_everything_is_listed_with_its_origin(site: Path) -> None:
    listed = rows(site, "list")
    assert set(listed) == {*BUILT_IN, "good_gateway"}
    good = listed["good_gateway"]
    assert (good["distribution"], good["version"], good["status"]) == ("good-gateway", "1.2", "loaded")
    assert good["file"] == str(site / "good_gateway.py")
    code, out, _ = plugins(site, "list")
    assert (
        code == 0
        and "good-gateway 1.2" in out
        and "gateways: mine" in out
        and "mi_plugins.gateways.csb" not in out
    )
    assert "mi_plugins.gateways.csb" in plugins(site, "list", "--all")[1]


def test_a_broken_one_is_told_and_makes_the_code_1(site: Path) -> None:
    install(site, "raises_at_import", BROKEN["raises_at_import"])
    install(site, "needs_newer_api", BROKEN["needs_newer_api"])
    install(site, "wrong_argument", BROKEN["wrong_argument"])
    code, out, _ = plugins(site, "list")
    assert code == 1
    assert "RuntimeError: boom" in out and "HOOK_API 99" in out and "registri" in out
    for name, reason in (
        ("raises_at_import", "boom"),
        ("needs_newer_api", "HOOK_API 99"),
        ("wrong_argument", "registri"),
    ):
        code, out, _ = plugins(site, "why", name)
        assert code == 1 and reason in out and name.replace("_", "-") in out


def test_conflicts_name_both(site: Path) -> None:
    install(site, "zz_second", GOOD, version="3.4")
    assert rows(site, "list")["zz_second"]["conflict"] == "good_gateway (good-gateway 1.2)"
    code, out, _ = plugins(site, "why", "zz-second")
    assert code == 1 and "zz_second" in out and "good-gateway 1.2" in out and "→" in out


def test_the_allow_list_is_read_even_from_a_configuration_with_mistakes(site: Path) -> None:
    (site.parent / "mi.toml").write_text('environment = 5\n[plugins]\nallow = ["good-gateway==1.3"]\n')
    install(site, "nosy", "raise SystemError('imported')")
    listed = rows(site, "list")
    assert {listed[name]["status"] for name in ("good_gateway", "nosy")} == {"not allowed"}
    code, out, _ = plugins(site, "why", "good_gateway")
    assert code == 1 and "good-gateway==1.2" in out
    (site.parent / "mi.toml").write_text('environment = 5\n[plugins]\nallow = ["good gateway"]\n')
    code, _, err = plugins(site, "list")
    assert code == 2 and "allow" in err and "hospital-rules" in err


def test_a_provider_is_traced_to_its_plugin(site: Path) -> None:
    assert "good_gateway（good-gateway 1.2）" in plugins(site, "why", "mine")[1]
    code, out, _ = mi("--lang", "en", "plugins", "why", "csb", place=site.parent)
    assert code == 0 and "provided by mi_plugins.gateways.csb (mi-core" in out


def test_show_of_something_that_a_plugin_brings(site: Path) -> None:
    code, out, _ = mi("--lang", "en", "plugins", "show", "tif", place=site.parent)
    assert code == 0 and "gateways tif: provided by mi_plugins.gateways.tif (mi-core" in out
    assert "mi_plugins/gateways/tif.py" in out.replace("\n", "")


def test_show_tells_everything(site: Path) -> None:
    code, out, _ = plugins(site, "show", "good-gateway")
    assert code == 0
    for text in (
        "good_gateway",
        "1.2",
        "gateways: mine",
        "mi_register_gateways",
        str(site / "good_gateway.py"),
    ):
        assert text in out


def test_an_unknown_name_says_what_is_near(site: Path) -> None:
    for command in ("show", "why"):
        code, _, err = plugins(site, command, "good_gatway")
        assert code == 2 and "good_gateway" in err


def test_the_hook_reference_is_printed_and_written(site: Path) -> None:
    code, out, _ = plugins(site, "hooks")
    assert code == 0 and "mi_observe_alarm" in out and "HOOK_API" in out
    code, _, err = plugins(site, "hooks", "--write", "docs")
    assert code == 0, err
    assert (site.parent / "docs" / "hooks.md").read_text(encoding="utf-8").startswith("# Hook reference")
