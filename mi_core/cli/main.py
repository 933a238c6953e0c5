"""Entry point of ``mi``. Commands are imported when they are used; other distributions add theirs by entry point.

Exit codes: 0 done · 1 an unexpected error · 2 wrong usage or configuration · 3 invalid input, nothing sent ·
4 refused by gateway or bureau · 5 not sent · 6 outcome unknown.
"""

from __future__ import annotations

import contextlib
import os
import sys
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import click

from mi_core._version import __version__
from mi_core.cli.text import print_error, t
from mi_core.errors import (
    BureauRefused,
    ConfigError,
    InvalidInput,
    MiError,
    NotSent,
    OutcomeUnknown,
    PluginError,
    Refused,
    UnknownName,
)

COMMANDS = {
    "call": "mi_core.cli.call:call",
    "catalog": "mi_core.cli.catalog:catalog",
    "codes": "mi_core.cli.codes:codes",
    "crypto": "mi_core.cli.crypto:crypto",
    "db": "mi_core.cli.db:db",
    "doctor": "mi_core.cli.doctor:doctor",
    "new-config": "mi_core.cli.new_config:new_config",
}
"""Built-in commands; ``mi sandbox``, ``mi codegen`` and those of plugins come by the entry-point group ``mi.commands``."""

GROUP = "mi.commands"

EXIT_CODES: tuple[tuple[type[MiError], int], ...] = (
    (InvalidInput, 3), (Refused, 4), (BureauRefused, 4), (NotSent, 5), (OutcomeUnknown, 6), (ConfigError, 2), (PluginError, 2),
    (UnknownName, 2),
)  # fmt: skip


def exit_code(error: MiError) -> int:
    """The process exit code that tells a script what kind of error it was."""
    return next((code for kind, code in EXIT_CODES if isinstance(error, kind)), 1)


def _load(target: str) -> click.Command:
    module, _, attribute = target.partition(":")
    command = getattr(import_module(module), attribute)
    assert isinstance(command, click.Command), target
    return command


def _extensions() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=GROUP)}


class CommandTree(click.Group):
    """Loads a command when it is asked for; a broken extension is told by name and does not take ``mi`` down."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*COMMANDS, *(name for name in _extensions() if "." not in name)})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        points = _extensions()
        if cmd_name in COMMANDS:
            command = _load(COMMANDS[cmd_name])
        elif cmd_name in points:
            command = _from_entry_point(points[cmd_name])
        else:
            return None
        if isinstance(command, click.Group):
            for name, point in points.items():
                parent, _, child = name.partition(".")
                if parent == cmd_name and child and child not in command.commands:
                    command.add_command(_from_entry_point(point), child)
        return command


def _from_entry_point(point: EntryPoint) -> click.Command:
    try:
        command = point.load()
    except Exception as error:
        owner = point.dist.name if point.dist else "?"
        reason = f"{type(error).__name__}: {error}"

        @click.command(
            point.name.rpartition(".")[2],
            short_help=t(f"（无法加载，来自 {owner}）", f"(cannot be loaded, from {owner})"),
            context_settings={
                "ignore_unknown_options": True,
                "allow_extra_args": True,
                "help_option_names": [],
            },
        )
        def broken() -> None:
            raise ConfigError(
                f"命令 {point.name} 无法加载（{owner}）：{reason}",
                f"command {point.name} of {owner} cannot be loaded: {reason}",
                hint_zh=f"安装缺少的组件：pip install 'mi-core[{'codegen' if owner == 'mi-core' else 'all'}]'，或升级 {owner}",
                hint_en=f"install what is missing: pip install 'mi-core[codegen]', or upgrade {owner}",
            )

        return broken
    assert isinstance(command, click.Command), point
    return command


def _set_language(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    if value:
        os.environ["MI_LANG"] = value
    return value


@click.group(
    cls=CommandTree,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    help="国家医保信息平台定点医药机构接口工具 / tools for the medical-insurance gateway.",
)
@click.option(
    "--lang", type=click.Choice(["zh", "en"]), callback=_set_language, is_eager=True, expose_value=False,
    help="显示语言，默认中文（同 MI_LANG） / language of the output.",
)  # fmt: skip
@click.version_option(__version__, prog_name="mi")
def cli() -> None:
    """The root of the command tree."""


def _use_utf8() -> None:
    """A Windows console with a legacy code page would raise on rare characters; write UTF-8 and replace instead."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None and (stream.encoding or "").lower().replace("-", "") != "utf8":
            with contextlib.suppress(ValueError, OSError):
                reconfigure(encoding="utf-8", errors="replace")


def main(argv: list[str] | None = None) -> Any:
    """Run ``mi``; framework errors become a readable message and an exit code, never a traceback."""
    _use_utf8()
    try:
        return cli.main(args=argv, prog_name="mi", standalone_mode=True)
    except MiError as error:
        print_error(error.message())
        raise SystemExit(exit_code(error)) from None
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
