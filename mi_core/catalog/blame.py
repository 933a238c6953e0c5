"""Which overlay entry wrote what is wrong with an effective document: people correct overlays, not what comes of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mi_core.catalog.overlay import Entry, Overlay
from mi_core.catalog.pointer import element_index
from mi_core.catalog.problems import CatalogProblem

__all__ = ["blamed"]


def blamed(
    problems: Iterable[CatalogProblem], entries: Mapping[Overlay, Sequence[Entry]], document: Any
) -> list[CatalogProblem]:
    """The problems of an effective document, each at the last overlay entry that wrote its place; others as they are."""
    return [_at_entry(problem, entries, document) for problem in problems]


def _at_entry(
    problem: CatalogProblem, entries: Mapping[Overlay, Sequence[Entry]], document: Any
) -> CatalogProblem:
    wrong = problem.pointer.split("/")[1:]
    writers = [(o, e) for o, own in entries.items() for e in own if _wrote(e, wrong, document)]
    if not writers:
        return problem
    overlay, entry = writers[-1]
    text = f"{entry.document}{problem.pointer}"
    return CatalogProblem(
        overlay.file, entry.pointer, f"{text}：{problem.zh}", f"{text}: {problem.en}", entry.index
    )


def _wrote(entry: Entry, wrong: list[str], document: Any) -> bool:
    """Whether the entry's value is what stands at, or around, the place. What was only moved is its writer's."""
    written = entry.pointer.split("/")[1:]
    if entry.op not in ("add", "replace") or len(written) > len(wrong):
        return False
    here = document
    for token, at in zip(written, wrong, strict=False):
        if isinstance(here, list) and at.isdigit() and int(at) < len(here):
            index = element_index(here, token)
            here = here[int(at)]
            # An appended element is known by its value; one whose key was exchanged is not found by the key any more.
            same = here == entry.value if token == "-" else index in (int(at), None)  # noqa: S105  # a pointer's token
            if not same:
                return False
        elif token != at:
            return False
        else:
            here = here.get(token.replace("~1", "/").replace("~0", "~")) if isinstance(here, dict) else None
    return True
