"""Settlement lists (医疗保障基金结算清单): upload, state, query, quality check, count (4101–4105).

A list belongs to one live settlement. While it is not handed in (``stas_type`` 0) it may be uploaded again; once handed in
(1) neither the list nor its state changes. The quality check is the sandbox's own: one main diagnosis, and fund payments
that are those of the settlement.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from mi_plugins.sandbox.bureau.context import Call, Output, from_json, person_of
from mi_plugins.sandbox.bureau.desk import Desk
from mi_plugins.sandbox.bureau.people import age_on
from mi_plugins.sandbox.bureau.record_checks import check_row, own_settlement, plainly
from mi_plugins.sandbox.bureau.record_rules import page_of
from mi_plugins.sandbox.bureau.records import Record, find, keep, live, rewrite, rows_of, view
from mi_plugins.sandbox.database import Books
from mi_plugins.sandbox.money import ZERO, yuan
from mi_plugins.sandbox.refusal import BureauRefusal

__all__ = ["DESKS", "LIST", "Listed", "faults_of", "lists_of_month"]

LIST: Final = "settlement list"
_PARTS: Final = ("payinfo", "opspdiseinfo", "diseinfo", "oprninfo", "icuinfo", "bldinfo")
_LEVELS: Final = {"01": "item_claa_sumfee", "02": "item_clab_amt", "03": "item_fulamt_ownpay_amt"}

Listed = tuple[Record, sqlite3.Row]
"""A list and the settlement it is about."""


def _upload(books: Books, call: Call) -> Output:
    """4101."""
    said = call.input["setlinfo"]
    check_row(books, call, said)
    there = live(books, call, LIST, (said["setl_id"],))
    content = {"stas_type": "0", **{n: v for n, v in call.input.items() if n != "setlinfo"}, **said}
    if there is None:
        number = f"{books.next_number('settlement list'):09d}"
        keep(books, call, LIST, (said["setl_id"],), {**content, "setl_list_id": number})
        return {"data": {"setl_list_id": number}}
    number = there.content["setl_list_id"]
    if there.content["stas_type"] != "0" and any(
        there.content.get(n) != v for n, v in content.items() if n != "stas_type"
    ):
        raise BureauRefusal("该结算的清单已提交，不可修改")
    rewrite(books, call, there, {**content, "stas_type": there.content["stas_type"]})
    return {"data": {"setl_list_id": number}}


def _change_state(books: Books, call: Call) -> Output:
    """4102: hand in; what is handed in stays so."""
    for row in rows_of(call.input, "data.stastinfo"):
        check_row(books, call, row)
        there = _list_of(books, call, row)
        if there.content["stas_type"] == "1":
            raise BureauRefusal("清单已提交，状态不可再变更")
        rewrite(books, call, there, {"stas_type": row["stas_type"]})
    return None


def _list_of(books: Books, call: Call, row: Mapping[str, Any]) -> Record:
    there = live(books, call, LIST, (row["setl_id"],))
    if there is None or there.psn_no != row["psn_no"]:
        raise BureauRefusal("该结算没有上传清单")
    return there


def _tell(books: Books, call: Call) -> Output:
    """4103: the list with what the bureau knows of the settlement."""
    asked = call.data
    setl = own_settlement(books, call, asked["setl_id"], asked["psn_no"])
    there = _list_of(books, call, asked)
    said, info = there.content, from_json(setl["setlinfo"])
    person = person_of(books, asked["psn_no"])
    own = info["fulamt_ownpay_amt"]
    visit = books.one("SELECT * FROM visit WHERE mdtrt_id = ?", setl["mdtrt_id"])
    assert visit is not None
    ids = {"setl_id": setl["setl_id"], "mdtrt_id": setl["mdtrt_id"], "psn_no": setl["psn_no"]}
    parts = {name: [{**ids, **one} for one in said.get(name) or []] for name in _PARTS}
    return {
        "setlinfo": view(books, there) | {
            "setl_list_sn": said["setl_list_id"], "insutype": setl["insutype"], "insu_admdvs": setl["area"],
            "hi_setl_lv": call.institution.hosp_lv, "patn_cert_type": "01", "naty": "01",
            "age": int(age_on(person["brdy"], call.now.date())),
            "psn_ownpay": own, "psn_selfpay": yuan(setl["person"]) - own, "acct_pay": yuan(setl["account"]),
            "psn_cashpay": yuan(setl["cash"]),
            "adm_time": said.get("adm_time") or visit["begntime"], "dscg_time": said.get("dscg_time") or visit["endtime"],
            "diag_code_cnt": len(parts["diseinfo"]), "oprn_oprt_code_cnt": len(parts["oprninfo"]),
        },
        **parts, "iteminfo": _items(books, setl, ids), "drgAppyinfo": [],
    }  # fmt: skip


def _items(books: Books, setl: sqlite3.Row, ids: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Fees by kind of charge, divided by the level of the catalogue."""
    found: dict[str, dict[str, Any]] = {}
    for fee in books.all("SELECT total, result FROM fee WHERE setl_id = ?", setl["setl_id"]):
        result = from_json(fee["result"])
        kind = str(result.get("med_chrgitm_type") or "14")
        row = found.setdefault(kind, {
            **ids, "med_chrgitm_type": kind, "item_sumamt": ZERO, "item_claa_sumfee": ZERO, "item_clab_amt": ZERO,
            "item_fulamt_ownpay_amt": ZERO, "item_ownpay_amt": ZERO,
        })  # fmt: skip
        row["item_sumamt"] += yuan(fee["total"])
        row[_LEVELS.get(str(result.get("chrgitm_lv")), "item_ownpay_amt")] += yuan(fee["total"])
    return list(found.values())


