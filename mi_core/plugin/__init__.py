"""The only import a plugin author needs: hooks, provider shapes, values. See ``specs`` and ``providers``."""

from mi_core.plugin.providers import (
    GatewayAuth,
    GatewayFactory,
    OperationLogStore,
    StoreFactory,
    Transport,
    TransportFactory,
    Validator,
    ValidatorFactory,
    at_once,
)
from mi_core.plugin.registry import Registry
from mi_core.plugin.secret import Secret
from mi_core.plugin.specs import HOOK_API, hookimpl
from mi_core.plugin.values import (
    CallSeen,
    GatewaySettings,
    HttpReply,
    HttpRequest,
    OperationEnd,
    OperationRecord,
    OperationStart,
    OperationStatus,
    ProbeReply,
    Sending,
    StoreSettings,
    TransportFailure,
    TransportSettings,
)

__all__ = [
    "HOOK_API",
    "CallSeen",
    "GatewayAuth",
    "GatewayFactory",
    "GatewaySettings",
    "HttpReply",
    "HttpRequest",
    "OperationEnd",
    "OperationLogStore",
    "OperationRecord",
    "OperationStart",
    "OperationStatus",
    "ProbeReply",
    "Registry",
    "Secret",
    "Sending",
    "StoreFactory",
    "StoreSettings",
    "Transport",
    "TransportFactory",
    "TransportFailure",
    "TransportSettings",
    "Validator",
    "ValidatorFactory",
    "at_once",
    "hookimpl",
]
