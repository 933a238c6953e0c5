"""The same flow where the region's documents differ: other nodes, other fields, another form of exp_content."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest

from mi_core.flows import ExpContent, FlowStopped, OutpatientVisit, extended, read_exp_content
from tests.flows.kit import DEPARTMENT, NOON, diagnosis, fee, patient
from tests.recovery.kit import PHARMACY, Ward
from tests.regions_runtime.test_at_the_sandbox import abroad

CARRIER = attrs.evolve(patient(), card_sn="1")
"""1101 of Guangzhou and Foshan demands the card's number with every certificate."""
DOCTOR: dict[str, Any] = {"atddr_no": "D1", "dr_name": "医师"}


async def test_guangzhou_demands_the_mode_of_the_visit(tmp_path: Path) -> None:
    async with abroad("guangzhou", tmp_path) as (here, _):
        visit = OutpatientVisit(here.mi, "GZ1", patience=20)
        await visit.open(CARRIER, med_type="11", begntime=NOON, **DOCTOR, **DEPARTMENT)
        await visit.diagnose([diagnosis(maindiag_flag="1")], dise_codg="I10", dise_name="高血压")
        rows = [fee(n, "31.00", medins_list_name="药品") | {"hosp_appr_flag": "1"} for n in (1, 2, 3)]
        await visit.charge(rows)
        with pytest.raises(FlowStopped, match="mdtrt_mode"):
            await visit.quote(acct_used_flag="1")
        quote = await visit.quote(acct_used_flag="1", mdtrt_mode="0")
        with pytest.raises(FlowStopped, match="mid_setl_flag"):
            await visit.settle()
        await here.hospital.fault("2207", "drop_after")
        settled = await visit.settle(mid_setl_flag="0")
        assert settled.amounts.medfee_sumamt == quote.amounts.medfee_sumamt == Decimal("93.00")
        part = await visit.refund_part(await visit.plan_refund(rows[:1]))
        assert part.settlement.amounts.medfee_sumamt == Decimal("31.00")
        assert part.given_back.medfee_sumamt == Decimal("62.00")
        await visit.refund()
        await visit.abandon()
        assert [len(await here.done(code)) for code in ("2207", "2208", "2202")] == [2, 2, 1]


@pytest.mark.parametrize("region", ["foshan", "chongqing"])
async def test_other_whole_dialects(region: str, tmp_path: Path) -> None:
    async with abroad(region, tmp_path) as (here, _):
        visit = OutpatientVisit(here.mi, "X1", patience=20)
        await visit.open(
            CARRIER if region == "foshan" else patient(), med_type="11", begntime=NOON, **DOCTOR, **DEPARTMENT
        )
        await visit.diagnose([diagnosis()], dise_codg="I10", dise_name="高血压")
        local = {"medins_list_name": "药品"} if region == "foshan" else {}
        await visit.charge([fee(1, "31.00", **local) | {"hosp_appr_flag": "1"}])
        await visit.quote(acct_used_flag="1")
        assert (await visit.settle()).amounts.medfee_sumamt == Decimal("31.00")


async def test_a_value_that_the_region_has_no_place_for_is_refused(here: Ward) -> None:
    visit = OutpatientVisit(here.mi, "HN1")
    with pytest.raises(FlowStopped, match="mdtrt_mode"):
        await visit.open(patient(), med_type="11", begntime=NOON, mdtrt_mode="0", **DEPARTMENT)
    assert not await here.done("2201") and (await visit.standing()).stage == "new"


async def test_a_pharmacy_uses_2203a(shop: Ward) -> None:
    visit = OutpatientVisit(shop.mi, "P1")
    await visit.open(patient(), med_type="11", begntime=NOON, **DEPARTMENT)
    with pytest.raises(FlowStopped) as stopped:
        await visit.diagnose([diagnosis()], dise_codg="I10", dise_name="高血压")
    assert (stopped.value.step, stopped.value.interface) == ("diagnose", "2203")
    assert shop.institution == PHARMACY
    await visit.diagnose([diagnosis()], dise_codg="I10", dise_name="高血压", interface="2203A")
    await visit.charge([fee(1, "20.00")])
    await visit.quote(acct_used_flag="1")
    assert (await visit.settle()).setl_id


async def test_a_region_may_say_2203a(tmp_path: Path) -> None:
    async with abroad("chongqing", tmp_path) as (here, _):
        code, one = next(iter(here.mi.config.institutions.items()))
        assert one.dialect is not None and one.dialect.visit_upload == "", "nobody has shown which one it is"
        said = attrs.evolve(one, dialect=attrs.evolve(one.dialect, visit_upload="2203A"))
        here.mi.config = attrs.evolve(here.mi.config, institutions={code: said})
        visit = OutpatientVisit(here.mi, "CQ1")
        await visit.open(patient(), med_type="11", begntime=NOON, **DOCTOR, **DEPARTMENT)
        with pytest.raises(FlowStopped) as stopped:  # the sandbox takes it from pharmacies only
            await visit.diagnose([diagnosis()], dise_codg="I10", dise_name="高血压")
        assert stopped.value.interface == "2203A"


async def test_exp_content_in_each_form(here: Ward, tmp_path: Path) -> None:
    said = ExpContent(trum_flag="1", mdtrt_grp_type="2", more={"ORDER": Decimal("1.50")})
    at_home = here.config.institution()
    text = extended(at_home, "2207", said)
    assert json.loads(text) == {"MDTRT_GRP_TYPE": "2", "TRUM_FLAG": "1", "ORDER": "1.50"}
    assert ExpContent.read(text) == ExpContent(trum_flag="1", mdtrt_grp_type="2", more={"ORDER": "1.50"})
    assert extended(at_home, "2207", ExpContent()) is None
    with pytest.raises(KeyError):
        extended(at_home, "3201", said)
    for region, code, node, expected in (
        ("chongqing", "2204", "feedetail", [{"er_flag": "1"}]), ("jiangsu", "2204", "feedetail", {"er_flag": "1"}),
    ):  # fmt: skip
        folder = tmp_path / region
        folder.mkdir()
        async with abroad(region, folder) as (there, _):
            institution = there.mi.config.institution()
            assert extended(institution, code, ExpContent(more={"er_flag": "1"}), node) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('{"A": 1.10}', {"A": "1.10"}), ([{"A": "1"}, {"B": "2"}], {"A": "1", "B": "2"}), ({"A": "1"}, {"A": "1"}), ("", {}),
        (None, {}), ("不是JSON", {}), ("[1]", {}),
    ],
    ids=["text", "rows", "object", "empty", "null", "other text", "list of no rows"],
)  # fmt: skip
def test_reading_exp_content(value: object, expected: dict[str, str]) -> None:
    assert read_exp_content(value) == expected
