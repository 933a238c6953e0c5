"""May this intent be sent? Pure rules over what the journal knows of the same business key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

import attrs
import msgspec

from mi_core.journal.records import Intent
from mi_core.journal.refusals import AmountsDiffer, QuoteNeeded, TakenBackSince, busy
from mi_core.journal.states import AttemptState, OperationState
from mi_core.types import Effect

__all__ = ["Again", "Answer", "Decision", "Fresh", "Standing", "amounts_text", "decide", "key_text"]


@attrs.frozen(kw_only=True)
class Standing:
    """The newest generation of a business key and its latest attempt."""

    operation_id: str
    generation: int
    state: OperationState
    amounts: str
    cancelled: bool
    """A CONFIRMED cancel took it back."""
    attempt_state: AttemptState
    msgid: str
    number: int
    ended_at: int | None
    same_content: bool | None
    """Whether the latest attempt asked the same; None when the new content is not known yet."""
    cancelled_at: int | None = None
    """When the cancel was sent."""
    quotes: Mapping[str, int] = attrs.Factory(dict)
    """After NOT_EXECUTED: by interface, when any program that shares the journal quoted it anew."""


@attrs.frozen
class Fresh:
    """Open generation ``generation``; ``previous`` ended without effect, or there was none."""

    generation: int
    previous: str | None = None


@attrs.frozen
class Again:
    """Another attempt of the same operation: nothing of it left before, or it is a reversal that may be repeated."""

    operation_id: str
    generation: int
    number: int
    supersedes: str | None = None
    """The reversal attempt in doubt that the new one replaces."""


@attrs.frozen
class Answer:
    """It is done: return the stored result of ``msgid``."""

    operation_id: str
    generation: int
    msgid: str


Decision = Fresh | Again | Answer


def key_text(institution: str, interface: str, business_key: Sequence[str]) -> str:
    """The text whose keyed hash is the business key."""
    return msgspec.json.encode((institution, interface, *business_key)).decode()


def amounts_text(amounts: Mapping[str, Decimal]) -> str:
    """Canonical text: ``path=plain decimal`` sorted by path, so that 128.5 and 128.50 are the same amount."""
    return ";".join([f"{path}={_plain(amounts[path])}" for path in sorted(amounts)])


def _plain(value: Decimal) -> str:
    text = format(value, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def decide(standing: Standing | None, intent: Intent) -> Decision:
    """The rule of generations.

    A new one is allowed only when the previous ended REJECTED, NOT_EXECUTED or REVERSED, when nothing of it ever
    left, or when a CONFIRMED cancel took it back. Raises :class:`mi_core.errors.VisitBusy` (in flight or in doubt),
    :class:`AmountsDiffer`, :class:`QuoteNeeded`, :class:`TakenBackSince`.
    """
    if standing is None:
        return Fresh(1)
    same_amounts = standing.amounts == amounts_text(intent.amounts)
    following = Fresh(standing.generation + 1, standing.operation_id)
    match standing.state:
        case OperationState.OPEN:
            if intent.effect is Effect.REVERSAL and standing.attempt_state is AttemptState.IN_DOUBT:
                return Again(standing.operation_id, standing.generation, standing.number + 1, standing.msgid)
            raise busy(standing.operation_id, intent.interface)
        case OperationState.MANUAL:
            raise busy(standing.operation_id, intent.interface, manual=True)
        case OperationState.ABANDONED:
            return (
                Again(standing.operation_id, standing.generation, standing.number + 1)
                if same_amounts
                else following
            )
        case OperationState.DONE:
            return _after_done(standing, intent, same_amounts, following)
        case OperationState.FAILED:
            if standing.attempt_state is AttemptState.NOT_EXECUTED:
                _check_quote(standing, intent, same_amounts)
            return following
        case OperationState.REVERSED:
            return following


def _after_done(standing: Standing, intent: Intent, same_amounts: bool, following: Fresh) -> Decision:
    if standing.cancelled:
        _check_since(standing, intent)
        return following
    if intent.repeatable and standing.same_content is False:
        return following
    if same_amounts:
        return Answer(standing.operation_id, standing.generation, standing.msgid)
    raise AmountsDiffer(
        f"同一业务已完成且金额不同（操作号 {standing.operation_id}）",
        f"the same business was done with other amounts (operation {standing.operation_id})",
        hint_zh="如需改费，先撤销原结算再重新结算", hint_en="cancel the earlier one first, then settle again",
        interface=intent.interface, institution=intent.institution, operation_id=standing.operation_id,
    )  # fmt: skip


def _check_since(standing: Standing, intent: Intent) -> None:
    if intent.asked_at is None or standing.cancelled_at is None or standing.cancelled_at <= intent.asked_at:
        return
    raise TakenBackSince(
        f"提交之后，此业务已办理（操作号 {standing.operation_id}）并已撤销，未再办理",
        f"since this was asked for it was done (operation {standing.operation_id}) and taken back; it was not done anew",
        hint_zh="多为重复提交；确需再办的请重新提交", hint_en="most likely a repetition; if it is wanted again, submit it again",
        interface=intent.interface, institution=intent.institution, operation_id=standing.operation_id,
    )  # fmt: skip


def _check_quote(standing: Standing, intent: Intent, same_amounts: bool) -> None:
    if not intent.quote_required:
        return
    quoted_at = max(intent.quoted_at or 0, standing.quotes.get(intent.quoted_by, 0))
    if quoted_at <= (standing.ended_at or 0):
        raise QuoteNeeded(
            "上一次发送未被执行，重新结算前须先预结算", "the previous send was not executed; quote again before settling",
            hint_zh="先调用 2206（住院 2303），再用新金额结算", hint_en="call 2206 (inpatient 2303) first",
            interface=intent.interface, institution=intent.institution, operation_id=standing.operation_id,
        )  # fmt: skip
    if not same_amounts and not intent.amounts_accepted:
        raise AmountsDiffer(
            "重新预结算的金额与上一次不同，请核对", "the new quote differs from the amounts sent before",
            hint_zh="由收费员确认新金额后再结算", hint_en="let the cashier accept the new amounts",
            interface=intent.interface, institution=intent.institution, operation_id=standing.operation_id,
        )  # fmt: skip
