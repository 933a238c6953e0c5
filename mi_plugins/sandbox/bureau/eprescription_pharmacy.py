"""The pharmacy's side of electronic prescriptions: 7201–7210 (7211: :mod:`eprescription_catalogue`).

A pharmacy gets a token for a prescription (7201 with the patient's voucher, 7202 for one that was sent to it online, 7203
from the code on paper: ``SBXRX`` + trace code), fetches it (7204), verifies its file (7205), has its pharmacist review it
(7206, told to the hospital by 7108) and hands drugs out (7207). Paid by the patient alone (``hiFeesetlFlag`` 0) it is used
at once; otherwise when 2102 settles rows with its number (``rx_circ_flag`` 1, ``rxno``). Both are told by 7109.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any, Final

from mi_plugins.sandbox.bureau.context import Call, Output, clock_text, from_json, to_json
from mi_plugins.sandbox.bureau.desk import Desk
from mi_plugins.sandbox.bureau.eprescription import taking
from mi_plugins.sandbox.bureau.eprescription_rows import (
    CERTIFICATE,
    is_live,
    node_of,
    of_token,
    prescription_of,
    sold_rows,
    states,
    taken,
)
from mi_plugins.sandbox.bureau.notices import owe
from mi_plugins.sandbox.database import Books
from mi_plugins.sandbox.head import AREA
from mi_plugins.sandbox.refusal import BureauRefusal

__all__ = [
    "CODE_PREFIX", "DESKS", "enter_review", "open_one", "refunded", "review_notice", "settled", "taking_notice", "used_up",
]  # fmt: skip

CODE_PREFIX: Final = "SBXRX"
GRANTED: Final = dt.timedelta(hours=2)
DELIVERED: Final = "2"
_EXTRA: Final = {"01": "双通道处方", "02": "门诊统筹处方", "03": "其他", "99": "其他"}


def authorise(books: Books, call: Call) -> Output:
    """7201: the patient is at the counter; the latest of the patient's prescriptions that is valid and not used."""
    data = call.data
    _check_institution(call)
    person = books.one("SELECT * FROM person WHERE certno = ?", data["certno"])
    if person is None or person["name"] != data["psnName"]:
        raise BureauRefusal("按所给证件与姓名未检索到参保登记")
    if data.get("ecToken") not in (None, "", person["token"]):
        raise BureauRefusal("电子凭证令牌[ecToken]与人员不符")
    row = books.one(
        "SELECT * FROM prescription WHERE psn_no = ? AND state = 'uploaded' AND used = 0 AND vali_end >= ? ORDER BY hi_rxno DESC",
        person["psn_no"], call.time,
    )  # fmt: skip
    if row is None:
        raise BureauRefusal("该人员没有可取药的电子处方")
    content = from_json(row["content"])
    info, extra = content["mdtrtinfo"], content.get("rxExraAttrCode")
    return {"data": _grant(books, call, row) | {
        "fixmedinsCode": row["institution"], "fixmedinsName": books.institutions[row["institution"]].name,
        "prscTime": content["prscTime"], "deptName": info["prscDeptName"], "diseCodg": info.get("diseCodg"),
        "diseName": info.get("diseName"), "valiEndTime": row["vali_end"], "rxExraAttrCode": extra, "rxExraAttrName": _EXTRA.get(extra),
    }}  # fmt: skip


def find_online(books: Books, call: Call) -> Output:
    """7202: a prescription that the patient sent to this pharmacy online."""
    _check_institution(call)
    return {"data": _grant(books, call, open_one(call, prescription_of(books, call.data["hiRxno"])))}


def decode(books: Books, call: Call) -> Output:
    """7203: a prescription by the code on paper."""
    _check_institution(call)
    code = call.data["epcQrcd"]
    row = books.one("SELECT * FROM prescription WHERE trace_code = ?", code.removeprefix(CODE_PREFIX))
    if row is None or not code.startswith(CODE_PREFIX):
        raise BureauRefusal("电子处方二维码码值[epcQrcd]无法识别")
    return {"data": _grant(books, call, open_one(call, row))}


