"""What the tests of the generated classes take from :mod:`mi_core.testing`, under the names they use."""

from __future__ import annotations

from typing import Any

from mi_core.catalog import Catalog, load_catalog
from mi_core.model import InterfaceSpec
from mi_core.testing.faults import Fault
from mi_core.testing.faults import field_faults as faults
from mi_core.testing.values import is_whole as whole_number
from mi_core.testing.values import node_values

__all__ = ["Fault", "catalog", "faults", "request_values", "whole_number"]


def catalog() -> Catalog:
    """The shipped catalogue."""
    return load_catalog()


def request_values(spec: InterfaceSpec) -> dict[str, Any]:
    """``input`` as a plain dict by wire name with every field filled, its conditions met."""
    return node_values(spec.input, catalog().code_tables)
