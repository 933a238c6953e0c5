"""The medical institutions that the sandbox knows. All are fictitious."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import attrs

from mi_plugins.sandbox.reimbursement import Level

__all__ = ["INSTITUTIONS", "Institution"]


@attrs.frozen
class Institution:
    """A contracted institution (定点医药机构)."""

    code: str
    name: str
    kind: str
    """Code of table ``fixmedins_type``: 1 hospital, 2 pharmacy."""
    hosp_lv: str
    """Code of table ``hosp_lv``."""
    level: Level
    """The level that decides deductible, ratio and price ceilings."""
    area: str
    """Where it lies (就医地医保区划)."""
    uscc: str
    """Unified social credit code; begins with 99, which is assigned to nobody."""

    @property
    def is_pharmacy(self) -> bool:
        """A retail pharmacy (定点零售药店)."""
        return self.kind == "2"


_ALL = (
    Institution("H43000000001", "沙箱市第一人民医院", "1", "2", 3, "990100", "99990100MA0000001X"),
    Institution("H43000000002", "沙箱市城东医院", "1", "5", 2, "990100", "99990100MA0000002X"),
    Institution("H43000000003", "沙箱市社区卫生中心", "1", "8", 1, "990100", "99990100MA0000003X"),
    Institution("P43000000001", "沙箱市平安药房", "2", "11", 1, "990100", "99990100MA0000004X"),
)

INSTITUTIONS: Final[Mapping[str, Institution]] = {one.code: one for one in _ALL}
