"""The same business again: the stored reply, also when a query found it out and knows less than the reply did."""

from __future__ import annotations

from decimal import Decimal

import pytest

from mi_core import OutcomeUnknown
from mi_core.interfaces import OutpatientSettlementCancellationRequest
from mi_core.journal import AmountsDiffer, AttemptState, Resolution
from tests.core.calls import PSN, client, settled, settlement
from tests.plugins import bad_server as bad
from tests.plugins.bad_server import bad_server


async def test_the_same_bill_again_is_not_sent_again() -> None:
    async with bad_server(settled()) as server, client(server.url) as mi:
        first = await mi.call(settlement())
        again = await mi.call(settlement())
        assert again.setlinfo == first.setlinfo and len(server.requests) == 1
        assert (again.meta.repeated, again.meta.source, again.meta.msgid) == (True, "reply", first.meta.msgid)
        assert again.meta.operation_id == first.meta.operation_id and again.meta.raw == first.meta.raw
        with pytest.raises(AmountsDiffer) as caught:
            await mi.call(settlement(medfee_sumamt=Decimal("128.51"), inscp_scp_amt=Decimal("128.51")))
        assert caught.value.operation_id == first.meta.operation_id and len(server.requests) == 1


async def test_a_refund_that_a_query_found_lacks_its_own_id() -> None:
    refund = OutpatientSettlementCancellationRequest(setl_id="S1", mdtrt_id="V1", psn_no=PSN)
    async with bad_server(bad.bad_gateway) as server, client(server.url) as mi:
        with pytest.raises(OutcomeUnknown) as caught:
            await mi.call(refund)
        assert caught.value.msgid is not None
        found = Resolution(
            to=AttemptState.CONFIRMED, source="query", reason="found", missing=("setl_id", "medfee_sumamt"),
            response=b'{"infcode":0,"output":{"setlinfo":{"psn_no":"%s","insutype":"310"}}}' % PSN.encode(),
        )  # fmt: skip
        await mi.journal.resolve(caught.value.msgid, found)
        reply = await mi.call(refund)
        assert (reply.setlinfo.psn_no, reply.setlinfo.insutype, reply.setlinfo.setl_id) == (PSN, "310", None)
        assert (reply.meta.repeated, reply.meta.source) == (True, "query")
        assert reply.meta.missing == ("setl_id", "medfee_sumamt") and reply.meta.problems == ()
        assert len(server.requests) == 1
