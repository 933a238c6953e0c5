"""``mi reconcile``: a day of settlements against the bureau's books."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mi_core.cli.desk import filled
from mi_core.cli.text import print_json, t, working
from mi_core.errors import ConfigError
from mi_core.types import CHINA_TIME

if TYPE_CHECKING:
    _Type = click.ParamType[dt.date]
else:
    _Type = click.ParamType  # generic since click 8.3 only

__all__ = ["reconcile"]


class _Day(_Type):
    """``2026-11-21``, ``today`` or ``yesterday``, by the clock of Beijing."""

    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dt.date:
        if isinstance(value, dt.date):
            return value
        now = dt.datetime.now(CHINA_TIME).date()
        words = {"today": now, "今天": now, "yesterday": now - dt.timedelta(1), "昨天": now - dt.timedelta(1)}
        try:
            return words.get(value.lower()) or dt.datetime.strptime(value, "%Y-%m-%d").date()  # a day
        except ValueError:
            self.fail(
                t(f"{value} 不是日期，用 2026-11-21、today 或 yesterday", f"{value} is no day: 2026-11-21, today or yesterday"),
                param, ctx,
            )  # fmt: skip


@click.command(short_help="与医保中心对账 / reconcile a day with the bureau")
@click.argument("day", type=_Day())
@click.option("--institution", callback=filled, help="机构编号（配置了多个时） / institution code.")
@click.option(
    "--apply/--dry-run",
    default=False,
    help="把结论写入交易日志；默认只看 / write the conclusions; default: look only.",
)
@click.option(
    "--detail", metavar="MSGID", callback=filled, help="查看一笔的来龙去脉 / what happened to one message."
)
@click.option(
    "--csv",
    "csv_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="差异写入 CSV / differences as CSV.",
)
@click.option("--json", "as_json", is_flag=True, help="输出 JSON / print JSON.")
@click.option(
    "--clr-type", multiple=True, callback=filled, help="另外核对的清算类别，可多个 / further clearing types."
)
@click.option(
    "--setl-optins",
    multiple=True,
    callback=filled,
    help="另外核对的结算经办机构，可多个 / further clearing offices.",
)
@click.option(
    "--config", type=click.Path(dir_okay=False), help="配置文件，默认 mi.toml / configuration file."
)
def reconcile(
    day: dt.date, institution: str | None, apply: bool, detail: str | None, csv_file: Path | None, as_json: bool,
    clr_type: tuple[str, ...], setl_optins: tuple[str, ...], config: str | None,
) -> None:  # fmt: skip
    """对 DAY（2026-11-21、today、yesterday）的结算账：先对总账（3201），不平再对明细（3202），列出每一笔差异。

    Reconcile DAY: totals first, details where they differ. Exit code 1 when the day is not balanced.
    """
    from mi_core import Client
    from mi_core.cli import reconcile_view as view
    from mi_core.config import load_config
    from mi_core.journal.opening import MEMORY, journal_path
    from mi_core.reconcile import Scope
    from mi_core.reconcile.totals import ALWAYS

    settings = load_config(config, journal__recover=False)
    if journal_path(settings) == MEMORY:
        raise ConfigError(
            "交易日志在内存中，本地没有可供核对的记录，未对账",
            "the journal is in memory: there is nothing here to compare with, nothing was reconciled",
            hint_zh='在 mi.toml 的 [journal] 中设 path = "mi.journal.db"，此后办理的结算才能对账',
            hint_en='set path = "mi.journal.db" in [journal]; what is settled from then on can be reconciled',
        )  # fmt: skip
    scope = Scope(clr_types=(*ALWAYS, *clr_type), offices=setl_optins)
    with Client(settings) as mi:
        with working(t("正在对账…", "reconciling …")):
            report = mi.reconcile(day, institution=institution, apply=apply, scope=scope)
        happened = view.story(mi.journal, detail) if detail else None
    if csv_file is not None:
        view.write_csv(report, csv_file)
    if as_json:
        print_json(report.to_dict() | ({} if happened is None else {"detail": happened}))
    else:
        view.print_report(report)
        if detail:
            view.print_story(detail, happened, report)
    if not report.balanced:
        raise click.exceptions.Exit(1)
