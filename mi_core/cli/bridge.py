"""``mi bridge``: the tables, procedures and views through which a HIS submits requests without any program of its own."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import click

from mi_core.cli.text import print_json, print_table, t
from mi_core.errors import ConfigError

__all__ = ["bridge", "bridge_settings"]

_config = click.option(
    "--config", type=click.Path(dir_okay=False), help="配置文件，默认 mi.toml / configuration file."
)
_database = click.option(
    "--database", help="mysql://…、postgresql://…，代替 [bridge] database / instead of the configured one."
)
_json = click.option("--json", "as_json", is_flag=True, help="输出 JSON / print JSON.")


@click.group(
    short_help="HIS 数据库桥：建立、状态、脚本 / the database bridge for a HIS",
    help=t(
        "HIS 调用 sp_medical_insurance_call 提交请求，mi worker 办理，HIS 查询 v_medical_insurance_result。"
        "result_status：PROCESSING 办理中；SUCCESS 成功；BUSINESS_ERROR 被拒绝或输入有误，未生效，改正后可重新提交；"
        "SYSTEM_ERROR 未生效，可重新提交；IN_DOUBT 结果待查，不要重复提交，查明后自动变为上述之一。"
        "选项（JSON）：institution、insuplc_admdvs、operator {id,name}、operation_key（本单编号，2304、2102 等同一就诊可多次的业务"
        "请给出）、deadline（秒）、amounts_accepted。HIS 须提交事务后再轮询。",
        "A HIS submits by sp_medical_insurance_call, mi worker makes the call, the HIS reads v_medical_insurance_result. "
        "result_status: PROCESSING; SUCCESS; BUSINESS_ERROR (refused or wrong input: nothing was done, correct it and submit "
        "again); SYSTEM_ERROR (nothing was done, submit again); IN_DOUBT (do not submit again: it becomes one of the others by "
        "itself). Options (JSON): institution, insuplc_admdvs, operator {id,name}, operation_key (your bill number: give it "
        "where a visit may be settled several times, 2304 and 2102), deadline (seconds), amounts_accepted. "
        "Commit before you poll.",
    ),
)
def bridge() -> None:
    """The group."""


@bridge.command()
@_config
@_database
def install(config: str | None, database: str | None) -> None:
    """建立或更新表、存储过程与视图；数据保留 / make or renew tables, routines and views; data stay."""
    from mi_core.worker.connecting import address_of, connected
    from mi_core.worker.scripts import install as run

    address = address_of(bridge_settings(config, database).database)

    async def work() -> Any:
        async with connected(address) as connection:
            return await run(connection)

    server = asyncio.run(work())
    version = ".".join(map(str, server.version))
    click.echo(
        t(f"已在 {address.shown}（{server.name} {version}）建立；下一步：mi bridge sql --grants 授权，mi worker 启动",
          f"installed at {address.shown} ({server.name} {version}); next: mi bridge sql --grants, then mi worker")
    )  # fmt: skip
    if server.lost:
        zh = "重建存储过程收回了授权，且本账号不能授回；请管理员执行："
        en = "procedures were made anew, which took rights away that this account cannot give; an administrator runs:"
        click.echo(t(zh, en), err=True)
        click.echo("\n".join(one if one.startswith("--") else f"{one};" for one in server.lost), err=True)


@bridge.command()
@_config
@_database
@_json
def status(config: str | None, database: str | None, as_json: bool) -> None:
    """排队、办理、待查的请求与工作进程；有积压而无工作进程时退出码为 1 / what waits, and who works; exit code 1 when nobody does."""
    from mi_core.worker.connecting import address_of, connected
    from mi_core.worker.overview import look

    address = address_of(bridge_settings(config, database).database)

    async def work() -> Any:
        async with connected(address) as connection:
            return await look(connection)

    found = asyncio.run(work())
    if as_json:
        print_json(found.to_dict())
    else:
        print_table(
            t(f"HIS 数据库桥 {address.shown}", f"bridge at {address.shown}"),
            [t("状态", "status"), (t("请求数", "requests"), {"justify": "right"}), t("最早提交", "oldest")],
            [(name, count, oldest) for name, count, oldest in found.statuses],
        )
        print_table(
            t("工作进程", "workers"),
            [
                t("主机", "host"),
                t("进程", "pid"),
                t("启动", "since"),
                (t("办理中", "in hand"), {"justify": "right"}),
            ],
            [(w.host, w.pid, w.start_time, w.requests) for w in found.workers],
            caption=t("交易日志：", "journal: ") + (found.journal_place or "-"),
        )
    if found.stuck:
        raise SystemExit(1)


@bridge.command()
@_config
@click.option(
    "--dialect", type=click.Choice(["mysql", "postgresql", "sqlserver"]),
    help="数据库种类；默认按 [bridge] database / kind of database; default: the configured one.",
)  # fmt: skip
@click.option("--grants", is_flag=True, help="输出授权脚本 / print the script of rights instead.")
@click.option(
    "--his-user",
    default="his",
    show_default=True,
    help="HIS 账号，MySQL 可写 用户@主机 / account of the HIS.",
)
@click.option(
    "--worker-user", default="mi_worker", show_default=True, help="工作进程账号 / account of the workers."
)
def sql(config: str | None, dialect: str | None, grants: bool, his_user: str, worker_user: str) -> None:
    """输出建立或授权的 SQL 脚本，供管理员自行执行 / print the SQL script, for an administrator to run."""
    from mi_core.worker import scripts

    if dialect is None:
        from mi_core.worker.connecting import address_of

        database = bridge_settings(config, None).database
        if not database:
            raise click.UsageError(
                t(
                    "没有配置 [bridge] database，请用 --dialect 指明数据库种类",
                    "no [bridge] database: name its kind with --dialect",
                )
            )
        address = address_of(database)
        dialect = "postgresql" if address.postgresql else "mysql"
    text = scripts.grants(dialect, his_user, worker_user) if grants else scripts.script(dialect)
    sys.stdout.write(text)


@bridge.command()
@_config
@_database
@click.option("--keep-days", type=click.IntRange(1), required=True, help="保留天数 / days to keep.")
def clean(config: str | None, database: str | None, keep_days: int) -> None:
    """删除早于保留天数的已办结请求；待查的不删 / delete old finished requests; what is in doubt stays."""
    from mi_core.worker import Queue
    from mi_core.worker.connecting import address_of

    address = address_of(bridge_settings(config, database).database)

    async def work() -> int:
        total = 0
        async with Queue.at(address) as queue:
            while deleted := await queue.clean(keep_days):
                total += deleted
        return total

    total = asyncio.run(work())
    click.echo(t(f"已删除 {total} 条请求及其结果", f"{total} request(s) deleted with their results"))


def bridge_settings(config: str | None, database: str | None) -> Any:
    """``[bridge]``, with ``--database`` in place of its address; without a configuration ``--database`` is enough."""
    import attrs

    from mi_core.config import BridgeSettings, load_config
    from mi_core.config.load import source_of

    if database is not None and config is None and source_of(None) is None:
        return BridgeSettings(database=database)
    try:
        found = load_config(config).bridge
    except ConfigError:
        if database is None:
            raise
        return BridgeSettings(database=database)
    return found if database is None else attrs.evolve(found, database=database)
