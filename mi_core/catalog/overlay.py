"""The overlay engine: corrections and regional differences as a list of small, reasoned operations.

An overlay never edits a file. Its entries are applied in order to the documents as they are read; what does not fit is
a problem, and the remaining entries are still tried so that all problems are reported at once
(:mod:`mi_core.catalog.overlay_ops`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import attrs

from mi_core.catalog.problems import CatalogProblem

__all__ = ["OPS", "Entry", "Overlay", "conflicts", "describe", "read_overlay"]

OPS = ("add", "remove", "replace", "move", "wrap", "unwrap")
_ENTRY_KEYS = {"document", "op", "pointer", "from", "after", "value", "over", "curated", "reason", "evidence"}


@attrs.frozen(eq=False)
class Entry:
    """One operation. ``document`` is an interface code, ``code_tables/<key>`` or ``envelope``.

    An ``add`` with an empty pointer brings a whole document that the layers below do not have.
    """

    index: int
    document: str
    op: str
    pointer: str
    source: str | None = None
    after: str | None = None
    value: Any = None
    reason: str = ""
    evidence: str = ""
    over: str | None = None
    """Name of an earlier overlay that touches the same place and is overruled here knowingly."""
    curated: bool = False
    """Written or confirmed by a person: ``mi catalog import --against`` never changes it."""

    @property
    def whole(self) -> bool:
        """Whether this entry brings a whole document."""
        return self.op == "add" and self.pointer == ""


@attrs.frozen(eq=False)
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
                item.get("value"), item["reason"], item["evidence"], item.get("over"), bool(item.get("curated", False)),
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
    for key, kind in (("after", str), ("over", str), ("curated", bool)):
        if key in item and not isinstance(item[key], kind):
            return f"{key} 类型不对", f"{key} must be a {kind.__name__}"
    if item["op"] == "move" and not isinstance(item.get("from"), str):
        return "move 缺少 from", "move needs from"
    if item["op"] in ("add", "replace") and "value" not in item and "/@" not in item["pointer"]:
        return f"{item['op']} 缺少 value", f"{item['op']} needs a value"
    return None


_Touched: TypeAlias = dict[tuple[str, str], tuple[Overlay, Entry]]
"""Document and pointer -> who touched it."""
_EXCHANGE = ("replace", "remove")
"""Operations after which what was within the place is not there any more."""


def conflicts(base: Sequence[Overlay], layers: Sequence[Overlay] = ()) -> list[CatalogProblem]:
    """Pointers that two overlays both touch; the second one is the problem, and both are named.

    To replace or remove a place touches everything within it. Appending (``/-``) to one list is no conflict, nor is an
    entry that names the other overlay in ``over``, nor what is added within something that another overlay adds.
    ``base``: the catalogue's own corrections. Layers are written over them, so a layer may exchange something that a
    correction is within (a region's own list of required fields); the very same place still needs ``over``.
    """
    problems: list[CatalogProblem] = []
    seen: _Touched = {}
    deep: _Touched = {}
    within: _Touched = {}
    for overlay in (*base, *layers):
        own: _Touched = {}
        for entry in overlay.entries:
            for pointer in (entry.pointer, entry.source):
                if pointer is None:
                    continue
                place = (entry.document, pointer)
                other = seen.get(place) if not pointer.endswith("/-") else None
                other = other or _around(entry, pointer, deep, within)
                if other is not None and entry.over != other[0].name:
                    problems.append(_conflict(overlay, entry, pointer, *other))
                own.setdefault(place, (overlay, entry))
        seen.update(own)
        if layers and overlay in base:
            continue
        deep.update(own)
        for place, touched in own.items():
            for above in _above(place[1]):
                within.setdefault((place[0], above), touched)
    return problems


def _above(pointer: str) -> Iterator[str]:
    """The pointers of everything that a place lies in, nearest first."""
    while "/" in pointer:
        pointer = pointer.rpartition("/")[0]
        yield pointer


def _around(entry: Entry, pointer: str, deep: _Touched, within: _Touched) -> tuple[Overlay, Entry] | None:
    """What an earlier overlay did within a place that this entry exchanges, or around the place that it touches."""
    if entry.op in _EXCHANGE and (entry.document, pointer) in within:
        return within[entry.document, pointer]
    around = (deep.get((entry.document, above)) for above in _above(pointer))
    return next((other for other in around if other is not None and other[1].op in _EXCHANGE), None)


def _conflict(overlay: Overlay, entry: Entry, pointer: str, other: Overlay, first: Entry) -> CatalogProblem:
    place = f"{other.file} [{first.index}]"
    return CatalogProblem(
        overlay.file, pointer,
        f"{entry.document} 的同一位置（或其上下级）已由 {place} 修订；确要覆盖时写明 over: {other.name}",
        f"the same place of {entry.document} (or one around or within it) is already touched by {place};"
        f" to overrule it, say over: {other.name}",
        entry.index,
    )  # fmt: skip


def describe(entry: Entry) -> str:
    """Short form for tables: ``move /properties/… -> /properties/…``."""
    if entry.op == "move" and entry.source is not None:
        return f"move {entry.source} -> {entry.pointer}"
    return f"{entry.op} {entry.pointer}"
