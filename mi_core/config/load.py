"""From the merged tree to :class:`Config`; every mistake is collected and reported at once."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import attrs

from mi_core.config import keys
from mi_core.config.model import (
    BridgeSettings,
    Config,
    Institution,
    JournalSettings,
    LimitSettings,
    MappingSettings,
    Operator,
    PluginSettings,
    RecoverySettings,
    ServeSettings,
    Timeouts,
)
from mi_core.config.regions import beneath, check_head_extras, region_of, usual_gateway
from mi_core.config.routes import gateway_of, routes_of
from mi_core.config.secrets import DEFAULT_KEY_FILE, SecretKeys, key_file_of, read_keys
from mi_core.config.sources import TABLES, Mistake, Tree, environment_values, file_values, keyword_values
from mi_core.config.values import UNREADABLE, convert
from mi_core.errors import ConfigError, PluginError
from mi_core.plugin import StoreSettings, TransportSettings
from mi_core.plugin.allowing import NOTHING, read_allow_list

__all__ = ["DEFAULT_FILE", "ConfigMistakes", "load_config", "source_of"]

DEFAULT_FILE = "mi.toml"


class ConfigMistakes(ConfigError):
    """Every mistake of a configuration; ``mistakes`` lists them."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__(
            f"配置有 {len(mistakes)} 处错误，未启动",
            f"the configuration has {len(mistakes)} mistake(s), nothing was started",
            hint_zh="逐条改正后重试；mi new-config 可生成带说明的样例",
            hint_en="correct them and try again; mi new-config writes a commented example",
        )
        self.mistakes = tuple(mistakes)

    def message(self, lang: str | None = None) -> str:
        from mi_core.errors import language

        chosen = lang or language()
        return super().message(chosen) + "".join(f"\n  - {m.message(chosen)}" for m in self.mistakes)


_WHOLE = ("environment", "institutions")
"""What keywords that stand for a file must have."""


def load_config(path: str | Path | None = None, **overrides: Any) -> Config:
    """Read ``mi.toml`` (``path``, else ``MI_CONFIG``, else ``./mi.toml`` if there is one), then the environment, then keywords.

    Raises :class:`mi_core.errors.ConfigError`; a :class:`ConfigMistakes` names origin and key of everything wrong.
    """
    tree = Tree()
    mistakes: list[Mistake] = []
    source = source_of(path)
    if source is not None:
        file_values(tree, source)
    environment_values(tree, mistakes)
    told = bool(tree.values) or any(name.split("__")[0] in _WHOLE for name in overrides)
    keyword_values(tree, overrides)
    if not told:  # a command's own keyword (journal__recover) is no configuration
        raise ConfigError(
            f"没有配置：当前目录没有 {DEFAULT_FILE}，也没有 MI_* 环境变量",
            f"no configuration: no {DEFAULT_FILE} here and no MI_* variables",
            hint_zh="运行 mi new-config 生成，或用 MI_CONFIG 指明文件",
            hint_en="run mi new-config, or name a file with MI_CONFIG",
        )
    reader = Reader(tree, mistakes, source)
    config = reader.config()
    if mistakes or config is None:
        raise ConfigMistakes(mistakes)
    return config


def source_of(path: str | Path | None) -> Path | None:
    """The file that :func:`load_config` reads, if any."""
    if path is not None:
        return Path(path)
    named = os.environ.get("MI_CONFIG")
    if named:
        return Path(named)
    default = Path(DEFAULT_FILE)
    return default if default.exists() else None


