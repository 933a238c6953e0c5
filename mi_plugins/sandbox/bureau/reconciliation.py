"""Reconciliation: 3201 compares totals, 3202 compares every settlement with a file of the institution's.

Both speak of the institution's settlements of a clearing type whose ``setl_time`` lies in the period; with
``refd_setl_flag`` only of those with that flag, without it of all. ``fixmedins_refd_setl_flag`` is taken note of only.
Amounts are sums with their signs, refunds negative.

The file of 3202 (9101) has the seven columns of the catalogue's input layout; of a refund both sides. Its result file
(9102) has the ten columns of the output layout: first the institution's rows in their order, then what it lacks.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import attrs

from mi_plugins.sandbox.bureau.context import Call, Output
from mi_plugins.sandbox.bureau.files import keep_file, uploaded
from mi_plugins.sandbox.bureau.ledger import Record, records
from mi_plugins.sandbox.database import Books
from mi_plugins.sandbox.money import cents, yuan
from mi_plugins.sandbox.refusal import BureauRefusal
from mi_plugins.sandbox.zipped_text import pack, unpack

__all__ = ["compare_details", "compare_totals", "without_ids"]

LONGEST: Final = 31
"""Days of a period."""
LONGEST_AMOUNT: Final = 20
"""Characters of an amount: 16 digits, point and sign."""
EVEN: Final = "0"
UNEVEN: Final = "1"
RESULT_COLUMNS: Final = 10
LACKED: Final = "医药机构无此结算"


def compare_totals(books: Books, call: Call) -> Output:
    """3201: whether total, fund, account payments and number agree; the text has the centre's where they do not."""
    data = call.data
    found = [one for one in _in_scope(books, call) if one.insutype == data["insutype"]]
    here = (
        int(data["fixmedins_setl_cnt"]), cents(data["medfee_sumamt"]), cents(data["fund_pay_sumamt"]), cents(data["acct_pay"]),
    )  # fmt: skip
    there = (
        len(found),
        sum(one.total for one in found),
        sum(one.fund for one in found),
        sum(one.account for one in found),
    )
    told = "、".join(
        f"{label}中心{_shown(label, centre)}机构{_shown(label, own)}"
        for label, own, centre in zip(("笔数", "总额", "基金", "账户"), here, there, strict=True)
        if own != centre
    )
    return {
        "stmtinfo": {
            "setl_optins": data["setl_optins"], "stmt_rslt": UNEVEN if told else EVEN, "stmt_rslt_dscr": told or "对账一致",
        }
    }  # fmt: skip


def _shown(label: str, value: int) -> str:
    return str(value) if label == "笔数" else str(yuan(value))


def _in_scope(books: Books, call: Call) -> list[Record]:
    data: Mapping[str, Any] = call.data
    first, last = data["stmt_begndate"], data["stmt_enddate"]
    days = (dt.date.fromisoformat(last) - dt.date.fromisoformat(first)).days
    if not 0 <= days < LONGEST:
        raise BureauRefusal(f"对账期间须起止有序且不超过{LONGEST}天")
    flag = data.get("refd_setl_flag") or None
    return [
        one
        for one in records(books, call, first, last)
        if one.clr_type == data["clr_type"]
        and one.setl_optins == data["setl_optins"]
        and flag in (None, one.flag)
    ]


@attrs.frozen
class _Line:
    """A row of the institution's file; amounts in cents."""

    setl_id: str
    mdtrt_id: str
    psn_no: str
    total: int
    fund: int
    account: int
    flag: str


