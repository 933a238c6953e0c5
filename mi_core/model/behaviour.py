"""What a call does and how its outcome is known; apart from the other specifications, because the runtime needs only this."""

from __future__ import annotations

from typing import Literal

import attrs

from mi_core.model.outcome import Adopt, First, OutcomeQuery, Source, State

__all__ = ["Adopt", "Behaviour", "First", "Identity", "OutcomeQuery", "Source", "State"]


@attrs.frozen
class Identity:
    """A sum that must hold to the cent in ``node`` of the reply: total = parts, or parts <= total."""

    node: str
    total: str
    parts: tuple[str, ...]
    relation: Literal["=", "<="] = "="


@attrs.frozen
class Behaviour:
    """What the call does and how its outcome is known (journal design, table of journalled interfaces)."""

    effect: Literal["query", "upload", "state", "money", "reversal"] = "query"
    action: str | None = None
    repeat: Literal["safe", "replace", "never"] | None = None
    direction: Literal["call", "inbound"] = "call"
    envelope: Literal["national", "none", "order"] = "national"
    input_limit: int = 40_000
    """Characters of compact JSON that ``input`` may have."""
    timeout: Literal["settlement", "query", "upload", "download"] = "query"
    flat: str | None = None
    proof: tuple[str, ...] = ()
    proof_values: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Which values of a proof mean success: a status says "failed" as readily as "done"."""
    person_request: str | None = None
    person_reply: str | None = None
    business_key: tuple[str, ...] = ()
    lock_key: tuple[str, ...] = ()
    amounts: tuple[str, ...] = ()
    identities: tuple[Identity, ...] = ()
    outcome_queries: tuple[OutcomeQuery, ...] = ()
    nobody_tells: str | None = None
    """Why no machine can find out a lost outcome; then people decide."""
    quoted_by: str | None = None
    """The interface that quotes the amounts: a send after NOT_EXECUTED needs a new quote."""
    cancelled_by: str | None = None
    cancels: str | None = None
    """The interface it takes back; ``None`` when it takes back none or several."""
    cancels_all: tuple[str, ...] = ()
    """Every interface whose records it takes back."""
    reversible: bool = False
    log_table: str | None = None
    log_category: str = ""
    log_type: str = ""

    @property
    def exact(self) -> bool:
        """As ``Effect.exact``."""
        return self.effect in ("money", "state", "reversal")
