"""One call as the bureau's desks see it, and what several desks need."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import attrs
import msgspec

from mi_plugins.sandbox.database import Books
from mi_plugins.sandbox.institutions import Institution
from mi_plugins.sandbox.refusal import BureauRefusal

__all__ = ["Call", "Output", "clock_text", "from_json", "insurance_of", "person_of", "to_json", "visit_of"]

Output = dict[str, Any] | list[Any] | None


@attrs.frozen
class Call:
    """A checked message. ``input`` holds ``str``, ``int``, ``Decimal`` values by wire name."""

    infno: str
    msgid: str
    institution: Institution
    area: str
    """``insuplc_admdvs`` of the head, ``""`` when absent."""
    opter: str
    opter_name: str
    input: Mapping[str, Any]
    now: dt.datetime

    @property
    def data(self) -> Mapping[str, Any]:
        """The node ``data``."""
        node: Mapping[str, Any] = self.input["data"]
        return node

    @property
    def time(self) -> str:
        """Now as ``yyyy-MM-dd HH:mm:ss``."""
        return clock_text(self.now)


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


def visit_of(books: Books, call: Call, mdtrt_id: str, psn_no: str) -> sqlite3.Row:
    """The live visit of this institution and person; refuses a foreign, wrong or cancelled one."""
    row = books.one("SELECT * FROM visit WHERE mdtrt_id = ?", mdtrt_id)
    if row is None or row["institution"] != call.institution.code:
        raise BureauRefusal(f"本机构下查无就诊{mdtrt_id}")
    if row["psn_no"] != psn_no:
        raise BureauRefusal(f"就诊{mdtrt_id}登记的不是该人员")
    if row["cancelled"]:
        raise BureauRefusal(f"就诊{mdtrt_id}的挂号已取消")
    if call.area and row["area"] != call.area:
        raise BureauRefusal(f"报文头参保地{call.area}与就诊登记的参保地{row['area']}不同")
    return row
