"""Trace codes of drug packages: a code names one package in the whole country, so whichever institution sells it, it is sold.

Sold is what 3505 uploaded and nothing took back, and what a purchase (2102) that stands was settled with. The institution
that settled a package may upload its sale, before or after: that is the same sale. A package that is divided
(``trdn_flag`` 1) may be sold several times.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from mi_plugins.sandbox.bureau.context import Call
from mi_plugins.sandbox.bureau.records import keep, live_anywhere, withdraw
from mi_plugins.sandbox.database import Books
from mi_plugins.sandbox.refusal import BureauRefusal

__all__ = ["TRACE_OUT", "check_settled_codes", "check_sold_codes", "codes_of", "keep_settled_codes"]

TRACE_OUT: Final = "trace out"
_SETTLED: Final = "trace settled"


def codes_of(row: Mapping[str, Any]) -> list[str]:
    """The codes of a row of 3501–3506."""
    node = row.get("drugtracinfo") or ()
    rows = [node] if isinstance(node, Mapping) else node
    listed = [one["drug_trac_codg"] for one in rows if one.get("drug_trac_codg")]
    own = row.get("drug_trac_codg")
    return listed or ([own] if own else [])


def check_sold_codes(books: Books, call: Call, codes: list[str]) -> None:
    """3505: none of these was sold before."""
    if len(set(codes)) < len(codes):
        raise BureauRefusal("同一条销售记录中药品追溯码重复")
    for code in codes:
        if _uploaded(books, code) is not None:
            raise BureauRefusal(f"药品追溯码{code}已销售")
        if (paid := _settled(books, code)) is not None and paid != call.institution.code:
            raise BureauRefusal(f"药品追溯码{code}已在其他机构结算")


def check_settled_codes(books: Books, call: Call, details: Iterable[Mapping[str, Any]]) -> None:
    """2102: none of the whole packages was settled before, or sold elsewhere."""
    if call.allow_repeats:
        return
    codes = _whole_packages(details)
    if len(set(codes)) < len(codes):
        raise BureauRefusal("同一次购药中药品追溯码重复")
    for code in codes:
        if _settled(books, code) is not None:
            raise BureauRefusal(f"药品追溯码{code}已结算")
        if (sold := _uploaded(books, code)) is not None and sold != call.institution.code:
            raise BureauRefusal(f"药品追溯码{code}已在其他机构销售")


def keep_settled_codes(books: Books, call: Call, details: Iterable[Mapping[str, Any]], setl_id: str) -> None:
    """2102 settled these packages; they are free again when the settlement no longer stands."""
    for code in _whole_packages(details):
        if (before := live_anywhere(books, _SETTLED, (code,))) is not None:
            withdraw(books, call, before)
        keep(books, call, _SETTLED, (code,), {"drug_trac_codg": code, "setl_id": setl_id})


def _whole_packages(details: Iterable[Mapping[str, Any]]) -> list[str]:
    packs = (pack for row in details for pack in row.get("durg_trac_info") or ())
    return [pack["drug_trac_codg"] for pack in packs if pack.get("trdn_flag") != "1"]


def _uploaded(books: Books, code: str) -> str | None:
    """The institution that sold it."""
    found = live_anywhere(books, TRACE_OUT, (code,))
    return None if found is None else found.institution


def _settled(books: Books, code: str) -> str | None:
    """The institution with a settlement of it that stands."""
    found = live_anywhere(books, _SETTLED, (code,))
    if found is None:
        return None
    row = books.one("SELECT state FROM settlement WHERE setl_id = ?", found.setl_id)
    return found.institution if row is not None and row["state"] == "settled" else None
