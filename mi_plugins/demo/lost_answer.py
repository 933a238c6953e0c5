"""The second act: the bureau settles, its answer is lost, and the journal finds out without sending twice."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

from mi_core import AsyncClient, OutcomeUnknown
from mi_core.errors import MiError
from mi_core.interfaces import (
    OutpatientPresettlementRequest,
    OutpatientSettlementCancellationRequest,
    OutpatientSettlementRequest,
)
from mi_plugins.demo.identities import Identity

__all__ = ["settle_without_answer"]

PATIENCE = 30.0
"""Seconds for the outcome to be found out."""

Call = Callable[[Any], Awaitable[Any]]


async def settle_without_answer(
    mi: AsyncClient, call: Call, tell: Callable[..., None], ask_quote: OutpatientPresettlementRequest,
    settle: OutpatientSettlementRequest, lose: Callable[[], Awaitable[None]],
) -> list[Identity]:  # fmt: skip
    """2206 → 2207 without an answer → found out → 2207 again gives the stored result → 2208."""
    quote = await call(ask_quote)
    total, person = quote.setlinfo.medfee_sumamt, quote.setlinfo.psn_part_amt
    tell(quote, {"医疗费总额": total, "基金": quote.setlinfo.fund_pay_sumamt})
    await lose()
    try:
        await call(settle)
    except OutcomeUnknown as unknown:
        operation = unknown.operation_id or ""
    else:
        raise MiError("沙箱没有丢弃答复", "the sandbox did not drop the answer")
    await mi.wait_for(operation, timeout=PATIENCE)
    found = await call(settle)
    s = found.setlinfo
    tell(found, {"医疗费总额": s.medfee_sumamt, "基金": s.fund_pay_sumamt}, 结算ID=s.setl_id, 答复="丢失")
    data = settle.to_dict()["data"]
    refund = await call(
        OutpatientSettlementCancellationRequest(
            setl_id=s.setl_id, mdtrt_id=data["mdtrt_id"], psn_no=data["psn_no"]
        )
    )
    r = refund.setlinfo
    tell(refund, {"医疗费总额": r.medfee_sumamt, "基金": r.fund_pay_sumamt}, 退费结算ID=r.setl_id)
    once = Decimal(int(found.meta.repeated))
    return [
        Identity("答复丢失的结算：查明的总额 = 预结算", "lost answer: total found = quote", s.medfee_sumamt, total),
        Identity("答复丢失的结算：查明的个人 = 预结算", "lost answer: person found = quote", s.psn_part_amt, person),
        Identity("答复丢失的结算：再次提交未再发送", "lost answer: submitted again, not sent again", once, Decimal(1)),
        Identity("查明的结算 + 退费 = 0（总额）", "found + refund = 0 (total)",
                 s.medfee_sumamt + r.medfee_sumamt, Decimal("0.00")),
    ]  # fmt: skip
