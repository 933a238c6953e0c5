"""``mi settlement-list``: the settlement list (4101) of a settled stay, drafted, completed by the hospital, and sent."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mi_core.cli.call import confirm_change, error_report
from mi_core.cli.desk import filled
from mi_core.cli.exits import EPILOG, exit_code
from mi_core.cli.text import print_error, print_json, t
from mi_core.cli.upload import constants, interface_of
from mi_core.errors import MiError, language

if TYPE_CHECKING:
    from mi_core.model import Problem
    from mi_core.uploads import SettlementListDraft

__all__ = ["settlement_list"]

_config = click.option(
    "--config", type=click.Path(dir_okay=False), help="配置文件，默认 mi.toml / configuration file."
)
_institution = click.option("--institution", help="机构编号（配置了多个时） / institution code.")
_json = click.option("--json", "as_json", is_flag=True, help="输出 JSON / print JSON.")
_path = click.Path(dir_okay=False, path_type=Path)
_CODE = "4101"
_MISSING = 3
_IN_ROW = re.compile(r"/([^/]+)/([0-9]+)/")


@click.group("settlement-list", epilog=EPILOG, short_help="结算清单（4101） / the settlement list of a stay")
def settlement_list() -> None:
    """由已结算的住院生成结算清单 → 补齐缺项 → 检查 → 上传（4101）。

    Draft the list of a settled stay, complete it, check it, send it (4101).
    """


@settlement_list.command(epilog=EPILOG)
@click.option("--visit", required=True, callback=filled, help="就诊ID mdtrt_id / visit.")
@click.option(
    "--settlement", callback=filled, help="结算ID，默认最近一次 / setl_id, by default the last one."
)
@click.option("--person", callback=filled, help="人员编号：本机没有结算记录时向中心查询（5203、5202），须给 --settlement / "
              "ask the bureau instead of the own log.")  # fmt: skip
@click.option(
    "--out",
    type=_path,
    help="待补充的文件（.xlsx 或 .json），默认 结算清单-就诊ID.xlsx / file to be completed.",
)
@click.option("--set", "settings", multiple=True, metavar="字段=值",
              help="填写字段；各行用 节点.字段=值 / fill in a field, or NODE.FIELD in each row.")  # fmt: skip
@_institution
@_config
@_json
def draft(
    visit: str, settlement: str | None, person: str | None, out: Path | None, settings: tuple[str, ...], institution: str | None,
    config: str | None, as_json: bool,
) -> None:  # fmt: skip
    """由住院的结算、出入院报文生成清单草稿，列出缺项 / draft a list from the stay's messages; what is missing is told."""
    from mi_core.uploads import write_form

    if person is not None and settlement is None:
        raise click.UsageError(
            t("向中心查询须同时给 --settlement", "asking the bureau needs --settlement, too")
        )
    given = constants(settings)
    path = out or Path(f"结算清单-{re.sub(r'[^0-9A-Za-z_-]', '_', visit)}.xlsx")
    made = asyncio.run(_drafted(visit, settlement, person, institution, config))
    made = _completed(made, given)
    write_form(made, path)
    problems = made.missing
    if as_json:
        print_json({"file": str(path), "sources": dict(made.sources), "missing": [p.to_dict() for p in problems],
                    "open": [{"field": f, "label": label} for f, label in made.open]})  # fmt: skip
        return
    filled_in = len(made.sources)
    click.echo(t(f"{path}：已由住院记录填写 {filled_in} 项", f"{path}: {filled_in} fields from the stay"))
    _tell(problems)
    if made.open:
        names = "、".join(f"{label}（{field}）" for field, label in made.open[:8])
        more = " …" if len(made.open) > 8 else ""
        click.echo(
            t(
                f"选填项 {len(made.open)} 个为空：{names}{more}",
                f"{len(made.open)} optional fields are empty: {names}{more}",
            )
        )
    click.echo(
        t(
            f"  → 补齐后：mi settlement-list send {path}",
            f"  -> when it is complete: mi settlement-list send {path}",
        )
    )


@settlement_list.command(epilog=EPILOG)
@click.argument("files", nargs=-1, required=True, type=_path)
@_institution
@_config
@_json
def check(files: tuple[Path, ...], institution: str | None, config: str | None, as_json: bool) -> None:
    """只检查补齐的清单，不发送；有缺项时退出码 3 / only look at completed lists."""
    if not _checked(files, _read(files, institution, config), as_json):
        raise SystemExit(_MISSING)


