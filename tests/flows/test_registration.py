"""Filings: on file once, found by the queries, taken back, and none where nothing can take it back."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from mi_core.flows import FlowStopped, Registration
from tests.flows.kit import patient
from tests.recovery.kit import Ward

DAY = dt.date(2025, 3, 3)
TRANSFER: dict[str, Any] = {
    "diag_code": "I63.9", "diag_name": "脑梗死", "reflin_medins_no": "H43000000002", "reflin_medins_name": "沙箱市城东医院",
    "mdtrtarea_admdvs": "990100", "refl_type": "1", "refl_date": DAY, "refl_rea": "病情需要", "refl_opnn": "同意转院",
}  # fmt: skip
CHRONIC: dict[str, Any] = {
    "opsp_dise_code": "M03900", "opsp_dise_name": "高血压", "ide_fixmedins_no": "H43000000001", "ide_fixmedins_name": "沙箱市第一人民医院",
    "hosp_ide_date": DAY, "diag_dr_codg": "D1", "diag_dr_name": "医师", "begndate": DAY,
}  # fmt: skip
DESIGNATED: dict[str, Any] = {
    "biz_appy_type": "03", "begndate": DAY, "fix_srt_no": "1", "fixmedins_code": "H43000000001", "fixmedins_name": "沙箱市第一人民医院",
}  # fmt: skip
ACCIDENT: dict[str, Any] = {"dcla_souc": "02", "chk_pay_flag": "1", "begndate": DAY}


@pytest.mark.parametrize(
    ("what", "fields", "code", "cancel", "query"),
    [
        ("transfer", TRANSFER, "2501", "2502", {"begntime": dt.datetime(2025, 1, 1), "endtime": dt.datetime(2025, 12, 31)}),
        ("chronic", CHRONIC, "2503", "2504", {}),
        ("designated", DESIGNATED, "2505", "2506", {"biz_appy_type": "03"}),
    ],
    ids=["transfer", "chronic", "designated"],
)  # fmt: skip
async def test_filed_and_taken_back(
    what: str, fields: dict[str, Any], code: str, cancel: str, query: dict[str, Any], here: Ward
) -> None:
    filing = Registration(here.mi, f"B-{what}", patience=20)
    filed = await filing.file(what, patient(), **fields)
    assert filed.trt_dcla_detl_sn
    assert (await Registration(here.mi, f"B-{what}").file(what, patient(), **fields)) == filed
    assert len(await filing.on_file(what, patient(), **query)) == 1
    standing = await filing.standing()
    assert (standing.stage, standing.undo_step) == ("filed", "cancel")
    await filing.cancel(memo="办错")
    await filing.cancel(memo="办错")
    assert await filing.on_file(what, patient(), **query) == []
    assert [len(await here.done(one)) for one in (code, cancel)] == [1, 1]
    again = await filing.file(what, patient(), **fields)
    assert again.trt_dcla_detl_sn != filed.trt_dcla_detl_sn, "a new one"


async def test_an_accident_stays_on_file(here: Ward) -> None:
    filing = Registration(here.mi, "B-accident")
    assert (await filing.file("accident", patient(), **ACCIDENT)).trt_dcla_detl_sn
    with pytest.raises(FlowStopped, match="没有撤销接口"):
        await filing.cancel()
    assert (await filing.standing()).undo_step == ""


async def test_a_key_is_one_filing(here: Ward) -> None:
    await Registration(here.mi, "B1").file("chronic", patient(), **CHRONIC)
    with pytest.raises(FlowStopped, match="另一份备案"):
        await Registration(here.mi, "B1").file("chronic", patient(1), **CHRONIC)
    with pytest.raises(ValueError, match="a filing is one of"):
        await Registration(here.mi, "B2").file("no such", patient())
