"""The bureau behind the gateway: which desk answers which interface."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import attrs

from mi_plugins.sandbox.bureau import fees, people, queries, refunds, settling, visits
from mi_plugins.sandbox.bureau.context import Call, Output
from mi_plugins.sandbox.database import Books

__all__ = ["DESKS", "Call", "Desk", "Output"]


@attrs.frozen
class Desk:
    """A function that answers a call; ``writes`` = it changes the books and runs in a transaction."""

    answer: Callable[[Books, Call], Output]
    writes: bool = True


DESKS: Final[Mapping[str, Desk]] = {
    "1101": Desk(people.find_person, writes=False),
    "1201": Desk(people.find_institution, writes=False),
    "2001": Desk(people.check_entitlement, writes=False),
    "2201": Desk(visits.register),
    "2202": Desk(visits.cancel),
    "2203": Desk(visits.upload_information),
    "2203A": Desk(visits.upload_information),
    "2204": Desk(fees.upload),
    "2205": Desk(fees.withdraw),
    "2206": Desk(settling.quote, writes=False),
    "2207": Desk(settling.settle_batch),
    "2208": Desk(refunds.refund),
    "2601": Desk(refunds.reverse),
    "5201": Desk(queries.visits, writes=False),
    "5202": Desk(queries.diagnoses, writes=False),
    "5203": Desk(queries.settlement, writes=False),
    "5204": Desk(queries.fee_rows, writes=False),
    "9001": Desk(people.sign_in),
    "9002": Desk(people.sign_out),
}
