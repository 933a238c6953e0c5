"""``mi doctor`` at the gateways that receive: whose notification is whose."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Final

from mi_core.checkup.findings import Finding
from mi_core.config import Config
from mi_core.plugin import GatewaySettings
from mi_core.plugin.manager import Plugins
from mi_core.plugin.secret import Secret
from mi_core.plugin.settings import settings_of

__all__ = ["shared_signatures"]

_OWN: Final = ("url", "sm2-private")
"""Kinds of keys that play no part in checking what comes in: where to send to, and what we sign with."""


def shared_signatures(config: Config, plugins: Plugins) -> Iterator[Finding]:
    """Institutions whose incoming messages are checked with the same keys: each takes what was meant for the others."""
    users: dict[Hashable, list[str]] = {}
    for institution in config.institutions.values():
        routes = (institution.gateway, *(route.gateway for route in institution.gateways.values()))
        for key in {_key(one) for one in routes if _receives(plugins, one)}:
            users.setdefault(key, []).append(institution.code)
    for codes in users.values():
        if len(codes) > 1:
            names = ", ".join(sorted(codes))
            yield Finding(
                "通知的签名", "signatures of notifications", "warning",
                f"机构 {names} 的密钥相同：发给其中一家的通知在另一家也通过验签",
                f"{names} have the same keys: what was sent to one of them is verified at the others, too",
                "向平台为每家机构申请各自的 appId 与密钥；在此之前只由一家接收通知，并按通知中的订单号、处方号核对归属",
                "ask the platform for keys of each institution's own; until then receive for one of them only, and tell by the order or "
                "prescription whose a notification is",
            )  # fmt: skip


def _receives(plugins: Plugins, settings: GatewaySettings) -> bool:
    known = plugins.gateways
    return settings.profile in known and hasattr(known[settings.profile], "receive")


def _key(settings: GatewaySettings) -> Hashable:
    """The required keys of the profile that tell one sender from another."""
    values = []
    for name, about in settings_of(type(settings)):
        value = getattr(settings, name)
        if about.required and about.kind not in _OWN:
            values.append((name, value.reveal() if isinstance(value, Secret) else str(value)))
    return settings.profile, tuple(values)
