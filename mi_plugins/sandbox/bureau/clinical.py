"""Clinical records: uploads 4301–4701 and what tells them again, 4507–4512, 5401, 5402, 5461.

The same key again replaces the record, ``vali_flag`` 0 withdraws it (when it is there). Uploads may leave out visit and
person (people who pay themselves); those that are given must exist. Reports of other institutions are told by 5401 and
5402 only, after the person has allowed it (5461) on the same day.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mi_plugins.sandbox.bureau.context import Call, Output, person_of
from mi_plugins.sandbox.bureau.desk import Desk
from mi_plugins.sandbox.bureau.people import check_certificate
from mi_plugins.sandbox.bureau.record_checks import plainly
from mi_plugins.sandbox.bureau.record_rules import Query, Upload
from mi_plugins.sandbox.bureau.records import Record, find, keep, view
from mi_plugins.sandbox.database import Books
from mi_plugins.sandbox.refusal import BureauRefusal

__all__ = ["DESKS"]

_GERM: Final = {"colycode": "germcode", "colyname": "germname"}
_REPORTS: Final = ("exam", "lab")


def _clinical(kind: str, node: str, *key: str, whole: bool = False) -> Desk:
    return Upload(kind, node, ("mdtrt_sn", *key), whole=whole, flagged=True).desk


def _emergency(books: Books, call: Call) -> Output:
    """4302: operations and rescues are lists of their own; a rescue has no visit."""
    if not (call.input.get("oprninfo") or call.input.get("rescinfo")):
        raise BureauRefusal("手术与抢救信息至少提供一项")
    for kind, node, key in (
        ("operation", "oprninfo", ("mdtrt_sn", "oprn_oprt_sn")),
        ("rescue", "rescinfo", ("resc_begntime",)),
    ):
        if call.input.get(node):
            Upload(kind, node, key, flagged=True)(books, call)
    return None


def _own_filter(books: Books, call: Call, asked: Mapping[str, Any]) -> None:
    if asked.get("fixmedinscode", call.institution.code) != call.institution.code:
        raise BureauRefusal("只能查询本机构上传的记录")


def _allow(books: Books, call: Call) -> Output:
    """5461: the person shows a voucher and so lets this institution see reports of others today."""
    data = call.data
    person = person_of(books, data["psnNo"])
    if person["certno"] != data["psnUserIdCard"] or person["name"] != data["psnUserName"]:
        raise BureauRefusal("证件号码或姓名与参保登记不一致")
    if data["mdtrtCertType"] in ("01", "02", "03"):
        check_certificate(person, data["mdtrtCertType"], data["mdtrtCertNo"], data.get("cardSn"))
    return keep(books, call, "allowance", (data["psnNo"], call.time[:10]), data).rid


def _allowed(books: Books, call: Call, psn_no: str) -> None:
    person_of(books, psn_no)
    if not any(one.at[:10] == call.time[:10] for one in find(books, call, ("allowance",), psn_no=psn_no)):
        raise BureauRefusal("该人员今日未授权本机构查询检查检验结果，请先办理授权申请")


def _reports(books: Books, call: Call) -> Output:
    """5401: reports of that person, whoever made them."""
    asked = plainly(call.input["bilgiteminfo"])
    _allowed(books, call, asked["psnno"])
    rows = []
    for one in find(books, call, _REPORTS, psn_no=asked["psnno"], own=False):
        seen = view(books, one)
        if all(str(seen.get(name)) == str(value) for name, value in asked.items()):
            rows.append(seen)
    return {"bilgiteminfo": rows}


def _report(books: Books, call: Call) -> Output:
    """5402: one report with its details."""
    asked = call.input["rptdetailinfo"]
    _allowed(books, call, asked["psn_no"])
    found: dict[str, list[dict[str, Any]]] = {
        "checkreportdetails": [], "inspectionreportinformation": [], "inspectiondetails": []
    }  # fmt: skip
    for one in find(books, call, _REPORTS, psn_no=asked["psn_no"], own=False):
        if (one.content.get("rpotc_no"), one.institution) != (asked["rpotc_no"], asked["fixmedins_code"]):
            continue
        _tell(found, one, view(books, one))
    if not any(found.values()):
        raise BureauRefusal("没有与所给条件对应的报告")
    return dict(found)


def _tell(found: dict[str, list[dict[str, Any]]], record: Record, seen: dict[str, Any]) -> None:
    if record.kind == "exam":
        found["checkreportdetails"].append(seen)
        return
    found["inspectionreportinformation"].append(seen)
    details: list[dict[str, Any]] = record.content.get("iteminfo") or []
    found["inspectiondetails"] += [
        {**one, "exam_rslt_qual": one.get("exam_rslt_dicm"), "rpotc_no": seen.get("rpotcno")}
        for one in details
    ]


DESKS: Final[Mapping[str, Desk]] = {
    "4301": _clinical("outpatient record", "rgstinfo", whole=True),
    "4302": Desk(_emergency),
    "4401": _clinical("front page", "baseinfo", whole=True),
    "4402": _clinical("order", "data", "medcas_drord_detl_id"),
    "4402A": _clinical("order", "data", "medcas_drord_detl_id"),
    "4501": _clinical("exam", "examinfo", "rpotc_no", "appy_no", whole=True),
    "4502": _clinical("lab", "labinfo", "rpotc_no", "appy_no", whole=True),
    "4503": _clinical("germ", "data", "rpotc_no", "appy_no", "germ_code"),
    "4504": _clinical("sensitivity", "data", "rpotc_no", "appy_no", "germ_code", "sstb_code"),
    "4505": _clinical("pathology", "data", "palg_no", "frez_no"),
    "4506": _clinical("document", "data", "appy_no", "file_name"),
    "4601": _clinical("transfusion", "data", "bld_time", "bld_cat_code"),
    "4602": _clinical("vital signs", "data", "rcd_time"),
    "4701": _clinical("medical record", "adminfo", "adm_rec_no", whole=True),
    "4507": Query(("exam",), "data", nest="examinfo", check=_own_filter).desk,
    "4508": Query(("lab",), "data", nest="labinfo", check=_own_filter).desk,
    "4509": Query(("germ",), "data", names=_GERM, check=_own_filter).desk,
    "4510": Query(("sensitivity",), "data", names=_GERM, check=_own_filter).desk,
    "4511": Query(("pathology",), "data", check=_own_filter).desk,
    "4512": Query(("document",), "data", check=_own_filter).desk,
    "5401": Desk(_reports, writes=False, partial=True),
    "5402": Desk(_report, writes=False, partial=True),
    "5461": Desk(_allow),
}
