"""2206 quote and 2207 settlement: the same computation; only 2207 changes the books."""

from __future__ import annotations

from typing import Final

from mi_plugins.sandbox.bureau.context import Call, Output, visit_of
from mi_plugins.sandbox.bureau.fees import batch_split
from mi_plugins.sandbox.bureau.posting import post, preview
from mi_plugins.sandbox.bureau.reckoning import Reckoning, check_amounts, check_total, identify, reckon
from mi_plugins.sandbox.database import Books
from mi_plugins.sandbox.refusal import BureauRefusal

__all__ = ["quote", "settle_batch"]

REGISTRATION_ONLY: Final = "12"
"""``med_type`` of a settlement of the registration alone; needs no 2203."""


def quote(books: Books, call: Call) -> Output:
    """2206: what 2207 would pay. The four amounts of the reply go into 2207."""
    return preview(call, _reckon(books, call), call.data["mdtrt_id"])


def settle_batch(books: Books, call: Call) -> Output:
    """2207: settle the batch. The amounts sent must be those of the uploaded fees."""
    found, data = _reckon(books, call), call.data
    check_amounts(data, found.result.split)
    mdtrt_id, batch = data["mdtrt_id"], data["chrg_bchno"]
    reply = post(books, call, found, mdtrt_id, batch=batch, invoice=data.get("invono"))
    books.run(
        "UPDATE fee SET setl_id = ? WHERE mdtrt_id = ? AND chrg_bchno = ?",
        reply["setlinfo"]["setl_id"],
        mdtrt_id,
        batch,
    )
    return reply


def _reckon(books: Books, call: Call) -> Reckoning:
    data = call.data
    claimant = identify(books, call, data)
    visit = visit_of(books, call, data["mdtrt_id"], data["psn_no"])
    if visit["insutype"] != data["insutype"]:
        raise BureauRefusal("结算险种与挂号登记的险种不同")
    if data["med_type"] != REGISTRATION_ONLY and visit["med_type"] is None:
        raise BureauRefusal("尚未上传就诊信息，不能结算")
    if data["med_type"] != REGISTRATION_ONLY and visit["med_type"] != data["med_type"]:
        raise BureauRefusal("医疗类别[med_type]与已上传的就诊信息不同")
    split = batch_split(books, call, data["mdtrt_id"], data["chrg_bchno"])
    check_total(data, split)
    return reckon(books, call, claimant, split, data, med_type=data["med_type"])
