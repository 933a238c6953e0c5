"""The same request twice is one call: ``Idempotency-Key`` and the journal together.

Where the catalogue names what tells a repeated submission (``mdtrt_id`` + ``chrg_bchno`` of 2207), the key is derived: the
journal itself knows the bill again. Where nothing in the request does (2304, 2102), ``Idempotency-Key`` is required; it
becomes the ``operation_key``. A key given is kept on disk with a hash of its request before anything is sent.

A derived key tells a repetition only while the business stands: after its refund the same bill is a new settlement. A caller
that may repeat late gives a key of its own.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

import attrs
from aiohttp import web

from mi_core.config import Institution
from mi_core.journal import AttemptRecord, OperationState
from mi_core.model import Behaviour
from mi_core.serve.keys import Held, Keys
from mi_core.serve.refusals import Refusal, bad_request
from mi_core.serve.service import Service
from mi_core.serve.stored import stored_reply

__all__ = ["HEADER", "Claim", "claimed", "needs_key"]

HEADER: Final = "Idempotency-Key"
_LONGEST: Final = 200
_CALLERS: Final = ("operation_key",)
_NOTHING_DONE: Final = frozenset({OperationState.FAILED, OperationState.ABANDONED})


def needs_key(request: web.Request, behaviour: Behaviour) -> str | None:
    """The key of a changing call; ``None`` where it is derived, or nothing is changed. Raises :class:`Refusal` (400)."""
    given = request.headers.getall(HEADER, [])
    if len(given) > 1:
        raise bad_request(f"{HEADER} 只能有一个", f"one {HEADER} only", field=HEADER)
    if not behaviour.exact:
        return None
    key = given[0].strip().strip('"') if given else ""
    if not key:
        if behaviour.business_key and behaviour.business_key != _CALLERS:
            return None
        raise Refusal(
            "idempotency_key_required", f"此交易须给出 {HEADER}（同一就诊可多次结算，无从识别重复提交）",
            f"this call needs an {HEADER}: nothing in it tells a repeated submission", field=HEADER,
            hint_zh="用本单的唯一编号（如结算单号），重试时用同一个",
            hint_en="your unique number of this bill, and the same one when you try again",
        )  # fmt: skip
    if len(key) > _LONGEST or not key.isascii() or not key.isprintable():
        raise bad_request(
            f"{HEADER} 应为不超过 {_LONGEST} 个可见 ASCII 字符", f"{HEADER} has at most {_LONGEST} printable ASCII characters", field=HEADER
        )  # fmt: skip
    return key


@attrs.frozen
class Claim:
    """A call's hold on its key; without a key nothing is held. ``stored``: it was done, and this is its reply."""

    keys: Keys | None = None
    operation: str = ""
    fresh: bool = False
    """The key was taken for this very call: what is proven of it holds for the key."""
    stored: dict[str, Any] | None = attrs.field(default=None, repr=False)

    def free(self) -> None:
        """Nothing was done."""
        if self.keys is not None:
            self.keys.end(self.operation, "free")

    def done(self, operation: str | None) -> None:
        """It was done, under the journal's name."""
        if self.keys is not None:
            self.keys.end(self.operation, "done", operation)


async def claimed(
    service: Service, institution: Institution, infno: str, key: str | None, content: bytes, operation: str
) -> Claim:
    """The right to make the call, or its stored reply. Raises :class:`Refusal` (409, 422) and ``StoreError``."""
    if key is None:
        return Claim()
    keys, code = service.keys, institution.code
    held = await asyncio.to_thread(keys.claim, code, key, content, operation)
    if held is None:
        return Claim(keys, operation, fresh=True)
    attempts = await asyncio.to_thread(service.client.journal.read.attempts, held.operation)
    latest = attempts[-1] if attempts else None
    if held.state == "open" and service.running.get(held.operation, code) in service.running.of(code):
        raise _in_flight(held) if held.same else _reused(held)
    if latest is not None and latest.operation_state in _NOTHING_DONE and latest.institution == code:
        return await _taken(service, content, held, operation, fresh=True)
    if not held.same:
        raise _reused(held)
    if held.state == "done" or (latest is not None and latest.operation_state is OperationState.DONE):
        return Claim(stored=_done(institution, latest, held))
    if latest is not None and latest.operation_state is OperationState.REVERSED:
        raise _used_up(held)
    if latest is not None:
        return Claim(
            keys, held.operation
        )  # open or with people: the client is told by the journal, and nothing leaves
    return await _taken(service, content, held, operation, fresh=False)


async def _taken(service: Service, content: bytes, held: Held, operation: str, *, fresh: bool) -> Claim:
    """Nobody runs its call any more: this one goes on, and the journal decides what that means."""
    if not await asyncio.to_thread(service.keys.take_over, content, held, operation):
        raise _in_flight(held)
    return Claim(service.keys, operation, fresh=fresh)


def _done(institution: Institution, latest: AttemptRecord | None, held: Held) -> dict[str, Any]:
    if latest is None or latest.institution != institution.code:
        raise Refusal(
            "key_used", "此业务已办理，但交易日志中没有其内容", "it was done, but the journal does not hold it", status=409,
            operation=held.operation, hint_zh="用查询接口核对，不要重做", hint_en="look with a query; do not do it again",
        )  # fmt: skip
    if latest.operation_state is OperationState.REVERSED:
        raise _used_up(held)
    return stored_reply(institution, latest)


def _in_flight(held: Held) -> Refusal:
    return Refusal(
        "in_flight", "同一请求正在办理", "the same request is under way", status=409, operation=held.operation, field=HEADER,
        hint_zh="查询该操作的结果，不要重复提交", hint_en="ask for the operation; do not submit it again", retry_after=2.0,
    )  # fmt: skip


def _reused(held: Held) -> Refusal:
    return Refusal(
        "idempotency_key_reused", f"此 {HEADER} 已用于另一请求，未发送", f"this {HEADER} was used for another request, nothing was sent",
        status=422, operation=held.operation, field=HEADER,
        hint_zh="每单用各自的编号；内容有变即为另一单", hint_en="one key per bill; other content is another bill",
    )  # fmt: skip


def _used_up(held: Held) -> Refusal:
    return Refusal(
        "key_used", "此单已办理并已冲正", "this bill was done and taken back", status=409, operation=held.operation, field=HEADER,
        hint_zh="重新办理须用新的编号", hint_en="use a new key to do it again",
    )  # fmt: skip
