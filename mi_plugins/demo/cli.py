"""``mi demo``: start the sandbox, run the visit, show it, prove the balances."""

from __future__ import annotations

import asyncio
import datetime as dt
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mi_core.cli.exits import EPILOG
from mi_core.cli.text import console, print_json, print_table, t
from mi_core.errors import MiError
from mi_plugins.demo.configuration import sandbox_config as _sandbox_config
from mi_plugins.demo.flows import FLOWS
from mi_plugins.demo.sandbox_process import running_sandbox

if TYPE_CHECKING:
    from mi_plugins.demo.flows.stage import FlowReport
    from mi_plugins.demo.visit import Step, VisitReport

__all__ = ["demo"]


@click.command(
    short_help=t(
        "对着沙箱演示就诊与各业务流程：门诊、住院、药店、备案、电子处方、移动支付、目录、HIS 桥",
        "the sandbox shows whole businesses: visit, stay, pharmacy, filings, e-prescription, mobile payment, catalogues, bridge",
    ),
    epilog=EPILOG,
    help=t(
        "演示：启动本机沙箱医保局，跑完一次门诊就诊（1101→2001→2201→2203→2204→2206→2207→5203→2208），"
        "再丢失一次结算的答复并查明结果，证明各项金额相等。--flow 改为演示一个业务流程：",
        "A whole outpatient visit against the sandbox on this machine, a settlement whose answer is lost and found out, "
        "and the balances proven equal. --flow shows a whole business instead:",
    )
    + "\n\n\b\n"
    + "\n".join(f"{name:14}{t(*what)}" for name, what in FLOWS.items()),
)
@click.option("--json", "as_json", is_flag=True, help=t("输出 JSON", "print JSON"))
@click.option(
    "--flow",
    type=click.Choice(sorted(FLOWS)),
    help=t("改为演示一个业务流程（见上）", "show one flow instead (listed above)"),
)
@click.option(
    "--database",
    help=t("bridge 演示用的空库：mysql://…、postgresql://…；不给则自行启动 MariaDB",
           "an empty database for the flow bridge; without it a MariaDB is started"),
)  # fmt: skip
@click.option("--seed", default=1, show_default=True, help=t("沙箱随机种子", "seed of the sandbox"))
def demo(as_json: bool, flow: str | None, database: str | None, seed: int) -> None:
    """Exits non-zero when an identity does not hold."""
    if flow is not None:
        _show_flow(flow, as_json, seed, database)
        return
    with running_sandbox(seed) as sandbox, tempfile.TemporaryDirectory(prefix="mi-demo-") as folder:
        if not as_json:
            click.echo(t(f"沙箱已启动：{sandbox['url']}", f"sandbox: {sandbox['url']}"))
            with _StepTable() as table:
                report = asyncio.run(_visit(sandbox, Path(folder), table.add))
        else:
            report = asyncio.run(_visit(sandbox, Path(folder), lambda _step: None))
    if as_json:
        print_json({
            "steps": [step.to_dict() for step in report.steps],
            "identities": [item.to_dict() for item in report.identities],
            "proven": report.proven,
        })  # fmt: skip
    else:
        _show_identities(report)
    if not report.proven:
        raise MiError("演示中有金额不相等，见上表", "an identity of the demo does not hold, see the table")


def _show_flow(name: str, as_json: bool, seed: int, database: str | None) -> None:
    from mi_plugins.demo.flow_table import FlowTable
    from mi_plugins.demo.flows import run
    from mi_plugins.demo.flows.stage import Stage

    with running_sandbox(seed) as sandbox, tempfile.TemporaryDirectory(prefix="mi-demo-") as folder:
        stage = Stage(sandbox, Path(folder), database=database)
        if as_json:
            report = asyncio.run(run(name, stage))
        else:
            click.echo(t(f"沙箱已启动：{sandbox['url']}", f"sandbox: {sandbox['url']}"))
            with FlowTable(t(*FLOWS[name])) as table:
                stage.shown = table.add
                report = asyncio.run(run(name, stage))
    if as_json:
        print_json({
            "flow": name, "steps": [step.to_dict() for step in report.steps],
            "identities": [item.to_dict() for item in report.identities], "proven": report.proven,
        })  # fmt: skip
    else:
        _show_identities(report)
    if not report.proven:
        raise MiError("演示中有金额不相等，见上表", "an identity of the demo does not hold, see the table")


