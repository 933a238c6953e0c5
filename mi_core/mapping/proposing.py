"""Candidates for every item that has no mapping yet, from the catalogues that were synchronised."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Final

import attrs

from mi_core.catalogues import Catalogue
from mi_core.catalogues.entry import Entry as CatalogueEntry
from mi_core.catalogues.entry import NotSynchronised
from mi_core.mapping.book import Book
from mi_core.mapping.matching import Candidate, Matcher, Offer, best

__all__ = ["SOURCES", "Proposed", "offers", "propose"]

SOURCES: Final[Mapping[str, tuple[str, ...]]] = {
    "101": ("1301",), "102": ("1302",), "103": ("1303",), "104": ("1304",), "106": ("1320",), "201": ("1305", "1321"),
    "301": ("1306", "1306A"),
}  # fmt: skip
"""Kind of list (code table ``list_type``) -> the catalogues of that kind, by their titles (101 西药中成药 = 1301 西药中成药目录 …).
105 其他 has none."""
_LIST_TYPES: Final = {source: kind for kind, sources in SOURCES.items() for source in sources}
_FORMS: Final = ("注册剂型", "药品剂型", "剂型", "实际剂型", "dosform")
_TOGETHER: Final = 500

Progress = Callable[[int], None]


@attrs.frozen
class Proposed:
    """What a run of matching came to."""

    offers: int
    """Entries of the catalogues that were compared with."""
    proposed: int
    open: int
    """Items without a candidate, or with several equally good ones."""


async def propose(
    book: Book, catalogue: Catalogue, *, limit: int = 5, least: int = 40, progress: Progress | None = None
) -> Proposed:  # fmt: skip
    """Compare every item that is open or proposed; nothing that people decided is touched.

    Raises ``NotSynchronised`` when no catalogue is here, ``ConfigError`` without the library.
    """
    todo = [entry.item async for entry in book.entries("open", "proposed")]
    kinds = {item.list_type for item in todo}
    matcher = Matcher([offer async for offer in offers(catalogue, () if "" in kinds else tuple(kinds))])
    proposed = 0
    for start in range(0, len(todo), _TOGETHER):
        found: dict[str, Sequence[Candidate]] = {}
        chosen: dict[str, Candidate | None] = {}
        for item in todo[start : start + _TOGETHER]:
            candidates = matcher.candidates(item.wanted(), limit=limit, least=least)
            found[item.id], chosen[item.id] = candidates, best(candidates)
            proposed += chosen[item.id] is not None
        await book.propose(found, chosen)
        if progress is not None:
            progress(start + len(found))
    return Proposed(len(matcher), proposed, len(todo) - proposed)


async def offers(catalogue: Catalogue, kinds: Sequence[str] = ()) -> AsyncIterator[Offer]:
    """The entries of the medical catalogues of those kinds of list (all, when none is named), each of its names as an offer."""
    sources = [s for kind in (kinds or SOURCES) for s in SOURCES.get(kind, ())]
    lacking: list[NotSynchronised] = []
    for source in sources:
        try:
            async for entry in catalogue.entries(source):
                for offer in _offers_of(entry):
                    yield offer
        except NotSynchronised as missing:
            lacking.append(missing)
    if lacking and len(lacking) == len(sources):
        raise lacking[0]


def _offers_of(entry: CatalogueEntry) -> list[Offer]:
    """A registered and a generic name are both looked for."""
    fields = entry.fields
    names = dict.fromkeys(
        name for name in (entry.name, fields.get("药品通用名", ""), fields.get("医保通用名", "")) if name
    )  # fmt: skip
    form = next((fields[f] for f in _FORMS if f in fields), "")
    approval = fields.get("批准文号") or fields.get("注册备案号") or fields.get("上市备案号") or ""
    return [
        Offer(
            code=entry.code, name=name, source=entry.source, list_type=_LIST_TYPES.get(entry.source, ""), spec=entry.spec,
            maker=entry.maker, approval=approval, dosform=form,
        )
        for name in names
    ]  # fmt: skip
