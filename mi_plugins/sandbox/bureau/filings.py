"""Filings (2501–2507) with what asks for them (5301, 5302, 5304), special attributes of a stay (2406, 2407).

A filing is the person's: it is told to every institution, and withdrawn by the one that made it. It is refused when the
same one stands already; its key is the business key of the document. 5301 to 5304 tell live ones only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mi_plugins.sandbox.bureau.context import Call
from mi_plugins.sandbox.bureau.desk import Desk
from mi_plugins.sandbox.bureau.record_checks import own_visit
from mi_plugins.sandbox.bureau.record_rules import Query, Upload, Withdraw
from mi_plugins.sandbox.bureau.records import Record, find
from mi_plugins.sandbox.database import Books
from mi_plugins.sandbox.head import AREA
from mi_plugins.sandbox.refusal import BureauRefusal

__all__ = ["DESKS"]

_NUMBER: Final = "trt_dcla_detl_sn"


def _insured(books: Books, call: Call, row: Mapping[str, Any]) -> None:
    """Only who has a live insurance can be filed for."""
    kinds = books.all("SELECT insutype FROM insurance WHERE psn_no = ? AND status = '1'", row["psn_no"])
    wanted = row.get("insutype")
    if not kinds or (wanted and wanted not in {one["insutype"] for one in kinds}):
        raise BureauRefusal("该人员没有所给险种的正常参保记录，不能备案")


def _not_elsewhere(books: Books, call: Call, row: Mapping[str, Any]) -> None:
    """2503: one filing of a disease at a time, whoever made it."""
    _insured(books, call, row)
    for one in find(books, call, ("chronic",), psn_no=str(row["psn_no"]), own=False):
        same = (
            one.content["opsp_dise_code"] == row["opsp_dise_code"]
            and one.institution != call.institution.code
        )
        if same and not call.allow_repeats:
            raise BureauRefusal("该病种已在其他机构备案，须先撤销")


def _known_place(books: Books, call: Call, row: Mapping[str, Any]) -> None:
    """2505: the place must be an institution of this centre (the general check looks it up by its code)."""
    _insured(books, call, row)
    for one in find(books, call, ("designated",), psn_no=str(row["psn_no"]), own=False):
        said = one.content
        same = (said["biz_appy_type"], str(said["fix_srt_no"])) == (
            row["biz_appy_type"],
            str(row["fix_srt_no"]),
        )
        if same and (said["fixmedins_code"], said["begndate"]) != (row["fixmedins_code"], row["begndate"]):
            raise BureauRefusal(f"定点排序号{row['fix_srt_no']}已有备案，须先撤销")


def _transfer(books: Books, call: Call, record: Record) -> Mapping[str, Any]:
    insurance = books.one(
        "SELECT insutype, employer FROM insurance WHERE psn_no = ? AND status = '1' ORDER BY position",
        record.psn_no,
    )
    area = str(record.content.get("mdtrtarea_admdvs") or AREA)
    return {
        "insutype": record.content.get("insutype") or (insurance["insutype"] if insurance is not None else None),
        "emp_name": insurance["employer"] if insurance is not None else None, "out_flag": "0" if area[:4] == AREA[:4] else "1",
    }  # fmt: skip


def _in_hospital(books: Books, call: Call, row: Mapping[str, Any]) -> None:
    if own_visit(books, call, row["mdtrt_id"], row["psn_no"])["kind"] != "inpatient":
        raise BureauRefusal("该就诊不是住院登记，没有住院特殊属性")


DESKS: Final[Mapping[str, Desk]] = {
    "2501": Upload("transfer", "refmedin", ("psn_no", "reflin_medins_no", "refl_date"), number_as=_NUMBER,
                   answer="result", check=_insured).desk,
    "2502": Withdraw("transfer", "data", (), by_number=_NUMBER, agree=("psn_no",)).desk,
    "2503": Upload("chronic", "data", ("psn_no", "opsp_dise_code"), number_as=_NUMBER, answer="result", check=_not_elsewhere).desk,
    "2504": Withdraw("chronic", "data", (), by_number=_NUMBER, agree=("psn_no",)).desk,
    "2505": Upload("designated", "data", ("psn_no", "biz_appy_type", "fixmedins_code", "begndate"), number_as=_NUMBER,
                   answer="result", check=_known_place).desk,
    "2506": Withdraw("designated", "data", (), by_number=_NUMBER, agree=("psn_no",)).desk,
    "2507": Upload("accident", "data", ("psn_no", "begndate"), number_as=_NUMBER, answer="result", check=_insured).desk,
    "5301": Query(("chronic",), "feedetail", own=False).desk,
    "5302": Query(("designated",), "psnfixmedin", own=False).desk,
    "5304": Query(("transfer",), "refmedin", ("begntime", "endtime", "refldate"), own=False, more=_transfer).desk,
    "2406": Upload("attribute", "data", ("mdtrt_id", "ipt_psn_sp_flag_type"), number_as="ipt_psn_sp_flag_detl_id",
                   answer="IptPsnSpFlagRegOut", check=_in_hospital).desk,
    "2407": Query(("attribute",), "IptPsnSpFlagReg").desk,
}  # fmt: skip
