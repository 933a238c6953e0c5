"""The amounts of a quote, settlement or refund under one set of names, in yuan."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

import attrs

from mi_core.errors import MiError
from mi_core.money import amount

__all__ = ["Amounts", "entered_as_sent", "sum_of"]

_OTHER_NAMES: Final = {"psn_cash_pay": ("pdn_cash_pay", "cash_payamt"), "psn_part_amt": ("psn_pay",)}
"""2208 and 5203 call them differently."""


@attrs.frozen(kw_only=True)
class Amounts:
    """Wire names of 2207's ``setlinfo``; ``None``: the reply did not say."""

    medfee_sumamt: Decimal | None = None
    """医疗费总额"""
    fund_pay_sumamt: Decimal | None = None
    """基金支付总额"""
    psn_part_amt: Decimal | None = None
    """个人负担总金额 = account + cash"""
    acct_pay: Decimal | None = None
    """个人账户支出"""
    psn_cash_pay: Decimal | None = None
    """个人现金支出"""
    hosp_part_amt: Decimal | None = None
    """医院负担金额"""
    fulamt_ownpay_amt: Decimal | None = None
    overlmt_selfpay: Decimal | None = None
    preselfpay_amt: Decimal | None = None
    inscp_scp_amt: Decimal | None = None
    balc: Decimal | None = None
    """余额: of the account, after it"""

    @classmethod
    def of(cls, setlinfo: Mapping[str, Any]) -> Amounts:
        """From a ``setlinfo`` node, also of 2208, 2103, 2305 and 5203."""
        return cls(**{
            name: next((a for key in (name, *_OTHER_NAMES.get(name, ())) if (a := amount(setlinfo.get(key))) is not None), None)
            for name in attrs.fields_dict(cls)
        })  # fmt: skip

    def __sub__(self, other: Amounts) -> Amounts:
        """Field by field, e.g. what a partial refund gives back; ``None`` where one of them is not known."""
        found: dict[str, Decimal | None] = {}
        for name in attrs.fields_dict(Amounts):
            mine, theirs = getattr(self, name), getattr(other, name)
            found[name] = None if mine is None or theirs is None else mine - theirs
        return Amounts(**found)

    def words(self, lang: str) -> str:
        """Total, fund, account and cash for a person, as far as they are known: ``zh`` or ``en``."""
        named = (
            ("总额", "total", self.medfee_sumamt), ("基金", "fund", self.fund_pay_sumamt),
            ("个人账户", "account", self.acct_pay), ("现金", "cash", self.psn_cash_pay),
        )  # fmt: skip
        if lang == "en":
            return (
                ", ".join(f"{en} {value}" for _, en, value in named if value is not None) or "amounts unknown"
            )
        return "，".join(f"{zh} {value}" for zh, _, value in named if value is not None) or "金额不详"

    def to_dict(self) -> dict[str, Decimal]:
        """Those that are known."""
        return {name: value for name, value in attrs.asdict(self).items() if value is not None}


def sum_of(rows: Any, name: str = "det_item_fee_sumamt") -> Decimal:
    """The sum of an amount over rows, to the cent."""
    return sum((Decimal(str(row[name])) for row in rows), Decimal("0.00"))


def entered_as_sent(result: Any, sent: Any, hint_zh: str, hint_en: str) -> None:
    """Raises ``MiError`` unless the rows that the bureau says it entered (2204, 2301) sum to what was sent, where it says so."""
    amounts = [row.get("det_item_fee_sumamt") for row in result]
    if len(amounts) == len(sent) and None not in amounts and sum_of(result) != sum_of(sent):
        raise MiError(
            f"医保端登记的明细合计 {sum_of(result)} 与上传的 {sum_of(sent)} 不符",
            f"the bureau entered {sum_of(result)}, {sum_of(sent)} was sent", hint_zh=hint_zh, hint_en=hint_en,
        )  # fmt: skip
