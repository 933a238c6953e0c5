"""Who is treated, and under which of the insurances that 1101 tells."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import attrs

from mi_core.errors import MiError

__all__ = ["Choice", "Insured", "NoInsurance", "Patient", "choose", "one_active", "place_of_care"]

ACTIVE: Final = "1"
"""``psn_insu_stas``: 正常参保."""


@attrs.frozen(kw_only=True)
class Patient:
    """The certificate at the counter: what 1101 and every settlement ask for. Not shown in ``repr``."""

    mdtrt_cert_type: str
    """就诊凭证类型: 01 电子凭证, 02 身份证, 03 社会保障卡"""
    mdtrt_cert_no: str = attrs.field(repr=False)
    certno: str = attrs.field(repr=False)
    psn_name: str = attrs.field(repr=False)
    psn_cert_type: str = "01"
    card_sn: str | None = attrs.field(default=None, repr=False)
    """Required with a card (03)"""

    def fields(self) -> dict[str, Any]:
        """By wire name, without what is not there."""
        return {name: value for name, value in attrs.asdict(self).items() if value is not None}


@attrs.frozen(kw_only=True)
class Insured:
    """The person with the chosen insurance row."""

    psn_no: str = attrs.field(repr=False)
    insutype: str
    psn_type: str
    insuplc_admdvs: str
    """参保地: goes into the head of every further call"""
    psn_insu_stas: str = ""
    balc: str | None = None

    def place(self, mdtrtarea_admvs: str) -> str:
        """See :func:`place_of_care`."""
        return place_of_care(self.insuplc_admdvs, mdtrtarea_admvs)


def place_of_care(insuplc_admdvs: str, mdtrtarea_admvs: str) -> str:
    """``local``; ``province``: another city of the province (the first 4 digits differ); ``remote``: another province (2)."""
    if insuplc_admdvs[:2] != mdtrtarea_admvs[:2]:
        return "remote"
    return "local" if insuplc_admdvs[:4] == mdtrtarea_admvs[:4] else "province"


class NoInsurance(MiError):
    """No insurance row of 1101 can be used, or it is not clear which one; nothing was registered."""

    code = "no_insurance"


Choice = Callable[[Sequence[Mapping[str, Any]]], "Mapping[str, Any] | None"]
"""Chooses among the active rows of ``insuinfo`` (by wire name, as 1101 told them); ``None``: none of them."""


def one_active(rows: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The rule without a callback: the only active row. Several are the cashier's choice, never a guess."""
    return rows[0] if len(rows) == 1 else None


def choose(rows: Sequence[Mapping[str, Any]], choice: Choice | str | None) -> Mapping[str, Any]:
    """One active row: by callback, by ``insutype``, or the only one. Raises :class:`NoInsurance`, naming what there is."""
    active = [row for row in rows if str(row.get("psn_insu_stas") or "") == ACTIVE]
    if isinstance(choice, str):
        active_there = [row for row in active if row.get("insutype") == choice]
        found = one_active(active_there)
    else:
        found = (choice or one_active)(active) if active else None
    if found is not None and found in active:
        return found
    listed = "；".join(_shown(row) for row in rows) or "—"
    if not active:
        raise NoInsurance(
            f"没有正常参保的险种：{listed}", f"no active insurance: {listed}",
            hint_zh="按自费办理，或请参保人到医保经办机构处理", hint_en="treat as self-pay, or send the person to the bureau",
        )  # fmt: skip
    raise NoInsurance(
        f"有多条参保信息，须选择其一：{listed}", f"several insurances, one must be chosen: {listed}",
        hint_zh="调用 open 时给出 choose=（险种代码，或从各行中选一行的函数）",
        hint_en="pass choose= to open (an insutype, or a function that picks a row)",
    )  # fmt: skip


def _shown(row: Mapping[str, Any]) -> str:
    state = "" if row.get("psn_insu_stas") == ACTIVE else f"，状态 {row.get('psn_insu_stas') or '?'}"
    return f"险种 {row.get('insutype')}，参保地 {row.get('insuplc_admdvs')}{state}"
