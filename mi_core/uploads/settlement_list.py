"""The settlement list (4101) of a settled stay, as far as the stay's own messages tell; the rest is listed for the hospital.

What is taken: fields of the same name, the few of another name in :data:`RENAMED`, the funds of the settlement as
``payinfo``, the discharge diagnoses as ``diseinfo``. Nothing is guessed: a field whose meaning differs (患者联系电话 and
联系人电话, 病历号 and 病案号) stays open. 4102 and the queries 4103–4105 need no builder.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import attrs

from mi_core.errors import InvalidInput
from mi_core.interfaces import by_code
from mi_core.model import Interface, Problem, Request
from mi_core.model.fields import Inline, Node
from mi_core.uploads.settled_stays import Message, StayMessages, plain, scalars

__all__ = ["CODE", "SettlementListDraft", "head_of", "rows_of", "settlement_list_from"]

CODE: Final = "4101"
RENAMED: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "adm_time": (("change", "begntime"), ("admission", "begntime")),
    "adm_dept_code": (("change", "adm_dept_codg"), ("admission", "adm_dept_codg")),
    "dscg_time": (("discharge", "endtime"),),
    "dscg_dept_code": (("discharge", "dscg_dept_codg"),),
    "setl_begn_date": (("settlement", "begndate"), ("change", "begntime"), ("admission", "begntime")),
    "setl_end_date": (("settlement", "enddate"), ("discharge", "endtime")),
}
"""Field of the list -> where it comes from: message and field, the first that has a value."""
_SAME_NAME: Final = ("settlement", "discharge", "change", "admission")
_NOT_SAME: Final = ("stas_type", "opter_id", "memo")
_DATES: Final = ("setl_begn_date", "setl_end_date")
_OPEN: Final = "discharge"
_DISCHARGE: Final = "2"
"""``inout_diag_type`` of a discharge diagnosis."""


def head_of(interface: Interface[Any]) -> Inline:
    """The node whose fields are the list's own."""
    return next(m for m in interface.request.__members__ if isinstance(m, Inline))


def rows_of(interface: Interface[Any]) -> dict[str, Node]:
    """The lists beside it, by wire name."""
    return {m.wire: m for m in interface.request.__members__ if isinstance(m, Node) and m.many}


@attrs.frozen(kw_only=True)
class SettlementListDraft:
    """A list that is not complete yet. ``sources``: field -> message it was taken from; ``interface``: 4101 as it is to be sent."""

    data: Mapping[str, Any] = attrs.field(repr=False)
    sources: Mapping[str, str] = attrs.field(factory=dict)
    interface: Interface[Any] = attrs.field(factory=lambda: by_code(CODE), repr=False)

    @property
    def missing(self) -> tuple[Problem, ...]:
        """Everything that the hospital must still add or correct, with field and label."""
        _, problems = self.interface.request_from_dict(self.data)
        return tuple(p for p in problems if p.severity == "error")

    @property
    def open(self) -> tuple[tuple[str, str], ...]:
        """(field, label) of the optional fields of the head that are empty."""
        flat = head_of(self.interface)
        return tuple(
            (f.wire, f.label) for f in flat.members if not f.required and f.wire not in self.data[flat.wire]
        )

    def with_(
        self, *, rows: Mapping[str, Sequence[Mapping[str, Any]]] | None = None, **fields: Any
    ) -> SettlementListDraft:
        """The same with more: ``fields`` of the head; ``rows`` replace whole lists (``diseinfo``, ``oprninfo`` …)."""
        head = {**self.data["setlinfo"], **fields}
        return attrs.evolve(self, data={**self.data, "setlinfo": head, **(rows or {})})

    def with_rows(self, node: str, **fields: Any) -> SettlementListDraft:
        """The same with ``fields`` in every row of ``node`` that does not have them: ``with_rows("diseinfo", adm_cond_type="1")``."""
        rows = [{**fields, **row} for row in self.data.get(node, ())]
        return attrs.evolve(self, data={**self.data, node: rows})

    def request(self) -> Request[Any]:
        """The typed request; raises ``InvalidInput`` with everything that is missing."""
        return self.interface.request.from_dict(self.data)


def settlement_list_from(stay: StayMessages, interface: Interface[Any] | None = None) -> SettlementListDraft:
    """What the messages tell. ``interface``: 4101 of the institution's region (``institution.interface("4101")``), which may
    have more fields than the base. Raises ``InvalidInput`` where the messages are of different persons, visits or settlements.
    """
    interface = interface or by_code(CODE)
    flat = {name: scalars(message) for name in _SAME_NAME if (message := getattr(stay, name)) is not None}
    _of_one_stay(flat)
    head: dict[str, Any] = {}
    sources: dict[str, str] = {}
    inline = head_of(interface)
    for field in inline.members:
        places = RENAMED.get(field.wire) or tuple((name, field.wire) for name in _SAME_NAME)
        if field.wire in _NOT_SAME or (
            stay.mid_stay and field.wire in _DATES and "begndate" not in flat["settlement"]
        ):
            continue
        for name, own in places:
            value = flat.get(name, {}).get(own)
            if value not in (None, ""):
                head[field.wire], sources[field.wire] = (
                    _as_date(value) if field.wire in _DATES else value,
                    name,
                )
                break
    data: dict[str, Any] = {inline.wire: head}
    told = {
        "diseinfo": _diagnoses(stay),
        "payinfo": _rows(stay.settlement, "setldetail"),
        "oprninfo": _operations(flat),
    }
    lists = rows_of(interface)
    for node, rows in told.items():
        if rows and node in lists:
            data[node] = _known(lists[node], rows)
    return SettlementListDraft(data=data, sources=sources, interface=interface)


def _rows(message: Message | None, node: str) -> list[Mapping[str, Any]]:
    rows = plain(message).get(node) if message is not None else None
    return [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list | tuple) else []


def _known(node: Node, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Only the fields that the list's node has."""
    wires = [getattr(m, "wire", "") for m in node.row.__members__]
    return [{w: row[w] for w in wires if row.get(w) not in (None, "")} for row in rows]


def _diagnoses(stay: StayMessages) -> list[Mapping[str, Any]]:
    told = [r for r in _rows(stay.diagnoses, "diseinfo") if r.get("inout_diag_type") == _DISCHARGE]
    rows = told or _rows(stay.discharge, "diseinfo")
    return sorted(rows, key=lambda r: (r.get("maindiag_flag") != "1", int(r.get("diag_srt_no") or 0)))


def _operations(flat: Mapping[str, Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The operation that the discharge names; surgeon and kind are the hospital's to add."""
    left = flat.get(_OPEN, {})
    return [left] if left.get("oprn_oprt_code") else []


def _as_date(value: Any) -> Any:
    return value[:10] if isinstance(value, str) else value.date() if hasattr(value, "date") else value


def _of_one_stay(flat: Mapping[str, Mapping[str, Any]]) -> None:
    problems = []
    for field, label in (("psn_no", "人员编号"), ("mdtrt_id", "就诊ID")):
        values = {name: str(fields[field]) for name, fields in flat.items() if fields.get(field)}
        if len(set(values.values())) > 1:
            names = "、".join(values)
            problems.append(Problem(
                f"/setlinfo/{field}", field, label, "stay", f"各报文（{names}）不是同一次住院的", "the messages are of different stays"
            ))  # fmt: skip
    if problems:
        raise InvalidInput(problems, interface=CODE, title=by_code(CODE).title)
