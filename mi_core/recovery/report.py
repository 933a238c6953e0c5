"""What recovery did, for people and for programs."""

from __future__ import annotations

import attrs

from mi_core.journal import AttemptState
from mi_core.journal.states import OPEN_STATES

__all__ = ["Line", "RecoveryReport"]


@attrs.frozen(kw_only=True)
class Line:
    """One attempt that was looked at."""

    msgid: str
    operation_id: str
    institution: str
    interface: str
    before: AttemptState
    after: AttemptState
    zh: str
    en: str
    due: int | None = None
    """When it is looked at again, milliseconds since 1970; ``None`` when recovery is through with it."""

    @property
    def resolved(self) -> bool:
        """It has ended, and nobody has to do anything."""
        return self.after not in OPEN_STATES

    @property
    def manual(self) -> bool:
        """People decide."""
        return self.after is AttemptState.MANUAL


@attrs.frozen
class RecoveryReport:
    """What one pass did."""

    lines: tuple[Line, ...] = ()
    in_doubt: int = 0
    """Attempts of dead workers that were found sent without an answer."""
    adopted: int = 0
    """Unresolved attempts taken over from dead workers."""
    completed: int = 0
    """Records of what people confirmed that have their content now."""

    @property
    def resolved(self) -> int:
        """Attempts whose end is known now."""
        return sum(line.resolved for line in self.lines)

    @property
    def waiting(self) -> int:
        """Attempts that are looked at again later."""
        return sum(not line.resolved and not line.manual for line in self.lines)

    @property
    def manual(self) -> int:
        """Attempts that people decide about from now on."""
        return sum(line.manual for line in self.lines)
