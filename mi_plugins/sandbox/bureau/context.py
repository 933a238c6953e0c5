"""One call as the bureau's desks see it, and what several desks need."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, Literal

import attrs
import msgspec

from mi_core.model import CodeTable, InterfaceSpec
from mi_core.types import CHINA_TIME
from mi_plugins.sandbox.catalogue_data import Shelf
from mi_plugins.sandbox.catalogue_file import CatalogueFile
from mi_plugins.sandbox.database import Books
from mi_plugins.sandbox.institutions import Institution
from mi_plugins.sandbox.refusal import BureauRefusal

__all__ = [
    "Call", "Output", "VisitKind", "VisitState", "clock_text", "from_json", "insurance_of", "insurance_row", "move_visit", "person_of",
    "seen_state", "to_json", "visit_of",
]  # fmt: skip

Output = dict[str, Any] | list[Any] | str | bytes | CatalogueFile | None
"""``bytes`` and ``CatalogueFile`` = a file, sent as it is; ``str`` = the output is that text alone."""

VisitKind = Literal["outpatient", "inpatient", "pharmacy"]
VisitState = Literal["open", "discharged", "cancelled"]

_EVERYTHING: Final = 2**62
_KINDS: Final[Mapping[VisitKind, str]] = {
    "outpatient": "门诊挂号",
    "inpatient": "住院登记",
    "pharmacy": "药店购药",
}


@attrs.frozen
class Call:
    """A checked message. ``input`` holds ``str``, ``int``, ``Decimal`` values by wire name."""

    spec: InterfaceSpec
    msgid: str
    institution: Institution
    area: str
    """``insuplc_admdvs`` of the head, ``""`` when absent."""
    opter: str
    opter_name: str
    input: Mapping[str, Any]
    now: dt.datetime
    file: bytes | None = None
    """The file of a multipart message."""
    lag: float = 0.0
    """How many seconds the copy of the books that queries read is behind."""
    allow_repeats: bool = False
    """See :attr:`mi_plugins.sandbox.settings.Settings.allow_repeats`."""
    blank_setl_id: bool = False
    """See :attr:`mi_plugins.sandbox.settings.Settings.blank_setl_id`."""
    refuse_short_stock: bool = False
    """See :attr:`mi_plugins.sandbox.settings.Settings.stock`."""
    payment_seconds: float = 0.0
    """See :attr:`mi_plugins.sandbox.settings.Settings.payment_seconds`."""
    shelves: Mapping[str, Shelf] = attrs.field(factory=dict, repr=False)
    """The catalogues, by the interface that lists them."""
    tables: Mapping[str, CodeTable] = attrs.field(factory=dict, repr=False)
    """The code tables, by key."""
    remarks: list[str] = attrs.field(factory=list, repr=False)
    """What was taken although it looks wrong; told on the console."""

    def remark(self, text: str) -> None:
        """Take it, but say so."""
        self.remarks.append(text)

    @property
    def infno(self) -> str:
        """The interface's code."""
        return self.spec.code

    @property
    def data(self) -> Mapping[str, Any]:
        """The node ``data``."""
        node: Mapping[str, Any] = self.input["data"]
        return node

    @property
    def time(self) -> str:
        """Now as ``yyyy-MM-dd HH:mm:ss``."""
        return clock_text(self.now)

    @property
    def stamp(self) -> int:
        """Now in milliseconds since 1970."""
        return round(self.now.replace(tzinfo=CHINA_TIME).timestamp() * 1000)

    @property
    def horizon(self) -> int:
        """A query sees what was entered up to here (milliseconds since 1970); everything when it does not lag."""
        return self.stamp - round(self.lag * 1000) if self.lag else _EVERYTHING


def clock_text(moment: dt.datetime) -> str:
    """``yyyy-MM-dd HH:mm:ss``."""
    return moment.strftime("%Y-%m-%d %H:%M:%S")


_encoder = msgspec.json.Encoder(decimal_format="number")


def to_json(value: object) -> str:
    """For the database; decimals keep their decimals (``12.50``)."""
    return _encoder.encode(value).decode()


def from_json(text: str) -> Any:
    """What :func:`to_json` wrote; numbers with a point come back as ``Decimal``."""
    return json.loads(text, parse_float=Decimal)


def person_of(books: Books, psn_no: str) -> sqlite3.Row:
    """The person's row; refuses an unknown number."""
    row = books.one("SELECT * FROM person WHERE psn_no = ?", psn_no)
    if row is None:
        raise BureauRefusal(f"未检索到编号{psn_no}的参保登记")
    return row


def insurance_of(books: Books, call: Call, psn_no: str, insutype: str) -> sqlite3.Row:
    """The insurance row that the head's ``insuplc_admdvs`` and ``insutype`` choose; refuses when there is none."""
    if not call.area:
        raise BureauRefusal("输入含人员编号时报文头须带参保地医保区划[insuplc_admdvs]")
    row = books.one(
        "SELECT * FROM insurance WHERE psn_no = ? AND insutype = ? AND area = ?", psn_no, insutype, call.area
    )
    if row is None:
        raise BureauRefusal(f"该人员在参保地{call.area}没有险种{insutype}的参保记录")
    return row


def insurance_row(books: Books, row: sqlite3.Row) -> sqlite3.Row:
    """The insurance of a visit or settlement."""
    found = books.one(
        "SELECT * FROM insurance WHERE psn_no = ? AND insutype = ? AND area = ?",
        row["psn_no"],
        row["insutype"],
        row["area"],
    )
    assert found is not None
    return found


def visit_of(
    books: Books, call: Call, mdtrt_id: str, psn_no: str, kind: VisitKind = "outpatient"
) -> sqlite3.Row:
    """The live visit of this institution and person; refuses a foreign, wrong or cancelled one, or one of another kind."""
    row = books.one("SELECT * FROM visit WHERE mdtrt_id = ?", mdtrt_id)
    if row is None or row["institution"] != call.institution.code:
        raise BureauRefusal(f"本机构下查无就诊{mdtrt_id}")
    if row["psn_no"] != psn_no:
        raise BureauRefusal(f"就诊{mdtrt_id}登记的不是该人员")
    if row["kind"] != kind:
        raise BureauRefusal(f"就诊{mdtrt_id}是{_KINDS[row['kind']]}，不适用于{_KINDS[kind]}的交易")
    if row["state"] == "cancelled":
        raise BureauRefusal(f"就诊{mdtrt_id}的{_KINDS[kind]}已取消")
    if call.area and row["area"] != call.area:
        raise BureauRefusal(f"报文头参保地{call.area}与就诊登记的参保地{row['area']}不同")
    return row


def move_visit(books: Books, call: Call, mdtrt_id: str, state: VisitState) -> None:
    """Change the state of a visit and remember the one before for queries that lag."""
    books.run(
        "UPDATE visit SET state_before = state, state = ?, changed = ? WHERE mdtrt_id = ?",
        state,
        call.stamp,
        mdtrt_id,
    )


def seen_state(call: Call, row: sqlite3.Row) -> str:
    """The state of a visit or settlement as a query sees it that may lag behind."""
    return str(row["state"] if row["changed"] <= call.horizon else row["state_before"])
