"""What a client gives the pipeline: configuration, providers, and the state that calls share."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from typing import Any, Protocol

import attrs

from mi_core.classify import Refusals
from mi_core.config import Config, Institution, Operator
from mi_core.envelope import HeadForm
from mi_core.journal import Journal
from mi_core.overload import Gate
from mi_core.pipeline.serving import Gateways
from mi_core.pipeline.visits import Visits
from mi_core.plugin import OperationLogStore, Transport, Validator
from mi_core.plugin.manager import Plugins
from mi_core.retry import RetryBudget

__all__ = ["Runtime", "SignNumbers"]


class SignNumbers(Protocol):
    """Where the pipeline gets sign-in numbers from."""

    async def number(self, institution: Institution, operator: Operator) -> str:
        """Today's number of that operator; signs in when there is none. Raises ``MiError``."""
        ...

    def known(self, institution: Institution, operator: Operator) -> bool:
        """Whether :meth:`number` would answer at once."""
        ...

    def expired(self, institution: Institution, operator: Operator, reason: str) -> bool:
        """Whether a refusal with that text means the number is no longer valid; then it is forgotten."""
        ...


@attrs.frozen
class Runtime:
    """Everything the stages need besides the call itself."""

    config: Config
    plugins: Plugins = attrs.field(repr=False)
    store: OperationLogStore = attrs.field(repr=False)
    transport: Transport = attrs.field(repr=False)
    gateways: Gateways = attrs.field(repr=False)
    validators: tuple[Validator, ...] = attrs.field(repr=False)
    refusals: Mapping[str, Refusals] = attrs.field(repr=False)
    """By institution."""
    sign_numbers: SignNumbers = attrs.field(repr=False)
    journal: Journal = attrs.field(repr=False)
    gate: Gate = attrs.field(repr=False)
    """Lets out what the gateways can take."""
    visits: Visits = attrs.field(factory=Visits, repr=False)
    budget: RetryBudget = attrs.field(factory=RetryBudget, repr=False)
    in_flight: set[str] = attrs.field(factory=set, repr=False)
    """Operations that have begun and not ended."""
    later: set[asyncio.Task[Any]] = attrs.field(factory=set, repr=False)
    """Rows that are completed although nobody waits for them."""
    closed: threading.Event = attrs.field(factory=threading.Event, repr=False)
    """Set when the client closes: from then on nothing may be sent."""
    quotes: dict[tuple[str, str, str], int] = attrs.field(factory=dict, repr=False)
    """When a query about a visit was last answered here, by (institution, ``mdtrt_id``, interface), ms since 1970."""
    client_ip: str | None = None
    head_forms: dict[tuple[object, ...], HeadForm] = attrs.field(factory=dict, repr=False)
    """Heads used before; see ``prepare``."""
