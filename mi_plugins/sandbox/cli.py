"""``mi sandbox``: a bureau on this machine, to develop and test against."""

from __future__ import annotations

import json
import sqlite3
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import attrs
import click

from mi_core.cli.text import print_json, print_table, t
from mi_core.errors import MiError
from mi_plugins.sandbox.cli_control import clock, interfaces, seed
from mi_plugins.sandbox.cli_trigger import trigger, waiting
from mi_plugins.sandbox.settings import MOODS, PROFILES

if TYPE_CHECKING:
    from mi_plugins.sandbox.faults import Fault

__all__ = ["sandbox"]


@click.group(
    invoke_without_command=True,
    short_help=t("在本机启动、操纵沙箱医保局", "a bureau on this machine: start and steer it"),
    help=t(
        "在本机启动沙箱医保局（网关与中心），人员与机构均为虚构。不带子命令即启动服务。"
        "运行中的沙箱由子命令操纵：trigger 触发故障与事件，waiting 列出等待中的事项，clock 拨时钟，seed 增加人员与机构；"
        "程序可用 /_control/（地址与令牌在启动时打印）。",
        "Start a bureau (gateway and centre) on this machine; people and institutions are invented. "
        "Without a subcommand it is started. A running one is steered by the subcommands: trigger (faults and events), waiting "
        "(what waits for one), clock, seed; programs use /_control/ (address and token are printed at the start).",
    ),
)
@click.option("--host", default="127.0.0.1", show_default=True, help=t("监听地址", "address to listen on"))
@click.option(
    "--port",
    default=8899,
    show_default=True,
    type=click.IntRange(0, 65535),
    help=t("端口，0 为任取空闲端口", "port; 0 takes a free one"),
)
@click.option(
    "--profile",
    "profiles",
    multiple=True,
    type=click.Choice(PROFILES),
    help=t(
        "显示该网关的地址与凭证，并打印其配置；各种网关总是同时可用。可重复给出",
        "show this gateway's address and credentials and print its configuration; all are served anyway. Repeatable",
    ),
)
@click.option(
    "--db",
    "database",
    default=":memory:",
    show_default=True,
    help=t("SQLite 文件，保留上次的数据", "SQLite file; keeps its data between runs"),
)
@click.option(
    "--seed", default=1, show_default=True, help=t("随机种子", "seed of generated people and replies")
)
@click.option(
    "--allow-repeats",
    is_flag=True,
    help=t(
        "重复的结算、撤销、入院照样再办一次（混沌测试用）",
        "execute a repeated settlement, refund or admission again (chaos tests)",
    ),
)
@click.option(
    "--acceptance",
    default=1800.0,
    show_default=True,
    type=click.FloatRange(0, min_open=True),
    help=t(
        "签名时间窗（秒），超出的报文由网关拒收",
        "seconds that a signed message is taken; older ones are refused",
    ),
)
@click.option(
    "--processing",
    type=click.FloatRange(0, min_open=True),
    help=t(
        "中心最长处理时间（秒），收到后超过此时间尚未办理的不再办理；不给则不限",
        "seconds after which the centre drops what it took and has not begun; no limit if not given",
    ),
)
@click.option(
    "--blank-setl-id",
    is_flag=True,
    help=t(
        "5203 的 setl_id 可为空，返回该次就诊的全部结算",
        "5203 takes an empty setl_id and tells all settlements of the visit",
    ),
)
@click.option(
    "--region",
    default="",
    help=t(
        "按该地区的文档（mi_plugins/regions 中的名称，或含 region.json 的文件夹）校验请求、组织答复",
        "check requests and shape replies by this region's documents (a name of mi_plugins/regions, or a folder)",
    ),
)
@click.option(
    "--mood",
    "moods",
    multiple=True,
    type=click.Choice(MOODS),
    help=t(
        '所有答复的写法：数值为字符串、infcode 为 "0"、空值为 ""、单行列表为对象、err_msg 为“成功”。可重复给出',
        'how every reply is written: numbers as strings, infcode "0", "" for null, a list of one as its row, '
        "err_msg with a word of success. Repeatable",
    ),
)
@click.option(
    "--stock",
    type=click.Choice(("warn", "refuse")),
    default="warn",
    show_default=True,
    help=t("库存不足仍出库：warn 受理并在控制台提示，refuse 拒绝",
           "goods that go out although less is there: taken with a remark on the console, or refused"),
)  # fmt: skip
@click.option(
    "--page-limit",
    type=click.IntRange(1),
    help=t("分页查询每页最多的行数，超出即拒绝", "largest page_size of queries; a larger one is refused"),
)
@click.option(
    "--notify",
    default="",
    metavar="URL",
    help=t(
        "把通知（7108、7109、6302、6204）推送到该地址，直至签收；其中 {institution} 代以机构编号",
        "push notifications (7108, 7109, 6302, 6204) there until acknowledged; {institution} stands for the code",
    ),
)
@click.option(
    "--catalogue-rows",
    default=200_000,
    show_default=True,
    type=click.IntRange(20, 5_000_000),
    help=t(
        "药品目录（1301）的条数，其他目录按比例",
        "entries of the drug catalogue (1301); the others are in proportion",
    ),
)
@click.option(
    "--faults",
    "faults_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help=t("启动时即生效的故障（JSON 列表）", "faults that are on from the start (a JSON list)"),
)
@click.option(
    "--scenario",
    "scenario_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help=t(
        "场景文件（TOML）：人员、机构、写法与故障", "scenario (TOML): people, institutions, moods and faults"
    ),
)
@click.option(
    "--control-token",
    help=t(
        "故障控制令牌，不给则每次启动随机",
        "token of the control endpoints; random at each start if not given",
    ),
)
@click.option(
    "--require-sign-in", is_flag=True, help=t("未签到的交易一律拒绝", "refuse calls without a sign-in number")
)
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help=t("启动信息输出为一行 JSON", "announce itself as one line of JSON"),
)
@click.option(
    "--exit-with-parent", is_flag=True, help=t("标准输入关闭时退出", "stop when standard input closes")
)
@click.pass_context
def sandbox(
    context: click.Context,
    host: str,
    port: int,
    profiles: tuple[str, ...],
    database: str,
    seed: int,
    allow_repeats: bool,
    acceptance: float,
    processing: float | None,
    blank_setl_id: bool,
    region: str,
    moods: tuple[str, ...],
    stock: Literal["warn", "refuse"],
    page_limit: int | None,
    notify: str,
    catalogue_rows: int,
    faults_file: Path | None,
    scenario_file: Path | None,
    control_token: str | None,
    require_sign_in: bool,
    as_json: bool,
    exit_with_parent: bool,
) -> None:
    """Serve until interrupted."""
    if context.invoked_subcommand is not None:
        return
    from mi_plugins.sandbox.announce import announcement, announcement_text
    from mi_plugins.sandbox.server import run
    from mi_plugins.sandbox.settings import Settings

    def started(url: str, settings: Settings) -> None:
        if as_json:
            sys.stdout.write(
                json.dumps(announcement(url, settings, profiles or ("csb",)), ensure_ascii=False) + "\n"
            )
        else:
            sys.stdout.write(announcement_text(url, settings, profiles) + "\n")
        sys.stdout.flush()

    settings = Settings(
        database=database, seed=seed, require_sign_in=require_sign_in, allow_repeats=allow_repeats,
        acceptance=acceptance, processing=processing, blank_setl_id=blank_setl_id,
        region=region, moods=frozenset(moods), stock=stock, page_limit=page_limit, notify=notify,
        catalogue_rows=catalogue_rows,
    )  # fmt: skip
    if control_token is not None:
        settings = attrs.evolve(settings, control_token=control_token)
    faults = [] if faults_file is None else _faults(faults_file)
    if scenario_file is not None:
        from mi_plugins.sandbox.scenario import read_scenario

        scenario = read_scenario(scenario_file)
        settings = scenario.apply(settings)
        faults += scenario.faults
    try:
        run(host, port, settings, started=started, exit_with_parent=exit_with_parent, faults=faults)
    except OSError as error:
        raise MiError(
            f"无法监听 {host}:{port}：{error}", f"cannot listen on {host}:{port}: {error}",
            hint_zh="换一个端口，例如 --port 0", hint_en="choose another port, e.g. --port 0",
        ) from error  # fmt: skip
    except sqlite3.Error as error:
        raise MiError(
            f"无法使用数据库 {database}：{error}", f"cannot use the database {database}: {error}",
            hint_zh="检查 --db 的路径与权限，或换一个新文件", hint_en="check the path of --db, or choose a new file",
        ) from error  # fmt: skip


