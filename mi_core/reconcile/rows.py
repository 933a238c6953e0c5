"""One settlement as each side has it, with exact amounts. Pure: bytes and cells in, values out.

Amounts are :class:`~decimal.Decimal` yuan, refunds negative; times and days are the centre's (Beijing time).
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, Literal

import attrs

from mi_core.files import BadFile, Cells
from mi_core.journal import AttemptRecord
from mi_core.money import amount
from mi_core.scalars import parse_moment

__all__ = [
    "SENT_COLUMNS",
    "TOLD_COLUMNS",
    "CentreRow",
    "LocalRow",
    "Unusable",
    "cells_of",
    "centre_row",
    "evidence_of",
    "local_row",
    "setlinfo_of",
]  # fmt: skip

Flag = Literal["0", "1"]
SENT_COLUMNS: Final = (
    "setl_id", "mdtrt_id", "psn_no", "medfee_sumamt", "fund_pay_sumamt", "acct_pay", "refd_setl_flag",
)  # fmt: skip
"""Of the file that goes to 3202 (catalogue, input layout)."""
TOLD_COLUMNS: Final = (
    "psn_no", "mdtrt_id", "setl_id", "msgid", "stmt_rslt", "refd_setl_flag", "memo", "medfee_sumamt", "fund_pay_sumamt",
    "acct_pay",
)  # fmt: skip
"""Of the file that 3202 gives back (catalogue, output layout)."""


@attrs.frozen(kw_only=True)
class LocalRow:
    """A confirmed settlement or refund, as the centre's own reply described it."""

    msgid: str
    operation_id: str
    interface: str
    setl_id: str
    mdtrt_id: str
    psn_no: str = attrs.field(repr=False)
    insutype: str
    clr_type: str
    optins: str
    """``clr_optins``: the clearing office, ``setl_optins`` of 3201 and 3202."""
    day: dt.date
    """Of the centre's ``setl_time``."""
    total: Decimal
    fund: Decimal
    account: Decimal
    cash: Decimal
    flag: Flag
    """``refd_setl_flag``: 1 for a refund and for what it took back."""


@attrs.frozen(kw_only=True)
class Unusable:
    """A confirmed settlement whose stored answer does not say enough to be counted; the day cannot balance with it."""

    msgid: str
    operation_id: str
    interface: str
    day: dt.date
    lacking: tuple[str, ...]
    """Wire names."""
    setl_id: str = ""
    mdtrt_id: str = ""
    psn_no: str = attrs.field(default="", repr=False)


@attrs.frozen(kw_only=True)
class CentreRow:
    """One line of 3202's result; what the centre left empty is ``None``."""

    psn_no: str | None = attrs.field(repr=False)
    mdtrt_id: str | None
    setl_id: str | None
    msgid: str | None
    agrees: bool
    flag: str | None
    memo: str | None
    total: Decimal | None
    fund: Decimal | None
    account: Decimal | None
    clr_type: str
    optins: str
    day: dt.date

    @property
    def there(self) -> bool:
        """Whether the centre has it: a line of ours that it lacks comes back without amounts."""
        return self.total is not None or self.fund is not None


def setlinfo_of(attempt: AttemptRecord) -> Mapping[str, Any]:
    """``setlinfo`` of what confirmed an attempt: its reply, a query's answer, or a line of 3202. Empty when it has none."""
    body = attempt.result if attempt.result is not None else attempt.response
    try:
        tree = json.loads(body or b"{}", parse_float=Decimal, parse_int=Decimal)
        output = tree.get("output")
        if isinstance(output, str):
            output = json.loads(output, parse_float=Decimal, parse_int=Decimal)
        rows = _rows(output.get("setlinfo", output) if isinstance(output, dict) else output)
    except (ValueError, AttributeError, RecursionError):
        return {}
    wanted = [row for row in rows if attempt.identifier and _text(row.get("setl_id")) == attempt.identifier]
    return wanted[0] if wanted else rows[0] if len(rows) == 1 else {}


def _rows(value: Any) -> list[dict[str, Any]]:
    return [row for row in (value if isinstance(value, list) else [value]) if isinstance(row, dict)]


