"""An order of the mobile-payment centre: who pays, where it stands by the codes of ``ordStas``, what was given back."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

import attrs

from mi_core.codes.ord_stas import OrdStas
from mi_core.flows.record import plain_values
from mi_core.flows.standing import Standing
from mi_core.model import Response
from mi_core.money import amount

__all__ = ["DONE", "OrderState", "Payer", "RefundedOrder", "place_of"]

DONE: Final = str(OrdStas.结算完成)
"""What 6302 means: it is sent for payments that succeeded only."""
_PAYING: Final = str(OrdStas.结算中)
_PAID: Final = frozenset({OrdStas.自费完成, OrdStas.医保支付完成, OrdStas.院内结算完成, OrdStas.结算完成})
_PARTLY_BACK: Final = frozenset({
    OrdStas.已医保全部退款, OrdStas.仅自费全部退款, OrdStas.仅自费部分退款, OrdStas.医保全部退自费部分退款,
})  # fmt: skip
_GONE: Final = frozenset({OrdStas.已退款, OrdStas.已撤销, OrdStas.医保已撤销})
_LOST: Final = (
    "若 6201 的答复已丢失：没有接口能按医疗机构订单号查到订单（6301 须凭答复中的 payOrdId 和 payToken）。"
    "6201 本身不扣款，支付须凭该答复；请用新订单号重新 upload，旧订单号由人工了结（mi doubt），"
    "若仍收到旧订单的 6302，交给 notified() 认领后退费",
    "if the answer to 6201 was lost: no interface finds an order by the hospital's number (6301 wants the payOrdId and payToken of "
    "that answer). 6201 itself charges nothing, and a payment needs that answer: upload under a new order number, people close the "
    "old one (mi doubt); should a 6302 about it come all the same, give it to notified() and refund",
)
"""Evidence: the tables of 6201, 6202, 6203, 6301, 6401; ``nobodyTells`` of 6201 in the catalogue."""
_CLAIMED: Final = (
    "6201 的答复已丢失，不能查询、支付或撤销，只能退费；在 mi doubt 中凭此订单号定为已执行",
    "the answer to 6201 was lost, so it can only be refunded, not asked for, paid or withdrawn; in mi doubt it can be called "
    "executed under this number",
)
_OPEN: Final = frozenset({OrdStas.已保存, OrdStas.预结算完成, OrdStas.结算中})


@attrs.frozen
class OrderState:
    """What the centre told of an order; amounts in yuan, ``None`` where it did not say."""

    code: str
    """``ordStas``, a code of ``OrdStas``"""
    total: Decimal | None
    """``feeSumamt``"""
    fund: Decimal | None
    """``fundPay``"""
    account: Decimal | None
    """``psnAcctPay``"""
    cash: Decimal | None
    """``ownPayAmt``; 6302 writes ``ownpayAmt``"""
    revs_token: str | None = attrs.field(default=None, repr=False)
    """``revsToken``: authorises the hospital to take the payment back when its own settlement fails; valid for an hour."""

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> OrderState:
        """From the node ``data`` of a reply or notification."""
        cash = told.get("ownPayAmt") if told.get("ownPayAmt") is not None else told.get("ownpayAmt")
        return cls(
            str(told.get("ordStas") or ""), amount(told.get("feeSumamt")), amount(told.get("fundPay")),
            amount(told.get("psnAcctPay")), amount(cash), told.get("revsToken"),
        )  # fmt: skip

    @classmethod
    def noted(cls, record: Mapping[str, Any]) -> OrderState:
        """From a flow's record."""
        amounts = {name: amount(record.get(name)) for name in ("total", "fund", "account", "cash")}
        return cls(**{**record, **amounts})

    def note(self) -> dict[str, Any]:
        """For a flow's record."""
        found: dict[str, Any] = plain_values(attrs.asdict(self))
        return found

    @property
    def label(self) -> str:
        """The state in the table's words."""
        return OrdStas(self.code).label

    @property
    def paid(self) -> bool:
        """Fund and account have paid (cash may be outstanding: 4)."""
        return self.code in _PAID

    @property
    def paying(self) -> bool:
        """In progress."""
        return self.code == _PAYING

    @property
    def refundable(self) -> bool:
        """Paid, or given back in part."""
        return self.paid or self.code in _PARTLY_BACK

    @property
    def over(self) -> bool:
        """Given back, in part or all, or withdrawn: a payment would be another one."""
        return self.code in _PARTLY_BACK or self.code in _GONE

    @property
    def ended(self) -> bool:
        """Paid, refunded, withdrawn or failed: nothing will change by waiting."""
        return self.code not in _OPEN

    def fits(self, bill: Decimal) -> bool:
        """Whether it speaks of this sum: the same total, and parts that do not exceed it."""
        if self.total is None or self.fund is None or self.account is None or self.cash is None:
            return False
        return self.total == bill and self.fund + self.account + self.cash <= bill