def _faults(path: Path) -> list[Fault]:
    from mi_plugins.sandbox.faults import Fault

    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return [Fault.from_json(one) for one in (content if isinstance(content, list) else [content])]
    except ValueError as error:
        zh = getattr(error, "zh", str(error))  # a WrongOrder says it in both languages
        raise MiError(
            f"故障文件 {path} 无法使用：{zh}", f"cannot use the faults of {path}: {error}",
            hint_zh="格式见 POST /_control/faults", hint_en="the format is that of POST /_control/faults",
        ) from error  # fmt: skip


@sandbox.command(help=t("列出沙箱的测试人员。", "List the documented people of the sandbox."))
@click.option("--json", "as_json", is_flag=True, help=t("输出 JSON", "print JSON"))
def persons(as_json: bool) -> None:
    """The ten people, each one situation."""
    from mi_plugins.sandbox.announce import persons_table

    people = persons_table()
    if as_json:
        print_json(people)
        return
    print_table(
        t("沙箱测试人员（均为虚构）", "people of the sandbox (all invented)"),
        [
            (t("人员编号\n证件号码", "psn_no\ncertno"), {"no_wrap": True}),
            (t("姓名\n社保卡号、识别码\n电子凭证令牌", "name\ncard_no, card_sn\ntoken"), {"no_wrap": True}),
            t("参保\n情形", "insured\nsituation"),
        ],
        [
            (
                f"{p['psn_no']}\n{p['certno']}",
                f"{p['psn_name']}\n{p['card_no']}\n{p['card_sn']}\n{p['token']}",
                ", ".join(f"{i['insutype']}@{i['insuplc_admdvs']}" for i in p["insurances"])
                + "\n" + t(p["situation"], p["situation_en"]),
            )
            for p in people
        ],
    )  # fmt: skip


for _command in (clock, trigger, waiting, seed, interfaces):
    sandbox.add_command(_command)
