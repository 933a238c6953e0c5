"""Sums that must hold to the cent (identity terms of the journal design). A missing term is reported, never taken as 0."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Context, Decimal
from functools import reduce
from typing import Any

from mi_core.model import Discrepancy, Identity
from mi_core.scalars import parse_decimal

__all__ = ["amount", "identity_findings"]

_EXACT = Context(prec=400, traps=[])
"""Sums do not depend on the program's own decimal context."""


def amount(value: Any) -> Decimal | None:
    """An amount as a gateway writes it (number or text); ``None`` when empty. Raises ``ValueError`` when it is none."""
    if isinstance(value, Decimal) and value.is_finite() and abs(value.adjusted()) <= 99:
        return value
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        raise ValueError("no amount")
    return parse_decimal(str(value))  # the same reading as the typed reply's


def identity_findings(identity: Identity, rows: Iterable[Mapping[str, Any]]) -> list[Discrepancy]:
    """What is wrong with ``identity`` in the given rows of its node; empty when every sum holds."""
    findings = []
    seen = False
    for row in rows:
        seen = True
        findings += _check_row(identity, row)
    if not seen:
        findings.append(_incomplete(identity, [identity.node]))
    return findings


def _check_row(identity: Identity, row: Mapping[str, Any]) -> list[Discrepancy]:
    values: dict[str, Decimal] = {}
    absent = []
    for name in (identity.total, *identity.parts):
        try:
            value = amount(row.get(name))
        except ValueError:
            value = None
        if value is None:
            absent.append(f"{identity.node}.{name}")
        else:
            values[name] = value
    if absent:
        return [_incomplete(identity, absent)]
    total, parts = values[identity.total], reduce(_EXACT.add, (values[p] for p in identity.parts), Decimal(0))
    if total == parts or (identity.relation == "<=" and abs(parts) < abs(total) and parts * total >= 0):
        return []
    terms = " + ".join(f"{p} {values[p]}" for p in identity.parts)
    text = f"{identity.node}.{identity.total} {total} {identity.relation} {terms} (= {parts})"
    return [Discrepancy("identity", f"金额不平：{text}", f"amounts do not add up: {text}", total, parts)]


def _incomplete(identity: Identity, absent: list[str]) -> Discrepancy:
    names = ", ".join(absent)
    return Discrepancy(
        "identity_incomplete",
        f"无法核对 {identity.node}.{identity.total}：缺少 {names}",
        f"{identity.node}.{identity.total} cannot be checked: {names} missing",
    )