def compare_details(books: Books, call: Call) -> Output:
    """3202: match by ``setl_id``, write the result file and return its number. The request's sums must be the file's."""
    data = call.data
    layout = next(one for one in call.spec.files if one.direction == "input").columns
    labels = [f"{one.label}[{one.code}]" for one in layout]
    rows = unpack(uploaded(books, call, data["file_qury_no"]), len(layout))
    lines = [_line(row, number, labels) for number, row in enumerate(rows, 1)]
    for name, label, own in (
        ("medfee_sumamt", "医疗费总额", sum(one.total for one in lines)),
        ("fund_pay_sumamt", "基金支付总额", sum(one.fund for one in lines)),
    ):
        if cents(data[name]) != own:
            raise BureauRefusal(f"{label}[{name}]与上传明细的合计{yuan(own)}不符")
    if int(data["fixmedins_setl_cnt"]) != len(lines):
        raise BureauRefusal(f"结算笔数[fixmedins_setl_cnt]与上传明细的{len(lines)}行不符")
    result = _compare(lines, _in_scope(books, call))
    stem = f"3202_{call.institution.code}_{call.now:%Y%m%d%H%M%S}"
    content = pack(f"{stem}.txt", result)
    return {"fileinfo": keep_file(books, call, f"{stem}.zip", content, "3202", len(result))}


def _line(row: Sequence[str | None], number: int, labels: Sequence[str]) -> _Line:
    setl_id, mdtrt_id, psn_no, total, fund, account, flag = row
    for value, label in zip(row, labels, strict=True):
        if value is None:
            raise BureauRefusal(f"TXT文件第{number}行缺少{label}")
    if flag not in ("0", "1"):
        raise BureauRefusal(f"TXT文件第{number}行{labels[6]}只能是0、1")
    return _Line(
        str(setl_id), str(mdtrt_id), str(psn_no), _cents(str(total), number, labels[3]), _cents(str(fund), number, labels[4]),
        _cents(str(account), number, labels[5]), flag,
    )  # fmt: skip


def _cents(text: str, number: int, label: str) -> int:
    wrong = f"TXT文件第{number}行{label}不是两位小数的金额"
    if len(text) > LONGEST_AMOUNT or "e" in text.lower():
        raise BureauRefusal(wrong)
    try:
        return cents(Decimal(text))
    except (InvalidOperation, ValueError, OverflowError) as error:
        raise BureauRefusal(wrong) from error


def _compare(lines: Sequence[_Line], found: Sequence[Record]) -> list[tuple[str | None, ...]]:
    """The rows of the result file."""
    left = {one.setl_id: one for one in found}
    result: list[tuple[str | None, ...]] = []
    seen: set[str] = set()
    for line in lines:
        if line.setl_id in seen:
            result.append(_told(line, None, "该结算在文件中重复"))
            continue
        seen.add(line.setl_id)
        record = left.pop(line.setl_id, None)
        if record is None:
            result.append(_told(line, None, "中心在对账范围内无此结算"))
        else:
            result.append(_told(line, record, _difference(line, record)))
    return [
        *result,
        *(_told(None, one, "中心存在多条结算" if one.several else LACKED) for one in left.values()),
    ]


def without_ids(file: bytes) -> bytes:
    """A result file whose rows that the institution lacks have no ``setl_id`` and ``mdtrt_id``; other files as they are."""
    try:
        rows = unpack(file, RESULT_COLUMNS)
    except BureauRefusal:
        return file
    return pack("blank.txt", [[row[0], None, None, *row[3:]] if row[6] == LACKED else row for row in rows])


def _difference(line: _Line, record: Record) -> str | None:
    if record.several:
        return "中心存在多条结算"
    if (line.mdtrt_id, line.psn_no) != (record.mdtrt_id, record.psn_no):
        return "就诊或人员不符"
    if line.flag != record.flag:
        return "退费标志不符"
    if (line.total, line.fund, line.account) != (record.total, record.fund, record.account):
        return "金额不符"
    return None


def _told(line: _Line | None, record: Record | None, memo: str | None) -> tuple[str | None, ...]:
    """One row: the centre's values where it has the settlement; ids stay empty where it has several."""
    known = record or line
    assert known is not None
    blank = record is not None and record.several
    return (
        known.psn_no, None if blank else known.mdtrt_id, None if blank else known.setl_id,
        record.msgid if record is not None else None, UNEVEN if memo else EVEN, known.flag, memo,
        *(str(yuan(amount)) if record is not None else None for amount in (known.total, known.fund, known.account)),
    )  # fmt: skip
