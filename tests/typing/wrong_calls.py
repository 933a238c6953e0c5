"""What type checkers must refuse: each line carries the suppression that is unused when the mistake goes unseen."""

from __future__ import annotations

from decimal import Decimal

from mi_core import AsyncClient
from mi_core.interfaces import OutpatientSettlementRequest, OutpatientSettlementResponse
from mi_core.interfaces.i2204_outpatient_fee_upload import OutpatientFeeUploadRequest


async def wrong(
    client: AsyncClient, request: OutpatientSettlementRequest, reply: OutpatientSettlementResponse
) -> None:
    """Missing fields, wrong types, changes of frozen objects."""
    OutpatientSettlementRequest(psn_no="1")  # type: ignore[call-arg]  # required fields are missing
    OutpatientFeeUploadRequest(feedetail=None)  # type: ignore[arg-type]  # None in a required node
    request.psn_no = "2"  # type: ignore[misc]  # requests are frozen
    reply.setlinfo.fund_pay_sumamt + Decimal(1)  # type: ignore[operator]  # may be None
    await client.call(reply)  # type: ignore[arg-type]  # a reply is no request
