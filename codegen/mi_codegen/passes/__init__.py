"""Named passes over the intermediate representation; each takes a module and returns a new one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from mi_codegen.ir import InterfaceModule
from mi_codegen.load import Source
from mi_codegen.passes.members import bind_codes, choose_types, mark_proof, name_attributes
from mi_codegen.passes.outline import outline
from mi_codegen.passes.tables import code_module
from mi_core.model.spec import InterfaceSpec

__all__ = ["PASSES", "code_module", "interface_module"]

PASSES: Final[tuple[Callable[[InterfaceModule, Source], InterfaceModule], ...]] = (
    name_attributes,
    choose_types,
    bind_codes,
    mark_proof,
)


def interface_module(spec: InterfaceSpec, source: Source) -> InterfaceModule:
    """The module of one interface after all passes."""
    module = outline(spec, source)
    for step in PASSES:
        module = step(module, source)
    return module
