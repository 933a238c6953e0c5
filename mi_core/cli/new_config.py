"""``mi new-config``: a commented configuration file to start from."""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path

import click

from mi_core.cli.text import t
from mi_core.errors import ConfigError, language

__all__ = ["new_config"]


@click.command("new-config", short_help="生成带说明的配置文件 / write a commented configuration file")
@click.argument("file", default="mi.toml", type=click.Path(dir_okay=False))
@click.option(
    "--sandbox",
    is_flag=True,
    help="可直接用于 mi sandbox（默认端口）的配置 / ready for `mi sandbox` at its default port.",
)
@click.option(
    "--profile",
    default="csb",
    show_default=True,
    help="网关认证方式：csb、csb-seconds、tif、zj-ca、oauth-sm、envelope-sm、none、local-agent / gateway profile.",
)
@click.option("--institution", default="H43000000001", show_default=True, help="机构编号 / institution code.")
@click.option("--force", is_flag=True, help="覆盖已有文件 / overwrite.")
@click.option("--stdout", "to_stdout", is_flag=True, help="输出到屏幕 / print instead of writing.")
def new_config(  # a command's options
    file: str, sandbox: bool, profile: str, institution: str, force: bool, to_stdout: bool
) -> None:
    """把带说明的配置写入 FILE（默认 mi.toml），只有本人可读。

    Write a commented configuration to FILE (default mi.toml), readable by its owner only.
    """
    from mi_core.config import commented_file

    if not (institution.isascii() and institution.isalnum() and len(institution) <= 12):
        raise click.BadParameter(
            t("应为不超过 12 位的字母或数字", "at most 12 ASCII letters or digits"),
            param_hint="--institution",
        )
    _check_profile(profile)
    text = _for_sandbox(profile) if sandbox else commented_file(language(), institution, profile)
    if to_stdout:
        click.echo(text, nl=False)
        return
    path = Path(file)
    try:
        flags = os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if force else os.O_EXCL)
        with os.fdopen(os.open(path, flags, 0o600), "w", encoding="utf-8") as target:
            target.write(text)
    except FileExistsError:
        raise ConfigError(
            f"{path} 已存在", f"{path} exists already",
            hint_zh="换一个文件名，或加 --force 覆盖", hint_en="choose another name or add --force",
        ) from None  # fmt: skip
    except OSError as error:
        raise ConfigError(
            f"无法写入 {path}：{error.strerror}", f"cannot write {path}: {error.strerror}"
        ) from None
    if sandbox:
        click.echo(t(f"已写入 {path}。先启动 mi sandbox。", f"written: {path}. Start mi sandbox first."))
    else:
        click.echo(
            t(f"已写入 {path}。改好后运行 mi doctor 检查。", f"written: {path}. Edit it, then run: mi doctor")
        )


def _check_profile(profile: str) -> None:
    from mi_core.plugin.manager import load_plugins

    known = load_plugins(quiet=True).gateways
    if profile not in known:
        names = ", ".join(known)
        raise click.BadParameter(t(f"可用：{names}", f"known: {names}"), param_hint="--profile")


def _for_sandbox(profile: str) -> str:
    """By name, because the core does not import plugins."""
    try:
        return str(import_module("mi_plugins.sandbox.announce").default_config(profile))
    except ValueError:
        raise click.BadParameter(
            t(f"沙箱不提供网关方式 {profile}", f"the sandbox does not speak {profile}"),
            param_hint="--profile",
        ) from None
