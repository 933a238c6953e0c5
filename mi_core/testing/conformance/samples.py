"""Settings for a provider that nobody configured: the examples of its own settings class, with secrets to look for."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

from mi_core.plugin import GatewaySettings, Secret, Setting, StoreSettings, TransportSettings, settings_of
from mi_core.testing.conformance import Subject

__all__ = ["gateway_settings", "secrets_in", "store_settings", "transport_settings"]

URL = "http://127.0.0.1:9/gateway"


def gateway_settings(whole: Subject, name: str, factory: Any) -> Any:
    """The counterpart's, or made from the factory's ``settings_class``."""
    given = whole.given("settings", "gateway", name, None)
    if given is not None:
        return given
    kind = getattr(factory, "settings_class", GatewaySettings)
    values: dict[str, Any] = {"profile": name, "url": URL}
    if kind is GatewaySettings:
        return GatewaySettings(**values, access_key=_secret(), secret_key=_secret())
    for field, about in settings_of(kind):
        if field not in values and (about.required or about.kind in ("secret", "sm2-private", "table")):
            values[field] = _value(about)
    try:
        return kind(**values)
    except (TypeError, ValueError) as error:
        raise AssertionError(
            f"{kind.__name__} cannot be made from its own examples ({error}): correct them, or give settings(kind, name, "
            "folder) in the counterpart"
        ) from error


def _value(about: Setting) -> Any:
    match about.kind:
        case "secret":
            return _secret()
        case "sm2-private" | "sm2-public":
            return _key(about.kind)
        case "url":
            return URL
        case "flag":
            return bool(about.example)
        case _:
            return about.example if about.example is not None else "x"


def _secret() -> Secret:
    return Secret(f"canary-{secrets.token_hex(12)}")


def _key(kind: str) -> Any:
    from mi_core.crypto import Sm2PrivateKey, software

    private = Sm2PrivateKey.generate()
    if kind == "sm2-private":
        return Secret(private.reveal().hex())
    return software().sm2_public_key(private).uncompressed.hex()


def secrets_in(settings: Any) -> list[str]:
    """Every secret text of some settings, as long as it can be looked for."""
    values = (getattr(settings, a.name) for a in getattr(type(settings), "__attrs_attrs__", ()))
    return [v.reveal() for v in values if isinstance(v, Secret) and len(v.reveal()) >= 8]


def store_settings(whole: Subject, name: str, folder: Path) -> StoreSettings:
    """The counterpart's, or a file below ``folder``."""
    given = whole.given("settings", "store", name, folder)
    if isinstance(given, StoreSettings):
        return given
    return StoreSettings("memory" if name == "memory" else f"{name}:///{folder}/conformance.db")


def transport_settings(whole: Subject, name: str) -> TransportSettings:
    """The counterpart's, or the defaults with a small limit of what a reply may have."""
    given = whole.given("settings", "transport", name, None)
    return (
        given
        if isinstance(given, TransportSettings)
        else TransportSettings(kind=name, max_reply=100_000, connect_timeout=2.0)
    )
