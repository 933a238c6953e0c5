"""Uploads for :mod:`tests.sandbox.hospital`: every field of an interface filled, facts of the test where their names occur."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from functools import cache
from typing import Any

from mi_core.catalog import load_catalog
from mi_core.model import InterfaceSpec, NodeSpec
from mi_plugins.sandbox.invent import Inventor
from mi_plugins.sandbox.persons import Person
from mi_plugins.sandbox.sums import plain_name

__all__ = ["D", "filled", "now_text", "of_person", "today"]

D = Decimal


@cache
def _inventor() -> Inventor:
    return Inventor(load_catalog().code_tables, 3)


def spec_of(infno: str) -> InterfaceSpec:
    return load_catalog().interfaces[infno]


def now_text(shift: float = 0.0) -> str:
    """Beijing time, ``shift`` seconds away."""
    moment = dt.datetime.now(dt.UTC) + dt.timedelta(hours=8, seconds=shift)
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def today() -> str:
    return now_text()[:10]


def of_person(person: Person) -> dict[str, Any]:
    """Who it is about, by the names that uploads have for it."""
    return {
        "psn_no": person.psn_no, "psn_name": person.name, "psn_cert_type": "01", "certno": person.certno, "patn_name": person.name,
        "insutype": person.insurances[0].insutype,
    }  # fmt: skip


def filled(infno: str, facts: dict[str, Any], **rows: Any) -> dict[str, Any]:
    """A valid ``input`` with one row in every list. ``facts``: values by field name; ``rows``: whole nodes instead."""
    spec = spec_of(infno)
    given = {
        "begndate": today(),
        "enddate": today(),
        "begntime": now_text(-60),
        "endtime": now_text(),
        "valiflag": "1",
    }
    given |= {plain_name(name): value for name, value in facts.items()}
    content = _row(spec.input, infno, given)
    for path, value in rows.items():
        content[path] = value
    return content


def _row(node: NodeSpec, key: str, given: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for member in node.members:
        if isinstance(member, NodeSpec):
            row = _row(member, f"{key}|{member.code}", given)
            made[member.code] = [row] if member.repeated else row
        elif plain_name(member.code) not in given or given[plain_name(member.code)] is not None:
            made[member.code] = _inventor().value(member, key, given)
    return made
