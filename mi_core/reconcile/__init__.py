"""Reconciliation with the bureau: 3201 by group, 3202 where they differ, the state matrix, and what follows.

``await reconcile_day(call, journal, config, institution, day)`` gives a :class:`DayReport`; ``await findings(…)`` is what
recovery asks about messages in doubt. ``call(request, CallOptions)`` is one call through the pipeline.
"""

from mi_core.reconcile.asking import Shelf, findings
from mi_core.reconcile.day import Scope, reconcile_day
from mi_core.reconcile.matrix import MATRIX, Action, Centre, Local, judge
from mi_core.reconcile.report import Applied, Case, DayReport, Money, OpenCall
from mi_core.reconcile.rows import LocalRow, Unusable
from mi_core.reconcile.totals import Group, GroupResult, Totals

__all__ = [
    "MATRIX", "Action", "Applied", "Case", "Centre", "DayReport", "Group", "GroupResult", "Local", "LocalRow", "Money",
    "OpenCall", "Scope", "Shelf", "Totals", "Unusable", "findings", "judge", "reconcile_day",
]  # fmt: skip
