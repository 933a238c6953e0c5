"""The model of messages and of the catalogue: no input or output, no other layer of the project (L1)."""

from mi_core.model.message import Discrepancy, Interface, ReplyMeta, Request, Response, Row
from mi_core.model.problem import Problem, Severity
from mi_core.model.spec import (
    Behaviour,
    CodeTable,
    Condition,
    FieldSpec,
    FileColumn,
    FileLayout,
    Identity,
    InterfaceSpec,
    NodeSpec,
    OutcomeQuery,
)

__all__ = [
    "Behaviour",
    "CodeTable",
    "Condition",
    "Discrepancy",
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
