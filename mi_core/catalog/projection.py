"""``x-mi.projection`` of a document: how a row of its business table is made from a logged call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import attrs

from mi_core.model.spec import FieldSpec, InterfaceSpec, NodeSpec

__all__ = ["COLUMNS", "Projection", "projection_problems", "read_projection"]

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "settlement_business": (
        "psn_no", "mdtrt_id", "settlement_type", "settlement_subtype", "setl_id", "medfee_sumamt", "psn_part_amt",
        "fund_pay_sumamt", "settlement_time",
    ),
    "registration_business": (
        "psn_no", "registration_type", "registration_action", "trt_dcla_detl_sn", "audit_opinion", "audit_time",
        "effective_date", "expiry_date",
    ),
    "inpatient_business": ("psn_no", "mdtrt_id", "inpatient_action", "admission_time", "discharge_time"),
    "prescription_business": (
        "psn_no", "prescription_action", "prescription_source", "fixmedins_code", "prescription_time", "dispense_time",
    ),
    "online_payment_business": (
        "psn_no", "payment_action", "order_no", "order_amount", "paid_amount", "order_time", "payment_time",
    ),
    "information_collection_business": ("psn_no", "mdtrt_id", "collection_type", "collection_action", "collection_time"),
}  # fmt: skip
"""Business table -> the columns that a projection may fill."""

CONSTANT = (
    "settlement_type", "registration_type", "registration_action", "inpatient_action", "prescription_action",
    "prescription_source", "payment_action", "collection_type", "collection_action",
)  # fmt: skip
"""Columns that are never empty, so that a projection must give them as constants."""

Report = Callable[[str, str, str], None]
_LOG = ("operation_time", "complete_time")


@attrs.frozen
class Projection:
    """One document's mapping. ``paths``: column -> places of which the first that has a value counts."""

    table: str
    status: str
    """The row's status when the call succeeded."""
    constants: Mapping[str, str]
    paths: Mapping[str, tuple[tuple[str, ...], ...]]
    detail: tuple[tuple[str, ...], ...] = ()
    status_path: tuple[str, ...] = ()
    """Where the reply tells a status of its own; ``status`` is then for values that are not in ``statuses``."""
    statuses: Mapping[str, str] = attrs.Factory(dict)
    """Value of the reply -> status of the row."""


def parse(table: str, raw: Mapping[str, Any]) -> Projection:
    """The mapping of a document that has passed the checks."""
    columns: Mapping[str, Any] = raw["columns"]
    texts = {k: (v,) if isinstance(v, str) else v for k, v in columns.items() if not isinstance(v, dict)}
    status = raw["status"]
    told: Mapping[str, Any] = status if isinstance(status, dict) else {"else": status}
    return Projection(
        table=table,
        status=told["else"],
        constants={k: v["const"] for k, v in columns.items() if isinstance(v, dict)},
        paths={k: tuple(tuple(p.split(".")) for p in v) for k, v in texts.items()},
        detail=tuple(tuple(p.split(".")) for p in raw.get("detail", ())),
        status_path=tuple(told["path"].split(".")) if "path" in told else (),
        statuses={value: name for name, values in told.get("values", {}).items() for value in values},
    )


@lru_cache(maxsize=512)
def read_projection(code: str, region: str = "") -> Projection | None:
    """The projection of an interface of the built-in catalogue; ``None`` when its calls are logged only.

    ``region``: a shipped region whose documents count instead of the base's.
    """
    from mi_core.catalog.catalog import default_catalog
    from mi_core.catalog.regions import region_catalog

    catalog = region_catalog(region) if region else default_catalog()
    if code not in catalog.interfaces:
        return None
    facts = catalog.document(code)["x-mi"]
    return parse(facts["logTable"], facts["projection"]) if "projection" in facts else None


def projection_problems(spec: InterfaceSpec, facts: Mapping[str, Any], report: Report) -> None:
    """Whether every column and every place of a projection exists, and who has a table has a projection."""
    table, raw = facts.get("logTable"), facts.get("projection")
    here = "/x-mi/projection"
    if (table is None) != (raw is None):
        report(here, "logTable 与 projection 必须同时存在", "logTable and projection belong together")
    if table is None or raw is None:
        return
    mapping = parse(table, raw)
    known = COLUMNS.get(table, ())
    for column in [*mapping.constants, *mapping.paths]:
        if column not in known:
            report(f"{here}/columns/{column}", f"{table} 没有列 {column}", f"{table} has no column {column}")
    for column in set(CONSTANT).intersection(known).difference(mapping.constants, ["settlement_subtype"]):
        report(f"{here}/columns", f"{column} 须为常量", f"{column} must be given as a constant")
    for column, paths in mapping.paths.items():
        for path in paths:
            if not _is_field(spec, path):
                report(
                    f"{here}/columns/{column}",
                    f"没有字段 {'.'.join(path)}",
                    f"there is no field {'.'.join(path)}",
                )
    if mapping.status_path and not _is_field(spec, mapping.status_path):
        place = ".".join(mapping.status_path)
        report(f"{here}/status", f"没有字段 {place}", f"there is no field {place}")
    for path in mapping.detail:
        if not isinstance(_member(spec, path), NodeSpec):
            report(f"{here}/detail", f"没有节点 {'.'.join(path)}", f"there is no node {'.'.join(path)}")


def _is_field(spec: InterfaceSpec, path: tuple[str, ...]) -> bool:
    if path[0] == "log":
        return len(path) == 2 and path[1] in _LOG
    return isinstance(_member(spec, path), FieldSpec)


def _member(spec: InterfaceSpec, path: tuple[str, ...]) -> FieldSpec | NodeSpec | None:
    found: FieldSpec | NodeSpec | None = {"input": spec.input, "output": spec.output}.get(path[0])
    for name in path[1:]:
        found = found.member(name) if isinstance(found, NodeSpec) else None
    return found
