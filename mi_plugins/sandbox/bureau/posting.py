"""Entering a settlement, its refund and its undoing: account, accumulations, fees and the settlement's row together."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from mi_plugins.sandbox.bureau.amounts import AMOUNTS, clearing_type, setldetail, setlinfo
from mi_plugins.sandbox.bureau.context import Call, from_json, insurance_row, to_json
from mi_plugins.sandbox.bureau.reckoning import Reckoning
from mi_plugins.sandbox.database import Books
from mi_plugins.sandbox.head import AREA
from mi_plugins.sandbox.money import cents, yuan
from mi_plugins.sandbox.refusal import BureauRefusal

__all__ = ["mark_settlement", "negated", "post", "post_refund", "preview", "restore", "settlement_to_refund"]

SIGNED: Final = (
    "total", "fund", "person", "hospital", "account", "family", "cash", "deductible", "pool", "large", "burden", "aid",
)  # fmt: skip
"""Columns of a settlement that its refund has with the opposite sign."""


def preview(call: Call, found: Reckoning, mdtrt_id: str) -> dict[str, Any]:
    """The reply of a quote: nodes ``setlinfo`` (without ``setl_id``) and ``setldetail``."""
    return {"setlinfo": setlinfo(call, found, mdtrt_id, None), "setldetail": setldetail(found.result)}


def post(
    books: Books, call: Call, found: Reckoning, mdtrt_id: str, *, batch: str = "", mid: bool = False, invoice: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Settle: pay from the account, count for the year, enter the settlement. Marking the fees is the caller's matter.

    Returns the reply, nodes ``setlinfo`` and ``setldetail``.
    """
    setl_id = f"{AREA}S{books.next_number('settlement'):012d}"
    info, detail = setlinfo(call, found, mdtrt_id, setl_id), setldetail(found.result)
    result, insurance = found.result, found.claimant.insurance
    if found.family_of:
        _move_family(books, found.family_of, -cents(result.account))
    else:
        _move_own(books, insurance, -cents(result.account))
    counted = [
        cents(one) for one in (result.deductible, result.pool, result.large, result.own_burden, result.aid)
    ]
    books.run(
        "INSERT INTO accumulation VALUES (?,?,?,?,?,?,?,?,?) ON CONFLICT DO UPDATE SET deductible = deductible + excluded.deductible,"
        " pool = pool + excluded.pool, large = large + excluded.large, burden = burden + excluded.burden, aid = aid + excluded.aid",
        insurance["psn_no"], insurance["insutype"], call.now.year, found.care, *counted,
    )  # fmt: skip
    books.enter("settlement", {
        "setl_id": setl_id, "kind": "settlement", "state": "settled", "msgid": call.msgid, "infno": call.infno,
        "institution": call.institution.code, "psn_no": insurance["psn_no"], "insutype": insurance["insutype"], "area": insurance["area"],
        "year": call.now.year, "care": found.care, "clr_type": clearing_type(found.med_type), "mid": int(mid), "mdtrt_id": mdtrt_id,
        "chrg_bchno": batch, "setl_time": call.time, "total": cents(result.split.total), "fund": cents(result.fund),
        "person": cents(result.person), "hospital": cents(result.hospital), "account": cents(result.account), "family": cents(found.family),
        "family_of": found.family_of, "cash": cents(result.cash), "deductible": counted[0], "pool": counted[1], "large": counted[2],
        "burden": counted[3], "aid": counted[4], "setlinfo": to_json(info | {"invono": invoice}), "setldetail": to_json(detail),
        "opter": call.opter, "opter_name": call.opter_name, "entered": call.stamp, "changed": call.stamp, "state_before": "settled",
    })  # fmt: skip
    return {"setlinfo": info, "setldetail": detail}


