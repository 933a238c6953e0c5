"""Entry point of ``mi``. Commands are imported when they are used; other distributions add theirs by entry point."""

from __future__ import annotations

import contextlib
import difflib
import os
import sys
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points

import click

from mi_core._version import __version__
from mi_core.cli.exits import EPILOG, INTERRUPTED, PIPE_CLOSED, exit_code
from mi_core.cli.text import print_error, t
from mi_core.cli.words import localise, translate_click
from mi_core.errors import ConfigError, MiError

__all__ = ["cli", "exit_code", "main"]

COMMANDS = {
    "audit": "mi_core.cli.audit:audit",
    "bridge": "mi_core.cli.bridge:bridge",
    "call": "mi_core.cli.call:call",
    "catalog": "mi_core.cli.catalog:catalog",
    "codes": "mi_core.cli.codes:codes",
    "crypto": "mi_core.cli.crypto:crypto",
    "db": "mi_core.cli.db:db",
    "doctor": "mi_core.cli.doctor:doctor",
    "doubt": "mi_core.cli.doubt:doubt",
    "files": "mi_core.cli.files:files",
    "lookup": "mi_core.cli.lookup:lookup",
    "mapping": "mi_core.cli.mapping:mapping",
    "new-config": "mi_core.cli.new_config:new_config",
    "ops": "mi_core.cli.ops:ops",
    "plugin": "mi_core.cli.plugin:plugin",
    "plugins": "mi_core.cli.plugins:plugins",
    "probe": "mi_core.cli.probe:probe",
    "reconcile": "mi_core.cli.reconcile:reconcile",
    "recover": "mi_core.cli.recover:recover",
    "refusals": "mi_core.cli.refusals:refusals",
    "regions": "mi_core.cli.regions:regions",
    "secrets": "mi_core.cli.secrets:secrets",
    "serve": "mi_core.cli.serve:serve",
    "settlement-list": "mi_core.cli.settlement_list:settlement_list",
    "sync": "mi_core.cli.sync_catalogues:sync",
    "upload": "mi_core.cli.upload:upload",
    "worker": "mi_core.cli.worker:worker",
}
"""Built-in commands; ``mi sandbox``, ``mi codegen`` and those of plugins come by the entry-point group ``mi.commands``."""

GROUP = "mi.commands"


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
        localise(command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, but what is nearest is named among commands that are not loaded yet, too."""
        names = self.list_commands(ctx)
        if args[0] not in names and not args[0].startswith("-") and not ctx.resilient_parsing:
            near = difflib.get_close_matches(args[0], names, n=1)
            zh, en = (f" 是否应为 {near[0]!r}？", f" Did you mean {near[0]!r}?") if near else ("", "")
            ctx.fail(t(f"没有命令 {args[0]!r}。{zh}", f"No such command {args[0]!r}.{en}"))
        return super().resolve_command(ctx, args)

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        localise(self)
        super().format_help(ctx, formatter)


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
    epilog=EPILOG,
)
@click.option(
    "--lang", type=click.Choice(["zh", "en"]), callback=_set_language, is_eager=True, expose_value=False,
    help="显示语言，默认中文（同 MI_LANG） / language of the output.",
)  # fmt: skip
@click.version_option(__version__, prog_name="mi", help="显示版本。 / Show the version and exit.")
def cli() -> None:
    """The root of the command tree."""


def _use_utf8() -> None:
    """A Windows console with a legacy code page would raise on rare characters; write UTF-8 and replace instead."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None and (stream.encoding or "").lower().replace("-", "") != "utf8":
            with contextlib.suppress(ValueError, OSError):
                reconfigure(encoding="utf-8", errors="replace")


def main(argv: list[str] | None = None) -> None:
    """Run ``mi`` and exit; what goes wrong becomes a readable message and an exit code, never a traceback."""
    _use_utf8()
    translate_click()
    try:
        arguments = sys.argv[1:] if argv is None else argv
        _language_asked(arguments)
        code = _run(arguments)
        sys.stdout.flush()
    except OSError as error:
        code = _system_error(error)
    raise SystemExit(code)


def _language_asked(arguments: list[str]) -> None:
    """Know the language before the first text is made, wherever ``--lang`` stands among the root's options."""
    for word, following in zip(arguments, [*arguments[1:], ""], strict=True):
        if not word.startswith("-") and word not in ("zh", "en"):
            return
        value = following if word == "--lang" else word.removeprefix("--lang=")
        if value in ("zh", "en"):
            os.environ["MI_LANG"] = value


def _run(arguments: list[str]) -> int | str | None:
    if "_MI_COMPLETE" in os.environ:  # the shell asks for completions
        cli.main(arguments, prog_name="mi")
    try:
        with cli.make_context("mi", list(arguments)) as context:
            cli.invoke(context)
    except MiError as error:
        print_error(error.message())
        return exit_code(error)
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        print_error(t("已中断", "interrupted"))
        return INTERRUPTED
    except SystemExit as done:
        return done.code
    return 0


def _system_error(error: OSError) -> int:
    """Output that cannot be written (a closed pipe, a full disk) or another refusal of the operating system."""
    closed = isinstance(error, BrokenPipeError)
    with contextlib.suppress(
        OSError, ValueError
    ):  # what is still buffered goes nowhere, so that exiting is quiet
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if closed:
        return PIPE_CLOSED
    where = f" {error.filename}" if error.filename else ""
    print_error(
        t(f"系统错误：{error.strerror or error}{where}\n  → 输出可能不完整；已发送的调用不受影响，用 mi ops list 查看",
          f"system error: {error.strerror or error}{where}\n  -> output may be incomplete; calls that were sent stand, see: mi ops list")
    )  # fmt: skip
    return 1


if __name__ == "__main__":
    main()
