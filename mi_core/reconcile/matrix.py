"""What follows when the journal and the centre are laid side by side: one table, no input or output.

Every local state meets everything the centre can say, and the answer is one :class:`Action`. Nothing here reverses
anything: a reversal is listed for recovery, or for a person, one message at a time.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Final

from mi_core.journal import AttemptState

__all__ = ["MATRIX", "Action", "Centre", "Local", "judge"]


class Local(str, Enum):
    """What the journal says of a message: the attempt's state, or that it has no such message."""

    SENT = "SENT"
    NOT_SENT = "NOT_SENT"
    CONFIRMED = "CONFIRMED"
    REJECTED = "REJECTED"
    IN_DOUBT = "IN_DOUBT"
    EXECUTED_UNIDENTIFIED = "EXECUTED_UNIDENTIFIED"
    NOT_EXECUTED = "NOT_EXECUTED"
    REVERSING = "REVERSING"
    REVERSED = "REVERSED"
    MANUAL = "MANUAL"
    SUPERSEDED = "SUPERSEDED"
    UNKNOWN = "UNKNOWN"
    """The message id has this institution's form, but the journal does not have it."""
    FOREIGN = "FOREIGN"
    """Another sender's message id, or none."""

    @classmethod
    def of(cls, state: AttemptState) -> Local:
        """The state of a journalled attempt."""
        return cls(state.value)


class Centre(str, Enum):
    """What the centre (3202) says of a message."""

    ABSENT = "absent"
    """Not there, and everything that could have it was asked."""
    SAME = "same"
    """There, with its ids and nothing that contradicts us."""
    BLANK = "blank"
    """Its msgid is there, ``setl_id`` and ``mdtrt_id`` are blank: several records of one business."""
    AMOUNTS = "amounts"
    """There with other amounts."""
    REFUNDED = "refunded"
    """There with a refund flag that we do not have."""
    ALIVE = "alive"
    """There without the refund flag, though we have it refunded."""
    OTHER = "other"
    """There, of another person or visit."""


class Action(str, Enum):
    """What to do about it."""

    NOTHING = "nothing"
    """Both agree."""
    CLOSE = "close"
    """Both agree that nothing was done: the tombstone is closed once the day is balanced."""
    WAIT = "wait"
    """A send under way; asked again later."""
    ADOPT = "adopt"
    """Done at the centre: CONFIRMED with the ids found."""
    UNIDENTIFIED = "unidentified"
    """Done at the centre, ids unknown: EXECUTED_UNIDENTIFIED, and recovery goes on from there."""
    ABSENT = "absent"
    """Not done: NOT_EXECUTED or REVERSED, as soon as nothing of it can still come (recovery's rules)."""
    REVERSE = "reverse"
    """Alive at the centre though it must not be: reverse by this msgid, by recovery or by a person; never in bulk."""
    FREEZE = "freeze"
    """A ghost: confirmed here, absent there. Nothing is done with it automatically; a person asks the centre."""
    AMOUNT = "amount"
    """Both have it, amounts differ: a person compares the receipt with the centre's."""
    REFUND = "refund"
    """The centre has a refund that we do not have, or lacks one that we have."""
    PERSON = "person"
    """The answers contradict each other, or it is MANUAL and not plainly there: two persons decide (``mi doubt``)."""
    DOUBLE = "double"
    """The centre has several live records of one business: a person finds out which one stays."""
    ORPHAN = "orphan"
    """A message of this institution that the journal does not know: another system, a lost journal, or worse."""
    FOREIGN = "foreign"
    """A message of another sender under this institution: alarm."""


_ALIVE: Final = (Centre.SAME, Centre.BLANK, Centre.AMOUNTS, Centre.ALIVE, Centre.OTHER)


def _row(absent: Action, there: Action, **other: Action) -> dict[Centre, Action]:
    """One line of the table: ``absent``, ``there`` for all that is alive, and the cells that differ."""
    cells = {Centre.ABSENT: absent, Centre.REFUNDED: Action.PERSON} | dict.fromkeys(_ALIVE, there)
    return cells | {Centre[name.upper()]: action for name, action in other.items()}


MATRIX: Final[Mapping[Local, Mapping[Centre, Action]]] = {
    Local.SENT: _row(Action.WAIT, Action.WAIT, refunded=Action.WAIT),
    Local.CONFIRMED: _row(
        Action.FREEZE, Action.NOTHING, blank=Action.DOUBLE, amounts=Action.AMOUNT, refunded=Action.REFUND,
        alive=Action.REFUND, other=Action.PERSON,
    ),
    Local.IN_DOUBT: _row(
        Action.ABSENT, Action.ADOPT, blank=Action.UNIDENTIFIED, amounts=Action.PERSON, other=Action.PERSON,
    ),
    Local.EXECUTED_UNIDENTIFIED: _row(
        Action.PERSON, Action.ADOPT, blank=Action.REVERSE, amounts=Action.PERSON, other=Action.PERSON,
    ),
    Local.NOT_SENT: _row(Action.NOTHING, Action.REVERSE),
    Local.REJECTED: _row(Action.NOTHING, Action.REVERSE),
    Local.NOT_EXECUTED: _row(Action.CLOSE, Action.REVERSE),
    Local.REVERSING: _row(Action.ABSENT, Action.REVERSE, refunded=Action.ABSENT),
    Local.REVERSED: _row(Action.NOTHING, Action.REVERSE, refunded=Action.NOTHING),
    Local.MANUAL: _row(Action.PERSON, Action.PERSON, same=Action.ADOPT),
    Local.SUPERSEDED: _row(Action.NOTHING, Action.PERSON),
    Local.UNKNOWN: _row(Action.NOTHING, Action.ORPHAN, refunded=Action.ORPHAN),
    Local.FOREIGN: _row(Action.NOTHING, Action.FOREIGN, refunded=Action.FOREIGN),
}  # fmt: skip
"""Local state × what the centre says. Every cell is there and every cell is a test."""


def judge(local: Local, centre: Centre) -> Action:
    """The cell of the table."""
    return MATRIX[local][centre]
