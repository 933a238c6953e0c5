"""Fees of a stay: 2301 upload and 2302 withdrawal. Unlike outpatient fees they have no batch.

A return is a row with a negative amount that names the row it takes back (``init_feedetl_sn``).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from mi_plugins.sandbox.bureau.context import Call, Output, from_json, visit_of
from mi_plugins.sandbox.bureau.fees import MAX_ROWS, Priced, enter_fee, price
from mi_plugins.sandbox.database import Books
from mi_plugins.sandbox.money import yuan
from mi_plugins.sandbox.refusal import BureauRefusal

__all__ = ["ALL_ROWS", "upload_fees", "withdraw_fees"]

ALL_ROWS: Final = "0000"


def upload_fees(books: Books, call: Call) -> Output:
    """2301: enter fee rows of one stay while the person is in hospital; all of them or none."""
    rows: list[Mapping[str, Any]] = call.input["feedetail"]
    if len(rows) > MAX_ROWS:
        raise BureauRefusal(f"一次上传的明细不得多于{MAX_ROWS}条")
    visit = _stay(books, call, rows)
    return {"result": [_enter(books, call, visit, row) for row in rows]}


def _enter(books: Books, call: Call, visit: sqlite3.Row, row: Mapping[str, Any]) -> dict[str, Any]:
    priced = price(row)
    if row["med_type"] != visit["med_type"]:
        raise BureauRefusal(f"明细{priced.serial}的医疗类别[med_type]与住院登记不同")
    if priced.serial == ALL_ROWS:
        raise BureauRefusal(f"费用明细流水号不可使用{ALL_ROWS}")
    if row.get("init_feedetl_sn"):
        _check_return(books, visit["mdtrt_id"], priced)
    return enter_fee(books, call, visit["mdtrt_id"], priced)


def _check_return(books: Books, mdtrt_id: str, priced: Priced) -> None:
    original = str(priced.row["init_feedetl_sn"])
    first = books.one("SELECT * FROM fee WHERE mdtrt_id = ? AND feedetl_sn = ?", mdtrt_id, original)
    if first is None or first["med_list_codg"] != priced.row["med_list_codg"]:
        raise BureauRefusal(f"退单明细{priced.serial}所指的原费用{original}不存在或不是同一项目")
    returned = books.all(
        "SELECT total, content FROM fee WHERE mdtrt_id = ? AND init_sn = ?", mdtrt_id, original
    )
    count = Decimal(from_json(first["content"])["cnt"]) + sum(
        Decimal(from_json(one["content"])["cnt"]) for one in returned
    )
    amount = yuan(first["total"] + sum(one["total"] for one in returned))
    if (
        Decimal(priced.row["cnt"]) >= 0
        or count + Decimal(priced.row["cnt"]) < 0
        or amount + priced.split.total < 0
    ):
        raise BureauRefusal(f"退单明细{priced.serial}须为负数，且累计不超过原费用{original}")


def withdraw_fees(books: Books, call: Call) -> Output:
    """2302: remove unsettled rows by serial number, or all of them with ``0000`` (also when there are none)."""
    rows: list[Mapping[str, Any]] = call.input["data"]
    mdtrt_id = _stay(books, call, rows)["mdtrt_id"]
    for row in rows:
        serial = row["feedetl_sn"]
        if serial == ALL_ROWS:
            books.run("DELETE FROM fee WHERE mdtrt_id = ? AND setl_id IS NULL", mdtrt_id)
            continue
        fee = books.one("SELECT setl_id FROM fee WHERE mdtrt_id = ? AND feedetl_sn = ?", mdtrt_id, serial)
        if fee is None:
            raise BureauRefusal(f"费用明细{serial}不存在")
        if fee["setl_id"] is not None:
            raise BureauRefusal(f"费用明细{serial}已参与结算，不可撤销")
        books.run("DELETE FROM fee WHERE mdtrt_id = ? AND feedetl_sn = ?", mdtrt_id, serial)
    orphan = books.one(
        "SELECT feedetl_sn FROM fee AS f WHERE mdtrt_id = ? AND init_sn IS NOT NULL AND NOT EXISTS"
        " (SELECT 1 FROM fee WHERE mdtrt_id = f.mdtrt_id AND feedetl_sn = f.init_sn)",
        mdtrt_id,
    )
    if orphan is not None:
        raise BureauRefusal(f"退单明细{orphan['feedetl_sn']}的原费用不可单独撤销，请一并撤销")
    return None


def _stay(books: Books, call: Call, rows: list[Mapping[str, Any]]) -> sqlite3.Row:
    first = rows[0]
    if any(row["mdtrt_id"] != first["mdtrt_id"] or row["psn_no"] != first["psn_no"] for row in rows):
        raise BureauRefusal("一次提交的明细须属于同一次住院")
    visit = visit_of(books, call, first["mdtrt_id"], first["psn_no"], "inpatient")
    if visit["state"] != "open":
        raise BureauRefusal("该次住院已办理出院，费用明细不可变动，须先撤销出院")
    return visit
