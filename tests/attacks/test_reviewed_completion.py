"""People say which admission it was; a query that tells calls apart by person and number only must not know better."""

from __future__ import annotations

from pathlib import Path

from mi_core.desk.deciding import resolve_together
from mi_core.journal import AttemptState
from mi_plugins.sandbox.rulebook import Rulebook
from tests.recovery.kit import ward


async def test_a_row_with_another_id_does_not_complete_what_people_confirmed(tmp_path: Path) -> None:
    async with ward(Rulebook(), tmp_path) as here:
        lost = await here.lose("2401", here.stay.admission(), "drop_after")
        (executed,) = await here.done("2401")
        resolve_together(
            here.mi.journal, here.config, lost.msgid, AttemptState.CONFIRMED, ("张三",), reason="医保部门告知",
            identifier="M999",
        )  # fmt: skip
        assert not await here.recovery().complete(lost.msgid)
        found = here.attempt(lost.msgid)
        assert (found.identifier, found.result) == ("M999", None) and executed["mdtrt_id"] != "M999"


async def test_the_row_of_the_id_that_people_gave_completes_it(tmp_path: Path) -> None:
    async with ward(Rulebook(), tmp_path) as here:
        lost = await here.lose("2401", here.stay.admission(), "drop_after")
        (executed,) = await here.done("2401")
        resolve_together(
            here.mi.journal, here.config, lost.msgid, AttemptState.CONFIRMED, ("张三",), reason="5303 查到",
            identifier=executed["mdtrt_id"],
        )  # fmt: skip
        assert await here.recovery().complete(lost.msgid)
        assert here.attempt(lost.msgid).result is not None
