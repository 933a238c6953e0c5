"""The two machines: what an attempt and an operation can be, and which moves exist (journal design).

Pure data. An *attempt* is one wire send; an *operation* is one business intent with one or more attempts.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Final

from mi_core.types import Outcome

__all__ = [
    "BINDING", "CORRECTIONS", "MOVES", "NO_EFFECT", "OPEN_STATES", "OUTCOME_STATE", "AttemptState", "OperationState", "operation_after",
]  # fmt: skip


class AttemptState(str, Enum):
    """What is known about one send. ``SENT`` means *may have left*; it is durable before the first byte."""

    SENT = "SENT"
    NOT_SENT = "NOT_SENT"
    CONFIRMED = "CONFIRMED"
    REJECTED = "REJECTED"
    IN_DOUBT = "IN_DOUBT"
    EXECUTED_UNIDENTIFIED = "EXECUTED_UNIDENTIFIED"
    """Proven at the centre by its msgid, but its ids are blank there (result file of 3202)."""
    NOT_EXECUTED = "NOT_EXECUTED"
    REVERSING = "REVERSING"
    REVERSED = "REVERSED"
    MANUAL = "MANUAL"
    SUPERSEDED = "SUPERSEDED"
    """Only for reversals (2601): the same ``omsgid`` was sent again, and the newer attempt decides."""


class OperationState(str, Enum):
    """What became of a business intent."""

    OPEN = "OPEN"
    DONE = "DONE"
    FAILED = "FAILED"
    REVERSED = "REVERSED"
    ABANDONED = "ABANDONED"
    """Nothing of it ever left this machine; the same intent may be tried again."""
    MANUAL = "MANUAL"


_S = AttemptState
_NONE: Final[frozenset[AttemptState]] = frozenset()

MOVES: Final[Mapping[AttemptState, frozenset[AttemptState]]] = {
    _S.SENT: frozenset({_S.NOT_SENT, _S.CONFIRMED, _S.REJECTED, _S.IN_DOUBT}),
    _S.IN_DOUBT: frozenset(
        {_S.CONFIRMED, _S.EXECUTED_UNIDENTIFIED, _S.NOT_EXECUTED, _S.REVERSING, _S.MANUAL, _S.SUPERSEDED}
    ),
    _S.EXECUTED_UNIDENTIFIED: frozenset({_S.CONFIRMED, _S.REVERSING, _S.MANUAL}),
    _S.REVERSING: frozenset({_S.REVERSED, _S.MANUAL}),
    _S.MANUAL: frozenset({_S.CONFIRMED, _S.NOT_EXECUTED, _S.REVERSED}),
    _S.NOT_SENT: _NONE, _S.CONFIRMED: _NONE, _S.REJECTED: _NONE, _S.NOT_EXECUTED: _NONE, _S.REVERSED: _NONE,
    _S.SUPERSEDED: _NONE,
}  # fmt: skip
"""Every move there is. States are monotone: nothing ever returns (invariant I6). MANUAL is left by two persons only."""

CORRECTIONS: Final[Mapping[AttemptState, frozenset[AttemptState]]] = {
    **dict.fromkeys((_S.NOT_EXECUTED, _S.REJECTED, _S.NOT_SENT), frozenset({_S.CONFIRMED, _S.REVERSED})),
    _S.REVERSED: frozenset({_S.CONFIRMED}),
}
"""The only way back, and no rule or answer takes it: two persons correct an end that the centre contradicts. It is an
event of its own (``corrected``); the end that was wrong stays in the chain."""

OPEN_STATES: Final = frozenset(state for state, moves in MOVES.items() if moves)
"""Unresolved: the attempt holds its visit locks and its operation."""

NO_EFFECT: Final = frozenset({_S.NOT_SENT, _S.REJECTED, _S.NOT_EXECUTED})
"""Ends that claim the centre did nothing: proof of execution contradicts them."""

BINDING: Final = OPEN_STATES | {_S.CONFIRMED}
"""States of which an operation may have one attempt at most (partial unique index of the schema)."""

OUTCOME_STATE: Final[Mapping[Outcome, AttemptState]] = {
    Outcome.NOT_SENT: _S.NOT_SENT,
    Outcome.CONFIRMED: _S.CONFIRMED,
    Outcome.REJECTED: _S.REJECTED,
    Outcome.IN_DOUBT: _S.IN_DOUBT,
}

_OPERATION: Final[Mapping[AttemptState, OperationState]] = {
    _S.SENT: OperationState.OPEN,
    _S.IN_DOUBT: OperationState.OPEN,
    _S.EXECUTED_UNIDENTIFIED: OperationState.OPEN,
    _S.REVERSING: OperationState.OPEN,
    _S.SUPERSEDED: OperationState.OPEN,
    _S.NOT_SENT: OperationState.ABANDONED,
    _S.CONFIRMED: OperationState.DONE,
    _S.REJECTED: OperationState.FAILED,
    _S.NOT_EXECUTED: OperationState.FAILED,
    _S.REVERSED: OperationState.REVERSED,
    _S.MANUAL: OperationState.MANUAL,
}


def operation_after(state: AttemptState) -> OperationState:
    """The state of an operation whose latest attempt is in ``state``."""
    return _OPERATION[state]
