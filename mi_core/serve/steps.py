"""The steps of the flows as routes: what they are called, what they may send, and so whether they need a key."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from mi_core import flows
from mi_core.config import Institution
from mi_core.flows import Flow

__all__ = ["PLAN", "interfaces_of", "kinds", "needs_key", "only_asks", "parameters", "step_title", "steps"]

PLAN: Final = "plan"
"""A parameter that is made from what :meth:`plan_refund` takes."""
_RESUME: Final = "resume"
_NO_STEPS: Final = frozenset({"ask", "standing"})
_OURS: Final = frozenset({"agree", "inbox"})
"""Parameters that are objects of a Python program; a caller over HTTP goes without."""
_NOT_OVER_HTTP: Final = "Request["

STEPS: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = {
    "outpatient": {
        "open": ("登记就诊", "1101 2001 2201"), "diagnose": ("上传就诊信息", "2203"), "charge": ("上传费用明细", "2205 2204"),
        "quote": ("预结算", "2206"), "settle": ("结算", "2206 2207"), "refund": ("全额退费", "2208"),
        "plan_refund": ("试算部分退费", ""), "refund_part": ("部分退费", "2208 2205 2204 2206 2207"),
        "restore": ("恢复部分退费前的结算", "2205 2204 2206 2207"), "take_over": ("确认他处已退费", "5203"),
        "abandon": ("撤销就诊", "2205 2202"),
    },
    "inpatient": {
        "admit": ("入院", "1101 2001 2401"), "change": ("变更入院信息", "2403"), "charge": ("上传费用明细", "2301"),
        "withdraw": ("撤销费用明细", "2302"), "quote": ("预结算", "2303"), "settle": ("结算（中途或出院）", "2303 2304"),
        "refund": ("撤销结算", "2305"), "discharge": ("出院", "2402"), "cancel_discharge": ("撤销出院", "2405"),
        "abandon": ("撤销入院", "2405 2302 2404"), "in_hospital": ("在院查询", "5303"), "take_over": ("确认他处已退费", "5203"),
    },
    "pharmacy": {
        "quote": ("预结算", "1101 2101"), "settle": ("结算", "2102"), "refund": ("全额退费", "2103"),
        "take_over": ("确认他处已退费", "5203"),
    },
    "registration": {
        "file": ("备案", "1101 2501 2503 2505 2507"), "cancel": ("撤销备案", "2502 2504 2506"),
        "on_file": ("备案查询", "5304 5301 5302"),
    },
    "eprescription": {
        "check": ("上传预核验", "7101"), "issue": ("签名并上传处方", "7102 7103"), "revoke": ("撤销处方", "7104"),
        "state": ("处方状态", "7105"), "review": ("审核结果", "7106"), "taking": ("取药结果", "7107"),
    },
    "mobile_payment": {
        "upload": ("上传费用明细、下单", "6201"), "pay": ("支付下单", "6202"), "refund": ("退费", "6203"),
        "withdraw": ("撤销订单", "6401"), "status": ("订单状态", "6301"), "wait": ("等待支付结果", "6301"),
    },
}  # fmt: skip
"""Flow -> step -> its Chinese name and the interfaces that it may call; what those do is in the catalogue."""


@lru_cache(maxsize=1)
def kinds() -> Mapping[str, type[Flow]]:
    """The flows there are, by name."""
    found = (getattr(flows, name) for name in flows.__all__)
    return {
        one.kind: one
        for one in found
        if inspect.isclass(one) and issubclass(one, Flow) and not inspect.isabstract(one)
    }


def steps(flow: type[Flow]) -> list[str]:
    """The names of a flow's steps: what can be asked for over HTTP."""
    named = (name for name, _ in inspect.getmembers(flow, inspect.iscoroutinefunction))
    return [
        name
        for name in named
        if not name.startswith("_")
        and name not in _NO_STEPS
        and not any(
            str(p.annotation).startswith(_NOT_OVER_HTTP)
            for p in inspect.signature(getattr(flow, name)).parameters.values()
        )
    ]


def parameters(flow: type[Flow], step: str) -> Mapping[str, inspect.Parameter]:
    """What a step takes, by name; a parameter of kind ``VAR_KEYWORD`` takes everything else."""
    expected = inspect.signature(getattr(flow, step)).parameters
    if PLAN in expected:
        expected = inspect.signature(flow.plan_refund).parameters  # type: ignore[attr-defined]  # who takes a plan makes plans
    return {name: one for name, one in expected.items() if name != "self" and name not in _OURS}


def step_title(kind: str, step: str) -> str:
    """Its Chinese name."""
    return "继续未完成的步骤" if step == _RESUME else STEPS.get(kind, {}).get(step, (step, ""))[0]


def interfaces_of(kind: str, step: str) -> list[str]:
    """The interfaces that a step may call."""
    return STEPS.get(kind, {}).get(step, ("", ""))[1].split()


def needs_key(institution: Institution, kind: str, step: str) -> bool:
    """Whether it may change money or state at the bureau. A step that nobody has described may."""
    return any(effect not in ("query", "upload") for effect in _effects(institution, kind, step))


def only_asks(institution: Institution, kind: str, step: str) -> bool:
    """Whether it asks anew each time, so that an earlier answer is no answer to it."""
    return all(effect == "query" for effect in _effects(institution, kind, step))


def _effects(institution: Institution, kind: str, step: str) -> set[str]:
    described = STEPS.get(kind, {})
    if step == _RESUME and described:
        return {effect for one in described for effect in _effects(institution, kind, one)}
    if step not in described:
        return {"money"}
    found: list[Any] = []
    for code in interfaces_of(kind, step):
        with contextlib.suppress(KeyError):  # the region does not have it, so that it cannot be called
            found.append(institution.interface(code))
    return {one.behaviour.effect for one in found}
