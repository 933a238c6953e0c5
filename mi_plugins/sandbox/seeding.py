"""Many people and institutions, the same for the same seed.

People are those of :func:`mi_plugins.sandbox.persons.crowd`: a larger number adds people to the same first ones.
Institutions follow the documented ones: hospitals of the three levels in turn, every fifth one a pharmacy.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any, Final

from mi_plugins.sandbox.database import Books, enter_institutions, enter_people
from mi_plugins.sandbox.institutions import Institution
from mi_plugins.sandbox.persons import crowd
from mi_plugins.sandbox.refusal import WrongOrder
from mi_plugins.sandbox.reimbursement import Level

__all__ = ["MAX_HOSPITALS", "MAX_PERSONS", "Order", "seed_books", "seeded_institutions"]

MAX_PERSONS: Final = 90_000
MAX_HOSPITALS: Final = 1_000
_FIRST: Final = 1000
_HOSP_LV: Final[dict[Level, str]] = {1: "8", 2: "5", 3: "2"}
_PARTS: Final = ("城东", "城西", "城南", "城北", "开发区", "新区", "滨江", "高新")
Order = dict[str, Any]


def seeded_institutions(seed: int, count: int) -> Iterator[Institution]:
    """``count`` further institutions made from ``seed``."""
    chance = random.Random(f"mi-sandbox-institutions-{seed}")  # noqa: S311  # must be repeatable
    levels: tuple[Level, ...] = (3, 2, 1)
    for index in range(count):
        number, part = _FIRST + index, chance.choice(_PARTS)
        uscc = f"99990100MB{number:07d}X"
        if index % 5 == 4:
            yield Institution(f"P43{number:09d}", f"沙箱市{part}第{number}药房", "2", "11", 1, "990100", uscc)
            continue
        level = levels[index % 3]
        yield Institution(
            f"H43{number:09d}", f"沙箱市{part}第{number}医院", "1", _HOSP_LV[level], level, "990100", uscc
        )


def seed_books(books: Books, order: object, default_seed: int, year: int) -> dict[str, Any]:
    """Enter what ``{"persons", "hospitals", "seed"}`` asks for; returns how much is new and how much there is.

    Raises ``ValueError`` for a number out of range.
    """
    if not isinstance(order, dict) or set(order) - {"persons", "hospitals", "seed"}:
        raise WrongOrder("只有 persons、hospitals、seed", "persons, hospitals and seed")
    seed = _number(order, "seed", default_seed, 2**31)
    persons, hospitals = (
        _number(order, "persons", 0, MAX_PERSONS),
        _number(order, "hospitals", 0, MAX_HOSPITALS),
    )
    new_people = enter_people(books, crowd(seed, persons), year)
    new_places = enter_institutions(books, seeded_institutions(seed, hospitals))
    there = books.one("SELECT count(*) AS n FROM person")
    assert there is not None
    return {
        "seed": seed, "persons_new": new_people, "persons": there["n"], "institutions_new": new_places,
        "institutions": len(books.institutions),
    }  # fmt: skip


def _number(order: Order, name: str, default: int, limit: int) -> int:
    value = order.get(name, default)
    if type(value) is not int or not 0 <= value <= limit:
        raise WrongOrder(f"{name} 须为 0 至 {limit} 的整数", f"{name} is a whole number from 0 to {limit}")
    return value
