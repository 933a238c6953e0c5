"""`mi doctor` tells when two institutions take each other's notifications, because their keys are the same."""

from __future__ import annotations

from typing import Any

import pytest

from mi_core.checkup.findings import Finding
from mi_core.checkup.inbound import shared_signatures
from mi_core.config import load_config
from mi_core.plugin.manager import load_plugins
from tests.gateways.keys import APP_ID, APP_SECRET, PLATFORM_PUBLIC, PRIVATE

CENTRE = {
    "profile": "envelope-sm", "url": "http://127.0.0.1:9/rx", "app_id": APP_ID, "app_secret": APP_SECRET, "private_key": PRIVATE,
    "platform_key": PLATFORM_PUBLIC, "interfaces": ["6*", "7*"],
}  # fmt: skip


def institution(**changes: Any) -> dict[str, Any]:
    return {
        "name": "示例", "mdtrtarea_admvs": "439900", "gateway": {"profile": "none", "url": "http://127.0.0.1:9"},
        "gateways": {"centre": {**CENTRE, **changes}},
    }  # fmt: skip


def told(**places: dict[str, Any]) -> list[Finding]:
    config = load_config(environment="test", institutions=places)
    return list(shared_signatures(config, load_plugins(quiet=True)))


def test_the_same_keys_are_told() -> None:
    (found,) = told(H43000000001=institution(), H43000000002=institution(url="http://127.0.0.1:9/pay"), P43000000001=institution(
        app_id="F" * 32))  # fmt: skip
    assert (
        found.status == "warning"
        and "H43000000001, H43000000002" in found.zh
        and "P43000000001" not in found.en
    )
    assert "appId" in found.do_zh and APP_SECRET not in repr(found)


@pytest.mark.parametrize("changes", [{"app_id": "F" * 32}, {"app_secret": "another"}])
def test_keys_of_its_own(changes: dict[str, Any]) -> None:
    assert told(H43000000001=institution(), H43000000002=institution(**changes)) == []


def test_two_centres_of_one_institution_are_no_matter() -> None:
    one = institution(interfaces=["7*"])
    one["gateways"]["pay"] = {**CENTRE, "interfaces": ["6*"]}
    assert told(H43000000001=one) == []
    plain = {
        "name": "示例",
        "mdtrtarea_admvs": "439900",
        "gateway": {"profile": "none", "url": "http://127.0.0.1:9"},
    }
    assert told(H43000000001=plain, H43000000002=plain) == [], "nothing is received there"
