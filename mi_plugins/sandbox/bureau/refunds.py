"""Undoing a settlement: 2208 refund (leaves a settlement with negative amounts) and 2601 reversal by message id."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any, Final

from mi_plugins.sandbox.bureau.amounts import AMOUNTS
from mi_plugins.sandbox.bureau.context import Call, Output, from_json, person_of, to_json, visit_of
from mi_plugins.sandbox.database import Books
from mi_plugins.sandbox.head import AREA
from mi_plugins.sandbox.money import yuan
from mi_plugins.sandbox.refusal import BureauRefusal

__all__ = ["REVERSIBLE", "negated", "refund", "reverse"]

REVERSIBLE: Final = ("2102", "2207", "2304", "2401")


def refund(books: Books, call: Call) -> Output:
    """2208: cancel a settlement; account and accumulations are restored, its fees become unsettled again."""
    data = call.data
    visit_of(books, call, data["mdtrt_id"], data["psn_no"])
    row = books.one("SELECT * FROM settlement WHERE setl_id = ? AND kind = 'settlement'", data["setl_id"])
    if row is None or row["mdtrt_id"] != data["mdtrt_id"] or row["institution"] != call.institution.code:
        raise BureauRefusal(f"本次就诊下没有结算{data['setl_id']}")
    if row["state"] != "settled":
        raise BureauRefusal(f"结算{data['setl_id']}此前已作废，不能再次办理")
    _restore(books, row)
    books.run("UPDATE settlement SET state = 'refunded' WHERE setl_id = ?", row["setl_id"])
    setl_id = f"{AREA}S{books.next_number('settlement'):012d}"
    info = _refund_info(books, call, row, setl_id)
    detail = [one | {"fund_payamt": 0 - one["fund_payamt"]} for one in from_json(row["setldetail"])]
    refunded = dict(zip(row.keys(), tuple(row), strict=True)) | {
        "setl_id": setl_id, "kind": "refund", "state": "settled", "refund_of": row["setl_id"], "msgid": call.msgid,
        "setl_time": call.time, "setlinfo": to_json(info), "setldetail": to_json(detail), "opter": call.opter,
        "opter_name": call.opter_name,
    }  # fmt: skip
    for name in (
        "total",
        "fund",
        "person",
        "hospital",
        "account",
        "family",
        "cash",
        "deductible",
        "pool",
        "large",
        "burden",
        "aid",
    ):
        refunded[name] = -refunded[name]
    marks = ",".join("?" * len(refunded))
    books.run(f"INSERT INTO settlement VALUES ({marks})", *refunded.values())  # noqa: S608  # only question marks
    reply = {name: value for name, value in info.items() if name not in ("psn_cash_pay", "invono")}
    reply["pdn_cash_pay"] = info["psn_cash_pay"]
    return {"setlinfo": reply, "setldetail": detail}


def reverse(books: Books, call: Call) -> Output:
    """2601: undo what the message ``omsgid`` did, as if it had not been. Doing it again succeeds and changes nothing."""
    asked = call.data
    if asked["oinfno"] not in REVERSIBLE:
        raise BureauRefusal(f"交易{asked['oinfno']}不支持冲正")
    person_of(books, asked["psn_no"])
    done = books.all(
        "SELECT * FROM execution WHERE msgid = ? AND infno = ? AND institution = ? AND psn_no = ?",
        asked["omsgid"], asked["oinfno"], call.institution.code, asked["psn_no"],
    )  # fmt: skip
    if not done:
        raise BureauRefusal("未检索到与原报文对应的业务，无可冲正内容")
    if asked["oinfno"] == "2207":
        for row in books.all(
            "SELECT * FROM settlement WHERE msgid = ? AND institution = ? AND psn_no = ? AND kind = 'settlement'",
            asked["omsgid"], call.institution.code, asked["psn_no"],
        ):  # fmt: skip
            if row["state"] == "refunded":
                raise BureauRefusal("原结算已办理撤销，不能再冲正")
            if row["state"] == "settled":
                _restore(books, row)
                books.run("UPDATE settlement SET state = 'reversed' WHERE setl_id = ?", row["setl_id"])
    books.run(
        "UPDATE execution SET state = 'reversed' WHERE msgid = ? AND infno = ?",
        asked["omsgid"],
        asked["oinfno"],
    )
    return None


def _restore(books: Books, row: sqlite3.Row) -> None:
    if row["account"] and row["family_of"]:
        books.run(
            "UPDATE insurance SET balance = balance + ? WHERE psn_no = ? AND insutype = '310' AND status = '1'",
            row["account"], row["family_of"],
        )  # fmt: skip
    elif row["account"]:
        books.run(
            "UPDATE insurance SET balance = balance + ? WHERE psn_no = ? AND insutype = ? AND area = ?",
            row["account"], row["psn_no"], row["insutype"], row["area"],
        )  # fmt: skip
    books.run(
        "UPDATE accumulation SET deductible = deductible - ?, pool = pool - ?, large = large - ?, burden = burden - ?, aid = aid - ?"
        " WHERE psn_no = ? AND insutype = ? AND year = ?",
        row["deductible"], row["pool"], row["large"], row["burden"], row["aid"], row["psn_no"], row["insutype"], row["year"],
    )  # fmt: skip
    books.run("UPDATE fee SET setl_id = NULL WHERE setl_id = ?", row["setl_id"])


def negated(info: Mapping[str, Any]) -> dict[str, Any]:
    """``setlinfo`` with every amount but the balance turned to its opposite (zero stays 0.00)."""
    return {name: (0 - value if name in AMOUNTS else value) for name, value in info.items()}


def _refund_info(books: Books, call: Call, row: sqlite3.Row, setl_id: str) -> dict[str, Any]:
    account = books.one(
        "SELECT balance FROM insurance WHERE psn_no = ? AND insutype = ? AND area = ?",
        row["psn_no"],
        row["insutype"],
        row["area"],
    )
    assert account is not None
    info = negated(from_json(row["setlinfo"]))
    return info | {
        "setl_id": setl_id,
        "setl_time": call.time,
        "medins_setl_id": call.msgid,
        "balc": yuan(account["balance"]),
    }
