"""Fee rows: 2204 upload, 2205 withdrawal, and sums of rows.

Each row is divided by the reimbursement model when it is entered; the price ceilings do not depend on later rows.
A settled batch takes no fees and gives none back; the other batches of its visit do.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

import attrs

from mi_plugins.sandbox.bureau.context import Call, Output, person_of, to_json, visit_of
from mi_plugins.sandbox.database import Books
from mi_plugins.sandbox.money import ZERO, cents, yuan
from mi_plugins.sandbox.price_list import Item, item_of
from mi_plugins.sandbox.refusal import BureauRefusal
from mi_plugins.sandbox.reimbursement import Split, split_item

__all__ = [
    "ALL_BATCHES",
    "MAX_ROWS",
    "Priced",
    "batch_split",
    "enter_fee",
    "price",
    "stay_split",
    "upload",
    "withdraw",
]

ALL_BATCHES: Final = "0000"
MAX_ROWS: Final = 100
PRICE_TOLERANCE: Final = Decimal("0.05")
"""Prices are derived by division, so price × quantity may miss the amount by a few cents."""
_SETTLED: Final = "SELECT 1 FROM fee WHERE mdtrt_id = ? AND chrg_bchno = ? AND setl_id IS NOT NULL"
NO_CEILING: Final = Decimal("999999.000000")


def upload(books: Books, call: Call) -> Output:
    """2204: enter fee rows of one visit, one or several batches; all of them or none."""
    rows: list[Mapping[str, Any]] = call.input["feedetail"]
    if len(rows) > MAX_ROWS:
        raise BureauRefusal(f"一次上传的明细不得多于{MAX_ROWS}条")
    first = rows[0]
    if any(row["mdtrt_id"] != first["mdtrt_id"] or row["psn_no"] != first["psn_no"] for row in rows):
        raise BureauRefusal("一次上传的明细须属于同一次就诊")
    person_of(books, first["psn_no"])
    visit = visit_of(books, call, first["mdtrt_id"], first["psn_no"])
    return {"result": [_enter_batch_row(books, call, visit["mdtrt_id"], row) for row in rows]}


def _enter_batch_row(books: Books, call: Call, mdtrt_id: str, row: Mapping[str, Any]) -> dict[str, Any]:
    if row["chrg_bchno"] == ALL_BATCHES:
        raise BureauRefusal(f"收费批次号不可使用{ALL_BATCHES}")
    if books.one(_SETTLED, mdtrt_id, row["chrg_bchno"]) is not None:
        raise BureauRefusal(f"收费批次{row['chrg_bchno']}已结算，不再接收费用明细")
    return enter_fee(books, call, mdtrt_id, price(row), batch=row["chrg_bchno"])


@attrs.frozen
class Priced:
    """A fee row as sent, and how the bureau divides it."""

    row: Mapping[str, Any]
    serial: str
    item: Item
    split: Split

    @property
    def result(self) -> dict[str, Any]:
        """The row of the reply (2204, 2301)."""
        return _result(self.row, self.serial, self.item, self.split)


def price(row: Mapping[str, Any]) -> Priced:
    """Divide a fee row; refuses one whose amount is not price × quantity."""
    serial = row["feedetl_sn"] if isinstance(row["feedetl_sn"], str) else str(int(row["feedetl_sn"]))
    amount = yuan(cents(row["det_item_fee_sumamt"]))
    quantity, unit = Decimal(row["cnt"]), Decimal(row["pric"])
    if abs(quantity * unit - amount) > PRICE_TOLERANCE:
        raise BureauRefusal(f"明细{serial}的金额与数量、单价相差过大")
    item = item_of(row["med_list_codg"])
    own_pay = item.is_own_pay(row.get("hosp_appr_flag") or "0")
    split = split_item(
        amount, quantity, item.grade, pre_self_pay_ratio=item.pre_self_pay, ceiling=item.ceiling, own_pay=own_pay,
        consumable=item.consumable,
    )  # fmt: skip
    return Priced(row, serial, item, split)


def enter_fee(books: Books, call: Call, mdtrt_id: str, priced: Priced, *, batch: str = "") -> dict[str, Any]:
    """Enter a row; returns the row of the reply. A serial number is used once per visit."""
    row, split, serial = priced.row, priced.split, priced.serial
    if books.one("SELECT 1 FROM fee WHERE mdtrt_id = ? AND feedetl_sn = ?", mdtrt_id, serial) is not None:
        raise BureauRefusal(f"费用明细流水号{serial}在本次就诊内已使用")
    result = priced.result
    books.enter("fee", {
        "mdtrt_id": mdtrt_id, "feedetl_sn": serial, "chrg_bchno": batch, "init_sn": row.get("init_feedetl_sn") or None,
        "med_list_codg": row["med_list_codg"], "total": cents(split.total), "own_pay": cents(split.own_pay),
        "over_limit": cents(split.over_limit), "pre_self_pay": cents(split.pre_self_pay), "in_scope": cents(split.in_scope),
        "hospital": cents(split.hospital), "content": to_json(dict(row)), "result": to_json(result), "opter": call.opter,
        "opter_name": call.opter_name, "opt_time": call.time,
    })  # fmt: skip
    return result


def _result(row: Mapping[str, Any], serial: str, item: Item, split: Split) -> dict[str, Any]:
    return {
        "feedetl_sn": serial,
        "det_item_fee_sumamt": split.total,
        "cnt": Decimal(row["cnt"]).quantize(Decimal("0.0001")),
        "pric": Decimal(row["pric"]).quantize(Decimal("0.000001")),
        "pric_uplmt_amt": item.ceiling if item.ceiling is not None else NO_CEILING,
        "selfpay_prop": item.self_pay_ratio,
        "fulamt_ownpay_amt": split.own_pay,
        "overlmt_amt": split.over_limit,
        "preselfpay_amt": split.pre_self_pay,
        "inscp_scp_amt": split.in_scope,
        "chrgitm_lv": item.grade,
        "med_chrgitm_type": item.charge_type,
        "bas_medn_flag": "1" if item.basic else "0",
        "hi_nego_drug_flag": "0",
        "chld_medc_flag": "0",
        "list_sp_item_flag": "0",
        "lmt_used_flag": "1" if item.limited else "0",
        "drt_reim_flag": "0",
        "memo": "按自费处理" if split.own_pay else None,
        "exp_content": None,
    }


def withdraw(books: Books, call: Call) -> Output:
    """2205: remove the unsettled fees of a batch, or of all batches with ``0000`` (also when there are none)."""
    data = call.data
    visit = visit_of(books, call, data["mdtrt_id"], data["psn_no"])
    mdtrt_id, batch = visit["mdtrt_id"], data["chrg_bchno"]
    if batch == ALL_BATCHES:
        books.run("DELETE FROM fee WHERE mdtrt_id = ? AND setl_id IS NULL", mdtrt_id)
        return None
    if books.one(_SETTLED, mdtrt_id, batch) is not None:
        raise BureauRefusal(f"收费批次{batch}已参与结算，明细不可撤回")
    if not books.run("DELETE FROM fee WHERE mdtrt_id = ? AND chrg_bchno = ?", mdtrt_id, batch):
        raise BureauRefusal(f"收费批次{batch}下没有费用明细")
    return None


def batch_split(books: Books, call: Call, mdtrt_id: str, batch: str) -> Split:
    """The divided sum of a batch's fees. Refuses a batch without fees, one settled already, or a negative sum."""
    row = books.one(f"{_SUMS} FROM fee WHERE mdtrt_id = ? AND chrg_bchno = ?", mdtrt_id, batch)
    if row is None or not row["rows"]:
        raise BureauRefusal(f"收费批次{batch}未上传费用明细，无法结算")
    if row["settled"] and not call.allow_repeats:
        raise BureauRefusal(f"收费批次{batch}已完成结算，请勿重复办理")
    return split_of(row, f"收费批次{batch}")


def stay_split(books: Books, mdtrt_id: str, setl_id: str | None) -> Split | None:
    """The divided sum of a stay's fees of a settlement (``None``: of those that are not settled); ``None`` without any."""
    row = books.one(f"{_SUMS} FROM fee WHERE mdtrt_id = ? AND setl_id IS ?", mdtrt_id, setl_id)
    return split_of(row, "本次住院") if row is not None and row["rows"] else None


def split_of(row: sqlite3.Row, what: str) -> Split:
    """Sums of the database as amounts; refuses when corrections exceed what they correct."""
    parts = ("total", "own_pay", "over_limit", "pre_self_pay", "in_scope", "hospital")
    split = Split(*(yuan(row[name]) for name in parts))
    if min(split.total, split.own_pay, split.over_limit, split.pre_self_pay, split.in_scope) < ZERO:
        raise BureauRefusal(f"{what}冲减后的金额为负，请核对退费明细")
    return split


_SUMS: Final = (
    "SELECT count(*) AS rows, count(setl_id) AS settled, sum(total) AS total, sum(own_pay) AS own_pay,"
    " sum(over_limit) AS over_limit, sum(pre_self_pay) AS pre_self_pay, sum(in_scope) AS in_scope, sum(hospital) AS hospital"
)
