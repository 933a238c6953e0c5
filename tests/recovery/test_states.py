"""Registrations, admissions, discharges and what takes them back, with their answers lost."""

from __future__ import annotations

import asyncio

import attrs
import pytest

from mi_core.errors import VisitBusy
from mi_core.journal import AttemptState
from tests.recovery.kit import LONG, OVER, Ward

S = AttemptState


class TestRegistration:
    async def test_executed(self, here: Ward) -> None:
        visit = here.visit
        content = {"data": visit.registration()}
        ended = await here.end(await here.lose("2201", content, "drop_after"))
        assert (ended.state, ended.missing) == (S.CONFIRMED, ("exp_content",))
        again = await here.desk.typed("2201", content)
        assert again.data.mdtrt_id == ended.identifier == (await here.done("2201"))[0]["mdtrt_id"]

    async def test_not_executed(self, here: Ward) -> None:
        visit = here.visit
        content = {"data": visit.registration()}
        lost = await here.lose("2201", content, "drop_before")
        with pytest.raises(VisitBusy):
            await here.desk.call("2201", content)
        assert (await here.recovery(LONG).once()).waiting == 1
        assert (await here.end(lost, OVER)).state is S.NOT_EXECUTED
        await here.desk.call("2201", content)
        assert len(await here.done("2201")) == 1

    async def test_an_earlier_registration_is_not_taken_for_it(self, here: Ward) -> None:
        """Cancelled and registered again under the same number, while the copy that is asked lags behind."""
        visit = here.visit
        content = {"data": visit.registration()}
        await visit.register()
        first, which = visit.mdtrt_id, {"psn_no": visit.person.psn_no, "ipt_otp_no": visit.otp_no}
        await here.desk.call("2202", {"data": which | {"mdtrt_id": first}})
        lost = await here.lose("2201", content, "drop_before")
        asker = here.recovery(OVER)._resolver.asker
        (_, case), *_ = await asker.questions(lost)
        assert case.known == {first}

    @pytest.mark.parametrize(
        ("fault", "state"), [("drop_after", S.CONFIRMED), ("drop_before", S.NOT_EXECUTED)]
    )
    async def test_its_cancel(self, here: Ward, fault: str, state: AttemptState) -> None:
        visit = await here.visit.register()
        which = {
            "data": {"psn_no": visit.person.psn_no, "ipt_otp_no": visit.otp_no, "mdtrt_id": visit.mdtrt_id}
        }
        lost = await here.lose("2202", which, fault)
        assert (await here.end(lost, OVER)).state is state


class TestAdmission:
    async def test_executed(self, here: Ward) -> None:
        stay = here.stay
        lost = await here.lose("2401", stay.admission(), "drop_after")
        ended = await here.end(lost)
        assert ended.state is S.CONFIRMED
        again = await here.desk.typed("2401", stay.admission())
        assert again.result.mdtrt_id == ended.identifier == (await here.done("2401"))[0]["mdtrt_id"]

    async def test_not_executed(self, here: Ward) -> None:
        stay = here.stay
        lost = await here.lose("2401", stay.admission(), "unlisted_refusal")
        assert (await here.end(lost, OVER)).state is S.NOT_EXECUTED
        await stay.admit()

    async def test_admitted_cancelled_and_admitted_again(self, here: Ward) -> None:
        stay = await here.stay.admit()
        first = stay.mdtrt_id
        await stay.back("2404")
        lost = await here.lose("2401", stay.admission(), "drop_after")
        ended = await here.end(lost)
        assert ended.state is S.CONFIRMED and ended.identifier not in (None, first)

    @pytest.mark.parametrize(
        ("fault", "state"), [("drop_after", S.CONFIRMED), ("drop_before", S.NOT_EXECUTED)]
    )
    async def test_its_cancel(self, here: Ward, fault: str, state: AttemptState) -> None:
        stay = await here.stay.admit()
        lost = await here.lose("2404", {"data": stay.which}, fault)
        assert (await here.end(lost, OVER)).state is state

    @pytest.mark.parametrize(
        ("fault", "state"), [("drop_after", S.CONFIRMED), ("drop_before", S.NOT_EXECUTED)]
    )
    async def test_discharge_and_back(self, here: Ward, fault: str, state: AttemptState) -> None:
        stay = await here.stay.admit()
        lost = await here.lose("2402", stay.leaving(), fault)
        assert (await here.end(lost, OVER)).state is state
        if state is S.NOT_EXECUTED:
            await stay.leave()
        lost = await here.lose("2405", {"data": stay.which}, fault)
        assert (await here.end(lost, OVER)).state is state

    @pytest.mark.parametrize(
        ("fault", "state"), [("drop_after", S.CONFIRMED), ("drop_before", S.NOT_EXECUTED)]
    )
    async def test_a_change(self, here: Ward, fault: str, state: AttemptState) -> None:
        stay = await here.stay.admit()
        lost = await here.lose("2403", stay.changed(adm_bed="99"), fault)
        assert (await here.end(lost, OVER)).state is state

    async def test_a_lagging_copy_is_not_asked_too_early(self, here: Ward) -> None:
        """How a stay looks before its discharge is how it looks after the discharge was taken back."""
        stay = await here.stay.admit()
        await asyncio.sleep(1.3)
        await stay.leave()
        lost = await here.lose("2405", {"data": stay.which}, "drop_before")
        await here.hospital.fault("*", "replica_lag", times=-1, seconds=1.2)
        ended = await here.end(lost, attrs.evolve(OVER, replica_lag=4.0))
        assert ended.state is S.NOT_EXECUTED

    async def test_how_far_copies_lag_is_unknown(self, here: Ward) -> None:
        stay = await here.stay.admit()
        lost = await here.lose("2404", {"data": stay.which}, "drop_after")
        ended = await here.end(lost, attrs.evolve(LONG, replica_lag=None))
        assert (ended.state, "unknown" in (ended.reason or "")) == (S.MANUAL, True)


class TestNobodyTells:
    async def test_an_accident_filing(self, here: Ward) -> None:
        person = here.visit.person
        content = {"data": {
            "dcla_souc": "02", "psn_no": person.psn_no, "psn_cert_type": "01", "certno": person.certno, "psn_name": person.name,
            "insu_admdvs": "990101", "chk_pay_flag": "1", "begndate": "2025-03-01",
        }}  # fmt: skip
        lost = await here.lose("2507", content, "drop_after")
        ended = await here.end(lost)
        assert (ended.state, ended.reason) == (S.MANUAL, "no query shows an accident filing")

    async def test_a_cancel_of_what_the_journal_does_not_know(self, here: Ward) -> None:
        """The visit was opened elsewhere: where to look for it is unknown."""
        stay = here.stay
        stay.mdtrt_id = "990100D999999999999"
        lost = await here.lose("2404", {"data": stay.which}, "unlisted_refusal")
        assert (await here.end(lost, OVER)).state is S.MANUAL
