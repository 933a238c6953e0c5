"""Where a stay stands, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mi_core.flows.standing import Place, Standing, standing_at

__all__ = ["standing_of"]


def standing_of(content: Mapping[str, Any]) -> Standing:
    """From the record."""
    live = [one["setl_id"] for one in content.get("settlements") or ()]
    return standing_at(_place(content), content, live)


def _place(content: Mapping[str, Any]) -> Place:
    if content.get("abandoned"):
        return "abandoned", "入院已撤销", "the admission was withdrawn", "", ""
    visit = content.get("mdtrt_id")
    if visit is None:
        return "new", "未办理入院", "nothing is registered", "admit", ""
    zh, en = f"已入院（就诊 ID {visit}）", f"admitted (visit {visit})"
    settlements = content.get("settlements") or []
    settled = {name for one in settlements for name in one["uploads"]}
    fees = [key for key in content if key.startswith("fees ") and key.removeprefix("fees ") not in settled]
    if settlements:
        numbers = [str(one["setl_id"]) for one in settlements]
        zh += f"，有效结算 {len(numbers)} 笔（{'、'.join(numbers)}）"
        en += f", {len(numbers)} settlement(s) ({', '.join(numbers)})"
    if content.get("discharged") is not None:
        zh, en = f"{zh}，已出院", f"{en}, discharged"
    if fees:
        zh, en = f"{zh}，未结算的费用 {len(fees)} 批", f"{en}, {len(fees)} upload(s) of fees not settled"
    undo = (
        "refund"
        if settlements
        else "cancel_discharge"
        if content.get("discharged") is not None
        else "abandon"
    )
    return (*_stage(content, settlements, bool(fees), zh, en), undo)


def _stage(
    content: Mapping[str, Any], settlements: list[Mapping[str, Any]], fees: bool, zh: str, en: str
) -> tuple[str, str, str, str]:  # fmt: skip
    final = any(not one.get("mid") for one in settlements)
    if final:
        return "settled", zh, en, ""
    quoted = "settle" if content.get("quote") is not None else "quote"
    if content.get("discharged") is not None:
        return "discharged", zh, en, quoted
    if content.get("quote") is not None:
        return "quoted", zh, en, "settle"
    return ("charged" if fees else "admitted"), zh, en, ("quote" if fees else "charge")
