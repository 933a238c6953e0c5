"""Replies of calls that are done, from the journal: reading them never sends anything."""

from __future__ import annotations

from typing import Any

from mi_core.config import Institution
from mi_core.desk.words import title_of
from mi_core.journal import AttemptRecord
from mi_core.pipeline.reading import parse
from mi_core.wire import MissingProof

__all__ = ["stored_reply"]


def stored_reply(institution: Institution, attempt: AttemptRecord) -> dict[str, Any]:
    """The same object as the call's own reply, as far as the journal has it; ``output`` is empty where it cannot be read."""
    return {
        "operation": attempt.operation_id, "status": "done", "interface": attempt.interface,
        "title": title_of(attempt.interface), "msgid": attempt.msgid, "inf_refmsgid": "", "repeated": True,
        "source": attempt.source or "reply", "missing": list(attempt.missing), "output": _output(institution, attempt),
        "extra": {}, "cancelled_by": "", "warnings": [], "problems": [], "discrepancies": [],
    }  # fmt: skip


def _output(institution: Institution, attempt: AttemptRecord) -> Any:
    body = attempt.result if attempt.result is not None else attempt.response
    if body is None:
        return {}
    try:
        interface = institution.interface(attempt.interface)
        content = parse(interface, body).output()
        try:
            return interface.structure_output(content, []).to_dict()
        except MissingProof:
            return content if isinstance(content, dict) else {}
    except Exception:  # the business is done: what cannot be read any more is no reason to say otherwise
        return {}
