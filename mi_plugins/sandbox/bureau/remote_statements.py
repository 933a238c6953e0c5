"""Statements of remote purchases (2172–2176): what people insured elsewhere paid (:mod:`mi_plugins.sandbox.bureau.remote`), added up.

Nothing is declared or paid out here, so every payment stands under the state that the question names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from mi_plugins.sandbox.bureau.context import Call, Output
from mi_plugins.sandbox.bureau.desk import Desk
from mi_plugins.sandbox.bureau.record_checks import plainly
from mi_plugins.sandbox.bureau.record_rules import page_of
from mi_plugins.sandbox.bureau.records import find, view
from mi_plugins.sandbox.bureau.remote import PAID
from mi_plugins.sandbox.database import Books
from mi_plugins.sandbox.money import ZERO
from mi_plugins.sandbox.refusal import BureauRefusal

__all__ = ["DESKS"]


def _paid(books: Books, call: Call) -> list[dict[str, Any]]:
    """The institution's payments of the months or days that are asked for, as plain names."""
    asked = plainly(call.input["n_input"])
    if asked["fixmedinscode"] != call.institution.code:
        raise BureauRefusal("定点机构编码不是本机构")
    first_month, last_month = str(asked.get("startclrym", "")), str(asked.get("endclrym", "9999"))
    first, last = (str(asked.get(name, asked.get("querydate", "")))[:10] for name in ("startdate", "enddate"))
    rows = []
    for one in find(books, call, (PAID,)):
        on = str(one.content["paid_at"])
        if not first_month <= on[:7].replace("-", "") <= last_month or (
            first and not first <= on[:10] <= last
        ):
            continue
        rows.append(_line(view(books, one), asked))
    return rows


def _line(seen: dict[str, Any], asked: Mapping[str, Any]) -> dict[str, Any]:
    """One payment under every name that the statements have for its amounts."""
    total, cash, account = seen["medfeesumamt"], seen["psncashpay"], seen["acctpayamt"]
    common = {
        name: asked[name]
        for name in ("clrtype", "clroptins", "clrstas", "startclrym", "endclrym")
        if name in asked
    }
    return seen | common | {
        "sumamt": total, "cashpayamt": cash, "acctpaysumamt": account, "acctpayamt": account, "fundpaysumamt": ZERO,
        "fundappysum": account, "dfrsumamt": ZERO, "dclasum": account, "paysum": ZERO, "nopaysum": account, "clrpsntime": 1,
        "mdtrtsetltime": seen["paidat"], "begndate": str(seen["paidat"])[:10], "enddate": str(seen["paidat"])[:10],
    }  # fmt: skip


_ADDED: Final = (
    "sumamt", "cashpayamt", "acctpaysumamt", "acctpayamt", "fundpaysumamt", "fundappysum", "dfrsumamt", "dclasum", "paysum", "nopaysum",
    "clrpsntime", "medfeesumamt",
)  # fmt: skip


def _together(rows: Iterable[dict[str, Any]], *by: str) -> list[dict[str, Any]]:
    """One row for each combination of ``by``, its amounts added up."""
    groups: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in rows:
        key = tuple(row.get(name) for name in by)
        if key not in groups:
            groups[key] = dict(row)
            continue
        for name in _ADDED:
            groups[key][name] += row[name]
        groups[key]["enddate"] = max(groups[key]["enddate"], row["enddate"])
    return list(groups.values())


def _statement(*by: str) -> Callable[[Books, Call], Output]:
    """A list of payments, added up by these plain names when there are any, by pages."""

    def tell(books: Books, call: Call) -> Output:
        rows = _paid(books, call)
        rows = _together(rows, *by) if by else rows
        asked = plainly(call.input["n_input"])
        shown = page_of(asked, rows)
        size, number = int(asked.get("pagesize", 1000)), int(asked.get("pagenum", 1))
        pages = max(-(-len(rows) // size), 1)
        first = (number - 1) * size
        return {"n_output": shown, "parameters": {
            "pageNum": number, "pageSize": size, "startRow": first + 1 if shown else 0, "endRow": first + len(shown),
            "recordCounts": len(rows), "size": len(shown), "pages": pages, "isFirstPage": number == 1, "isLastPage": number >= pages,
        }}  # fmt: skip

    return tell


DESKS: Final[Mapping[str, Desk]] = {
    "2172": Desk(_statement("fixmedinscode"), writes=False, partial=True),
    "2173": Desk(_statement(), writes=False, partial=True),
    "2174": Desk(_statement("medtype", "insutype", "psntype"), writes=False, partial=True),
    "2175": Desk(_statement(), writes=False, partial=True),
    "2176": Desk(_statement("medtype"), writes=False, partial=True),
}
