"""The settlement list (4101) of a settled stay, as far as the stay's own messages tell; the rest is listed for the hospital.

What is taken: fields of the same name, the few of another name in :data:`RENAMED`, the funds of the settlement as
``payinfo``, the discharge diagnoses as ``diseinfo``. Nothing is guessed: a field whose meaning differs (患者联系电话 and
联系人电话, 病历号 and 病案号) stays open. 4102 and the queries 4103–4105 need no builder.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import attrs

from mi_core.errors import InvalidInput, MiError
from mi_core.interfaces import by_code
from mi_core.interfaces.i4101_settlement_list_upload import SettlementListUploadRequest
from mi_core.model import Problem
from mi_core.model.fields import Inline, Node
from mi_core.model.message import Request, Response
from mi_core.model.record import Record

if TYPE_CHECKING:
    from mi_core.client import AsyncClient
    from mi_core.plugin import OperationRecord

__all__ = ["SettlementListDraft", "StayMessages", "settled_stay", "settlement_list_from"]

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

Message = Mapping[str, Any] | Record


@attrs.frozen(kw_only=True)
class StayMessages:
    """The messages of one stay: typed requests and replies, or plain dicts by wire names.

    ``settlement``: the reply of 2304 or of 5203. ``discharge``: the request of 2402. ``diagnoses``: the reply of 5202.
    """

    settlement: Message
    admission: Message | None = None
    change: Message | None = None
    discharge: Message | None = None
    diagnoses: Message | None = None
    mid_stay: bool = False
    """The settlement is one within the stay: its days are not those of the stay."""


@attrs.frozen(kw_only=True)
class SettlementListDraft:
    """A list that is not complete yet. ``sources``: field -> message it was taken from."""

    data: Mapping[str, Any] = attrs.field(repr=False)
    sources: Mapping[str, str]

    @property
    def missing(self) -> tuple[Problem, ...]:
        """Everything that the hospital must still add or correct, with field and label."""
        _, problems = by_code(CODE).request_from_dict(self.data)
        return tuple(p for p in problems if p.severity == "error")

    @property
    def open(self) -> tuple[tuple[str, str], ...]:
        """(field, label) of the optional fields of the head that are empty."""
        flat = next(m for m in SettlementListUploadRequest.__members__ if isinstance(m, Inline))
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

    def request(self) -> SettlementListUploadRequest:
        """The typed request; raises ``InvalidInput`` with everything that is missing."""
        return SettlementListUploadRequest.from_dict(self.data)


def settlement_list_from(stay: StayMessages) -> SettlementListDraft:
    """What the messages tell. Raises ``InvalidInput`` where they are of different persons, visits or settlements."""
    flat = {name: _scalars(message) for name in _SAME_NAME if (message := getattr(stay, name)) is not None}
    _of_one_stay(flat)
    head: dict[str, Any] = {}
    sources: dict[str, str] = {}
    inline = next(m for m in SettlementListUploadRequest.__members__ if isinstance(m, Inline))
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
    for node, rows in (
        ("diseinfo", _diagnoses(stay)),
        ("payinfo", _funds(stay)),
        ("oprninfo", _operations(flat)),
    ):
        if rows:
            data[node] = rows
    return SettlementListDraft(data=data, sources=sources)


async def settled_stay(client: AsyncClient, mdtrt_id: str, *, setl_id: str | None = None) -> StayMessages:
    """The messages of a stay from the operation log: its last settlement, or the one of ``setl_id``.

    Raises ``MiError`` where the log has no successful settlement of it (then ask 5203 and give its reply yourself).
    """
    own = [record for record in await client.operations(mdtrt_id=mdtrt_id, limit=10_000) if _done(record)]
    settled = [
        r
        for r in own
        if r.start.api_code == "2304" and setl_id in (None, _scalars(_output(r)).get("setl_id"))
    ]
    if not settled:
        raise MiError(
            f"操作日志中没有就诊 {mdtrt_id} 成功的住院结算", f"the log has no successful settlement of visit {mdtrt_id}",
            hint_zh="核对 mdtrt_id；在别处结算的，用 5203 的回参生成", hint_en="check it; made elsewhere: use the reply of 5203",
        )  # fmt: skip
    last = max(settled, key=_when)
    person = _scalars(_input(last)).get("psn_no")
    before = [r for r in await client.operations(psn_no=person, limit=10_000) if _done(r)] if person else []
    admitted = [
        r for r in before if r.start.api_code == "2401" and _scalars(_output(r)).get("mdtrt_id") == mdtrt_id
    ]

    def newest(records: Sequence[OperationRecord], code: str) -> OperationRecord | None:
        return max((r for r in records if r.start.api_code == code), key=_when, default=None)

    change, discharge, diagnoses = newest(own, "2403"), newest(own, "2402"), newest(own, "5202")
    admission = newest(admitted, "2401")
    return StayMessages(
        settlement=_output(last),
        admission=None if admission is None else _input(admission),
        change=None if change is None else _input(change),
        discharge=None if discharge is None else _input(discharge),
        diagnoses=None if diagnoses is None else _output(diagnoses),
        mid_stay=_scalars(_input(last)).get("mid_setl_flag") == "1",
    )


def _done(record: OperationRecord) -> bool:
    return record.end is not None and record.end.status == "success"


def _when(record: OperationRecord) -> Any:
    return record.start.operation_time


def _input(record: OperationRecord) -> dict[str, Any]:
    return _read(record.start.request, "input")


def _output(record: OperationRecord) -> dict[str, Any]:
    assert record.end is not None
    return _read(record.end.response or b"{}", "output")


def _read(body: bytes, part: str) -> dict[str, Any]:
    content = json.loads(body, parse_float=Decimal).get(part)
    return content if isinstance(content, dict) else {}


def _plain(message: Message) -> Mapping[str, Any]:
    return (
        message.to_dict()
        if isinstance(message, Request | Response)
        else message
        if isinstance(message, Mapping)
        else {}
    )


def _scalars(message: Message) -> dict[str, Any]:
    """The fields of a message's single nodes, and its own."""
    found: dict[str, Any] = {}
    for name, value in _plain(message).items():
        if isinstance(value, Mapping):
            found |= {k: v for k, v in value.items() if not isinstance(v, Mapping | list | tuple)}
        elif not isinstance(value, list | tuple):
            found[name] = value
    return found


def _rows(message: Message | None, node: str) -> list[Mapping[str, Any]]:
    rows = _plain(message).get(node) if message is not None else None
    return [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list | tuple) else []


def _known(node: str, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Only the fields that the list's node has."""
    found = next(m for m in SettlementListUploadRequest.__members__ if isinstance(m, Node) and m.wire == node)
    wires = [getattr(m, "wire", "") for m in found.row.__members__]
    return [{w: row[w] for w in wires if row.get(w) not in (None, "")} for row in rows]


def _diagnoses(stay: StayMessages) -> list[dict[str, Any]]:
    told = [r for r in _rows(stay.diagnoses, "diseinfo") if r.get("inout_diag_type") == _DISCHARGE]
    rows = told or _rows(stay.discharge, "diseinfo")
    return _known(
        "diseinfo",
        sorted(rows, key=lambda r: (r.get("maindiag_flag") != "1", int(r.get("diag_srt_no") or 0))),
    )


def _funds(stay: StayMessages) -> list[dict[str, Any]]:
    return _known("payinfo", _rows(stay.settlement, "setldetail"))


def _operations(flat: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The operation that the discharge names; surgeon and kind are the hospital's to add."""
    left = flat.get(_OPEN, {})
    return _known("oprninfo", [left]) if left.get("oprn_oprt_code") else []


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