async def _visit(sandbox: dict[str, Any], folder: Path, shown: Callable[[Step], None]) -> VisitReport:
    import aiohttp

    from mi_core import AsyncClient
    from mi_core.types import CHINA_TIME
    from mi_plugins.demo.visit import run_visit
    from mi_plugins.sandbox.persons import DOCUMENTED

    journal = '\n[journal]\npath = "mi.journal.db"\n'
    config = _sandbox_config(sandbox["config_toml"] + journal, folder / "mi.toml")
    now = dt.datetime.now(CHINA_TIME).replace(tzinfo=None, microsecond=0)

    async def lose() -> None:
        """Tell the sandbox to settle once more and to keep its answer to itself."""
        header = {sandbox["control_header"]: sandbox["control_token"]}
        fault = {"infno": "2207", "fault": "drop_after"}
        async with (
            aiohttp.ClientSession(headers=header) as session,
            session.post(f"{sandbox['control_url']}/faults", json=fault) as reply,
        ):
            reply.raise_for_status()

    async with AsyncClient(config) as mi:
        return await run_visit(mi, DOCUMENTED[0], sandbox["institution"], now, shown, lose)


AMOUNTS = ("医疗费总额", "基金", "账户", "现金", "账户余额")
AMOUNTS_EN = ("total", "fund", "account", "cash", "balance")
NOTES_EN = {
    "参保人": "insured", "险种": "insurance", "可享待遇": "benefits", "就诊ID": "visit", "诊断": "diagnosis", "明细": "rows",
    "费用合计": "uploaded", "医院负担": "hospital", "结算ID": "settlement", "退费结算ID": "refund",
    "查证": "found by", "答复": "answer",
}  # fmt: skip


def _label(label: str) -> str:
    return t(label, NOTES_EN[label])


class _StepTable:
    """The steps as they happen, one row each; amounts in yuan."""

    def __init__(self) -> None:
        from rich.live import Live
        from rich.table import Table

        self.table = Table(
            title=t("一次门诊就诊（金额：元）", "an outpatient visit (yuan)"), title_justify="left"
        )
        self.table.add_column(t("接口", "interface"), overflow="fold")
        for zh, en in zip(AMOUNTS, AMOUNTS_EN, strict=True):
            self.table.add_column(t(zh.removeprefix("医疗费"), en), justify="right", no_wrap=True)
        self.console = console()
        self.live = Live(self.table, console=self.console, refresh_per_second=8)

    def __enter__(self) -> _StepTable:
        self.live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.live.stop()
        if (
            not self.console.is_terminal
        ):  # rich ends the table without a line break when it is written to a file
            self.console.print()

    def add(self, step: Step) -> None:
        """One more step."""
        amounts = {**step.amounts}
        columns = [f"{amounts.pop(name):,.2f}" if name in amounts else "" for name in AMOUNTS]
        notes = [f"{_label(label)} {amount:,.2f}" for label, amount in amounts.items()]
        notes += [f"{_label(label)} {note}" for label, note in step.notes.items()]
        if step.elapsed is not None:
            notes.append(f"{step.elapsed * 1000:.0f} ms")
        self.table.add_row(f"{step.code} {step.title}\n[dim]{'  '.join(notes)}[/dim]", *columns)


def _show_identities(report: VisitReport | FlowReport) -> None:
    right = {"justify": "right"}
    print_table(
        t("核对（金额：元）", "identities (amounts in yuan)"),
        [t("等式", "identity"), (t("左", "left"), right), (t("右", "right"), right), t("结果", "result")],
        [
            (t(item.zh, item.en), *item.shown, t("相等", "equal") if item.holds else t("不等", "NOT equal"))
            for item in report.identities
        ],
        caption=t("全部相等" if report.proven else "有不相等的项", "all equal" if report.proven else "some do not hold"),
    )  # fmt: skip
