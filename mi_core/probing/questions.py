"""The questions, one function each: what is asked, and what its answer proves."""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

import attrs

from mi_core.catalog import load_catalog
from mi_core.errors import language
from mi_core.model import FieldSpec, NodeSpec
from mi_core.probing.findings import Finding
from mi_core.probing.line import Line, Seen
from mi_core.probing.window import find_window

__all__ = ["Known", "probe"]

PAGE_SIZES: Final = (10, 100, 500, 1000, 5000)
NOBODY: Final = "0"
"""An id that no centre gives out."""


@attrs.frozen
class Known:
    """What the asker knows of the test environment; without it some questions stay open."""

    certno: str = attrs.field(default="", repr=False)
    """A test person's identity number, for 1101."""
    name: str = attrs.field(default="", repr=False)
    settlement: tuple[str, str, str] | None = attrs.field(default=None, repr=False)
    """``psn_no``, ``mdtrt_id`` and ``setl_id`` of a settlement that exists, for 5203."""
    tries: int = 12
    """Questions at most about the time window; 0: do not ask."""


async def probe(line: Line, known: Known | None = None) -> AsyncIterator[Finding]:
    """Ask everything; findings come as they are known. Raises a ``CallError`` when nothing can be asked at all."""
    known = known or Known()
    first = await _ping(line)
    yield _reach(first)
    if known.certno:
        await line.ask("1101", _person(known))
    yield await _blank_setl_id(line, known)
    yield await _page_limit(line)
    yield await _window(line, known.tries, first)
    for finding in (_infcode(line.seen), _success_text(line.seen), _amounts(line.seen), _empties(line.seen),
                    _statuses(line.seen), _clock(line.seen), _refusals(line.seen)):  # fmt: skip
        yield finding


async def _ping(line: Line, back: float = 0.0) -> Seen:
    """1201 about the institution itself: the cheapest query, about nobody."""
    one = line.institution
    kind = "2" if one.code.upper().startswith("P") else "1"
    return await line.ask(
        "1201", {"medinsinfo": {"fixmedins_type": kind, "fixmedins_code": one.code}}, back=back
    )


def _reach(seen: Seen) -> Finding:
    how = ("中心", "the centre") if seen.reached else ("仅网关", "the gateway only")
    who = how[language() == "en"] if seen.reached else None
    return Finding("reach", "谁答复", "who answers", who,
                   f"1201：HTTP {seen.status}，{how[0]}，{seen.refusal or '成功'}",
                   f"1201: HTTP {seen.status}, {how[1]}, {seen.refusal or 'success'}")  # fmt: skip


def _person(known: Known) -> dict[str, Any]:
    return {"data": {
        "mdtrt_cert_type": "02", "mdtrt_cert_no": known.certno, "psn_cert_type": "01", "certno": known.certno, "psn_name": known.name,
    }}  # fmt: skip


async def _blank_setl_id(line: Line, known: Known) -> Finding:
    """5203 with an empty ``setl_id``; proven only by a settlement that is known to exist."""

    async def ask(psn_no: str, mdtrt_id: str, setl_id: str) -> Seen:
        blank = () if setl_id else ("/data/setl_id",)
        data = {"data": {"psn_no": psn_no, "mdtrt_id": mdtrt_id, "setl_id": setl_id or NOBODY}}
        return await line.ask("5203", data, blank=blank)

    def found(value: bool | None, zh: str, en: str) -> Finding:
        return Finding(
            "query_without_setl_id", "5203 可不带 setl_id", "5203 takes an empty setl_id", value, zh, en
        )

    if known.settlement is None:
        full, blank = await ask(NOBODY, NOBODY, NOBODY), await ask(NOBODY, NOBODY, "")
        return found(
            None,
            "须给出一笔已有的结算（--settlement）才能确定；"
            f"不存在的结算答“{full.refusal}”，setl_id 为空答“{blank.refusal}”",
            "needs a settlement that exists (--settlement); "
            f"unknown ids: {full.refusal!r}, empty setl_id: {blank.refusal!r}",
        )
    if not (full := await ask(*known.settlement)).succeeded:
        return found(
            None, f"给出的结算查不到：{full.refusal}", f"the settlement given is not found: {full.refusal}"
        )
    blank = await ask(*known.settlement[:2], "")
    if blank.succeeded:
        return found(
            True,
            "setl_id 为空也查到了该次就诊的结算",
            "with an empty setl_id the visit's settlement was told",
        )
    return found(
        False, f"setl_id 为空时被拒：{blank.refusal}", f"refused with an empty setl_id: {blank.refusal}"
    )


async def _page_limit(line: Line) -> Finding:
    """1312 with growing pages: the largest that was answered."""
    day = (dt.date.today() - dt.timedelta(days=1)).isoformat()
    largest, why, rows = None, "", 0
    for size in PAGE_SIZES:
        seen = await line.ask("1312", {"data": {"updt_time": day, "page_num": 1, "page_size": size}})
        if not seen.succeeded:
            why = f"{size}: {seen.refusal}"
            break
        largest, rows = size, max(rows, _rows(seen.reply))
    sizes = ", ".join(map(str, PAGE_SIZES))
    zh = f"1312 依次请求每页 {sizes} 行，最多答复 {rows} 行；" + (f"被拒 {why}" if why else "均未被拒")
    en = f"1312 with pages of {sizes}; at most {rows} rows came; " + (
        f"refused {why}" if why else "none refused"
    )
    return Finding("page_limit", "被接受的最大每页行数", "largest page taken", largest, zh, en)


