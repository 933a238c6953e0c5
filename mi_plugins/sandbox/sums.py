"""Amounts of generated replies that must add up: which field is the sum of which others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from mi_core.model import Identity
from mi_plugins.sandbox.money import ZERO, rounded

__all__ = ["balance_amounts", "plain_name"]

SHARE: Final = Decimal("0.60")
"""Part of a sum that the first term gets; the last term gets the rest."""

_SUMS: Final[Sequence[tuple[str, tuple[str, ...]]]] = (
    ("medfeesumamt", ("fundpaysumamt", "psnpartamt", "psnpay", "hosppartamt")),
    ("psnpartamt", ("acctpay", "psncashpay", "pdncashpay", "cashpayamt")),
    ("psnpay", ("acctpay", "psncashpay", "cashpayamt")),
    ("medfeesumamt", ("inscpscpamt", "preselfpayamt", "overlmtselfpay", "overlmtamt", "fulamtownpayamt")),
    ("detitemfeesumamt", ("inscpscpamt", "preselfpayamt", "overlmtselfpay", "overlmtamt", "fulamtownpayamt")),
    (
        "fundpaysumamt",
        ("hifppay", "cvlservpay", "hifespay", "hifmipay", "hifobpay", "mafpay", "othpay", "hifdmpay"),
    ),
    ("feesumamt", ("fundpay", "psnacctpay", "ownpayamt")),
)


def plain_name(name: str) -> str:
    """A wire name without underscores and capitals, so that ``psn_no`` and ``psnNo`` are the same."""
    return name.replace("_", "").lower()


def balance_amounts(
    row: dict[str, Any], given: Mapping[str, Any], identities: Sequence[Identity], *, negative: bool
) -> None:
    """Make the amounts of ``row`` consistent in place. A total that the request gave stays; parts follow from it."""
    names = {plain_name(name): name for name, value in row.items() if isinstance(value, Decimal)}
    stated = [(plain_name(one.total), tuple(plain_name(part) for part in one.parts)) for one in identities]
    fixed: set[str] = set()
    for total, parts in (*stated, *_SUMS):
        present = [names[part] for part in parts if part in names and names[part] not in fixed]
        if not present:
            continue
        amount = row[names[total]] if total in names else given.get(total)
        if not isinstance(amount, (Decimal, int)):
            continue
        whole = rounded(Decimal(amount))
        if negative and whole > 0:
            whole = -whole
        if total in names:
            row[names[total]] = whole
            fixed.add(names[total])
        done = sum((row[names[part]] for part in parts if part in names and names[part] in fixed), ZERO)
        _share(row, present, whole - done)
        fixed.update(present)


def _share(row: dict[str, Any], fields: Sequence[str], amount: Decimal) -> None:
    """The first field gets :data:`SHARE`, the second the rest, the others nothing."""
    first = amount if len(fields) == 1 else rounded(amount * SHARE)
    for position, name in enumerate(fields):
        row[name] = first if position == 0 else amount - first if position == 1 else ZERO
