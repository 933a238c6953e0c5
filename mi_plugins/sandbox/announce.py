"""What a sandbox says about itself when it starts, for people and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mi_core.catalog.regions import region_catalog
from mi_core.cli.text import t
from mi_plugins.sandbox.app import FRONT_END_PATH
from mi_plugins.sandbox.clock import SandboxClock
from mi_plugins.sandbox.control import TOKEN_HEADER
from mi_plugins.sandbox.head import AREA
from mi_plugins.sandbox.institutions import INSTITUTIONS
from mi_plugins.sandbox.persons import DOCUMENTED
from mi_plugins.sandbox.profiles import profiles
from mi_plugins.sandbox.profiles.envelope_sm import PATHS, EnvelopeSm
from mi_plugins.sandbox.settings import PROFILES, Settings

__all__ = [
    "DEFAULT_INSTITUTION",
    "announcement",
    "announcement_text",
    "config_toml",
    "default_config",
    "persons_table",
    "sandbox_gateway",
]

DEFAULT_INSTITUTION = "H43000000001"
DEFAULT_PORT = 8899
PROCESSING, REPLICA_LAG = 60.0, 60.0
"""Seconds that hold for the sandbox as long as no longer ``late`` or ``replica_lag`` is switched on."""


def sandbox_gateway(profile: str = "csb", url: str = "", settings: Settings | None = None) -> dict[str, str]:
    """The keys of ``[institutions.X.gateway]`` with which ``profile`` reaches a sandbox, test credentials included.

    ``url``: scheme, host and port of the sandbox; that of a plain ``mi sandbox`` when it is not given. Raises
    ``ValueError`` for a profile that the sandbox does not speak (:data:`PROFILES` lists them).
    """
    settings = settings or Settings()
    url = url or f"http://127.0.0.1:{DEFAULT_PORT}"
    if profile == "csb":
        keys = {"access_key": settings.access_key, "secret_key": settings.secret_key, "api_version": "1.0.0"}
        return {"profile": profile, "url": f"{url}/csb", **keys}
    if profile == "none":
        return {"profile": profile, "url": url + FRONT_END_PATH}
    for one in profiles(settings):
        if one.name == profile:
            return {"profile": profile, **one.config(url)}
    raise ValueError(f"the sandbox speaks {', '.join(PROFILES)}, not {profile}")


def config_toml(
    url: str, settings: Settings, institution: str = DEFAULT_INSTITUTION, profile: str = "csb"
) -> str:
    """A complete ``mi.toml`` for one institution of the sandbox."""
    one = INSTITUTIONS[institution]
    main, further = (
        (profile, "") if profile != EnvelopeSm.name else ("csb", _centres(one.code, url, settings))
    )
    others = ", ".join(code for code in INSTITUTIONS if code != institution)
    return f"""environment = "test"

# {t("沙箱的其他机构", "other institutions of the sandbox")}: {others}
[institutions.{one.code}]
name = "{one.name}"
region = "{settings.region or "hunan"}"
mdtrtarea_admvs = "{AREA}"
recer_sys_code = "SANDBOX"
infver = "1.0.0"
sign_in = true
{_sign_in(settings.region)}operator = {{ type = "1", id = "sandbox", name = "沙箱经办人" }}

[institutions.{one.code}.gateway]
{_keys(main, url, settings)}
{further}
[institutions.{one.code}.recovery]  # {t("答复丢失时的查证依据", "what is known when an answer is lost")}
acceptance = {settings.acceptance}
processing = {settings.processing or PROCESSING}
replica_lag = {REPLICA_LAG}
query_without_setl_id = {str(settings.blank_setl_id).lower()}
absent = ["没有与所给条件对应的结算记录", "未检索到与原报文对应的业务，无可冲正内容"]
"""


def _keys(profile: str, url: str, settings: Settings) -> str:
    return "\n".join(f'{name} = "{value}"' for name, value in sandbox_gateway(profile, url, settings).items())


def _centres(institution: str, url: str, settings: Settings) -> str:
    """The section of the two centres, which stand beside a main gateway: no hospital has nothing else."""
    served = ", ".join(f'"{code}"' for code in sorted(PATHS.values()))
    return f"""
[institutions.{institution}.gateways.{EnvelopeSm.name}]  # {t("电子处方与移动支付中心", "e-prescription and mobile-payment centre")}
interfaces = [{served}]
{_keys(EnvelopeSm.name, url, settings)}
"""


def _sign_in(region: str) -> str:
    """The account and password that the region's 9001 requires; any do here, as the sandbox does not check them."""
    if not region:
        return ""
    request = region_catalog(region).interfaces["9001"].input
    required = {f.code for node in (request, *request.nodes) for f in node.fields if f.required}
    keys = (("userid", "sign_in_userid", "sandbox"), ("password", "sign_in_password", "sandbox-password"))
    return "".join(f'{key} = "{value}"\n' for code, key, value in keys if code in required)


