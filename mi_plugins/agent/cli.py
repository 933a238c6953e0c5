"""``mi agent``: serve a vendor's library to clients of the profile ``local-agent``."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import click

from mi_core.cli.text import t
from mi_core.errors import ConfigError
from mi_plugins.agent.settings import ENCODINGS, AgentSettings, LibrarySettings

__all__ = ["agent"]

_EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104  # compared with, not listened on


@click.command(short_help="动态库本地代理 / local agent for a vendor's library")
@click.option("--library", required=True, type=click.Path(), help="动态库文件 / the library.")
@click.option("--function", default="call", show_default=True, help="函数名 / its function.")
@click.option(
    "--arguments", default="infno,input,output,size", show_default=True,
    help="参数次序：infno input output size size* / order of its arguments.",
)  # fmt: skip
@click.option(
    "--encoding",
    type=click.Choice(ENCODINGS),
    default="gbk",
    show_default=True,
    help="文本编码 / of its texts.",
)
@click.option("--buffer", type=click.IntRange(256, 2**30), default=4 * 1024 * 1024, show_default=True,
              help="输出缓冲区大小 / room for its reply.")  # fmt: skip
@click.option("--unit", type=click.Choice(["bytes", "characters"]), default="bytes", show_default=True,
              help="缓冲区大小的单位 / what --buffer counts.")  # fmt: skip
@click.option(
    "--ok",
    type=int,
    multiple=True,
    default=(0,),
    show_default=True,
    help="表示成功的返回码，可重复 / return codes of success.",
)
@click.option("--init", default="", help="装载后先调用的初始化函数 / a function to call first.")
@click.option("--stdcall", is_flag=True, help="Windows：stdcall 调用约定 / calling convention stdcall.")
@click.option("--timeout", type=click.FloatRange(1), default=110.0, show_default=True,
              help="一次调用的时限（秒），应小于客户端的 / seconds per call, less than the client's.")  # fmt: skip
@click.option("--host", default="127.0.0.1", show_default=True, help="监听地址 / address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8791, show_default=True, help="端口 / port.")
@click.option("--name", "names", multiple=True,
              help="其他机器访问本机所用的名称或地址，可重复 / name or address by which other machines call; repeatable.")  # fmt: skip
@click.option("--token-file", default="agent.token", show_default=True, type=click.Path(dir_okay=False),
              help="令牌文件，没有则新建 / token file, made when missing.")  # fmt: skip
def agent(
    library: str, function: str, arguments: str, encoding: str, buffer: int, unit: str, ok: tuple[int, ...], init: str,
    stdcall: bool, timeout: float, host: str, port: int, names: tuple[str, ...], token_file: str,
) -> None:  # fmt: skip
    """装载厂商动态库，供网关方式 local-agent 调用。逐笔调用；动态库无应答时结束其进程，该笔按“结果未定”处理。

    Load a vendor's library and serve it to clients of the profile local-agent. One call at a time; a library that does
    not answer is ended, and its call is told as unknown.
    """
    from mi_plugins.agent.serving import serve

    settings = AgentSettings(
        library=LibrarySettings(
            path=str(Path(library).resolve()) if Path(library).exists() else library,
            function=function, arguments=tuple(a.strip() for a in arguments.split(",")), encoding=encoding, buffer=buffer,
            unit="characters" if unit == "characters" else "bytes", ok=ok, init=init, stdcall=stdcall,
        ),
        token=_token(Path(token_file)), timeout=timeout,
        hosts=tuple(dict.fromkeys(("127.0.0.1", "localhost", "[::1]", *(n.lower() for n in (host, *names))))),
    )  # fmt: skip

    def started(url: str) -> None:
        click.echo(
            t(f"本地代理：{url}，令牌在 {token_file}。按 Ctrl-C 停止",
              f"local agent: {url}, its token is in {token_file}. Ctrl-C stops it")
        )  # fmt: skip
        if host in _EVERYWHERE and not names:
            click.echo(
                t("其他机器须按名称或地址访问：用 --name 给出（如 --name 192.168.1.20），否则一律拒绝",
                  "callers on other machines are refused until --name says under which name they call, e.g. --name 192.168.1.20")
            )  # fmt: skip

    serve(settings, host, port, started)


def _token(path: Path) -> str:
    """The token of the file; a new file is readable by its owner only."""
    try:
        if not path.exists():
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(32) + "\n")
        token = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or type(error).__name__
        raise ConfigError(
            f"无法读写令牌文件 {path}：{why}", f"cannot use the token file {path}: {why}"
        ) from None
    if len(token) < 20:
        raise ConfigError(
            f"令牌文件 {path} 的内容太短（至少 20 个字符）", f"the token in {path} is too short (20 characters at least)",
            hint_zh="删除该文件，重新运行即新建", hint_en="delete the file: it is made anew",
        )  # fmt: skip
    return token
