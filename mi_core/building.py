"""From a configuration to everything that calls need: plugins, log, journal, gate, transport."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import attrs

from mi_core.config import Config
from mi_core.config.regions import with_regions
from mi_core.journal import Alarm, Journal
from mi_core.journal.opening import open_journal
from mi_core.overload import Gate, GatewayState
from mi_core.pipeline import Runtime
from mi_core.pipeline.faults import provided
from mi_core.pipeline.runtime import SignNumbers
from mi_core.pipeline.serving import Gateways
from mi_core.plugin import Transport, Validator
from mi_core.plugin.manager import Plugins, load_plugins
from mi_core.refusal_lists import RefusalLists
from mi_core.signin import Station, station_for

__all__ = ["Built", "build"]


@attrs.frozen
class Built:
    """What :func:`build` made."""

    runtime: Runtime
    refusals: RefusalLists
    station: Station
    tell: Callable[[Alarm], None]


async def build(config: Config, plugins: Plugins | None, sign_numbers: SignNumbers) -> Built:
    """Load, open, check. Raises ``PluginError``, ``StoreError``, ``ConfigError``; then nothing stays open."""
    loaded = plugins or load_plugins(allow=config.plugins.allow, strict=config.plugins.strict)
    config = with_regions(config, loaded.regions)
    gateways = Gateways.build(config.institutions, loaded)
    store = provided(loaded, loaded.stores, config.store.operation_log.partition("://")[0], config.store)
    station = await _station(next(iter(config.institutions.values())).gateway.url)
    tell = _alarm_of(loaded)
    journal: Journal | None = None
    await store.open()
    try:
        journal = await asyncio.to_thread(open_journal, config, on_alarm=tell)
        refusals = RefusalLists(config, journal)
        await asyncio.to_thread(refusals.read)
        gate = Gate(
            {served.key: served.settings.url for served in gateways}, config.limits,
            pool=config.transport.pool, probe=lambda url: _answers(transport, url), on_change=_gateway_alarm_of(loaded),
        )  # fmt: skip
        settings = attrs.evolve(config.transport, pool=gate.connections)
        transport = provided(loaded, loaded.transports, settings.kind, settings)
        runtime = Runtime(
            config=config,
            plugins=loaded,
            store=store,
            transport=transport,
            gateways=gateways,
            validators=_validators(loaded, config),
            refusals=refusals,
            sign_numbers=sign_numbers,
            journal=journal,
            gate=gate,
            client_ip=station.ip,
        )
    except BaseException:
        if journal is not None:
            await asyncio.to_thread(journal.close)
        await store.close()
        raise
    return Built(runtime, refusals, station, tell)


def _validators(loaded: Plugins, config: Config) -> tuple[Validator, ...]:
    """All of them; a factory with ``takes_config`` gets the configuration, and may give none where it has nothing to do."""
    factories: list[Any] = [factory for _, factory in loaded.validators.items()]
    made = [
        factory(config) if getattr(factory, "takes_config", False) else factory() for factory in factories
    ]
    return tuple(one for one in made if one is not None)


def _alarm_of(plugins: Plugins) -> Callable[[Alarm], None]:
    """The journal's alarms go to every plugin that watches for them."""

    def tell(alarm: Alarm) -> None:
        plugins.observe(
            "alarm", kind=alarm.kind, msgid=alarm.msgid, operation_id=alarm.operation_id, detail=alarm.detail
        )

    return tell


def _gateway_alarm_of(plugins: Plugins) -> Callable[[GatewayState], None]:
    """A gateway that went away, or is back, is an alarm as well."""

    def tell(gateway: GatewayState) -> None:
        down = gateway.breaker != "closed"
        plugins.observe(
            "alarm",
            kind="gateway_down" if down else "gateway_back",
            msgid=None,
            operation_id=None,
            detail=gateway.url,
        )

    return tell


async def _answers(transport: Transport, url: str) -> bool:
    """A sign of life; a proxy's or balancer's word that nobody is behind it is none."""
    return (await transport.probe(url, timeout=5.0)).status < 500


async def _station(url: str) -> Station:
    """This machine; a name server that does not answer costs two seconds and the address, not the call."""
    try:
        return await asyncio.wait_for(asyncio.to_thread(station_for, url), 2.0)
    except TimeoutError:
        return Station("", "127.0.0.1")
