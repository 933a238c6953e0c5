"""The overlay engine: corrections and regional differences as a list of small, reasoned operations.

An overlay never edits a file. Its entries are applied in order to the documents as they are read; what does not fit is
a problem, and the remaining entries are still tried so that all problems are reported at once
(:mod:`mi_core.catalog.overlay_ops`).

"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs

from mi_core.catalog.problems import CatalogProblem

__all__ = ["OPS", "Entry", "Overlay", "conflicts", "describe", "read_overlay"]

OPS = ("add", "remove", "replace", "move", "wrap", "unwrap")
_ENTRY_KEYS = {"document", "op", "pointer", "from", "after", "value", "reason", "evidence"}


@attrs.frozen
class Entry:
    """One operation. ``document`` is an interface code, ``code_tables/<key>`` or ``envelope``."""

    index: int
    document: str
    op: str
    pointer: str
    source: str | None = None
    after: str | None = None
    value: Any = None
    reason: str = ""
    evidence: str = ""


@attrs.frozen
class Overlay:
    """A named list of entries with the file they come from."""

    name: str
    title: str
    file: str
    entries: tuple[Entry, ...]

    def of(self, document: str) -> tuple[Entry, ...]:
        """The entries for one document, in order."""
        return tuple(e for e in self.entries if e.document == document)


def read_overlay(raw: Any, file: str) -> tuple[Overlay, list[CatalogProblem]]:
    """Turn parsed JSON into an overlay; malformed entries become problems and are left out."""
    problems: list[CatalogProblem] = []
    entries: list[Entry] = []
    items = raw.get("entries") if isinstance(raw, dict) else None
    if not isinstance(items, list):
        return Overlay("", "", file, ()), [
            CatalogProblem(file, "/entries", "缺少修订条目列表", "the list of entries is missing")
        ]
    for i, item in enumerate(items):
        bad = _entry_faults(item)
        if bad:
            problems.append(
                CatalogProblem(
                    file, str(item.get("pointer", "")) if isinstance(item, dict) else "", *bad, entry=i
                )
            )
            continue
        entries.append(
            Entry(
                i, item["document"], item["op"], item["pointer"], item.get("from"), item.get("after"),
                item.get("value"), item["reason"], item["evidence"],
            )
        )  # fmt: skip
    return Overlay(str(raw.get("name", "")), str(raw.get("title", "")), file, tuple(entries)), problems


def _entry_faults(item: Any) -> tuple[str, str] | None:
    if not isinstance(item, dict):
        return "条目不是对象", "the entry is not an object"
    for key in ("document", "op", "pointer", "reason", "evidence"):
        if not isinstance(item.get(key), str) or (key != "pointer" and not item[key].strip()):
            return f"缺少 {key}", f"{key} is missing"
    if item["op"] not in OPS:
        return f"未知操作 {item['op']}", f"unknown operation {item['op']}"
    unknown = sorted(item.keys() - _ENTRY_KEYS)
    if unknown:
        return f"未知键 {unknown}", f"unknown keys {unknown}"
    if item["op"] == "move" and not isinstance(item.get("from"), str):
        return "move 缺少 from", "move needs from"
    if item["op"] in ("add", "replace") and "value" not in item and "/@" not in item["pointer"]:
        return f"{item['op']} 缺少 value", f"{item['op']} needs a value"
    return None


def conflicts(overlays: Iterable[Overlay]) -> list[CatalogProblem]:
    """Pointers that two overlays both touch; the second one is the problem. Appending (``/-``) is no conflict."""
    problems: list[CatalogProblem] = []
    seen: dict[tuple[str, str], Overlay] = {}
    for overlay in overlays:
        own: dict[tuple[str, str], Overlay] = {}
        for entry in overlay.entries:
            for pointer in (entry.pointer, entry.source):
                if pointer is None or pointer.endswith("/-"):
                    continue
                other = seen.get((entry.document, pointer))
                if other is not None:
                    problems.append(
                        CatalogProblem(
                            overlay.file, pointer, f"{entry.document} 的同一位置已由 {other.file} 修订",
                            f"the same place of {entry.document} is already touched by {other.file}", entry.index,
                        )
                    )  # fmt: skip
                own[entry.document, pointer] = overlay
        seen.update(own)
    return problems


def describe(entry: Entry) -> str:
    """Short form for tables: ``move /properties/… -> /properties/…``."""
    if entry.op == "move" and entry.source is not None:
        return f"move {entry.source} -> {entry.pointer}"
    return f"{entry.op} {entry.pointer}"
