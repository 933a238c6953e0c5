"""What a request came to, as the row that the HIS reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from mi_core.errors import BureauRefused, CallError, InvalidInput, MiError, OutcomeUnknown, Refused, language
from mi_core.model import Response
from mi_core.worker.records import Result, Status

__all__ = ["done", "failed", "told"]

LONGEST: Final = 2000
"""Characters of ``err_msg``; the whole text stands in ``response_data``."""
LONGEST_CODE: Final = 10
_encode: Final = msgspec.json.Encoder().encode
_body: Final = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_DETAILS: Final = ("reason", "evidence", "resolve_with", "likely_refused")


def done(reply: Response, code: str) -> Result:
    """The bureau did it; ``output`` is its own JSON to the digit, as whoever reads the specification expects it."""
    meta = reply.meta
    data = {
        "infcode": "0",
        "err_msg": meta.err_msg or "",
        "interface": code,
        "msgid": meta.msgid,
        "inf_refmsgid": meta.inf_refmsgid,
        "operation_id": meta.operation_id,
        "repeated": meta.repeated,
        "source": meta.source,
        "missing": meta.missing,
        "identifier": meta.identifier,
        "discrepancies": [d.en if language() == "en" else d.zh for d in meta.discrepancies],
        "problems": [p.to_dict() for p in meta.problems],
        "warnings": [p.to_dict() for p in meta.warnings],
        "output": _output(reply),
    }
    return Result(
        status="COMPLETED", data=_encode(data).decode(), infcode="0", err_msg=_short(meta.err_msg or ""),
        operation_id=meta.operation_id, msgid=meta.msgid,
    )  # fmt: skip


def _output(reply: Response) -> msgspec.Raw:
    """As the bureau wrote it; as it was understood where that is no plain JSON object (a text in a text, another charset)."""
    raw = reply.meta.raw.removeprefix(b"\xef\xbb\xbf")
    found = b""
    try:
        if reply.__interface__.behaviour.envelope == "none":
            msgspec.json.decode(raw)
            found = raw
        else:
            found = bytes(_body(raw).get("output", b""))
    except msgspec.DecodeError:
        pass
    if found[:1] in (b"{", b"["):
        return msgspec.Raw(found)
    return msgspec.Raw(_json(reply.to_dict()).encode())


def failed(error: MiError) -> Result:
    """Refused, not sent, or in doubt: only :class:`OutcomeUnknown` is in doubt, and only what is certain is COMPLETED."""
    status: Status = "ERROR"
    infcode: str | None = None
    if isinstance(error, OutcomeUnknown):
        status = "IN_DOUBT"
    elif isinstance(error, Refused | InvalidInput):
        status = "COMPLETED"
        infcode = error.infcode if isinstance(error, BureauRefused) else None
    data: dict[str, Any] = {"infcode": infcode, "error": error.code, "err_msg": error.message()}
    operation_id = msgid = None
    if isinstance(error, CallError):
        operation_id, msgid = error.operation_id, error.msgid
        data |= {
            "interface": error.interface, "institution": error.institution, "msgid": msgid,
            "operation_id": operation_id, "http_status": error.status,
            "warnings": [dict(p.to_dict()) for p in error.warnings],
        }  # fmt: skip
    if isinstance(error, InvalidInput):
        data["problems"] = [dict(p.to_dict()) for p in error.problems]
    data |= {name: getattr(error, name) for name in _DETAILS if hasattr(error, name)}
    return Result(
        status=status, data=_json(data), infcode=_code(infcode), err_msg=_short(error.message()), error_code=error.code,
        operation_id=operation_id, msgid=msgid,
    )  # fmt: skip


def told(
    status: Status, code: str, zh: str, en: str, *, operation_id: str | None = None, msgid: str | None = None,
    infcode: str | None = None, **more: Any,
) -> Result:  # fmt: skip
    """An end that is no error of a call."""
    text = en if language() == "en" else zh
    data: Mapping[str, Any] = {
        "infcode": infcode, "error": code, "err_msg": text, "operation_id": operation_id, "msgid": msgid, **more,
    }  # fmt: skip
    return Result(
        status=status, data=_json(data), infcode=_code(infcode), err_msg=_short(text), error_code=code,
        operation_id=operation_id, msgid=msgid,
    )  # fmt: skip


def _json(data: Mapping[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False, default=str)


def _code(infcode: str | None) -> str | None:
    """As long as its column: one reply with a strange code must not keep all results from being written."""
    return None if infcode is None else infcode.replace("\0", "")[:LONGEST_CODE]


def _short(text: str) -> str:
    text = text.replace("\0", "")
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