def lists_of_month(books: Books, call: Call, month: str) -> list[Listed]:
    """Lists of this institution whose settlement is of that month (``yyyyMM``) and still counts."""
    found = []
    for one in find(books, call, (LIST,)):
        setl = books.one("SELECT * FROM settlement WHERE setl_id = ? AND state = 'settled'", one.setl_id)
        if setl is not None and setl["setl_time"][:7].replace("-", "") == month:
            found.append((one, setl))
    return found


def faults_of(one: Record, setl: sqlite3.Row) -> list[dict[str, Any]]:
    """What the quality check finds: a row for each fault."""
    said, found = one.content, []
    main = sum(1 for row in said.get("diseinfo") or [] if row.get("maindiag_flag") == "1")
    if main != 1:
        found.append(("diseinfo.maindiag_flag", f"主诊断须有且只有一个，实际{main}个", str(main)))
    paid = sum((Decimal(row["fund_payamt"]) for row in said.get("payinfo") or []), ZERO)
    if paid != yuan(setl["fund"]):
        found.append(
            ("payinfo.fund_payamt", f"基金支付合计{paid:f}与结算{yuan(setl['fund']):f}不符", f"{paid:f}")
        )
    return [
        {"exam_data_fld": field, "qltctrl_chk_rslt": text, "err_lv": "1", "retn_flag": "1", "init_val": value}
        for field, text, value in found
    ]


def _quality(books: Books, call: Call) -> Output:
    """4104, and 3607 with a node of its own."""
    asked = plainly(call.data)
    rows = []
    for one, setl in lists_of_month(books, call, asked["setlym"]):
        faults = faults_of(one, setl)
        row = view(books, one) | {
            "setlym": asked["setlym"], "qltctrlrslt": "0" if faults else "1", "errlv": "1" if faults else "0",
            "retnflag": "1" if faults else "0", "qltctrlver": "1.0", "certno": view(books, one)["certno"], "grpstas": "1",
            "qltctrltime": one.updated, "detailinfo": faults, "detl_list": faults,
        }  # fmt: skip
        chosen = (
            asked.get(name) in (None, row.get(name)) for name in ("setlid", "psnno", "errlv", "retnflag")
        )
        if all(chosen):
            rows.append(row)
    shown = page_of(asked, rows)
    return {"data": shown} if call.infno == "3607" else shown


def _count(books: Books, call: Call) -> Output:
    """4105: live settlements of these kinds of care in the period, and how many of them have a list."""
    asked = call.data
    if asked["fixmedins_code"] != call.institution.code:
        raise BureauRefusal("只能统计本机构的结算清单")
    rows = books.all(
        "SELECT s.setl_id, v.med_type FROM settlement s JOIN visit v USING (mdtrt_id) WHERE s.institution = ? AND s.kind = 'settlement'"
        " AND s.state = 'settled' AND s.entered <= ? AND s.setl_time BETWEEN ? AND ?",
        call.institution.code, call.horizon, asked["stt_begntime"], asked["stt_endtime"],
    )  # fmt: skip
    wanted = {row["setl_id"] for row in rows if row["med_type"] in asked["medtype_list"]}
    uploaded = {one.setl_id for one in find(books, call, (LIST,))}
    return {"needUploadCnt": len(wanted), "uploadedCnt": len(wanted & uploaded)}


DESKS: Final[Mapping[str, Desk]] = {
    "4101": Desk(_upload, partial=True),
    "4102": Desk(_change_state),
    "4103": Desk(_tell, writes=False, partial=True),
    "4104": Desk(_quality, writes=False, partial=True),
    "4105": Desk(_count, writes=False, partial=True),
    "3607": Desk(_quality, writes=False, partial=True),
}
