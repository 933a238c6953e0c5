"""Typed, exact access to the national medical-insurance gateway of China.

A developer imports a typed request, a client sends it::

    from mi_core import Client
    from mi_core.interfaces import PersonInformationRequest

    with Client.from_config("mi.toml") as mi:
        reply = mi.call(PersonInformationRequest(...))

Names are loaded when first used: importing this package costs next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mi_core._version import __version__

if TYPE_CHECKING:
    from mi_core.client import AsyncClient
    from mi_core.errors import (
        BureauRefused,
        CallError,
        ConfigError,
        GatewayRefused,
        GatewayUnreachable,
        InvalidInput,
        MiError,
        NotSent,
        OutcomeUnknown,
        PluginError,
        Refused,
        ReplyUnreadable,
        StoreError,
        VisitBusy,
    )
    from mi_core.model import Discrepancy, Interface, Problem, ReplyMeta, Request, Response
    from mi_core.sync import Client
    from mi_core.types import UNSET, Effect, Outcome, UnsetType

__all__ = [
    "UNSET",
    "AsyncClient",
    "BureauRefused",
    "CallError",
    "Client",
    "ConfigError",
    "Discrepancy",
    "Effect",
    "GatewayRefused",
    "GatewayUnreachable",
    "Interface",
    "InvalidInput",
    "MiError",
    "NotSent",
    "Outcome",
    "OutcomeUnknown",
    "PluginError",
    "Problem",
    "Refused",
    "ReplyMeta",
    "ReplyUnreadable",
    "Request",
    "Response",
    "StoreError",
    "UnsetType",
    "VisitBusy",
    "__version__",
]

_HOME = {
    "AsyncClient": "mi_core.client",
    "Client": "mi_core.sync",
    "UNSET": "mi_core.types",
    "UnsetType": "mi_core.types",
    "Effect": "mi_core.types",
    "Outcome": "mi_core.types",
    **dict.fromkeys(
        ("Discrepancy", "Interface", "Problem", "ReplyMeta", "Request", "Response"), "mi_core.model"
    ),
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value: object = getattr(import_module(_HOME.get(name, "mi_core.errors")), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
