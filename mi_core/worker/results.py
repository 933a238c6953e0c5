"""What a request came to, as the row that the HIS reads."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from mi_core.errors import BureauRefused, CallError, InvalidInput, MiError, OutcomeUnknown, Refused, language
from mi_core.model import Response
from mi_core.worker.records import Result, Status

__all__ = ["done", "failed", "shortened", "told"]

_log: Final = logging.getLogger("mi_core.worker")
LONGEST: Final = 2000
"""Characters of ``err_msg``; the whole text stands in ``response_data``."""
LONGEST_CODE: Final = 10
_encode: Final = msgspec.json.Encoder().encode
_body: Final = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_STRANGE: Final = re.compile("[\0-\x08\x0b-\x1f\ud800-\udfff\U00010000-\U0010ffff]")
_DETAILS: Final = ("reason", "evidence", "resolve_with", "likely_refused")


def done(reply: Response, code: str) -> Result:
    """The bureau did it; ``output`` is its own JSON to the digit, as whoever reads the specification expects it. Never raises:
    what was done is done, however strange the answer."""
    meta = reply.meta
    try:
        data = _encode(_told_of(reply, code)).decode()
    except Exception as error:
        _log.error("%s %s: the reply cannot be shown: %s", code, meta.msgid, type(error).__name__)
        what = {"infcode": "0", "interface": code, "msgid": meta.msgid, "operation_id": meta.operation_id}
        data = _json(what | {"err_msg": meta.err_msg or "", "unwritable": True, "output": None})
    return Result(
        status="COMPLETED", data=data, infcode="0", err_msg=_short(meta.err_msg or ""),
        operation_id=meta.operation_id, msgid=meta.msgid,
    )  # fmt: skip


def _told_of(reply: Response, code: str) -> dict[str, Any]:
    meta = reply.meta
    return {
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
            str(found, "utf-8")  # what is skipped is not looked at
    except (msgspec.DecodeError, UnicodeDecodeError):
        found = b""
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


def shortened(result: Result) -> Result:
    """What can be written in any case in place of a result that cannot. Its status stays; what the bureau answered stands in
    the operation log and, for what changes something, in the journal."""
    name = _plain(result.operation_id, 64) or "-"
    zh = f"结果无法写入 HIS 数据库（过大，或含有无法存储的字符），状态仍以本行为准；完整回参：mi ops show {name}"
    en = (
        "the result cannot be written to the HIS's database (too large, or characters that it cannot store); the status of "
        f"this row holds; the whole reply: mi ops show {name}"
    )
    text = en if language() == "en" else zh
    if result.err_msg:
        text = f"{_plain(result.err_msg, LONGEST // 2)}\n{text}"
    data = {
        "infcode": _plain(result.infcode, LONGEST_CODE), "error": result.error_code and _plain(result.error_code, 40),
        "err_msg": text, "msgid": _plain(result.msgid, 40), "operation_id": _plain(result.operation_id, 64),
        "unwritable": True, "characters": len(result.data),
    }  # fmt: skip
    return Result(
        status=result.status, data=json.dumps(data), infcode=_plain(result.infcode, LONGEST_CODE), err_msg=text,
        error_code=_plain(result.error_code, 40), operation_id=_plain(result.operation_id, 64), msgid=_plain(result.msgid, 40),
    )  # fmt: skip


def _plain(text: str | None, longest: int) -> str | None:
    """Characters that every column takes, and no more of them than it has room for."""
    return None if text is None else _STRANGE.sub("□", text)[:longest]


def _json(data: Mapping[str, Any]) -> str:
    """Half characters (lone surrogates), which no database stores, are written as escapes."""
    text = json.dumps(data, ensure_ascii=False, default=str)
    return text if _encodes(text) else json.dumps(data, default=str)


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _code(infcode: str | None) -> str | None:
    """As long as its column: one reply with a strange code must not keep all results from being written."""
    return None if infcode is None else infcode.replace("\0", "")[:LONGEST_CODE]


def _short(text: str) -> str:
    text = text.replace("\0", "")
    if not _encodes(text):
        text = _STRANGE.sub("□", text)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
