"""Which gateway serves which interface of an institution, and what the pipeline must know of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import attrs

from mi_core.config import Institution
from mi_core.pipeline.faults import Fault, fault_of, provided
from mi_core.pipeline.tokens import TokenKeeper
from mi_core.plugin import GatewayAuth, GatewaySettings
from mi_core.plugin.manager import Plugins

__all__ = ["Gateways", "Served"]

_SPOKEN: Final = frozenset({"national", "none"})


@attrs.frozen(eq=False)
class Served:
    """One gateway of one institution. The attributes a profile may have are read once."""

    key: str
    """Names it to the gate: the institution's code, for further gateways ``code/name``."""
    settings: GatewaySettings
    auth: GatewayAuth = attrs.field(repr=False)
    envelopes: frozenset[str] = _SPOKEN
    bare: bool = False
    certain_401: bool = False
    tokens: TokenKeeper | None = attrs.field(default=None, repr=False)
    origin: str = ""
    """The plugin that brought the profile."""

    @classmethod
    def of(cls, key: str, settings: GatewaySettings, auth: GatewayAuth, origin: str = "") -> Served:
        """With what the gateway says of itself."""
        given: Any = auth
        tokens = TokenKeeper(given) if hasattr(given, "token_request") else None
        return cls(
            key,
            settings,
            auth,
            frozenset(getattr(given, "envelopes", _SPOKEN)),
            bool(getattr(given, "bare", False)),
            bool(getattr(given, "certain_401", False)),
            tokens,
            origin,
        )

    @classmethod
    def made(cls, key: str, settings: GatewaySettings, plugins: Plugins) -> Served:
        """The gateway that these settings name. Raises as :func:`mi_core.pipeline.faults.provided`."""
        factories, name = plugins.gateways, settings.profile
        auth = provided(plugins, factories, name, settings)
        return cls.of(key, settings, auth, plugins.origin(factories, name))

    def fault(self, error: BaseException) -> Fault:
        """What is told of a profile that raised ``error``."""
        return fault_of("gateway", self.settings.profile, self.origin, error, self.settings)


class Gateways:
    """All gateways of a client."""

    def __init__(self, main: Mapping[str, Served], routed: Mapping[str, Mapping[str, Served]]) -> None:
        self._main, self._routed = main, routed
        self._found: dict[tuple[str, str], Served] = {}

    @classmethod
    def build(cls, institutions: Mapping[str, Institution], plugins: Plugins) -> Gateways:
        """Make every gateway; raises as :meth:`Served.made`."""

        def made(key: str, settings: GatewaySettings) -> Served:
            return Served.made(key, settings, plugins)

        main = {code: made(code, i.gateway) for code, i in institutions.items()}
        routed = {
            code: {name: made(f"{code}/{name}", route.gateway) for name, route in i.gateways.items()}
            for code, i in institutions.items()
        }
        return cls(main, routed)

    def of(self, institution: Institution, infno: str) -> Served:
        """The gateway that serves the interface: the route that names it, else the main one."""
        place = (institution.code, infno)
        found = self._found.get(place)
        if found is None:
            routes = institution.gateways.items()
            name = next((name for name, route in routes if route.serves(infno)), None)
            found = self._main[institution.code] if name is None else self._routed[institution.code][name]
            self._found[place] = found
        return found

    def __iter__(self) -> Iterator[Served]:
        yield from self._main.values()
        for further in self._routed.values():
            yield from further.values()

    def opening(self, wrap: Callable[[GatewayAuth], GatewayAuth]) -> Gateways:
        """The same with every gateway wrapped; tokens stay shared."""

        def wrapped(served: Served) -> Served:
            return attrs.evolve(served, auth=wrap(served.auth))

        return Gateways(
            {code: wrapped(served) for code, served in self._main.items()},
            {code: {n: wrapped(s) for n, s in routes.items()} for code, routes in self._routed.items()},
        )
