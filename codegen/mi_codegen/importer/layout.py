"""How documents are written: JSON that a person can read and compare, one field per line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

__all__ = ["dumps", "write_if_changed"]

_WIDTH = 150


def dumps(value: Any) -> str:
    """Stable JSON text, two-space indent; whatever fits on a line stays on one."""
    return _render(value, 0, top=True) + "\n"


def _flat(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _render(value: Any, depth: int, *, top: bool = False) -> str:
    pad, inner = "  " * depth, "  " * (depth + 1)
    if isinstance(value, (dict, list)) and value:
        line = _flat(value)
        if (
            not top
            and len(pad) + len(line) <= _WIDTH
            and not (isinstance(value, dict) and value.get("properties"))
        ):
            return line
    if isinstance(value, dict) and value:
        rows = [f"{inner}{_flat(k)}: {_render(v, depth + 1)}" for k, v in value.items()]
        return "{\n" + ",\n".join(rows) + "\n" + pad + "}"
    if isinstance(value, list) and value:
        if all(isinstance(v, (str, int)) for v in value):
            return _filled(value, inner, pad)
        return "[\n" + ",\n".join(inner + _render(v, depth + 1) for v in value) + "\n" + pad + "]"
    return _flat(value)


def _filled(values: list[Any], inner: str, pad: str) -> str:
    """A long list of plain values, as many per line as fit."""
    lines: list[str] = []
    line = ""
    for i, value in enumerate(values):
        text = _flat(value) + ("," if i < len(values) - 1 else "")
        if line and len(inner) + len(line) + 1 + len(text) > _WIDTH:
            lines.append(inner + line)
            line = text
        else:
            line = f"{line} {text}" if line else text
    return "[\n" + "\n".join([*lines, inner + line]) + "\n" + pad + "]"


def write_if_changed(path: Path, value: Any) -> bool:
    """Write ``value`` to ``path`` when its text differs; tells whether it did."""
    text = dumps(value)
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
    return True
