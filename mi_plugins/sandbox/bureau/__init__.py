"""The bureau behind the gateway: which desk answers which interface."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from mi_plugins.sandbox.bureau import (
    fees,
    files,
    people,
    pharmacy,
    queries,
    reconciliation,
    refunds,
    reversal,
    settling,
    stay_fees,
    stay_settling,
    stays,
    visit_queries,
    visits,
)
from mi_plugins.sandbox.bureau.context import Call, Output
from mi_plugins.sandbox.bureau.desk import Desk

__all__ = ["DESKS", "Call", "Desk", "Output"]


DESKS: Final[Mapping[str, Desk]] = {
    "1101": Desk(people.find_person, writes=False),
    "1201": Desk(people.find_institution, writes=False),
    "2001": Desk(people.check_entitlement, writes=False),
    "2101": Desk(pharmacy.quote_purchase, writes=False),
    "2102": Desk(pharmacy.buy),
    "2103": Desk(refunds.refund_purchase),
    "2201": Desk(visits.register),
    "2202": Desk(visits.cancel),
    "2203": Desk(visits.upload_information),
    "2203A": Desk(visits.upload_information),
    "2204": Desk(fees.upload),
    "2205": Desk(fees.withdraw),
    "2206": Desk(settling.quote, writes=False),
    "2207": Desk(settling.settle_batch),
    "2208": Desk(refunds.refund),
    "2301": Desk(stay_fees.upload_fees),
    "2302": Desk(stay_fees.withdraw_fees),
    "2303": Desk(stay_settling.quote_stay, writes=False),
    "2304": Desk(stay_settling.settle_stay),
    "2305": Desk(refunds.refund_stay),
    "2401": Desk(stays.admit),
    "2402": Desk(stays.discharge),
    "2403": Desk(stays.change),
    "2404": Desk(stays.cancel_admission),
    "2405": Desk(stays.cancel_discharge),
    "2601": Desk(reversal.reverse),
    "3201": Desk(reconciliation.compare_totals, writes=False),
    "3202": Desk(reconciliation.compare_details),
    "5201": Desk(visit_queries.visits, writes=False),
    "5202": Desk(visit_queries.diagnoses, writes=False),
    "5203": Desk(queries.settlement, writes=False),
    "5204": Desk(queries.fee_rows, writes=False),
    "5303": Desk(visit_queries.in_hospital, writes=False),
    "9001": Desk(people.sign_in),
    "9002": Desk(people.sign_out),
    "9101": Desk(files.upload),
    "9102": Desk(files.download, writes=False),
}
