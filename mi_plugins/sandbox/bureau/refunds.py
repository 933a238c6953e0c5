"""Refunds, which leave a settlement with negative amounts: 2208 outpatient, 2103 pharmacy, 2305 inpatient.

The three replies have the same amounts under names that differ.
"""

from __future__ import annotations

import sqlite3
from typing import Any, Final

from mi_plugins.sandbox.bureau.context import Call, Output, from_json, visit_of
from mi_plugins.sandbox.bureau.eprescription_pharmacy import refunded
from mi_plugins.sandbox.bureau.posting import post_refund, settlement_to_refund
from mi_plugins.sandbox.database import Books
from mi_plugins.sandbox.money import yuan
from mi_plugins.sandbox.refusal import BureauRefusal

__all__ = ["check_order", "refund", "refund_purchase", "refund_stay"]

_COMMON: Final = (
    "mdtrt_id", "setl_id", "clr_optins", "setl_time", "medfee_sumamt", "fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt",
    "inscp_scp_amt", "act_pay_dedc", "hifp_pay", "pool_prop_selfpay", "cvlserv_pay", "hifes_pay", "hifmi_pay", "hifob_pay", "maf_pay",
    "oth_pay", "fund_pay_sumamt", "psn_part_amt", "acct_pay", "psn_cash_pay", "balc", "acct_mulaid_pay", "medins_setl_id", "hifdm_pay",
)  # fmt: skip
"""Fields of 2103, in its order; 2305 has these and more."""


def refund(books: Books, call: Call) -> Output:
    """2208: cancel a settlement; account and accumulations are restored, its fees become unsettled again."""
    visit_of(books, call, call.data["mdtrt_id"], call.data["psn_no"])
    info, detail = post_refund(books, call, settlement_to_refund(books, call, "2207"))
    reply = {name: value for name, value in info.items() if name not in ("psn_cash_pay", "invono")}
    return {"setlinfo": reply | {"pdn_cash_pay": info["psn_cash_pay"]}, "setldetail": detail}


def refund_purchase(books: Books, call: Call) -> Output:
    """2103: cancel a purchase at a pharmacy. The reply names no person."""
    visit_of(books, call, call.data["mdtrt_id"], call.data["psn_no"], "pharmacy")
    bought = settlement_to_refund(books, call, "2102")
    info, detail = post_refund(books, call, bought)
    refunded(books, bought["setl_id"])
    return {"setlinfo": {name: info[name] for name in _COMMON}, "setldetail": detail}


def refund_stay(books: Books, call: Call) -> Output:
    """2305: cancel a settlement of a stay, the latest first; the fees of the settlement become unsettled again."""
    visit = visit_of(books, call, call.data["mdtrt_id"], call.data["psn_no"], "inpatient")
    row = settlement_to_refund(books, call, "2304")
    check_order(books, row)
    info, detail = post_refund(books, call, row)
    said: dict[str, Any] = from_json(visit["registration"])
    more = {
        "hosp_part_amt": info["hosp_part_amt"], "psn_insu_rlts_id": None, "insu_admdvs": row["area"], "begndate": visit["begntime"][:10],
        "enddate": row["setl_time"][:10], "mdtrt_cert_no": said.get("mdtrt_cert_no"), "setl_type": None,
        "crt_dedc": 0 - yuan(row["deductible"]), "invono": info.get("invono"), "exp_content": None,
    }  # fmt: skip
    return {"setlinfo": {name: info[name] for name in _COMMON} | more, "setldetail": detail}


def check_order(books: Books, row: sqlite3.Row) -> None:
    """Settlements of a stay are undone in reverse: the next one counted what this one used up."""
    later = books.one(
        "SELECT 1 FROM settlement WHERE mdtrt_id = ? AND kind = 'settlement' AND state = 'settled' AND setl_id > ?",
        row["mdtrt_id"], row["setl_id"],
    )  # fmt: skip
    if later is not None:
        raise BureauRefusal("该次住院其后另有有效结算，须先撤销在后的结算")
