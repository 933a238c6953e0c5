"""The hospital's side of electronic prescriptions: 7101 check, 7102 signature, 7103 upload, 7104 revocation, 7105–7107 queries.

A prescription: checked (7101: gets its number and trace code) → uploaded (7103, with what 7102 signed) → revoked (7104),
or reviewed and dispensed at a pharmacy (:mod:`eprescription_pharmacy`). Codes: ``rx_stas_codg`` 1 valid, 2 over, 3 revoked;
``rx_used_stas_codg`` 1, 2. A number of the hospital (``hospRxno``) is taken once. 7102 signs the first twenty fields of
7103 (a JSON text in Base64) with the sandbox's SM2 key; 7103 must then say the same, with the file that came back.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from mi_plugins.sandbox.bureau.context import Call, Output, VisitKind, from_json, person_of, to_json, visit_of
from mi_plugins.sandbox.bureau.desk import Desk
from mi_plugins.sandbox.bureau.eprescription_rows import (
    CERTIFICATE,
    node_of,
    of_hospital,
    prescription_of,
    sold_rows,
    states,
)
from mi_plugins.sandbox.database import Books
from mi_plugins.sandbox.head import AREA
from mi_plugins.sandbox.profiles.keys import signed
from mi_plugins.sandbox.refusal import BureauRefusal

__all__ = ["DESKS", "SIGNED_FIELDS", "taking"]

SIGNED_FIELDS: Final = (
    "rxTraceCode", "hiRxno", "mdtrtId", "patnName", "psnCertType", "certno", "fixmedinsName", "fixmedinsCode", "drCode",
    "prscDrName", "pharDeptName", "pharDeptCode", "pharProfttlCodg", "pharProfttlName", "pharCode", "pharCertType",
    "pharCertno", "pharName", "pharPracCertNo", "pharChkTime",
)  # fmt: skip
"""Fields 1–20 of 7103: what ``originalValue`` of 7102 holds."""
HERBS: Final = ("2", "4", "6", "9")
"""``rx_type_code`` of Chinese herbs, whose ``rxDrugCnt`` counts doses."""


def check(books: Books, call: Call) -> Output:
    """7101: the prescription as the doctor wrote it; gives it the centre's number."""
    data = call.data
    info: Mapping[str, Any] = data["mdtrtinfo"]
    if info["fixmedinsCode"] != call.institution.code:
        raise BureauRefusal(f"定点医疗机构编号[fixmedinsCode]{info['fixmedinsCode']}不是发送机构，或未备案")
    person = person_of(books, info["psnNo"])
    if (person["certno"], person["name"]) != (info["certno"], info["patnName"]):
        raise BureauRefusal("患者姓名[patnName]或证件号码[certno]与参保登记不一致")
    kind: VisitKind = "inpatient" if info.get("otpIptFlag") == "2" else "outpatient"
    visit = visit_of(books, call, info["mdtrtId"], info["psnNo"], kind)
    known = books.one(
        "SELECT hi_rxno FROM prescription WHERE institution = ? AND hosp_rxno = ?", call.institution.code, data["hospRxno"]
    )  # fmt: skip
    if known is not None:
        raise BureauRefusal(f"处方编号[hospRxno]{data['hospRxno']}已使用，单笔处方不可重复")
    if data["rxTypeCode"] not in HERBS and Decimal(data["rxDrugCnt"]) != len(data["rxdrugdetail"]):
        raise BureauRefusal("药品类目数[rxDrugCnt]与处方药品明细的行数不符")
    written = dt.datetime.fromisoformat(data["prscTime"])
    if dt.datetime.fromisoformat(data["valiEndTime"]) != written + dt.timedelta(days=int(data["valiDays"])):
        raise BureauRefusal("有效截止时间[valiEndTime]须为开方时间加处方有效天数")
    number = books.next_number("prescription")
    hi_rxno, trace = f"{AREA}R{number:012d}", f"{AREA}T{number:013d}"
    books.enter("prescription", {
        "hi_rxno": hi_rxno, "trace_code": trace, "institution": call.institution.code, "hosp_rxno": data["hospRxno"],
        "mdtrt_id": visit["mdtrt_id"], "psn_no": person["psn_no"], "insutype": visit["insutype"], "content": to_json(dict(data)),
        "vali_end": data["valiEndTime"], "state": "checked",
    })  # fmt: skip
    return {"data": {"rxTraceCode": trace, "hiRxno": hi_rxno}}


def sign(books: Books, call: Call) -> Output:
    """7102: sign the fields and the file of a checked prescription."""
    data = call.data
    if data["fixmedinsCode"] != call.institution.code:
        raise BureauRefusal("定点机构代码[fixmedinsCode]未备案数字证书")
    fields = _fields(data["originalValue"])
    row = prescription_of(books, str(fields.get("hiRxno")))
    if row["institution"] != call.institution.code or fields.get("rxTraceCode") != row["trace_code"]:
        raise BureauRefusal("原始待签名处方信息[originalValue]与已预核验的处方不符")
    if row["state"] != "checked":
        raise BureauRefusal("处方已上传或已撤销，不能再签名")
    try:
        original = base64.b64decode(data["originalRxFile"], validate=True)
    except (binascii.Error, ValueError):
        raise BureauRefusal("原始待签名处方文件[originalRxFile]须为Base64") from None
    digest = signed(data["originalValue"].encode())
    file = base64.b64encode(original + f"\n%SANDBOX-SIGNATURE {row['hi_rxno']}\n".encode()).decode()
    books.enter("rx_signature", {
        "digest": digest, "hi_rxno": row["hi_rxno"], "fields": to_json(fields), "rx_file": file, "at": call.time,
    })  # fmt: skip
    return {"data": {"rxFile": file, "signDigest": digest, **CERTIFICATE}}


