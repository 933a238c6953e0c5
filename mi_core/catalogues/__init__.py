"""The bureau's catalogues on this side: drugs, services, materials, diseases, operations, price ceilings, dictionaries.

``mi sync catalogs`` and ``mi sync dictionaries`` bring them into a database (:mod:`mi_core.catalogues.syncing`);
everything else reads them there, without a call:

>>> async with open_catalogue(config) as catalogue:                                        # doctest: +SKIP
...     entries = await catalogue.find("drug", "阿莫西林 0.25g", limit=20)   # best first; every word must be there
...     exact = await catalogue.by_code("drug", "XJ01CAA040E001")          # all records of that code, valid ones first
...     ceilings = await catalogue.by_code("price-limit", "XJ01CAA040E001")  # 1318; fields by wire name
...     async for entry in catalogue.entries("drug"):                       # all valid ones, in batches (to match many)
...         entry.code, entry.name, entry.spec, entry.maker
...     codes = await catalogue.dictionary("med_type")                      # 1901 as the bureau has it

An :class:`Entry` has ``source kind code name spec maker valid version`` and ``fields`` (everything, by the file's column
title or the row's field code). Kinds come from the documents (``x-mi.catalogue.kind``): ``drug service material disease
operation insurance match institution-match price-limit self-pay`` …; an interface's code (``1302``) is a kind, too.
``catalogue.sources()`` tells what was synchronised, and when. An unknown kind is ``UnknownName``, one that was never
synchronised ``NotSynchronised`` (both :class:`mi_core.errors.MiError`).
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from mi_core.catalogues.entry import DictionaryCode, Entry, NotSynchronised, SourceState

if TYPE_CHECKING:
    from mi_core.catalogues.catalogue import Catalogue, open_catalogue
    from mi_core.catalogues.comparing import Differences, differences, overlay_of
    from mi_core.catalogues.dictionaries import sync_dictionaries
    from mi_core.catalogues.progress import Progress
    from mi_core.catalogues.syncing import SyncResult, sync_catalogues

__all__ = [
    "Catalogue", "DictionaryCode", "Differences", "Entry", "NotSynchronised", "Progress", "SourceState", "SyncResult",
    "differences", "open_catalogue", "overlay_of", "sync_catalogues", "sync_dictionaries",
]  # fmt: skip

_HOMES = {
    "Catalogue": "catalogue", "open_catalogue": "catalogue", "sync_dictionaries": "dictionaries",
    "Differences": "comparing", "differences": "comparing", "overlay_of": "comparing",
    "Progress": "progress", "SyncResult": "syncing", "sync_catalogues": "syncing",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    """The modules that need SQLAlchemy are imported when one of their names is first used."""
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(name)