def settlement_to_refund(books: Books, call: Call, infno: str) -> sqlite3.Row:
    """The settlement that a refund names; refuses a foreign one, one of another interface, or one undone already."""
    data = call.data
    row = books.one("SELECT * FROM settlement WHERE setl_id = ? AND kind = 'settlement'", data["setl_id"])
    if (
        row is None or row["mdtrt_id"] != data["mdtrt_id"] or row["institution"] != call.institution.code
        or row["psn_no"] != data["psn_no"] or row["infno"] != infno
    ):  # fmt: skip
        raise BureauRefusal(f"本次就诊下没有结算{data['setl_id']}")
    if row["state"] == "reversed" or (row["state"] == "refunded" and not call.allow_repeats):
        raise BureauRefusal(f"结算{data['setl_id']}此前已作废，不能再次办理")
    return row


def post_refund(books: Books, call: Call, row: sqlite3.Row) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Refund: everything restored, and a settlement with negative amounts entered. Returns its ``setlinfo`` and ``setldetail``."""
    restore(books, row)
    mark_settlement(books, call, row, "refunded")
    setl_id = f"{AREA}S{books.next_number('settlement'):012d}"
    info = negated(from_json(row["setlinfo"])) | {
        "setl_id": setl_id,
        "setl_time": call.time,
        "medins_setl_id": call.msgid,
        "balc": yuan(insurance_row(books, row)["balance"]),
    }
    detail = [one | {"fund_payamt": 0 - one["fund_payamt"]} for one in from_json(row["setldetail"])]
    books.enter("settlement", {
        **{name: row[name] for name in row.keys()},  # noqa: SIM118  # a Row is no dict
        **{name: -row[name] for name in SIGNED},
        "setl_id": setl_id, "kind": "refund", "state": "settled", "refund_of": row["setl_id"], "msgid": call.msgid, "infno": call.infno,
        "setl_time": call.time, "setlinfo": to_json(info), "setldetail": to_json(detail), "opter": call.opter,
        "opter_name": call.opter_name, "entered": call.stamp, "changed": call.stamp, "state_before": "settled",
    })  # fmt: skip
    return info, detail


def restore(books: Books, row: sqlite3.Row) -> None:
    """Give back what a settlement took: account, accumulations; its fees become unsettled."""
    if row["family_of"]:
        _move_family(books, row["family_of"], row["account"])
    else:
        _move_own(books, row, row["account"])
    books.run(
        "UPDATE accumulation SET deductible = deductible - ?, pool = pool - ?, large = large - ?, burden = burden - ?, aid = aid - ?"
        " WHERE psn_no = ? AND insutype = ? AND year = ? AND care = ?",
        row["deductible"], row["pool"], row["large"], row["burden"], row["aid"], row["psn_no"], row["insutype"], row["year"], row["care"],
    )  # fmt: skip
    books.run("UPDATE fee SET setl_id = NULL WHERE setl_id = ?", row["setl_id"])


def mark_settlement(books: Books, call: Call, row: sqlite3.Row, state: str) -> None:
    """Change the state of a settlement and remember the one before for queries that lag."""
    books.run(
        "UPDATE settlement SET state_before = state, state = ?, changed = ? WHERE setl_id = ?",
        state,
        call.stamp,
        row["setl_id"],
    )


def negated(info: Mapping[str, Any]) -> dict[str, Any]:
    """``setlinfo`` with every amount but the balance turned to its opposite (zero stays 0.00)."""
    return {
        name: (0 - value if name in AMOUNTS and isinstance(value, Decimal) else value)
        for name, value in info.items()
    }


def _move_own(books: Books, row: sqlite3.Row, amount: int) -> None:
    books.run(
        "UPDATE insurance SET balance = balance + ? WHERE psn_no = ? AND insutype = ? AND area = ?",
        amount, row["psn_no"], row["insutype"], row["area"],
    )  # fmt: skip


def _move_family(books: Books, psn_no: str, amount: int) -> None:
    books.run(
        "UPDATE insurance SET balance = balance + ? WHERE psn_no = ? AND insutype = '310' AND status = '1'",
        amount,
        psn_no,
    )
