"""A person's decision about one operation: what must be given, how many persons it needs, and what it does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from mi_core.config import Config
from mi_core.desk.fences import fence_of
from mi_core.desk.words import beijing
from mi_core.errors import UnknownName
from mi_core.interfaces import ReversalRequest
from mi_core.journal import AttemptRecord, Journal, NoReversal, Reader, older
from mi_core.journal.correcting import contradicted
from mi_core.journal.people import (
    Decided,
    Decision,
    DecisionRefused,
    Proposal,
    decide,
    granted,
    note,
    withdraw,
)
from mi_core.journal.persons import Person
from mi_core.journal.states import NO_EFFECT, OPEN_STATES, AttemptState
from mi_core.journal.transaction import Transaction
from mi_core.model import Behaviour

__all__ = [
    "check_reason",
    "latest",
    "permit_reversal",
    "permitted",
    "reopen",
    "resolve",
    "resolve_together",
    "reveal",
    "reversal_request",
    "subject",
    "take_back",
]

_LONGEST: Final = 500
_ID: Final = 64
_REVERSIBLE: Final = frozenset(
    {AttemptState.IN_DOUBT, AttemptState.EXECUTED_UNIDENTIFIED, AttemptState.REVERSING, AttemptState.MANUAL}
)


def latest(reader: Reader, key: str) -> AttemptRecord:
    """The latest attempt of an operation given by its id or a message id; raises :class:`UnknownName`."""
    attempts = reader.attempts(key)
    if not attempts and (one := reader.attempt(key)) is not None:
        attempts = reader.attempts(one.operation_id)
    if not attempts:
        raise UnknownName(
            f"没有操作 {key}", f"there is no operation {key}",
            hint_zh="用 mi doubt list 查看未决业务", hint_en="see: mi doubt list",
        )  # fmt: skip
    return attempts[-1]


def subject(reader: Reader, key: str) -> AttemptRecord:
    """What people decide about: the attempt whose end the centre contradicts, else the latest; raises ``UnknownName``."""
    attempt = latest(reader, key)
    if attempt.state in OPEN_STATES:
        return attempt
    wrong = reader.ask(lambda rows, _: contradicted(rows, attempt.operation_id))
    found = None if wrong is None else reader.attempt(wrong[0])
    return attempt if found is None else found


def resolve(
    journal: Journal, config: Config, key: str, to: AttemptState, who: Person, *, reason: str,
    identifier: str | None = None, against_evidence: bool = False,
) -> Decided:  # fmt: skip
    """Decide what became of an operation, or correct an end of it that the centre contradicts. Raises what is missing or
    wrong with it as errors of the journal."""
    attempt = subject(journal.read, key)
    check_reason(reason)
    _check_identifier(config.behaviour(attempt.institution, attempt.interface), to, identifier)
    decision = Decision(
        act="resolve", to=to, identifier=identifier, against_evidence=against_evidence, reason=reason.strip()
    )
    fence = fence_of(config, attempt) if to is AttemptState.NOT_EXECUTED else None
    ring, operation_id = journal.read.ring, attempt.operation_id

    def job(tx: Transaction) -> Decided:
        _check_fence(fence, tx.now)
        return decide(tx, ring, journal.epoch, operation_id, decision, who)

    return journal.wait(job)


def resolve_together(
    journal: Journal, config: Config, key: str, to: AttemptState, names: Sequence[str], *, reason: str,
    identifier: str | None = None, against_evidence: bool = False,
) -> tuple[AttemptRecord, Decided]:  # fmt: skip
    """:func:`resolve` by each of several persons in turn (by default the configured operator) until it has an end."""
    attempt = subject(journal.read, key)
    institution = config.institutions.get(attempt.institution)
    operator = None if institution is None else institution.operator
    decided = Decided(None)
    for name in names or ((operator.id,) if operator else ("",)):
        decided = resolve(
            journal, config, key, to, Person.named(name), reason=reason, identifier=identifier,
            against_evidence=against_evidence,
        )  # fmt: skip
        if decided.state is not None:
            break
    return attempt, decided


def permit_reversal(journal: Journal, key: str, who: Person, *, reason: str) -> Decided:
    """Propose or confirm that a 2601 is sent now; the second person's call permits it for a day."""
    attempt = subject(journal.read, key)
    check_reason(reason)
    wrong = attempt.state in NO_EFFECT and journal.read.ask(
        lambda rows, _: contradicted(rows, attempt.operation_id)
    )
    if attempt.state not in _REVERSIBLE and not wrong:
        raise NoReversal(
            f"操作 {attempt.operation_id} 不能冲正（{attempt.state.value}）",
            f"operation {attempt.operation_id} cannot be reversed ({attempt.state.value})",
            hint_zh="已成功的业务用撤销接口；未执行的无需冲正", hint_en="cancel what is confirmed; what was not executed needs none",
            interface=attempt.interface, operation_id=attempt.operation_id,
        )  # fmt: skip
    if not attempt.reversible or not attempt.psn_no:
        raise NoReversal(
            f"{attempt.interface} 不能用 2601 冲正", f"{attempt.interface} is not taken back by 2601",
            hint_zh="本地区支持时在 mi.toml 的 recovery.reversible 中列出；否则联系医保部门",
            hint_en="list it in recovery.reversible where the region allows it; else ask the bureau",
            interface=attempt.interface, operation_id=attempt.operation_id,
        )  # fmt: skip
    decision = Decision(act="reverse", reason=reason.strip())
    ring, operation_id = journal.read.ring, attempt.operation_id
    return journal.wait(lambda tx: decide(tx, ring, journal.epoch, operation_id, decision, who))


