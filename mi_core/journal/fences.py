"""The fence of a region's gateway, from what the configuration knows of it."""

from __future__ import annotations

from mi_core.config import RecoverySettings
from mi_core.journal.resolution import FenceTerms

__all__ = ["terms_of"]


def terms_of(known: RecoverySettings) -> FenceTerms:
    """Seconds of ``[institutions.X.recovery]`` as the milliseconds that the journal's rules take."""

    def ms(seconds: float | None) -> int | None:
        return None if seconds is None else round(seconds * 1000)

    return FenceTerms(
        acceptance=ms(known.acceptance), processing=ms(known.processing), lag=ms(known.replica_lag),
        likely_refused=round(known.likely_refused * 1000),
    )  # fmt: skip
