"""What type checkers must know of a call; checked by mypy and pyright in ``test_typing.py``, never run."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, assert_type

from mi_core import UNSET, AsyncClient, Client, MiError, Response
from mi_core.codes import MedType, PsnCertType
from mi_core.interfaces import (
    OutpatientFeeUploadRequest,
    OutpatientFeeUploadResponse,
    OutpatientSettlementCancellationRequest,
    OutpatientSettlementRequest,
    OutpatientSettlementResponse,
    SettlementQueryRequest,
    SettlementQueryResponse,
    by_code,
)
from mi_core.interfaces.i2204_outpatient_fee_upload import FeeItem, FeeItemResult
from mi_core.interfaces.i2207_outpatient_settlement import FundPaymentDetail


def settlement() -> OutpatientSettlementRequest:
    return OutpatientSettlementRequest(
        psn_no="1", mdtrt_cert_type="02", mdtrt_cert_no="1", psn_cert_type=PsnCertType("01"), certno="1", med_type=MedType.普通门诊,
        medfee_sumamt=Decimal("1.00"), psn_setlway="01", mdtrt_id="1", chrg_bchno="1", insutype="310", acct_used_flag="1",
        fulamt_ownpay_amt=Decimal(0), overlmt_selfpay=Decimal(0), preselfpay_amt=Decimal(0), inscp_scp_amt=Decimal(1),
        invono=None, card_sn=UNSET,
    )  # fmt: skip


async def asynchronous(mi: AsyncClient) -> None:
    reply = await mi.call(settlement())
    assert_type(reply, OutpatientSettlementResponse)
    assert_type(reply.setlinfo.setl_id, str)
    assert_type(reply.setlinfo.fund_pay_sumamt, Decimal | None)
    assert_type(reply.setlinfo.setl_time, dt.datetime | None)
    assert_type(reply.setlinfo.brdy, dt.date | None)
    assert_type(reply.setldetail, tuple[FundPaymentDetail, ...])
    bound = mi.bound(insuplc_admdvs="990100")
    assert_type(
        await bound.call(SettlementQueryRequest(psn_no="1", setl_id="1", mdtrt_id="1")),
        SettlementQueryResponse,
    )
    many = await mi.call_many([settlement(), settlement()])
    assert_type(many, list[OutpatientSettlementResponse | MiError])
    assert_type(await mi.call_raw("2207", {}), dict[str, Any])


def synchronous(mi: Client, item: FeeItem) -> None:
    reply = mi.call(OutpatientFeeUploadRequest(feedetail=[item]))
    assert_type(reply, OutpatientFeeUploadResponse)
    assert_type(reply.result, tuple[FeeItemResult, ...])
    assert_type(reply.meta.raw, bytes)
    assert_type(reply.extra, Mapping[str, Any])
    assert_type(item.cnt, Decimal)


def codes() -> None:
    assert_type(MedType.普通门诊, MedType)
    assert_type(MedType("11").label, str)


def base_classes() -> None:
    request = OutpatientSettlementCancellationRequest(setl_id="1", mdtrt_id="1", psn_no="1")
    assert_type(request.to_dict(), dict[str, Any])
    assert issubclass(by_code("2207").response, Response)