@attrs.define
class Reader:
    """One reading of a merged tree; collects every mistake."""

    tree: Tree
    mistakes: list[Mistake]
    source: Path | None
    allow: tuple[str, ...] = ()
    """Plugins that may load."""
    key_file: Path = Path(DEFAULT_KEY_FILE)
    _keys: SecretKeys | ConfigError | None = None

    def config(self) -> Config | None:
        top = self.section((), keys.ROOT, tables=tuple(TABLES))
        plugins = self.section(("plugins",), keys.PLUGINS)
        self.allow = plugins.get("allow", ())
        try:
            read_allow_list(self.allow)
        except PluginError as error:
            self.wrong(("plugins", "allow"), f"{error.zh}；{error.hint_zh}", f"{error.en}; {error.hint_en}")
            self.allow = (NOTHING,)
        secrets = self.section(("secrets",), keys.SECRETS)
        self.key_file = key_file_of(secrets.get("key_file"), self.source)
        codes = self.tree.children(("institutions",))
        if not codes:
            self.wrong(
                ("institutions",),
                "至少要配置一个机构：[institutions.<机构编号>]",
                "at least one institution is needed: [institutions.<code>]",
            )
        institutions = {code: self.institution(code) for code in codes}
        transport = self.section(("transport",), keys.TRANSPORT)
        store = self.section(("store",), keys.STORE)
        journal = self.section(("journal",), keys.JOURNAL)
        catalogues = self.section(("catalogues",), keys.CATALOGUES)
        mapping = self.section(("mapping",), keys.MAPPING)
        limits = self.section(("limits",), keys.LIMITS)
        serve = self.section(("serve",), keys.SERVE)
        bridge = self.section(("bridge",), keys.BRIDGE)
        if journal.get("path") == "memory" and top.get("environment") == "production":
            self.wrong(
                ("journal", "path"),
                "memory 只能用于测试环境：断电后无法找回在途的结算",
                "memory is for tests only: after a power cut nothing of what was under way is known",
            )
        if ("client_cert" in transport) != ("client_key" in transport):
            self.wrong(
                ("transport", "client_cert"),
                "client_cert 与 client_key 须同时给出",
                "client_cert and client_key belong together",
            )
        if ("tls_cert" in serve) != ("tls_key" in serve):
            self.wrong(
                ("serve", "tls_cert"),
                "tls_cert 与 tls_key 须同时给出",
                "tls_cert and tls_key belong together",
            )
        if self.mistakes:
            return None
        return Config(
            environment=top["environment"],
            institutions={code: i for code, i in institutions.items() if i is not None},
            transport=TransportSettings(**transport),
            store=StoreSettings(**store),
            journal=JournalSettings(**journal),
            limits=LimitSettings(**limits),
            serve=ServeSettings(**serve),
            bridge=BridgeSettings(**bridge),
            plugins=PluginSettings(**plugins),
            secrets_key_file=self.key_file,
            source=self.source,
            catalogues=catalogues.get("path", ""),
            mapping=MappingSettings(**mapping),
        )

    def institution(self, code: str) -> Institution | None:
        here = ("institutions", code)
        region = region_of(self, here)
        if not (code.isascii() and code.isalnum() and len(code) <= 12):
            self.wrong(
                here,
                "机构编号应为不超过 12 位的字母或数字",
                "an institution code has at most 12 ASCII letters or digits",
            )
        own = self.section(
            here, keys.INSTITUTION, tables=("operator", "gateway", "gateways", "timeouts", "recovery")
        )
        usual_gateway(self, here, region)
        profile, settings = gateway_of(self, (*here, "gateway"))
        routes = routes_of(self, (*here, "gateways"))
        timeouts = {
            **(region.timeouts if region is not None else {}),
            **profile.timeouts,
            **self.section((*here, "timeouts"), keys.TIMEOUTS),
        }
        recovery = self.section((*here, "recovery"), keys.RECOVERY)
        check_head_extras(self, here, own.get("head_extras", ()), region, profile.head_extras)
        own, recovery = beneath(region, own, recovery)
        operator = None
        if self.tree.children((*here, "operator")):
            operator = self.section((*here, "operator"), keys.OPERATOR)
        if self.mistakes:
            return None
        return Institution(
            code=code,
            gateway=profile.settings(**settings),
            gateways=routes,
            timeouts=Timeouts(**timeouts),
            recovery=RecoverySettings(**recovery),
            operator=Operator(**operator) if operator is not None else None,
            dialect=region,
            **own,
        )

    def section(
        self, path: tuple[str, ...], section: keys.Section, tables: tuple[str, ...] = ()
    ) -> dict[str, Any]:
        """The values of one table by key; unknown, missing and wrong keys become mistakes."""
        result: dict[str, Any] = {}
        if path in self.tree.values and self.tree.values[path] != {}:
            self.wrong(path, "应为表（[…]），不是单个值", "must be a table, not a value")
            return result
        for name in self.tree.children(path):
            here = (*path, name)
            key = section.get(name)
            if name in tables:
                continue
            if key is None:
                self.wrong(here, *_unknown(name, [k.name for k in section.keys] + list(tables)))
            elif here not in self.tree.values and key.kind != "table":
                self.wrong(here, "应为单个值，不是表", "must be a value, not a table")
            else:
                given = self.tree.values.get(
                    here, {k: self.tree.values.get((*here, k)) for k in self.tree.children(here)}
                )
                value = convert(
                    key, given, self._folder(here), partial(self.wrong, here), partial(self._unseal, here)
                )
                if value is not UNREADABLE:
                    result[name] = value
        present = set(self.tree.children(path))
        for key in section.keys:
            if key.required and key.name not in present:
                self.wrong((*path, key.name), f"必填：{key.zh}", f"required: {key.en}")
        return result

    def _unseal(self, here: tuple[str, ...], sealed: str) -> str:
        """Open a sealed value; the keys are read when the first one is met."""
        if self._keys is None:
            try:
                self._keys = read_keys(self.key_file)
            except ConfigError as error:
                self._keys = error
        if isinstance(self._keys, ConfigError):
            raise self._keys
        return self._keys.open(sealed, ".".join(here))

    def _folder(self, path: tuple[str, ...]) -> Path:
        """Relative paths are relative to the file they stand in, others to the current folder."""
        from_file = self.source is not None and self.tree.origins.get(path) == str(self.source)
        return self.source.resolve().parent if from_file and self.source else Path.cwd()

    def wrong(self, path: tuple[str, ...], zh: str, en: str) -> None:
        origin = self.tree.origin(path) or str(self.source or "-")
        self.mistakes.append(Mistake(origin, ".".join(path), zh, en))


def _unknown(name: str, known: Sequence[str]) -> tuple[str, str]:
    from difflib import get_close_matches

    close = get_close_matches(name, known, 1)
    if close:
        return f"没有此配置项，是否应为 {close[0]}？", f"unknown key, did you mean {close[0]}?"
    listed = ", ".join(known)
    return f"没有此配置项；可用：{listed}", f"unknown key; known: {listed}"
