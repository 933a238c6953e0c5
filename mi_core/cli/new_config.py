"""``mi new-config``: a commented configuration file to start from."""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mi_core.cli.text import t
from mi_core.errors import ConfigError, language

if TYPE_CHECKING:
    from mi_core.plugin import Region

__all__ = ["new_config"]

_PORT = 8899
"""Where a plain ``mi sandbox`` listens."""


@click.command("new-config", short_help="生成带说明的配置文件 / write a commented configuration file")
@click.argument("file", default="mi.toml", type=click.Path(dir_okay=False))
@click.option(
    "--sandbox",
    is_flag=True,
    help="可直接用于 mi sandbox 的配置 / ready for `mi sandbox`.",
)
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    help="沙箱的端口（与 --sandbox 同用），默认 8899 / port of the sandbox, with --sandbox; 8899 by default.",
)
@click.option(
    "--region",
    default="",
    help="地区（mi regions list），决定网关方式等默认值 / regional dialect: sets the usual gateway.",
)
@click.option(
    "--profile",
    default="",
    help="网关认证方式：csb、csb-seconds、tif、zj-ca、oauth-sm、envelope-sm、none、local-agent；默认随地区，否则 csb"
    " / gateway profile; by default the region's, else csb.",
)
@click.option(
    "--institution",
    default="H43000000001",
    show_default=True,
    help="机构编号；--sandbox 时为沙箱的机构，如药店 P43000000001"
    " / institution code; with --sandbox one of the sandbox's, e.g. the pharmacy P43000000001.",
)
@click.option("--force", is_flag=True, help="覆盖已有文件 / overwrite.")
@click.option("--stdout", "to_stdout", is_flag=True, help="输出到屏幕 / print instead of writing.")
def new_config(  # a command's options
    file: str, sandbox: bool, port: int | None, region: str, profile: str, institution: str, force: bool, to_stdout: bool
) -> None:  # fmt: skip
    """把带说明的配置写入 FILE（默认 mi.toml），只有本人可读。

    Write a commented configuration to FILE (default mi.toml), readable by its owner only.
    """
    from mi_core.config import commented_file

    if not (institution.isascii() and institution.isalnum() and len(institution) <= 12):
        raise click.BadParameter(
            t("应为不超过 12 位的字母或数字", "at most 12 ASCII letters or digits"),
            param_hint="--institution",
        )
    if port is not None and not sandbox:
        raise click.UsageError(t("--port 只与 --sandbox 同用", "--port goes with --sandbox"))
    spoken = _region(region)
    profile = profile or (spoken.gateway if spoken else "") or "csb"
    _check_profile(profile)
    text = (
        _for_sandbox(profile, region, port or _PORT, institution)
        if sandbox
        else commented_file(language(), institution, profile, spoken)
    )
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
        command = (
            "mi sandbox" + (f" --port {port}" if port else "") + (f" --region {region}" if spoken else "")
        )
        other = "" if file == "mi.toml" else f" --config {file}"
        click.echo(t(f"已写入 {path}。另开一个终端启动 {command}，然后运行 mi doctor{other}。",
                     f"written: {path}. Start {command} in another terminal, then run: mi doctor{other}"))  # fmt: skip
    else:
        click.echo(
            t(f"已写入 {path}。改好后运行 mi doctor 检查。", f"written: {path}. Edit it, then run: mi doctor")
        )


def _region(name: str) -> Region | None:
    """The region of that name, ``None`` for the base. Raises ``ConfigError``."""
    from mi_core.config.regions import known_regions, region_named
    from mi_core.plugin.region import BASE_REGION

    return region_named(name, known_regions()) if name not in ("", BASE_REGION) else None


def _check_profile(profile: str) -> None:
    from mi_core.plugin.manager import load_plugins

    known = load_plugins(quiet=True).gateways
    if profile not in known:
        names = ", ".join(known)
        raise click.BadParameter(t(f"可用：{names}", f"known: {names}"), param_hint="--profile")


def _for_sandbox(profile: str, region: str, port: int, institution: str) -> str:
    """By name, because the core does not import plugins."""
    announce = import_module("mi_plugins.sandbox.announce")
    try:
        return str(announce.default_config(profile, region, port, institution))
    except KeyError:
        known = ", ".join(announce.INSTITUTIONS)
        raise click.BadParameter(
            t(
                f"沙箱没有机构 {institution}，可用：{known}",
                f"the sandbox has no {institution}; known: {known}",
            ),
            param_hint="--institution",
        ) from None
    except ValueError:
        raise click.BadParameter(
            t(f"沙箱不提供网关方式 {profile}", f"the sandbox does not speak {profile}"),
            param_hint="--profile",
        ) from None
