"""The check against the catalogue: types, lengths, codes, conditions, size of ``input``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mi_core.model import Interface, Problem, Request
from mi_core.plugin import Registry, ValidatorFactory, hookimpl

__all__ = ["CatalogueValidator"]


class CatalogueValidator:
    """Runs the generated checks of the request's interface."""

    def check(self, interface: Interface[Any], request: Request[Any]) -> Sequence[Problem]:
        """Everything that is wrong, warnings included."""
        from mi_core.validation import check_request

        return check_request(request)


@hookimpl
def mi_register_validators(registry: Registry[ValidatorFactory]) -> None:
    """Always on: every registered validator runs."""
    registry.add("catalogue", CatalogueValidator)
