"""What stands at the bureau, in words, and which calls continue or take it back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from mi_core.errors import language
from mi_core.flows.amounts import Amounts

__all__ = ["Place", "Standing", "standing_at"]

Place = tuple[str, str, str, str, str]
"""Stage, what stands (zh, en), the step that continues, the step that takes back."""


@attrs.frozen
class Standing:
    """A flow's place. ``next_step`` and ``undo_step`` are names of the flow's methods, ``""`` where there is none."""

    stage: str
    """Machine-readable: ``new``, ``registered``, ``charged``, ``settled`` …"""
    zh: str
    en: str
    next_step: str = ""
    undo_step: str = ""
    unfinished: str = ""
    """The step that was begun and has not ended: ``resume()`` goes on with it."""
    setl_ids: tuple[str, ...] = ()
    """Settlements that stand, the latest last."""
    asked: bool = False
    """Whether the bureau itself was asked just now if the latest settlement stands (``resume`` does); else as recorded."""

    pay_back: Amounts | None = None
    """After a settlement was taken back for a partial refund and nothing is settled in its place: what the patient is to get
    back as things stand (``psn_cash_pay`` in cash, ``acct_pay`` went back to the account); with a new quote: if that is settled."""

    def message(self, lang: str | None = None) -> str:
        """One line for a person, in ``zh`` or ``en``."""
        if (lang or language()) == "en":
            parts = [f"at the bureau: {self.en}{', which the bureau confirms' if self.asked else ''}"]
            parts += [f"continue with {self.next_step}()"] if self.next_step else []
            parts += [f"take back with {self.undo_step}()"] if self.undo_step else []
            return "; ".join(parts)
        parts = [f"医保端现状：{self.zh}{'（已向医保端核实）' if self.asked else ''}"]
        parts += [f"继续：{self.next_step}()"] if self.next_step else []
        parts += [f"撤回：{self.undo_step}()"] if self.undo_step else []
        return "；".join(parts)


def standing_at(place: Place, content: Mapping[str, Any], setl_ids: Sequence[Any] = ()) -> Standing:
    """The place of a flow, with the step that its record says has not ended."""
    stage, zh, en, following, undo = place
    begun = (content.get("doing") or {}).get("step", "")
    if begun:
        zh, en, following = (
            f"{zh}；{begun} 未完成，可能已执行",
            f"{en}; {begun} has not ended and may have been done",
            "resume",
        )
        undo = undo if begun == "charge" else ""  # what may have been done is found out first
    return Standing(stage, zh, en, following, undo, begun, tuple(str(one) for one in setl_ids))
