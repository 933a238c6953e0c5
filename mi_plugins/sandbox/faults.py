"""Faults that can be switched on for calls, and how each one bends the reply.

=====================  ====================================================================================
drop_before            the connection is cut; nothing is executed
drop_after             executed, then the connection is cut
hang                   executed, then no answer for ``seconds`` (with ``execute`` false: never executed, then cut)
late                   no answer for ``seconds``; executed only then, also when the caller is gone
http_502               HTTP 502 with an HTML page (``execute`` true: executed before)
html_200               HTTP 200 with an HTML page (``execute`` true: executed before)
truncated              executed; the second half of the reply is missing
infcode_string         ``"infcode": "0"``
amounts_string         numbers of ``output`` as strings
empty_strings          fields without a value come as ``""`` instead of ``null``
single_object          a list of one row comes as that row
wrong_person           another person's ``psn_no``, ``psn_name`` and ``certno``
wrong_msgid            ``medins_setl_id`` of another message
missing_setl_id        executed, but the ids that prove it (``setl_id``, ``mdtrt_id``) are missing
unlisted_refusal       ``infcode`` -1 with a text nobody knows (``execute`` true: executed all the same)
duplicate_keys         ``infcode`` twice with different values
wrong_sums             executed; the fund total is one cent too high
gbk                    executed; the reply is GB18030, not UTF-8
redirect               HTTP 307 to itself; nothing is executed
bad_zip                the file of 9102 has wrong bytes in its middle
blank_ids              the result file (9102) of 3202 has no ``setl_id`` and ``mdtrt_id`` in rows that the institution lacks
replica_lag            the call is answered, but a query sees nothing of the last ``seconds`` (settlements, visits,
                       refunds); it goes together with another fault
=====================  ====================================================================================

The first order that fits a call is used. ``rate`` is decided by dice of the order's own, thrown from ``seed``: the same
series of calls is hit in the same way.
"""

from __future__ import annotations

import difflib
import random
from collections.abc import Callable, Collection, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

import attrs

from mi_plugins.sandbox.message import Message
from mi_plugins.sandbox.money import CENT
from mi_plugins.sandbox.refusal import WrongOrder

__all__ = ["FAULTS", "Fault", "FaultBoard", "bend_output", "in_moods", "is_proof_field"]

FAULTS: Final = (
    "drop_before", "drop_after", "hang", "late", "http_502", "html_200", "truncated", "infcode_string", "amounts_string",
    "empty_strings", "single_object", "wrong_person", "wrong_msgid", "missing_setl_id", "unlisted_refusal", "duplicate_keys",
    "wrong_sums", "gbk", "redirect",
    "bad_zip", "blank_ids", "replica_lag",
)  # fmt: skip
_ALIASES: Final = {"late_execution": "late"}


@attrs.define
class Fault:
    """One order to misbehave. ``times`` counts down; -1 = until deleted."""

    infno: str
    fault: str
    times: int = 1
    match: Mapping[str, str] = attrs.field(factory=dict)
    """Only calls in which these fields (head or input, any depth) have these values."""
    seconds: float = 5.0
    execute: bool | None = None
    rate: float = 1.0
    """Share of the matching calls that are hit."""
    message: str = "业务处理异常，请稍后核实（流水沙箱）"
    seed: int | None = None
    """Of the dice for ``rate``; ``None`` = one series for all such orders, from the sandbox's seed."""
    hits: int = 0
    dice: random.Random | None = attrs.field(default=None, repr=False)

    @property
    def executes(self) -> bool:
        """Whether the call is executed although its answer is bent or lost."""
        if self.execute is not None:
            return self.execute
        return self.fault not in ("drop_before", "http_502", "html_200", "unlisted_refusal", "redirect")

    @staticmethod
    def from_json(data: object) -> Fault:
        """Read an order; ``ValueError`` says what is wrong with it."""
        if not isinstance(data, dict):
            raise WrongOrder("一个故障是一个 JSON 对象", "a fault is an object")
        unknown = set(data) - {
            "infno",
            "fault",
            "times",
            "match",
            "seconds",
            "execute",
            "rate",
            "message",
            "seed",
        }
        if unknown:
            names = ", ".join(sorted(unknown))
            raise WrongOrder(f"没有这些键：{names}", f"unknown keys: {names}")
        named = str(data.get("fault") or "")
        kind = _ALIASES.get(named, named)
        if kind not in FAULTS:
            raise _no_such_fault(kind)
        try:
            fault = Fault(
                infno=str(data.get("infno", "*")), fault=kind, times=int(data.get("times", 1)),
                match={str(k): str(v) for k, v in dict(data.get("match") or {}).items()},
                seconds=float(data.get("seconds", 5.0)), execute=data.get("execute"), rate=float(data.get("rate", 1.0)),
            )  # fmt: skip
        except (TypeError, ValueError) as error:
            raise WrongOrder(
                f"times、seconds、rate 须为数字，match 须为对象（{error}）",
                f"times, seconds and rate are numbers, match is an object ({error})",
            ) from error
        if data.get("message") is not None:
            fault.message = str(data["message"])
        if not (fault.execute is None or isinstance(fault.execute, bool)):
            raise WrongOrder("execute 须为 true 或 false", "execute is true or false")
        if data.get("seed") is not None:
            if type(data["seed"]) is not int:
                raise WrongOrder("seed 须为整数", "seed is a whole number")
            fault.seed = data["seed"]
            fault.dice = random.Random(f"mi-sandbox-fault-{fault.seed}")  # noqa: S311  # must be repeatable
        return fault


