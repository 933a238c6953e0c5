"""How a plugin describes its part of the configuration: an attrs class whose fields say what they are, in both languages.

A gateway class names such a class as ``settings_class``. Its fields are then read from ``[institutions.X.gateway]``,
checked together with the rest of the file, and written by ``mi new-config --profile``::

    @attrs.frozen(kw_only=True)
    class MySettings(GatewaySettings):
        app_key: str = setting("text", "应用标识", "application id", required=True, example="app-1")
        secret: Secret = setting("secret", "应用密钥", "its secret", required=True, example={"env": "MY_SECRET"})
"""

from __future__ import annotations

from typing import Any, Final, Literal

import attrs

__all__ = ["Setting", "SettingKind", "setting", "settings_of"]

SettingKind = Literal[
    "text", "secret", "url", "number", "whole", "flag", "path", "texts", "table", "sm2-private", "sm2-public"
]
"""``secret``: :class:`Secret`, also sealed or from a variable or file. ``table``: text by text. ``sm2-private``: a
:class:`Secret` that :func:`mi_core.crypto.read_private_key` takes; ``sm2-public``: a text for ``read_public_key``."""

_METADATA: Final = "mi_setting"


@attrs.frozen
class Setting:
    """What is known of one key. ``example`` stands in the commented file; ``limit``: characters, or the largest number."""

    kind: SettingKind
    zh: str
    en: str
    required: bool = False
    choices: tuple[str, ...] = ()
    limit: int | None = None
    example: Any = None


def setting(
    kind: SettingKind, zh: str, en: str, *, required: bool = False, default: Any = attrs.NOTHING,
    factory: Any = None, choices: tuple[str, ...] = (), limit: int | None = None, example: Any = None,
) -> Any:  # fmt: skip
    """A documented field of a settings class. One that is not ``required`` needs a ``default`` (or ``factory``)."""
    if example is None:
        example = "" if default is attrs.NOTHING else default
    about = Setting(kind, zh, en, required, choices, limit, example)
    if factory is not None:
        return attrs.field(factory=factory, metadata={_METADATA: about})
    return attrs.field(default=default, metadata={_METADATA: about})


def settings_of(kind: type[Any]) -> tuple[tuple[str, Setting], ...]:
    """Name and description of every documented field of an attrs class, in order."""
    described = ((a.name, a.metadata.get(_METADATA)) for a in attrs.fields(kind))
    return tuple((name, about) for name, about in described if isinstance(about, Setting))
