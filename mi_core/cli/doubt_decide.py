"""``mi doubt resolve|reverse|withdraw``: the decisions of people."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import attrs
import click

from mi_core.cli.desk import AS_JSON, BY, CONFIG, REASON, filled, loaded, now, pick, warn
from mi_core.cli.text import print_json, t
from mi_core.config import Config
from mi_core.desk import deciding
from mi_core.desk.logbook import tell_log
from mi_core.desk.opening import person, writing
from mi_core.desk.words import STATES, beijing
from mi_core.errors import MiError
from mi_core.journal import Alarm, AttemptRecord, AttemptState
from mi_core.journal.people import Decided
from mi_core.journal.states import OPEN_STATES

__all__ = ["resolve", "reverse", "withdraw"]

_PATIENCE: Final = 15.0
"""Seconds for the bureau to give the content of what people confirmed."""


@click.command()
@CONFIG
@click.argument("operation")
@click.option("--executed", "to", flag_value="CONFIRMED", help="中心已执行 / the bureau executed it.")
@click.option(
    "--not-executed", "to", flag_value="NOT_EXECUTED", help="中心未执行（须两人） / it did not (two persons)."
)
@click.option(
    "--reversed", "to", flag_value="REVERSED", help="已被冲正（须两人） / it was reversed (two persons)."
)
@click.option(
    "--identifier",
    metavar="SETL_ID",
    callback=filled,
    help="已执行时的结算编号等 / the id at the bureau, with --executed.",
)
@REASON
@BY
@click.option(
    "--against-evidence",
    is_flag=True,
    help="与已有证据矛盾仍坚持（报警） / although the evidence says otherwise; alarms.",
)
@AS_JSON
def resolve(
    config: str | None, operation: str, to: str | None, identifier: str | None, reason: str, by: str,
    against_evidence: bool, as_json: bool,
) -> None:  # fmt: skip
    """确定一笔未决业务的结果；须两人时，第二人执行同样的命令确认。

    Say what became of a call in doubt. Where two persons are needed the second one confirms with the same command.
    """
    if to is None:
        raise click.UsageError(
            t(
                "须给出 --executed、--not-executed 或 --reversed",
                "give --executed, --not-executed or --reversed",
            )
        )
    settings, who, alarms = loaded(config), person(by), list[Alarm]()
    with writing(settings, alarms) as journal:
        attempt = deciding.subject(journal.read, operation)
        done = deciding.resolve(
            journal, settings, operation, AttemptState(to), who, reason=reason, identifier=identifier,
            against_evidence=against_evidence,
        )  # fmt: skip
    if (
        done.state is not None
        and (error := asyncio.run(tell_log(settings, attempt.msgid, done.state))) is not None
    ):
        warn(t(f"操作日志未更新：{error.message()}", f"the operation log was not updated: {error.message()}"))
    if done.state is not None and attempt.state not in OPEN_STATES:
        warn(
            t("注意：操作日志中该笔保持原来的结果，以交易日志为准（mi audit show --operation）",
              "note: the operation log keeps the end that it had; the journal counts (mi audit show --operation)")
        )  # fmt: skip
    completed = done.state is AttemptState.CONFIRMED and asyncio.run(
        _complete(settings, attempt.msgid, identifier)
    )
    _tell(done, alarms, as_json, completed)


async def _complete(settings: Config, msgid: str, given: str | None) -> bool:
    """Ask the bureau at once for the content of what was confirmed, for a few seconds; recovery makes up for a failure."""
    from mi_core.client import AsyncClient

    alone = attrs.evolve(settings, journal=attrs.evolve(settings.journal, recover=False))
    try:
        async with asyncio.timeout(_PATIENCE), AsyncClient(alone) as mi:
            completed = await mi.recovery.complete(msgid)
            now_known = await asyncio.to_thread(mi.journal.read.attempt, msgid)
    except (MiError, TimeoutError):
        return False
    if completed and now_known is not None and now_known.identifier != given:
        warn(
            t(f"注意：中心记录的编号是 {now_known.identifier}，与所给不同，已按中心更正并留痕",
              f"note: the bureau has it as {now_known.identifier}, not as given; corrected, and recorded")
        )  # fmt: skip
    return completed


@click.command()
@CONFIG
@click.argument("operation")
@click.option("--force", is_flag=True, help="人工要求冲正（须两人） / people want it (two persons).")
@REASON
@BY
@click.option(
    "--deadline",
    type=click.FloatRange(1, 3600),
    metavar="SECONDS",
    help="发送 2601 的时限（秒） / seconds for the 2601.",
)
@AS_JSON
def reverse(
    config: str | None, operation: str, force: bool, reason: str, by: str, deadline: float | None, as_json: bool
) -> None:  # fmt: skip
    """人工要求用 2601 冲正；第二人确认后立即发送。

    Have a 2601 sent. It leaves when a second person confirms with the same command.
    """
    if not force:
        raise click.UsageError(
            t("平时由程序自动冲正（mi recover）；人工冲正须加 --force，由两人确认",
              "recovery reverses by itself (mi recover); people add --force, two of them")
        )  # fmt: skip
    settings, who, alarms = loaded(config), person(by), list[Alarm]()
    with writing(settings, alarms) as journal:
        attempt = deciding.subject(journal.read, operation)
        if deciding.permitted(journal.read, attempt, now()):
            done = Decided(None)
        else:
            done = deciding.permit_reversal(journal, operation, who, reason=reason)
            if done.second is None:
                _tell(done, alarms, as_json)
                return
    reply = asyncio.run(_send(settings, attempt, deadline))
    if as_json:
        print_json({"operation_id": attempt.operation_id, "sent": True, "msgid": reply})
    else:
        click.echo(
            t(f"2601 已被接受（msgid {reply}）；请用 5203 或 3202 核实后再定结果",
              f"the 2601 was accepted (msgid {reply}); verify by 5203 or 3202 before deciding")
        )  # fmt: skip


async def _send(settings: Config, attempt: AttemptRecord, deadline: float | None) -> str | None:
    from mi_core.client import AsyncClient

    async with AsyncClient(settings) as mi:
        reply = await mi.call(
            deciding.reversal_request(attempt), institution=attempt.institution, deadline=deadline,
            insuplc_admdvs=attempt.insuplc_admdvs or None,
        )  # fmt: skip
        return reply.meta.msgid


@click.command()
@CONFIG
@click.argument("operation")
@BY
@AS_JSON
def withdraw(config: str | None, operation: str, by: str, as_json: bool) -> None:
    """撤回待第二人确认的处理 / take a proposal back."""
    settings, who = loaded(config), person(by)
    with writing(settings) as journal:
        proposal = deciding.take_back(journal, operation, who)
    if as_json:
        print_json({"operation_id": proposal.operation_id, "withdrawn": proposal.id, "by": who.name})
    else:
        click.echo(
            t(f"已撤回 {proposal.by.name} 提出的处理", f"taken back: what {proposal.by.name} proposed")
        )


def _tell(done: Decided, alarms: list[Alarm], as_json: bool, completed: bool = False) -> None:
    first, state = done.proposal, done.state
    report: dict[str, Any] = {
        "state": None if state is None else state.value,
        "proposed_by": None if first is None else first.by.name,
        "confirmed_by": None if done.second is None else done.second.name,
        "expires": None if first is None or done.second is not None else beijing(first.expires_at),
        "alarms": [alarm.kind for alarm in alarms],
        "completed": completed,
    }
    if as_json:
        print_json(report)
    elif state is not None:
        words = pick(STATES[state.value])
        click.echo(t(f"已定为：{words}（{state.value}）", f"decided: {words} ({state.value})"))
        if completed:
            click.echo(t("  内容已从中心取得", "  its content came from the bureau"))
        elif state is AttemptState.CONFIRMED:
            click.echo(
                t("  中心暂未给出其内容；mi recover 或后台会再取，取得前不能平账",
                  "  the bureau has not given its content yet; recovery asks again, the day balances only then")
            )  # fmt: skip
    elif first is not None:
        until = beijing(first.expires_at)
        click.echo(
            t(f"{first.by.name} 的处理已记录，尚未生效；请另一人在 {until} 前执行同样的命令确认（--by 本人姓名）",
              f"recorded for {first.by.name}, not in force; another person confirms with the same command before {until}")
        )  # fmt: skip
    if done.second is not None and first is not None and done.second.login == first.by.login:
        warn(
            t(
                f"注意：两人使用同一系统账号（{first.by.login}），已留痕",
                f"note: both used the login {first.by.login}; recorded",
            )
        )
    for alarm in alarms:
        warn(t(f"报警：{alarm.kind} {alarm.detail}", f"alarm: {alarm.kind} {alarm.detail}"))
