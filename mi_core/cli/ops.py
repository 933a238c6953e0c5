"""``mi ops``: looking into the operation log: lists, one operation, statistics, export."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mi_core.cli.db import store_part, target
from mi_core.cli.desk import filled
from mi_core.cli.ops_open import with_open
from mi_core.cli.text import print_json, print_table, t
from mi_core.errors import UnknownName

__all__ = ["ops"]

_STATUSES = ("pending", "success", "failed", "not_sent", "in_doubt")
_HEADINGS = {
    "operation_time": ("时间", "time"), "api_code": ("交易", "interface"), "api_name": ("交易名称", "name"),
    "business_category": ("类别", "category"), "institution_code": ("机构", "institution"), "status": ("状态", "status"),
    "outcome": ("结果", "outcome"), "error_code": ("错误码", "error"), "duration_ms": ("耗时毫秒", "ms"),
    "operator_id": ("操作员编号", "operator"), "operator_name": ("操作员", "operator name"), "msgid": ("报文号", "msgid"),
    "trace_id": ("跟踪号", "trace"), "operation_id": ("操作号", "operation"), "medfee_sumamt": ("总费用", "total"),
    "fund_pay_sumamt": ("基金支付", "fund"), "psn_part_amt": ("个人负担", "person"),
}  # fmt: skip
_NUMBERS = ("count", "success", "failed", "in_doubt", "not_sent", "pending", "average_ms", "p95_ms")
_Command = Callable[..., Any]
if TYPE_CHECKING:
    _Type = click.ParamType[dt.datetime]
else:
    _Type = click.ParamType  # generic since click 8.3 only


@click.group(short_help="操作日志查询统计 / look into the operation log")
def ops() -> None:
    """查询、统计、导出操作日志。

    List, show, count and export operations.
    """


def _where(command: _Command) -> _Command:
    for option in reversed((
        click.option("--config", type=click.Path(dir_okay=False), help="配置文件，默认 mi.toml / configuration file."),
        click.option("--url", help="日志地址，代替配置中的 / instead of the configured log."),
        click.option("--key-file", type=click.Path(dir_okay=False, path_type=Path), help="密钥文件 / key file of the log."),
    )):  # fmt: skip
        command = option(command)
    return command


def _filters(command: _Command) -> _Command:
    for option in reversed((
        click.option("--interface", "-i", multiple=True, callback=filled, help="交易编号，可多个 / interface code."),
        click.option("--category", multiple=True, callback=filled, help="业务类别，如 结算业务 / business category."),
        click.option("--institution", multiple=True, callback=filled, help="机构编号 / institution."),
        click.option("--status", "status", multiple=True, type=click.Choice(_STATUSES), help="状态 / status."),
        click.option("--person", callback=filled, help="人员编号 psn_no / person."),
        click.option("--certno", callback=filled, help="证件号码 / id number."),
        click.option("--visit", callback=filled, help="就诊ID mdtrt_id / visit."),
        click.option("--since", type=_Moment(), help="起（含），如 2026-11-01 或 2026-11-01T08:00 / from."),
        click.option("--until", type=_Moment(end=True), help="止；日期含当日 / to; a day is included."),
        click.option("--trace", callback=filled, help="跟踪号 / trace id."),
        click.option("--msgid", callback=filled, help="报文号 / message id."),
    )):  # fmt: skip
        command = option(command)
    return command


class _Moment(_Type):
    """A day or a time; with ``end`` a day means its end."""

    name = "time"

    def __init__(self, *, end: bool = False) -> None:
        self._end = end

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dt.datetime:
        if isinstance(value, dt.datetime):
            return value
        try:
            moment = dt.datetime.fromisoformat(value)
        except ValueError:
            self.fail(t(f"{value} 不是日期或时间", f"{value} is no date or time"), param, ctx)
        if moment.tzinfo is not None:
            self.fail(t("时间不带时区，均为北京时间", "times carry no zone, all are UTC+8"), param, ctx)
        return moment + dt.timedelta(days=1) if self._end and len(value) <= 10 else moment


def _wanted(given: dict[str, Any]) -> Any:
    return store_part("queries").Wanted(
        interfaces=given["interface"], categories=given["category"], institutions=given["institution"],
        statuses=given["status"], psn_no=given["person"], certno=given["certno"], mdtrt_id=given["visit"],
        since=given["since"], until=given["until"], trace_id=given["trace"], msgid=given["msgid"],
    )  # fmt: skip


def _sealer(wanted: Any, address: Any, key: Path | None) -> Any:
    return store_part("keys").existing_sealer(address, key) if wanted.needs_key else None


@ops.command("list")
@_where
@_filters
@click.option(
    "--limit", type=click.IntRange(1, 100_000), default=50, show_default=True, help="最多行数 / at most."
)
@click.option("--json", "as_json", is_flag=True, help="输出 JSON / print JSON.")
def list_operations(
    config: str | None, url: str | None, key_file: Path | None, limit: int, as_json: bool, **given: Any
) -> None:
    """列出操作，新的在前；未决业务以交易日志为准 / list operations, newest first; open ones as the journal has them."""
    address, key = target(config, url, key_file)
    wanted, queries = _wanted(given), store_part("queries")
    rows = asyncio.run(queries.find(address, wanted, _sealer(wanted, address, key), limit))
    if url is None:
        rows = with_open(rows, config, given, limit)
    if as_json:
        print_json(rows)
        return
    columns = (
        "operation_time",
        "api_code",
        "api_name",
        "institution_code",
        "status",
        "error_code",
        "duration_ms",
        "operation_id",
    )
    print_table("", [t(*_HEADINGS[c]) for c in columns], ([_text(row[c]) for c in columns] for row in rows),
                caption=t(f"{len(rows)} 行", f"{len(rows)} rows"))  # fmt: skip
    if any(row["status"] == "in_doubt" for row in rows):
        click.echo(t("in_doubt 的业务：mi doubt list 说明各笔的下一步，不要重复提交",
                     "in_doubt: mi doubt list says what happens next; do not submit them again"))  # fmt: skip


@ops.command()
@_where
@click.argument("operation")
@click.option("--bodies", is_flag=True, help="显示报文（含个人信息） / show the messages (personal data).")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON / print JSON.")
def show(
    config: str | None, url: str | None, key_file: Path | None, operation: str, bodies: bool, as_json: bool
) -> None:
    """查看一项操作：操作号、报文号或跟踪号 / show one operation by its id, message id or trace id."""
    address, key = target(config, url, key_file)
    record = asyncio.run(
        store_part("queries").read(address, operation, store_part("keys").existing_sealer(address, key))
    )
    if record is None:
        raise UnknownName(f"没有操作 {operation}", f"there is no operation {operation}",
                          hint_zh="用 mi ops list 查找", hint_en="look for it with: mi ops list")  # fmt: skip
    shown = _record(record, bodies=bodies)
    if as_json:
        print_json(shown)
        return
    print_table(
        "", [t("项目", "what"), t("内容", "value")], ((name, _text(value)) for name, value in shown.items())
    )


def _record(record: Any, *, bodies: bool) -> dict[str, Any]:
    start, end = record.start, record.end
    names = ("operation_id", "msgid", "api_code", "api_name", "business_category", "institution_code", "operator_id",
             "operator_name", "operation_time", "trace_id", "client_ip")  # fmt: skip
    out: dict[str, Any] = {name: getattr(start, name) for name in names}
    out |= {"effect": start.effect.value, "status": end.status if end else "pending"}
    if end:
        out |= {"outcome": end.outcome.value if end.outcome else None, "evidence": end.evidence, "error_code": end.error_code,
                "complete_time": end.complete_time}  # fmt: skip
    if bodies:
        out["request"] = start.request.decode("utf-8", "replace")
        out["error_message"] = end.error_message if end else None
        out["response"] = (
            end.response.decode("utf-8", "replace") if end and end.response is not None else None
        )
    return out


@ops.command()
@_where
@click.option(
    "--by", default="day", show_default=True, help="分组：day、interface、institution，逗号分隔 / group by."
)
@click.option("--interface", "-i", multiple=True, callback=filled, help="交易编号 / interface code.")
@click.option("--institution", multiple=True, callback=filled, help="机构编号 / institution.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="起始日 / first day.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="截止日（含） / last day.")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON / print JSON.")
def stats(
    config: str | None, url: str | None, key_file: Path | None, by: str, interface: tuple[str, ...],
    institution: tuple[str, ...], since: dt.datetime | None, until: dt.datetime | None, as_json: bool,
) -> None:  # fmt: skip
    """按日、交易、机构统计 / statistics per day, interface, institution."""
    address, _ = target(config, url, key_file)
    module = store_part("statistics")
    keys = tuple(part.strip() for part in by.split(",") if part.strip())
    if not keys or not set(keys) <= set(module.KEYS):
        raise click.BadParameter(
            t("可用 day、interface、institution", "use day, interface, institution"), param_hint="--by"
        )
    found = asyncio.run(module.statistics(
        address, by=keys, since=since and since.date(), until=until and until.date(), interfaces=interface, institutions=institution,
    ))  # fmt: skip
    if as_json:
        print_json([{**s.key, **{n: getattr(s, n) for n in _NUMBERS}, **s.amounts} for s in found])
        return
    _print_statistics(found, list(found[0].key) if found else list(keys))


def _print_statistics(found: list[Any], groups: list[str]) -> None:
    """A table as narrow as it can be: columns that hold nothing are left out, and no digit is ever cut off."""
    labels = {
        "day": t("日期", "day"),
        "interface": t("交易", "interface"),
        "institution": t("机构", "institution"),
    }
    heads = {
        "count": t("笔数", "count"), "success": t("成功", "success"), "failed": t("拒绝", "refused"),
        "in_doubt": t("存疑", "in doubt"), "not_sent": t("未发送", "not sent"), "pending": t("未完", "pending"),
        "average_ms": t("平均ms", "avg ms"), "p95_ms": "p95",
    }  # fmt: skip
    numbers = [n for n in heads if n == "count" or any(getattr(s, n) for s in found)]
    amounts = [
        a for a in ("medfee_sumamt", "fund_pay_sumamt", "psn_part_amt") if any(a in s.amounts for s in found)
    ]
    titles = [
        *(labels[group] for group in groups),
        *(heads[n] for n in numbers),
        *(t(*_HEADINGS[a]) for a in amounts),
    ]
    rows = [
        [
            *s.key.values(),
            *(_text(getattr(s, n)) for n in numbers),
            *(_text(s.amounts.get(a)) for a in amounts),
        ]
        for s in found
    ]
    columns: list[tuple[str, dict[str, Any]]] = []
    for i, title in enumerate(titles):
        widest = max((len(row[i]) for row in rows), default=0)
        justify = "left" if i < len(groups) else "right"
        columns.append((title, {"justify": justify, "overflow": "fold", "min_width": widest}))
    note = t(
        "平均ms、p95：交换时间（发送到回应或超时），不含事后查证",
        "avg ms, p95: the exchange itself, without finding out later",
    )
    print_table("", columns, rows, caption=note if "average_ms" in numbers else None)


@ops.command()
@_where
@_filters
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--format",
    "kind",
    type=click.Choice(["csv", "xlsx"]),
    help="默认按扩展名 / default: by the file's ending.",
)
def export(
    config: str | None, url: str | None, key_file: Path | None, path: Path, kind: str | None, **given: Any
) -> None:
    """导出为 CSV 或 Excel（不含个人信息） / export to CSV or Excel, without personal data."""
    address, key = target(config, url, key_file)
    wanted, queries = _wanted(given), store_part("queries")
    kind = kind or path.suffix.lower().removeprefix(".")
    if kind not in ("csv", "xlsx"):
        raise click.UsageError(
            t("文件扩展名应为 .csv 或 .xlsx，或用 --format", "name it .csv or .xlsx, or give --format")
        )
    columns = [(name, t(*_HEADINGS[name])) for name in (*queries.LISTED, *queries.AMOUNTS)]
    pages = queries.pages(address, wanted, _sealer(wanted, address, key), amounts=True)
    count = asyncio.run(store_part("export").export(pages, columns, path, kind))
    click.echo(t(f"{path}：{count} 行", f"{path}: {count} rows"))


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ", timespec="milliseconds")
    return value if isinstance(value, str) else json.dumps(value) if isinstance(value, bool) else str(value)
