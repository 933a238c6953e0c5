"""What the commands of the desk share: options, the configuration, amounts and pairs of texts for the screen."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import click

from mi_core.cli.text import t
from mi_core.config import Config, load_config
from mi_core.desk.deciding import check_reason
from mi_core.journal.people import DecisionRefused
from mi_core.journal.persons import Person, PersonRefused

__all__ = [
    "AS_JSON",
    "BY",
    "CONFIG",
    "REASON",
    "csv_lines",
    "filled",
    "language",
    "loaded",
    "named",
    "now",
    "pick",
    "warn",
]

_Command = Callable[..., Any]


def filled(_ctx: click.Context, _param: click.Parameter, value: Any) -> Any:
    """For a filter or an id: an empty one would let everything pass, or mean nothing; click refuses it (exit code 2)."""
    values = value if isinstance(value, tuple) else (value,)
    if any(isinstance(one, str) and not one.strip() for one in values):
        raise click.BadParameter(t("不能为空", "must not be empty"))
    return value


def named(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    """For ``--by``: something that names a person."""
    try:
        return value if value is None else Person.named(value).name
    except PersonRefused as wrong:
        raise click.BadParameter(t(f"{wrong.zh}；{wrong.hint_zh}", f"{wrong.en}; {wrong.hint_en}")) from None


def stated(_ctx: click.Context, _param: click.Parameter, value: str) -> str:
    """For ``--reason``: one line that says something."""
    try:
        check_reason(value)
    except DecisionRefused as wrong:
        raise click.BadParameter(t(f"{wrong.zh}；{wrong.hint_zh}", f"{wrong.en}; {wrong.hint_en}")) from None
    return value


CONFIG: Final = click.option(
    "--config", type=click.Path(dir_okay=False), help="配置文件，默认 mi.toml / configuration file."
)
AS_JSON: Final = click.option("--json", "as_json", is_flag=True, help="输出 JSON / print JSON.")
BY: Final = click.option(
    "--by",
    required=True,
    metavar="PERSON",
    callback=named,
    help="处理人姓名或工号（留痕） / who decides; audited.",
)
REASON: Final = click.option(
    "--reason",
    required=True,
    metavar="TEXT",
    callback=stated,
    help="依据（加密留痕） / what it rests on; sealed in the audit trail.",
)


def loaded(config: str | None) -> Config:
    """The configuration; raises ``ConfigError``."""
    return load_config(config)


def now() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def language() -> int:
    """0 Chinese, 1 English: the index into a pair of texts."""
    return int(t("0", "1"))


def pick(pair: tuple[str, str]) -> str:
    """The operator's language of a pair."""
    return t(*pair)


def warn(text: str) -> None:
    """A line on standard error that must not be overlooked."""
    click.secho(text, fg="yellow", err=True)


def csv_lines(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """CSV with a byte-order mark for spreadsheets; a cell that they would take for a formula gets an apostrophe."""
    import csv
    import io

    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(value) for value in row])
    return "\ufeff" + out.getvalue()


def _cell(value: Any) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
