"""The configuration as frozen values. Read one with :func:`mi_core.config.load_config`, or build it directly."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

import attrs

from mi_core.errors import ConfigError
from mi_core.model import Behaviour, Interface
from mi_core.plugin import GatewaySettings, Region, Secret, StoreSettings, TransportSettings
from mi_core.plugin.region import BASE_CLASSES
from mi_core.plugin.values import without_user as _without_user

__all__ = [
    "BridgeSettings", "Config", "Institution", "JournalSettings", "LimitSettings", "MappingSettings", "Operator", "PluginSettings",
    "RecoverySettings", "Route", "ServeSettings", "Timeouts", "require_test_environment",
]  # fmt: skip


@attrs.frozen
class Operator:
    """Who makes the call (head fields ``opter_type opter opter_name``). Type: 1 clerk, 2 self-service, 3 mobile."""

    id: str
    name: str
    type: str = "1"


@attrs.frozen
class Timeouts:
    """Seconds a call may take in all, by the class its document names."""

    settlement: float = 120.0
    query: float = 30.0
    upload: float = 60.0
    download: float = 300.0


@attrs.frozen(kw_only=True)
class RecoverySettings:
    """What is known of a gateway when an answer is lost. Seconds; ``None`` means nobody knows: then time alone proves
    nothing, and 3202 or people decide (journal design, fences)."""

    acceptance: float | None = None
    """A signed message older than this is refused."""
    processing: float | None = None
    """The longest that the centre works on an accepted message."""
    replica_lag: float | None = None
    """The longest that a query may not yet show what was done."""
    likely_refused: float = 10.0
    """Before a refusal that is not on the list is asked about."""
    query_without_setl_id: bool = False
    """5203 answers with an empty ``setl_id``."""
    absent: tuple[str, ...] = ()
    """Refusal texts of queries and of 2601 that mean: there is no such business. ``*`` stands for anything."""
    reversible: tuple[str, ...] = ()
    """Interfaces that 2601 takes back here, beside the specification's."""
    reverse_unknown: bool = False
    questions: int = 8
    reversals: int = 5


@attrs.frozen(kw_only=True)
class JournalSettings:
    """Where changing calls are journalled, and how much may be in doubt."""

    path: str = attrs.field(default="", repr=_without_user)
    """A file, ``mysql://…``, ``postgresql://…`` or ``memory``; empty: see :func:`mi_core.journal.opening.journal_path`."""
    key_file: Path | None = None
    slots: int = 10
    max_in_doubt: int = 20
    max_amount: Decimal | None = None
    """Yuan."""
    recover: bool = True
    """Clients resolve what is in doubt in the background."""


@attrs.frozen(kw_only=True)
class LimitSettings:
    """How many calls one gateway address gets at the same time, and how many more may wait for a place. Lanes: see
    :mod:`mi_core.overload`."""

    money: int = 20
    """Settlements, refunds, registrations; not more than may be in doubt, should all answers be lost at once."""
    money_queue: int = 60
    read: int = 100
    read_queue: int = 200
    bulk: int = 16
    bulk_queue: int = 100
    recovery: int = 4
    recovery_queue: int = 16
    adaptive: bool = True
    """The numbers of places are the most; how many of them are used follows how quickly the gateway answers."""
    failures: int = 5
    """Failures in a row after which a gateway counts as down."""
    drain: float = 30.0
    """Seconds for which a client that closes waits for changing calls under way."""


@attrs.frozen(kw_only=True)
class BridgeSettings:
    """The database bridge for a HIS (:mod:`mi_core.worker`); times in seconds."""

    database: str = attrs.field(default="", repr=_without_user)
    """``mysql://…`` or ``postgresql://…``; empty: there is none."""
    concurrency: int = 16
    patience: float = 60.0
    """Since its submission a request that could not be sent is tried again for so long."""
    expire: float = 600.0
    """A changing request that is older when it is taken up is not sent: whoever asked has gone other ways."""
    lease: float = 15.0
    keep_days: int = 90


@attrs.frozen(kw_only=True)
class MappingSettings:
    """What is checked before fees are uploaded (:mod:`mi_core.mapping.checks`)."""

    check: bool = False
    ceiling: Literal["warn", "refuse", "off"] = "warn"
    level: str = ""
    """``hilist_lmtpric_type`` of the ceilings that hold here; empty: the highest counts."""


@attrs.frozen(kw_only=True)
class ServeSettings:
    """The local HTTP API (``mi serve``)."""

    host: str = "127.0.0.1"
    port: int = 8790
    hosts: tuple[str, ...] = ()
    """Names beside this machine's own under which it may be addressed, without port."""
    origins: tuple[str, ...] = ()
    """Origins of web pages that may call it."""
    plain_http: bool = False
    """Unencrypted beyond this machine."""
    tls_cert: Path | None = None
    tls_key: Path | None = None
    token_file: str = "mi.serve.tokens"  # noqa: S105  # the name of a file
    database: str = "mi.serve.db"
    """Relative names are beside ``mi.toml``."""
    rate: float = 50.0
    """Requests per second of one token."""
    body_seconds: float = 30.0
    """In which a request must have come, head and body."""
    connections: int = 500
    connections_of_one: int = 100
    """Connections of one address, so that one desk that does not close its own keeps nobody else out."""


@attrs.frozen(kw_only=True)
class Route:
    """A further gateway of an institution, and what it serves instead of the main one."""

    gateway: GatewaySettings
    interfaces: tuple[str, ...]
    """Codes, or their beginnings (``6*``); no code is served by two routes."""

    def serves(self, code: str) -> bool:
        """Whether messages of that interface go here."""
        return any(code.startswith(i[:-1]) if i.endswith("*") else code == i for i in self.interfaces)


