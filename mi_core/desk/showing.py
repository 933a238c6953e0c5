"""Messages as a person may see them: each field by the class its catalogue document gives it, unknown ones not at all.

With ``reveal`` everything but credentials is shown in clear; who asked for it is audited by the caller.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

from mi_core.catalog.catalog import default_catalog
from mi_core.journal.records import AttemptRecord
from mi_core.masking import mask, scrub
from mi_core.model.spec import FieldSpec, NodeSpec

__all__ = ["HIDDEN", "Shown", "business_of", "class_of", "reply_lines", "request_lines", "spoken"]

HIDDEN: Final = "（不显示）"
Shown = tuple[str, str, str]
"""Path, label, value."""

_OPEN_TYPES: Final = frozenset({"object", "map", "list", "strings", "text", "base64", "bytes"})
_FREE: Final = frozenset({"exp_content"})
"""Extension fields hold what a region likes; nobody has classified it."""
_STATUS: Final = re.compile(r"[-+.0-9A-Za-z_]{0,12}|[0-9A-Za-z]{22,40}")
"""A status code or a message id; in their places anything else may be personal."""
_CREDENTIALS: Final = frozenset({"mdtrt_cert_no", "card_sn", "ecToken", "payToken", "revsToken", "sign_no"})
"""Never shown, whatever node they stand in."""


@lru_cache(maxsize=64)
def _parts(code: str) -> tuple[NodeSpec, NodeSpec] | None:
    try:
        spec = default_catalog().interfaces[code]
    except KeyError:
        return None
    return spec.input, spec.output


def class_of(code: str, name: str) -> str:
    """The strictest class that the documents of an interface give a wire name; ``credential`` for an unknown name."""
    parts = _parts(code)
    found = [
        m.sensitivity for part in parts or () for _, m in part.walk() if isinstance(m, FieldSpec) and m.code == name
    ]  # fmt: skip
    return next((c for c in found if c != "none"), "none") if found else "credential"


def business_of(attempt: AttemptRecord, *, reveal: bool = False) -> list[tuple[str, str]]:
    """Visit and business key as (wire name, value to show); a caller's own key has the name ``operation_key``."""
    from mi_core.interfaces import by_code

    try:
        names = [path.rpartition(".")[2] for path in by_code(attempt.interface).behaviour.business_key]
    except KeyError:
        names = []
    if len(names) != len(attempt.business_key):
        names = ["operation_key"] * len(attempt.business_key)
    pairs = [key.partition("=")[::2] for key in attempt.lock_keys]
    pairs += zip(names, attempt.business_key, strict=True)
    shown = ((name, _value(value, _key_class(attempt.interface, name), reveal)) for name, value in pairs)
    return list(dict.fromkeys(shown))


def _key_class(code: str, name: str) -> str:
    return "none" if name == "operation_key" else class_of(code, name)


def request_lines(attempt: AttemptRecord, *, reveal: bool = False) -> list[Shown]:
    """The ``input`` of a request as lines; the head holds nothing that the attempt does not say."""
    parts = _parts(attempt.interface)
    tree = _loads(attempt.request)
    content = tree.get("input") if isinstance(tree, dict) else None
    if isinstance(content, str):
        content = _loads(content.encode())
    if parts is None or content is None:
        return [("", "", HIDDEN)]
    return list(_lines(content, parts[0], "", reveal))


def reply_lines(attempt: AttemptRecord, *, reveal: bool = False) -> list[Shown]:
    """What came back: status, the bureau's text, the ``output``; empty when nothing came."""
    body = attempt.result if attempt.result is not None else attempt.response
    if body is None:
        return []
    parts, tree = _parts(attempt.interface), _loads(body)
    if parts is None or not isinstance(tree, dict):
        return [("", "", HIDDEN)]
    lines: list[Shown] = []
    for name, label in (("infcode", "交易状态码"), ("inf_refmsgid", "接收方报文ID")):
        if isinstance(tree.get(name), str | int):
            usual = reveal or _STATUS.fullmatch(str(tree[name]))
            lines.append((name, label, (mask(tree[name]) or "") if usual else HIDDEN))
    if text := _said(tree):
        lines.append(("err_msg", "错误信息", text if reveal else spoken(text, attempt)))
    return [*lines, *_lines(tree.get("output"), parts[1], "", reveal)]


def _said(tree: Mapping[str, Any]) -> str:
    return next((v for name in ("err_msg", "message") if isinstance(v := tree.get(name), str) and v), "")


def spoken(text: str, attempt: AttemptRecord) -> str:
    """The bureau's text for the screen: whatever of it stands in the request or looks like a name or id is taken out."""
    from mi_core.desk.patterns import without_person

    return scrub(without_person(text, values_of(attempt.request)))


def values_of(request: bytes) -> list[str]:
    """All texts in a request's ``input`` and its person's names, to be recognised in free text."""
    tree = _loads(request)
    content = tree.get("input") if isinstance(tree, dict) else None
    if isinstance(content, str):
        content = _loads(content.encode())
    head = tree.get("opter_name") if isinstance(tree, dict) else None
    return [*_texts(content), *([head] if isinstance(head, str) else [])]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
    elif isinstance(value, str | int | float) and not isinstance(value, bool):
        yield str(value)


def _lines(value: Any, node: NodeSpec, path: str, reveal: bool) -> Iterator[Shown]:
    if isinstance(value, list):
        for number, row in enumerate(value):
            yield from _lines(row, node, f"{path}[{number}]", reveal)
        return
    if not isinstance(value, Mapping):
        if value is not None:
            yield path, node.label, HIDDEN
        return
    for name, inner in value.items():
        member = node.member(str(name))
        here = f"{path}.{name}" if path else str(name)
        if isinstance(member, NodeSpec):
            yield from _lines(inner, member, here, reveal)
        elif inner is None or inner == "":
            continue
        elif (
            member is None or member.type in _OPEN_TYPES or name in _FREE or isinstance(inner, Mapping | list)
        ):
            label = "" if member is None else member.label
            if not reveal or (member is not None and member.sensitivity == "credential"):
                yield (here if member is not None else path or "?"), label, HIDDEN
            else:
                yield from _clear(inner, here)
        else:
            yield here, member.label, _value(inner, member.sensitivity, reveal)


def _clear(value: Any, path: str) -> Iterator[Shown]:
    """What no document describes, in clear; credentials are known by their names."""
    if path.rpartition(".")[2] in _CREDENTIALS:
        yield path, "", HIDDEN
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _clear(inner, f"{path}.{name}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _clear(inner, f"{path}[{number}]")
    elif value is not None and value != "":
        yield scrub_control(path), "", scrub_control(str(value))


def _value(value: Any, sensitivity: str, reveal: bool) -> str:
    if sensitivity == "credential":
        return HIDDEN
    text = scrub_control(str(value)) if reveal else mask(value, sensitivity)
    return HIDDEN if text is None else text


def scrub_control(text: str) -> str:
    """Control characters escaped: what a terminal would obey."""
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)


def _loads(body: bytes) -> Any:
    try:
        return json.loads(body, parse_float=str)
    except (ValueError, RecursionError):
        return None
