"""The benefit list (医保目录) of the sandbox: what an item's code means for reimbursement.

Documented items; every other code is taken too, with properties derived from the code itself, so that a developer can
upload the codes of a real hospital:

=====================  ==================  =====  =========  ========  =======
med_list_codg          name                grade  pre-self   ceiling   limited
=====================  ==================  =====  =========  ========  =======
SBX-A-0001             阿莫西林胶囊        01     –          –         no
SBX-A-0002             一般诊疗费          01     –          –         no
SBX-B-0001             阿托伐他汀钙片      02     0.10       48.00     no
SBX-B-0002             磁共振平扫          02     0.20       600.00    no
SBX-B-0003             限制使用注射液      02     0.15       –         yes
SBX-C-0001             进口营养补充剂      03     1.00       –         no
SBX-M-0001             一次性使用耗材      02     0.10       80.00     no
=====================  ==================  =====  =========  ========  =======
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Final

import attrs

__all__ = ["ITEMS", "Item", "item_of"]


@attrs.frozen
class Item:
    """One entry of the list. Codes are those of the tables chrgitm_lv, med_chrgitm_type and list_type."""

    code: str
    name: str
    grade: str
    pre_self_pay: Decimal
    ceiling: Decimal | None
    """Highest price per unit that is covered; ``None`` = no ceiling."""
    limited: bool
    """Limited use: covered only with the hospital's approval (``hosp_appr_flag`` 1)."""
    charge_type: str
    list_type: str
    dose_form: str = "无"
    basic: bool = False

    @property
    def consumable(self) -> bool:
        """Material (卫生材料): the hospital bears half of what exceeds the ceiling."""
        return self.charge_type == "08"

    @property
    def self_pay_ratio(self) -> Decimal:
        """``selfpay_prop``: 0 for grade 01, the pre-self-pay ratio for 02, 1 for 03."""
        return {"01": Decimal("0.0000"), "03": Decimal("1.0000")}.get(self.grade, self.pre_self_pay)

    def is_own_pay(self, approval: str) -> bool:
        """The rule of 2204: not approved (2), or limited and nothing was approved (0, 2), means own pay."""
        return approval == "2" or (self.limited and approval != "1")


def _item(
    code: str,
    name: str,
    grade: str,
    pre: str,
    ceiling: str | None,
    limited: bool,
    charge: str,
    kind: str,
    form: str = "无",
) -> Item:
    limit = None if ceiling is None else Decimal(ceiling)
    return Item(
        code, name, grade, Decimal(pre), limit, limited, charge, kind, form, grade == "01" and kind == "101"
    )


_ALL = (
    _item("SBX-A-0001", "阿莫西林胶囊", "01", "0.0000", None, False, "09", "101", "胶囊剂"),
    _item("SBX-A-0002", "一般诊疗费", "01", "0.0000", None, False, "12", "201"),
    _item("SBX-B-0001", "阿托伐他汀钙片", "02", "0.1000", "48.000000", False, "09", "101", "片剂"),
    _item("SBX-B-0002", "磁共振平扫", "02", "0.2000", "600.000000", False, "03", "201"),
    _item("SBX-B-0003", "限制使用注射液", "02", "0.1500", None, True, "09", "101", "注射剂"),
    _item("SBX-C-0001", "进口营养补充剂", "03", "1.0000", None, False, "09", "101", "粉剂"),
    _item("SBX-M-0001", "一次性使用耗材", "02", "0.1000", "80.000000", False, "08", "301"),
)

ITEMS: Final[Mapping[str, Item]] = {item.code: item for item in _ALL}


@lru_cache(maxsize=4096)
def item_of(code: str) -> Item:
    """The documented item, or one derived from the code: two of four grade 01, one 02 (10 %), one 03; no ceiling."""
    known = ITEMS.get(code)
    if known is not None:
        return known
    grade = ("01", "01", "02", "03")[zlib.crc32(code.encode()) % 4]
    pre = {"01": "0.0000", "02": "0.1000", "03": "1.0000"}[grade]
    return _item(code, f"目录项目{code}"[:100], grade, pre, None, False, "14", "201")
