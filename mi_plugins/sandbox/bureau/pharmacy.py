"""Purchases at a pharmacy: 2101 quote and 2102 settlement (2103 is with the refunds).

The whole purchase comes in one message, so each 2102 is a purchase of its own: sent twice it is paid twice, unless it names
the trace codes of whole packages, which are settled once (:mod:`trace_codes`). Items of
limited use are own pay, as the message has no field for an approval. The price list and the model are those of 2204.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from mi_plugins.sandbox.bureau.context import Call, Output
from mi_plugins.sandbox.bureau.eprescription_pharmacy import settled
from mi_plugins.sandbox.bureau.fees import MAX_ROWS, Priced, enter_fee, price
from mi_plugins.sandbox.bureau.people import INPATIENT_CARE
from mi_plugins.sandbox.bureau.posting import post, preview
from mi_plugins.sandbox.bureau.reckoning import Reckoning, check_total, identify, reckon
from mi_plugins.sandbox.bureau.trace_codes import check_settled_codes, keep_settled_codes
from mi_plugins.sandbox.bureau.visits import open_visit
from mi_plugins.sandbox.database import Books
from mi_plugins.sandbox.head import AREA
from mi_plugins.sandbox.money import ZERO
from mi_plugins.sandbox.refusal import BureauRefusal
from mi_plugins.sandbox.reimbursement import POLICIES, Split

__all__ = ["buy", "quote_purchase"]


def quote_purchase(books: Books, call: Call) -> Output:
    """2101: what 2102 would pay; nothing is entered. Its ``mdtrt_id`` names no visit."""
    found, rows = _reckon(books, call)
    reply = preview(call, found, f"{AREA}Q{call.msgid[12:]}")
    return reply | {"detlcutinfo": [_divided(one) | {"hosp_part_amt": one.split.hospital} for one in rows]}


def buy(books: Books, call: Call) -> Output:
    """2102: settle the purchase; a visit, its fees and a settlement come into being together."""
    found, rows = _reckon(books, call)
    check_settled_codes(books, call, call.input["drugdetail"])
    asked = call.input["druginfo"]
    mdtrt_id = open_visit(books, call, "pharmacy", asked, call.msgid, asked["med_type"])
    for one in rows:
        enter_fee(books, call, mdtrt_id, one)
    reply = post(books, call, found, mdtrt_id, invoice=asked.get("invono"))
    books.run(
        "UPDATE fee SET setl_id = ? WHERE mdtrt_id = ?",
        reply["setlinfo"]["setl_id"],
        mdtrt_id,
    )
    settled(books, call, call.input["drugdetail"], reply["setlinfo"]["setl_id"])
    keep_settled_codes(books, call, call.input["drugdetail"], reply["setlinfo"]["setl_id"])
    return reply | {"detlcutinfo": [_divided(one) for one in rows]}


def _reckon(books: Books, call: Call) -> tuple[Reckoning, list[Priced]]:
    if not call.institution.is_pharmacy:
        raise BureauRefusal("本交易仅限定点零售药店办理")
    asked: Mapping[str, Any] = call.input["druginfo"]
    claimant = identify(books, call, asked)
    if claimant.person["name"] != asked["psn_name"]:
        raise BureauRefusal("人员姓名[psn_name]与参保登记不一致")
    if asked["psn_type"] != claimant.insurance["psn_type"]:
        raise BureauRefusal("人员类别[psn_type]与参保登记不一致")
    if asked["insutype"] not in POLICIES:
        raise BureauRefusal(f"险种{asked['insutype']}未开通药店结算")
    if asked["med_type"].startswith(INPATIENT_CARE):
        raise BureauRefusal("药店不办理住院类医疗类别的结算")
    details: list[Mapping[str, Any]] = call.input["drugdetail"]
    if len(details) > MAX_ROWS:
        raise BureauRefusal(f"一次购药的明细不得多于{MAX_ROWS}条")
    rows = [price(one) for one in details]
    if len({one.serial for one in rows}) < len(rows):
        raise BureauRefusal("费用明细流水号在单次购药内不得重复")
    split = _sum(rows)
    if split.total < ZERO or split.in_scope < ZERO:
        raise BureauRefusal("购药金额合计不得为负")
    check_total(asked, split)
    return reckon(books, call, claimant, split, asked, med_type=asked["med_type"]), rows


def _sum(rows: list[Priced]) -> Split:
    parts = [attrs.asdict(one.split) for one in rows]
    return Split(**{name: sum((part[name] for part in parts), ZERO) for name in parts[0]})


def _divided(one: Priced) -> dict[str, Any]:
    """A row of ``detlcutinfo``: as 2204 answers, without the use limit. 2101 adds the hospital's part."""
    return {name: value for name, value in one.result.items() if name not in ("lmt_used_flag", "exp_content")}
