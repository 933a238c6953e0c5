"""``mi call``: one interface from the shell."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import click

from mi_core.cli.call_input import call_input, read_operator
from mi_core.cli.exits import EPILOG
from mi_core.cli.text import print_json, t
from mi_core.errors import CallError, ConfigError, InvalidInput, MiError

__all__ = ["call", "confirm_change"]


@click.command(epilog=EPILOG, short_help="调用一个接口 / call one interface")
@click.argument("code")
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="PATH=VALUE",
    help="字段，如 psn_no=… 或 data.psn_no=… 或 diseinfo.0.diag_code=… / a field.",
)
@click.option(
    "--file",
    "file",
    type=click.Path(dir_okay=False),
    help="JSON 文件（input 的内容），- 为标准输入 / JSON file, - for stdin.",
)
@click.option(
    "--encoding", default="utf-8", show_default=True, help="文件的编码，如 gb18030 / encoding of the file."
)
@click.option("--json", "as_json", is_flag=True, help="输出 JSON，出错时也是 / print JSON, errors too.")
@click.option(
    "--config", "config", type=click.Path(dir_okay=False), help="配置文件，默认 mi.toml / configuration file."
)
@click.option("--institution", help="机构编号（配置了多个时） / institution code.")
@click.option("--insuplc-admdvs", help="参保地区划 / area of the insured.")
@click.option("--operator", "operator", metavar="ID:NAME", help="经办人 / operator.")
@click.option("--operation-key", help="本次操作的自定义编号 / the caller's name of the operation.")
@click.option(
    "--deadline", type=float, metavar="SECONDS", help="整个调用的时限（秒） / seconds for the whole call."
)
@click.option(
    "--yes",
    is_flag=True,
    help="正式环境的变更操作不再询问 / do not ask before changing something in production.",
)
def call(
    code: str, settings: tuple[str, ...], file: str | None, encoding: str, as_json: bool, config: str | None, institution: str | None,
    insuplc_admdvs: str | None, operator: str | None, operation_key: str | None, deadline: float | None, yes: bool,
) -> None:  # fmt: skip
    """调用接口 CODE，字段来自 --file 与 --set（后者优先）。

    Call interface CODE with the fields of --file and --set (the latter win).
    """
    data, who = call_input(code, file, settings, encoding), read_operator(operator)
    try:
        reply = _call(
            code, data, config, yes, insuplc_admdvs=insuplc_admdvs, operator=who, operation_key=operation_key,
            deadline=deadline, institution=institution,
        )  # fmt: skip
    except MiError as error:
        if as_json:
            print_json(error_report(error))
        raise
    if as_json:
        print_json(reply)
    else:
        _print(reply["output"], reply)


def _call(code: str, data: dict[str, Any], config: str | None, yes: bool, **options: Any) -> dict[str, Any]:
    from mi_core.cli.interrupt import Watcher, as_ctrl_c
    from mi_core.config import load_config
    from mi_core.pipeline.raw import request_from
    from mi_core.plugin.manager import load_plugins
    from mi_core.sync import Client

    try:
        settings = load_config(config, journal__recover=False)
    except ConfigError:
        request_from(code, data)  # what is wrong with the input is told even where nothing is configured yet
        raise
    request = request_from(code, data, settings.institution(options["institution"]))
    interface = request.__interface__
    if settings.environment == "production" and interface.behaviour.effect != "query" and not yes:
        confirm_change(f"{code} {interface.title}")
    watcher = Watcher(interface)
    allow, strict = settings.plugins.allow, settings.plugins.strict
    plugins = load_plugins(allow=allow, strict=strict, extra=[("mi call", watcher)])
    try:
        with as_ctrl_c(), Client(settings, plugins=plugins) as mi:
            reply = mi.call(request, **options)
    except KeyboardInterrupt:
        raise watcher.error() from None
    meta = reply.meta
    return {
        "interface": code,
        "title": interface.title,
        "msgid": meta.msgid,
        "inf_refmsgid": meta.inf_refmsgid,
        "operation_id": meta.operation_id,
        "elapsed": round(meta.elapsed or 0.0, 4),
        "discrepancies": [t(d.zh, d.en) for d in meta.discrepancies],
        "problems": [dict(p.to_dict()) for p in meta.problems],
        "warnings": [dict(p.to_dict()) for p in meta.warnings],
        "output": reply.to_dict(),
        "extra": dict(reply.extra),
    }


def confirm_change(what: str) -> None:
    """Ask before something is changed in production; without a terminal that is an error."""
    if not sys.stdin.isatty():
        raise ConfigError(
            f"{what} 将在正式环境产生变更", f"{what} changes something in production",
            hint_zh="确认后加 --yes", hint_en="add --yes if that is meant",
        )  # fmt: skip
    click.confirm(t(f"正式环境：确定提交 {what}？", f"production: submit {what}?"), abort=True)


def error_report(error: MiError) -> dict[str, Any]:
    """An error as data for ``--json``; the bureau's raw reply is not in it (personal data)."""
    report: dict[str, Any] = {"error": error.code, "message": error.message()}
    if isinstance(error, CallError):
        report |= {"interface": error.interface, "msgid": error.msgid, "operation_id": error.operation_id,
                   "institution": error.institution, "http_status": error.status}  # fmt: skip
    if isinstance(error, InvalidInput):
        report["problems"] = [dict(p.to_dict()) for p in error.problems]
    names = ("reason", "infcode", "evidence", "resolve_with", "likely_refused")
    return report | {name: getattr(error, name) for name in names if hasattr(error, name)}


def _print(output: Mapping[str, Any], reply: Mapping[str, Any]) -> None:
    """``output`` as an indented list with the fields' names; lists as numbered rows."""
    click.echo(f"{reply['interface']} {reply['title']}  msgid {reply['msgid']}  {reply['elapsed']} s")
    for line in _lines(output, "  "):
        click.echo(line)
    for warning in reply["warnings"]:
        text = f"{warning['field']}: {t(warning['zh'], warning['en'])}"
        click.secho(t(f"提醒：{text}", f"note: {text}"), fg="yellow", err=True)
    for text in reply["discrepancies"]:
        click.secho(t(f"注意：{text}", f"attention: {text}"), fg="red", err=True)


def _lines(value: Any, indent: str) -> list[str]:
    if isinstance(value, Mapping):
        pairs: list[tuple[str, Any]] = [(str(k), v) for k, v in value.items()]
    else:
        pairs = [(f"[{i}]", v) for i, v in enumerate(value)]
    lines: list[str] = []
    for name, inner in pairs:
        if isinstance(inner, Mapping | list | tuple):
            lines += [f"{indent}{name}", *_lines(inner, indent + "  ")]
        elif inner is not None:
            lines.append(f"{indent}{name} = {inner}")
    return lines
