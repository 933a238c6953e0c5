"""The same request twice is one call: ``Idempotency-Key`` and the journal together.

Whatever changes money or state at the bureau needs a key (400 without one, nothing is sent): it names the bill, is kept on
disk with a hash of its request before anything is sent, and tells a repetition however late it comes. Under one key:

======================================  ========================================================================
the earlier request                     the same request again
======================================  ========================================================================
is under way                            409 ``in_flight``, naming its operation
was done                                its reply, ``repeated``; ``cancelled_by`` when it was taken back since then
was refused                             the same refusal: nobody is told "no" and charged later
its outcome is not known                504 ``outcome_unknown`` until it is, nothing is sent
was found not to have been done         409 ``not_executed``
never left this machine (4xx, 503)      is sent: the key is free
======================================  ========================================================================

Another request under a key that is not free is 422 ``idempotency_key_reused``. A new key is a new wish; the journal knows
the bill itself as well, so that a bill that stands is not settled twice under two keys.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from typing import Any, Final

import attrs
from aiohttp import web

from mi_core.config import Institution
from mi_core.errors import InvalidInput, MiError, NotSent, OutcomeUnknown, Refused, StoreError
from mi_core.flows.errors import FlowStopped
from mi_core.journal import AttemptState, OperationState
from mi_core.serve.earlier import told_by_journal, with_what_followed
from mi_core.serve.keys import About, Held, Keys, State
from mi_core.serve.refusals import Refusal, bad_request
from mi_core.serve.service import Service
from mi_core.serve.told import Told, kept_error, kept_reply, told_of

__all__ = ["FORM", "HEADER", "Claim", "claimed", "claimed_step", "key_of"]

HEADER: Final = "Idempotency-Key"
FORM: Final = '"[!#-~]{1,200}"|[!#-~]{1,200}'
"""Visible ASCII, bare or quoted as RFC 8941 has it: a header does not carry more through every old HTTP library."""


def key_of(request: web.Request, *, required: bool) -> str | None:
    """The key of a request; ``None`` where none is given and none is required. Raises :class:`Refusal` (400)."""
    given = request.headers.getall(HEADER, [])
    if len(given) > 1:
        raise bad_request(
            f"{HEADER} 只能有一个，未发送", f"one {HEADER} only, nothing was sent", field=HEADER,
            hint_zh="检查程序或代理是否重复设置了此请求头", hint_en="see whether the program or a proxy sets the header twice",
        )  # fmt: skip
    if not given and not required:
        return None
    text = given[0].strip() if given else ""
    if not text and required:
        raise Refusal(
            "idempotency_key_required", f"变更类业务须给出请求头 {HEADER}，未发送",
            f"what changes something at the bureau needs an {HEADER}, nothing was sent", field=HEADER,
            hint_zh="用本单的唯一编号（如结算单号），超时、断线后重试时用同一个，另一单用另一个",
            hint_en="your unique number of this bill; the same one when you try again, another one for another bill",
        )  # fmt: skip
    if not re.fullmatch(FORM, text):
        raise bad_request(
            f"{HEADER} 应为 1 至 200 个字母、数字或符号，不含空格、引号与汉字，未发送",
            f"{HEADER} has 1 to 200 visible ASCII characters, no space and no quote; nothing was sent", field=HEADER,
            hint_zh="如 MZ2026112100017；汉字编号请先转为数字或字母", hint_en="e.g. MZ2026112100017",
        )  # fmt: skip
    return text.strip('"')


@attrs.frozen
class Claim:
    """A request's hold on its key; without a key nothing is held. ``told``: what it is answered instead of being run."""

    keys: Keys | None = None
    operation: str = ""
    fresh: bool = False
    """The key was taken for this very request: what is proven of it holds for the key."""
    told: Told | None = attrs.field(default=None, repr=False)

    async def done(self, reply: dict[str, Any], became: str | None = None) -> None:
        """It was done; ``became``: the journal's name, which is another where the business was done before."""
        await self._end("done", kept_reply(reply), became)

    async def failed(self, error: MiError) -> None:
        """Refused for good, or free again where nothing has left; else it stays open: the journal decides, a step goes on."""
        cause = error.__cause__ if isinstance(error, FlowStopped) and error.__cause__ is not None else error
        if isinstance(cause, OutcomeUnknown) or (isinstance(error, FlowStopped) and error.in_doubt):
            if isinstance(error, OutcomeUnknown) and error.operation_id not in (None, self.operation):
                await self._end("open", None, error.operation_id)
        elif not self.fresh or (isinstance(error, FlowStopped) and error.standing.unfinished):
            return  # one of a step's calls was refused, others may stand: the same request goes on with it
        elif isinstance(cause, Refused):
            await self._end("refused", kept_error(error, self.operation), None)
        elif isinstance(cause, InvalidInput | NotSent | StoreError | FlowStopped):
            await self._end("free", kept_error(error, self.operation), None)

    async def _end(self, state: State, told: bytes | None, became: str | None) -> None:
        if self.keys is not None:
            with contextlib.suppress(StoreError):  # then it stays open, and the journal decides next time
                await asyncio.to_thread(self.keys.end, self.operation, state, told, became)


