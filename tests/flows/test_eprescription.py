"""A prescription from the doctor's program to the pharmacy's counter, with answers that are lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import pytest

from mi_core.flows import EPrescription, FlowStopped
from mi_core.interfaces import (
    PrescriptionReviewNotificationRequest,
    PrescriptionSettlementNotificationRequest,
)
from mi_plugins.sandbox.rulebook import Rulebook
from tests.flows.centres import Counter, counter
from tests.flows.kit import NOON
from tests.sandbox.centre import drug
from tests.sandbox.hospital import Refused

FILE = b"%PDF-1.4 a prescription"
PHARMACIST: Final[dict[str, Any]] = {
    "pharDeptName": "药剂科", "pharDeptCode": "A70", "pharCode": "HY110000000001", "pharName": "审方药师", "pharChkTime": NOON,
}  # fmt: skip
DOCTOR: Final[dict[str, Any]] = {
    "undoDrName": "医师",
    "undoDrCertType": "01",
    "undoDrCertno": "1",
    "at": NOON,
}


@pytest.fixture
async def here(rulebook: Rulebook, tmp_path: Path) -> AsyncIterator[Counter]:
    async with counter(rulebook, tmp_path) as found:
        yield found


async def issued(here: Counter, key: str = "RX1", *drugs: dict[str, Any]) -> EPrescription:
    flow = EPrescription(here.mi, key)
    await flow.check(**await here.prescription(*drugs))
    assert (await flow.issue(FILE, **PHARMACIST)).valid
    return flow


async def sent_by(here: Counter, flow: EPrescription) -> dict[str, Any]:
    """What a pharmacy's counter needs to find it: the code on paper, and the signed file."""
    checked = flow._content["checked"]
    row = (await here.hospital.control("GET", "/notices"))[1]
    assert isinstance(row["notices"], list)
    shop = here.shop({"hiRxno": checked["hiRxno"], "rxTraceCode": checked["rxTraceCode"], "rxFile": ""})
    fetched = await shop.fetch()
    return {"hiRxno": checked["hiRxno"], "rxTraceCode": checked["rxTraceCode"], "rxFile": fetched["rxFile"]}


async def told(here: Counter, number: int) -> None:
    async with asyncio.timeout(30):
        while len(here.told) < number:
            await asyncio.sleep(0.02)


async def test_from_the_doctor_to_the_counter(here: Counter) -> None:
    flow = await issued(here, "RX1", drug(), drug("SBX-B-0001", "1"))
    assert (await flow.standing()).stage == "issued"
    with pytest.raises(FlowStopped, match="尚未审核"):
        await flow.review()
    shop = await here.shop(await sent_by(here, flow)).review()
    assert (await flow.review())["rxChkOpnn"] == "合理" and (await flow.standing()).stage == "reviewed"
    await shop.sell("SBX-A-0001", "SBX-B-0001")
    assert (await flow.state()).used
    taken = await flow.taking()
    assert [row["medListCodg"] for row in taken["seltdelts"]] == ["SBX-A-0001", "SBX-B-0001"]
    assert (await flow.standing()).stage == "taken"
    with pytest.raises(FlowStopped, match="已有药品出库"):
        await flow.revoke("开错了", **DOCTOR)


async def test_the_news_comes_to_the_flow(here: Counter) -> None:
    flow = await issued(here)
    shop = await here.shop(await sent_by(here, flow)).review("0")
    await told(here, 1)
    news = here.told[0].request
    assert isinstance(news, PrescriptionReviewNotificationRequest)
    for _ in range(2):
        assert (await flow.notified(news))["rxChkStasCodg"] == "0"
    assert "审核不通过" in (await flow.standing()).zh
    await shop.review("1")
    await shop.sell()
    await told(here, 3)
    last = here.told[2].request
    assert isinstance(last, PrescriptionSettlementNotificationRequest)
    assert (await flow.notified(last))["rxUsedStasCodg"] == "2" and (await flow.standing()).stage == "taken"
    other = await issued(here, "RX2")
    with pytest.raises(FlowStopped, match="不是本处方"):
        await other.notified(news)


