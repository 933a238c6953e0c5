"""Entering a notification in the same transaction as what it tells; :mod:`mi_plugins.sandbox.postman` delivers it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from mi_plugins.sandbox.bureau.context import clock_text, to_json
from mi_plugins.sandbox.database import Books

__all__ = ["owe"]


def owe(
    books: Books, infno: str, subject: str, institution: str, business: Mapping[str, Any], *, now: dt.datetime, due: int
) -> int:  # fmt: skip
    """Enter a notification; returns its number. ``business``: what stands in ``input.data``; ``due``: milliseconds since 1970."""
    number = books.next_number("notice")
    books.enter("notice", {
        "number": number, "infno": infno, "subject": subject, "institution": institution, "business": to_json(dict(business)),
        "due": due, "entered": clock_text(now),
    })  # fmt: skip
    return number