def permitted(reader: Reader, attempt: AttemptRecord, now: int) -> bool:
    """Two persons have permitted a 2601 within the last day (it may not have got out)."""
    return reader.ask(lambda rows, ring: granted(rows, ring, attempt.operation_id, attempt.msgid, now))


def reversal_request(attempt: AttemptRecord) -> ReversalRequest:
    """The 2601 for an attempt; the pipeline journals and sends it."""
    return ReversalRequest.from_dict(
        {"data": {"psn_no": attempt.psn_no, "omsgid": attempt.msgid, "oinfno": attempt.interface}}
    )


def reopen(journal: Journal, who: Person, *, reason: str) -> Decided:
    """Let money out again although the journal is an older copy; the second person's call does it."""
    check_reason(reason)
    return journal.wait(lambda tx: older.reopen(tx, journal.read.ring, who, reason.strip()))


def take_back(journal: Journal, key: str, who: Person) -> Proposal:
    """Withdraw the pending proposal; anyone named may, and it is audited."""
    operation_id = latest(journal.read, key).operation_id
    return journal.wait(lambda tx: withdraw(tx, journal.read.ring, operation_id, who))


def reveal(journal: Journal, key: str, who: Person) -> None:
    """Record that a person looks at an operation in clear; it is on disk when this returns."""
    attempt = latest(journal.read, key)
    ring = journal.read.ring
    journal.wait(
        lambda tx: note(
            tx,
            ring,
            "revealed",
            who,
            key=attempt.msgid,
            operation_id=attempt.operation_id,
            msgid=attempt.msgid,
        )
    )


def check_reason(reason: str) -> None:
    """Raises :class:`DecisionRefused` for a reason that says nothing or does not fit in a line."""
    text = reason.strip()
    if len(text) < 2 or len(text) > _LONGEST or not text.isprintable():
        raise DecisionRefused(
            "--reason 应说明依据", "--reason says what the decision rests on",
            hint_zh=f"2 至 {_LONGEST} 个字符，不换行，例如：5203 查到结算",
            hint_en=f"2 to {_LONGEST} characters in one line, e.g. found by 5203",
        )  # fmt: skip


def _check_identifier(behaviour: Behaviour, to: AttemptState, identifier: str | None) -> None:
    stated = {path for path, _ in behaviour.proof_values}
    proof = [path.rpartition(".")[2] for path in behaviour.proof if path != "infcode" and path not in stated]
    if identifier is not None and (to is not AttemptState.CONFIRMED or not proof):
        raise DecisionRefused(
            "此处理不带 --identifier", "this decision takes no --identifier",
            hint_zh="只有 --executed 且该交易返回编号时才填", hint_en="only --executed of a call that returns an id has one",
        )  # fmt: skip
    if to is not AttemptState.CONFIRMED or not proof:
        return
    usable = identifier is not None and 0 < len(identifier) <= _ID and identifier.isascii()
    if identifier is None or not usable or not identifier.replace("-", "").replace("_", "").isalnum():
        raise DecisionRefused(
            f"定为已执行须给出 --identifier（{proof[0]}）", f"--executed needs --identifier ({proof[0]})",
            hint_zh="从 5203 查询或医保部门取得；以后撤销要用它",
            hint_en="get it by 5203 or from the bureau; a later cancellation needs it",
        )  # fmt: skip


def _check_fence(fence: int | None, now: int) -> None:
    if fence is not None and now < fence:
        raise DecisionRefused(
            f"{beijing(fence)} 之前该报文仍可能被执行，不能定为未执行", f"before {beijing(fence)} the message may still be executed",
            hint_zh="请在该时间之后重新核实", hint_en="find out again after that time",
        )  # fmt: skip