def _rows(reply: Mapping[str, Any] | None) -> int:
    output = (reply or {}).get("output")
    content = output.get("data") if isinstance(output, Mapping) else output
    return len(content) if isinstance(content, list) else 0


async def _window(line: Line, tries: int, first: Seen) -> Finding:
    """Messages signed ever longer ago. The value is an age that was refused, rounded up: older ones are refused."""

    def found(value: float | None, zh: str, en: str) -> Finding:
        return Finding("acceptance", "签名时间窗（秒）", "time window (seconds)", value, zh, en)

    if tries < 1 or not first.reached:
        return found(None, "未问", "not asked")
    slow, away = 0.0, False

    async def taken_at(age: float) -> bool:
        """A refusal counts only when a message of now is taken straight afterwards."""
        nonlocal slow, away
        seen = await _ping(line, age)
        slow = max(slow, seen.elapsed)
        away = away or not (seen.reached or (await _ping(line)).reached)
        return seen.reached

    window = await find_window(taken_at, tries=tries)
    taken, refused, asked = f"{window.taken:g}", window.refused, window.questions
    if away:
        return found(
            None,
            "途中网关不再接受当前时间的报文，无法判断",
            "the gateway stopped taking messages of now, so nothing is proven",
        )
    if refused is None:
        return found(
            None,
            f"{taken} 秒前签名的报文仍被接受（{asked} 次）：未见时间窗",
            f"a message signed {taken} s ago is still taken ({asked} questions): no window seen",
        )
    # the gateway judged a message that had been under way for a while: its window may be that much wider
    return found(
        math.ceil(refused + slow),
        f"{taken} 秒前签名的报文被接受，{refused:g} 秒前的被拒（{asked} 次）",
        f"signed {taken} s ago: taken; {refused:g} s ago: refused ({asked} questions)",
    )


def _infcode(seen: list[Seen]) -> Finding:
    forms = Counter(_form(one.reply["infcode"]) for one in seen if one.reply is not None and one.reached)
    return _counted("infcode", "infcode 的写法", "how infcode is written", forms)


def _success_text(seen: list[Seen]) -> Finding:
    texts = Counter(
        _form(one.reply.get("err_msg")) for one in seen if one.succeeded and one.reply is not None
    )
    return _counted("success_text", "成功时的 err_msg", "err_msg of a success", texts)


def _amounts(seen: list[Seen]) -> Finding:
    forms = Counter(kind for one in seen for kind in _number_forms(one))
    return _counted("amounts", "数值字段的写法", "how numbers are written", forms)


def _number_forms(seen: Seen) -> Iterator[str]:
    """Of every field that the catalogue calls a number and that came with a value."""
    if not seen.succeeded or seen.reply is None:
        return
    for field, value in _fields(load_catalog().interfaces[seen.code].output, seen.reply.get("output")):
        if field.type in ("number", "integer") and value not in (None, ""):
            yield "number" if isinstance(value, (int, Decimal)) else type(value).__name__


def _empties(seen: list[Seen]) -> Finding:
    forms: Counter[str] = Counter()
    for one in seen:
        if one.succeeded and one.reply is not None:
            output = load_catalog().interfaces[one.code].output
            forms.update(_form(v) for _, v in _fields(output, one.reply.get("output")) if v in (None, ""))
    return _counted("empty_values", "空值的写法", "how an empty value is written", forms)


def _fields(node: NodeSpec, content: Any) -> Iterator[tuple[FieldSpec, Any]]:
    """Every field that came, with its value; rows may come as one object."""
    for row in content if isinstance(content, list) else [content]:
        if isinstance(row, Mapping):
            yield from ((field, row[field.code]) for field in node.fields if field.code in row)
            for inner in node.nodes:
                yield from _fields(inner, row.get(inner.code))


def _statuses(seen: list[Seen]) -> Finding:
    kinds = Counter(f"{_who(one)}: HTTP {one.status} {one.kind}" for one in seen if one.status is not None)
    return _counted("http", "HTTP 状态与类型", "HTTP status and type", kinds)


def _who(one: Seen) -> str:
    return "success" if one.succeeded else "refusal" if one.reached else "gateway"


def _clock(seen: list[Seen]) -> Finding:
    skews = [one.skew for one in seen if one.skew is not None]
    if not skews:
        return Finding(
            "clock",
            "网关时钟（秒）",
            "the gateway's clock (seconds)",
            None,
            "回复没有 Date",
            "replies have no Date",
        )
    middle = round(sorted(skews)[len(skews) // 2], 1)
    return Finding(
        "clock", "网关时钟（秒）", "the gateway's clock (seconds)", middle,
        f"比本机快（负为慢）的中位数，{len(skews)} 个 Date",
        f"median of {len(skews)} Date headers; positive: ahead of this machine",
    )  # fmt: skip


def _refusals(seen: list[Seen]) -> Finding:
    """Told, not concluded: whether a text proves that nothing was done is for people to decide (``mi refusals``)."""
    texts = sorted({f"{one.code} {_who(one)}: {one.refusal}" for one in seen if one.refusal})
    return Finding("refusals", "见到的拒绝文本", "refusal texts seen", texts, "逐条核实后才可写入 absent 或 refusals",
                   "check each before it goes into absent or refusals")  # fmt: skip


def _form(value: Any) -> str:
    if value is None:
        return "null"
    return f'"{value}"' if isinstance(value, str) else str(value)


def _counted(name: str, zh: str, en: str, forms: Counter[str]) -> Finding:
    total = sum(forms.values())
    value = dict(forms.most_common(8)) or None
    return Finding(name, zh, en, value, f"共 {total} 处", f"in {total} places")
