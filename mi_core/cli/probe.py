"""``mi probe``: harmless questions to a test gateway; the answers as a section of the configuration."""

from __future__ import annotations

import asyncio
import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mi_core.cli.exits import EPILOG
from mi_core.cli.text import print_json, print_table, t, working
from mi_core.errors import ConfigError

if TYPE_CHECKING:
    from mi_core.config import Config
    from mi_core.probing import Finding, Known

__all__ = ["probe"]


@click.command(epilog=EPILOG, short_help="向测试网关提出无害的询问 / ask a test gateway harmless questions")
@click.option(
    "--config", type=click.Path(dir_okay=False), help="配置文件，默认 mi.toml / configuration file."
)
@click.option("--institution", help="机构编号（配置了多个时） / institution code.")
@click.option("--person", metavar="CERTNO:NAME", help="测试人员，用于 1101 / a test person, for 1101.")
@click.option(
    "--settlement",
    metavar="PSN_NO:MDTRT_ID:SETL_ID",
    help="测试环境中已有的一笔结算，用于 5203 / a settlement that exists there, for 5203.",
)
@click.option(
    "--tries",
    default=12,
    show_default=True,
    type=click.IntRange(0, 30),
    help="时间窗最多询问几次，0 为不问 / questions about the time window, 0: none.",
)
@click.option(
    "--sign-in", is_flag=True, help="先签到（9001），配置要求时 / sign in first (9001), where configured."
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="配置节写入此文件 / write the section to this file.",
)
@click.option("--force", is_flag=True, help="覆盖已有文件 / overwrite.")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON / print JSON.")
def probe(
    config: str | None, institution: str | None, person: str | None, settlement: str | None, tries: int, sign_in: bool,
    out: Path | None, force: bool, as_json: bool,
) -> None:  # fmt: skip
    """只发送查询，不改变任何业务；正式环境的配置会被拒绝。结果为 [institutions.X.recovery] 一节，每项注明依据。

    Sends queries only, and refuses a production configuration. Prints a section [institutions.X.recovery]; each line
    says how it was found out.
    """
    from mi_core.config import load_config
    from mi_core.probing import as_toml

    known = _known(person, settlement, tries)
    settings = load_config(config, journal__recover=False)
    if out is not None and out.exists() and not force:
        raise ConfigError(
            f"{out} 已存在", f"{out} exists already",
            hint_zh="换一个文件名，或加 --force 覆盖", hint_en="choose another name or add --force",
        )  # fmt: skip
    with working(t("正在询问测试网关", "asking the test gateway")):
        findings = asyncio.run(_findings(settings, institution, known, sign_in))
    one = settings.institution(institution)
    section = as_toml(findings, one.code, one.gateway.url, dt.datetime.now())
    if out is not None:
        _write(out, section)
    if as_json:
        found = [{"name": f.name, "title": f.title, "value": f.value, "how": f.how} for f in findings]
        print_json({"institution": one.code, "findings": found, "toml": section})
        return
    _show(findings)
    click.echo(
        t(f"已写入 {out}", f"written: {out}") if out is not None else "\n" + section, nl=out is not None
    )


async def _findings(config: Config, institution: str | None, known: Known, sign_in: bool) -> list[Finding]:
    from mi_core.probing import open_line
    from mi_core.probing import probe as ask

    async with open_line(config, institution, sign_in=sign_in) as line:
        return [finding async for finding in ask(line, known)]


def _known(person: str | None, settlement: str | None, tries: int) -> Known:
    from mi_core.probing import Known

    certno, _, name = (person or "").partition(":")
    if person is not None and not (certno and name):
        raise click.BadParameter(t("写法为 证件号码:姓名", "write CERTNO:NAME"), param_hint="--person")
    if settlement is None:
        return Known(certno=certno, name=name, tries=tries)
    psn_no, mdtrt_id, setl_id = (*settlement.split(":"), "", "", "")[:3]
    if settlement.count(":") != 2 or not (psn_no and mdtrt_id and setl_id):
        raise click.BadParameter(
            t("写法为 人员编号:就诊ID:结算ID", "write PSN_NO:MDTRT_ID:SETL_ID"), param_hint="--settlement"
        )
    return Known(certno=certno, name=name, tries=tries, settlement=(psn_no, mdtrt_id, setl_id))


def _show(findings: list[Finding]) -> None:
    print_table(
        "mi probe",
        [t("问题", "question"), t("结果", "answer"), t("依据", "how")],
        [(f.title, "?" if f.value is None else _plain(f.value), f.how) for f in findings],
    )


def _plain(value: object) -> str:
    if isinstance(value, dict):
        return "\n".join(f"{name} × {count}" for name, count in value.items())
    return "\n".join(map(str, value)) if isinstance(value, list) else str(value)


def _write(path: Path, section: str) -> None:
    try:
        path.write_text(section, encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"无法写入 {path}：{error.strerror}", f"cannot write {path}: {error.strerror}"
        ) from None
