"""Why a call was not let out. Nothing was signed, journalled or sent in any of these cases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from mi_core.errors import NotSent

__all__ = ["Closing", "Overloaded", "Why", "closing", "overloaded"]

Why = Literal["queue_full", "too_long", "waited", "too_late", "gateway_down"]


class Overloaded(NotSent):
    """The gateway has as much as it can take, or does not answer at all; calling again later is safe.

    ``why``: ``queue_full``, ``too_long`` (it would wait longer than its deadline allows), ``waited`` (it did),
    ``too_late`` (less time is left than the gateway usually takes), ``gateway_down`` (the breaker is open).
    ``retry_after``: seconds after which another try makes sense.
    """

    code = "overloaded"

    def __init__(self, zh: str, en: str, *, why: Why, retry_after: float, **where: Any) -> None:
        super().__init__(zh, en, **where)
        self.why: Why = why
        self.retry_after = retry_after


class Closing(NotSent):
    """The client is being closed and takes no new calls."""

    code = "closing"


_TEXTS: Mapping[Why, tuple[str, str]] = {
    "queue_full": ("排队已满", "too many calls are waiting"),
    "too_long": ("预计排队时间过长", "it would have to wait too long"),
    "waited": ("排队超时", "it waited in vain"),
    "too_late": ("剩余时间不足以等到答复", "less time is left than the gateway takes to answer"),
    "gateway_down": ("网关连续无应答，已暂停发送", "the gateway does not answer; sending is suspended"),
}


def overloaded(why: Why, retry_after: float, where: Mapping[str, Any]) -> Overloaded:
    """The refusal with what to do next; ``where``: keywords of :class:`mi_core.errors.CallError`."""
    zh, en = _TEXTS[why]
    seconds = max(1, round(retry_after))
    if why == "gateway_down":
        hint_zh = f"系统正在自动探测网关，约 {seconds} 秒后重试；持续出现时检查网络并运行 mi doctor"
        hint_en = f"the gateway is being probed, try again in {seconds} s; if it goes on check the network, run: mi doctor"
    elif why == "too_late":
        hint_zh, hint_en = "用更长的时限（deadline）重新调用", "call again with a longer deadline"
    else:
        hint_zh = f"本笔没有办理，可放心重试：约 {seconds} 秒后再提交；经常出现时联系信息科"
        hint_en = f"nothing was done, repeating is safe: try again in {seconds} s"
    head_zh, head_en = (
        ("医保网关不可用", "gateway down") if why == "gateway_down" else ("医保网关繁忙", "gateway busy")
    )
    return Overloaded(
        f"{head_zh}（{zh}），未发送", f"{head_en} ({en}), nothing was sent",
        why=why, retry_after=retry_after, hint_zh=hint_zh, hint_en=hint_en, **where,
    )  # fmt: skip


def closing(where: Mapping[str, Any]) -> Closing:
    """The refusal of a client that ends."""
    return Closing(
        "程序正在关闭，不再受理新的业务，未发送", "the client is closing and takes no new calls, nothing was sent",
        hint_zh="等程序重新启动后再提交", hint_en="call again after the restart", **where,
    )  # fmt: skip