def _no_such_fault(kind: str) -> WrongOrder:
    near, names = difflib.get_close_matches(kind, FAULTS, n=1), ", ".join(FAULTS)
    zh, en = (f"；是否指 {near[0]}？", f"; did you mean {near[0]}?") if near else ("", "")
    return WrongOrder(
        f"没有故障 {kind or '（未给出）'}{zh} 全部故障：{names}", f"there is no fault {kind or '(none given)'}{en} All faults: {names}"
    )  # fmt: skip


class FaultBoard:
    """The faults that are switched on. The first that fits a call is used."""

    def __init__(self, seed: int) -> None:
        self.faults: list[Fault] = []
        self._chance = random.Random(f"mi-sandbox-faults-{seed}")  # noqa: S311  # must be repeatable

    def take(self, message: Message) -> Fault | None:
        """The fault for this call, counted down; ``None`` for a normal answer."""
        for fault in self.faults:
            if fault.fault != "replica_lag" and self._hits(fault, message):
                return fault
        return None

    def lag(self, message: Message) -> float:
        """How many seconds the copy of the books that this call reads is behind."""
        behind = (fault for fault in self.faults if fault.fault == "replica_lag")
        return max((fault.seconds for fault in behind if self._hits(fault, message)), default=0.0)

    def _hits(self, fault: Fault, message: Message) -> bool:
        if fault.times == 0 or fault.infno not in ("*", message.infno) or not _fits(fault, message):
            return False
        if fault.rate < 1.0 and (fault.dice or self._chance).random() >= fault.rate:
            return False
        fault.times -= fault.times > 0
        fault.hits += 1
        return True

    def state(self) -> list[dict[str, Any]]:
        """For the control endpoint."""
        return [attrs.asdict(fault, filter=lambda field, _: field.name != "dice") for fault in self.faults]


def _fits(fault: Fault, message: Message) -> bool:
    if not fault.match:
        return True
    present: dict[str, set[str]] = {}
    for name, value in _scalars(message.input):
        present.setdefault(name, set()).add(value)
    for name, value in _scalars(message.head or {}):
        present.setdefault(name, set()).add(value)
    return all(value in present.get(name, ()) for name, value in fault.match.items())


def _scalars(content: object, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(content, Mapping):
        for key, value in content.items():
            yield from _scalars(value, key)
    elif isinstance(content, list):
        for value in content:
            yield from _scalars(value, name)
    elif content is not None:
        yield name, format(content, "f") if isinstance(content, Decimal) else str(content)


def _map(content: Any, change: Callable[[str, Any], Any]) -> Any:
    """A copy with ``change(name, value)`` applied to every scalar."""
    if isinstance(content, dict):
        return {
            k: _map(v, change) if isinstance(v, (dict, list)) else change(k, v) for k, v in content.items()
        }
    if isinstance(content, list):
        return [_map(v, change) if isinstance(v, (dict, list)) else v for v in content]
    return content


def is_proof_field(name: str) -> bool:
    """The ids by which a client knows that a call was executed."""
    return name in ("setl_id", "mdtrt_id", "trt_dcla_detl_sn", "payOrdId")


def _without_proof(content: Any) -> Any:
    if isinstance(content, dict):
        return {k: _without_proof(v) for k, v in content.items() if not is_proof_field(k)}
    if isinstance(content, list):
        return [_without_proof(v) for v in content]
    return content


def _single(content: Any) -> Any:
    if isinstance(content, dict):
        return {k: _single(v) for k, v in content.items()}
    if isinstance(content, list):
        return _single(content[0]) if len(content) == 1 else [_single(v) for v in content]
    return content


_OTHER: Final = {
    "psn_no": "9901000000009999", "psnNo": "9901000000009999", "psn_name": "沙箱他人", "psnName": "沙箱他人",
    "certno": "990101199001019996",
}  # fmt: skip
_BENDS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "amounts_string": lambda output: _map(
        output, lambda _, v: format(v, "f") if isinstance(v, Decimal) else str(v) if type(v) is int else v
    ),
    "empty_strings": lambda output: _map(output, lambda _, v: "" if v is None else v),
    "wrong_person": lambda output: _map(output, lambda name, v: _OTHER.get(name, v)),
    "wrong_msgid": lambda output: _map(output, lambda name, v: "0" * 30 if name == "medins_setl_id" else v),
    "missing_setl_id": _without_proof,
    "wrong_sums": lambda output: _map(output, lambda name, v: v + CENT if name == "fund_pay_sumamt" else v),
    "single_object": _single,
}


def in_moods(moods: Collection[str], answer: dict[str, Any]) -> dict[str, Any]:
    """A reply as a sandbox of these moods writes it (:data:`~mi_plugins.sandbox.settings.MOODS`)."""
    answer = dict(answer)
    for mood in moods:
        if (bend := _BENDS.get(mood)) is not None:
            answer |= {name: bend(value) for name, value in answer.items() if name in ("output", "data")}
    code = "infcode" if "infcode" in answer else "code"
    if "infcode_string" in moods:
        answer[code] = str(answer[code])
    if "success_text" in moods and str(answer.get("infcode")) == "0":
        answer["err_msg"] = "成功"
    return answer


def bend_output(fault: Fault | None, output: Any) -> Any:
    """``output`` as the fault wants it."""
    bend = _BENDS.get(fault.fault) if fault is not None else None
    return output if bend is None else bend(output)
