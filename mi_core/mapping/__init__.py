"""Mapping 对照: the hospital's own items and the national catalogue, from a list of items to the bureau's word on each.

>>> async with open_book(config) as book, open_catalogue(config) as catalogue:            # doctest: +SKIP
...     await book.take(read_items(open_table("items.xlsx")))       # the hospital's own list
...     await propose(book, catalogue)                              # candidates with a score that says what it is made of
...     await write_review(book, Path("review.csv"))                # people fill it in …
...     await take_review(book, catalogue, open_table("review.csv"), by="张三")
...     await send(client, book, Path("3301.result.csv"))           # 3301; withdraw: 3302

With ``[mapping] check = true`` fees (2204, 2301 …) of items without an uploaded mapping are refused before they leave, with a list
that says which; see :mod:`mi_core.mapping.checks`. Everything is kept in the database of ``[catalogues]``.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mi_core.mapping.book import STATES, Book, Entry, Imported, open_book
    from mi_core.mapping.guard import FeeGuard, check_fees
    from mi_core.mapping.headings import unused_columns
    from mi_core.mapping.items import Item, ItemFaults, read_items
    from mi_core.mapping.matching import Candidate, Matcher, Offer, Wanted
    from mi_core.mapping.proposing import Proposed, propose
    from mi_core.mapping.review import accept_from, take_review, write_review
    from mi_core.mapping.uploading import Compared, compare, send, withdraw

__all__ = [
    "STATES", "Book", "Candidate", "Compared", "Entry", "FeeGuard", "Imported", "Item", "ItemFaults", "Matcher", "Offer", "Proposed",
    "Wanted", "accept_from", "check_fees", "compare", "open_book", "propose", "read_items", "send", "take_review", "unused_columns",
    "withdraw", "write_review",
]  # fmt: skip

_HOMES = {
    "book": ("STATES", "Book", "Entry", "Imported", "open_book"), "guard": ("FeeGuard", "check_fees"),
    "headings": ("unused_columns",), "items": ("Item", "ItemFaults", "read_items"), "matching": ("Candidate", "Matcher", "Offer", "Wanted"),
    "proposing": ("Proposed", "propose"), "review": ("accept_from", "take_review", "write_review"),
    "uploading": ("Compared", "compare", "send", "withdraw"),
}  # fmt: skip
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    """The modules that need SQLAlchemy are imported when one of their names is first used."""
    if name in _HOME_OF:
        return getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
    raise AttributeError(name)
