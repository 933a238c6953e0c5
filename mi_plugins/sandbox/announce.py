"""What a sandbox says about itself when it starts, for people and as JSON."""

from __future__ import annotations

from typing import Any

from mi_core.cli.text import t
from mi_plugins.sandbox.app import FRONT_END_PATH
from mi_plugins.sandbox.control import TOKEN_HEADER
from mi_plugins.sandbox.head import AREA
from mi_plugins.sandbox.institutions import INSTITUTIONS
from mi_plugins.sandbox.persons import DOCUMENTED
from mi_plugins.sandbox.settings import Settings

__all__ = [
    "DEFAULT_INSTITUTION",
    "announcement",
    "announcement_text",
    "config_toml",
    "default_config",
    "persons_table",
]

DEFAULT_INSTITUTION = "H43000000001"
DEFAULT_PORT = 8899
PROCESSING, REPLICA_LAG = 60.0, 60.0
"""Seconds that hold for the sandbox as long as no longer ``late`` or ``replica_lag`` is switched on."""


def config_toml(url: str, settings: Settings, institution: str = DEFAULT_INSTITUTION) -> str:
    """A complete ``mi.toml`` for one institution of the sandbox."""
    one = INSTITUTIONS[institution]
    others = ", ".join(code for code in INSTITUTIONS if code != institution)
    return f"""environment = "test"

# {t("沙箱的其他机构", "other institutions of the sandbox")}: {others}
[institutions.{one.code}]
name = "{one.name}"
region = "hunan"
mdtrtarea_admvs = "{AREA}"
recer_sys_code = "SANDBOX"
infver = "1.0.0"
sign_in = true
operator = {{ type = "1", id = "sandbox", name = "沙箱经办人" }}

[institutions.{one.code}.gateway]
profile = "csb"
url = "{url}/csb"
access_key = "{settings.access_key}"
secret_key = "{settings.secret_key}"
api_version = "1.0.0"

[institutions.{one.code}.recovery]  # {t("答复丢失时的查证依据", "what is known when an answer is lost")}
acceptance = {settings.acceptance}
processing = {settings.processing or PROCESSING}
replica_lag = {REPLICA_LAG}
query_without_setl_id = {str(settings.blank_setl_id).lower()}
absent = ["没有与所给条件对应的结算记录", "未检索到与原报文对应的业务，无可冲正内容"]
"""


def default_config() -> str:
    """The ``mi.toml`` for a plain ``mi sandbox``."""
    return _whole(f"http://127.0.0.1:{DEFAULT_PORT}", Settings())


def _whole(url: str, settings: Settings) -> str:
    """A file for people: with log and journal on disk, so that what they try outlives their program."""
    return f"""{config_toml(url, settings)}
[store]
operation_log = "sqlite:///mi.db"

[journal]
path = "mi.journal.db"
"""


def persons_table() -> list[dict[str, Any]]:
    """The documented people as plain data."""
    return [
        {
            "psn_no": p.psn_no, "psn_name": p.name, "certno": p.certno, "card_no": p.card_no, "card_sn": p.card_sn, "token": p.token,
            "insurances": [
                {"insutype": i.insutype, "insuplc_admdvs": i.area, "psn_type": i.psn_type, "psn_insu_stas": i.status} for i in p.insurances
            ],
            "situation": p.situation, "situation_en": p.situation_en,
        }
        for p in DOCUMENTED
    ]  # fmt: skip


def announcement(url: str, settings: Settings) -> dict[str, Any]:
    """One JSON line for programs that start a sandbox."""
    return {
        "url": url, "gateway_url": f"{url}/csb", "front_end_url": url + FRONT_END_PATH, "access_key": settings.access_key,
        "secret_key": settings.secret_key, "institution": DEFAULT_INSTITUTION, "institutions": list(INSTITUTIONS),
        "control_url": f"{url}/_control", "control_header": TOKEN_HEADER, "control_token": settings.control_token,
        "seed": settings.seed, "database": settings.database, "config_toml": config_toml(url, settings),
    }  # fmt: skip


def announcement_text(url: str, settings: Settings) -> str:
    """The same for people, in the operator's language."""
    return "\n".join((
        t("沙箱医保局已启动（虚构人员，仅供测试），Ctrl+C 停止", "sandbox bureau running (invented people, tests only); Ctrl+C stops it"),
        t(f"  地址        {url}/csb", f"  address      {url}/csb"),
        t(f"  前置机地址  {url}{FRONT_END_PATH}", f"  front-end    {url}{FRONT_END_PATH}"),
        t(f"  访问密钥    {settings.access_key} / {settings.secret_key}", f"  keys         {settings.access_key} / {settings.secret_key}"),
        t(f"  故障控制    {url}/_control/faults（请求头 {TOKEN_HEADER}: {settings.control_token}）",
          f"  faults       {url}/_control/faults (header {TOKEN_HEADER}: {settings.control_token})"),
        t("  测试人员    mi sandbox persons", "  people       mi sandbox persons"),
        "",
        t("以下内容可直接存为 mi.toml（默认端口时 mi new-config --sandbox 写的就是它）：",
          "save the following as mi.toml (at the default port `mi new-config --sandbox` writes it):"),
        "",
        _whole(url, settings),
    ))  # fmt: skip
