"""``mi refusals``: the bureau's texts that prove that nothing was done."""

from __future__ import annotations

from typing import Any

import click

from mi_core.cli.desk import AS_JSON, BY, CONFIG, filled, loaded, pick
from mi_core.cli.text import print_json, print_table, t
from mi_core.config import Config
from mi_core.desk import learning
from mi_core.desk.opening import person, reading, writing
from mi_core.desk.words import beijing

__all__ = ["refusals"]

_INSTITUTION = click.option(
    "--institution", callback=filled, help="机构编号（配置了多个时） / institution code."
)


@click.group(short_help="“未执行”的拒绝文本 / texts that mean: nothing was done")
def refusals() -> None:
    """管理已证实“中心未执行”的拒绝文本。列入后，回应该文本的结算直接算被拒绝，不再查证。

    The texts by which the bureau refuses without having done anything. A listed one makes a call refused at once.
    """


def _chosen(settings: Config, institution: str | None) -> list[str]:
    return list(settings.institutions) if institution is None else [settings.institution(institution).code]


@refusals.command("list")
@CONFIG
@_INSTITUTION
@AS_JSON
def list_texts(config: str | None, institution: str | None, as_json: bool) -> None:
    """列出配置的与人工确认的文本及其证据 / list configured and judged texts with their evidence."""
    settings = loaded(config)
    with reading(settings) as reader:
        found = [
            x for code in _chosen(settings, institution) for x in learning.listed(reader, settings, code)
        ]
    if as_json:
        print_json([_listed(x) for x in found])
        return
    judged = {"accepted": ("已接受", "accepted"), "rejected": ("不接受", "rejected")}
    print_table(
        "", [t("机构", "institution"), t("文本", "text"), t("结论", "judged"), t("来源", "origin"), t("人员", "by"),
             t("时间", "time"), *_count_heads()],
        ([x.institution, x.text, pick(judged[x.judged]), x.origin, x.by, "" if x.at is None else beijing(x.at),
          *_counts(x.counts)] for x in found),
        caption=t(f"{len(found)} 条", f"{len(found)} text(s)"),
    )  # fmt: skip
    for x in found:
        if x.judged == "accepted" and x.counts.executed:
            click.secho(
                t(f"注意：“{x.text}”有 {x.counts.executed} 笔实际已执行，须删除：mi refusals remove",
                  f"attention: {x.counts.executed} call(s) with “{x.text}” were executed; remove it: mi refusals remove"),
                fg="red", err=True,
            )  # fmt: skip


def _count_heads() -> list[Any]:
    heads = (("未执行", "not executed"), ("已执行", "executed"), ("未决", "unresolved"))
    return [(t(*head), {"justify": "right"}) for head in heads]


def _counts(counts: learning.Counts) -> list[int]:
    return [counts.not_executed, counts.executed, counts.unresolved]


def _numbers(counts: learning.Counts) -> dict[str, int]:
    return dict(zip(("not_executed", "executed", "unresolved"), _counts(counts), strict=True))


def _listed(x: learning.Listed) -> dict[str, Any]:
    return {
        "institution": x.institution, "text": x.text, "judged": x.judged, "origin": x.origin, "by": x.by,
        "at": None if x.at is None else beijing(x.at), **_numbers(x.counts),
    }  # fmt: skip


@refusals.command()
@CONFIG
@_INSTITUTION
@click.option(
    "--min", "fewest", type=click.IntRange(1, 1000), default=learning.FEWEST, show_default=True,
    help="至少查明未执行几次 / found not executed at least this often.",
)  # fmt: skip
@AS_JSON
def learn(config: str | None, institution: str | None, fewest: int, as_json: bool) -> None:
    """从已查明的业务中找出可接受的文本 / propose texts from what was resolved."""
    settings = loaded(config)
    with reading(settings) as reader:
        found = [
            s
            for code in _chosen(settings, institution)
            for s in learning.learn(reader, settings, code, fewest=fewest)
        ]
    if as_json:
        print_json(
            [
                {"institution": s.institution, "text": s.text, "interfaces": list(s.interfaces),
                 "operations": list(s.operations), **_numbers(s.counts)}
                for s in found
            ]
        )  # fmt: skip
        return
    if not found:
        click.echo(t("没有可建议的文本", "nothing to propose"))
        return
    print_table(
        "", [t("机构", "institution"), t("文本（* 为可变部分）", "text (* changes)"), t("交易", "interfaces"), *_count_heads(),
             t("例（mi doubt show）", "examples (mi doubt show)")],
        ([s.institution, s.text, ", ".join(s.interfaces), *_counts(s.counts), "\n".join(s.operations)] for s in found),
        caption=t("核对后：mi refusals accept 文本 --by 姓名；不可信的：mi refusals reject",
                  "then: mi refusals accept TEXT --by NAME; what cannot be trusted: mi refusals reject"),
    )  # fmt: skip


@refusals.command()
@CONFIG
@_INSTITUTION
@click.argument("text")
@BY
@AS_JSON
def accept(config: str | None, institution: str | None, text: str, by: str, as_json: bool) -> None:
    """接受一条文本；曾有业务实际已执行的文本一律不接受 / accept a text; never one that was seen with an executed call."""
    settings, who = loaded(config), person(by)
    code = settings.institution(institution).code
    with writing(settings) as journal:
        accepted, counts = learning.accept(journal, code, text, who)
    if as_json:
        print_json(
            {
                "institution": code,
                "text": accepted.text,
                "judged": "accepted",
                "by": accepted.by,
                **_numbers(counts),
            }
        )
        return
    click.echo(
        t(
            f"已接受（{counts.not_executed} 笔查明未执行）：{accepted.text}",
            f"accepted on {counts.not_executed} call(s): {accepted.text}",
        )
    )


@refusals.command()
@CONFIG
@_INSTITUTION
@click.argument("text")
@BY
@AS_JSON
def reject(config: str | None, institution: str | None, text: str, by: str, as_json: bool) -> None:
    """不接受一条文本，以后不再建议 / reject a text; it is not proposed again."""
    settings, who = loaded(config), person(by)
    code = settings.institution(institution).code
    with writing(settings) as journal:
        rejected = learning.reject(journal, code, text, who)
    _said(rejected.text, code, "rejected", who.name, as_json, t("不再建议", "not proposed again"))


@refusals.command()
@CONFIG
@_INSTITUTION
@click.argument("text")
@BY
@AS_JSON
def remove(config: str | None, institution: str | None, text: str, by: str, as_json: bool) -> None:
    """删除一条人工结论（接受或不接受） / forget a judgement."""
    settings, who = loaded(config), person(by)
    code = settings.institution(institution).code
    with writing(settings) as journal:
        learning.forget(journal, code, text, who)
    _said(text.strip(), code, "removed", who.name, as_json, t("已删除", "removed"))


def _said(text: str, institution: str, what: str, by: str, as_json: bool, words: str) -> None:
    if as_json:
        print_json({"institution": institution, "text": text, "judged": what, "by": by})
    else:
        click.echo(t(f"{words}：{text}", f"{words}: {text}"))
