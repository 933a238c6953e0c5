"""Amounts: ``Decimal`` yuan with two decimals while computing, integer cents (分) in the database."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Final

__all__ = ["CENT", "ZERO", "cents", "rounded", "yuan"]

CENT: Final = Decimal("0.01")
ZERO: Final = Decimal("0.00")


def rounded(amount: Decimal) -> Decimal:
    """``amount`` to the cent, half away from zero (四舍五入), as bureaus compute."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def cents(amount: Decimal | int) -> int:
    """Yuan to integer cents. Raises ``ValueError`` when there are fractions of a cent."""
    scaled = Decimal(amount) * 100
    whole = int(scaled)
    if whole != scaled:
        raise ValueError(f"{amount} has fractions of a cent")
    return whole


def yuan(amount: int) -> Decimal:
    """Integer cents to yuan with exactly two decimals (``0`` becomes ``0.00``)."""
    return Decimal(amount).scaleb(-2)
