"""A document that is being changed entry by entry: each entry is applied at once, so none can be wrong."""

from __future__ import annotations

from typing import Any

from mi_core.catalog.nodes import row_of
from mi_core.catalog.overlay import Entry
from mi_core.catalog.overlay_ops import apply
from mi_core.catalog.pointer import join, parse, resolve

__all__ = ["Writing"]


class Writing:
    """One effective document and the entries that made it out of the base's."""

    def __init__(self, code: str, document: dict[str, Any], evidence: str) -> None:
        self.code, self.document, self.evidence = code, document, evidence
        self.entries: list[dict[str, Any]] = []
        self.renamed: list[tuple[str, tuple[str, ...], tuple[str, ...]]] = []
        """Part, the place before and the place after, in the order of the moves."""

    def do(self, op: str, pointer: str, reason: str, **more: Any) -> None:
        """Write one entry and apply it. ``source`` stands for ``from``."""
        source = more.pop("source", None)
        entry = Entry(
            len(self.entries), self.code, op, pointer, source, more.get("after"), more.get("value"), reason,
            self.evidence,
        )  # fmt: skip
        problems = apply(self.document, [entry], "")
        if problems:
            raise AssertionError(f"{self.code}: {problems[0].en}")  # the tool's own fault, never the tables'
        raw = {"document": self.code, "op": op, "pointer": pointer}
        raw |= ({"from": source} if source else {}) | more
        self.entries.append({**raw, "reason": reason, "evidence": self.evidence})

    def at(self, pointer: str) -> Any:
        """What stands at a pointer now."""
        return resolve(self.document, parse(pointer))

    def row(self, pointer: str) -> tuple[str, dict[str, Any]]:
        """Pointer and object that hold the members of the node at ``pointer``."""
        node = self.at(pointer)
        return (f"{pointer}/items" if node.get("type") == "array" else pointer), row_of(node)

    @staticmethod
    def member(row: str, code: str) -> str:
        """The pointer of a member."""
        return f"{row}/properties{join([code])}"
