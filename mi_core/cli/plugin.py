"""``mi plugin new``: the singular, as people type it."""

from __future__ import annotations

import click

from mi_core.cli.plugin_new import new

__all__ = ["plugin"]


@click.group(short_help="编写插件 / write a plugin")
def plugin() -> None:
    """编写自己的插件；已安装的插件见 mi plugins。

    Write a plugin of your own; installed ones: mi plugins.
    """


plugin.add_command(new)
