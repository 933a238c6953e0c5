"""The commented configuration file that ``mi new-config`` writes; made from the same table of keys that reads it."""

from __future__ import annotations

import json
from typing import Any

import attrs

from mi_core.config import keys
from mi_core.config.profiles import profile_of

__all__ = ["commented_file"]

EXAMPLE_INSTITUTION = "H43000000001"


def commented_file(lang: str = "zh", institution: str = EXAMPLE_INSTITUTION, profile: str = "csb") -> str:
    """A TOML text: required keys set to examples, the others commented out with their defaults or examples.

    ``profile``: whose keys the gateway's section shows.
    """
    zh = lang != "en"
    place = f"institutions.{institution}"
    blocks = [
        "# 医保接口配置。改好后运行 mi doctor 检查。"
        if zh
        else "# Configuration of mi. Check it with: mi doctor",
        "# 每一项都可用环境变量覆盖，如 MI_STORE__OPERATION_LOG=memory"
        if zh
        else "# Every key can be set by a variable, e.g. MI_STORE__OPERATION_LOG=memory",
        _keys(keys.ROOT, zh),
        f"[{place}]  # {'一个机构一节，可写多个' if zh else 'one section per institution'}",
        _keys(keys.INSTITUTION, zh),
        f"[{place}.operator]  # {'默认经办人；调用时可另给' if zh else 'default operator'}",
        _keys(keys.OPERATOR, zh),
        f"[{place}.gateway]",
        _keys(_gateway(profile), zh),
        *_further(place, profile, zh),
        f"[{place}.timeouts]  # {'整个调用的时限' if zh else 'for a whole call'}",
        _keys(keys.TIMEOUTS, zh),
        f"[{place}.recovery]  # {'答复丢失时的查证依据；不知道的不要填' if zh else 'for lost answers; leave out what nobody knows'}",
        _keys(keys.RECOVERY, zh),
        "[secrets]",
        _keys(keys.SECRETS, zh),
        "[transport]",
        _keys(keys.TRANSPORT, zh),
        "[store]",
        _keys(keys.STORE, zh, shown=("operation_log",)),
        "[journal]",
        _keys(keys.JOURNAL, zh),
        f"[limits]  # {'网关繁忙时：排队与拒绝（拒绝的均未发送）' if zh else 'what one gateway gets; what is refused was not sent'}",
        _keys(keys.LIMITS, zh),
        "[plugins]",
        _keys(keys.PLUGINS, zh),
    ]
    lines: list[str] = []
    for block in blocks:
        if block.startswith("["):
            lines.append("")
        lines.append(block)
    return "\n".join(lines) + "\n"


def _gateway(profile: str) -> keys.Section:
    """The profile's keys, its own name as the example of ``profile``."""
    section = profile_of(profile).section
    return keys.Section(
        tuple(attrs.evolve(k, example=profile) if k.name == "profile" else k for k in section.keys)
    )


def _further(place: str, profile: str, zh: bool) -> list[str]:
    """What else is known of a gateway of that profile."""
    known, lines = profile_of(profile), []
    if known.head_extras:
        names = "、".join(known.head_extras)
        lines.append(
            f"# 此类网关的报文头另有 {names}：在 [{place}] 的 head_extras 中给出，值由平台规定"
            if zh
            else f"# its messages also carry {', '.join(known.head_extras)}: head_extras in [{place}], as the platform says"
        )
    if known.serves:
        served = ", ".join(known.serves)
        lines.append(
            f"# 此类网关只办理 {served}；与主网关并用时改写为 [{place}.gateways.{profile}]（名称自定）"
            if zh
            else f"# it serves {served} only; beside a main gateway name this section [{place}.gateways.{profile}]"
        )
    return lines


def _keys(section: keys.Section, zh: bool, shown: tuple[str, ...] = ()) -> str:
    lines = []
    for key in section.keys:
        mark = "" if key.required or key.name in shown else "# "
        lines.append(f"# {key.zh if zh else key.en}")
        lines.append(f"{mark}{key.name} = {_toml(key.example)}")
    return "\n".join(lines)


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{k} = {_toml(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