@settlement_list.command(epilog=EPILOG)
@click.argument("files", nargs=-1, required=True, type=_path)
@click.option("--yes", is_flag=True, help="正式环境不再询问 / do not ask in production.")
@_institution
@_config
@_json
def send(
    files: tuple[Path, ...], yes: bool, institution: str | None, config: str | None, as_json: bool
) -> None:
    """上传补齐的清单（4101）；任一文件有缺项则全部不发送 / send completed lists; none when one is incomplete."""
    from mi_core.config import load_config

    drafts = _read(files, institution, config)
    if not _checked(files, drafts, as_json, quiet=True):
        raise SystemExit(_MISSING)
    settings = load_config(config, journal__recover=False)
    if settings.environment == "production" and not yes:
        confirm_change(t(f"{_CODE} 结算清单 {len(files)} 份", f"{_CODE}: {len(files)} settlement lists"))
    results = asyncio.run(_sent(settings, drafts, institution))
    told = [{"file": str(path), **_plain(result)} for path, result in zip(files, results, strict=True)]
    if as_json:
        print_json(told)
    for path, result in zip(files, results, strict=True):
        if isinstance(result, MiError):
            print_error(f"{path}: {result.message()}")
        elif not as_json:
            click.echo(t(f"{path}：已上传，清单流水号 {result}", f"{path}: accepted, {result}"))
    worst = [exit_code(r) for r in results if isinstance(r, MiError)]
    if worst:
        raise SystemExit(6 if 6 in worst else worst[0])


async def _drafted(
    visit: str, settlement: str | None, person: str | None, institution: str | None, config: str | None
) -> SettlementListDraft:
    from mi_core.client import AsyncClient
    from mi_core.config import load_config
    from mi_core.uploads import asked_stay, settled_stay, settlement_list_from

    async with AsyncClient(load_config(config, journal__recover=False)) as client:
        where = client.config.institution(institution)
        if person is not None and settlement is not None:
            stay = await asked_stay(
                client, psn_no=person, mdtrt_id=visit, setl_id=settlement, institution=where.code
            )
        else:
            stay = await settled_stay(client, visit, setl_id=settlement)
        return settlement_list_from(stay, where.interface(_CODE))


def _completed(made: SettlementListDraft, given: dict[str, str]) -> SettlementListDraft:
    """With what ``--set`` says; unknown names are refused."""
    from mi_core.uploads.cells import value_of
    from mi_core.uploads.settlement_form import fields_of_rows
    from mi_core.uploads.settlement_list import head_of, rows_of

    head = {f.wire: f for f in head_of(made.interface).members}
    lists = rows_of(made.interface)
    for name, text in given.items():
        node, dot, own = name.rpartition(".")
        fields = (
            {f.wire: f for f in fields_of_rows(lists[node])} if node in lists else head if not dot else {}
        )
        field: Any = fields.get(own)
        if field is None:
            raise click.BadParameter(
                t(f"4101 没有字段 {name}", f"4101 has no field {name}"), param_hint="--set"
            )
        value = value_of(field, text)
        made = made.with_rows(node, **{own: value}) if dot else made.with_(**{own: value})
    return made


def _read(files: Sequence[Path], institution: str | None, config: str | None) -> list[SettlementListDraft]:
    from mi_core.uploads import read_form

    interface = interface_of(_CODE, config, institution)
    return [read_form(path, interface) for path in files]


def _checked(
    files: Sequence[Path], drafts: Sequence[SettlementListDraft], as_json: bool, *, quiet: bool = False
) -> bool:
    """Whether all of them are complete; what is missing is told, file by file."""
    found = {path: made.missing for path, made in zip(files, drafts, strict=True)}
    right = not any(found.values())
    if as_json and not (quiet and right):
        print_json([{"file": str(p), "missing": [one.to_dict() for one in m]} for p, m in found.items()])
    elif not as_json and not (quiet and right):
        for path, problems in found.items():
            click.echo(f"{path}:")
            _tell(problems)
    return right


def _tell(problems: Sequence[Problem]) -> None:
    if not problems:
        click.echo(t("必填项已齐全", "nothing that is required is missing"))
        return
    click.secho(t(f"缺少或有误 {len(problems)} 项：", f"{len(problems)} missing or wrong:"), fg="red")
    for problem in problems:
        row = _IN_ROW.match(problem.path)
        place = (
            ""
            if row is None
            else t(f"{row[1]} 第 {int(row[2]) + 1} 行：", f"{row[1]} row {int(row[2]) + 1}: ")
        )
        click.echo(f"  - {place}{problem.message(language())}")


async def _sent(
    settings: Any, drafts: Sequence[SettlementListDraft], institution: str | None
) -> list[str | MiError]:
    from mi_core.client import AsyncClient

    results: list[str | MiError] = []
    async with AsyncClient(settings) as client:
        for made in drafts:
            try:
                reply = await client.call(made.request(), institution=institution)
                results.append(_number(reply.to_dict()))
            except MiError as error:
                results.append(error)
    return results


def _number(output: Any) -> str:
    """``setl_list_id``, wherever the region's reply has it."""
    from mi_core.catalogues.asking import field_of

    return field_of(output, "setl_list_id") or t("（中心未返回）", "(none was given)")


def _plain(result: str | MiError) -> dict[str, Any]:
    return error_report(result) if isinstance(result, MiError) else {"setl_list_id": result}
