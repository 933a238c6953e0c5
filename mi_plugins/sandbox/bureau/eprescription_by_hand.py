"""The pharmacy that a hospital's developer does not have: the sandbox reviews a prescription and hands it out, on demand.

As the sandbox's own pharmacy would by 7206 and 7207; the hospital learns of it by 7106 and 7107, and by 7108 and 7109.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from mi_plugins.sandbox.bureau.context import Call, clock_text, from_json, to_json
from mi_plugins.sandbox.bureau.eprescription_pharmacy import enter_review, open_one, used_up
from mi_plugins.sandbox.bureau.eprescription_rows import prescription_of, sold_rows
from mi_plugins.sandbox.database import Books
from mi_plugins.sandbox.head import AREA
from mi_plugins.sandbox.refusal import WrongOrder

__all__ = ["hand_out", "review_by_hand", "unreviewed"]


def unreviewed(books: Books, now: str) -> list[sqlite3.Row]:
    """Uploaded prescriptions that are valid and that no pharmacist has seen."""
    return books.all(
        "SELECT * FROM prescription WHERE state = 'uploaded' AND used = 0 AND vali_end >= ?"
        " AND hi_rxno NOT IN (SELECT hi_rxno FROM rx_review) ORDER BY hi_rxno",
        now,
    )


def review_by_hand(
    books: Books, call: Call, hi_rxno: str, *, passed: bool, opinion: str = ""
) -> dict[str, Any]:
    """7206 by the sandbox's pharmacist; ``call`` is the pharmacy's. Raises ``BureauRefusal`` as 7206 does."""
    row = open_one(call, prescription_of(books, hi_rxno))
    review = {
        "pharName": "沙箱药店药师", "pharCode": "HY990000000001", "rxChkStasCodg": "1" if passed else "0",
        "rxChkOpnn": opinion or ("沙箱审核通过" if passed else "沙箱审核不通过"), "rxChkTime": clock_text(call.now),
    }  # fmt: skip
    number = enter_review(books, call, row, call.institution.code, review)
    return {"reviewed": hi_rxno, "rxChkBizSn": number, "rxChkStasCodg": review["rxChkStasCodg"]}


def hand_out(books: Books, call: Call, hi_rxno: str) -> dict[str, Any]:
    """7207, paid by the patient: everything that was not handed out yet. Reviews the prescription before, where nobody did."""
    row = open_one(call, prescription_of(books, hi_rxno))
    last = books.one("SELECT passed FROM rx_review WHERE hi_rxno = ? ORDER BY biz_sn DESC", hi_rxno)
    if last is None:
        review_by_hand(books, call, hi_rxno, passed=True)
    elif not last["passed"]:
        raise WrongOrder(
            f"处方 {hi_rxno} 审核不通过，不能出库",
            f"the review refused prescription {hi_rxno}: nothing is handed out",
        )
    out = {one["medListCodg"] for one in sold_rows(books, hi_rxno, settled=False)}
    drugs = [
        {
            "medListCodg": drug["medListCodg"], "drugGenname": drug["drugGenname"], "drugDosform": drug.get("drugDosform"),
            "drugSpec": drug["drugSpec"], "drugTotlcnt": drug["drugCnt"], "drugTotlcntEmp": drug["drugDosunt"],
        }
        for drug in from_json(row["content"])["rxdrugdetail"]
        if drug["medListCodg"] not in out
    ]  # fmt: skip
    if not drugs:
        raise WrongOrder(
            f"处方 {hi_rxno} 的药品均已出库", f"everything of prescription {hi_rxno} was handed out"
        )
    number = f"{AREA}X{books.next_number('rx_sale'):012d}"
    books.enter("rx_sale", {
        "sale_sn": number, "hi_rxno": hi_rxno, "institution": call.institution.code, "insured": 0, "state": "settled",
        "rows": to_json(drugs),
    })  # fmt: skip
    used_up(books, call, hi_rxno, True)
    return {"handed_out": hi_rxno, "selStooutSn": number}
