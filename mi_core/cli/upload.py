"""``mi upload``: a table of rows to an interface that takes uploads."""

from __future__ import annotations

import asyncio
import csv
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mi_core.cli.call import confirm_change
from mi_core.cli.exits import EPILOG
from mi_core.cli.text import print_json, t
from mi_core.errors import language

if TYPE_CHECKING:
    from mi_core.uploads import Options, Table, UploadReport

__all__ = ["constants", "exit_of", "interface_of", "report_dict", "show_notes", "show_report", "upload"]

SHOWN = 50
"""Problems on the screen; the result file has all."""
WRONG_ROWS = 3


def _earlier(_ctx: click.Context, _param: click.Parameter, value: Path | None) -> Path | None:
    """A result file that is there; of a workbook whose upload was killed it is the CSV beside it."""
    from mi_core.uploads.results_excel import growing

    if value is not None and not value.is_file() and not growing(value).is_file():
        raise click.BadParameter(t(f"结果文件 {value} 不存在", f"there is no result file {value}"))
    return value


@click.command(epilog=EPILOG, short_help="批量上传表格 / upload a table row by row")
@click.argument("code")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), required=False)
@click.option("--dry-run", is_flag=True, help="只检查，不发送 / only check the table.")
@click.option("--retry", type=click.Path(dir_okay=False, path_type=Path), callback=_earlier, metavar="RESULT",
              help="按上次的结果文件续传：已受理的不再发送 / go on with an earlier result file.")  # fmt: skip
@click.option("--result", type=click.Path(dir_okay=False, path_type=Path),
              help="结果文件（.csv 或 .xlsx），默认在表格旁 / the result file (.csv, .xlsx), by default beside the table.")  # fmt: skip
@click.option("--template", type=click.Path(dir_okay=False, path_type=Path), metavar="NEW.csv",
              help="生成此接口的空表格 / write an empty table for this interface.")  # fmt: skip
@click.option(
    "--set", "settings", multiple=True, metavar="列=值", help="每行相同的值 / a value for every row."
)
@click.option("--sheet", help="Excel 工作表，默认第一个 / sheet of the workbook.")
@click.option("--encoding", help="CSV 编码，默认自动识别 / encoding of a CSV.")
@click.option(
    "--partial",
    is_flag=True,
    help="有错误的行留下，其余照常发送 / send the good rows although others are wrong.",
)
@click.option(
    "--ignore-columns", is_flag=True, help="忽略接口没有的列 / leave out columns the interface does not have."
)
@click.option(
    "--rows-per-call",
    type=click.IntRange(1, 10_000),
    default=100,
    show_default=True,
    help="每次最多行数 / rows per message.",
)
@click.option(
    "--concurrency",
    type=click.IntRange(1, 100),
    default=8,
    show_default=True,
    help="同时发送几笔 / messages at once.",
)
@click.option("--resend-unknown", is_flag=True,
              help="已核实中心没有：结果未知的行也重发 / send rows of unknown fate again (you have looked).")  # fmt: skip
