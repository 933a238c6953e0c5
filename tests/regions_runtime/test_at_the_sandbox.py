"""Whole visits with the real client at a bureau that speaks a region's documents, by base classes wherever that is possible."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import attrs
import pytest

from mi_core import AsyncClient, InvalidInput, OutcomeUnknown, interfaces
from mi_core.journal import AttemptState
from mi_core.plugin import Secret
from mi_core.types import CHINA_TIME
from mi_plugins.sandbox.rulebook import Rulebook
from tests.recovery.kit import FAST, LONG, Desk, Ward, ward
from tests.sandbox.hospital import Visit, fee

LOCAL = {"mdtrt_mode": "0", "mid_setl_flag": "0"}
"""What Guangzhou demands of a settlement beside the nation's fields."""


@attrs.define
class Cashier(Desk):
    """Uses the base classes; where it is told another one, it takes that one and adds what the region wants."""

    told: list[str] = attrs.Factory(list)

    async def typed(self, infno: str, content: Any, **more: Any) -> Any:
        more.setdefault("insuplc_admdvs", "990101")
        try:
            return await self.mi.call(interfaces.by_code(infno).request.from_dict(content), **more)
        except InvalidInput as wrong:
            local = {p.field for p in wrong.problems if p.rule == "region"}
            if not local:
                raise
            self.told.append(infno)
        spoken = self.mi.config.institution().interface(infno)
        return await self.mi.call(spoken.request.from_dict(_with_local(content, local)), **more)


def _with_local(content: dict[str, Any], fields: set[str]) -> dict[str, Any]:
    """The flat node's fields, or the rows of a list, with the region's own."""
    ((name, node),) = content.items()
    if isinstance(node, list):
        return {name: [row | dict.fromkeys(fields, "示例") for row in node]}
    return {**node, **{field: LOCAL.get(field, "1") for field in fields}}


@contextlib.asynccontextmanager
async def abroad(region: str, folder: Path) -> AsyncIterator[tuple[Ward, Cashier]]:
    async with ward(Rulebook(region=region), folder, region=region) as here:
        code, one = next(iter(here.config.institutions.items()))
        known = attrs.evolve(one, sign_in_userid="u1", sign_in_password=Secret("test-pw"))
        here.config = attrs.evolve(here.config, institutions={code: known})
        await here.mi.close()
        here.mi = await AsyncClient(here.config).open()
        yield here, Cashier(here.mi)


class Attended(Visit):
    """A registration with the doctor, which Chongqing requires and the nation does not."""

    def registration(self) -> dict[str, Any]:
        return {**super().registration(), "atddr_no": "D1", "dr_name": "医师"}


async def billed(cashier: Cashier, total: str) -> tuple[Visit, dict[str, Any]]:
    visit = await (await Attended(cashier).register()).inform()  # type: ignore[arg-type]  # all it needs of a hospital is ``call``
    await visit.charge({**fee(visit, 1, total), "hosp_appr_flag": "1"})
    quoted = await visit.quote(total)
    return visit, {"data": visit.settle_data(quoted["setlinfo"])}


@pytest.mark.parametrize(
    ("region", "told"), [("foshan", {"2204"}), ("guangzhou", {"2204", "2206", "2207"}), ("chongqing", set())]
)
async def test_a_visit(region: str, told: set[str], tmp_path: Path) -> None:
    async with abroad(region, tmp_path) as (here, cashier):
        visit, content = await billed(cashier, "60.00")
        reply = await cashier.typed("2207", content)
        assert reply.setlinfo.setl_id and reply.setlinfo.medfee_sumamt == 60
        found = await visit.query(reply.setlinfo.setl_id)
        assert found["setlinfo"]["setl_id"] == reply.setlinfo.setl_id
        again = await cashier.typed("2207", content)
        assert again.meta.repeated
        back = await visit.refund(reply.setlinfo.setl_id)
        assert back["setlinfo"]["medfee_sumamt"] == -60
        assert set(cashier.told) == told
        assert len(await here.done("2207")) == 1


@pytest.mark.parametrize("region", ["foshan", "guangzhou", "chongqing"])
async def test_a_lost_settlement_is_found(region: str, tmp_path: Path) -> None:
    async with abroad(region, tmp_path) as (here, cashier):
        _, content = await billed(cashier, "60.00")
        await here.hospital.fault("2207", "drop_after")
        with pytest.raises(OutcomeUnknown) as lost:
            await cashier.typed("2207", content)
        assert lost.value.msgid is not None
        ended = await here.end(here.attempt(lost.value.msgid), LONG, tempo=FAST)
        assert (ended.state, ended.source) == (AttemptState.CONFIRMED, "query"), ended.reason
        again = await cashier.typed("2207", content)
        assert (again.meta.repeated, again.setlinfo.setl_id) == (True, ended.identifier)
        assert len(await here.done("2207")) == 1


@pytest.mark.parametrize("region", ["foshan", "guangzhou", "chongqing"])
async def test_the_day_is_balanced(region: str, tmp_path: Path) -> None:
    async with abroad(region, tmp_path) as (here, cashier):
        _, content = await billed(cashier, "60.00")
        await cashier.typed("2207", content)
        report = await here.mi.reconcile(dt.datetime.now(CHINA_TIME).date())
        ours = [one for one in report.groups if one.here.count]
        assert [one.verdict for one in ours] == ["even"], ours
