"""One request from the claim to its result, by the rules of the journal."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Final

from mi_core.config import BridgeSettings
from mi_core.errors import InvalidInput, MiError, NotSent, StoreError, VisitBusy
from mi_core.journal import AmountsDiffer, AttemptState, MoveRefused, NoReversal, QuoteNeeded, TakenBackSince
from mi_core.model import Request
from mi_core.worker.calling import BridgeClient, doubtful
from mi_core.worker.queue import Queue
from mi_core.worker.reading import Wish, read
from mi_core.worker.records import Claimed, Later, Result
from mi_core.worker.results import done, failed, told

__all__ = ["after_mistake", "run"]

_log = logging.getLogger("mi_core.worker")
_FIRST_PAUSE: Final = 0.25
_LONGEST_PAUSE: Final = 5.0
_MOST_INTERRUPTED: Final = 5
_ASK_AGAIN: Final = 1.0
"""Seconds after which a journal that could not be asked is asked again."""
_PEOPLE_FIRST: Final = (AmountsDiffer, MoveRefused, NoReversal, QuoteNeeded, TakenBackSince)
"""Proven not sent, and no waiting changes that."""


async def run(
    client: BridgeClient, queue: Queue, claimed: Claimed, settings: BridgeSettings
) -> Result | Later | None:
    """What became of it; ``None``: it is another worker's by now, and was not begun here.

    Raises only what is a mistake of ours; cancellation leaves the request to another worker.
    """
    try:
        wish = read(claimed, client.config)
    except MiError as error:
        return failed(error)
    if claimed.interrupted:
        known = await _known(client, claimed, wish)
        if known is not None:
            return known
    if wish.request.__interface__.behaviour.exact and claimed.age > settings.expire:
        return told(
            "ERROR", "expired", f"提交后 {settings.expire:g} 秒内未能办理，未发送，不再办理",
            f"it was not taken up within {settings.expire:g} s: not sent, and it never will be",
        )  # fmt: skip
    if _must_not_repeat(wish) and not await queue.begin(claimed):
        return None
    try:
        return done(await client.make(wish), claimed.interface_code)
    except NotSent as refusal:
        return await _not_sent(client, claimed, wish, settings, refusal)
    except MiError as error:
        return failed(error)


async def _known(client: BridgeClient, claimed: Claimed, wish: Wish) -> Result | Later | None:
    """What the journal says of a request whose worker died; ``None``: it is proven that nothing of it was done, or that
    doing it again does no harm."""
    behaviour = wish.request.__interface__.behaviour
    if behaviour.exact:
        for number in range(claimed.attempts - 1, 0, -1):
            attempt = await client.last(claimed.operation_id(number))
            if attempt is not None and attempt.state is not AttemptState.NOT_SENT:
                result = await client.became(wish, attempt)
                return doubtful(wish.request.__interface__, attempt) if result is None else result
        try:
            known = await client.stands(wish)
        except NotSent as unusable:  # the journal cannot be asked: nobody may say now that nothing was done
            return Later(_LONGEST_PAUSE, failed(unusable))
        if known is not None:
            return known
    elif claimed.begun and _must_not_repeat(wish):
        return _interrupted(wish.request)
    if claimed.interrupted >= _MOST_INTERRUPTED:
        return told(
            "ERROR", "interrupted", f"办理此请求的工作进程 {claimed.interrupted} 次中断，不再办理；未发送或未生效",
            f"workers died {claimed.interrupted} times with this request; it is not tried again, and nothing of it stands",
        )  # fmt: skip
    return None


def _must_not_repeat(wish: Wish) -> bool:
    """Uploads that no journal follows, and whose repetition is not harmless."""
    behaviour = wish.request.__interface__.behaviour
    return behaviour.effect == "upload" and behaviour.repeat != "safe"


def _interrupted(request: Request[Any]) -> Result:
    """No journal follows uploads, and this one must not be repeated blindly."""
    behaviour = request.__interface__.behaviour
    undo = behaviour.cancelled_by
    hint = f"；先调用 {undo} 清除后重新上传" if undo else "；先查询是否已到达，再决定是否重新上传"
    hint_en = (
        f"; clear it with {undo}, then upload again"
        if undo
        else "; look whether it arrived before uploading again"
    )
    return told(
        "ERROR", "interrupted", f"上传中断（工作进程停止或出错），数据可能已到达{hint}",
        f"the upload was broken off (the worker died or failed); it may have arrived{hint_en}",
    )  # fmt: skip


async def _not_sent(
    client: BridgeClient, claimed: Claimed, wish: Wish, settings: BridgeSettings, refusal: NotSent
) -> Result | Later:
    """Nothing left this machine. Later, unless waiting does not help; the same business in doubt is in doubt here, too."""
    result = failed(refusal)
    if isinstance(refusal, _PEOPLE_FIRST) or isinstance(refusal.__cause__, InvalidInput):
        return result
    waits = claimed.age < settings.patience
    if isinstance(refusal, VisitBusy) and refusal.operation_id:
        same = await client.same(wish, refusal.operation_id)
        if same is not None and not (waits and same.state is AttemptState.SENT):
            return doubtful(wish.request.__interface__, same)
    if not waits:
        return result
    return Later(min(_FIRST_PAUSE * 2 ** min(claimed.attempts - 1, 10), _LONGEST_PAUSE), result)


async def after_mistake(client: BridgeClient, claimed: Claimed, mistake: Exception) -> Result:
    """A mistake of ours: what it says is never shown (it may hold personal data), and the journal says what was done. As long
    as it cannot be asked nothing is told; should this worker end before, the next one asks."""
    name = type(mistake).__name__
    _log.error("request %s (%s) failed with %s", claimed.request_id, claimed.interface_code, name)
    try:
        wish = read(claimed, client.config)
    except Exception:  # it cannot be read, hence was not sent
        return _nothing_done(name)
    behaviour = wish.request.__interface__.behaviour
    if not behaviour.exact:
        return _interrupted(wish.request) if behaviour.effect == "upload" else _nothing_done(name)
    while True:
        try:
            return await _found_out(client, claimed, wish) or _nothing_done(name)
        except (NotSent, StoreError) as unusable:
            _log.error("request %s: the journal cannot be asked: %s", claimed.request_id, unusable.en)
            await asyncio.sleep(_ASK_AGAIN)


async def _found_out(client: BridgeClient, claimed: Claimed, wish: Wish) -> Result | None:
    """What the journal knows under this request's own name, or of the same business: a call goes on under the name of an
    earlier request that was not sent. ``None``: nothing left. Raises ``NotSent``, ``StoreError``: it cannot be asked."""
    interface = wish.request.__interface__
    attempt = await client.last(claimed.operation_id(claimed.attempts))
    if attempt is None or attempt.state is AttemptState.NOT_SENT:
        return await client.stands(wish)
    return await client.became(wish, attempt) or doubtful(interface, attempt)


def _nothing_done(name: str) -> Result:
    return told(
        "ERROR",
        "internal",
        f"办理时程序出错（{name}），未生效",
        f"the program failed ({name}), nothing was done",
    )
