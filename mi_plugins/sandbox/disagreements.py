"""Switching disagreements on and off (see :mod:`mi_plugins.sandbox.bureau.ledger` for the kinds)."""

from __future__ import annotations

from typing import Any

from mi_plugins.sandbox.bureau.ledger import DISAGREEMENTS
from mi_plugins.sandbox.database import Books
from mi_plugins.sandbox.refusal import WrongOrder

__all__ = ["add_disagreement", "clear_disagreements", "list_disagreements"]

_KEYS = ("kind", "setl_id", "msgid", "mdtrt_id", "institution", "new_msgid", "amount")


def add_disagreement(books: Books, order: object, at: str) -> None:
    """``{"kind", "setl_id" or "msgid" or "mdtrt_id", "amount", "new_msgid", "institution"}``; ``ValueError`` says what is wrong.

    Without an id the latest live settlement is meant (of the institution, if it is given). ``amount`` is in cents.
    """
    if not isinstance(order, dict) or order.get("kind") not in DISAGREEMENTS:
        names = ", ".join(DISAGREEMENTS)
        raise WrongOrder(f"kind 须为其中之一：{names}", f"kind must be one of {names}")
    unknown = set(order) - set(_KEYS)
    if unknown:
        names = ", ".join(sorted(unknown))
        raise WrongOrder(f"没有这些键：{names}", f"unknown keys: {names}")
    chosen = {
        name: str(order[name]) for name in ("setl_id", "msgid", "mdtrt_id", "institution") if order.get(name)
    }
    amount = order.get("amount", 100)
    if type(amount) is not int or amount == 0:
        raise WrongOrder("amount 须为非零整数（分）", "amount is a number of cents other than 0")
    target = books.one(
        "SELECT setl_id, institution FROM settlement WHERE kind = 'settlement' AND state = 'settled'"  # noqa: S608  # fixed names
        + "".join(f" AND {name} = ?" for name in chosen)
        + " ORDER BY setl_id DESC LIMIT 1",
        *chosen.values(),
    )
    extra = order["kind"] in ("missing_here", "foreign_msgid")
    if target is None and not (extra and set(chosen) <= {"institution"}):
        raise WrongOrder("没有这样的有效结算", "there is no such live settlement")
    institution = (
        target["institution"]
        if target is not None
        else chosen.get("institution", next(iter(books.institutions)))
    )
    if institution not in books.institutions:
        raise WrongOrder("没有这个机构", "unknown institution")
    books.enter("disagreement", {
        "kind": order["kind"], "institution": institution, "setl_id": target["setl_id"] if target is not None else None,
        "msgid": order.get("new_msgid"), "amount": amount, "at": at,
    })  # fmt: skip


def list_disagreements(books: Books) -> list[dict[str, Any]]:
    """What is switched on."""
    return [dict(row) for row in books.all("SELECT * FROM disagreement ORDER BY number")]


def clear_disagreements(books: Books) -> None:
    """Switch all off."""
    books.run("DELETE FROM disagreement")