async def test_every_step_may_be_called_again_in_another_process(here: Counter) -> None:
    asked = await here.prescription()
    found = []
    for _ in range(2):
        flow = EPrescription(here.mi, "RX1")
        number = await flow.check(**asked)
        found.append((number, (await flow.issue(FILE, **PHARMACIST)).code))
        await here.restart()
    assert found[0] == found[1]
    for _ in range(2):
        assert (await EPrescription(here.mi, "RX1").revoke("开错了", **DOCTOR)).label == "已撤销"
        await here.restart()
    flow = EPrescription(here.mi, "RX1")
    assert (await flow.standing()).stage == "revoked" and not (await flow.state()).valid


@pytest.mark.parametrize("fault", ["drop_after", "drop_before", "http_502"])
@pytest.mark.parametrize("infno", ["7101", "7102", "7103", "7104"])
async def test_a_lost_answer(here: Counter, infno: str, fault: str) -> None:
    """The step is called again, and comes to the same: one prescription that a pharmacy can see."""
    asked, flow = await here.prescription(), EPrescription(here.mi, "RX1")

    async def story() -> None:
        await flow.check(**asked)
        await flow.issue(FILE, **PHARMACIST)
        if infno == "7104":
            await flow.revoke("开错了", **DOCTOR)

    await here.hospital.fault(infno, fault)
    with pytest.raises(FlowStopped) as stopped:
        await story()
    step = {"7101": "check", "7102": "issue", "7103": "issue", "7104": "revoke"}[infno]
    assert (stopped.value.step, stopped.value.interface) == (step, infno)
    assert stopped.value.continue_with == ("resume" if step == "revoke" else step)
    await here.restart()
    flow = EPrescription(here.mi, "RX1")
    if step == "revoke":
        assert (await flow.resume()).stage == "revoked"
    else:
        await story()
    assert (await flow.state()).valid == (step != "revoke")
    assert (await flow.standing()).unfinished == ""


async def test_what_resume_can_tell_without_the_file(here: Counter) -> None:
    flow = EPrescription(here.mi, "RX1")
    await flow.check(**await here.prescription())
    await here.hospital.fault("7103", "drop_after")
    with pytest.raises(FlowStopped):
        await flow.issue(FILE, **PHARMACIST)
    assert (await EPrescription(here.mi, "RX1").resume()).stage == "issued"
    other = EPrescription(here.mi, "RX2")
    await other.check(**await here.prescription())
    await here.hospital.fault("7103", "drop_before")
    with pytest.raises(FlowStopped):
        await other.issue(FILE, **PHARMACIST)
    with pytest.raises(FlowStopped, match="再次调用 issue"):
        await other.resume()
    assert (await other.issue(FILE, **PHARMACIST)).valid


async def test_a_number_that_may_be_used_up_is_not_used_again(here: Counter) -> None:
    """A hospRxno is taken once; whether a lost 7101 took it nobody tells."""
    asked, flow = await here.prescription(), EPrescription(here.mi, "RX1")
    for _ in range(2):
        await here.hospital.fault("7101", "drop_after")
        with pytest.raises(FlowStopped):
            await flow.check(**asked)
    await here.hospital.fault("7101", "unlisted_refusal")
    with pytest.raises(FlowStopped):
        await flow.check(**asked)
    await flow.check(**asked)
    assert flow._content["checked"]["hospRxno"] in ("RX1-3", "RX1-4")
    with pytest.raises(FlowStopped, match="另一位患者"):
        await flow.check(**{**asked, "visit": {**asked["visit"], "certno": "x"}})


async def test_what_was_revoked_cannot_be_taken(here: Counter) -> None:
    flow = await issued(here)
    sent = await sent_by(here, flow)
    with pytest.raises(FlowStopped, match="尚未预核验"):
        await EPrescription(here.mi, "RX9").revoke("x", **DOCTOR)
    assert (await flow.revoke("开错了", **DOCTOR)).code == "3"
    with pytest.raises(Refused, match="已撤销"):
        await here.shop(sent).review()


async def test_what_the_caller_forgot_is_told(here: Counter) -> None:
    flow, asked = EPrescription(here.mi, "RX1"), await here.prescription()
    with pytest.raises(FlowStopped) as stopped:
        await flow.check(**{**asked, "rxTypeCode": "", "nothing": "x"})
    assert "rxTypeCode" in str(stopped.value.__cause__) or "nothing" in str(stopped.value.__cause__)
    assert (await flow.standing()).stage == "new"
    await flow.check(**asked)
    with pytest.raises(FlowStopped) as stopped:
        await flow.issue(FILE, pharName="审方药师")
    assert "pharCode" in str(stopped.value.__cause__)
    assert (await flow.issue(FILE, **PHARMACIST)).valid
