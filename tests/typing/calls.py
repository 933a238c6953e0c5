"""What type checkers must infer; checked by mypy and pyright, never run (see ``test_typing.py``)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, assert_type

from mi_core import AsyncClient, Client, MiError
from mi_core.codes import MedType
from mi_core.flows import InpatientStay, OutpatientVisit, Patient, Settlement, Standing, blocking
from mi_core.interfaces import (
    BenefitEntitlementCheckRequest,
    OutpatientFeeUploadRequest,
    OutpatientFeeUploadResponse,
    OutpatientSettlementRequest,
    OutpatientSettlementResponse,
    SettlementQueryRequest,
    SettlementQueryResponse,
    by_code,
)
from mi_core.interfaces.i2204_outpatient_fee_upload import FeeItem
from mi_core.interfaces.i2207_outpatient_settlement import FundPaymentDetail, SettlementInfo
from mi_core.model import Interface
from mi_core.types import UnsetType
from mi_plugins.regions.guangzhou import interfaces as guangzhou


async def calls(
    client: AsyncClient, request: OutpatientSettlementRequest, query: SettlementQueryRequest
) -> None:
    """A call returns the reply that belongs to its request."""
    reply = await client.call(request)
    assert_type(reply, OutpatientSettlementResponse)
    assert_type(reply.setlinfo, SettlementInfo)
    assert_type(reply.setldetail, tuple[FundPaymentDetail, ...])
    assert_type(reply.setlinfo.setl_id, str)  # the proof is never None
    assert_type(reply.setlinfo.fund_pay_sumamt, Decimal | None)
    assert_type(reply.setlinfo.setl_time, dt.datetime | None)
    assert_type(reply.setlinfo.brdy, dt.date | None)
    assert_type(await client.call(query), SettlementQueryResponse)
    assert_type(await client.bound(insuplc_admdvs="990100").call(query), SettlementQueryResponse)
    assert_type(await client.call_many([request]), list[OutpatientSettlementResponse | MiError])
    assert_type(await client.call_raw("2207", {}), dict[str, Any])


def synchronous(client: Client, request: OutpatientFeeUploadRequest) -> None:
    """The synchronous twin infers the same."""
    reply = client.call(request)
    assert_type(reply, OutpatientFeeUploadResponse)
    assert_type(reply.meta.raw, bytes)
    assert_type(reply.extra, Mapping[str, Any])


def requests(items: Sequence[FeeItem]) -> OutpatientFeeUploadRequest:
    """Lists and tuples are taken; optional fields may be left out or None."""
    request = OutpatientFeeUploadRequest(feedetail=items)
    assert_type(request.feedetail, Sequence[FeeItem])
    assert_type(items[0].dise_codg, str | UnsetType | None)
    assert_type(request.to_dict(), dict[str, Any])
    assert_type(OutpatientFeeUploadRequest.from_dict({}), OutpatientFeeUploadRequest)
    return request


def codes(text: str) -> None:
    """Members of a code table are instances of it, and texts."""
    assert_type(MedType.普通门诊, MedType)
    assert_type(MedType(text).label, str)
    assert_type(MedType.by_label(text), MedType)
    as_text: str = MedType.普通门诊
    assert_type(by_code(as_text), Interface[Any])


async def regions(client: AsyncClient, there: guangzhou.OutpatientSettlementRequest) -> None:
    """A region's class gives the region's reply; what it does not change is the base's class."""
    reply = await client.call(there)
    assert_type(reply, guangzhou.OutpatientSettlementResponse)
    assert_type(reply.setlinfo.memo, str | None)
    assert_type(there.mdtrt_mode, str)
    assert_type(guangzhou.by_code("2207"), Interface[Any])
    query: BenefitEntitlementCheckRequest = guangzhou.BenefitEntitlementCheckRequest.from_dict({})
    assert_type(query, BenefitEntitlementCheckRequest)


async def flows_async(client: AsyncClient, patient: Patient) -> None:
    """A flow's steps are typed; so are their blocking twins."""
    visit = OutpatientVisit(client, "1")
    assert_type(await visit.settle(invono="1"), Settlement)
    assert_type((await visit.quote(acct_used_flag="1")).amounts.fund_pay_sumamt, Decimal | None)
    assert_type(await visit.resume(), Standing)
    assert_type((await InpatientStay(client, "1").admit(patient, [], med_type="21")).mdtrt_id, str)


def flows_blocking(client: Client) -> None:
    """As above, without ``await``."""
    visit = blocking.OutpatientVisit(client, "1")
    assert_type(visit.settle(accept=True), Settlement)
    assert_type(visit.charge([{}], chrg_bchno="B1").total, Decimal)
    assert_type(visit.standing().setl_ids, tuple[str, ...])
