"""The commented configuration file that ``mi new-config`` writes; made from the same table of keys that reads it."""

from __future__ import annotations

import json
from typing import Any

import attrs

from mi_core.catalog.regions import region_catalog
from mi_core.config import keys
from mi_core.config.profiles import profile_of
from mi_core.plugin import Region

__all__ = ["commented_file"]

EXAMPLE_INSTITUTION = "H43000000001"


def commented_file(
    lang: str = "zh", institution: str = EXAMPLE_INSTITUTION, profile: str = "csb", region: Region | None = None
) -> str:  # fmt: skip
    """A TOML text: required keys set to examples, the others commented out with their defaults or examples.

    ``profile``: whose keys the gateway's section shows. ``region``: the dialect of the institution, ``None`` for the base.
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
        *_explained(region, profile, zh),
        _institution(region, zh),
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
        "[catalogues]",
        _keys(keys.CATALOGUES, zh),
        f"[mapping]  # {'目录对照（mi mapping）' if zh else 'the hospital own items and the national catalogue (mi mapping)'}",
        _keys(keys.MAPPING, zh),
        f"[limits]  # {'网关繁忙时：排队与拒绝（拒绝的均未发送）' if zh else 'what one gateway gets; what is refused was not sent'}",
        _keys(keys.LIMITS, zh),
        f"[bridge]  # {'HIS 数据库桥（mi worker）' if zh else 'the database bridge for a HIS (mi worker)'}",
        _keys(keys.BRIDGE, zh),
        f"[serve]  # {'供其他程序调用的 HTTP 接口（mi serve）' if zh else 'the HTTP API for other programs (mi serve)'}",
        _keys(keys.SERVE, zh),
        "[plugins]",
        _keys(keys.PLUGINS, zh),
    ]
    lines: list[str] = []
    for block in blocks:
        if block.startswith("["):
            lines.append("")
        lines.append(block)
    return "\n".join(lines) + "\n"


def _explained(region: Region | None, profile: str, zh: bool) -> list[str]:
    """What the region decides below, and what is not known of it."""
    if region is None:
        return []
    name = region.title if zh else region.title_en
    if region.gateway == profile:
        usual = (f"通常的网关方式为 {profile}", f"its usual gateway profile is {profile}")
    elif region.gateway:
        usual = (
            f"通常的网关方式为 {region.gateway}，此处为 {profile}",
            f"its usual gateway profile is {region.gateway}, here it is {profile}",
        )
    else:
        usual = ("网关方式未知，请向当地核实", "its gateway profile is not known: ask there")  # fmt: skip
    lines = [
        f"# {name}：{usual[0]}；其默认值在本文件未写时生效。已知与未知：mi regions show {region.name}"
        if zh
        else f"# {name}: {usual[1]}; its defaults hold where this file says nothing. What is known: mi regions show {region.name}"
    ]
    if region.head_extras:
        fields = ", ".join(f"{field} = …" for field in region.head_extras)
        lines.append(
            f"# 报文头须有 {'、'.join(region.head_extras)}：head_extras = {{ {fields} }}，值由平台规定"
            if zh
            else f"# its head has {', '.join(region.head_extras)}: head_extras = {{ {fields} }}, as the platform says"
        )
    return lines


def _institution(region: Region | None, zh: bool) -> str:
    """The institution's keys; those that the region sets or demands stand uncommented."""
    if region is None:
        return _keys(keys.INSTITUTION, zh)
    said = {
        "region": region.name, "infver": region.infver, "recer_sys_code": region.recer_sys_code,
        **{key: {"env": "HIS_SIGN_IN"} for key in _sign_in_account(region)},
    }  # fmt: skip
    if "sign_in_userid" in said:
        said["sign_in_userid"] = "account"
    section = keys.Section(
        tuple(attrs.evolve(k, example=said.get(k.name) or k.example) for k in keys.INSTITUTION.keys)
    )
    return _keys(section, zh, shown=("region", *_sign_in_account(region)))


def _sign_in_account(region: Region) -> list[str]:
    """The keys that 9001 of the region cannot do without."""
    known = {"userid": "sign_in_userid", "password": "sign_in_password"}
    if region.folder is None:
        return []
    request = region_catalog(region.folder).interfaces["9001"].input
    required = {m.code for _, m in request.walk() if m.required}
    return [key for code, key in known.items() if code in required]


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
