"""Errors as old programs can read them: one flat JSON object, and the HTTP status that says what to do.

========================================================  ======  ==================================================
error (``code``)                                          status  the caller
========================================================  ======  ==================================================
``bad_request`` ``bad_json`` ``bad_url`` ``bad_http``      400     mends its program
``config`` (an option)
``idempotency_key_required``                              400     sends an ``Idempotency-Key``
``unauthorised``                                          401     gets a token
``not_allowed`` ``bad_host`` ``bad_origin``               403     asks who configures the service
``not_found`` (also what is another institution's)        404     compares the address
``operation_unknown``                                     404     must not take it for "not done": submits the same
                                                                  request again under the same key, which tells
``method_not_allowed`` ``slow`` ``too_large`` ``charset`` 405–415 mends its program
``visit_busy`` ``in_flight``                              409     waits for the operation named
``amounts_differ`` ``quote_needed`` ``key_used``
``taken_back_since``                                      409     acts on the hint; nothing was sent
``not_executed``                                          409     knows that it was not done; a new key does it anew
``decision_refused`` ``person_refused`` ``move_refused``  409     acts on the hint
``flow_stopped``                                          as its  409 where a step does not fit what stands; 504 while
                                                          cause   it is not known whether the step was done
``invalid_input`` ``idempotency_key_reused``              422     corrects the fields; nothing was sent
``bureau_refused``                                        422     acts on the bureau's reason; nothing was done
``too_many_requests``                                     429     waits ``Retry-After`` seconds
``gateway_refused`` ``reply_unreadable``                  502     has keys or gateway looked at
``gateway_unreachable`` ``overloaded`` ``intake_closed``
``closing`` ``store`` ``not_sent``                        503     tries again later; nothing was sent
``outcome_unknown``                                       504     **never under another key**; asks for the operation
``interrupted`` (of an operation)                         –       submits it again under the same key
``error``                                                 500     looks into the service's log
========================================================  ======  ==================================================
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from mi_core.catalogues import NotSynchronised
from mi_core.errors import (
    BureauRefused,
    CallError,
    ConfigError,
    GatewayRefused,
    InvalidInput,
    MiError,
    NotSent,
    OutcomeUnknown,
    Refused,
    ReplyUnreadable,
    StoreError,
    UnknownName,
    VisitBusy,
)
from mi_core.flows.errors import FlowStopped
from mi_core.flows.record import FlowBusy
from mi_core.journal.people import DecisionRefused
from mi_core.journal.persons import PersonRefused
from mi_core.journal.refusals import AmountsDiffer, MoveRefused, NoReversal, QuoteNeeded, TakenBackSince
from mi_core.masking import scrub
from mi_core.serve.refusals import Refusal

__all__ = ["FIELDS", "flat", "headers_of", "status_of"]

FIELDS: Final = ("code", "message", "field", "hint", "operation")
"""Always there, a text each; empty where there is nothing to say."""

_FOLDERS: Final = re.compile(r"(?<![\w/])(?:[A-Za-z]:)?[/\\](?:[^\s/\\：，；（）()'\"]+[/\\])+")
_STATUS: Final[tuple[tuple[type[MiError], int], ...]] = (
    (InvalidInput, 422), (BureauRefused, 422), (GatewayRefused, 502), (Refused, 422), (OutcomeUnknown, 504),
    (ReplyUnreadable, 502), (VisitBusy, 409), (AmountsDiffer, 409), (QuoteNeeded, 409), (NoReversal, 409),
    (MoveRefused, 409), (DecisionRefused, 409), (PersonRefused, 409), (TakenBackSince, 409), (NotSent, 503),
    (StoreError, 503), (FlowBusy, 409), (UnknownName, 404), (ConfigError, 400), (NotSynchronised, 404),
)  # fmt: skip


def status_of(error: MiError) -> int:
    """The HTTP status of an error."""
    if isinstance(error, Refusal):
        return error.status
    if isinstance(error, FlowStopped):
        if error.in_doubt:
            return 504
        return status_of(error.__cause__) if isinstance(error.__cause__, MiError) else 409
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


def headers_of(error: MiError) -> Mapping[str, str]:
    """``Retry-After`` where waiting helps, ``WWW-Authenticate`` where a token is missing."""
    status, after = status_of(error), getattr(error, "retry_after", None)
    if status == 401:
        return {"WWW-Authenticate": 'Bearer realm="mi"'}
    if status in (429, 503) or after is not None:
        return {"Retry-After": str(max(1, round(after or 5.0)))}
    return {}


def flat(error: MiError, lang: str = "zh") -> dict[str, Any]:
    """The error as one flat object; ``problems`` lists everything that is wrong with a request."""
    english = lang == "en"
    wrong = error.__cause__ if isinstance(error, FlowStopped) else error
    problems = [_problem(p, english) for p in wrong.problems] if isinstance(wrong, InvalidInput) else []
    field = getattr(error, "field", "")
    if problems:
        field = next((p["field"] for p in problems if p["severity"] == "error"), "")
    body: dict[str, Any] = {
        "code": error.code,
        "message": _placeless(error, scrub(error.en if english else error.zh)),
        "field": field,
        "hint": _placeless(error, scrub(error.hint_en if english else error.hint_zh)),
        "operation": getattr(error, "operation_id", None) or getattr(error, "operation", "") or "",
    }
    if isinstance(error, CallError):
        body |= {"interface": error.interface, "msgid": error.msgid or ""}
    if isinstance(error, FlowStopped):
        body |= {"interface": error.interface, "flow": error.flow, "key": error.key, "step": error.step,
                 "continue_with": error.continue_with, "undo_with": error.undo_with}  # fmt: skip
    for name in ("reason", "infcode", "evidence", "resolve_with", "likely_refused"):
        if hasattr(error, name):
            value = getattr(error, name)
            body[name] = scrub(value) if isinstance(value, str) else value
    return body | {"problems": problems}


def _placeless(error: MiError, text: str) -> str:
    """Files by their names: where they are on this machine is for its own log and command line."""
    return _FOLDERS.sub("…/", text) if isinstance(error, StoreError | ConfigError) else text


def _problem(problem: Any, english: bool) -> dict[str, Any]:
    return {
        "field": problem.field, "label": problem.label, "path": problem.path, "rule": problem.rule,
        "severity": problem.severity, "message": problem.message("en" if english else "zh"),
    }  # fmt: skip