def fetch(books: Books, call: Call) -> Output:
    """7204: the prescription with its file."""
    return {"data": node_of(books, call, of_token(books, call))}


def verify(books: Books, call: Call) -> Output:
    """7205: whether the file is the one that was signed."""
    data, row = call.data, of_token(books, call)
    if (data["rxTraceCode"], data["rxFile"]) != (row["trace_code"], row["rx_file"]):
        return {"data": {"flag": False, "rxSignVerifySn": None, **CERTIFICATE}}
    number = f"{AREA}V{books.next_number('rx_verification'):012d}"
    books.run("INSERT INTO rx_verification VALUES (?,?,?)", number, row["hi_rxno"], data["fixmedinsCode"])
    return {"data": {"flag": True, "rxSignVerifySn": number, **CERTIFICATE}}


def review(books: Books, call: Call) -> Output:
    """7206: the pharmacist's review of a verified prescription."""
    data, row = call.data, of_token(books, call)
    open_one(call, row)
    proof = books.one("SELECT * FROM rx_verification WHERE sn = ?", data["rxSignVerifySn"])
    if proof is None or (proof["hi_rxno"], proof["institution"]) != (row["hi_rxno"], data["fixmedinsCode"]):
        raise BureauRefusal("处方签名验签流水号[rxSignVerifySn]无效")
    number = enter_review(books, call, row, data["fixmedinsCode"], data)
    return {"data": {"flag": True, "rxChkBizSn": number}}


def enter_review(
    books: Books, call: Call, row: sqlite3.Row, institution: str, said: Mapping[str, Any]
) -> str:
    """Enter a review and owe the hospital 7108; returns its number."""
    if sold_rows(books, row["hi_rxno"], settled=False):
        raise BureauRefusal("处方已有药品出库，不能再审核")
    passed = said["rxChkStasCodg"] == "1"
    number, codes = f"{AREA}C{books.next_number('rx_review'):012d}", states(call, row)
    copied = ("pharName", "pharCode", "rxChkStasCodg", "rxChkOpnn", "rxChkTime")
    content = {
        "hiRxno": row["hi_rxno"], **{name: said[name] for name in copied}, "rxStasCodg": codes["rxStasCodg"],
        "rxStasName": codes["rxStasName"], "rxChkStasName": "审核通过" if passed else "审核不通过",
    }  # fmt: skip
    books.enter("rx_review", {
        "biz_sn": number, "hi_rxno": row["hi_rxno"], "institution": institution, "passed": int(passed), "content": to_json(content),
    })  # fmt: skip
    owe(books, "7108", row["hi_rxno"], row["institution"], content, now=call.now, due=call.stamp)
    return number


def sell(books: Books, call: Call) -> Output:
    """7207: drugs handed out after a review that passed; several sales of one prescription are possible."""
    data = call.data
    row = open_one(call, prescription_of(books, data["hiRxno"]))
    reviewed = books.one("SELECT * FROM rx_review WHERE biz_sn = ?", data["rxChkBizSn"])
    if reviewed is None or (reviewed["hi_rxno"], reviewed["institution"]) != (
        row["hi_rxno"],
        data["fixmedinsCode"],
    ):
        raise BureauRefusal("处方审核业务流水号[rxChkBizSn]无效")
    if not reviewed["passed"]:
        raise BureauRefusal("处方审核不通过，不能出库")
    drugs = [dict(one) for one in data["rxSaleDrugDetl"]]
    written = {one["medListCodg"] for one in from_json(row["content"])["rxdrugdetail"]}
    out = {one["medListCodg"] for one in sold_rows(books, row["hi_rxno"], settled=False)}
    for one in drugs:
        if one["medListCodg"] not in written:
            raise BureauRefusal(f"药品{one['medListCodg']}不在处方中")
        if one["medListCodg"] in out:
            raise BureauRefusal(f"药品{one['medListCodg']}已出库")
    insured = (data.get("hiFeesetlFlag") or "1") == "1"
    number = f"{AREA}X{books.next_number('rx_sale'):012d}"
    books.enter("rx_sale", {
        "sale_sn": number, "hi_rxno": row["hi_rxno"], "institution": data["fixmedinsCode"], "insured": int(insured),
        "state": "sold" if insured else "settled", "rows": to_json(drugs),
    })  # fmt: skip
    if not insured:
        used_up(books, call, row["hi_rxno"], True)
    return {"data": {"flag": True, "selStooutSn": number}}