def _text(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return ""
    return (
        format(value, "f")
        if isinstance(value, Decimal)
        else str(value).strip()
        if isinstance(value, str)
        else ""
    )


def local_row(
    attempt: AttemptRecord, info: Mapping[str, Any], more: Mapping[str, str], *, flag: Flag, sent_day: dt.date
) -> LocalRow | Unusable:
    """The row of a confirmed attempt. ``more``: what its request or the settlement it took back says (fills gaps)."""
    names = ("setl_id", "mdtrt_id", "psn_no", "insutype", "clr_type", "clr_optins")
    texts = {name: _text(info.get(name)) or more.get(name, "") for name in names}
    amounts = {name: _amount(info, name) for name in ("medfee_sumamt", "fund_pay_sumamt", "acct_pay")}
    day = _day(info)
    lacking = [*(n for n, v in texts.items() if not v), *(n for n, v in amounts.items() if v is None)]
    if day is None:
        lacking.append("setl_time")
    total, fund, account = amounts.values()
    if lacking or total is None or fund is None or account is None or day is None:
        return Unusable(
            msgid=attempt.msgid, operation_id=attempt.operation_id, interface=attempt.interface, day=day or sent_day,
            lacking=tuple(lacking), setl_id=texts["setl_id"], mdtrt_id=texts["mdtrt_id"], psn_no=texts["psn_no"],
        )  # fmt: skip
    return LocalRow(
        msgid=attempt.msgid, operation_id=attempt.operation_id, interface=attempt.interface, setl_id=texts["setl_id"],
        mdtrt_id=texts["mdtrt_id"], psn_no=texts["psn_no"], insutype=texts["insutype"], clr_type=texts["clr_type"],
        optins=texts["clr_optins"], day=day, total=total, fund=fund, account=account,
        cash=_cash(info, total, fund, account), flag=flag,
    )  # fmt: skip


def _cash(info: Mapping[str, Any], total: Decimal, fund: Decimal, account: Decimal) -> Decimal:
    """The names differ by interface. A line of 3202 has none: what remains of the total, the hospital's part included."""
    for name in ("psn_cash_pay", "pdn_cash_pay", "cash_payamt"):
        if (value := _amount(info, name)) is not None:
            return value
    return total - fund - account


def _amount(info: Mapping[str, Any], name: str) -> Decimal | None:
    try:
        return amount(info.get(name))
    except ValueError:
        return None


def _day(info: Mapping[str, Any]) -> dt.date | None:
    try:
        return parse_moment(_text(info.get("setl_time"))).date()
    except (ValueError, OverflowError):
        pass
    try:
        return dt.date.fromisoformat(_text(info.get("setl_day")))
    except ValueError:
        return None


def cells_of(row: LocalRow) -> Cells:
    """The line of the file for 3202."""
    money = (f"{value:.2f}" for value in (row.total, row.fund, row.account))
    return (row.setl_id, row.mdtrt_id, row.psn_no, *money, row.flag)


def centre_row(cells: Sequence[str | None], *, clr_type: str, optins: str, day: dt.date) -> CentreRow:
    """A line of 3202's result; raises :class:`BadFile` for an amount that is none or a verdict that is not in the table."""
    named = dict(zip(TOLD_COLUMNS, cells, strict=True))
    verdict = named["stmt_rslt"]
    money: dict[str, Decimal | None] = {}
    try:
        if verdict not in ("0", "1"):
            raise ValueError(f"stmt_rslt {verdict}")
        for name in ("medfee_sumamt", "fund_pay_sumamt", "acct_pay"):
            money[name] = amount(named[name])
    except ValueError as error:
        raise BadFile(
            "对账结果文件的内容无法识别", f"the result file of 3202 has a value that is none ({error})",
            hint_zh="向医保中心反映", hint_en="tell the bureau",
        ) from error  # fmt: skip
    return CentreRow(
        psn_no=named["psn_no"], mdtrt_id=named["mdtrt_id"], setl_id=named["setl_id"], msgid=named["msgid"],
        agrees=verdict == "0", flag=named["refd_setl_flag"], memo=named["memo"], total=money["medfee_sumamt"],
        fund=money["fund_pay_sumamt"], account=money["acct_pay"], clr_type=clr_type, optins=optins, day=day,
    )  # fmt: skip


def evidence_of(row: CentreRow) -> bytes:
    """A line of 3202 in the form of a reply, so that a result adopted from it reads like any other."""
    info = {
        "setl_id": row.setl_id, "mdtrt_id": row.mdtrt_id, "psn_no": row.psn_no, "medins_setl_id": row.msgid,
        "clr_type": row.clr_type, "clr_optins": row.optins, "setl_day": row.day.isoformat(),
        "refd_setl_flag": row.flag, "memo": row.memo,
        **{name: None if value is None else f"{value:f}" for name, value in (
            ("medfee_sumamt", row.total), ("fund_pay_sumamt", row.fund), ("acct_pay", row.account))},
    }  # fmt: skip
    told = {name: value for name, value in info.items() if value is not None}
    return json.dumps(
        {"infcode": 0, "err_msg": "", "output": {"setlinfo": told}}, ensure_ascii=False
    ).encode()
