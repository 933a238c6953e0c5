"""Fees of items without an uploaded mapping do not leave, when ``[mapping] check`` is on (:mod:`mi_core.mapping`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mi_core.model import Interface, Problem, Request
from mi_core.plugin import Registry, Validator, ValidatorFactory, hookimpl

if TYPE_CHECKING:
    from mi_core.config import Config

__all__ = ["fee_guard"]


def fee_guard(config: Config | None = None) -> Validator | None:
    """The check; ``None`` where no mapping is kept: then it costs nothing. Without a configuration it has nothing to say."""
    if config is None:
        return _Silent()
    if not config.mapping.check:
        return None
    from mi_core.mapping import FeeGuard

    return FeeGuard(config)


fee_guard.takes_config = True  # type: ignore[attr-defined]  # functions take attributes, their type does not say so


class _Silent:
    """Nobody said where the mappings are."""

    def check(self, interface: Interface[Any], request: Request[Any]) -> Sequence[Problem]:
        """Nothing."""
        return []


@hookimpl
def mi_register_validators(registry: Registry[ValidatorFactory]) -> None:
    """Under the name ``mapping``."""
    registry.add("mapping", fee_guard)  # type: ignore[arg-type]  # None is for validators that take the configuration
