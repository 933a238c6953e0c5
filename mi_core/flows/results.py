"""What the steps of the flows return."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import attrs

from mi_core.flows.amounts import Amounts
from mi_core.flows.patient import Insured
from mi_core.model import Response

__all__ = ["Charged", "Opened", "PartRefund", "PartRefunded", "Quote", "Refund", "Settlement"]


@attrs.frozen
class Opened:
    """A registered visit or an admitted stay."""

    mdtrt_id: str
    insured: Insured
    place: str
    """``local``, ``province`` or ``remote`` (:func:`mi_core.flows.patient.place_of_care`)."""


@attrs.frozen
class Charged:
    """Uploaded fee rows."""

    rows: int
    total: Decimal
    """Yuan."""
    messages: int
    """Into how many uploads the rows were divided."""
    result: tuple[Mapping[str, Any], ...] = attrs.field(default=(), repr=False)
    """How the bureau covers each row, by wire name."""


@attrs.frozen
class Quote:
    """What a settlement would pay."""

    amounts: Amounts
    reply: Response = attrs.field(repr=False)


@attrs.frozen
class Settlement:
    """A settlement that the bureau has executed. ``reply.meta.repeated``: it was done before, nothing was sent now."""

    setl_id: str
    amounts: Amounts
    reply: Response = attrs.field(repr=False)


@attrs.frozen
class Refund:
    """A settlement that was taken back; its amounts are negative."""

    setl_id: str
    """Of the settlement that was taken back."""
    amounts: Amounts
    reply: Response = attrs.field(repr=False)


@attrs.frozen
class PartRefund:
    """What a partial refund is going to do, before anything is sent.

    How much of ``difference`` comes from fund, account and cash is known only from the new quote: see ``agree`` of
    ``refund_part``.
    """

    setl_id: str
    keep: tuple[Mapping[str, Any], ...] = attrs.field(repr=False)
    """The rows that stay, by wire name."""
    removed: tuple[str, ...]
    """``feedetl_sn`` of rows that go."""
    changed: tuple[str, ...]
    """``feedetl_sn`` of rows whose amount changes."""
    before: Amounts
    """Of the settlement as it stands."""
    total: Decimal
    """Of the rows that stay, yuan."""

    @property
    def difference(self) -> Decimal:
        """Yuan by which the total gets smaller."""
        return (self.before.medfee_sumamt or Decimal(0)) - self.total


@attrs.frozen
class PartRefunded:
    """A partial refund that was done."""

    settlement: Settlement
    """Of the rows that stay."""
    before: Amounts
    given_back: Amounts
    """Field by field what the first settlement had more; account and cash are what the patient gets back."""