@attrs.frozen(kw_only=True)
class Institution:
    """One hospital or pharmacy at one gateway. Field names are the wire's where the wire has one."""

    code: str
    """``fixmedins_code``, at most 12 characters: message ids begin with it."""
    name: str
    mdtrtarea_admvs: str
    gateway: GatewaySettings
    """Serves every interface that no route of :attr:`gateways` serves."""
    gateways: Mapping[str, Route] = attrs.field(factory=dict)
    """Further gateways by name (the mobile-payment centre …)."""
    recer_sys_code: str = "HIS"
    region: str = "hunan"
    """Name of the regional dialect; see :attr:`dialect`."""
    insuplc_admdvs: str = ""
    """Sent when a call gives none; empty: ``mdtrtarea_admvs``, i.e. a local patient."""
    infver: str = "1.0.0"
    signtype: str = ""
    dev_no: str = ""
    dev_safe_info: str = ""
    head_extras: Mapping[str, str] = attrs.field(factory=dict)
    """Fields of the request head beside the specification's (``fixmedins_soft_fcty`` in Jiangsu), sent as they are."""
    operator: Operator | None = None
    sign_in: bool = True
    """Fetch and send a sign-in number (9001) per operator and day."""
    sign_in_mac: str = ""
    sign_in_ip: str = ""
    sign_in_userid: str = ""
    """Login account, where the region's 9001 asks for one (Guangzhou)."""
    sign_in_password: Secret = attrs.field(factory=lambda: Secret(""))
    sign_in_expired: tuple[str, ...] = ("*签到*",)
    """Refusal texts that mean: sign in again. ``*`` stands for anything."""
    refusals: tuple[str, ...] = ()
    """Refusal texts that prove that the bureau did nothing (region data with evidence)."""
    timeouts: Timeouts = attrs.field(factory=Timeouts)
    recovery: RecoverySettings = attrs.field(factory=RecoverySettings)
    dialect: Region | None = attrs.field(default=None, repr=False)
    """The region itself, ``None`` for the base: set by ``load_config``, or by the client when it opens."""

    def interface(self, code: str) -> Interface[Any]:
        """The descriptor of an interface as it is spoken here; ``KeyError`` for a code that is not known."""
        package = BASE_CLASSES if self.dialect is None else self.dialect.interfaces
        found: Interface[Any] = import_module(package).by_code(code)
        return found


@attrs.frozen
class PluginSettings:
    """``allow``: distributions that may load (empty: all installed); ``strict``: a broken one is an error."""

    allow: tuple[str, ...] = ()
    strict: bool = False


@attrs.frozen(kw_only=True)
class Config:
    """Everything a client needs. ``environment`` has no default: it must be said whether money is real."""

    environment: Literal["test", "production"]
    institutions: Mapping[str, Institution]
    transport: TransportSettings = attrs.field(factory=TransportSettings)
    store: StoreSettings = attrs.field(factory=StoreSettings)
    journal: JournalSettings = attrs.field(factory=JournalSettings)
    limits: LimitSettings = attrs.field(factory=LimitSettings)
    bridge: BridgeSettings = attrs.field(factory=BridgeSettings)
    serve: ServeSettings = attrs.field(factory=ServeSettings)
    plugins: PluginSettings = attrs.field(factory=PluginSettings)
    secrets_key_file: Path | None = None
    """The key file of sealed values, whether there is one or not."""
    source: Path | None = None
    """The file it was read from."""
    catalogues: str = attrs.field(default="", repr=_without_user)
    """Database of the catalogues and dictionaries; empty: see :mod:`mi_core.catalogues.database`."""
    mapping: MappingSettings = attrs.field(factory=MappingSettings)

    def behaviour(self, institution: str, interface: str) -> Behaviour:
        """What the catalogue says of an interface, as the institution's region has it.

        Nothing at all where neither knows it any more (the plugin of a region that was taken out): then people decide.
        """
        where = self.institutions.get(institution)
        try:
            found: Interface[Any] = (
                import_module(BASE_CLASSES).by_code(interface)
                if where is None
                else where.interface(interface)
            )
        except KeyError:
            return Behaviour(effect="money")
        return found.behaviour

    def institution(self, code: str | None = None) -> Institution:
        """The institution of that code, or the only one; raises :class:`ConfigError`."""
        if code is None and len(self.institutions) == 1:
            return next(iter(self.institutions.values()))
        known = ", ".join(self.institutions)
        if code is None:
            raise ConfigError(
                "配置了多个机构，须说明用哪一个",
                "several institutions are configured, say which one",
                hint_zh=f"调用时给出 institution=…；可用：{known}",
                hint_en=f"pass institution=…; configured: {known}",
            )
        try:
            return self.institutions[code]
        except KeyError:
            raise ConfigError(
                f"没有配置机构 {code}",
                f"institution {code} is not configured",
                hint_zh=f"在 mi.toml 中添加 [institutions.{code}]；已配置：{known}",
                hint_en=f"add [institutions.{code}] to mi.toml; configured: {known}",
            ) from None


def require_test_environment(config: Config, tool: str = "") -> None:
    """Refuse a production configuration: called first by everything that makes test data or provokes faults."""
    if config.environment != "test":
        where = f"（{config.source}）" if config.source else ""
        raise ConfigError(
            f"{tool or '测试工具'}只能用于测试环境，当前配置为 {config.environment}{where}",
            f"{tool or 'a test tool'} refuses this {config.environment} configuration",
            hint_zh='改用 environment = "test" 的配置文件',
            hint_en='use a configuration with environment = "test"',
        )