@attrs.frozen(kw_only=True)
class Payer:
    """Who pays, as 6201 asks for it. Not shown in ``repr``."""

    psn_no: str = attrs.field(repr=False)
    insutype: str
    certno: str = attrs.field(repr=False)
    name: str = attrs.field(repr=False)
    ec_token: str = attrs.field(repr=False)
    """电子凭证授权: from the decoding of the voucher (6101)"""
    cert_type: str = "01"
    insuplc_admdvs: str | None = None
    """参保地, from the decoding of the voucher"""

    def fields(self) -> dict[str, str | None]:
        """By wire name."""
        return {
            "psnNo": self.psn_no, "insutype": self.insutype, "idNo": self.certno, "userName": self.name, "idType": self.cert_type,
            "ecToken": self.ec_token, "insuCode": self.insuplc_admdvs,
        }  # fmt: skip


@attrs.frozen
class RefundedOrder:
    """A refund that was done."""

    number: str
    """``appRefdSn``"""
    refd_sn: str | None
    """The centre's number; ``None`` when the outcome was found out by a query."""
    reply: Response = attrs.field(repr=False)


def place_of(content: Mapping[str, Any]) -> Standing:
    """The standing of an order's record."""
    stage, zh, en, following, undo = _place(content)
    begun, order = (content.get("doing") or {}).get("step", ""), content.get("order")
    if order is not None and order.get("payToken") is None:
        zh, en = f"{zh}；{_CLAIMED[0]}", f"{en}; {_CLAIMED[1]}"
        following, undo = "", undo if undo == "refund" else ""
    if begun:
        zh, en = f"{zh}；{begun} 未完成，可能已执行", f"{en}; {begun} has not ended and may have been done"
        following = "resume"
    if begun == "upload":
        zh, en = f"{zh}；{_LOST[0]}", f"{en}; {_LOST[1]}"
    return Standing(stage, zh, en, following, undo, begun)


def _place(content: Mapping[str, Any]) -> tuple[str, str, str, str, str]:
    order, known = content.get("order"), content.get("state")
    if order is None:
        return "new", "医保端无订单", "there is no order", "upload", ""
    name = order["payOrdId"]
    if content.get("withdrawn"):
        return "withdrawn", f"订单 {name} 已撤销", f"order {name} withdrawn", "", ""
    if content.get("refunds"):
        kinds = "、".join(content["refunds"])
        return "refunded", f"订单 {name} 已退费（{kinds}）", f"order {name} refunded ({kinds})", "", "refund"
    state = None if known is None else OrderState.noted(known)
    if state is None or not (state.paid or state.paying):
        return "uploaded", f"订单 {name} 待支付", f"order {name} waits to be paid", "pay", "withdraw"
    if state.paying:
        return "paying", f"订单 {name} 支付中", f"order {name} is being paid", "wait", ""
    return (
        "paid",
        f"订单 {name} 已支付（{state.label}）",
        f"order {name} is paid (ordStas {state.code})",
        "",
        "refund",
    )
