"""The nodes ``setlinfo`` and ``setldetail`` of a settlement, field by field in the order of the specification."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from mi_plugins.sandbox.bureau.context import Call
from mi_plugins.sandbox.bureau.people import person_fields
from mi_plugins.sandbox.bureau.reckoning import Reckoning
from mi_plugins.sandbox.head import AREA
from mi_plugins.sandbox.money import ZERO
from mi_plugins.sandbox.reimbursement import Settlement

__all__ = ["AMOUNTS", "FUND_NAMES", "clearing_type", "money_fields", "setldetail", "setlinfo"]

FUND_NAMES: Final[Mapping[str, str]] = {
    "310102": "职工门诊统筹基金", "390102": "居民门诊统筹基金", "330100": "大额医疗费用补助基金",
    "310100": "职工基本医疗保险统筹基金",
    "390100": "居民基本医疗保险基金", "390200": "城乡居民大病医疗保险基金", "320100": "公务员医疗补助基金", "610100": "医疗救助基金",
}  # fmt: skip

AMOUNTS: Final = (
    "medfee_sumamt", "fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "inscp_scp_amt", "act_pay_dedc", "hifp_pay",
    "cvlserv_pay", "hifes_pay", "hifmi_pay", "hifob_pay", "maf_pay", "oth_pay", "fund_pay_sumamt", "psn_part_amt", "acct_pay",
    "psn_cash_pay", "hosp_part_amt", "acct_mulaid_pay", "hifdm_pay",
)  # fmt: skip
"""Fields that a refund repeats with the opposite sign (not the balance, not the ratio)."""


_CLEARING: Final[Mapping[str, str]] = {
    "12": "12", "13": "13", "1301": "13", "14": "14", "18": "18", "41": "41", "51": "53", "9901": "15",
    "22": "22", "2102": "27", "28": "28", "52": "99940",
}  # fmt: skip


def clearing_type(med_type: str) -> str:
    """Code of table ``clr_type`` for a kind of care."""
    return _CLEARING.get(med_type) or ("21" if med_type.startswith("21") else "11")


def money_fields(result: Settlement, family: Decimal, balance: Decimal) -> dict[str, Decimal]:
    """All amounts of ``setlinfo``. ``family`` is the part of the account payment that came from a relative's account."""
    return {
        "medfee_sumamt": result.split.total,
        "fulamt_ownpay_amt": result.split.own_pay,
        "overlmt_selfpay": result.split.over_limit,
        "preselfpay_amt": result.split.pre_self_pay,
        "inscp_scp_amt": result.split.in_scope,
        "act_pay_dedc": result.deductible,
        "hifp_pay": result.pool,
        "pool_prop_selfpay": result.ratio.quantize(Decimal("0.0001")),
        "cvlserv_pay": result.civil,
        "hifes_pay": ZERO,
        "hifmi_pay": result.illness,
        "hifob_pay": result.large,
        "maf_pay": result.aid,
        "oth_pay": ZERO,
        "fund_pay_sumamt": result.fund,
        "psn_part_amt": result.person,
        "acct_pay": result.account,
        "psn_cash_pay": result.cash,
        "hosp_part_amt": result.hospital,
        "balc": balance,
        "acct_mulaid_pay": family,
    }


def setlinfo(call: Call, found: Reckoning, mdtrt_id: str, setl_id: str | None) -> dict[str, Any]:
    """The node of a quote (``setl_id`` ``None``: 2101, 2206, 2303) and of a settlement (2102, 2207, 2304)."""
    insurance = found.claimant.insurance
    head: dict[str, Any] = {"mdtrt_id": mdtrt_id}
    if setl_id is not None:
        head["setl_id"] = setl_id
    return {
        **head,
        **person_fields(found.claimant.person, call.now.date()),
        "insutype": insurance["insutype"],
        "psn_type": insurance["psn_type"],
        "cvlserv_flag": insurance["cvlserv"],
        "setl_time": call.time,
        "mdtrt_cert_type": found.certificate,
        "med_type": found.med_type,
        **money_fields(found.result, found.family, found.balance),
        "medins_setl_id": call.msgid,
        "clr_optins": AREA,
        "clr_way": "1",
        "clr_type": clearing_type(found.med_type),
        "hifdm_pay": ZERO,
        "exp_content": None,
    }


def setldetail(result: Settlement) -> list[dict[str, Any]]:
    """One row per fund; the payments add up to ``fund_pay_sumamt``."""
    return [
        {
            "fund_pay_type": share.fund,
            "inscp_scp_amt": result.split.in_scope,
            "crt_payb_lmt_amt": share.payable_limit,
            "fund_payamt": share.paid,
            "fund_pay_type_name": FUND_NAMES[share.fund],
            "setl_proc_info": f"政策范围内{result.split.in_scope}，起付线{result.deductible}，比例{result.ratio}，支付{share.paid}",
        }
        for share in result.shares
    ]
