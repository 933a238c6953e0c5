"""Which keys a gateway profile has: asked of the profile itself, so that a plugin's keys are checked like ours.

Only the built-in gateways are imported for that; installed plugins are loaded when none of these has the name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import attrs

from mi_core.config import keys
from mi_core.plugin import GatewaySettings, Setting, settings_of
from mi_core.plugin.manager import built_in_gateways, load_plugins

__all__ = ["Profile", "known_profiles", "profile_of", "unknown_profile"]


@attrs.frozen
class Profile:
    """What the configuration needs to know of a gateway profile."""

    settings: type[GatewaySettings]
    section: keys.Section
    timeouts: Mapping[str, float] = attrs.Factory(dict)
    """Seconds that are known of this gateway, by class; they replace the general defaults."""
    head_extras: tuple[str, ...] = ()
    """Fields that its messages carry in their head beside the specification's."""
    serves: tuple[str, ...] = ()
    """Interfaces it is known to serve (``6201``, ``71*``); empty: any."""


def profile_of(name: str, allow: Sequence[str] = ()) -> Profile:
    """The profile of that name; one that nobody knows has the general keys, and building it says that it is missing."""
    return _described(_factory(name, allow))


def unknown_profile(name: str, allow: Sequence[str] = ()) -> tuple[str, str] | None:
    """What to say, Chinese and English, of a name that no built-in or installed gateway has; ``None`` when one has it."""
    if _factory(name, allow) is not None:
        return None
    known = sorted(load_plugins(allow=allow, quiet=True).gateways)
    near = get_close_matches(name, known, 1, 0.5)
    zh, en = f"没有名为 {name} 的网关认证方式", f"there is no gateway profile named {name}"
    if near:
        zh, en = f"{zh}，是否应为 {near[0]}？", f"{en}, did you mean {near[0]}?"
    return (
        f"{zh}（可用：{'、'.join(known)}；其他的须安装相应插件）",
        f"{en} (known: {', '.join(known)}; others come with a plugin)",
    )


def _factory(name: str, allow: Sequence[str]) -> Any:
    gateways = built_in_gateways()
    if name in gateways:
        return gateways[name]
    registered = load_plugins(allow=allow, quiet=True).gateways if name else gateways
    return registered[name] if name in registered else None  # noqa: SIM401  # a registry has no get


def known_profiles() -> Mapping[str, Profile]:
    """The built-in ones, by name."""
    return {name: _described(factory) for name, factory in sorted(built_in_gateways().items())}


def _described(factory: Any) -> Profile:
    kind = getattr(factory, "settings_class", None)
    if not (isinstance(kind, type) and issubclass(kind, GatewaySettings)):
        return Profile(GatewaySettings, keys.GATEWAY)
    own = sorted((_key(name, about) for name, about in settings_of(kind)), key=_importance)
    profile, url = keys.GATEWAY.get("profile"), keys.GATEWAY.get("url")
    assert profile is not None and url is not None
    first = [profile] if any(k.name == "url" for k in own) else [profile, url]
    return Profile(
        kind,
        keys.Section((*first, *own)),
        dict(getattr(factory, "timeouts", {})),
        tuple(getattr(factory, "head_extras", ())),
        tuple(getattr(factory, "serves", ())),
    )


def _importance(key: keys.Key) -> int:
    """The address, what must be there, the rest."""
    return 0 if key.name == "url" else 1 if key.required else 2


def _key(name: str, about: Setting) -> keys.Key:
    return keys.Key(
        name, about.kind, about.zh, about.en, about.required, about.choices, about.limit, about.example
    )
