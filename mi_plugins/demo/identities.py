"""The sums that must be equal to the cent after the demo's visit, each written out so that a reader can follow."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import attrs

from mi_core.interfaces import (
    OutpatientPresettlementResponse,
    OutpatientSettlementCancellationResponse,
    OutpatientSettlementResponse,
    SettlementQueryResponse,
)

__all__ = ["Identity", "identities_of"]


@attrs.frozen
class Identity:
    """One equation between amounts in yuan."""

    zh: str
    en: str
    left: Decimal
    right: Decimal

    @property
    def shown(self) -> tuple[str, str]:
        """Both sides for people: amounts to the cent, numbers of things as such."""
        as_number = ",f" if _whole(self.left) and _whole(self.right) else ",.2f"
        return format(self.left, as_number), format(self.right, as_number)

    @property
    def holds(self) -> bool:
        """Equal to the cent."""
        return self.left == self.right

    def to_dict(self) -> dict[str, Any]:
        """For ``--json``: amounts as decimal text."""
        return {
            "name": self.zh,
            "name_en": self.en,
            "left": str(self.left),
            "right": str(self.right),
            "holds": self.holds,
        }


def _whole(value: Decimal) -> bool:
    """Written without decimals, as no amount of a reply is."""
    exponent = value.as_tuple().exponent
    return isinstance(exponent, int) and exponent >= 0


def _sum(*amounts: Decimal | None) -> Decimal:
    """A missing amount is an error of the bureau's reply, not a zero."""
    total = Decimal("0.00")
    for amount in amounts:
        if amount is None:
            raise ValueError("an amount of the reply is missing")
        total += amount
    return total


def identities_of(
    charged: Decimal,
    balance_before: Decimal,
    balance_after: Decimal,
    quote: OutpatientPresettlementResponse,
    settled: OutpatientSettlementResponse,
    queried: SettlementQueryResponse,
    refund: OutpatientSettlementCancellationResponse,
) -> list[Identity]:
    """All equations of one visit: inside each reply, between replies, and of the account before and after."""
    q, s, f, r = quote.setlinfo, settled.setlinfo, queried.setlinfo, refund.setlinfo
    return [
        Identity("上传费用合计 = 结算医疗费总额", "uploaded fees = settled total", charged, _sum(s.medfee_sumamt)),
        Identity("总额 = 基金 + 个人 + 医院", "total = fund + person + hospital",
                 _sum(s.medfee_sumamt), _sum(s.fund_pay_sumamt, s.psn_part_amt, s.hosp_part_amt)),
        Identity("个人 = 账户 + 现金", "person = account + cash", _sum(s.psn_part_amt), _sum(s.acct_pay, s.psn_cash_pay)),
        Identity("总额 = 全自费 + 超限价 + 先行自付 + 政策范围", "total = own-pay + over-limit + pre-self-pay + in scope",
                 _sum(s.medfee_sumamt), _sum(s.fulamt_ownpay_amt, s.overlmt_selfpay, s.preselfpay_amt, s.inscp_scp_amt)),
        Identity("基金 = 各项基金分项之和", "fund = sum of its details",
                 _sum(s.fund_pay_sumamt), _sum(*(d.fund_payamt for d in settled.setldetail))),
        Identity("预结算 = 结算（基金）", "quote = settlement (fund)", _sum(q.fund_pay_sumamt), _sum(s.fund_pay_sumamt)),
        Identity("预结算 = 结算（个人）", "quote = settlement (person)", _sum(q.psn_part_amt), _sum(s.psn_part_amt)),
        Identity("查询 = 结算（总额）", "query = settlement (total)", _sum(f.medfee_sumamt), _sum(s.medfee_sumamt)),
        Identity("查询 = 结算（现金）", "query = settlement (cash)", _sum(f.cash_payamt), _sum(s.psn_cash_pay)),
        Identity("结算 + 退费 = 0（总额）", "settlement + refund = 0 (total)", _sum(s.medfee_sumamt, r.medfee_sumamt), Decimal("0.00")),
        Identity("结算 + 退费 = 0（基金）", "settlement + refund = 0 (fund)", _sum(s.fund_pay_sumamt, r.fund_pay_sumamt), Decimal("0.00")),
        Identity("结算 + 退费 = 0（现金）", "settlement + refund = 0 (cash)", _sum(s.psn_cash_pay, r.pdn_cash_pay), Decimal("0.00")),
        Identity("结算后余额 = 余额 − 账户支付", "balance after settling = before − account",
                 _sum(s.balc), balance_before - _sum(s.acct_pay)),
        Identity("退费后余额 = 就诊前余额", "balance after the refund = before the visit", balance_after, balance_before),
    ]  # fmt: skip