async def claimed(
    service: Service, institution: Institution, infno: str, key: str, content: bytes, operation: str
) -> Claim:
    """The right to make an exact call, or what is told instead. Raises :class:`Refusal` (409, 422), ``StoreError``."""
    keys, about = service.keys, About(institution.code, infno)
    held = await asyncio.to_thread(keys.claim, key, content, operation, about)
    if held is None:
        return Claim(keys, operation, fresh=True)
    _not_under_way(service, held, about)
    attempts = await asyncio.to_thread(service.client.journal.read.attempts, held.became)
    latest = attempts[-1] if attempts and attempts[-1].institution == institution.code else None
    if held.state == "open" and latest is not None and latest.operation_state is OperationState.ABANDONED:
        return await _taken(service, content, held, operation, about, fresh=True)
    if not held.same:
        raise _reused(held)
    if (told := told_of(held.told)) is not None:
        return Claim(told=await with_what_followed(service, told, held.became))
    if latest is not None:
        if latest.state is AttemptState.SENT:
            raise _in_flight(held)  # by another process
        return Claim(told=await told_by_journal(service, institution, latest))
    if held.state != "open":
        raise _forgotten(held)
    return await _taken(service, content, held, operation, about, fresh=False)


async def claimed_step(
    service: Service, about: About, key: str | None, content: bytes, operation: str
) -> Claim:
    """The same for what the journal does not know by one name: a flow's step, which goes on where it stopped, an upload."""
    if key is None:
        return Claim()
    held = await asyncio.to_thread(service.keys.claim, key, content, operation, about)
    if held is None:
        return Claim(service.keys, operation, fresh=True)
    _not_under_way(service, held, about)
    if not held.same:
        raise _reused(held)
    if (told := told_of(held.told)) is not None:
        return Claim(told=told)
    if held.state != "open":
        raise _forgotten(held)
    return await _taken(service, content, held, operation, about, fresh=True)


def _not_under_way(service: Service, held: Held, about: About) -> None:
    work = service.running.get(held.operation, about.institution)
    if held.state == "open" and work is not None and not work.task.done():
        raise _in_flight(held) if held.same else _reused(held)


async def _taken(
    service: Service, content: bytes, held: Held, operation: str, about: About, *, fresh: bool
) -> Claim:
    """Nobody runs its call any more: this one goes on, and the journal decides what that means."""
    if not await asyncio.to_thread(service.keys.take_over, content, held, operation, about):
        raise _in_flight(held)
    return Claim(service.keys, operation, fresh=fresh)


def _in_flight(held: Held) -> Refusal:
    return Refusal(
        "in_flight", "同一请求正在办理", "the same request is under way", status=409, operation=held.operation, field=HEADER,
        hint_zh="查询该操作的结果，不要重复提交", hint_en="ask for the operation; do not submit it again", retry_after=2.0,
    )  # fmt: skip


def _reused(held: Held) -> Refusal:
    return Refusal(
        "idempotency_key_reused", f"此 {HEADER} 已用于另一请求，未发送", f"this {HEADER} was used for another request, nothing was sent",
        status=422, operation=held.operation, field=HEADER,
        hint_zh="每单、每步用各自的编号；内容有变即为另一单，须用新的编号",
        hint_en="a key per bill and step; other content is another bill",
    )  # fmt: skip


def _forgotten(held: Held) -> Refusal:
    return Refusal(
        "key_used", "此编号的业务已有结果，但其内容已无法读取，未发送",
        "this key has an outcome that cannot be read any more, nothing was sent", status=409, operation=held.operation, field=HEADER,
        hint_zh="用查询接口核对，不要重做", hint_en="look with a query; do not do it again",
    )  # fmt: skip
