"""``mi serve``: the local HTTP API, its tokens, its documents."""

from __future__ import annotations

import datetime as dt
import logging
from typing import TYPE_CHECKING, Any

import attrs
import click

from mi_core.cli.exits import EPILOG
from mi_core.cli.text import print_json, print_table, t

if TYPE_CHECKING:
    from mi_core.serve.tokens import TokenFile

__all__ = ["serve"]

_CONFIG = click.option(
    "--config", type=click.Path(dir_okay=False), help="配置文件，默认 mi.toml / configuration file."
)


@click.group(
    short_help="供其他程序调用的 HTTP 接口 / the local HTTP API", invoke_without_command=True, epilog=EPILOG
)
@_CONFIG
@click.option("--host", help="监听地址，代替配置中的 / address instead of the configured one.")
@click.option(
    "--port", type=click.IntRange(0, 65535), help="端口，0 为任一空闲端口 / port, 0 takes a free one."
)
@click.option(
    "--json", "as_json", is_flag=True, help="启动后输出一行 JSON / print one line of JSON when it listens."
)
@click.pass_context
def serve(ctx: click.Context, config: str | None, host: str | None, port: int | None, as_json: bool) -> None:
    """启动 HTTP 接口服务，按 Ctrl-C 停止（等在途业务结束）。先用 mi serve token new 生成令牌。

    Run the HTTP API until Ctrl-C; calls under way are waited for. Make a token first: mi serve token new.
    """
    ctx.obj = config
    if ctx.invoked_subcommand is not None:
        return
    from mi_core.config import load_config
    from mi_core.serve.server import serve as run

    settings = load_config(config)
    given: dict[str, Any] = {
        name: value for name, value in (("host", host), ("port", port)) if value is not None
    }
    settings = attrs.evolve(settings, serve=attrs.evolve(settings.serve, **given))
    log_to_stderr()

    def started(url: str) -> None:
        if as_json:
            print_json_line({"url": url, "institutions": list(settings.institutions)})
        else:
            click.echo(t(f"接口服务：{url}，说明与试用：{url}/docs。按 Ctrl-C 停止",
                         f"serving {url}, documentation: {url}/docs. Ctrl-C stops it"))  # fmt: skip

    run(settings, started)


def log_to_stderr() -> None:
    """One line per request on standard error, in China's time with its offset, wherever the machine's clock stands."""
    import sys

    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_ChinaTime("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger("mi_serve").setLevel(logging.INFO)


class _ChinaTime(logging.Formatter):
    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802  # the base class's name
        from mi_core.types import CHINA_TIME

        return dt.datetime.fromtimestamp(record.created, CHINA_TIME).isoformat(" ", "milliseconds")


def print_json_line(value: dict[str, Any]) -> None:
    """One line, at once: who started us reads it."""
    import json

    click.echo(json.dumps(value, ensure_ascii=False))


@serve.group("token", short_help="令牌 / tokens")
def token() -> None:
    """生成、列出、吊销令牌。文件中只存散列。

    Make, list and revoke tokens; only their hashes are kept.
    """


@token.command("new")
@click.argument("name")
@click.option(
    "--role", "roles", multiple=True, required=True, type=click.Choice(["operator", "finance", "auditor", "administrator"]),
    help="角色，可多个 / role, may be repeated.",
)  # fmt: skip
@click.option("--institution", "institutions", multiple=True, required=True, metavar="CODE",
              help="机构编号，可多个；* 为全部 / institution, may be repeated; * for all.")  # fmt: skip
@click.option("--expires", type=click.DateTime(["%Y-%m-%d"]), help="有效期至（含） / last day.")
@_CONFIG
@click.option("--json", "as_json", is_flag=True, help="输出 JSON / print JSON.")
@click.pass_context
def new(
    ctx: click.Context, name: str, roles: tuple[str, ...], institutions: tuple[str, ...], expires: dt.datetime | None,
    config: str | None, as_json: bool,
) -> None:  # fmt: skip
    """为程序、收费台或人员 NAME 生成令牌，只显示一次 / make a token for NAME; it is shown once."""
    file, settings = _file(ctx, config)
    for code in institutions:
        if code != "*":
            settings.institution(code)
    made, secret = file.new(name, roles, institutions, expires=None if expires is None else expires.date())
    if as_json:
        print_json({**_shown(made), "token": secret})
        return
    click.echo(secret)
    click.echo(t(f"令牌 {made.id}（{made.name}）已记入 {file.path}，以上内容不会再显示",
                 f"token {made.id} ({made.name}) is in {file.path}; it is not shown again"), err=True)  # fmt: skip


@token.command("list")
@_CONFIG
@click.option("--json", "as_json", is_flag=True, help="输出 JSON / print JSON.")
@click.pass_context
def list_tokens(ctx: click.Context, config: str | None, as_json: bool) -> None:
    """列出令牌（不含其内容） / list tokens, never their secrets."""
    file, _ = _file(ctx, config)
    rows = [_shown(one) for one in file.tokens()]
    if as_json:
        print_json(rows)
        return
    heads = [
        t("编号", "id"),
        t("名称", "name"),
        t("角色", "roles"),
        t("机构", "institutions"),
        t("生成时间", "made"),
        t("有效期至", "until"),
    ]
    print_table("", heads, [
        (r["id"], r["name"], "、".join(r["roles"]), "、".join(r["institutions"]), r["created"], r["expires"]) for r in rows
    ])  # fmt: skip


@token.command()
@click.argument("which")
@_CONFIG
@click.pass_context
def revoke(ctx: click.Context, which: str, config: str | None) -> None:
    """吊销令牌（编号或名称），运行中的服务立即生效 / revoke a token by id or name, at once."""
    file, _ = _file(ctx, config)
    gone = file.revoke(which)
    click.echo(t(f"已吊销 {gone.id}（{gone.name}）", f"revoked {gone.id} ({gone.name})"))


def _shown(one: Any) -> dict[str, Any]:
    names = ("id", "name", "roles", "institutions", "created", "expires")
    return {name: list(value) if isinstance(value := getattr(one, name), tuple) else value for name in names}


def _file(ctx: click.Context, config: str | None) -> tuple[TokenFile, Any]:
    from mi_core.config import load_config
    from mi_core.serve.service import beside
    from mi_core.serve.tokens import TokenFile

    settings = load_config(config or ctx.obj)
    return TokenFile(beside(settings, settings.serve.token_file)), settings
