"""How much of an item and batch an institution has, kept from what it uploads (3501–3507) and told by 3508.

The balance moves with changes (3502, by ``inv_chg_type``), purchases and their returns (3503, 3504), sales and their
returns (3505, 3506), in the smallest priced package as the specification counts. A stocktaking (3501) opens the balance
of a batch nothing was known of; later ones are compared only, as a difference comes as a change (surplus 103, loss 104).
The specification wants the first stocktaking uploaded as a change, too: that change (103 or 106, of the same quantity,
before anything else) moves nothing. Types 108 and 109 of 3502 move nothing either: 3503 and 3504 tell the same.

More going out than there is: mood ``warn`` lets the balance fall below zero and says so (console, ``msgRslt``), mood
``refuse`` refuses (:attr:`mi_plugins.sandbox.settings.Settings.stock`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

import attrs

from mi_plugins.sandbox.bureau.context import Call
from mi_plugins.sandbox.bureau.records import Record, find, keep, live, rewrite, withdraw
from mi_plugins.sandbox.database import Books
from mi_plugins.sandbox.money import ZERO
from mi_plugins.sandbox.refusal import BureauRefusal

__all__ = [
    "BATCH",
    "KINDS",
    "STOCK",
    "Balance",
    "check_stock",
    "move_stock",
    "moved",
    "recount",
    "standing_of",
]

BATCH: Final = ("fixmedins_hilist_id", "fixmedins_bchno")
"""What names a balance, within an institution."""
STOCK: Final = "stock"
KINDS: Final = ("inventory", "change", "purchase", "purchase return", "sale", "sale return")
_COUNTED: Final[Mapping[str, tuple[str, int]]] = {
    "purchase": ("purc_retn_cnt", 1), "purchase return": ("purc_retn_cnt", -1), "sale": ("sel_retn_cnt", -1),
    "sale return": ("sel_retn_cnt", 1),
}  # fmt: skip
_CHANGES: Final[Mapping[str, int]] = {
    "101": 1, "102": -1, "103": 1, "104": -1, "105": -1, "106": 1, "107": -1, "108": 0, "109": 0, "110": 1, "111": -1,
}  # fmt: skip
"""Table ``inv_chg_type``: into the stock, out of it, or told by 3503 and 3504."""
_OPENING: Final = ("103", "106")
_FACTS: Final = (
    "med_list_codg", *BATCH, "fixmedins_hilist_name", "rx_flag", "manu_lotnum", "manu_date", "expy_end", "trdn_flag",
)  # fmt: skip
_DAYS: Final = ("invdate", "inv_chg_time", "purc_retn_stoin_time", "sel_retn_time")


@attrs.frozen
class Balance:
    """What there is of one item and batch."""

    count: Decimal = ZERO
    bought: Decimal = ZERO
    """Bought and not returned."""
    sold: Decimal = ZERO
    """Sold and not returned."""
    opened: Decimal | None = None
    """What the first stocktaking counted, as long as nothing moved since."""
    known: bool = False


def _movement(kind: str, row: Mapping[str, Any]) -> Decimal:
    if kind == "change":
        return Decimal(row["cnt"]) * _CHANGES.get(str(row["inv_chg_type"]), 0)
    field, sign = _COUNTED[kind]
    return Decimal(row[field]) * sign


def moved(balance: Balance, kind: str, row: Mapping[str, Any]) -> Balance:
    """The balance after one record."""
    if kind == "inventory":
        counted = Decimal(row["inv_cnt"])
        return balance if balance.known else Balance(counted, opened=counted, known=True)
    by = _movement(kind, row)
    if kind == "change" and by == balance.opened and str(row["inv_chg_type"]) in _OPENING:
        return attrs.evolve(balance, opened=None)
    after = attrs.evolve(balance, count=balance.count + by, opened=None, known=True)
    if kind.startswith("purchase"):
        return attrs.evolve(after, bought=after.bought + by)
    return attrs.evolve(after, sold=after.sold - by) if kind.startswith("sale") else after


def standing_of(books: Books, call: Call, row: Mapping[str, Any]) -> Balance:
    """What there is of the row's item and batch."""
    there = live(books, call, STOCK, [row[name] for name in BATCH])
    return Balance() if there is None else _read(there)


def check_stock(books: Books, call: Call, kind: str, row: Mapping[str, Any]) -> None:
    """Refuse, or remark, that more goes out than there is, and a stocktaking that counted something else."""
    before = standing_of(books, call, row)
    if kind == "inventory":
        if before.known and before.count != (counted := Decimal(row["inv_cnt"])):
            call.remark(
                f"批次{row['fixmedins_bchno']}盘存{_shown(counted)}，账面{_shown(before.count)}，差额须以3502上传盘盈或盘损"
            )
        return
    after = moved(before, kind, row)
    if after.count >= ZERO or after.count >= before.count:
        return
    text = (
        f"库存不足：批次{row['fixmedins_bchno']}现有{_shown(before.count)}，"
        f"出库{_shown(before.count - after.count)}"
    )
    if call.refuse_short_stock and not call.allow_repeats:
        raise BureauRefusal(text)
    call.remark(text)


def move_stock(books: Books, call: Call, kind: str, record: Record) -> None:
    """Keep the balance after a record was entered."""
    key = [record.content[name] for name in BATCH]
    there = live(books, call, STOCK, key)
    told = {} if there is None else dict(there.content)
    balance = moved(Balance() if there is None else _read(there), kind, record.content)
    _write(books, call, there, key, _told(told, record.content, balance))


def recount(books: Books, call: Call, deleted: Iterable[Record]) -> None:
    """After 3507: the balances of these records' batches from what is left of them."""
    left = find(books, call, KINDS)
    for key in {tuple(one.content[name] for name in BATCH) for one in deleted if one.kind in KINDS}:
        balance, told = Balance(), dict[str, Any]()
        for one in left:
            if tuple(one.content[name] for name in BATCH) == key:
                balance = moved(balance, one.kind, one.content)
                told = _told(told, one.content, balance)
        there = live(books, call, STOCK, key)
        if there is not None:
            withdraw(books, call, there)
        if told:
            _write(books, call, None, key, told)


def _told(
    told: Mapping[str, Any], row: Mapping[str, Any], balance: Balance
) -> dict[str, Any]:  # fmt: skip
    """The content of the stock record: what the batch is, as of the latest day, and what there is of it."""
    facts = {name: row[name] for name in _FACTS if row.get(name) not in (None, "")}
    day = max(str(one)[:10] for one in (told.get("invdate", ""), *(row.get(name) or "" for name in _DAYS)))
    number = {"medins_prod_inv_no": row["medins_prod_inv_no"]} if row.get("medins_prod_inv_no") else {}
    return {
        **number, **facts, **told, "invdate": day, "inv_cnt": balance.count, "bought": balance.bought, "sold": balance.sold,
        "opened": balance.opened,
    }  # fmt: skip


def _write(
    books: Books, call: Call, there: Record | None, key: Iterable[object], content: Mapping[str, Any]
) -> None:
    if there is None:
        numbered = "" if "medins_prod_inv_no" in content else "medins_prod_inv_no"
        keep(books, call, STOCK, list(key), content, number_as=numbered)
    else:
        rewrite(books, call, there, content)


def _read(record: Record) -> Balance:
    said = record.content
    opened = said["opened"]
    return Balance(
        Decimal(said["inv_cnt"]), Decimal(said["bought"]), Decimal(said["sold"]),
        None if opened is None else Decimal(opened), known=True,
    )  # fmt: skip


def _shown(quantity: Decimal) -> str:
    return format(quantity.normalize(), "f")
