"""``mi files``: one file to the bureau (9101), one file from it (9102)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from mi_core.cli.bars import bar
from mi_core.cli.call import confirm_change, error_report
from mi_core.cli.exits import EPILOG
from mi_core.cli.text import print_json, t
from mi_core.errors import MiError

__all__ = ["files"]

_config = click.option(
    "--config", type=click.Path(dir_okay=False), help="配置文件，默认 mi.toml / configuration file."
)
_institution = click.option("--institution", help="机构编号（配置了多个时） / institution code.")
_deadline = click.option("--deadline", type=click.FloatRange(1), help="总时限（秒） / seconds for all of it.")
_json = click.option("--json", "as_json", is_flag=True, help="输出 JSON / print JSON.")


@click.group(short_help="上传、下载文件（9101、9102） / files to and from the bureau")
def files() -> None:
    """上传文件、按文件查询号下载文件。

    Upload a file, download one by its number.
    """


@files.command(epilog=EPILOG)
@_config
@_institution
@_deadline
@_json
@click.option("--name", default="", help="报给中心的文件名，默认同本地 / name told to the bureau.")
@click.option("--yes", is_flag=True, help="正式环境不再确认 / do not ask in production.")
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path))
def upload(
    config: str | None, institution: str | None, deadline: float | None, as_json: bool, name: str, yes: bool, path: Path
) -> None:  # fmt: skip
    """上传一个文件，得到文件查询号 / send a file; its number goes into the interface that reads it."""
    from mi_core.config import load_config
    from mi_core.sync import Client

    settings = load_config(config, journal__recover=False)
    if settings.environment == "production" and not yes:
        confirm_change(f"9101 {path.name}")
    text = t(f"上传 {path.name}", f"sending {path.name}")
    with _told(as_json), bar(of_bytes=True) as advance, Client(settings) as mi:
        reply = mi.upload_file(
            path,
            name,
            progress=lambda done, total: advance(text, done, total),
            institution=institution,
            deadline=deadline,
        )
    report = {
        "file_qury_no": reply.file_qury_no,
        "filename": reply.filename,
        "dld_endtime": reply.dld_endtime,
    }
    _show(report, as_json)


@files.command(epilog=EPILOG)
@_config
@_institution
@_deadline
@_json
@click.option(
    "--to",
    "target",
    type=click.Path(dir_okay=False, path_type=Path),
    help="存为，默认同文件名的末段 / save as.",
)
@click.option("--catalogue", is_flag=True, help="目录文件（13xx 给出的） / a file named by 13xx.")
@click.argument("number")
@click.argument("filename")
def download(
    config: str | None, institution: str | None, deadline: float | None, as_json: bool, target: Path | None, catalogue: bool,
    number: str, filename: str,
) -> None:  # fmt: skip
    """按文件查询号和文件名下载；中断后再运行同样的命令即继续 / fetch a file; the same command again goes on with it.

    完整且可读的压缩包才会替换目标文件；打印其 SHA-256。中断（包括断电、被杀）后，文件在中心未变时只取余下部分。
    """
    from mi_core.config import load_config
    from mi_core.files import CATALOGUE, shown_name
    from mi_core.sync import Client

    settings = load_config(config, journal__recover=False)
    to = target or Path(shown_name(filename))
    text = t(f"下载 {to.name}", f"fetching {to.name}")
    owner = CATALOGUE if catalogue else settings.institution(institution).code
    with (
        _told(as_json),
        _kept(to, number, filename, owner),
        bar(of_bytes=True) as advance,
        Client(settings) as mi,
    ):
        got = mi.download_file(
            number, filename, to=to, catalogue=catalogue, progress=lambda done, total: advance(text, done, total),
            institution=institution, deadline=deadline,
        )  # fmt: skip
    _show(
        {
            "path": str(got.path),
            "size": got.size,
            "sha256": got.sha256,
            "resumed": got.resumed,
            "msgid": got.msgid,
        },
        as_json,
    )


@contextlib.contextmanager
def _kept(to: Path, *named: str) -> Iterator[None]:
    """Say what is left of a download that failed."""
    from mi_core.files.parts import kept_bytes

    try:
        yield
    except (MiError, KeyboardInterrupt):
        if kept := kept_bytes(to, *named):
            click.echo(
                t(
                    f"已取得 {kept} 字节，再运行同样的命令即继续",
                    f"{kept} bytes are here: run the same command again",
                ),
                err=True,
            )
        raise


@contextlib.contextmanager
def _told(as_json: bool) -> Iterator[None]:
    """An error is JSON on standard output too, where that was asked for."""
    try:
        yield
    except MiError as error:
        if as_json:
            print_json(error_report(error))
        raise


def _show(report: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(report)
        return
    for name, value in report.items():
        click.echo(f"{name} = {value}")