def take_back(books: Books, call: Call) -> Output:
    """7208: a sale that no insurance has settled, or all such sales of the prescription. Once more changes nothing."""
    data = call.data
    row, number = prescription_of(books, data["hiRxno"]), data.get("selStooutSn")
    sales = books.all(
        "SELECT * FROM rx_sale WHERE hi_rxno = ? AND institution = ? AND (? = '' OR sale_sn = ?)",
        row["hi_rxno"], data["fixmedinsCode"], number or "", number or "",
    )  # fmt: skip
    if not sales:
        raise BureauRefusal("本机构没有该处方的销售出库明细")
    if number and sales[0]["state"] == "settled" and sales[0]["insured"]:
        raise BureauRefusal("该出库明细已医保结算，须先撤销结算")
    for sale in sales:
        if sale["state"] == "sold" or not sale["insured"]:
            books.run("UPDATE rx_sale SET state = 'cancelled' WHERE sale_sn = ?", sale["sale_sn"])
    if not taken(books, row["hi_rxno"]):
        books.run("UPDATE prescription SET used = 0, setl_time = NULL WHERE hi_rxno = ?", row["hi_rxno"])
    return {"data": {"flag": True}}


def deliver(books: Books, call: Call) -> Output:
    """7209: where a delivery is; each message replaces the one before."""
    data, row = call.data, prescription_of(books, call.data["hiRxno"])
    sold = books.one(
        "SELECT 1 FROM rx_sale WHERE hi_rxno = ? AND institution = ? AND state <> 'cancelled'", row["hi_rxno"], data["fixmedinsCode"]
    )  # fmt: skip
    if sold is None:
        raise BureauRefusal("本机构没有该处方的销售出库明细，不能配送")
    known = books.one("SELECT * FROM rx_delivery WHERE delv_no = ?", data["delvNo"])
    if known is not None and (known["hi_rxno"], known["institution"]) != (
        row["hi_rxno"],
        data["fixmedinsCode"],
    ):
        raise BureauRefusal(f"配送单业务编号[delvNo]{data['delvNo']}已用于其他处方")
    if known is not None and known["state"] in (DELIVERED, "3") and known["state"] != data["delvStasCodg"]:
        raise BureauRefusal("该配送单已完成或已取消")
    books.run("INSERT OR REPLACE INTO rx_delivery VALUES (?,?,?,?,?)", data["delvNo"], row["hi_rxno"],
              data["fixmedinsCode"], data["delvStasCodg"], to_json(dict(data)))  # fmt: skip
    return {"data": {"flag": True}}


def confirm(books: Books, call: Call) -> Output:
    """7210: the patient has the drugs. Once more changes nothing."""
    data, number = call.data, call.data.get("delvNo") or ""
    changed = books.run(
        "UPDATE rx_delivery SET state = ? WHERE hi_rxno = ? AND (? = '' OR delv_no = ?) AND state <> '3'",
        DELIVERED, data["hiRxno"], number, number,
    )  # fmt: skip
    if not changed:
        raise BureauRefusal("没有该处方的配送信息")
    return {"data": {"flag": True}}


