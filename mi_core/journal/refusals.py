"""Why the journal does not let a call go. Nothing was sent in any of these cases."""

from __future__ import annotations

from mi_core.errors import NotSent, VisitBusy

__all__ = [
    "AmountsDiffer",
    "IntakeClosed",
    "MoveRefused",
    "NoReversal",
    "QuoteNeeded",
    "TakenBackSince",
    "busy",
]


class AmountsDiffer(NotSent):
    """The same business key was done or is open with other amounts."""

    code = "amounts_differ"


class QuoteNeeded(NotSent):
    """The previous send was not executed: quote again (2206, 2303) before settling again."""

    code = "quote_needed"


class TakenBackSince(NotSent):
    """The same business was done and taken back after this call had been decided on: a late repetition is no new wish."""

    code = "taken_back_since"


class IntakeClosed(NotSent):
    """Too many calls of this institution are in doubt; no further money call is let out (invariant I12)."""

    code = "intake_closed"


class NoReversal(NotSent):
    """The message may not be reversed: it is confirmed, still in flight, unknown or ended."""

    code = "no_reversal"


class MoveRefused(NotSent):
    """That move does not exist from the attempt's present state, or the persons it needs are missing."""

    code = "move_refused"


def busy(operation_id: str, interface: str, *, manual: bool = False) -> VisitBusy:
    """Another changing call (or this very one) is unresolved; names the operation that holds the visit."""
    hint_zh = (
        "该业务已转人工，用 mi doubt show 查看并由两人处理"
        if manual
        else "等待其结果确定后再操作，可用 mi doubt show 查看"
    )
    hint_en = (
        "it waits for two persons, see mi doubt show"
        if manual
        else "wait until its outcome is known, see mi doubt show"
    )
    return VisitBusy(
        f"本次就诊有一笔业务结果未定（操作号 {operation_id}）",
        f"a changing call of this visit is unresolved (operation {operation_id})",
        hint_zh=hint_zh, hint_en=hint_en, interface=interface, operation_id=operation_id,
    )  # fmt: skip
