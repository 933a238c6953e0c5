"""The model of messages and of the catalogue: no input or output, no other layer of the project (L1)."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from mi_core.model.behaviour import Behaviour, Identity, OutcomeQuery
from mi_core.model.message import Discrepancy, Interface, ReplyMeta, Request, Response, Row
from mi_core.model.problem import Problem, Severity

if TYPE_CHECKING:
    from mi_core.model.spec import (
        CodeTable,
        Condition,
        EntryColumns,
        FieldSpec,
        FileColumn,
        FileLayout,
        InterfaceSpec,
        NodeSpec,
    )

__all__ = [
    "Behaviour",
    "CodeTable",
    "Condition",
    "Discrepancy",
    "EntryColumns",
    "FieldSpec",
    "FileColumn",
    "FileLayout",
    "Identity",
    "Interface",
    "InterfaceSpec",
    "NodeSpec",
    "OutcomeQuery",
    "Problem",
    "ReplyMeta",
    "Request",
    "Response",
    "Row",
    "Severity",
]

_TOOLS = frozenset(
    {
        "CodeTable",
        "Condition",
        "EntryColumns",
        "FieldSpec",
        "FileColumn",
        "FileLayout",
        "InterfaceSpec",
        "NodeSpec",
    }
)
"""Specifications for the tools; a program that only calls does not load them."""


def __getattr__(name: str) -> Any:
    if name in _TOOLS:
        return getattr(import_module("mi_core.model.spec"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
