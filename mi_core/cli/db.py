"""``mi db``: the schema, the months and the business tables of the operation log's database."""

from __future__ import annotations

import asyncio
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from mi_core.cli.text import print_json, t
from mi_core.errors import ConfigError, MiError

__all__ = ["db", "store_part", "target"]

_config = click.option(
    "--config", type=click.Path(dir_okay=False), help="配置文件，默认 mi.toml / configuration file."
)
_url = click.option(
    "--url", help="sqlite:///文件、mysql://…、postgresql://…，代替配置中的 / instead of the configured one."
)
_key = click.option(
    "--key-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="密钥文件，代替配置中的 / key file of the log.",
)
_json = click.option("--json", "as_json", is_flag=True, help="输出 JSON / print JSON.")


@click.group(short_help="操作日志数据库 / the operation log's database")
def db() -> None:
    """建立、升级、检查、维护操作日志数据库。

    Create, upgrade, check and maintain the database of the operation log.
    """


@db.command()
@_config
@_url
def upgrade(config: str | None, url: str | None) -> None:
    """升级到最新结构（先备份） / bring the schema up to date (back it up first)."""
    address, _ = target(config, url)
    before, after = asyncio.run(store_part("schema").upgrade(address))
    if before == after:
        click.echo(t(f"{_shown(address)}：已是最新结构 {after}", f"{_shown(address)}: up to date at {after}"))
    else:
        click.echo(f"{_shown(address)}: {before or '-'} -> {after}")


@db.command()
@_config
@_url
@_json
def status(config: str | None, url: str | None, as_json: bool) -> None:
    """查看结构版本；不是最新时退出码为 1 / show the revision; exit code 1 when it is not the newest."""
    address, _ = target(config, url)
    revision = asyncio.run(store_part("schema").status(address))
    head = import_module("mi_plugins.stores.migrate").HEAD
    shown, current = _shown(address), revision == head
    if as_json:
        print_json({"path": shown, "revision": revision, "needed": head, "current": current})
    elif current:
        click.echo(t(f"{shown}：已是最新结构 {revision}", f"{shown}: up to date at {revision}"))
    else:
        click.echo(
            t(
                f"{shown}：结构版本 {revision or '（尚未建立）'}，需要 {head}；运行 mi db upgrade",
                f"{shown}: at {revision or '(none)'}, needs {head}; run: mi db upgrade",
            )
        )
    if not current:
        raise SystemExit(1)


@db.command()
@_config
@_url
@_key
@_json
def check(config: str | None, url: str | None, key_file: Path | None, as_json: bool) -> None:
    """检查连接、版本、字符集、权限、密钥、分区、缓冲；有问题时退出码为 1 / check everything; exit code 1 if something is wrong."""
    address, key = target(config, url, key_file)

    async def ask() -> list[Any]:
        return [checked async for checked in store_part("health").check(address, key)]

    found = asyncio.run(ask())
    if as_json:
        print_json(
            [
                {
                    "check": c.en,
                    "ok": c.error is None,
                    "note": c.note,
                    "problem": c.error and c.error.message(),
                }
                for c in found
            ]
        )
    for checked in () if as_json else found:
        name = t(checked.zh, checked.en)
        click.echo(
            f"✓ {name}  {checked.note}" if checked.error is None else f"✗ {name}  {checked.error.message()}"
        )
    if any(checked.error is not None for checked in found):
        raise SystemExit(1)


@db.command()
@_config
@_url
@click.option(
    "--ahead",
    type=click.IntRange(1, 36),
    default=3,
    show_default=True,
    help="预建今后几个月 / months to make ahead.",
)
@click.option(
    "--keep-months",
    type=int,
    help="删除早于此月数的分区；默认不删 / drop months older than this; default: drop none.",
)
@_json
def maintain(config: str | None, url: str | None, ahead: int, keep_months: int | None, as_json: bool) -> None:
    """预建月份分区，删除过期月份（不低于保留下限） / make the next months, drop expired ones above the retention floor."""
    address, _ = target(config, url)
    done = asyncio.run(store_part("partitions").maintain(address, ahead=ahead, keep=keep_months))
    if as_json:
        print_json({"made": done.made, "dropped": done.dropped, "rows": done.rows})
        return
    click.echo(
        t(f"新建月份：{'、'.join(done.made) or '无'}", f"months made: {', '.join(done.made) or 'none'}")
    )
    click.echo(
        t(
            f"删除月份：{'、'.join(done.dropped) or '无'}",
            f"months dropped: {', '.join(done.dropped) or 'none'}",
        )
    )
    if done.rows:
        click.echo(t(f"删除行数：{done.rows}", f"rows deleted: {done.rows}"))


@db.command()
@_config
@_url
@_key
@click.option(
    "--rebuild", is_flag=True, help="从日志重建六张业务表 / make the six business tables anew from the log."
)
@_json
def project(config: str | None, url: str | None, key_file: Path | None, rebuild: bool, as_json: bool) -> None:
    """业务表 / the business tables."""
    if not rebuild:
        raise click.UsageError(t("请加 --rebuild", "give --rebuild"))
    address, key = target(config, url, key_file)
    sealer = store_part("keys").existing_sealer(address, key)
    counts = asyncio.run(store_part("rebuild").rebuild(address, sealer))
    if as_json:
        print_json(counts)
        return
    for name, count in counts.items():
        click.echo(f"{name}: {count}")


def store_part(name: str) -> Any:
    """A module of the store's own package; by name, because the core does not import plugins."""
    return import_module(f"mi_plugins.stores.sql.{name}")


def target(config: str | None, url: str | None, key_file: Path | None = None) -> tuple[Any, Path | None]:
    """The log's address and its configured key file; raises ``ConfigError``."""
    text, key = url, key_file
    if text is None:
        from mi_core.config import load_config

        store = load_config(config).store
        text, key = store.operation_log, key_file or store.key_file
    if "://" not in text:
        raise ConfigError(
            f"操作日志 {text} 没有数据库", f"the operation log {text} has no database",
            hint_zh='在 mi.toml 的 [store] 中设 operation_log = "sqlite:///mi.db"，或用 --url',
            hint_en='set operation_log = "sqlite:///mi.db" in [store], or use --url',
        )  # fmt: skip
    try:
        return store_part("address").Address.read(text), key
    except MiError:
        raise
    except ImportError as error:
        raise ConfigError(
            f"缺少组件：{error}", f"a component is missing: {error}",
            hint_zh="pip install 'mi-core[all]'", hint_en="pip install 'mi-core[all]'",
        ) from error  # fmt: skip


def _shown(address: Any) -> str:
    return str(address.shown if address.server else address.file)
