"""Everything in the books that waits for somebody who is not the institution, and the command that moves it on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any, Final

from mi_plugins.sandbox.bureau.context import clock_text
from mi_plugins.sandbox.bureau.decisions import APPEAL, BED_APPEAL, DISCUSSION, EXIT, name_of, undecided
from mi_plugins.sandbox.bureau.eprescription_by_hand import unreviewed
from mi_plugins.sandbox.bureau.online_orders import INSURED_PART
from mi_plugins.sandbox.bureau.records import of_kinds
from mi_plugins.sandbox.bureau.remote import ORDER
from mi_plugins.sandbox.database import Books

__all__ = ["waiting"]

_WORDS: Final = {
    EXIT: ("退出申请（3602）待审核", "an application to leave a group (3602)"),
    APPEAL: ("申诉（3702）待复审", "an appeal (3702)"),
    DISCUSSION: ("合议（3703）待结论", "a discussion (3703)"),
    BED_APPEAL: ("查床申诉（9605）待审核", "an appeal against a bed check (9605)"),
    ORDER: ("异地购药订单（2166）待参保人支付", "a remote purchase (2166) the person has not paid"),
    "prescription": ("电子处方（7103）待药店审方", "a prescription (7103) no pharmacist has seen"),
    "cash": ("移动支付订单（6202）待付现金", "an order (6202) whose cash is not paid"),
    "notice": ("通知待签收", "a notification that was not acknowledged"),
}  # fmt: skip
_CLOCK: Final = "mi sandbox clock +1d"


def waiting(books: Books, now: dt.datetime) -> list[dict[str, Any]]:
    """A row for each matter: ``kind``, ``zh``, ``en``, ``number``, ``institution``, ``since``, ``do`` (commands)."""
    return [
        {"kind": kind, "zh": _WORDS[kind][0], "en": _WORDS[kind][1], "number": number, "institution": place, "since": since, "do": do}
        for kind, number, place, since, do in _matters(books, now)
    ]  # fmt: skip


def _matters(books: Books, now: dt.datetime) -> Iterator[tuple[str, str, str, str, str]]:
    for one in undecided(books, now):
        number = name_of(one)
        yield (
            one.kind,
            number,
            one.institution,
            one.at,
            f"{_CLOCK} | mi sandbox trigger decide {number} [--refuse]",
        )
    for one in of_kinds(books, (ORDER,)):
        number = str(one.content["mdtrt_regno"])
        yield ORDER, number, one.institution, one.at, f"mi sandbox trigger pay-order {number}"
    for row in unreviewed(books, clock_text(now)):
        number = row["hi_rxno"]
        do = f"mi sandbox trigger review {number} [--refuse] | mi sandbox trigger dispense {number}"
        yield "prescription", number, row["institution"], "", do
    for row in books.all("SELECT * FROM pay_order WHERE state = ? ORDER BY pay_ord_id", INSURED_PART):
        number = row["pay_ord_id"]
        yield "cash", number, row["institution"], row["changed"], f"mi sandbox trigger notify 6204 {number}"
    for row in books.all("SELECT * FROM notice WHERE state = 'pending' ORDER BY number"):
        yield (
            "notice",
            f"{row['infno']} {row['subject']}",
            row["institution"],
            row["entered"],
            "mi sandbox --notify URL",
        )
