"""Electronic vouchers (4901, 4902, 4905, 5501) and fees of people who pay themselves (4261–4263).

A voucher's number is uploaded once. One of a settlement must have its person and its total (``certSetlType`` 1); what
does not agree is kept as failed and told by 4902, and uploaded again by 4905, which makes the old one red (冲红). The file
beside it is kept unopened: there must be one.

4261 keeps a visit of somebody who pays alone, with its fees; 4262 compares the sum, 4263 tells what did not agree.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from mi_plugins.sandbox.bureau.context import Call, Output
from mi_plugins.sandbox.bureau.desk import Desk
from mi_plugins.sandbox.bureau.record_checks import own_settlement
from mi_plugins.sandbox.bureau.records import Record, find, keep, live, rewrite, withdraw
from mi_plugins.sandbox.database import Books
from mi_plugins.sandbox.money import ZERO, yuan
from mi_plugins.sandbox.refusal import BureauRefusal

__all__ = ["DESKS"]

VOUCHER, SELF_PAID = "voucher", "self-paid visit"
MAX_VOUCHERS: Final = 100


def _own(call: Call) -> None:
    if call.input["fixmedinsCode"] != call.institution.code:
        raise BureauRefusal("定点医疗机构编号不是本机构")


def _rows(call: Call, node: str) -> list[Mapping[str, Any]]:
    _own(call)
    rows: list[Mapping[str, Any]] = call.input[node]
    if len(rows) != int(call.input["elecSetlCertCnt"]) or not 0 < len(rows) <= MAX_VOUCHERS:
        raise BureauRefusal(f"凭证数量与明细不一致，或不在1至{MAX_VOUCHERS}之间")
    numbers = [row["elecSetlCertNo"] for row in rows]
    if len(set(numbers)) < len(numbers):
        raise BureauRefusal("同一批次内凭证号码重复")
    return rows


def _fault(books: Books, call: Call, row: Mapping[str, Any]) -> str:
    """Why a voucher does not agree with its settlement; ``""`` when it does."""
    if row["certSetlType"] != "1":
        return ""
    try:
        setl = own_settlement(books, call, str(row.get("setlId") or ""), str(row.get("psnNo") or ""))
    except BureauRefusal as refusal:
        return str(refusal)
    if Decimal(row["medfeeSumamt"]) != yuan(setl["total"]):
        return f"凭证金额与结算医疗费总额{yuan(setl['total']):f}不符"
    return ""


def _keep(books: Books, call: Call, row: Mapping[str, Any]) -> None:
    fault = _fault(books, call, row)
    keep(books, call, VOUCHER, (row["elecSetlCertNo"],), {
        **row, "upldBchno": call.input["upldBchno"], "bizStsb": call.input["bizStsb"], "ftfileSavRslt": "1",
        "chkRslt": "2" if fault else "1",
        "savFaleRea": fault or None, "rhredFlag": "0", "reimFlag": "1" if row["certSetlType"] == "1" and not fault else "0",
    })  # fmt: skip


def _upload(books: Books, call: Call) -> Output:
    """4901: a batch, each number once."""
    rows = _rows(call, "upldDetlList")
    if any(one.content["upldBchno"] == call.input["upldBchno"] for one in find(books, call, (VOUCHER,))):
        raise BureauRefusal(f"上传批次{call.input['upldBchno']}已存在")
    for row in rows:
        if live(books, call, VOUCHER, (row["elecSetlCertNo"],)) is not None:
            raise BureauRefusal(f"凭证{row['elecSetlCertNo']}已上传，更正请用重新上传")
        _keep(books, call, row)
    return None


def _upload_again(books: Books, call: Call) -> Output:
    """4905: in the place of one that was uploaded."""
    for row in _rows(call, "reUploadDetlDTOList"):
        old = live(books, call, VOUCHER, (row["initElecSetlCertNo"],))
        if old is None:
            raise BureauRefusal(f"原凭证{row['initElecSetlCertNo']}未上传")
        withdraw(books, call, old)
        if row["elecSetlCertNo"] != row["initElecSetlCertNo"]:
            if live(books, call, VOUCHER, (row["elecSetlCertNo"],)) is not None:
                raise BureauRefusal(f"凭证{row['elecSetlCertNo']}已上传")
            keep(
                books,
                call,
                f"{VOUCHER} red",
                (row["initElecSetlCertNo"],),
                {**old.content, "rhredFlag": "1", "reimFlag": "0"},
            )
        _keep(books, call, row)
    return None


def _batch(books: Books, call: Call) -> Output:
    """4902: every voucher of a batch."""
    _own(call)
    rows = [
        dict(one.content)
        for one in find(books, call, (VOUCHER,))
        if one.content["upldBchno"] == call.input["upldBchno"]
    ]
    if not rows:
        raise BureauRefusal(f"没有上传批次{call.input['upldBchno']}")
    return list(rows)


def _state(books: Books, call: Call) -> Output:
    """5501: one voucher."""
    _own(call)
    number, code = call.input["elecSetlCertNo"], call.input.get("elecSetlCertCode")
    for kind in (VOUCHER, f"{VOUCHER} red"):
        found = live(books, call, kind, (number,))
        if found is not None and code in (None, "", found.content.get("elecSetlCertCode")):
            return dict(found.content)
    raise BureauRefusal(f"没有上传凭证{number}")


def _self_paid(books: Books, call: Call) -> Output:
    """4261: a visit with diagnoses and fees; ``upType`` 0 as a whole, 1 adds to and replaces rows of one that is there."""
    said = call.input
    visit = said["fmiOwnpayPatnMdtrtDDTO"][0]
    fees = list(said["fmiOwnpayPatnFeeListDDTO"])
    there = live(books, call, SELF_PAID, (visit["mdtrtId"],))
    if said["upType"] == "1" and there is None:
        raise BureauRefusal("更新上传前须先全量上传")
    if there is not None and said["upType"] == "1":
        sent = {row["bkkpSn"] for row in fees}
        fees = [row for row in there.content["fees"] if row["bkkpSn"] not in sent] + fees
    content = {**visit, "fees": [row for row in fees if row.get("valiFlag", "1") != "0"], "stated": None}
    if there is None:
        keep(books, call, SELF_PAID, (visit["mdtrtId"],), content)
    elif visit.get("valiFlag") == "0":
        withdraw(books, call, there)
    else:
        rewrite(books, call, there, content)
    return {"code": "0", "type": "success", "message": "成功", "data": None}


def _sum(record: Record) -> Decimal:
    return sum((Decimal(row["detItemFeeSumamt"]) for row in record.content["fees"]), ZERO)


def _compare(books: Books, call: Call) -> Output:
    """4262: the sum of the fees against the institution's."""
    there = live(books, call, SELF_PAID, (call.input["mdtrtId"],))
    if there is None:
        raise BureauRefusal("没有上传该自费就诊")
    stated, ours = Decimal(call.input["totalFeeSumamt"]), _sum(there)
    rewrite(books, call, there, {"stated": stated})
    result = (
        {"stmtResult": "1", "stmtRema": "一致"}
        if stated == ours
        else {"stmtResult": "0", "stmtRema": f"已上传合计{ours:f}"}
    )
    return {"code": "0", "type": "success", "message": "成功", "data": result}


