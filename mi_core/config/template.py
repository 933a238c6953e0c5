"""The commented configuration file that ``mi new-config`` writes; made from the same table of keys that reads it."""

from __future__ import annotations

import json
from typing import Any

from mi_core.config import keys

__all__ = ["commented_file"]

EXAMPLE_INSTITUTION = "H43000000001"


def commented_file(lang: str = "zh", institution: str = EXAMPLE_INSTITUTION) -> str:
    """A TOML text: required keys set to examples, the others commented out with their defaults or examples."""
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
        _keys(keys.GATEWAY, zh, shown=("access_key", "secret_key")),
        f"[{place}.timeouts]  # {'整个调用的时限' if zh else 'for a whole call'}",
        _keys(keys.TIMEOUTS, zh),
        f"[{place}.recovery]  # {'答复丢失时的查证依据；不知道的不要填' if zh else 'for lost answers; leave out what nobody knows'}",
        _keys(keys.RECOVERY, zh),
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
