"""``mi sign``: signatures explained without a gateway."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from mi_core.cli.text import print_json, t
from mi_core.errors import ConfigError

__all__ = ["sign"]

PROFILES = ("csb", "csb-seconds", "tif", "zj-ca", "oauth-sm", "envelope-sm")


@click.group(
    short_help=t("签名：离线说明差别", "signatures, explained offline"),
    help=t("签名：不用网关，说明一个请求的签名为什么不对。", "Signatures, explained without a gateway."),
)
def sign() -> None:
    """Signatures."""


@sign.command(
    help=t(
        "离线说明一个请求的签名为什么不对：网关的签名原文、对方的签名原文、第一个不同的字节。REQUEST 为原始 HTTP（请求行、请求头、空行、"
        '正文）或 JSON {"path", "headers", "body"}，- 为标准输入。时间窗不检查。退出码：0 签名正确，1 不正确，2 用法或文件有误。',
        "Say offline why the signature of a request is wrong: the text that the gateway signs, the one that the caller signed, and the "
        'first byte that differs. REQUEST is raw HTTP (request line, headers, blank line, body) or JSON {"path", "headers", "body"}; - is '
        "standard input. The time window is not checked. Exit codes: 0 the signature is right, 1 it is not, 2 usage or file.",
    ),
)
@click.argument(
    "request_file", metavar="REQUEST", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path)
)
@click.option(
    "--profile", required=True, type=click.Choice(PROFILES), help=t("网关方式", "the gateway profile")
)
@click.option(
    "--set", "settings", multiple=True, metavar="NAME=VALUE",
    help=t("凭证，名称与 mi.toml 中相同，如 secret_key=…；=@文件 从文件读取。可重复给出",
           "credentials by their names in mi.toml, e.g. secret_key=…; =@FILE reads a file. Repeatable"),
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help=t("输出 JSON", "print JSON"))
@click.pass_context
def explain(
    context: click.Context, request_file: Path, profile: str, settings: tuple[str, ...], as_json: bool
) -> None:
    """One request."""
    from mi_plugins.sandbox.offline import explain_request, read_request

    try:
        content = sys.stdin.buffer.read() if str(request_file) == "-" else request_file.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"无法读取 {request_file}：{error.strerror}", f"cannot read {request_file}: {error.strerror}"
        ) from error
    found = explain_request(profile, dict(_pair(one) for one in settings), read_request(content))
    if as_json:
        print_json({"right": found.right, "explanation": found.text})
    else:
        click.echo(t("签名正确", "the signature is right") if found.right else found.text)
    context.exit(0 if found.right else 1)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise click.UsageError(t(f"--set 须为 名称=值：{name}", f"--set is NAME=VALUE: {name}"))
    if not value.startswith("@"):
        return name, value
    try:
        return name, Path(value[1:]).read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        raise ConfigError(f"无法读取 {value[1:]}：{error}", f"cannot read {value[1:]}: {error}") from error