def default_config(
    profile: str = "csb", region: str = "", port: int = DEFAULT_PORT, institution: str = DEFAULT_INSTITUTION
) -> str:
    """The ``mi.toml`` for ``mi sandbox --port …`` (of a region, for ``mi sandbox --region``). Raises ``ValueError`` as
    :func:`sandbox_gateway`, ``KeyError`` for an institution that the sandbox does not have from the start."""
    return _whole(f"http://127.0.0.1:{port}", Settings(region=region), profile, institution)


def _whole(url: str, settings: Settings, profile: str, institution: str = DEFAULT_INSTITUTION) -> str:
    """A file for people: with log and journal on disk, so that what they try outlives their program."""
    return f"""{config_toml(url, settings, institution, profile)}
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


def announcement(url: str, settings: Settings, chosen: Sequence[str] = ("csb",)) -> dict[str, Any]:
    """One JSON line for programs that start a sandbox. ``config_toml`` is for the first of the ``chosen`` profiles."""
    return {
        "url": url, "gateway_url": f"{url}/csb", "front_end_url": url + FRONT_END_PATH, "access_key": settings.access_key,
        "secret_key": settings.secret_key, "institution": DEFAULT_INSTITUTION, "institutions": list(INSTITUTIONS),
        "control_url": f"{url}/_control", "control_header": TOKEN_HEADER, "control_token": settings.control_token,
        "seed": settings.seed, "database": settings.database,
        "profiles": {name: sandbox_gateway(name, url, settings) for name in PROFILES},
        "config_toml": config_toml(url, settings, profile=chosen[0]),
    }  # fmt: skip


def announcement_text(url: str, settings: Settings, chosen: Sequence[str] = ()) -> str:
    """The same for people, in the operator's language; with the credentials of the ``chosen`` profiles."""
    shown = tuple(chosen) or ("csb", "none")
    others = ", ".join(name for name in PROFILES if name not in shown)
    return "\n".join((
        t("沙箱医保局已启动（虚构人员，仅供测试），Ctrl+C 停止", "sandbox bureau running (invented people, tests only); Ctrl+C stops it"),
        *(line for name in shown for line in _profile_lines(sandbox_gateway(name, url, settings))),
        t(f"  其他网关    同时可用：{others}（加 --profile 查看地址与凭证）",
          f"  others       served as well: {others} (--profile shows address and credentials)"),
        t(f"  故障控制    {url}/_control/faults（请求头 {TOKEN_HEADER}: {settings.control_token}）",
          f"  faults       {url}/_control/faults (header {TOKEN_HEADER}: {settings.control_token})"),
        *_clock_lines(settings),
        t("  测试人员    mi sandbox persons", "  people       mi sandbox persons"),
        t("  操纵        mi sandbox trigger | waiting | clock | seed（另一终端）",
          "  steering     mi sandbox trigger | waiting | clock | seed (in another terminal)"),
        "",
        t("以下内容可直接存为 mi.toml（mi new-config --sandbox --port 端口 写的就是它）：",
          "save the following as mi.toml (`mi new-config --sandbox --port PORT` writes it):"),
        "",
        _whole(url, settings, shown[0]),
    ))  # fmt: skip


def _clock_lines(settings: Settings) -> Iterator[str]:
    """A clock that is not the machine's: kept from before, or a scenario's."""
    if isinstance(settings.clock, SandboxClock) and any(settings.clock.shifts):
        now = f"{settings.clock():%Y-%m-%d %H:%M:%S}"
        yield t(
            f"  时钟        {now}（已拨动，mi sandbox clock reset 复原）",
            f"  clock        {now} (moved; mi sandbox clock reset)",
        )


def _profile_lines(keys: Mapping[str, str]) -> Iterator[str]:
    """Address and test credentials of one profile."""
    name = keys["profile"]
    label = {"csb": t("地址        ", "address      "), "none": t("前置机地址  ", "front-end    ")}.get(
        name, f"{name:12} "
    )
    yield f"  {label}{keys['url']}"
    if name == "csb":
        yield t("  访问密钥    ", "  keys         ") + f"{keys['access_key']} / {keys['secret_key']}"
    elif name != "none":
        yield from (
            f"  {'':13}{key} = {value}" for key, value in keys.items() if key not in ("profile", "url")
        )