def upload(books: Books, call: Call) -> Output:
    """7103: the signed prescription; from now on a pharmacy can see it. The same once more changes nothing."""
    data = call.data
    row = prescription_of(books, data["hiRxno"])
    if row["institution"] != call.institution.code or row["trace_code"] != data["rxTraceCode"]:
        raise BureauRefusal("处方追溯码[rxTraceCode]与医保处方编号[hiRxno]不符")
    said = {name: data.get(name) or None for name in SIGNED_FIELDS}
    found = books.one("SELECT * FROM rx_signature WHERE digest = ?", data["signDigest"])
    if found is None or found["hi_rxno"] != row["hi_rxno"]:
        raise BureauRefusal("处方信息签名值[signDigest]不是本处方的签名")
    wrong = [name for name, value in said.items() if from_json(found["fields"]).get(name) != value]
    if wrong or found["rx_file"] != data["rxFile"]:
        raise BureauRefusal(f"上传内容与签名内容不一致：{'、'.join(wrong) or 'rxFile'}")
    if row["state"] == "uploaded" and from_json(row["upload"]) == said:
        return _answer(call, row["hi_rxno"], row)
    if row["state"] != "checked":
        raise BureauRefusal("处方追溯码已使用，每张处方只能上传一次")
    if row["vali_end"] < call.time:
        raise BureauRefusal("处方已超过有效截止时间")
    info = from_json(row["content"])["mdtrtinfo"]
    if any(said[name] != info[name] for name in ("mdtrtId", "patnName", "certno", "drCode")):
        raise BureauRefusal("就诊、患者或医师与预核验时不一致")
    books.run(
        "UPDATE prescription SET state = 'uploaded', upload = ?, rx_file = ? WHERE hi_rxno = ?",
        to_json(said), data["rxFile"], row["hi_rxno"],
    )  # fmt: skip
    return _answer(call, row["hi_rxno"], prescription_of(books, row["hi_rxno"]))


def revoke(books: Books, call: Call) -> Output:
    """7104: only while no pharmacy has handed anything out. Once more changes nothing."""
    row = of_hospital(books, call)
    if row["state"] == "checked":
        raise BureauRefusal("处方尚未上传，无须撤销")
    if sold_rows(books, row["hi_rxno"], settled=False):
        raise BureauRefusal("处方已有药品出库，不能撤销")
    books.run("UPDATE prescription SET state = 'revoked' WHERE hi_rxno = ?", row["hi_rxno"])
    return _answer(call, row["hi_rxno"], prescription_of(books, row["hi_rxno"]))


def show(books: Books, call: Call) -> Output:
    """7105: everything that is known of it."""
    row = of_hospital(books, call)
    if row["state"] == "checked":
        raise BureauRefusal(f"处方{row['hi_rxno']}尚未上传")
    return {"data": node_of(books, call, row)}


def review(books: Books, call: Call) -> Output:
    """7106: what the pharmacist said (the last review); refuses while nobody has reviewed it."""
    row = of_hospital(books, call)
    found = books.one("SELECT content FROM rx_review WHERE hi_rxno = ? ORDER BY biz_sn DESC", row["hi_rxno"])
    if found is None:
        raise BureauRefusal(f"处方{row['hi_rxno']}尚未审核")
    return {"data": from_json(found["content"])}


def taking(call: Call, books: Books, row: Any) -> dict[str, Any]:
    """What 7107 answers and 7109 tells: when it was settled, and the drugs that were handed out."""
    drugs = sold_rows(books, row["hi_rxno"], settled=True)
    codes = states(call, row)
    return {
        "hiRxno": row["hi_rxno"], "setlTime": row["setl_time"], **codes,
        "seltdelts": [
            {
                "medListCodg": drug["medListCodg"], "drugGenname": drug["drugGenname"],
                "drugProdname": drug.get("drugProdname") or drug["drugGenname"], "drugDosform": drug.get("drugDosform") or "无",
                "drugSpec": drug["drugSpec"], "cnt": Decimal(drug["drugTotlcnt"]), "aprvno": drug.get("aprvno"),
                "bchno": drug.get("bchno"), "manuLotnum": drug.get("manuLotnum"), "prdrName": drug.get("prdrName") or "无",
                "takeDrugFlag": "1",
            }
            for drug in drugs
        ],
    }  # fmt: skip


def settlement(books: Books, call: Call) -> Output:
    """7107: refuses while nothing was handed out and paid."""
    row = of_hospital(books, call)
    if row["setl_time"] is None:
        raise BureauRefusal(f"处方{row['hi_rxno']}尚未取药结算")
    return {"data": taking(call, books, row)}


def _answer(call: Call, hi_rxno: str, row: Any) -> Output:
    codes = states(call, row)
    return {"data": {"hiRxno": hi_rxno, "rxStasCodg": codes["rxStasCodg"], "rxStasName": codes["rxStasName"]}}


def _fields(text: str) -> dict[str, Any]:
    try:
        content = json.loads(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise BureauRefusal("原始待签名处方信息[originalValue]须为JSON文本的Base64")
    return {name: content.get(name) or None for name in SIGNED_FIELDS}


DESKS: Final[Mapping[str, Desk]] = {
    "7101": Desk(check),
    "7102": Desk(sign),
    "7103": Desk(upload),
    "7104": Desk(revoke),
    "7105": Desk(show, writes=False),
    "7106": Desk(review, writes=False),
    "7107": Desk(settlement, writes=False),
}
