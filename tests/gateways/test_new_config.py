"""``mi new-config`` for a region and for the centres beside a main gateway; what ``mi doctor`` says of the result."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

from mi_core.config import load_config
from tests.cli.shell import mi

WHERE = "H43000000001"


def written(place: Path, *options: str, lang: str = "en") -> tuple[str, str]:
    code, out, err = mi("new-config", *options, "--force", place=place, variables={"MI_LANG": lang})
    assert code == 0, err
    return out, (place / "mi.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("region", "profile", "said"),
    [
        ("guangzhou", "tif", "Guangzhou: its usual gateway profile is tif"),
        ("jiangsu", "csb-seconds", "head_extras = { fixmedins_soft_fcty = … }"),
        ("chongqing", "csb", "its gateway profile is not known"),
        ("hunan", "csb", "[institutions.H43000000001.gateway]"),
    ],
)
def test_a_region_sets_what_is_known_of_it(tmp_path: Path, region: str, profile: str, said: str) -> None:
    _, text = written(tmp_path, "--region", region)
    assert said in text
    one = tomllib.loads(text)["institutions"][WHERE]
    assert one["gateway"]["profile"] == profile
    assert one.get("region", "hunan") == region
    assert ("sign_in_userid" in one) == (region == "guangzhou")  # its 9001 asks for an account


def test_another_gateway_than_the_regions(tmp_path: Path) -> None:
    _, text = written(tmp_path, "--region", "guangzhou", "--profile", "csb", lang="zh")
    assert "通常的网关方式为 tif，此处为 csb" in text
    code, _, err = mi("new-config", "--region", "guangzou", place=tmp_path, variables={"MI_LANG": "en"})
    assert code == 2 and "there is no region guangzou" in err


@pytest.mark.parametrize("region", ["guangzhou", "foshan", "jiangsu", "hunan"])
def test_the_sandboxs_file_of_a_region(tmp_path: Path, region: str) -> None:
    told, _ = written(tmp_path, "--sandbox", "--region", region)
    assert ("--region" in told) == (region != "hunan")
    one = load_config(tmp_path / "mi.toml").institution()
    assert one.region == region
    assert one.gateway.profile == {"jiangsu": "csb-seconds", "hunan": "csb"}.get(region, "tif")


def test_the_centres_stand_beside_a_main_gateway(tmp_path: Path) -> None:
    written(tmp_path, "--sandbox", "--profile", "envelope-sm")
    one = load_config(tmp_path / "mi.toml").institution()
    assert one.gateway.profile == "csb" and list(one.gateways) == ["envelope-sm"]
    assert one.gateways["envelope-sm"].serves("6201") and not one.gateways["envelope-sm"].serves("2207")


def test_a_gateway_without_a_single_path_is_told_by_doctor(tmp_path: Path) -> None:
    written(tmp_path, "--sandbox", "--profile", "zj-ca")
    file = tmp_path / "mi.toml"
    asked = ("doctor", "--json", "--timeout", "1")
    for text, paths in (
        (file.read_text(encoding="utf-8").replace('url_rule = "code"\n', ""), ["error"]),
        (re.sub('url_rule = "code"\n', 'paths = { 2207 = "/x" }\n', file.read_text(encoding="utf-8")), []),
    ):
        file.write_text(text, encoding="utf-8")
        _, out, _ = mi(*asked, place=tmp_path, variables={"MI_LANG": "en"})
        told = [f for f in json.loads(out)["findings"] if f["check"] == f"paths {WHERE}"]
        assert [f["status"] for f in told] == paths
        assert all("no interface has an address" in f["found"] and "paths" in f["do"] for f in told)
        written(tmp_path, "--sandbox", "--profile", "zj-ca")
