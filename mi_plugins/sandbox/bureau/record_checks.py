"""What the bureau checks of any record that is uploaded: the person, the visit, the settlement and the period it names.

They are found by the names of the fields, which are the same in every interface.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any, Final

from mi_plugins.sandbox.bureau.context import Call, person_of
from mi_plugins.sandbox.database import Books
from mi_plugins.sandbox.refusal import BureauRefusal
from mi_plugins.sandbox.sums import plain_name

__all__ = ["check_row", "own_settlement", "own_visit", "plainly"]

_PERIODS: Final = (
    ("begndate", "enddate"),
    ("begntime", "endtime"),
    ("startdate", "enddate"),
    ("startclrym", "endclrym"),
)


def plainly(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row's scalars that are given, by plain name."""
    return {
        plain_name(name): value
        for name, value in row.items()
        if value not in (None, "") and not isinstance(value, (Mapping, list))
    }


def check_row(books: Books, call: Call, row: Mapping[str, Any]) -> None:
    """Refuse an unknown person or one of another name, a visit or settlement that is not the institution's, a wrong period."""
    said = plainly(row)
    psn_no = str(said.get("psnno", ""))
    if psn_no:
        _check_person(person_of(books, psn_no), said)
    if "mdtrtid" in said:
        own_visit(books, call, str(said["mdtrtid"]), psn_no)
    if "setlid" in said:
        own_settlement(books, call, str(said["setlid"]), psn_no, str(said.get("mdtrtid", "")))
    if said.get("fixmedinscode", call.institution.code) not in books.institutions:
        raise BureauRefusal(f"机构{said['fixmedinscode']}未在本中心备案")
    for first, last in _PERIODS:
        if first in said and last in said and str(said[first])[:10] > str(said[last])[:10]:
            raise BureauRefusal("开始日期晚于结束日期")


def _check_person(person: sqlite3.Row, said: Mapping[str, Any]) -> None:
    for name, column in (("certno", "certno"), ("psnname", "name"), ("patnname", "name")):
        if name in said and said[name] != person[column]:
            raise BureauRefusal("证件号码或姓名与参保登记不一致")


def own_visit(books: Books, call: Call, mdtrt_id: str, psn_no: str = "") -> sqlite3.Row:
    """The institution's visit, open or discharged; refuses a foreign one and one of somebody else."""
    row = books.one("SELECT * FROM visit WHERE mdtrt_id = ?", mdtrt_id)
    if row is None or row["institution"] != call.institution.code or row["state"] == "cancelled":
        raise BureauRefusal(f"本机构下查无就诊{mdtrt_id}")
    if psn_no and row["psn_no"] != psn_no:
        raise BureauRefusal(f"就诊{mdtrt_id}登记的不是该人员")
    return row


def own_settlement(
    books: Books, call: Call, setl_id: str, psn_no: str = "", mdtrt_id: str = ""
) -> sqlite3.Row:
    """The institution's settlement that counts; refuses one that was taken back."""
    row = books.one("SELECT * FROM settlement WHERE setl_id = ? AND kind = 'settlement'", setl_id)
    if row is None or row["institution"] != call.institution.code or row["state"] == "reversed":
        raise BureauRefusal(f"本机构下查无结算{setl_id}")
    if (psn_no and row["psn_no"] != psn_no) or (mdtrt_id and row["mdtrt_id"] != mdtrt_id):
        raise BureauRefusal(f"结算{setl_id}不属于该人员或该就诊")
    if row["state"] == "refunded":
        raise BureauRefusal(f"结算{setl_id}已撤销")
    return row
