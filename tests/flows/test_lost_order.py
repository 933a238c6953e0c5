"""The answer to 6201 is lost. No interface finds the order by the hospital's number; the centre's own 6302 does, if one comes."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from mi_core.flows import FlowStopped, MobilePayment
from mi_core.interfaces import OrderSettlementNotificationRequest, by_code
from mi_core.regions.plan import places_of
from mi_plugins.sandbox.rulebook import Rulebook
from tests.flows.centres import Counter, D, counter
from tests.flows.test_mobile_payment import told

TOKEN = "0123456789abcdef0123456789abcdef"


@pytest.fixture
async def here(rulebook: Rulebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Counter]:
    monkeypatch.setattr(secrets, "token_hex", lambda _length: TOKEN)
    async with counter(rulebook, tmp_path) as found:
        yield found


async def lost(here: Counter, key: str = "MO1", **how: Any) -> tuple[MobilePayment, FlowStopped]:
    payment, bill = here.order(key, **how), await here.bill()
    await here.hospital.fault("6201", "drop_after")
    with pytest.raises(FlowStopped) as stopped:
        await payment.upload(bill.pop("payer"), bill.pop("rows"), bill.pop("diagnoses"), **bill)
    return payment, stopped.value


async def paid_elsewhere(here: Counter) -> Any:
    """Somebody who has the lost answer pays (the patient's app); the centre tells the hospital."""
    assert here.visit is not None
    await here.hospital.call("6202", {"data": {
        "payOrdId": "990100P000000000001", "payToken": TOKEN, "orgCodg": here.institution, "orgBizSer": "APP1", "payAuthNo": "A1",
        "mdtrtId": here.visit.mdtrt_id, "chrgBchno": "M1",
    }})  # fmt: skip
    await told(here, 1)
    return here.told[0].request


def test_no_query_asks_by_the_hospitals_order_number() -> None:
    """The ground of all this. A catalogue in which one does makes this fail: then the flow can ask."""

    def fields(members: Any) -> set[str]:
        return {name for place in places_of(members) for name in place.fields}

    asking = {code: fields(by_code(code).request.__members__) for code in ("6202", "6203", "6301", "6401")}
    assert [code for code, names in asking.items() if "medOrgOrd" in names] == []
    assert [code for code, names in asking.items() if not {"payOrdId", "payToken"} <= names] == ["6203"]
    assert by_code("6201").behaviour.nobody_tells


async def test_the_error_says_what_can_be_done(here: Counter) -> None:
    payment, stopped = await lost(here)
    assert stopped.in_doubt and (stopped.continue_with, stopped.undo_with) == ("resume", "")
    for lang, words in (
        ("zh", ("6301", "payToken", "新订单号", "notified()")),
        ("en", ("6301", "new order number", "notified()")),
    ):
        assert [word for word in words if word not in stopped.message(lang)] == []
    with pytest.raises(FlowStopped, match="新订单号"):
        await payment.resume()
    assert await here.done("6201") == 1


@pytest.mark.parametrize("restarted", [False, True], ids=["the same process", "another process"])
async def test_a_notification_claims_the_order(here: Counter, restarted: bool) -> None:
    payment, _ = await lost(here)
    notice = await paid_elsewhere(here)
    if restarted:
        await here.restart()
        payment = here.order("MO1")
    for _ in range(2):
        assert (await payment.notified(notice)).paid
    standing = await payment.standing()
    assert (standing.stage, standing.unfinished, standing.undo_step) == ("paid", "", "refund")
    with pytest.raises(FlowStopped, match="token 不可知"):
        await payment.status()
    assert "mi doubt" in standing.message("zh")
    back = await payment.refund()
    assert back.refd_sn and await here.done("6203") == 1
    assert (await payment.refund()).number == back.number and await here.done("6203") == 1
    assert not here.mi.journal.read.verify().bad


@pytest.mark.parametrize(
    "change",
    [{"feeSumamt": D("1.50")}, {"fundPay": D("100.01")}, {"medOrgOrd": "another"}],
    ids=["total", "parts", "number"],
)
async def test_a_notification_that_does_not_fit_claims_nothing(here: Counter, change: dict[str, Any]) -> None:
    payment, _ = await lost(here)
    fields = (await paid_elsewhere(here)).to_dict()["data"]
    with pytest.raises(FlowStopped, match=r"人工核对|不是本订单"):
        await payment.notified(OrderSettlementNotificationRequest.from_dict({"data": fields | change}))
    standing = await payment.standing()
    assert (standing.stage, standing.unfinished) == ("new", "upload")
    with pytest.raises(FlowStopped):
        await payment.refund()
    assert await here.done("6203") == 0


async def test_a_notification_of_an_order_that_was_never_uploaded(here: Counter) -> None:
    await lost(here)
    notice = await paid_elsewhere(here)
    with pytest.raises(FlowStopped, match="尚未上传"):
        await here.order("MO9").notified(notice)
