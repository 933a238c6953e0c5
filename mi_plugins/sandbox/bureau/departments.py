"""What an institution says of itself: departments (3401–3403, 5101), its staff (5102), its catalogue mapping (3301, 3302).

The staff is not uploaded through this interface, so the sandbox has some for every institution, the same every time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mi_plugins.sandbox.bureau.context import Call, Output
from mi_plugins.sandbox.bureau.desk import Desk
from mi_plugins.sandbox.bureau.record_checks import plainly
from mi_plugins.sandbox.bureau.record_rules import Change, Query, Upload, Withdraw
from mi_plugins.sandbox.database import Books
from mi_plugins.sandbox.refusal import BureauRefusal

__all__ = ["DESKS", "staff_of"]

_DEPARTMENT: Final = ("hosp_dept_codg",)
_MAPPING: Final = ("fixmedins_hilist_id", "list_type")
_STAFF: Final = (("1", "D", "医师", 3), ("2", "N", "护士", 2), ("3", "Y", "药师", 2))
"""Code of ``prac_psn_type``, letter of the codes, word, how many."""


def staff_of(code: str) -> list[dict[str, Any]]:
    """The people who practise at an institution. None of them exists."""
    return [
        {
            "psn_cert_type": "01", "certno": f"99{code[-4:]}{kind}{number:011d}", "prac_psn_no": f"{letter}{code[-6:]}{number:03d}",
            "prac_psn_code": f"{letter}{code[-6:]}{number:03d}", "prac_psn_name": f"沙箱{word}{number}", "prac_psn_type": kind,
            "hi_dr_flag": "1" if kind == "1" else "0", "begntime": "2020-01-01 00:00:00",
        }
        for kind, letter, word, count in _STAFF
        for number in range(1, count + 1)
    ]  # fmt: skip


def _staff(books: Books, call: Call) -> Output:
    asked = {name: value for name, value in call.data.items() if value not in (None, "")}
    rows = staff_of(call.institution.code)
    return {
        "feedetail": [row for row in rows if all(row.get(name) == value for name, value in asked.items())]
    }


def _own_code(books: Books, call: Call, row: Mapping[str, Any]) -> None:
    if plainly(row).get("fixmedinscode", call.institution.code) != call.institution.code:
        raise BureauRefusal("只能撤销本机构的目录对照")


def _withdraw_mapping(books: Books, call: Call) -> Output:
    """3302: only one's own, and only with the national code that was mapped."""
    _own_code(books, call, call.data)
    return Withdraw("mapping", "data", _MAPPING, agree=("med_list_codg",))(books, call)


DESKS: Final[Mapping[str, Desk]] = {
    "3401": Upload("department", "deptinfo", _DEPARTMENT).desk,
    "3401A": Upload("department", "deptinfo", _DEPARTMENT).desk,
    "3402": Change("department", "deptinfo", _DEPARTMENT).desk,
    "3403": Withdraw("department", "data", _DEPARTMENT, agree=("hosp_dept_name", "begntime")).desk,
    "5101": Query(("department",), "feedetail").desk,
    "5102": Desk(_staff, writes=False, partial=True),
    "3301": Upload("mapping", "data", _MAPPING).desk,
    "3302": Desk(_withdraw_mapping, partial=True),
}
