"""What a confirmed reply says of each row: some interfaces accept a message and still name rows that failed.

Interfaces that do so answer with rows that have ``retRslt`` (1 done, 0 failed) and ``msgRslt``; they are found in the reply's class.
A row of the reply belongs to the row that was sent with the same values in the fields that both have.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from mi_core.model import Response
from mi_core.model.fields import Inline, Node
from mi_core.uploads.checking import Row
from mi_core.uploads.results import Result

__all__ = ["results_of"]

_SAID: Final = "retRslt"
_WHY: Final = "msgRslt"
_DONE: Final = "1"
_LONGEST: Final = 2_000


def results_of(rows: Sequence[Row], reply: Response) -> list[Result]:
    """A result for each row of a message that the bureau accepted."""
    meta = reply.meta
    content = reply.to_dict()
    told = _told(type(reply), content)
    if not told:
        shown = _shown(content) if len(rows) == 1 else ""
        return [_result(row, "sent", meta.err_msg or "", meta.msgid, shown) for row in rows]
    found: dict[int, Mapping[str, Any]] = {}
    lost = []
    for said in told:
        place = _place(rows, said, found)
        if place is None:
            lost.append(said)
        else:
            found[place] = said
    unplaced = [said for said in lost if _failed(said)]
    results = []
    for place, row in enumerate(rows):
        own = found.get(place)
        if own is not None and _failed(own):
            results.append(_result(row, "refused", _text(own.get(_WHY)), meta.msgid))
        elif own is None and unplaced:
            why = "；".join(_text(said.get(_WHY)) for said in unplaced[:3])
            results.append(_result(row, "unknown", f"中心称有行失败，但无法对应到行：{why}", meta.msgid))
        else:
            results.append(_result(row, "sent", "", meta.msgid, _shown(own) if own else ""))
    return results


def _told(cls: type[Response], content: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The reply's rows that carry a verdict."""
    for member in cls.__members__:
        if isinstance(member, Node) and member.many:
            wires = {getattr(m, "wire", "") for m in member.row.__members__ if not isinstance(m, Inline)}
            if _SAID in wires:
                rows = content.get(member.wire) or ()
                return [row for row in rows if isinstance(row, Mapping)]
    return []


def _failed(said: Mapping[str, Any]) -> bool:
    """A row without a verdict stands in a list of errors, or has a reason; anything but 1 is no success."""
    return _text(said.get(_SAID)) != _DONE


def _place(rows: Sequence[Row], said: Mapping[str, Any], taken: Mapping[int, Any]) -> int | None:
    """The one row that it is about; ``None`` when none or several could be meant."""
    best: list[int] = []
    most = 0
    for place, row in enumerate(rows):
        if place in taken:
            continue
        shared = [name for name, value in said.items() if _text(value) and name in row.data]
        if shared and all(_same(said[name], row.data[name]) for name in shared):
            if len(shared) > most:
                best, most = [], len(shared)
            best.append(place)
    return best[0] if best and (len(best) == 1 or _alike(rows, best)) else None


def _alike(rows: Sequence[Row], places: Sequence[int]) -> bool:
    """Rows with the same content: any of them is meant."""
    return len({rows[place].digest for place in places}) == 1


def _same(said: Any, sent: Any) -> bool:
    a, b = _text(said), _text(sent)
    if a == b:
        return True
    try:
        from decimal import Decimal

        return Decimal(a) == Decimal(b)
    except ArithmeticError:
        return a[:10].replace("/", "-") == b[:10].replace("/", "-") and len(a) >= 10 and a[4:5] in "-/"


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _shown(content: Any) -> str:
    """The reply in short; empty ones are not shown."""
    kept = _kept(content)
    if not kept:
        return ""
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":"), default=str)[:_LONGEST]


def _kept(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {k: kept for k, v in value.items() if (kept := _kept(v)) not in (None, "", {}, [])}
    if isinstance(value, list | tuple):
        return [kept for v in value if (kept := _kept(v)) not in (None, "", {}, [])]
    return value


def _result(row: Row, state: Any, text: str, msgid: str | None, reply: str = "") -> Result:
    return Result(
        number=row.number, state=state, text=text, msgid=msgid or "", digest=row.digest, reply=reply
    )
