"""Reviewed for money: fees of a lost message are not entered a second time."""

from __future__ import annotations

from pathlib import Path

from mi_core.testing import FakeGateway, examples
from mi_core.uploads import Dicts, Options, upload


async def test_fees_of_unknown_fate_are_not_sent_again_unasked(tmp_path: Path) -> None:
    """2301 only adds; repeating it means withdrawing (2302) first, which a table's upload does not do."""
    where, result = FakeGateway(), tmp_path / "r.csv"
    where.on("2301").drop_after().reply()
    rows = Dicts([examples.values("2301")["feedetail"][0]])
    async with where.async_client() as client:
        first = await upload(client, "2301", rows, result)
        assert len(first.unknown) == 1
        again = await upload(client, "2301", rows, result, Options(again=True))
        assert (again.calls, again.counts) == (0, {"unknown": 1})
        asked = await upload(client, "2301", rows, result, Options(again=True, resend_unknown=True))
    assert asked.complete and where.sends("2301") == 2