@click.option("--institution", help="机构编号（配置了多个时） / institution code.")
@click.option(
    "--config", type=click.Path(dir_okay=False), help="配置文件，默认 mi.toml / configuration file."
)
@click.option("--yes", is_flag=True, help="正式环境不再询问 / do not ask in production.")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON / print JSON.")
def upload(
    code: str, file: Path | None, dry_run: bool, retry: Path | None, result: Path | None, template: Path | None,
    settings: tuple[str, ...], sheet: str | None, encoding: str | None, partial: bool, ignore_columns: bool,
    rows_per_call: int, concurrency: int, resend_unknown: bool, institution: str | None, config: str | None, yes: bool,
    as_json: bool,
) -> None:  # fmt: skip
    """把表格 FILE（CSV 或 Excel）逐行上传到接口 CODE，每行一个结果。由住院生成结算清单（4101）用 mi settlement-list。

    Upload the table FILE (CSV or Excel) to interface CODE; every row gets its result.
    """
    from mi_core.uploads import Options, open_table

    if template is not None:
        _write_template(code, template, config, institution)
        return
    if file is None:
        raise click.UsageError(
            t("请给出表格文件，或用 --template 生成", "name a table, or write one with --template")
        )
    if retry is not None and result is not None and retry != result:
        raise click.UsageError(t("--retry 与 --result 只能用一个", "use --retry or --result, not both"))
    chosen = Options(
        constants=constants(settings), ignore_columns=ignore_columns, rows_per_call=rows_per_call, concurrency=concurrency,
        partial=partial, again=retry is not None, resend_unknown=resend_unknown,
    )  # fmt: skip
    table = open_table(file, encoding=encoding, sheet=sheet)
    if dry_run:
        report = _check(code, table, chosen, config, institution)
    else:
        where = retry or result or file.with_name(f"{file.stem}.{code}.result.csv")
        report = _send(code, table, where, chosen, config, institution, yes)
    if as_json:
        print_json(report_dict(report))
    else:
        show_report(report, dry_run=dry_run)
    if status := exit_of(report, dry_run=dry_run):
        raise SystemExit(status)


def constants(settings: tuple[str, ...]) -> dict[str, str]:
    """``--set NAME=VALUE`` as a dict."""
    pairs = [setting.partition("=") for setting in settings]
    for name, mark, _ in pairs:
        if not mark or not name:
            raise click.BadParameter(
                t(f"应为 列=值：{name}", f"must be COLUMN=VALUE: {name}"), param_hint="--set"
            )
    return {name.strip(): value for name, _, value in pairs}


def interface_of(code: str, config: str | None, institution: str | None) -> Any:
    """The interface as the institution speaks it; the base's where nothing is configured yet."""
    from mi_core.config import load_config
    from mi_core.errors import ConfigError
    from mi_core.interfaces import by_code
    from mi_core.uploads import uploadable

    try:
        find = load_config(config).institution(institution).interface
    except ConfigError:
        if config is not None or institution is not None:
            raise
        find = by_code
    try:
        interface = find(code)
    except KeyError:
        raise click.BadParameter(
            t(f"没有接口 {code}", f"there is no interface {code}"), param_hint="CODE"
        ) from None
    uploadable(interface)
    return interface


def _write_template(code: str, path: Path, config: str | None, institution: str | None) -> None:
    from mi_core.uploads import shape_of
    from mi_core.uploads import template as headings

    names = headings(shape_of(interface_of(code, config, institution)))
    try:
        with path.open("x", encoding="utf-8-sig", newline="") as file:
            csv.writer(file).writerow(names)
    except OSError as error:
        raise click.BadParameter(
            t(f"{path} 已存在", f"{path} exists already") if isinstance(error, FileExistsError)
            else t(f"无法写入 {path}：{error.strerror}", f"cannot write {path}: {error.strerror}"),
            param_hint="--template",
        ) from None  # fmt: skip
    click.echo(t(f"{path}：{len(names)} 列", f"{path}: {len(names)} columns"))


def _check(
    code: str, table: Table, options: Options, config: str | None, institution: str | None
) -> UploadReport:
    from mi_core.uploads import check

    return check(interface_of(code, config, institution), table, options)


def _send(
    code: str, table: Table, result: Path, options: Options, config: str | None, institution: str | None, yes: bool
) -> UploadReport:  # fmt: skip
    from mi_core.client import AsyncClient
    from mi_core.config import load_config
    from mi_core.uploads import upload as send_table

    settings = load_config(config, journal__recover=False)
    if settings.environment == "production" and not yes:
        confirm_change(t(f"{code} 表格 {table.name}", f"{code} table {table.name}"))

    async def run() -> UploadReport:
        async with AsyncClient(settings) as client:
            with _bar(code) as progress:
                return await send_table(
                    client, code, table, result, options, institution=institution, progress=progress
                )

    try:
        return asyncio.run(run())
    except KeyboardInterrupt:
        click.echo(
            t(f"已中断。续传（已受理的不再发送）：mi upload {code} … --retry {result}",
              f"interrupted; go on with: mi upload {code} … --retry {result}"),
            err=True,
        )  # fmt: skip
        raise


