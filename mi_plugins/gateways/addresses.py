"""Where an interface's messages go: one address, base + interface code, or a path per interface."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

import attrs

from mi_core.errors import ConfigError
from mi_core.plugin import GatewaySettings, setting

__all__ = ["AddressedSettings", "Addresses"]

URL_RULES = ("one", "code", "paths")


@attrs.frozen(kw_only=True)
class AddressedSettings(GatewaySettings):
    """Keys of every profile that is addressed by a rule."""

    url: str = setting(
        "url", "网关地址", "address of the gateway", required=True, example="http://127.0.0.1:8765/api"
    )
    url_rule: str = setting(
        "text",
        "地址规则：one 同一地址；code 地址后加 /交易编号；paths 只用 paths 中列出的",
        "one: the same address for all; code: address/interface code; paths: only those listed in paths",
        choices=URL_RULES, default="one",
    )  # fmt: skip
    paths: Mapping[str, str] = setting(
        "table", "个别交易的路径（优先于 url_rule），接在地址之后",
        "paths of single interfaces, appended to the address; they win over url_rule",
        factory=dict, example={"1101": "/path-of-1101"},
    )  # fmt: skip


class Addresses:
    """The address of every interface; each is made once."""

    def __init__(
        self, settings: GatewaySettings, *, default_path: str = "", known: Mapping[str, str] | None = None
    ) -> None:
        """``default_path``: used when the configured address has none. ``known``: evidenced paths; the configured ones win."""
        base = settings.url.rstrip("/")
        self.base = settings.url if urlsplit(settings.url).path not in ("", "/") else base + default_path
        self._rule = getattr(settings, "url_rule", "one")
        self._paths = {**(known or {}), **getattr(settings, "paths", {})}
        self._stem, self._profile = self.base.rstrip("/"), settings.profile
        self._made: dict[str, str] = {}

    def __getitem__(self, infno: str) -> str:
        """Raises ``ConfigError`` for an interface without a path where only listed ones have one."""
        made = self._made.get(infno)
        if made is None:
            made = self._made[infno] = self._address(infno)
        return made

    def _address(self, infno: str) -> str:
        path = self._paths.get(infno)
        if path is not None:
            return self._stem + (path if path.startswith("/") else f"/{path}")
        if self._rule == "paths":
            raise ConfigError(
                f"网关 {self._profile} 未配置交易 {infno} 的路径", f"gateway {self._profile} has no path for {infno}",
                hint_zh=f'在该网关的 paths 中加入 "{infno}" = "/…"，或把此交易交给另一网关（[institutions.X.gateways.…]）',
                hint_en=f'add "{infno}" = "/…" to its paths, or have another gateway serve it ([institutions.X.gateways.…])',
            )  # fmt: skip
        return f"{self._stem}/{infno}" if self._rule == "code" else self.base
