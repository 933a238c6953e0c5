"""The messages of one settled stay: from this hospital's own operation log, or asked of the bureau."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import attrs

from mi_core.errors import MiError
from mi_core.model.message import Request, Response
from mi_core.model.record import Record
from mi_core.regions import filled

if TYPE_CHECKING:
    from mi_core.client import AsyncClient
    from mi_core.plugin import OperationRecord

__all__ = ["Message", "StayMessages", "asked_stay", "plain", "scalars", "settled_stay"]

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


async def settled_stay(client: AsyncClient, mdtrt_id: str, *, setl_id: str | None = None) -> StayMessages:
    """The messages of a stay from the operation log: its last settlement that was not withdrawn (2305), or the one of ``setl_id``.

    Raises ``MiError`` where the log has no such settlement (:func:`asked_stay` asks the bureau).
    """
    own = [record for record in await client.operations(mdtrt_id=mdtrt_id, limit=10_000) if _done(record)]
    undone = {scalars(_input(r)).get("setl_id") for r in own if r.start.api_code == "2305"}
    settlements = [(r, scalars(_output(r)).get("setl_id")) for r in own if r.start.api_code == "2304"]
    settled = [r for r, number in settlements if number not in undone and setl_id in (None, number)]
    if not settled:
        raise MiError(
            f"操作日志中没有就诊 {mdtrt_id} 有效的住院结算", f"the log has no settlement of visit {mdtrt_id} that stands",
            hint_zh="核对 mdtrt_id 与操作日志（mi.toml 的 [store]）；在别处结算的，给出 --person 与 --settlement 向中心查询（5203）",
            hint_en="check it; made elsewhere: --person and --settlement ask the bureau (5203)",
        )  # fmt: skip
    last = max(settled, key=_when)
    person = scalars(_input(last)).get("psn_no")
    before = [r for r in await client.operations(psn_no=person, limit=10_000) if _done(r)] if person else []
    admitted = [
        r for r in before if r.start.api_code == "2401" and scalars(_output(r)).get("mdtrt_id") == mdtrt_id
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
        mid_stay=scalars(_input(last)).get("mid_setl_flag") == "1",
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


async def asked_stay(
    client: AsyncClient, *, psn_no: str, mdtrt_id: str, setl_id: str, institution: str | None = None
) -> StayMessages:
    """The same asked of the bureau (5203, 5202): for a stay that another program settled. Raises the errors of any call."""
    await client.open()
    where = client.config.institution(institution)
    known = {"psn_no": psn_no, "mdtrt_id": mdtrt_id, "setl_id": setl_id}
    settlement = await client.call(filled(where.interface("5203"), known), institution=where.code)
    diagnoses = await client.call(filled(where.interface("5202"), known), institution=where.code)
    return StayMessages(settlement=settlement, diagnoses=diagnoses)


def plain(message: Message) -> Mapping[str, Any]:
    return (
        message.to_dict()
        if isinstance(message, Request | Response)
        else message
        if isinstance(message, Mapping)
        else {}
    )


def scalars(message: Message) -> dict[str, Any]:
    """The fields of a message's single nodes, and its own."""
    found: dict[str, Any] = {}
    for name, value in plain(message).items():
        if isinstance(value, Mapping):
            found |= {k: v for k, v in value.items() if not isinstance(v, Mapping | list | tuple)}
        elif not isinstance(value, list | tuple):
            found[name] = value
    return found
