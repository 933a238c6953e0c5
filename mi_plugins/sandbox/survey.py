"""What the sandbox does with each interface of the catalogue.

=============  ============================================================================================
``stateful``   a desk with books of its own: what was done is told again, refused twice, taken back
``generated``  a reply that names a file with generated rows (catalogue downloads)
``invented``   a reply that is valid by the document, made from the request, the same every time
``pushed``     sent by the bureau to the institution; it is pushed, not called
``withdrawn``  no longer in force: refused
=============  ============================================================================================
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from mi_core.catalog import Catalog, load_catalog
from mi_core.model import InterfaceSpec
from mi_plugins.sandbox.bureau import DESKS

__all__ = ["counts", "survey"]


def _kind(code: str, spec: InterfaceSpec) -> str:
    if spec.withdrawn:
        return "withdrawn"
    if spec.behaviour.direction == "inbound":
        return "pushed"
    if code in DESKS:
        return "stateful"
    return "generated" if spec.output.member("file_qury_no") is not None else "invented"


def survey(catalog: Catalog | None = None) -> list[dict[str, Any]]:
    """A row for each interface: ``infno``, ``title``, ``effect`` and ``answer``."""
    interfaces = (catalog or load_catalog()).interfaces
    return [
        {"infno": code, "title": spec.title, "effect": spec.behaviour.effect, "answer": _kind(code, spec)}
        for code, spec in interfaces.items()
    ]


def counts(rows: list[dict[str, Any]]) -> dict[str, int]:
    """How many interfaces of each kind."""
    return dict(Counter(row["answer"] for row in rows))
