"""The hooks a plugin may implement. All are synchronous: they register named providers, observe, or modify.

``HOOK_API`` grows when a hook or a provider's shape changes incompatibly. A plugin states the number it was written
for as ``MI_HOOK_API``; without one it is taken as written for the current number.
"""

from __future__ import annotations

from collections.abc import Mapping

import pluggy

from mi_core.model import Discrepancy
from mi_core.plugin.providers import GatewayFactory, StoreFactory, TransportFactory, ValidatorFactory
from mi_core.plugin.region import RegionFactory
from mi_core.plugin.registry import Registry
from mi_core.plugin.values import CallSeen
from mi_core.types import Outcome

__all__ = ["HOOK_API", "OLDEST_HOOK_API", "PROJECT", "MiHooks", "hookimpl", "hookspec"]

PROJECT = "mi_core"
HOOK_API = 1
OLDEST_HOOK_API = 1

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


class MiHooks:
    """Prefix ``mi_``. ``mi_observe_*``: the result is ignored, exceptions are logged. ``mi_modify_*``: chained."""

    @hookspec
    def mi_register_gateways(self, registry: Registry[GatewayFactory]) -> None:
        """Add gateway profiles: ``registry.add("csb", factory)``."""

    @hookspec
    def mi_register_transports(self, registry: Registry[TransportFactory]) -> None:
        """Add ways to carry a message."""

    @hookspec
    def mi_register_stores(self, registry: Registry[StoreFactory]) -> None:
        """Add operation-log stores by URL scheme (``memory``, ``sqlite``)."""

    @hookspec
    def mi_register_validators(self, registry: Registry[ValidatorFactory]) -> None:
        """Add checks of requests; all of them run, their findings are joined."""

    @hookspec
    def mi_register_regions(self, registry: Registry[RegionFactory]) -> None:
        """Add regional dialects: ``registry.add("guangzhou", factory)``; the factory is called when an institution names
        the region (``region = "guangzhou"``)."""

    @hookspec
    def mi_observe_before_send(self, call: CallSeen) -> None:
        """A call is about to leave: its row is written, its message signed."""

    @hookspec
    def mi_observe_after_call(self, call: CallSeen, outcome: Outcome, evidence: str, elapsed: float) -> None:
        """A call ended. ``elapsed``: seconds between the first byte out and the last byte in."""

    @hookspec
    def mi_observe_discrepancy(self, call: CallSeen, discrepancy: Discrepancy) -> None:
        """A confirmed reply contradicts itself; a person must look at it."""

    @hookspec
    def mi_observe_alarm(self, kind: str, msgid: str | None, operation_id: str | None, detail: str) -> None:
        """The journal saw something a person must look at: ``contradiction``, ``discrepancy``, ``executed_in_doubt``.
        Called from the journal's own thread; it must return soon.
        """

    @hookspec
    def mi_modify_http_headers(self, call: CallSeen, headers: Mapping[str, str]) -> Mapping[str, str] | None:
        """HTTP headers to send; may add some. Those the gateway profile set cannot be changed. ``None``: no change."""
