"""Mistakes that a type checker must find: each line marked with ``WRONG`` gives an error, no other line does."""

from __future__ import annotations

from decimal import Decimal

from mi_core import AsyncClient, Client
from mi_core.codes import MedType
from mi_core.flows import OutpatientVisit, blocking
from mi_core.interfaces import SettlementQueryRequest


async def wrong(mi: AsyncClient) -> None:
    SettlementQueryRequest(psn_no="1", setl_id="1")  # WRONG: mdtrt_id is missing
    SettlementQueryRequest(psn_no=1, setl_id="1", mdtrt_id="1")  # WRONG: a number for a string
    SettlementQueryRequest(psn_no="1", setl_id=None, mdtrt_id="1")  # WRONG: None where it is required
    reply = await mi.call(SettlementQueryRequest(psn_no="1", setl_id="1", mdtrt_id="1"))
    amount: Decimal = reply.setlinfo.medfee_sumamt  # WRONG: it may be None
    print(amount, reply.setlinfo.no_such_field)  # WRONG: no such field
    reply.setlinfo.medfee_sumamt = Decimal(1)  # WRONG: replies are frozen
    await mi.call(reply)  # WRONG: a reply is no request
    print(MedType.没有这个代码)  # WRONG: no such member


def wrong_steps(mi: Client, visit: OutpatientVisit) -> None:
    twin = blocking.OutpatientVisit(mi, "1")
    twin.quote()  # WRONG: whether the account pays has to be said
    twin.charge([{}], batch="1")  # WRONG: no such parameter
    twin.settle(accept="yes")  # WRONG: a text for a bool
    blocking.OutpatientVisit(visit, "1")  # WRONG: a client is wanted
