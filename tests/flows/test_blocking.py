"""The same flows for programs without asyncio, and from several threads."""

from __future__ import annotations

import asyncio
import threading

from mi_core import Client
from mi_core.flows import flow as flows
from mi_core.flows.blocking import BlockingFlow, InpatientStay, OutpatientVisit, PharmacySale, Registration
from tests.flows.kit import DEPARTMENT, NOON, diagnosis, fee, patient
from tests.recovery.kit import Ward


def _visit(here: Ward) -> tuple[str, list[str]]:
    with Client(here.config) as mi:
        visit = OutpatientVisit(mi, "B1", patience=5)
        visit.open(patient(), med_type="11", begntime=NOON, **DEPARTMENT)
        visit.diagnose([diagnosis()], dise_codg="I10", dise_name="高血压")
        visit.charge([fee(1, "60.00")])
        visit.quote(acct_used_flag="1")
        found: list[str] = []

        def click() -> None:
            found.append(OutpatientVisit(mi, "B1", patience=5).settle().setl_id)

        threads = [threading.Thread(target=click) for _ in range(4)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        return visit.standing().stage, found


async def test_four_clicks_are_one_settlement(here: Ward) -> None:
    stage, found = await asyncio.to_thread(_visit, here)
    assert stage == "settled" and len(found) == 4 and len(set(found)) == 1
    assert len(await here.done("2207")) == 1


def test_every_step_has_its_blocking_twin() -> None:
    for blocking in (OutpatientVisit, InpatientStay, PharmacySale, Registration):
        assert issubclass(blocking, BlockingFlow)
        asynchronous = blocking.flow_class
        assert isinstance(asynchronous, type)
        assert issubclass(asynchronous, flows.Flow)
        steps = {
            name for name in dir(asynchronous)
            if not name.startswith("_") and asyncio.iscoroutinefunction(getattr(asynchronous, name))
        } - {"ask"}  # fmt: skip
        assert {name for name in steps if name not in vars(blocking)} == set(), blocking.__name__
