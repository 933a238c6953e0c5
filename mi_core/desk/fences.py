"""From when on "absent" means "not executed", for institutions that are configured and for those that no longer are."""

from __future__ import annotations

from mi_core.config import Config
from mi_core.journal import AttemptRecord, FenceTerms, fence_end
from mi_core.recovery.knowing import terms_of

__all__ = ["fence_of", "known_terms"]

_UNKNOWN = FenceTerms(acceptance=None, processing=None, lag=None)


def known_terms(config: Config, institution: str) -> FenceTerms:
    """The fence's terms; unknown ones for an institution that is not configured any more."""
    return terms_of(config, institution) if institution in config.institutions else _UNKNOWN


def fence_of(config: Config, attempt: AttemptRecord) -> int | None:
    """The end of an attempt's fence, milliseconds; ``None`` when a term is unknown."""
    return fence_end(attempt.signed_at, known_terms(config, attempt.institution))
