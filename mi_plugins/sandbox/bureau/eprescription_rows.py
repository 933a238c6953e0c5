"""Prescriptions as both sides see them: lookups, states by code table, and the nodes of 7105 and 7204."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any, Final

from mi_core.model import FieldSpec, NodeSpec
from mi_plugins.sandbox.bureau.context import Call, from_json
from mi_plugins.sandbox.bureau.people import age_on
from mi_plugins.sandbox.database import Books
from mi_plugins.sandbox.refusal import BureauRefusal

__all__ = [
    "CERTIFICATE",
    "is_live",
    "node_of",
    "of_hospital",
    "of_token",
    "prescription_of",
    "sold_rows",
    "states",
    "taken",
]

CERTIFICATE: Final = {
    "signCertSn": "5A4E44424F58", "signCertDn": "CN=沙箱医保电子签章,O=沙箱医保局,C=CN",
}  # fmt: skip
"""The certificate that the sandbox pretends to sign prescriptions with."""
_STATES: Final = {"1": "有效", "2": "已失效", "3": "已撤销"}
_USED: Final = {"1": "未使用", "2": "已使用"}


def prescription_of(books: Books, hi_rxno: str) -> sqlite3.Row:
    """The prescription; refuses an unknown number."""
    row = books.one("SELECT * FROM prescription WHERE hi_rxno = ?", hi_rxno)
    if row is None:
        raise BureauRefusal(f"没有医保处方{hi_rxno}")
    return row


def of_hospital(books: Books, call: Call) -> sqlite3.Row:
    """The prescription that 7104–7107 name; refuses one of another institution, or another visit or person."""
    data = call.data
    row = prescription_of(books, data["hiRxno"])
    if row["institution"] != data["fixmedinsCode"] or data["fixmedinsCode"] != call.institution.code:
        raise BureauRefusal(f"本机构没有医保处方{data['hiRxno']}")
    info = from_json(row["content"])["mdtrtinfo"]
    given = {"mdtrtId": info["mdtrtId"], "psnName": info["patnName"], "certno": info["certno"]}
    if any(data.get(name, value) != value for name, value in given.items()):
        raise BureauRefusal("就诊ID或人员信息与处方不符")
    return row


def of_token(books: Books, call: Call) -> sqlite3.Row:
    """The prescription that a token (7201–7203) of this institution opens; refuses a foreign or expired token."""
    data = call.data
    grant = books.one("SELECT * FROM rx_grant WHERE token = ?", data["epcToken"])
    if grant is None or grant["institution"] != data["fixmedinsCode"]:
        raise BureauRefusal("电子处方令牌[epcToken]无效")
    if grant["expires"] < call.time:
        raise BureauRefusal(f"电子处方令牌已于{grant['expires']}过期")
    if data.get("authRxno", grant["auth_rxno"]) != grant["auth_rxno"]:
        raise BureauRefusal("医保处方授权编号[authRxno]与令牌不符")
    if data.get("hiRxno", grant["hi_rxno"]) != grant["hi_rxno"]:
        raise BureauRefusal("医保处方编号[hiRxno]与令牌不符")
    return prescription_of(books, grant["hi_rxno"])


def is_live(call: Call, row: sqlite3.Row) -> bool:
    """Uploaded, not revoked, not over."""
    return bool(row["state"] == "uploaded" and row["vali_end"] >= call.time)


def states(call: Call, row: sqlite3.Row) -> dict[str, str]:
    """``rxStasCodg``, ``rxUsedStasCodg`` with their names."""
    state = "3" if row["state"] == "revoked" else "1" if row["vali_end"] >= call.time else "2"
    used = "2" if row["used"] else "1"
    return {
        "rxStasCodg": state, "rxStasName": _STATES[state], "rxUsedStasCodg": used, "rxUsedStasName": _USED[used],
    }  # fmt: skip


def sold_rows(books: Books, hi_rxno: str, *, settled: bool) -> list[dict[str, Any]]:
    """Drugs of the sales that stand (``settled``: only of those that are paid)."""
    wanted = ("settled",) if settled else ("sold", "settled")
    marks = ",".join("?" * len(wanted))
    sales = books.all(
        f"SELECT rows FROM rx_sale WHERE hi_rxno = ? AND state IN ({marks}) ORDER BY sale_sn",  # noqa: S608  # marks only
        hi_rxno, *wanted,
    )  # fmt: skip
    return [row for sale in sales for row in from_json(sale["rows"])]


def taken(books: Books, hi_rxno: str) -> set[str]:
    """Codes of the drugs that were handed out and paid."""
    return {row["medListCodg"] for row in sold_rows(books, hi_rxno, settled=True)}


def node_of(books: Books, call: Call, row: sqlite3.Row) -> dict[str, Any]:
    """The node ``data`` of the reply to 7105 or 7204, every field of its document; ``None`` where nothing is known."""
    content, upload = from_json(row["content"]), from_json(row["upload"] or "{}")
    info, out = content["mdtrtinfo"], taken(books, row["hi_rxno"])
    spec = next(node for node in call.spec.output.nodes if node.code == "data")
    nodes = {node.code: node for node in spec.nodes}
    whole = {
        **content, **states(call, row), "hiRxno": row["hi_rxno"], "rxTraceCode": row["trace_code"],
        "fixmedinsCode": row["institution"], "fixmedinsName": books.institutions[row["institution"]].name,
        "prscDeptName": info["prscDeptName"], "reptFlag": content.get("reptFlag") or "0", "rxFile": row["rx_file"],
        "fileSuffix": "pdf",
    }  # fmt: skip
    person = books.one("SELECT brdy FROM person WHERE psn_no = ?", row["psn_no"])
    patient = {
        **info, "iptOpNo": info["iptOtpNo"], "suckPrdFag": info.get("suckPrdFlag"), "insutype": row["insutype"],
        "otpIptFlag": info.get("otpIptFlag") or "1", "pharName": upload.get("pharName"), "pharChkTime": upload.get("pharChkTime"),
        "patnAge": age_on(person["brdy"], call.now.date()) if person is not None else info["patnAge"],
    }  # fmt: skip
    drugs = [
        {
            "drugProdname": drug["drugGenname"], "drugTotlcnt": drug["drugCnt"], "drugTotlcntEmp": drug["drugDosunt"], **drug,
            "takeDrugFlag": "1" if drug["medListCodg"] in out else "0",
        }
        for drug in content["rxdrugdetail"]
    ]  # fmt: skip
    return {
        **_row(spec, whole),
        "rxDetlList": [_row(nodes["rxDetlList"], drug) for drug in drugs],
        "rxOtpinfo": _row(nodes["rxOtpinfo"], patient),
        "rxDiseList": [
            _row(nodes["rxDiseList"], {"diagDeptCode": info["prscDeptCode"], **one})
            for one in content["diseinfo"]
        ],
    }


def _row(node: NodeSpec, source: Mapping[str, Any]) -> dict[str, Any]:
    return {field.code: _fitting(field, source.get(field.code)) for field in node.fields}


def _fitting(field: FieldSpec, value: Any) -> Any:
    """As the reply's field wants it: a count that is text there is a number elsewhere."""
    if value in (None, ""):
        return None
    if field.type == "string" and not isinstance(value, str):
        return format(value, "f") if hasattr(value, "as_tuple") else str(value)
    return value
