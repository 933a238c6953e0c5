"""``mi call``: one interface from the shell."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from mi_core.cli.text import print_json, t
from mi_core.errors import CallError, ConfigError, InvalidInput, MiError, OutcomeUnknown

__all__ = ["call"]

EPILOG = (
    "退出码：0 成功 · 2 用法或配置 · 3 输入有误，未发送 · 4 被拒绝 · 5 未发送 · 6 结果未知（不要重复提交）"
    " / exit codes: 0 done, 2 usage or configuration, 3 invalid input, 4 refused, 5 not sent, 6 outcome unknown"
)


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
@click.option("--json", "as_json", is_flag=True, help="输出 JSON / print JSON.")
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
    code: str, settings: tuple[str, ...], file: str | None, as_json: bool, config: str | None, institution: str | None,
    insuplc_admdvs: str | None, operator: str | None, operation_key: str | None, deadline: float | None, yes: bool,
) -> None:  # fmt: skip
    """调用接口 CODE，字段来自 --file 与 --set（后者优先）。

    Call interface CODE with the fields of --file and --set (the latter win).
    """
    try:
        reply = _call(
            code, _data(code, file, settings), config, yes,
            insuplc_admdvs=insuplc_admdvs, operator=_operator(operator), operation_key=operation_key,
            deadline=deadline, institution=institution,
        )  # fmt: skip
    except CallError as error:
        if as_json:
            print_json(error_report(error))
        raise
    if as_json:
        print_json(reply)
    else:
        _print(reply["output"], reply)


def _call(code: str, data: dict[str, Any], config: str | None, yes: bool, **options: Any) -> dict[str, Any]:
    from mi_core.client import request_from
    from mi_core.sync import Client

    request = request_from(code, data)
    with Client.from_config(config) as mi:
        effect = request.__interface__.behaviour.effect
        if mi.config.environment == "production" and effect not in ("query",) and not yes:
            _confirm(f"{code} {request.__interface__.title}")
        reply = mi.call(request, **options)
    meta = reply.meta
    return {
        "interface": code,
        "title": request.__interface__.title,
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


def _confirm(what: str) -> None:
    if not sys.stdin.isatty():
        raise ConfigError(
            f"{what} 将在正式环境产生变更", f"{what} changes something in production",
            hint_zh="确认后加 --yes", hint_en="add --yes if that is meant",
        )  # fmt: skip
    click.confirm(t(f"正式环境：确定提交 {what}？", f"production: submit {what}?"), abort=True)


def _data(code: str, file: str | None, settings: Sequence[str]) -> dict[str, Any]:
    """The content of ``--file`` with each ``--set`` put in its place; a flat field joins its node where the file nests."""
    data: dict[str, Any] = {}
    if file is not None:
        try:
            text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8-sig")
            data = json.loads(text, parse_float=Decimal)
        except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
            raise click.BadParameter(
                t(f"无法读取 {file}：{error}", f"cannot read {file}: {error}"), param_hint="--file"
            ) from None
        if not isinstance(data, dict):
            raise click.BadParameter(t("应为 JSON 对象", "must be a JSON object"), param_hint="--file")
    for setting in settings:
        path, separator, value = setting.partition("=")
        if not separator or not all(path.split(".")):
            raise click.BadParameter(
                t(f"应为 字段=值：{setting}", f"must be PATH=VALUE: {setting}"), param_hint="--set"
            )
        steps = path.split(".")
        node = _flat_node(code, steps[0])
        _put(data, [node, *steps] if node in data and steps[0] not in data else steps, value)
    return data


def _flat_node(code: str, field: str) -> str:
    """The node of ``input`` that the flat ``field`` of interface ``code`` stands in; empty when there is none."""
    from mi_core.interfaces import by_code
    from mi_core.model.fields import Inline

    try:
        members = by_code(code).request.__members__
    except KeyError:
        return ""  # told when the request is built
    return next(
        (m.wire for m in members if isinstance(m, Inline) and any(field == f.wire for f in m.members)), ""
    )


def _put(target: Any, path: list[str], value: str) -> None:
    """Set ``value`` at ``path``; a number as a step is a place in a list, which grows by one at most."""
    for step, following in zip(path, [*path[1:], None], strict=True):
        fresh: Any = value if following is None else [] if following.isdigit() else {}
        if isinstance(target, list):
            if not step.isdigit() or int(step) > len(target):
                raise click.BadParameter(
                    t(f"列表中没有位置 {step}", f"no place {step} in the list"), param_hint="--set"
                )
            if int(step) == len(target):
                target.append(fresh)
            elif following is None:
                target[int(step)] = fresh
            target = target[int(step)]
        elif isinstance(target, dict):
            if following is None or not isinstance(target.get(step), dict | list):
                target[step] = fresh
            target = target[step]


def _operator(text: str | None) -> dict[str, str] | None:
    if text is None:
        return None
    number, _, name = text.partition(":")
    return {"id": number, "name": name or number}


def error_report(error: MiError) -> dict[str, Any]:
    """An error as data for ``--json``; the bureau's raw reply is not in it (personal data)."""
    report: dict[str, Any] = {"error": error.code, "message": error.message()}
    if isinstance(error, CallError):
        report |= {"interface": error.interface, "msgid": error.msgid, "operation_id": error.operation_id,
                   "institution": error.institution, "http_status": error.status}  # fmt: skip
    if isinstance(error, InvalidInput):
        report["problems"] = [dict(p.to_dict()) for p in error.problems]
    if isinstance(error, OutcomeUnknown):
        report |= {
            "evidence": error.evidence,
            "resolve_with": error.resolve_with,
            "likely_refused": error.likely_refused,
        }
    return report


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
