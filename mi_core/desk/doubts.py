"""What is unresolved, as a cashier asks for it: which business, how much, since when, why, and what happens next."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Any, Final

import attrs

from mi_core.config import Config
from mi_core.desk.fences import known_terms
from mi_core.desk.showing import business_of
from mi_core.desk.words import STATES, Words, beijing, evidence_words, title_of, yuan
from mi_core.errors import UnknownName
from mi_core.journal import AttemptRecord, FenceTerms, Reader, fence_end
from mi_core.journal.correcting import contradicted, wrong_ends
from mi_core.journal.people import Proposal, pending
from mi_core.journal.states import OPEN_STATES, AttemptState

__all__ = [
    "COLUMNS",
    "Doubt",
    "Totals",
    "Wanted",
    "find",
    "next_step",
    "operation",
    "row",
    "totals",
]

MOST: Final = 100_000
COLUMNS: Final[tuple[tuple[str, Words], ...]] = (
    ("operation_id", ("操作号", "operation")), ("interface", ("交易", "interface")), ("title", ("交易名称", "name")),
    ("institution", ("机构", "institution")), ("visit", ("就诊", "visit")), ("at_risk", ("涉及金额", "yuan at risk")),
    ("since", ("发生时间", "since")), ("state", ("状态", "state")), ("evidence", ("依据", "evidence")),
    ("next", ("下一步", "what happens next")),
)  # fmt: skip


@attrs.frozen(kw_only=True)
class Wanted:
    """Filters; empty ones let everything pass. ``older``: seconds."""

    institutions: Collection[str] = ()
    interfaces: Collection[str] = ()
    states: Collection[str] = ()
    older: float | None = None


@attrs.frozen
class Doubt:
    """One unresolved operation by its latest attempt, or one whose end the centre contradicts."""

    attempt: AttemptRecord
    proposal: Proposal | None
    next: Words
    contradicted: bool = False
    """The journal has an end for it, and the centre was seen to have something else: two persons correct it."""


@attrs.frozen(kw_only=True)
class Totals:
    """The foot of the list for one institution."""

    institution: str
    operations: int
    amount: Decimal
    exposed: int
    """Counted against the limit: money, in doubt, not probably refused, not yet with people."""
    exposed_amount: Decimal
    limit: int
    limit_amount: Decimal | None
    closed: bool
    """The limit is passed: no further settlement is let out."""


def find(reader: Reader, config: Config, wanted: Wanted, now: int) -> list[Doubt]:
    """Everything unresolved that is wanted, oldest first, and every end that the centre contradicts."""
    out = []
    wrong = (reader.attempt(msgid) for msgid in reader.ask(lambda rows, _: wrong_ends(rows)))
    waiting = [*reader.unresolved(limit=MOST), *(one for one in wrong if one is not None)]
    for attempt in sorted(waiting, key=lambda a: (a.sent_at, a.msgid)):
        if (
            (wanted.institutions and attempt.institution not in wanted.institutions)
            or (wanted.interfaces and attempt.interface not in wanted.interfaces)
            or (wanted.states and attempt.state.value not in wanted.states)
            or (wanted.older is not None and now - attempt.sent_at < wanted.older * 1000)
        ):
            continue
        out.append(_doubt(reader, config, attempt, now))
    return out


def operation(reader: Reader, config: Config, key: str, now: int) -> tuple[Doubt, list[AttemptRecord]]:
    """One operation (by its id or one of its message ids) with all attempts; raises :class:`UnknownName`."""
    attempts = reader.attempts(key)
    if not attempts and (one := reader.attempt(key)) is not None:
        attempts = reader.attempts(one.operation_id)
    if not attempts:
        raise UnknownName(
            f"没有操作 {key}", f"there is no operation {key}",
            hint_zh="用 mi doubt list 查看未决业务", hint_en="see: mi doubt list",
        )  # fmt: skip
    wrong = reader.ask(lambda rows, _: contradicted(rows, attempts[-1].operation_id))
    about = next((a for a in attempts if wrong is not None and a.msgid == wrong[0]), attempts[-1])
    return _doubt(reader, config, about, now), attempts


def _doubt(reader: Reader, config: Config, attempt: AttemptRecord, now: int) -> Doubt:
    wrong = reader.ask(lambda rows, _: contradicted(rows, attempt.operation_id)) is not None
    proposal = None
    if attempt.state in OPEN_STATES or wrong:
        proposal = reader.ask(lambda rows, ring: pending(rows, ring, attempt.operation_id, now))
    terms = known_terms(config, attempt.institution)
    next_one = next_step(attempt, proposal, terms, now)
    if wrong and proposal is None:
        next_one = (
            "记录有误，中心有此业务：须由两人更正，见 mi doubt show",
            "the bureau has it: two persons correct it, see mi doubt show",
        )
    return Doubt(attempt, proposal, next_one, wrong)


def next_step(attempt: AttemptRecord, proposal: Proposal | None, terms: FenceTerms, now: int) -> Words:
    """What will happen by itself, or whom it waits for."""
    if proposal is not None:
        who, until = proposal.by.name, beijing(proposal.expires_at)
        return (
            f"{who} 已提出处理，待第二人确认（{until} 前）",
            f"proposed by {who}, waits for a second person until {until}",
        )
    fence = fence_end(attempt.signed_at, terms)
    match attempt.state:
        case AttemptState.SENT:
            return "正在等待回应，不要重复提交", "waiting for the reply; do not submit it again"
        case AttemptState.MANUAL:
            return "须由两人核实后处理：mi doubt show", "two persons have to decide, see: mi doubt show"
        case AttemptState.REVERSING:
            return "冲正后核实中", "the reversal is being verified"
        case AttemptState.EXECUTED_UNIDENTIFIED:
            return "已执行，正在查找编号", "executed; its ids are being looked for"
        case AttemptState.IN_DOUBT:
            return _in_doubt(attempt, terms, fence, now)
        case _:
            return "已有结果", "it has ended"


def _in_doubt(attempt: AttemptRecord, terms: FenceTerms, fence: int | None, now: int) -> Words:
    start = attempt.signed_at + terms.likely_refused
    if attempt.likely_refused and now < start:
        return f"可能被拒绝，{beijing(start)} 起查证", f"probably refused, asked about from {beijing(start)}"
    if fence is None:
        return (
            "自动查证中；查不到时须等 3202 对账或两人处理",
            "being asked about; absence is decided by 3202 or by two persons",
        )
    if now < fence:
        return (
            f"自动查证中；{beijing(fence)} 前查不到不代表未执行",
            f"being asked about; absence proves nothing before {beijing(fence)}",
        )
    return "自动查证中（已过等待期）", "being asked about (the fence has passed)"


def row(doubt: Doubt) -> dict[str, Any]:
    """One line as data; texts in both languages as pairs, amounts as text with two decimals."""
    a = doubt.attempt
    visit = next((f"{name}={value}" for name, value in business_of(a)), "")
    return {
        "operation_id": a.operation_id, "interface": a.interface, "title": title_of(a.interface),
        "institution": a.institution, "visit": visit, "at_risk": yuan(a.at_risk), "since": beijing(a.sent_at),
        "state": STATES[a.state.value], "evidence": evidence_words(a.evidence), "next": doubt.next,
    }  # fmt: skip


def totals(reader: Reader, config: Config, found: Sequence[Doubt]) -> list[Totals]:
    """The foot: per institution what the list holds, and the exposure against the limit."""
    out = []
    limit, most = config.journal.max_in_doubt, config.journal.max_amount
    for institution in sorted({d.attempt.institution for d in found} | set(config.institutions)):
        mine = [d.attempt for d in found if d.attempt.institution == institution]
        now = reader.exposure(institution)
        closed = now.operations > limit or (most is not None and now.amount > most)
        out.append(
            Totals(
                institution=institution, operations=len(mine), amount=sum((a.at_risk for a in mine), Decimal(0)),
                exposed=now.operations, exposed_amount=now.amount, limit=limit, limit_amount=most, closed=closed,
            )
        )  # fmt: skip
    return out
