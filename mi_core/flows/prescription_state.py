"""Where an electronic prescription stands, by the codes of ``rx_stas_codg`` and ``rx_used_stas_codg``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from mi_core.codes.rx_stas_codg import RxStasCodg
from mi_core.codes.rx_used_stas_codg import RxUsedStasCodg
from mi_core.flows.standing import Standing

__all__ = ["PrescriptionState", "place_of"]


@attrs.frozen
class PrescriptionState:
    """What is known of a prescription."""

    hi_rxno: str
    valid: bool
    """``rx_stas_codg`` 1: neither over (2) nor revoked (3)"""
    code: str
    """``rxStasCodg``"""
    used: bool
    """The drugs were taken (``rx_used_stas_codg`` 2)"""

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> PrescriptionState:
        """From the node ``data`` of 7103, 7104 or 7105."""
        code, used = str(told.get("rxStasCodg") or ""), told.get("rxUsedStasCodg") == RxUsedStasCodg.已使用
        return cls(str(told.get("hiRxno") or ""), code == RxStasCodg.有效, code, used)

    @property
    def label(self) -> str:
        """The state in the table's words."""
        return RxStasCodg(self.code).label


def place_of(content: Mapping[str, Any]) -> Standing:
    """The standing of a prescription's record."""
    stage, zh, en, following, undo = _place(content)
    begun = (content.get("doing") or {}).get("step", "")
    if begun:
        zh, en = f"{zh}；{begun} 的答复未收到", f"{en}; the answer to {begun} was lost"
        following = "resume" if begun == "revoke" else begun
    return Standing(stage, zh, en, following, undo, begun)


def _place(content: Mapping[str, Any]) -> tuple[str, str, str, str, str]:
    checked = content.get("checked")
    if checked is None:
        return "new", "处方中心无此处方", "the centre has no such prescription", "check", ""
    name = checked["hiRxno"]
    if content.get("revoked"):
        return "revoked", f"处方 {name} 已撤销", f"prescription {name} is revoked", "", ""
    if content.get("taken"):
        return "taken", f"处方 {name} 已取药", f"the drugs of {name} were taken", "", ""
    if content.get("issued") is None:
        return (
            "checked",
            f"处方 {name} 已预核验，未上传",
            f"prescription {name} is checked, not issued",
            "issue",
            "",
        )
    if content.get("reviewed") is not None:
        passed = ("审核通过", "passed") if content["reviewed"] else ("审核不通过", "not passed")
        return (
            "reviewed",
            f"处方 {name} 已上传，{passed[0]}",
            f"prescription {name} is issued, review {passed[1]}",
            "",
            "revoke",
        )
    return "issued", f"处方 {name} 已上传", f"prescription {name} is issued", "", "revoke"
