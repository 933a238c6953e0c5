"""``mi db``: the schema of the operation log's database."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import click

from mi_core.cli.text import print_json, t
from mi_core.errors import ConfigError

__all__ = ["db"]

_config = click.option(
    "--config", type=click.Path(dir_okay=False), help="配置文件，默认 mi.toml / configuration file."
)
_url = click.option("--url", help="sqlite:///文件，代替配置中的 / instead of the configured one.")


@click.group(short_help="操作日志数据库 / the operation log's database")
def db() -> None:
    """建立、升级、查看操作日志数据库。

    Create, upgrade and inspect the database of the operation log.
    """


@db.command()
@_config
@_url
def upgrade(config: str | None, url: str | None) -> None:
    """升级到最新结构（先备份） / bring the schema up to date (back it up first)."""
    path = _path(config, url)
    before, after = _migrations().upgrade(path)
    if before == after:
        click.echo(t(f"{path}：已是最新结构 {after}", f"{path}: up to date at {after}"))
    else:
        click.echo(f"{path}: {before or '-'} -> {after}")


@db.command()
@_config
@_url
@click.option("--json", "as_json", is_flag=True, help="输出 JSON / print JSON.")
def status(config: str | None, url: str | None, as_json: bool) -> None:
    """查看结构版本；不是最新时退出码为 1 / show the revision; exit code 1 when it is not the newest."""
    path = _path(config, url)
    migrations = _migrations()
    revision = migrations.current(path)
    if as_json:
        print_json(
            {
                "path": str(path),
                "revision": revision,
                "needed": migrations.HEAD,
                "current": revision == migrations.HEAD,
            }
        )
    elif revision == migrations.HEAD:
        click.echo(t(f"{path}：已是最新结构 {revision}", f"{path}: up to date at {revision}"))
    else:
        click.echo(
            t(
                f"{path}：结构版本 {revision or '（尚未建立）'}，需要 {migrations.HEAD}；运行 mi db upgrade",
                f"{path}: at {revision or '(none)'}, needs {migrations.HEAD}; run: mi db upgrade",
            )
        )
    if revision != migrations.HEAD:
        raise SystemExit(1)


def _migrations() -> Any:
    """The store's own migrations; by name, because the core does not import plugins."""
    return import_module("mi_plugins.stores.migrate")


def _path(config: str | None, url: str | None) -> Path:
    from mi_core.config import load_config

    target = url or load_config(config).store.operation_log
    if not target.startswith("sqlite:///"):
        raise ConfigError(
            f"操作日志 {target} 没有数据库", f"the operation log {target} has no database",
            hint_zh='在 mi.toml 的 [store] 中设 operation_log = "sqlite:///mi.db"，或用 --url',
            hint_en='set operation_log = "sqlite:///mi.db" in [store], or use --url',
        )  # fmt: skip
    return Path(target.removeprefix("sqlite:///"))