def settled(books: Books, call: Call, rows: Sequence[Mapping[str, Any]], setl_id: str) -> None:
    """2102 settled these rows: sales of the prescriptions that they name are paid now."""
    numbers = sorted({str(row["rxno"]) for row in rows if row.get("rx_circ_flag") == "1" and row.get("rxno")})
    for hi_rxno in numbers:
        codes = {row["med_list_codg"] for row in rows if row.get("rxno") == hi_rxno}
        for sale in books.all(
            "SELECT * FROM rx_sale WHERE hi_rxno = ? AND institution = ? AND state = 'sold'", hi_rxno, call.institution.code
        ):  # fmt: skip
            if {one["medListCodg"] for one in from_json(sale["rows"])} <= codes:
                books.run(
                    "UPDATE rx_sale SET state = 'settled', setl_id = ? WHERE sale_sn = ?", setl_id, sale["sale_sn"]
                )  # fmt: skip
                written = from_json(prescription_of(books, hi_rxno)["content"])["rxdrugdetail"]
                used_up(
                    books, call, hi_rxno, {one["medListCodg"] for one in written} <= taken(books, hi_rxno)
                )


def refunded(books: Books, setl_id: str) -> None:
    """2103 refunded a settlement: its sales are unpaid again."""
    for sale in books.all("SELECT * FROM rx_sale WHERE setl_id = ? AND state = 'settled'", setl_id):
        books.run("UPDATE rx_sale SET state = 'sold', setl_id = NULL WHERE sale_sn = ?", sale["sale_sn"])
        books.run("UPDATE prescription SET used = 0, setl_time = NULL WHERE hi_rxno = ?", sale["hi_rxno"])


def review_notice(books: Books, row: sqlite3.Row) -> dict[str, Any] | None:
    """7108 of a prescription; ``None`` while it was not reviewed."""
    found = books.one("SELECT content FROM rx_review WHERE hi_rxno = ? ORDER BY biz_sn DESC", row["hi_rxno"])
    return None if found is None else from_json(found["content"])


def taking_notice(call: Any, books: Books, row: sqlite3.Row) -> dict[str, Any]:
    """7109 of a prescription: as 7107 answers, without the flag that only 7107 has."""
    told = taking(call, books, row)
    return told | {
        "seltdelts": [{name: value for name, value in one.items() if name != "takeDrugFlag"} for one in told["seltdelts"]]
    }  # fmt: skip


def used_up(books: Books, call: Call, hi_rxno: str, whole: bool) -> None:
    """Note that it was paid, ``whole``: that nothing is left of it; owe the hospital 7109."""
    books.run(
        "UPDATE prescription SET used = ?, setl_time = ? WHERE hi_rxno = ?", int(whole), call.time, hi_rxno
    )
    row = prescription_of(books, hi_rxno)
    told = taking_notice(call, books, row)
    owe(books, "7109", hi_rxno, row["institution"], told, now=call.now, due=call.stamp)


def _check_institution(call: Call) -> None:
    if call.data["fixmedinsCode"] != call.institution.code:
        raise BureauRefusal("定点医药机构编号[fixmedinsCode]不是发送机构，或未备案")


def open_one(call: Call, row: sqlite3.Row) -> sqlite3.Row:
    """The prescription; refuses one that cannot be reviewed or handed out any more."""
    if row["state"] != "uploaded":
        raise BureauRefusal("处方尚未上传或已撤销")
    if not is_live(call, row):
        raise BureauRefusal("处方已超过有效截止时间")
    if row["used"]:
        raise BureauRefusal("处方已使用")
    return row


def _grant(books: Books, call: Call, row: sqlite3.Row) -> dict[str, Any]:
    number = books.next_number("rx_grant")
    grant = {"authRxno": f"{AREA}A{number:012d}", "epcToken": f"SBXEPC{row['trace_code']}{number:08d}"}
    expires = clock_text(call.now + GRANTED)
    books.run("INSERT INTO rx_grant VALUES (?,?,?,?,?)", grant["epcToken"], grant["authRxno"], row["hi_rxno"],
              call.data["fixmedinsCode"], expires)  # fmt: skip
    return grant | {"expiresIn": expires}


DESKS: Final[Mapping[str, Desk]] = {
    "7201": Desk(authorise),
    "7202": Desk(find_online),
    "7203": Desk(decode),
    "7204": Desk(fetch, writes=False),
    "7205": Desk(verify),
    "7206": Desk(review),
    "7207": Desk(sell),
    "7208": Desk(take_back),
    "7209": Desk(deliver),
    "7210": Desk(confirm),
}