def _bar(code: str) -> Any:
    from mi_core.cli.progress import bar

    return bar(t(f"上传 {code}", f"uploading {code}"))


def exit_of(report: UploadReport, *, dry_run: bool = False) -> int:
    """0 all accepted; 3 wrong rows, 6 rows of unknown fate, 4 refused rows, 5 rows that were not sent."""
    counts = report.counts
    if counts.get("unknown"):
        return 6
    if report.problems:
        return WRONG_ROWS
    if counts.get("refused"):
        return 4
    return 0 if dry_run or report.complete else 5


def report_dict(report: UploadReport) -> dict[str, Any]:
    """The report as plain data."""
    return {
        "interface": report.interface, "rows": report.rows, "counts": report.counts, "complete": report.complete, "calls": report.calls,
        "left": report.left, "skipped": report.skipped, "unknown_lines": report.unknown,
        "result": None if report.result is None else str(report.result),
        "stopped": None if report.stopped is None else t(report.stopped.zh, report.stopped.en),
        "notes": [t(zh, en) for zh, en in report.notes],
        "problems": [{"line": p.number, "column": p.column, **p.problem.to_dict()} for p in report.problems],
    }  # fmt: skip


def show_notes(notes: Sequence[tuple[str, str]]) -> None:
    """What is no mistake and should be known of a table."""
    for zh, en in notes:
        click.secho(t(f"注意：{zh}", f"note: {en}"), fg="yellow", err=True)


def show_report(report: UploadReport, *, dry_run: bool = False) -> None:
    """For a person: what is wrong, how many in which state, which lines are unknown, and what to do next."""
    from mi_core.uploads import STATES

    lang = language()
    show_notes(report.notes)
    for problem in report.problems[:SHOWN]:
        click.secho(f"  - {problem.message(lang)}", fg="red")
    if len(report.problems) > SHOWN:
        more = len(report.problems) - SHOWN
        click.echo(t(f"  … 还有 {more} 处，见结果文件", f"  … {more} more, see the result file"))
    sent_nothing = report.problems and not set(report.counts) - {"invalid"}
    if dry_run or sent_nothing:
        click.echo(
            t(f"{report.interface}：{report.rows} 行，{report.wrong} 行有错误，未发送",
              f"{report.interface}: {report.rows} rows, {report.wrong} wrong, nothing was sent")
        )  # fmt: skip
    else:
        states = [f"{t(STATES[s], s)} {n}" for s, n in report.counts.items()]
        if report.left:
            states.append(t(f"未尝试 {report.left}", f"not tried {report.left}"))
        click.echo(
            t(f"{report.interface}：{report.rows} 行：", f"{report.interface}: {report.rows} rows: ")
            + t("，", ", ").join(states)
        )
    if report.stopped is not None:
        click.secho(t(f"提前停止：{report.stopped.zh}", f"ended early: {report.stopped.en}"), fg="red")
    if report.unknown:
        lines = ", ".join(map(str, report.unknown[:20])) + (" …" if len(report.unknown) > 20 else "")
        click.secho(
            t(f"结果未知的行：{lines}\n  → 先向中心查询这些行；确认没有后用 --resend-unknown 重发",
              f"lines of unknown fate: {lines}\n  -> look at the bureau first; where they are absent: --resend-unknown"),
            fg="red",
        )  # fmt: skip
    if report.result is not None:
        click.echo(t(f"结果：{report.result}", f"result: {report.result}"))
        if not report.complete:
            click.echo(
                t(f"  → 修改后续传：--retry {report.result}", f"  -> when corrected: --retry {report.result}")
            )
