"""``mi worker``: makes the calls that a HIS submitted to the database bridge, until it is stopped."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal

import attrs
import click

from mi_core.cli.text import t

__all__ = ["worker"]


@click.command(short_help="办理 HIS 数据库桥的请求 / serve the database bridge of a HIS")
@click.option(
    "--config", type=click.Path(dir_okay=False), help="配置文件，默认 mi.toml / configuration file."
)
@click.option(
    "--database", help="mysql://…、postgresql://…，代替 [bridge] database / instead of the configured one."
)
@click.option(
    "--concurrency", type=click.IntRange(1, 1000), help="同时办理的请求数 / requests at the same time."
)
@click.option("--once", is_flag=True, help="办完排队的请求后退出 / end when the queue is empty.")
@click.option(
    "--adopt-journal", is_flag=True,
    help="交易日志已整体迁移：此后以本机配置的为准 / the journal was moved as a whole: this is the one from now on.",
)  # fmt: skip
def worker(
    config: str | None, database: str | None, concurrency: int | None, once: bool, adopt_journal: bool
) -> None:
    """领取并办理请求，直到 Ctrl-C 或 SIGTERM；停止时在办的先办完。可同时运行多个，须共用一本交易日志。

    Claim and make calls until Ctrl-C or SIGTERM; what is under way is finished first. Several may run: they share one journal.
    """
    from mi_core.config import load_config
    from mi_core.worker.connecting import address_of

    settings = load_config(config)
    bridge = settings.bridge
    if database is not None:
        bridge = attrs.evolve(bridge, database=database)
    if concurrency is not None:
        bridge = attrs.evolve(bridge, concurrency=concurrency)
    settings = attrs.evolve(settings, bridge=bridge)
    address_of(bridge.database)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    asyncio.run(_work(settings, once, adopt_journal))


async def _work(settings: object, once: bool, adopt: bool) -> None:
    from mi_core.config import Config
    from mi_core.worker import BridgeClient, Queue, Worker
    from mi_core.worker.connecting import address_of

    assert isinstance(settings, Config)
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for name in ("SIGINT", "SIGTERM"):
        # a loop without signal handlers (Windows) gets KeyboardInterrupt instead
        with contextlib.suppress(NotImplementedError, AttributeError, ValueError):
            loop.add_signal_handler(getattr(signal, name), stop.set)
    address = address_of(settings.bridge.database)
    async with Queue.at(address) as queue, BridgeClient(settings) as client:
        here = Worker(client, queue, settings.bridge)
        click.echo(t(f"工作进程已启动：{address.shown}", f"working for {address.shown}"))
        await here.run(stop, adopt_journal=adopt, once=once)
        click.echo(t(f"已停止，共办结 {here.done} 条请求", f"stopped; {here.done} request(s) ended"))