def _differing(books: Books, call: Call) -> Output:
    """4263: visits whose sum did not agree when it was compared."""
    asked = call.input
    rows = [
        dict(one.content) for one in find(books, call, (SELF_PAID,))
        if one.content["stated"] is not None and Decimal(one.content["stated"]) != _sum(one)
        and asked.get("mdtrtId") in (None, "", one.content["mdtrtId"]) and asked.get("certno") in (None, "", one.content["certno"])
    ]  # fmt: skip
    number, size = int(asked["pageNum"]), max(int(asked["pageSize"]), 1)
    first = (number - 1) * size
    shown = rows[first : first + size]
    page = {
        "pageNum": number, "pageSize": size, "size": len(shown), "startRow": first + 1 if shown else 0, "endRow": first + len(shown),
        "pages": -(-len(rows) // size), "recordCounts": len(rows), "Data": shown,
    }  # fmt: skip
    return {"code": "0", "type": "success", "message": "成功", "data": [page]}


DESKS: Final[Mapping[str, Desk]] = {
    "4901": Desk(_upload),
    "4902": Desk(_batch, writes=False, partial=True),
    "4905": Desk(_upload_again),
    "5501": Desk(_state, writes=False, partial=True),
    "4261": Desk(_self_paid, partial=True),
    "4262": Desk(_compare, partial=True),
    "4263": Desk(_differing, writes=False, partial=True),
}
