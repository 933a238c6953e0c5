"""``mi codes`` as an operator uses it."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from mi_core.cli.main import cli
from mi_core.errors import UnknownName


def shown(*arguments: str) -> str:
    done = CliRunner().invoke(cli, ["codes", *arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_a_table_by_key_class_or_wire_name() -> None:
    table = json.loads(shown("med_type", "--json"))
    assert table["title"] == "医疗类别"
    assert table["codes"]["11"] == "普通门诊"
    assert table["codes"]["12"] == "门诊挂号"  # an erratum: 2206 and 2207 demand it
    assert json.loads(shown("MedType", "--json")) == table
    assert json.loads(shown("medType", "--json")) == table


def test_one_code_and_all_tables() -> None:
    assert json.loads(shown("med_type", "11", "--json"))["codes"] == {"11": "普通门诊"}
    assert "普通门诊" in shown("med_type")
    assert len(json.loads(shown("--json"))) == 303


def test_search_and_users() -> None:
    found = json.loads(shown("--search", "普通门诊", "--json"))
    assert {"key": "med_type", "title": "医疗类别", "code": "11", "label": "普通门诊"} in found
    users = json.loads(shown("med_type", "--used-by", "--json"))
    assert {
        "interface": "2207",
        "title": "门诊结算",
        "field": "input.data.med_type",
        "label": "医疗类别",
    } in users


@pytest.mark.parametrize("arguments", [["med_typ"], ["med_type", "1l"]])
def test_an_unknown_one_names_the_closest(arguments: list[str]) -> None:
    with pytest.raises(UnknownName) as caught:
        CliRunner().invoke(cli, ["codes", *arguments], catch_exceptions=False)
    assert "med_type" in caught.value.message("zh") + caught.value.message("en")
    assert caught.value.hint_zh


def test_a_table_as_a_region_has_it() -> None:
    base, own = (
        json.loads(shown("hosp_appr_flag", *more, "--json"))["codes"]
        for more in ((), ("--region", "guangzhou"))
    )
    assert set(base) - set(own) == {"0"}
    for key, name in (
        ("hosp_appr_flag", "mi_plugins.regions.guangzhou.codes.HospApprFlag"),
        ("gend", "mi_core.codes.Gend"),
    ):
        assert name in shown(key, "--region", "guangzhou").replace(" ", "").replace("\n", "")
    with pytest.raises(UnknownName, match="guangzou"):
        shown("gend", "--region", "guangzou")
