"""What the bureau itself says of a settlement: whether it stands, or was taken back by somebody else.

The question is the catalogue's: of the queries that tell the outcome of a cancel (2208, 2305, 2103) the one that asks for the
settlement by its own number (5203 and its refund flag). It changes nothing and may be asked at any time.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Literal

import attrs

from mi_core.classify import Refusals
from mi_core.config import Institution
from mi_core.errors import BureauRefused
from mi_core.model import Request, Response
from mi_core.model.outcome import OutcomeQuery, Source

__all__ = ["AtBureau", "at_bureau"]

Stands = Literal["stands", "taken_back", "absent", "unknown"]
_MEANS: Final[Mapping[str, Stands]] = {"found": "taken_back", "absent": "stands"}
"""What the query means for the cancel, and what that means for the settlement."""


@attrs.frozen
class AtBureau:
    """One answer."""

    state: Stands
    """``absent``: refused with a text that is proven to mean that there is no such record; ``unknown``: says nothing."""
    interface: str = ""
    """Who was asked; ``""`` where no query can tell."""
    evidence: bytes = attrs.field(default=b"", repr=False)
    """The answer as it came."""


async def at_bureau(
    institution: Institution, cancel: Request[Any], ask: Callable[[Request[Any]], Awaitable[Response]]
) -> AtBureau:
    """Ask about the settlement that ``cancel`` (not sent) would take back. Raises what a query raises when no answer comes."""
    content = cancel.to_dict()
    interface = institution.interface(cancel.__interface__.code)
    for query in interface.behaviour.outcome_queries:
        asked = _question(query, content)
        if asked is None:
            continue
        request = institution.interface(query.interface).request.from_dict(asked)
        try:
            reply = await ask(request)
        except BureauRefused as refused:
            absent = refused.reason in Refusals(institution.recovery.absent)
            return AtBureau("absent" if absent else "unknown", query.interface, refused.raw or b"")
        return AtBureau(_state(query, content, reply.to_dict()), query.interface, reply.meta.raw)
    return AtBureau("unknown")


def _question(query: OutcomeQuery, content: Mapping[str, Any]) -> dict[str, Any] | None:
    """The content of the query where it names the settlement itself; ``None`` for one that cannot be asked beforehand."""
    if not query.states or query.blank or query.first is not None or query.opener is not None:
        return None
    tree: dict[str, Any] = {}
    for path, sources in query.ask:
        value = _given(sources[0], content)
        if value in (None, ""):
            return None
        *nodes, field = path.split(".")
        here = tree
        for node in nodes:
            here = here.setdefault(node, {})
        here[field] = value
    return tree or None


def _given(source: Source, content: Mapping[str, Any]) -> Any:
    here: Any = content
    for step in (source.call or "").split("."):
        here = here.get(step) if isinstance(here, Mapping) else None
    return here


def _state(query: OutcomeQuery, content: Mapping[str, Any], told: Mapping[str, Any]) -> Stands:
    """Only a row that is the settlement's own, in every value that the query compares, says anything."""
    rows = told.get(query.rows)
    for row in rows if isinstance(rows, (list, tuple)) else [rows]:
        if not isinstance(row, Mapping):
            continue
        if any(str(row.get(f) or "") != str(_given(s, content)) for f, s in (*query.match, *query.agree)):
            continue
        means = next((s.means for s in query.states if str(row.get(s.field)) in s.values), "")
        return _MEANS.get(means, "unknown")
    return "unknown"
