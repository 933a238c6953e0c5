"""Where a flow stops it says what stands, and which call goes on or back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from mi_core import AsyncClient
from mi_core.errors import InvalidInput, OutcomeUnknown, VisitBusy
from mi_core.flows import FlowStopped, OutpatientVisit
from mi_core.flows.batches import positives_first, uploads
from mi_core.flows.record import FlowBusy, load, save
from tests.flows.kit import DEPARTMENT, NOON, diagnosis, fee, patient
from tests.recovery.kit import LONG, Ward, known


async def opened(here: Ward, key: str = "S1", **how: Any) -> OutpatientVisit:
    visit = OutpatientVisit(here.mi, key, **how)
    await visit.open(patient(), med_type="11", begntime=NOON, **DEPARTMENT)
    await visit.diagnose([diagnosis()], dise_codg="I10", dise_name="高血压")
    return visit


async def test_a_lost_settlement_stops_the_flow_and_resume_ends_it(here: Ward) -> None:
    here.mi = await _knowing(here)
    visit = await opened(here)
    await visit.charge([fee(1, "60.00")])
    await visit.quote(acct_used_flag="1")
    await here.hospital.fault("2207", "drop_after")
    with pytest.raises(FlowStopped) as stopped:
        await visit.settle()
    error = stopped.value
    assert isinstance(error.__cause__, OutcomeUnknown)
    assert (error.flow, error.key, error.step, error.interface) == ("outpatient", "S1", "settle", "2207")
    assert (error.continue_with, error.undo_with) == ("resume", "")
    assert (
        error.operation_id
        and "可能已执行" in error.message("zh")
        and "may have been done" in error.message("en")
    )
    assert patient().certno not in error.message("zh") and patient().psn_name not in str(error.args)
    with pytest.raises(FlowStopped) as again:
        await visit.settle()
    assert isinstance(again.value.__cause__, VisitBusy), "not sent again"
    with pytest.raises(FlowStopped, match="resume"):
        await visit.charge([fee(1, "61.00")])
    standing = await OutpatientVisit(here.mi, "S1", patience=20).resume()
    assert (standing.stage, standing.unfinished, len(standing.setl_ids)) == ("settled", "", 1)
    assert len(await here.done("2207")) == 1


async def _knowing(here: Ward) -> AsyncClient:
    await here.mi.close()
    return await AsyncClient(known(here, LONG)).open()


@pytest.mark.parametrize("step", ["charge", "quote", "settle", "refund", "diagnose"])
async def test_steps_out_of_order(step: str, here: Ward) -> None:
    visit = OutpatientVisit(here.mi, "S2")
    calls: dict[str, Callable[[], Awaitable[Any]]] = {
        "charge": lambda: visit.charge([fee(1, "1.00")]), "quote": lambda: visit.quote(acct_used_flag="0"),
        "settle": lambda: visit.settle(), "refund": lambda: visit.refund(),
        "diagnose": lambda: visit.diagnose([diagnosis()], dise_codg="I10", dise_name="x"),
    }  # fmt: skip
    with pytest.raises(FlowStopped) as stopped:
        await calls[step]()
    assert (stopped.value.step, stopped.value.continue_with, stopped.value.__cause__) == (step, "open", None)


async def test_a_refusal_leaves_the_way_open(here: Ward) -> None:
    visit = OutpatientVisit(here.mi, "S3")
    with pytest.raises(FlowStopped) as stopped:
        await visit.open(patient(), med_type="11", begntime=NOON, dept_code="A03", dept_name="", caty="A03")
    assert isinstance(stopped.value.__cause__, InvalidInput)
    assert stopped.value.standing.stage == "new"
    await visit.open(patient(), med_type="11", begntime=NOON, **DEPARTMENT)
    with pytest.raises(FlowStopped, match="明细1的金额") as refused:
        await visit.charge([fee(1, "60.00") | {"pric": Decimal("1.00")}])
    assert refused.value.interface == "2204" and refused.value.standing.unfinished == "charge"
    assert (await visit.charge([fee(1, "60.00")])).total == 60


async def test_other_rows_replace_what_was_uploaded(here: Ward) -> None:
    visit = await opened(here, "S4")
    await visit.charge([fee(n, "10.00") for n in range(1, 131)])
    charged = await visit.charge([fee(n, "10.00") for n in range(100, 221)])
    assert (charged.messages, charged.rows) == (2, 121)
    quote = await visit.quote(acct_used_flag="0")
    assert quote.amounts.medfee_sumamt == Decimal("1210.00")
    assert (await visit.charge([fee(n, "10.00") for n in range(100, 221)])) == charged, (
        "the same again: nothing is sent"
    )
    assert (await visit.standing()).stage == "quoted"


async def test_rows_go_by_number_and_by_characters(here: Ward) -> None:
    institution = here.config.institution()
    rows = [
        {**fee(n, "10.00", memo="字" * 480), "mdtrt_id": "M", "psn_no": "P", "chrg_bchno": "B"}
        for n in range(1, 101)
    ]
    requests = list(uploads(institution, "2204", "feedetail", rows))
    sizes = [len(one.__interface__.encode_input(one).decode()) for one in requests]
    assert len(requests) == 3 and all(size <= 40_000 for size in sizes)
    serials = [row["feedetl_sn"] for one in requests for row in one.to_dict()["feedetail"]]
    assert serials == [str(n) for n in range(1, 101)]
    signs = positives_first(
        [fee(1, "-1.00"), fee(2, "2.00"), fee(3, "-3.00"), fee(4, "4.00")], "det_item_fee_sumamt"
    )
    assert [row["feedetl_sn"] for row in signs] == ["2", "4", "1", "3"]


async def test_two_programs_do_not_write_over_each_other(here: Ward) -> None:
    journal, code = here.mi.journal, here.institution
    mine = await load(journal, code, "outpatient", "K")
    await save(journal, mine, "outpatient", "open", {"a": 1})
    with pytest.raises(FlowBusy):
        await save(journal, mine, "outpatient", "open", {"a": 2})
    assert (await load(journal, code, "outpatient", "K")).content == {"a": 1}
    assert not journal.read.verify().bad


async def test_what_a_flow_remembers_is_sealed(here: Ward) -> None:
    await opened(here, "S5")
    path = here.config.journal.path
    await here.mi.close()
    stored = b"".join(one.read_bytes() for one in Path(path).parent.glob("journal.db*"))
    assert patient().certno.encode() not in stored and patient().psn_name.encode() not in stored
    here.mi = await AsyncClient(here.config).open()
