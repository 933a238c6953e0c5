"""Who comes to the hospital, and why: stories made from a seed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

import attrs

from mi_plugins.sandbox.persons import Person, crowd
from tests.sandbox.hospital import Hospital, Visit, fee
from tests.sandbox.wards import Stay

__all__ = ["INSTITUTIONS", "Batch", "Inpatient", "Patient", "Story", "stories"]

INSTITUTIONS: Final = ("H43000000001", "H43000000002")
"""The first asks 5203 without ``setl_id``; the second has only 3202."""
REGISTRATION_ONLY: Final = "12"
"""A settlement of this type needs no 2203."""


@attrs.frozen
class Batch:
    """Fees of one batch: how often it is settled (each but the last is refunded), and whether the cashier clicks twice."""

    name: str
    amount: Decimal
    times: int
    clicks: int
    """Calls at the same time, the first time."""


@attrs.frozen
class Story:
    """One patient. ``known``: the visit is there already; an inpatient is admitted, cancelled and admitted again."""

    number: int
    institution: str
    person: int
    inpatient: bool
    known: bool
    batches: tuple[Batch, ...]


def stories(count: int, seed: int, simple: bool = False) -> list[Story]:
    """``count`` stories; the same for the same seed. ``simple``: known visits with one batch, no refunds."""
    chance = random.Random(f"chaos-{seed}")
    return [_story(number, chance, simple) for number in range(count)]


def _story(number: int, chance: random.Random, simple: bool) -> Story:
    inpatient = not simple and chance.random() < 0.06
    batches = tuple(
        Batch(
            f"B{one}", Decimal(chance.randrange(1_00, 90_00)) / 100,
            times=2 if chance.random() < 0.2 and not simple else 1, clicks=2 if chance.random() < 0.3 else 1,
        )
        for one in range(1 if chance.random() < 0.6 or simple else 2)
    )  # fmt: skip
    second = not simple and chance.random() < 0.15
    return Story(
        number,
        INSTITUTIONS[second],
        number % len(_people()),
        inpatient,
        simple or chance.random() < 0.8,
        batches,
    )


@lru_cache(1)
def _people() -> Sequence[Person]:
    return tuple(crowd(1, 200))


class Patient(Visit):
    """The messages of an outpatient's story."""

    def __init__(self, story: Story) -> None:
        self.hospital: Hospital
        self.person, self.institution = _people()[story.person], story.institution
        self.insurance = self.person.insurances[0]
        self.mdtrt_id = ""
        self.otp_no = f"OTP{story.number:08d}"
        self.story = story

    def fees(self) -> dict[str, Any]:
        """2204: all batches at once, for a visit with a settlement takes no more fees."""
        rows = [fee(self, n, str(b.amount), batch=b.name) for n, b in enumerate(self.story.batches, 1)]
        return {"feedetail": rows}

    def quotation(self, batch: Batch) -> dict[str, Any]:
        """2206."""
        return {"data": self.quote_data(batch.amount, batch=batch.name, med_type=REGISTRATION_ONLY)}

    def settlement(self, batch: Batch, quoted: dict[str, Any]) -> dict[str, Any]:
        """2207 with the amounts of the quote."""
        return {"data": self.settle_data(quoted, batch=batch.name, med_type=REGISTRATION_ONLY)}

    def refunding(self, setl_id: str) -> dict[str, Any]:
        """2208."""
        return {"data": {"setl_id": setl_id, "mdtrt_id": self.mdtrt_id, "psn_no": self.person.psn_no}}


class Inpatient(Stay):
    """The messages of an admission."""

    def __init__(self, story: Story) -> None:
        self.hospital: Hospital
        self.person = _people()[story.person]
        self.insurance = self.person.insurances[0]
        self.mdtrt_id = ""
        self.ipt_no = f"ZY{story.number:08d}"
        self.story = story
